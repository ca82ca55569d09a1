//! A gate that comes to an old repository.

use super::*;

const OTHER: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: others\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: Group\n  name: everyone\n";

fn written() -> tempfile::TempDir {
    let folder = folder(&[("old.yaml", ADMIN), ("fine.yaml", POD)]);
    let (_, code) = check(folder.path(), &[".", "--write-baseline", "known.json"]);
    assert_eq!(code, 1, "writing changes no decision");
    folder
}

#[test]
fn old_failures_pass_and_are_shown_and_new_ones_are_denied() {
    let folder = written();
    let (report, code) = check(folder.path(), &[".", "--baseline", "known.json"]);
    assert_eq!((code, codes(&report)), (0, vec![]));
    assert_eq!(report["summary"]["known"], 1, "{report}");

    std::fs::write(folder.path().join("new.yaml"), OTHER).unwrap();
    let (report, code) = check(folder.path(), &[".", "--baseline", "known.json"]);
    assert_eq!(code, 1);
    assert_eq!(
        (&report["summary"]["known"], &report["summary"]["fail"]),
        (&1.into(), &1.into())
    );
    for (format, expected) in [
        ("human", "known: there before this change"),
        ("markdown", "Known: there before this change"),
        ("junit", "known: there before this change"),
        ("sarif", "\"justification\":\"there before this change\""),
    ] {
        let output = soc2gate(folder.path())
            .args(["check", ".", "--baseline", "known.json", "--format", format])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{format}: {text}");
    }
}

#[test]
fn lines_may_move_and_what_is_gone_is_said() {
    let folder = written();
    let moved = format!("# a comment\n\n{ADMIN}");
    std::fs::write(folder.path().join("old.yaml"), moved).unwrap();
    let (report, code) = check(folder.path(), &[".", "--baseline", "known.json"]);
    assert_eq!((code, codes(&report)), (0, vec![]));
    std::fs::remove_file(folder.path().join("old.yaml")).unwrap();
    let (report, code) = check(folder.path(), &[".", "--baseline", "known.json"]);
    assert_eq!((code, codes(&report)), (0, vec!["SG3012".to_owned()]));
}

#[test]
fn the_configuration_names_it_too_and_one_that_cannot_be_read_is_an_error() {
    let folder = written();
    let config = folder.path().join("soc2gate.yaml");
    std::fs::write(&config, "version: 1\nbaseline: known.json\n").unwrap();
    assert_eq!(check(folder.path(), &["."]).1, 0);
    std::fs::write(folder.path().join("known.json"), "{}").unwrap();
    let (report, code) = check(folder.path(), &["."]);
    assert_eq!(code, 2, "{report}");
    assert!(codes(&report)[0].starts_with("SG3011 "), "{report}");
    std::fs::write(&config, "version: 1\nbaseline: missing.json\n").unwrap();
    assert_eq!(check(folder.path(), &["."]).1, 2);
}

#[test]
fn a_decision_by_a_baseline_is_recorded_and_replayed() {
    let folder = written();
    let run = |arguments: &[&str]| {
        let output = soc2gate(folder.path()).args(arguments).output().unwrap();
        let code = output.status.code().unwrap();
        (code, String::from_utf8(output.stdout).unwrap())
    };
    assert_eq!(
        run(&[
            "ledger",
            "init",
            "--ledger",
            "led",
            "--origin",
            "example.com/gate"
        ])
        .0,
        0
    );
    let check = [
        "check",
        "old.yaml",
        "--baseline",
        "known.json",
        "--ledger",
        "led",
        "--now",
        NOW,
    ];
    assert_eq!(run(&check).0, 0);
    let (_, found) = run(&[
        "ledger",
        "query",
        "--ledger",
        "led",
        "--control",
        "ACC-16",
        "--format",
        "jsonl",
    ]);
    let record: Value = serde_json::from_str(found.lines().next().unwrap()).unwrap();
    let verdicts = record["body"]["verdicts"].as_array().unwrap();
    let known = |verdict: &&Value| verdict["known"] == true;
    assert_eq!(verdicts.iter().filter(known).count(), 1, "{record}");
    let (code, said) = run(&[
        "ledger",
        "replay",
        &record["index"].to_string(),
        "--ledger",
        "led",
    ]);
    assert!(
        code == 0 && said.contains("allow then, allow now"),
        "{said}"
    );
}
