//! `cargo xtask fuzz`: builds the targets in `fuzz/` with coverage, seeds them and runs them one after another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use soc2gate_engine::builtin_functions;

use crate::shell::{cargo, root, run_command};
use crate::test;

/// The targets, and the longest texts that they get.
const TARGETS: &[(&str, usize)] = &[
    ("parse", 8192),
    ("evaluate", 4096),
    ("documents", 4096),
    ("ledger", 4096),
];

/// What cargo-fuzz asks of the compiler, as stable Rust has it too.
const COVERAGE: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Ccodegen-units=16";

/// The largest file that is a seed.
const LARGEST_SEED: u64 = 8192;

/// Runs one target or all of them, `seconds` long in all.
pub(crate) fn run(target: Option<&str>, seconds: u64) -> Result<()> {
    let chosen: Vec<_> = TARGETS
        .iter()
        .filter(|(name, _)| target.is_none_or(|target| target == *name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        bail!("there is no such target; there are {}", names.join(", "));
    }
    let programs = build()?;
    let folder = root().join("target/fuzz");
    let dictionary = folder.join("rego.dict");
    fs::create_dir_all(&folder)?;
    fs::write(&dictionary, words())?;
    let each = seconds / u64::try_from(chosen.len()).unwrap_or(1).max(1);
    for (name, longest) in chosen {
        let corpus = folder.join(name);
        let findings = folder.join(format!("findings-{name}"));
        fs::create_dir_all(&corpus)?;
        fs::create_dir_all(&findings)?;
        seed(name, &corpus)?;
        let start = Instant::now();
        println!("\n== {name}, {each} seconds");
        run_command(
            Command::new(programs.join(name))
                .arg(&corpus)
                .arg(format!("-max_total_time={each}"))
                .arg(format!("-max_len={longest}"))
                .arg(format!("-dict={}", dictionary.display()))
                .arg(format!("-artifact_prefix={}/", findings.display()))
                .args(["-rss_limit_mb=2048", "-timeout=10", "-print_final_stats=1"])
                .env("RUST_BACKTRACE", "0")
                .current_dir(root()),
        )
        .with_context(|| format!("the input is in {}", findings.display()))?;
        let took = Duration::from_secs(start.elapsed().as_secs());
        println!("{name}: no finding in {took:?}");
    }
    Ok(())
}

/// Builds the targets. Only they are instrumented: the flags do not reach build scripts where a target is named.
fn build() -> Result<PathBuf> {
    let version = Command::new("rustc").arg("-vV").output()?;
    let version = String::from_utf8(version.stdout)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say what it builds for")?;
    let folder = root().join("target/fuzz/build");
    run_command(
        Command::new(cargo())
            .args(["build", "--quiet", "--release", "--target", host])
            .arg("--target-dir")
            .arg(&folder)
            .env("RUSTFLAGS", COVERAGE)
            .current_dir(root().join("fuzz")),
    )?;
    Ok(folder.join(host).join("release"))
}

/// The names of the built-in functions and the keywords, for the fuzzer to put in.
fn words() -> String {
    let keywords = [
        "package p\\x0a",
        "import rego.v1\\x0a",
        " if {",
        " contains ",
        " := ",
        "some x in ",
        "every x in ",
        "not ",
        " with input as ",
        "else := ",
        "default ",
        "input.",
        "data.",
        "deny",
    ];
    let names = builtin_functions()
        .into_keys()
        .map(|name| format!("{name}("));
    let words = keywords.into_iter().map(str::to_owned).chain(names);
    words.map(|word| format!("\"{word}\"\n")).collect()
}

/// Writes the texts of the repository, and the cases of the corpora where they are present, to a folder.
fn seed(target: &str, corpus: &Path) -> Result<()> {
    let write = |name: &str, text: &str| fs::write(corpus.join(name), text);
    let mut number = 0;
    for folder in ["policies", "examples"] {
        for entry in ignore::Walk::new(root().join(folder)) {
            let entry = entry?;
            let is_small = entry
                .metadata()
                .is_ok_and(|about| about.len() <= LARGEST_SEED);
            if !is_small || entry.file_type().is_none_or(|kind| !kind.is_file()) {
                continue;
            }
            let Ok(text) = fs::read_to_string(entry.path()) else {
                continue;
            };
            let is_rego = entry.path().extension().is_some_and(|end| end == "rego");
            number += 1;
            match target {
                "parse" if is_rego => write(&format!("seed-{number}"), &text)?,
                "evaluate" if is_rego => {
                    write(&format!("seed-{number}"), &format!("0{text}\u{1}{{}}"))?;
                }
                "documents" if !is_rego => {
                    // The first character chooses the format.
                    let format = char::from(b'0' + u8::try_from(number % 12).unwrap_or_default());
                    write(&format!("seed-{number}"), &format!("{format}{text}"))?;
                }
                _ => {}
            }
        }
    }
    if let Some(cases) = test::corpora().map(|folder| folder.join("rego-conformance"))
        && cases.is_dir()
        && target != "documents"
    {
        for entry in fs::read_dir(cases)? {
            let file: Value = serde_json::from_str(&fs::read_to_string(entry?.path())?)?;
            for case in file
                .get("cases")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
            {
                let Some(module) = case.pointer("/modules/0").and_then(Value::as_str) else {
                    continue;
                };
                number += 1;
                let text = match target {
                    "parse" => module.to_owned(),
                    _ => format!("0{module}\u{1}{}", case["input"]),
                };
                write(&format!("seed-{number}"), &text)?;
            }
        }
    }
    Ok(())
}
