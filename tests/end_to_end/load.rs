//! What is refused, and what is said, when policies are loaded.

use super::lint::control;
use super::*;

const DEPLOYMENT: &str =
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {owner: b}}\nspec: {}\n";

fn run(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = soc2gate(folder).args(arguments).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    // Lines are wrapped for people.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (text, output.status.code().unwrap())
}

#[test]
fn rules_that_cannot_stand_beside_each_other_are_refused_wherever_rego_is_read() {
    let own = control("\n_limit := 1\n\n_limit contains 2\n");
    std::fs::write(own.path().join("a.yaml"), DEPLOYMENT).unwrap();
    for arguments in [
        &["check", "a.yaml", "-p", "own"][..],
        &["test", "own"],
        &["lint", "own"],
    ] {
        let (text, code) = run(own.path(), arguments);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        let message = "data.controls.own._limit is a partial set here and a complete rule at own/control.rego:24";
        assert_eq!(text.matches(message).count(), 1, "{arguments:?}: {text}");
        assert!(
            text.contains("SG4015") && text.contains("control.rego:26:1"),
            "{arguments:?}: {text}"
        );
    }
    let (text, code) = run(own.path(), &["eval", "1", "-p", "own/control.rego"]);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("control.rego:26:1") && text.contains("SG4015"),
        "{text}"
    );

    let plain = folder(&[
        (
            "policy/main.rego",
            "package main\n\ndeny contains \"x\" if input.bad\n\nlib := 1\n",
        ),
        ("policy/lib.rego", "package main.lib\n\na := 1\n"),
        ("a.yaml", DEPLOYMENT),
    ]);
    let (report, code) = check(plain.path(), &["a.yaml", "-p", "policy"]);
    assert_eq!(code, 2);
    assert!(
        codes(&report).contains(&"SG4015 policy/main.rego:5:1".to_owned()),
        "{report}"
    );
}

#[test]
fn what_a_control_does_not_use_is_said_and_changes_nothing() {
    let own = control(
        "\ndeny contains {\"message\": \"m\"} if {\n\tsome key, value in input.object.spec\n\tvalue == 1\n\tinput.kind == \"document\"\n}\n",
    );
    std::fs::write(own.path().join("a.yaml"), DEPLOYMENT).unwrap();
    let (report, code) = check(own.path(), &["a.yaml", "-p", "own", "--control", "OWN-01"]);
    assert_eq!(code, 0, "{report}");
    assert_eq!(
        codes(&report),
        [
            "SG6007 own/control.rego:25:7",
            "SG6010 own/control.rego:27:2"
        ]
    );
    for diagnostic in report["diagnostics"].as_array().unwrap() {
        assert_eq!(diagnostic["severity"], "warning");
        assert_ne!(diagnostic["help"], "");
    }
    // Lint says the same once.
    let (text, _) = run(own.path(), &["lint", "own"]);
    assert_eq!(text.matches("SG6010").count(), 1, "{text}");
    assert_eq!(text.matches("SG6007").count(), 1, "{text}");
}
