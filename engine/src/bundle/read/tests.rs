use rstest::rstest;
use serde_json::json;

use super::*;
use crate::{Library, LoadOptions};

const POLICY: &str = "package main\n\ndeny contains \"x\" if input.bad\n";

fn files(list: &[(&str, &str)]) -> BundleFiles {
    list.iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect()
}

fn read(list: &[(&str, &str)]) -> Result<(Bundle, Vec<Diagnostic>), Diagnostic> {
    Bundle::from_files("b.tar.gz", &files(list), None)
}

fn shown(problem: &Diagnostic) -> String {
    let file = problem.location.as_ref().map(|place| place.file.clone());
    format!(
        "{} {} {}",
        problem.code,
        file.unwrap_or_default(),
        problem.message
    )
}

fn refused(list: &[(&str, &str)]) -> String {
    shown(&read(list).unwrap_err())
}

/// What is said where bundles are loaded together.
fn loaded(bundles: &[(&str, &[(&str, &str)])]) -> Vec<String> {
    let bundles = bundles
        .iter()
        .map(|(name, list)| Bundle::from_files(name, &files(list), None).unwrap().0)
        .collect();
    let options = LoadOptions {
        bundles,
        ..LoadOptions::default()
    };
    Library::load_with(&[], &options)
        .1
        .iter()
        .map(shown)
        .collect()
}

#[test]
fn files_have_their_parts() {
    let (bundle, notes) = read(&[
        (".manifest", r#"{"revision": "r7", "metadata": {"a": 1}}"#),
        ("main.rego", POLICY),
        ("main_test.rego", "package main_test\n"),
        ("data.json", r#"{"a": {"b": 1}}"#),
        ("a/c/data.yaml", "d: yes\n"),
        ("x/data.yml", ""),
        ("a/other.json", "{"),
        ("README.md", ""),
    ])
    .unwrap();
    let policies: Vec<&str> = bundle
        .policies
        .iter()
        .map(|policy| policy.file.as_str())
        .collect();
    assert_eq!(policies, ["b.tar.gz/main.rego"]);
    assert_eq!(
        bundle.data.to_value(),
        json!({"a": {"b": 1, "c": {"d": true}}, "x": null})
    );
    let notes: Vec<String> = notes.iter().map(shown).collect();
    assert_eq!(notes, ["SG4035 b.tar.gz revision r7, not signed"]);
}

#[rstest]
#[case(&[("README.md", "")], "SG4031 b.tar.gz it holds neither policies nor data")]
#[case(&[("policy.wasm", "")], "SG4031 b.tar.gz its policies are compiled (WebAssembly or a plan), and there is no Rego to judge by")]
#[case(&[("data.json", "{}"), (".manifest", r#"{"wasm": [{"entrypoint": "a", "module": "/policy.wasm"}]}"#)], "SG4031 b.tar.gz its policies are compiled (WebAssembly or a plan), and there is no Rego to judge by")]
#[case(&[("patch.json", "{}"), ("main.rego", POLICY)], "SG4031 b.tar.gz/patch.json the bundle changes another one (a delta bundle) and cannot be judged by alone")]
#[case(&[("a/.manifest", "{}"), ("main.rego", POLICY)], "SG4031 b.tar.gz/a/.manifest it belongs at the root of the bundle, where alone it is read")]
#[case(&[("data.json", "[1]")], "SG4023 b.tar.gz/data.json a document at the root of data must be a mapping")]
#[case(&[("data.json", r#"{"a": 1}"#), ("a/data.json", "{}")], "SG4023 b.tar.gz/data.json there is something at data.a already")]
#[case(&[("data.json", r#"{"parameters": {}}"#)], "SG4023 b.tar.gz/data.json data.parameters belongs to soc2gate")]
#[case(&[(".a/data.json", "{}")], "SG4031 b.tar.gz/.a/data.json documents do not belong in a folder whose name starts with a dot")]
#[case(&[("data.json", r#"{"a": "Hunter2}"#)], "SG1006 b.tar.gz/data.json EOF while parsing a string")]
#[case(&[("data.json", r#"{"a": 1, "a": 1}"#)], "SG1007 b.tar.gz/data.json key \"a\" stands twice in one mapping")]
#[case(&[("data.yaml", "a: 1\n---\nb: 1\n")], "SG4023 b.tar.gz/data.yaml a file of data holds one document")]
#[case(&[("main.rego", "a\0")], "SG1005 b.tar.gz/main.rego b.tar.gz/main.rego is not UTF-8 text")]
#[case(&[(".manifest", r#"{"roots": ["a"]}"#), ("data.json", r#"{"b": 1}"#)], "SG4033 b.tar.gz its data at b is outside of its roots")]
#[case(&[(".manifest", r#"{"rego_version": 7}"#), ("main.rego", POLICY)], "SG4031 b.tar.gz/.manifest a version of Rego in a manifest is 0 or 1")]
#[case(&[(".manifest", r#"{"file_rego_versions": {"*": 1, "main*": 0}}"#), ("main.rego", POLICY)], "SG4031 b.tar.gz/main.rego globs of file_rego_versions disagree on it")]
fn what_is_no_bundle(#[case] list: &[(&str, &str)], #[case] wanted: &str) {
    assert_eq!(refused(list), wanted);
}

#[test]
fn compiled_policies_are_left_out_aloud() {
    let (_, notes) = read(&[("a/policy.wasm", ""), ("main.rego", POLICY)]).unwrap();
    assert_eq!(
        shown(&notes[0]),
        "SG4034 b.tar.gz/a/policy.wasm compiled policies (WebAssembly or a plan) are not used; the Rego beside them judges"
    );
}

#[test]
fn a_signature_without_a_key_is_not_checked() {
    let (_, notes) = read(&[(".signatures.json", "{}"), ("main.rego", POLICY)]).unwrap();
    let notes: Vec<String> = notes.iter().map(shown).collect();
    assert_eq!(
        notes,
        ["SG4036 b.tar.gz no revision, its signature is not checked, since no key is given"]
    );
}

#[test]
fn packages_lie_within_the_roots() {
    let own = r#"{"roots": ["main"]}"#;
    assert_eq!(
        loaded(&[("b", &[(".manifest", own), ("main.rego", POLICY)])]),
        Vec::<String>::new()
    );
    let library = "package other\n\nx := 1\n";
    assert_eq!(
        loaded(&[(
            "b",
            &[
                (".manifest", own),
                ("main.rego", POLICY),
                ("o.rego", library)
            ]
        )]),
        ["SG4033 b/o.rego package other is outside of the bundle's roots"]
    );
}

#[test]
fn bundles_do_not_share_roots() {
    let other = "package other\n\nwarn contains \"y\" if input.odd\n";
    let one: &[(&str, &str)] = &[(".manifest", r#"{"roots": ["main"]}"#), ("m.rego", POLICY)];
    let two: &[(&str, &str)] = &[(".manifest", r#"{"roots": ["other"]}"#), ("o.rego", other)];
    let all: &[(&str, &str)] = &[("o.rego", other)];
    assert_eq!(loaded(&[("one", one), ("two", two)]), Vec::<String>::new());
    assert_eq!(
        loaded(&[("one", one), ("all", all)]),
        ["SG4033 all its root / overlaps with one of one"]
    );
}

#[test]
fn data_and_rules_do_not_conflict() {
    let rule = loaded(&[(
        "b",
        &[("main/data.json", r#"{"deny": []}"#), ("m.rego", POLICY)],
    )]);
    assert_eq!(
        rule,
        ["SG4023 b/m.rego rule deny is a document below data too"]
    );
    let package = loaded(&[("b", &[("data.json", r#"{"main": 1}"#), ("m.rego", POLICY)])]);
    assert_eq!(
        package,
        ["SG4023 b/m.rego data.main is a document that is no mapping, and a package below it"]
    );
}

#[test]
fn the_manifest_says_which_rego_it_is() {
    let old = "package main\n\ndeny[msg] { msg := \"x\" }\n";
    let as_old: &[(&str, &str)] = &[(".manifest", r#"{"rego_version": 0}"#), ("m.rego", old)];
    assert_eq!(loaded(&[("b", as_old)]), Vec::<String>::new());
    let as_new: &[(&str, &str)] = &[(".manifest", r#"{"rego_version": 1}"#), ("m.rego", old)];
    let problems = loaded(&[("b", as_new)]);
    assert!(problems[0].starts_with("SG4003 b/m.rego"), "{problems:?}");
    let unsaid = loaded(&[("b", &[("m.rego", old)])]);
    assert_eq!(unsaid, ["SG4021 b/m.rego read as Rego v0"]);
}

#[test]
fn large_files_are_refused() {
    let policy = "#".repeat(MAX_POLICY + 1);
    assert_eq!(
        refused(&[("main.rego", &policy)]),
        "SG1004 b.tar.gz/main.rego b.tar.gz/main.rego is larger than 4194304 bytes"
    );
    let document = " ".repeat(MAX_DOCUMENT + 1);
    assert_eq!(
        refused(&[("data.json", &document)]),
        "SG1004 b.tar.gz/data.json b.tar.gz/data.json is larger than 16777216 bytes"
    );
}

#[test]
fn a_bundle_outlives_a_record_of_it() {
    let list = [
        (".manifest", r#"{"roots": ["main", "a"]}"#),
        ("main.rego", POLICY),
        ("data.json", r#"{"a": {"b": 1}}"#),
    ];
    let (bundle, _) = read(&list).unwrap();
    let written = serde_json::to_value(&bundle).unwrap();
    let again: Bundle = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&again).unwrap(), written);
    assert_eq!(again.policies, bundle.policies);
    assert_eq!(again.roots, bundle.roots);
    assert_eq!(again.data.to_value(), bundle.data.to_value());
}
