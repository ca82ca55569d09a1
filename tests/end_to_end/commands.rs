//! The other commands.

use super::*;

fn stdout(folder: &Path, arguments: &[&str]) -> String {
    let output = soc2gate(folder).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn controls_are_listed_and_shown() {
    let folder = folder(&[]);
    let controls = soc2gate_policies::control_folders(&root().join("policies/controls"))
        .unwrap()
        .len();
    let list = stdout(folder.path(), &["control", "list"]);
    assert_eq!(list.lines().count(), controls, "{list}");
    assert!(list.contains("CHG-01  critical  pull_request"), "{list}");
    let shown = stdout(folder.path(), &["control", "show", "chg-01"]);
    for part in [
        "CHG-01",
        "CC8.1",
        "minimum_approvals (integer, default 1)",
        "What to do when it fails:",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let json: Value = serde_json::from_str(&stdout(
        folder.path(),
        &["control", "show", "WRK-01", "--json"],
    ))
    .unwrap();
    assert_eq!(
        (json["id"].as_str(), json["default_enforcement"].as_str()),
        (Some("WRK-01"), Some("deny"))
    );
    let json: Value =
        serde_json::from_str(&stdout(folder.path(), &["control", "list", "--json"])).unwrap();
    assert_eq!(json.as_array().unwrap().len(), controls);
}

#[test]
fn init_writes_a_configuration_that_holds_and_is_not_overwritten() {
    let folder = folder(&[("a.yaml", POD)]);
    soc2gate(folder.path()).arg("init").assert().code(0);
    let (report, code) = check(folder.path(), &["a.yaml"]);
    assert_eq!((codes(&report), code), (vec![], 0));
    soc2gate(folder.path()).arg("init").assert().code(2);
    soc2gate(folder.path())
        .args(["init", "--force"])
        .assert()
        .code(0);
}

#[test]
fn the_examples_in_the_template_hold_too() {
    let text = std::fs::read_to_string(root().join("cli/src/commands/init.yaml")).unwrap();
    let config = "version: 1\ncontrols:\n".to_owned()
        + &text
            .lines()
            .skip_while(|line| !line.starts_with("#  CHG-01"))
            .take_while(|line| line.starts_with('#'))
            .map(|line| format!("{}\n", &line[1..]))
            .collect::<String>()
        + "exceptions: exceptions.yaml\n";
    let exceptions: String = text
        .lines()
        .skip_while(|line| !line.starts_with("# version: 1"))
        .take_while(|line| line.starts_with('#'))
        .map(|line| format!("{}\n", &line[2..]))
        .collect();
    let folder = folder(&[
        ("a.yaml", POD),
        ("soc2gate.yaml", &config),
        ("exceptions.yaml", &exceptions),
    ]);
    let (report, code) = check(folder.path(), &["a.yaml"]);
    assert_eq!(
        (codes(&report), code),
        (vec!["SG3007 exceptions.yaml:3:5".to_owned()], 0),
        "{config}{exceptions}"
    );
}

#[test]
fn completions_manual_pages_and_schemas_are_printed() {
    let folder = folder(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            stdout(folder.path(), &["completions", shell]).contains("soc2gate"),
            "{shell}"
        );
    }
    assert!(stdout(folder.path(), &["man"]).starts_with(".ie"));
    stdout(folder.path(), &["man", "--output", "pages"]);
    assert!(folder.path().join("pages/soc2gate-check.1").is_file());
    for name in [
        "config",
        "exceptions",
        "decision",
        "report",
        "pull-request",
        "metadata",
    ] {
        let schema: Value =
            serde_json::from_str(&stdout(folder.path(), &["schema", name])).unwrap();
        assert!(schema["$id"].as_str().unwrap().contains(name), "{name}");
        assert!(jsonschema::meta::is_valid(&schema), "{name}");
    }
}

#[test]
fn the_nearest_configuration_counts_up_to_the_root_of_the_repository() {
    let config = "version: 1\ncontrols: {ACC-16: {enforcement: record}}\n";
    let folder = folder(&[
        ("repo/soc2gate.yaml", config),
        ("repo/deep/down/a.yaml", ADMIN),
        ("repo/.git/HEAD", "x"),
    ]);
    assert_eq!(
        check(&folder.path().join("repo/deep/down"), &["a.yaml"]).1,
        0
    );
    let outside = super::folder(&[
        ("soc2gate.yaml", config),
        ("repo/a.yaml", ADMIN),
        ("repo/.git/HEAD", "x"),
    ]);
    assert_eq!(check(&outside.path().join("repo"), &["a.yaml"]).1, 1);
}
