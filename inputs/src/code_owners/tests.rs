//! Whole files, and what matches what.

use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::pull_request::{ChangedFile, CodeOwnersError, FileStatus, List, Text};

/// The line that decides on a path.
fn line(file: &str, path: &str) -> Option<u64> {
    CodeOwnersFile::parse(file)
        .owner_of(path)
        .map(|rule| rule.line)
}

fn matches(pattern: &str, path: &str) -> bool {
    let file = CodeOwnersFile::parse(&format!("{pattern} @a"));
    assert_eq!(file.errors(), [], "{pattern}");
    file.owner_of(path).is_some()
}

/// The file that GitHub's documentation shows, with comments and owners of our own.
const EXAMPLE: &str = "\
# Everybody's files
*       @everyone @anyone

*.js    @scripts #no blank after the sign
*.go    go@example.com
*.txt   @acme/writers
/build/logs/ @builder
docs/*  docs@example.com
apps/   @mobile
/docs/  @writer
/scripts/ @writer @mobile
**/logs @builder
/apps/  @mobile
/apps/github
";

#[rstest]
#[case::default("Makefile", 2)]
#[case::deep_default("src/lib/main.rs", 2)]
#[case::extension("app.js", 4)]
#[case::extension_below("src/app.js", 4)]
#[case::address("cmd/main.go", 5)]
#[case::team("a/b/notes.txt", 6)]
#[case::logs_at_the_root("build/logs/today", 12)]
#[case::directory_at_the_root("docs/guide.md", 10)]
#[case::and_below("docs/build-app/help.md", 10)]
#[case::directory_anywhere("src/apps/one.rs", 9)]
#[case::two_owners("scripts/run", 11)]
#[case::any_depth("a/b/logs/today.log", 12)]
#[case::name_without_slash_is_a_file_too("a/logs", 12)]
#[case::later_rule("apps/web/main.rs", 13)]
#[case::unowned("apps/github/main.rs", 14)]
#[case::unowned_itself("apps/github", 14)]
#[case::longer_name("apps/github-enterprise/main.rs", 13)]
fn the_documented_example(#[case] path: &str, #[case] expected: u64) {
    let file = CodeOwnersFile::parse(EXAMPLE);
    assert_eq!(file.errors(), []);
    assert_eq!(file.owner_of(path).map(|rule| rule.line), Some(expected));
}

#[test]
fn a_rule_is_kept_as_it_is_written() {
    let file = CodeOwnersFile::parse(EXAMPLE);
    let rule = |path| file.owner_of(path).cloned();
    assert_eq!(
        rule("a.txt"),
        Some(Rule {
            pattern: "*.txt".to_owned(),
            owners: vec!["@acme/writers".to_owned()],
            line: 6
        })
    );
    assert_eq!(
        rule("apps/github/a").map(|rule| rule.owners),
        Some(Vec::new())
    );
    assert_eq!(rule("x").map(|rule| rule.owners.len()), Some(2));
    assert_eq!(file.rules().len(), 12);
}

#[rstest]
// A name without a slash, at any depth; a directory with all below it.
#[case("foo", &["foo", "foo/a", "a/foo", "a/foo/b/c"], &["foo.txt", "a/foo.txt", "a/b", "FOO"])]
#[case("foo/", &["foo/a", "foo/a/b", "a/foo/b"], &["foo", "a/foo", "afoo/b"])]
// A slash at the beginning or in the middle: from the root.
#[case("/foo", &["foo", "foo/a", "foo/a/b"], &["a/foo", "food"])]
#[case("/foo/", &["foo/a", "foo/a/b"], &["foo", "a/foo/b"])]
#[case("foo/bar", &["foo/bar", "foo/bar/a"], &["a/foo/bar", "foo/bart", "foo"])]
#[case("foo/bar/", &["foo/bar/a", "foo/bar/a/b"], &["foo/bar", "a/foo/bar/b"])]
// A star stays within a segment.
#[case("*", &["a", "a/b", "a/b/c"], &[])]
#[case("/*", &["a", ".b"], &["a/b", "a/b/c"])]
#[case("docs/*", &["docs/a.md"], &["docs", "docs/a/b.md", "a/docs/b.md"])]
#[case("docs/*.md", &["docs/a.md", "docs/a.md/b"], &["docs/a/b.md", "a/docs/a.md"])]
#[case("*.js", &["a.js", "a/b.js", ".js", "a.js/b"], &["a.jsx", "a.JS"])]
#[case("f*", &["foo", "a/foo", "foo/a"], &["a/bar"])]
#[case("*/", &["a/b", "a/b/c"], &["a"])]
#[case("/*/", &["a/b", "a/b/c"], &["a"])]
#[case("foo/*/bar", &["foo/a/bar", "foo/a/bar/b"], &["foo/bar", "foo/a/b/bar"])]
#[case("a*/*b", &["a/b", "ax/xb", "a/b/c"], &["a/x/b", "b/b"])]
#[case("f?o", &["foo", "f-o", "a/foo/b"], &["fo", "fooo", "f/o"])]
// Two stars are any number of directories.
#[case("**", &["a", "a/b/c"], &[])]
#[case("/**", &["a", "a/b/c"], &[])]
#[case("**/foo", &["foo", "a/foo", "a/b/foo/c"], &["a/food"])]
#[case("**/foo/bar", &["foo/bar", "a/foo/bar", "a/b/foo/bar/c"], &["foo/a/bar"])]
#[case("foo/**", &["foo/a", "foo/a/b"], &["foo", "a/foo/b"])]
#[case("/foo/**", &["foo/a", "foo/a/b"], &["foo", "a/foo/b"])]
#[case("foo/**/bar", &["foo/bar", "foo/a/bar", "foo/a/b/bar/c"], &["a/foo/bar", "foobar", "foo/a"])]
#[case("foo/**/", &["foo/a", "foo/a/b"], &["foo"])]
#[case("**/", &["a/b", "a/b/c"], &["a"])]
#[case("/**/", &["a/b", "a/b/c"], &["a"])]
#[case("**/**/", &["a/b", "a/b/c"], &["a"])]
#[case("foo/**/*", &["foo/a", "foo/a/b"], &["foo", "a"])]
#[case("foo/**/**/bar", &["foo/bar", "foo/a/b/bar"], &["foo/a"])]
#[case("**/foo/*", &["foo/a", "a/b/foo/c"], &["foo/a/b", "foo"])]
#[case("**/a/**/a/**/a", &["a/a/a", "x/a/y/a/z/a"], &["a/a", "a/b/a"])]
// Elsewhere they are one star (gitignore).
#[case("a**b", &["ab", "axxb"], &["a/b"])]
#[case("foo**/bar", &["food/bar", "foo/bar"], &["foo/a/bar"])]
// A backslash takes the meaning from what follows.
#[case(r"a\ b", &["a b", "a b/c"], &["a", "b"])]
#[case(r"/a\ b/c\ d.md", &["a b/c d.md"], &["a b"])]
#[case(r"f\*o", &["f*o"], &["foo", "f\\*o"])]
#[case(r"f\?o", &["f?o"], &["foo"])]
#[case(r"pages/\[id\].tsx", &["pages/[id].tsx"], &["pages/i.tsx"])]
#[case(r"\!a", &["!a"], &["a"])]
#[case(r"a\\b", &["a\\b"], &["ab"])]
#[case(r"\a", &["a"], &["\\a"])]
// No other character has a meaning.
#[case("{a,b}.js", &["{a,b}.js"], &["a.js"])]
#[case("a!b", &["a!b"], &["a"])]
#[case("a.c", &["a.c"], &["abc"])]
#[case("@acme", &["@acme/a"], &["acme/a"])]
#[case("größe", &["größe", "a/größe/b"], &["grosse", "GRÖSSE"])]
#[case("$(a)+^&|", &["$(a)+^&|"], &["a"])]
// No path of Git has an empty or a dotted segment.
#[case("//a", &[], &["a", "a/a"])]
#[case("a//b", &[], &["a/b"])]
#[case("./a", &[], &["a"])]
#[case("../a", &[], &["a"])]
fn patterns(#[case] pattern: &str, #[case] inside: &[&str], #[case] outside: &[&str]) {
    for path in inside {
        assert!(matches(pattern, path), "{pattern} matches {path}");
    }
    for path in outside {
        assert!(!matches(pattern, path), "{pattern} does not match {path}");
    }
}

#[rstest]
#[case::nothing_is_matched("/")]
#[case::three_stars("***/*.rb")]
#[case::more_stars("a****b")]
#[case::range("[ab].js")]
#[case::open_bracket("a[b")]
#[case::closed_bracket("a]b")]
#[case::negation("!*.js")]
#[case::escaped_sign(r"\#a")]
#[case::escaped_sign_inside(r"a\#b")]
#[case::sign_inside("a#b")]
#[case::escaped_slash(r"a\/b")]
#[case::control_character("a\u{1}b")]
#[case::zero("a\0b")]
#[case::not_utf_8("a\u{fffd}b")]
#[case::no_break_space("a\u{a0}b")]
fn invalid_patterns(#[case] pattern: &str) {
    let file = CodeOwnersFile::parse(&format!("* @a\n{pattern} @b\n/c @c"));
    let expected = LineError {
        line: 2,
        kind: LineErrorKind::InvalidPattern,
    };
    assert_eq!(file.errors(), [expected]);
    let lines: Vec<u64> = file.rules().iter().map(|rule| rule.line).collect();
    assert_eq!(lines, [1, 3], "the other lines count");
}

#[test]
fn an_invalid_owner_takes_the_whole_line_away() {
    let file = CodeOwnersFile::parse("* @a\n*.js @b user\n");
    assert_eq!(file.owner_of("a.js").map(|rule| rule.line), Some(1));
    let errors: Vec<CodeOwnersError> = file.errors().iter().map(|&error| error.into()).collect();
    assert_eq!(
        errors,
        [CodeOwnersError {
            line: 2,
            kind: Text::from("Invalid owner")
        }]
    );
    assert_eq!(LineErrorKind::InvalidPattern.to_string(), "Invalid pattern");
}

#[rstest]
#[case::last_of_two("/a @a\n/a @b", "a", Some(2))]
#[case::general_after_special("/a/b @a\n* @b", "a/b", Some(2))]
#[case::no_match("/a @a", "b", None)]
#[case::empty("", "a", None)]
#[case::line_ends("a @a\r\nb @b\r\n", "b", Some(2))]
#[case::no_line_end("a @a\nb", "b", Some(2))]
#[case::empty_lines_count("\n\n\na @a", "a", Some(4))]
#[case::byte_order_mark("\u{feff}a @a", "a", Some(1))]
#[case::byte_order_mark_of_a_comment("\u{feff}# a\n", "a", None)]
#[case::section("[Docs]\ndocs/ @a\n", "docs/a", Some(2))]
fn which_line_decides(#[case] file: &str, #[case] path: &str, #[case] expected: Option<u64>) {
    assert_eq!(line(file, path), expected);
}

#[test]
fn long_lines_are_read() {
    let owners = " @someone".repeat(100_000);
    let file = CodeOwnersFile::parse(&format!("/{}{owners}", "a/".repeat(2_000)));
    assert_eq!(file.errors(), []);
    let rule = file.owner_of(&("a/".repeat(2_000) + "b")).unwrap();
    assert_eq!(rule.owners.len(), 100_000);
}

#[test]
fn patterns_of_many_stars_end_soon() {
    let directories = "**/a/".repeat(2_000);
    let stars = format!("{}b", "*a".repeat(2_000));
    let file = CodeOwnersFile::parse(&format!("{directories}b @a\n{stars} @b"));
    assert_eq!(file.errors(), []);
    assert_eq!(file.owner_of(&"a/".repeat(1_999).replace("/a", "/x")), None);
    assert_eq!(
        file.owner_of(&format!("{}b", "a/".repeat(2_100)))
            .map(|rule| rule.line),
        Some(1)
    );
    assert_eq!(file.owner_of(&"a".repeat(4_096)), None);
}

#[test]
fn the_limit_of_size() {
    assert!(!is_too_large(0));
    assert!(!is_too_large(SIZE_LIMIT - 1));
    assert!(is_too_large(SIZE_LIMIT));
}

fn changed(path: &str, previous: Option<&str>, status: FileStatus) -> ChangedFile {
    ChangedFile {
        path: Text::from(path),
        previous_path: previous.map(Text::from),
        status,
        additions: 1,
        deletions: 1,
        patch: None,
    }
}

#[test]
fn ownership_of_a_change() {
    let file = CodeOwnersFile::parse("/old/ @a @b @a\n/new/ @b\n/free/\n");
    let files = List::truncated(
        vec![
            changed("new/x", Some("old/x"), FileStatus::Renamed),
            changed("new/y", Some("secret/y"), FileStatus::Copied),
            changed("free/z", None, FileStatus::Removed),
            changed("else", None, FileStatus::Added),
            changed("old/x", None, FileStatus::Added),
        ],
        Some(9),
    );
    let ownership = file.ownership(&files);
    let found: Vec<_> = ownership
        .files
        .items
        .iter()
        .map(|file| {
            let owners: Vec<&str> = file.owners.iter().map(Text::as_str).collect();
            (file.path.as_str(), file.line, owners.join(" "))
        })
        .collect();
    let expected = [
        ("old/x", Some(1), "@a @b"),
        ("new/x", Some(2), "@b"),
        ("new/y", Some(2), "@b"),
        ("free/z", Some(3), ""),
        ("else", None, ""),
    ];
    assert_eq!(
        found,
        expected.map(|(path, line, owners)| (path, line, owners.to_owned()))
    );
    assert!(!ownership.files.complete, "what was cut stays cut");
    assert_eq!(ownership.files.total, None);
    assert_eq!(ownership.owners, [Text::from("@a"), Text::from("@b")]);
    let whole = file.ownership(&List::complete(Vec::new()));
    assert_eq!((whole.files.complete, whole.owners), (true, Vec::new()));
}

/// Text in which what has a meaning is frequent.
fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("*"),
        Just("**"),
        Just("/"),
        Just("\\"),
        Just("?"),
        Just("["),
        Just("!"),
        Just("#"),
        Just(" "),
        Just("\t"),
        Just("\n"),
        Just("\r\n"),
        Just("\r"),
        Just("@"),
        Just("@a/b"),
        Just("a"),
        Just("b.js"),
        Just("ä"),
        Just("\u{feff}"),
        Just("\0"),
        Just("\u{fffd}"),
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn any_text_is_read(text in texts(), path in texts()) {
        let file = CodeOwnersFile::parse(&text);
        let lines = u64::try_from(text.lines().count()).unwrap();
        let mut numbers: Vec<u64> = file.rules().iter().map(|rule| rule.line).collect();
        numbers.extend(file.errors().iter().map(|error| error.line));
        let count = numbers.len();
        numbers.sort_unstable();
        numbers.dedup();
        prop_assert_eq!(numbers.len(), count, "a line is a rule or an error");
        prop_assert!(numbers.iter().all(|line| (1..=lines).contains(line)));
        if let Some(rule) = file.owner_of(&path) {
            prop_assert!(file.rules().contains(rule));
        }
    }

    /// All rules together say what each says alone: the shared tree mixes nothing up.
    #[test]
    fn the_last_match_decides(
        patterns in prop::collection::vec("/?([ab*?]{1,2}|\\*\\*)(/([ab*]{1,2}|\\*\\*)){0,3}/?", 1..12),
        paths in prop::collection::vec("[ab]{1,2}(/[ab]{1,2}){0,4}", 1..12),
    ) {
        let text = patterns.join("\n");
        let file = CodeOwnersFile::parse(&text);
        for path in &paths {
            let alone = patterns.iter().rposition(|pattern| {
                CodeOwnersFile::parse(pattern).owner_of(path).is_some()
            });
            let line = file.owner_of(path).map(|rule| rule.line);
            prop_assert_eq!(line, alone.map(|at| at as u64 + 1), "{} {}", text, path);
        }
    }
}
