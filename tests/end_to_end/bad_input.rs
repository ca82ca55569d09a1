//! What bad input gets: a code, a place, exit 2, and the rest is still judged.

use std::fs;

use super::*;

#[track_caller]
fn expect(files: &[(&str, &str)], arguments: &[&str], expected: &[&str], exit: i32) -> Value {
    let folder = folder(files);
    let (report, code) = check(folder.path(), arguments);
    assert_eq!(
        (codes(&report), code),
        (expected.iter().map(ToString::to_string).collect(), exit),
        "{report:#}"
    );
    report
}

#[test]
fn a_missing_path() {
    let report = expect(
        &[("a.yaml", POD)],
        &["nowhere", "a.yaml"],
        &["SG1001 nowhere:1:1"],
        2,
    );
    assert_eq!(report["summary"]["subjects"], 1, "the rest is judged");
}

#[test]
fn nothing_to_judge() {
    expect(&[("readme.txt", "hello")], &[], &["SG1003"], 2);
    expect(&[("readme.txt", "hello")], &["--allow-empty"], &[], 0);
    expect(&[("empty.yaml", "")], &["empty.yaml"], &["SG1003"], 2);
    expect(
        &[("other.yaml", "a: 1\n")],
        &["--allow-empty"],
        &["SG1011 other.yaml:1:1"],
        0,
    );
}

#[test]
fn an_unparsable_file_does_not_hide_the_others() {
    let report = expect(
        &[
            ("a.yaml", POD),
            ("b.yaml", "apiVersion: v1\nkind: [Pod\n"),
            ("c.yaml", ADMIN),
        ],
        &[],
        &["SG1006 b.yaml:3:1"],
        2,
    );
    assert_eq!(report["summary"]["subjects"], 2);
    assert_eq!(report["summary"]["outcome"], "error");
    assert_eq!(
        report["decisions"][1]["outcome"], "deny",
        "a denial beside an error is still shown"
    );
}

#[test]
fn documents_beside_a_broken_one_are_judged() {
    let text = format!("{POD}---\na: b: c\n---\n{ADMIN}");
    let report = expect(&[("a.yaml", &text)], &[], &["SG1006 a.yaml:9:5"], 2);
    assert_eq!(report["summary"]["subjects"], 2);
}

#[test]
fn a_denial_is_1_and_no_error() {
    expect(&[("a.yaml", ADMIN)], &[], &[], 1);
    expect(&[("a.yaml", POD)], &[], &[], 0);
}

#[test]
fn files_too_large_binary_or_in_another_encoding() {
    let folder = folder(&[("a.yaml", POD)]);
    let big = fs::File::create(folder.path().join("big.yaml")).unwrap();
    big.set_len(100 * 1024 * 1024).unwrap();
    fs::write(folder.path().join("binary.json"), [0u8, 159, 146, 150]).unwrap();
    fs::write(
        folder.path().join("utf16.yaml"),
        "a".encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect::<Vec<_>>(),
    )
    .unwrap();
    let (report, code) = check(folder.path(), &[]);
    assert_eq!(
        codes(&report),
        [
            "SG1004 big.yaml:1:1",
            "SG1005 binary.json:1:1",
            "SG1005 utf16.yaml:1:1"
        ]
    );
    assert_eq!((report["summary"]["subjects"].as_u64(), code), (Some(1), 2));
}

#[test]
fn a_limit_can_be_set() {
    expect(
        &[("a.yaml", POD)],
        &["--max-file-size", "10"],
        &["SG1004 a.yaml:1:1"],
        2,
    );
}

#[test]
fn duplicate_keys_alias_bombs_and_depth() {
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e]\n";
    let deep = format!("apiVersion: v1\nkind: X\nspec: {}\n", "[".repeat(300));
    let deep_json = format!("{{\"a\": {}1{}}}", "[".repeat(300), "]".repeat(300));
    let report = expect(
        &[
            ("a.yaml", "kind: Pod\nkind: Pod\n"),
            ("b.yaml", bomb),
            ("d.json", &deep_json),
        ],
        &["--allow-empty"],
        &[
            "SG1007 a.yaml:2:1",
            "SG1009 b.yaml:5:29",
            "SG1008 d.json:1:133",
        ],
        2,
    );
    assert_eq!(report["summary"]["subjects"], 0);
    let (report, code) = check(folder(&[("c.yaml", &deep)]).path(), &[]);
    assert_eq!(
        (code, report["diagnostics"][0]["location"]["line"].as_u64()),
        (2, Some(3)),
        "{report}"
    );
}

#[test]
fn objects_that_lack_their_names() {
    expect(
        &[("a.yaml", "kind: Deployment\nmetadata: {name: x}\n")],
        &["--allow-empty"],
        &["SG1012 a.yaml:1:1"],
        2,
    );
}

#[test]
fn pull_request_documents_are_held_to_their_schema() {
    let text = "{\"schema\": \"soc2gate.dev/pull-request/v1\",\n \"nonsense\": 1}";
    let folder = folder(&[("pr.json", text)]);
    let (report, code) = check(folder.path(), &["--allow-empty"]);
    assert_eq!(code, 2);
    let found = codes(&report);
    assert!(
        found.contains(&"SG1013 pr.json:2:2".to_owned()),
        "{found:?}"
    );
    assert!(
        found.iter().all(|code| code.starts_with("SG1013")),
        "{found:?}"
    );
}

#[test]
fn a_pull_request_document_that_contradicts_itself_is_not_judged() {
    let text = fs::read_to_string(root().join("examples/shop/pull-request.json")).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    document["state"] = "merged".into();
    document.as_object_mut().unwrap().remove("merge");
    let folder = folder(&[("pr.json", &document.to_string())]);
    let (report, code) = check(folder.path(), &["--allow-empty"]);
    assert_eq!((code, report["summary"]["subjects"].as_u64()), (2, Some(0)));
    assert!(codes(&report)[0].starts_with("SG1014"), "{report:#}");
}

#[test]
fn the_kind_can_be_said_and_is_then_held_to() {
    expect(
        &[("a.yaml", "a: 1\n")],
        &["--input-kind", "kubernetes", "--allow-empty"],
        &["SG1012 a.yaml:1:1"],
        2,
    );
    let folder = folder(&[("a.yaml", POD)]);
    let (report, code) = check(
        folder.path(),
        &["--input-kind", "pull-request", "--allow-empty"],
    );
    assert_eq!(code, 2);
    assert!(
        codes(&report).iter().all(|code| code.starts_with("SG1013")),
        "{report:#}"
    );
}

#[test]
fn an_unknown_key_in_the_configuration() {
    let report = expect(
        &[
            ("a.yaml", ADMIN),
            ("soc2gate.yaml", "version: 1\ncontrol: {}\n"),
        ],
        &["a.yaml"],
        &["SG2001 soc2gate.yaml:2:1"],
        2,
    );
    assert_eq!(report["summary"]["subjects"], 1, "the rest is judged");
}

#[test]
fn a_configuration_that_is_named_must_be_there() {
    expect(
        &[("a.yaml", POD)],
        &["a.yaml", "--config", "no.yaml"],
        &["SG1001 no.yaml:1:1"],
        2,
    );
}

#[test]
fn an_expired_exception_permits_nothing() {
    let exceptions = "version: 1\nexceptions:\n- id: EXC-1\n  control: ACC-16\n  subjects: [kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding/admins]\n  reason: r\n  compensating_control: c\n  ticket: t\n  requested_by: a\n  approved_by: b\n  approved_at: 2026-01-01\n  expires_at: 2026-11-22\n";
    let config = "version: 1\nexceptions: exceptions.yaml\n";
    let files = [
        ("a.yaml", ADMIN),
        ("soc2gate.yaml", config),
        ("exceptions.yaml", exceptions),
    ];
    let report = expect(&files, &["a.yaml"], &["SG3005 exceptions.yaml:3:3"], 1);
    assert_eq!(report["diagnostics"][0]["severity"], "warning");
    let later = exceptions.replace("2026-11-22", "2026-12-31");
    let files = [
        ("a.yaml", ADMIN),
        ("soc2gate.yaml", config),
        ("exceptions.yaml", &later),
    ];
    let report = expect(&files, &["a.yaml"], &[], 0);
    assert_eq!(report["summary"]["excepted"], 1);
}

#[test]
fn an_exception_that_was_not_used_is_reported() {
    let exceptions = "version: 1\nexceptions:\n- {id: EXC-1, control: ACC-16, subjects: [kubernetes/x/y/z], reason: r, compensating_control: c, ticket: t, requested_by: a, approved_by: b, approved_at: 2026-11-01, expires_at: 2027-06-30}\n";
    let files = [
        ("a.yaml", POD),
        ("soc2gate.yaml", "version: 1\nexceptions: exceptions.yaml\n"),
        ("exceptions.yaml", exceptions),
    ];
    expect(&files, &["a.yaml"], &["SG3007 exceptions.yaml:3:3"], 0);
    let files = [
        ("a.yaml", POD),
        ("soc2gate.yaml", "version: 1\nexceptions: missing.yaml\n"),
    ];
    expect(&files, &["a.yaml"], &["SG1001 missing.yaml:1:1"], 2);
}

#[test]
fn controls_with_broken_metadata_or_rego() {
    let metadata = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{kind: kubernetes}]\n#   frameworks: {soc2: [CC6.1]}\n#   remediation: r\n";
    let fine = format!(
        "{metadata}package own.fine\n\nimport rego.v1\n\ndeny contains {{\"message\": \"own\"}} if input.object.kind == \"ConfigMap\"\n"
    );
    let broken =
        "package own.broken\n\nimport rego.v1\n\ndeny contains {\"message\": \"x\"} if {\n";
    let no_severity = fine
        .replace("#   severity: high\n", "")
        .replace("own.fine", "own.other")
        .replace("OWN-01", "OWN-02");
    let files = [
        ("a.yaml", POD),
        ("own/fine.rego", &fine),
        ("own/broken.rego", broken),
        ("own/other.rego", &no_severity),
    ];
    let report = expect(
        &files,
        &["a.yaml", "--policies", "own"],
        &["SG4002 own/other.rego:5:3", "SG4003 own/broken.rego:6:1"],
        2,
    );
    let verdicts = report["decisions"][0]["verdicts"].as_array().unwrap();
    let own = verdicts
        .iter()
        .find(|verdict| verdict["control"] == "OWN-01")
        .unwrap();
    assert_eq!(
        own["findings"][0]["message"], "own",
        "the control that is fine judges"
    );
}

#[test]
fn a_control_that_cannot_be_decided_under_deny_is_2() {
    let text = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{kind: kubernetes}]\n#   frameworks: {soc2: [CC6.1]}\n#   remediation: r\npackage own.fine\n\nimport rego.v1\n\ndeny contains {\"message\": \"own\"} if to_number(input.object.metadata.name) > 1\n";
    let report = expect(
        &[("a.yaml", POD), ("own/a.rego", text)],
        &["a.yaml", "--policies", "own"],
        &[],
        2,
    );
    assert_eq!(report["summary"]["outcome"], "error");
}

#[test]
fn wrong_usage_is_64() {
    let folder = folder(&[("a.yaml", POD)]);
    for arguments in [
        &["check", "--nonsense"][..],
        &["nonsense"],
        &[],
        &["check", "--format", "xml"],
        &["check", "--output", "x"],
        &["check", "--now", "yesterday"],
        &["check", "--jobs", "0"],
        &["control", "show", "NO-99"],
    ] {
        soc2gate(folder.path()).args(arguments).assert().code(64);
    }
    soc2gate(folder.path())
        .args(["check", "--control", "NO-99", "a.yaml"])
        .assert()
        .code(2);
    soc2gate(folder.path()).arg("--help").assert().code(0);
    soc2gate(folder.path()).arg("--version").assert().code(0);
}

#[cfg(unix)]
#[test]
fn an_unreadable_folder_is_an_error() {
    use std::os::unix::fs::symlink;
    let folder = folder(&[("a.yaml", POD), ("b/c.yaml", POD)]);
    symlink(
        folder.path().join("gone"),
        folder.path().join("b/dangling.yaml"),
    )
    .unwrap();
    symlink(folder.path(), folder.path().join("b/loop")).unwrap();
    let (report, code) = check(folder.path(), &[]);
    let mut found = codes(&report);
    found.sort();
    assert_eq!(
        (found, code),
        (
            vec![
                "SG1001 b/dangling.yaml:1:1".to_owned(),
                "SG1016 b/loop:1:1".to_owned()
            ],
            2
        )
    );
}

#[test]
fn an_output_in_the_folder_is_not_read_back() {
    let folder = folder(&[("a.yaml", POD)]);
    for _ in 0..2 {
        soc2gate(folder.path())
            .args(["check", "--format", "json", "--output", "report.json"])
            .assert()
            .code(0);
    }
}

#[test]
fn an_input_is_not_overwritten_by_an_output() {
    let folder = folder(&[("a.yaml", ADMIN), ("b.yaml", POD)]);
    soc2gate(folder.path())
        .args([
            "check", "a.yaml", "b.yaml", "--format", "json", "--output", "a.yaml",
        ])
        .assert()
        .code(64);
    assert_eq!(
        fs::read_to_string(folder.path().join("a.yaml")).unwrap(),
        ADMIN
    );
}

#[test]
fn one_control_can_be_chosen_beside_a_configuration_that_speaks_of_others() {
    let config = "version: 1\ncontrols: {CHG-01: {parameters: {minimum_approvals: 2}}, ACC-17: {enforcement: warn}}\n";
    expect(
        &[("a.yaml", ADMIN), ("soc2gate.yaml", config)],
        &["a.yaml", "--control", "ACC-16"],
        &[],
        1,
    );
}
