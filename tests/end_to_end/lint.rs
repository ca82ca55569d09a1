//! `soc2gate lint`.

use super::*;

/// A control of one's own with some rules.
pub(super) fn control(rules: &str) -> tempfile::TempDir {
    let folder = folder(&[]);
    soc2gate(folder.path())
        .args(["control", "new", "OWN-01", "own"])
        .assert()
        .code(0);
    let path = folder.path().join("own/control.rego");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, text + rules).unwrap();
    folder
}

pub(super) const OPEN: &str =
    "\ndeny contains {\"message\": \"m\"} if input.object.spec.replicas < 2\n";

fn lint(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = soc2gate(folder)
        .arg("lint")
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    (text, output.status.code().unwrap())
}

#[test]
fn the_library_and_new_controls_are_clean() {
    let (text, code) = lint(&root(), &["policies", "--strict"]);
    assert!(text.ends_with(" files: 0 errors, 0 warnings\n"), "{text}");
    assert_eq!((text.lines().count(), code), (1, 0), "{text}");
    let (text, code) = lint(control("").path(), &["--strict"]);
    assert_eq!(
        (text.as_str(), code),
        ("2 files: 0 errors, 0 warnings\n", 0)
    );
}

#[test]
fn warnings_are_failures_only_where_it_is_strict() {
    let folder = control(OPEN);
    let (text, code) = lint(folder.path(), &["own"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r#"
    own/control.rego:24:35: warning[SG6008]: where input.object.spec.replicas is missing, this is undefined and nothing is denied
      = help: say what a missing field means: `object.get(input.object, ["spec", "field"], default)` denies with a default that does not comply; a rule `unknown contains … if not input.object.spec.field` leaves it undecided
    2 files: 0 errors, 1 warning
    "#);
    assert_eq!(lint(folder.path(), &["own", "--strict"]).1, 1);
}

#[test]
fn what_does_not_load_is_an_error() {
    for (rules, expected) in [
        ("\nx := http.send({})\n", "SG4005"),
        ("\nx if {\n", "SG4003"),
        ("\nx := data.nowhere.y\n", "SG4003"),
    ] {
        let (text, code) = lint(control(rules).path(), &["own"]);
        assert!(code == 2 && text.contains(expected), "{text}");
    }
    let folder = control("");
    let twice = "package controls.own_test\n\ntest_x if true\n\ntest_x if false\n";
    std::fs::write(folder.path().join("own/more_test.rego"), twice).unwrap();
    let (text, code) = lint(folder.path(), &["own"]);
    assert!(code == 2 && text.contains("SG4011"), "{text}");
    assert_eq!(
        lint(folder.path(), &["own/cases"]).1,
        2,
        "nothing to look at"
    );
}

#[test]
fn missing_tests_and_cases_are_named() {
    let folder = control("\nunknown contains {\"message\": \"m\"} if not input.object.spec\n");
    let own = folder.path().join("own");
    for file in ["control_test.rego", "cases/pass-has-an-owner.yaml"] {
        std::fs::remove_file(own.join(file)).unwrap();
    }
    let (text, code) = lint(folder.path(), &["own", "--format", "json"]);
    assert_eq!(code, 0);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        codes(&json),
        [
            "SG6004 own/control.rego:1:1",
            "SG6005 own/control.rego:1:1",
            "SG6003 own/control.rego:14:9"
        ]
    );
}

#[test]
fn sarif_names_the_place_and_the_rule() {
    let folder = control(OPEN);
    let (text, _) = lint(folder.path(), &["own", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "SG6008");
    let result = &run["results"][0];
    assert_eq!(
        (result["ruleId"].as_str(), result["level"].as_str()),
        (Some("SG6008"), Some("warning"))
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "own/control.rego");
    assert_eq!(
        (
            place["region"]["startLine"].as_u64(),
            place["region"]["startColumn"].as_u64()
        ),
        (Some(24), Some(35))
    );
}
