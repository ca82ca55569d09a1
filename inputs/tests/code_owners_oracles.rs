//! CODEOWNERS against two independent readers of it: generated files and paths, one process a reader.
//!
//! Where a reader and ours disagree, the later of the two lines is the one that they read differently; the table of its
//! known deviations from GitHub's documentation must say why. A deviation that no pair shows is out of date.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_inputs::code_owners::CodeOwnersFile;

/// How many files are made.
const FILES: usize = 1_500;

/// One generated file and paths that may be in its repository.
type Case = (Vec<String>, Vec<String>);

/// Another reader.
struct Oracle {
    program: fn(&Path) -> PathBuf,
    script: &'static str,
    deviations: &'static [Deviation],
}

/// Where a reader is known to differ from what GitHub documents.
struct Deviation {
    reason: &'static str,
    /// Whether it explains what is said of a path by a line.
    explains: fn(line: &str, path: &str) -> bool,
}

const SNYK: Oracle = Oracle {
    program: |_| PathBuf::from("node"),
    script: "code_owners_oracle.cjs",
    deviations: &[
        Deviation {
            reason: "it takes what follows an escaped blank for an owner and refuses the file",
            explains: |text, _| text.contains(r"\ "),
        },
        Deviation {
            reason: "it ignores case; GitHub documents that case counts",
            explains: |line, path| line.contains('A') || path.contains('A'),
        },
        Deviation {
            reason: r"it takes an escaped star at the end, `/\*`, for a star; gitignore's backslash takes its meaning away",
            explains: |line, _| pattern(line).ends_with(r"\*"),
        },
        Deviation {
            reason: "it wants a directory for the second of two `**`; gitignore's `**` may stand for none",
            explains: |line, _| pattern(line).contains("**/**/"),
        },
    ],
};

const SBDCHD: Oracle = Oracle {
    program: |tools| tools.join("python/bin/python"),
    script: "code_owners_oracle.py",
    deviations: &[
        Deviation {
            reason: "it puts slashes in the place of a blank, which stars and question marks then do not match",
            explains: |_, path| path.contains(' '),
        },
        Deviation {
            reason: "it wants a directory below `docs` for `docs/**/`; a slash at the end is the same as `/**`",
            explains: |line, _| pattern(line).ends_with("/**/"),
        },
    ],
};

#[rstest]
#[case::snyk_github_codeowners(&SNYK)]
#[case::sbdchd_codeowners(&SBDCHD)]
fn agrees_with_another_reader(#[case] oracle: &Oracle) {
    let Some(tools) = std::env::var_os("SOC2GATE_TEST_TOOLS").map(PathBuf::from) else {
        eprintln!(
            "notice: skipped, run by cargo xtask test, which installs other readers of CODEOWNERS"
        );
        return;
    };
    let cases = cases();
    let answers = ask(oracle, &tools, &cases);
    assert_eq!(answers.len(), cases.len());
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut pairs, mut unexplained) = (0, Vec::new());
    for ((lines, paths), answers) in cases.iter().zip(&answers) {
        let text = lines.join("\n");
        let file = CodeOwnersFile::parse(&text);
        for (index, path) in paths.iter().enumerate() {
            let ours = file.owner_of(path).map(|rule| rule.line);
            pairs += 1;
            let theirs = answers.get(index).and_then(Value::as_u64);
            let Some(at) = ours.max(theirs).filter(|_| ours != theirs) else {
                continue;
            };
            let line = if answers.is_null() {
                &text
            } else {
                &lines[usize::try_from(at).unwrap() - 1]
            };
            match oracle
                .deviations
                .iter()
                .find(|known| (known.explains)(line, path))
            {
                Some(known) => *reasons.entry(known.reason).or_default() += 1,
                None => unexplained.push(format!(
                    "{line:?} {path:?}: ours {ours:?}, theirs {theirs:?}"
                )),
            }
        }
    }
    eprintln!(
        "{}: {pairs} pairs, explained disagreements {reasons:#?}",
        oracle.script
    );
    unexplained.sort();
    unexplained.dedup();
    assert_eq!(
        unexplained.iter().take(40).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "{} in all",
        unexplained.len()
    );
    for known in oracle.deviations {
        assert!(
            reasons.contains_key(known.reason),
            "never seen: {}",
            known.reason
        );
    }
}

/// The pattern of a line, if no blank in it is escaped.
fn pattern(line: &str) -> &str {
    line.split([' ', '\t']).next().unwrap_or_default()
}

/// The same files and paths in every run.
fn cases() -> Vec<Case> {
    let mut runner = TestRunner::new(Config {
        rng_seed: RngSeed::Fixed(1),
        ..Config::default()
    });
    let case = (
        prop::collection::vec(line(), 1..8),
        prop::collection::vec(path(), 12),
    );
    (0..FILES)
        .map(|_| case.new_tree(&mut runner).unwrap().current())
        .collect()
}

fn line() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec![
        "a", "a", "b", "docs", "docs", "a.js", "*", "*", "**", "*.js", "a*", "*a", "*a*", "a?",
        "?", "**a", "a**b", "A", r"x\ y", r"\*", r"\?", ".a", "{a,b}", "é", "(a)", "a+",
    ]);
    let pattern = (
        prop::bool::ANY,
        prop::collection::vec(segment, 1..5),
        prop::bool::weighted(0.3),
    )
        .prop_map(|(is_anchored, segments, is_directory)| {
            let start = if is_anchored { "/" } else { "" };
            let end = if is_directory { "/" } else { "" };
            format!("{start}{}{end}", segments.join("/"))
        });
    let owners = prop::sample::select(vec!["", " @a", "\t@a/b", "  @a  c@example.com"]);
    prop_oneof![
        1 => Just(String::new()),
        1 => Just("# * @a".to_owned()),
        20 => (pattern, owners).prop_map(|(pattern, owners)| format!("{pattern}{owners}")),
    ]
}

fn path() -> impl Strategy<Value = String> {
    let segment = prop::sample::select(vec![
        "a", "a", "a", "b", "docs", "docs", "a.js", "b.js", "ab", "ba", "A", "x y", "x", "*", ".a",
        "é", "(a)",
    ]);
    prop::collection::vec(segment, 1..5).prop_map(|segments| segments.join("/"))
}

/// What a reader says to all cases.
fn ask(oracle: &Oracle, tools: &Path, cases: &[Case]) -> Vec<Value> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools");
    let mut process = Command::new((oracle.program)(tools))
        .arg(scripts.join(oracle.script))
        .arg(tools)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let questions: Vec<Value> = cases
        .iter()
        .map(|(lines, paths)| json!({"file": lines.join("\n"), "paths": paths}))
        .collect();
    let mut input = process.stdin.take().unwrap();
    input
        .write_all(Value::from(questions).to_string().as_bytes())
        .unwrap();
    drop(input);
    let output = process.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", oracle.script);
    serde_json::from_slice(&output.stdout).unwrap()
}
