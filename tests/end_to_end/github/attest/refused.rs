//! What is not attested.

use rstest::rstest;

use super::*;

#[test]
fn what_was_not_merged_is_not_attested() {
    let Some(gate) = Gate::decided(&open(), &open(), 0) else {
        return;
    };
    gate.refused(1, "SG7040", &[]);
    gate.server
        .begin(&open().pull_request(json!({"state": "CLOSED"})));
    gate.refused(1, "SG7040", &["--image", IMAGE]);
}

#[test]
fn what_was_denied_or_not_decided_is_not_attested() {
    let denied = open().pull_request(json!({"reviews": []}));
    let Some(gate) = Gate::decided(&denied, &merged(), 1) else {
        return;
    };
    // The approvals that came after the decision do not make it another one.
    gate.refused(1, "SG7041", &[]);

    let gate = Gate::new(&merged()).unwrap();
    gate.refused(2, "SG7042", &[]);

    let gate = Gate::new(&open()).unwrap();
    gate.decide(&["--control", "CHG-04"], 0);
    gate.server.begin(&merged());
    gate.refused(1, "SG7041", &[]);
    // A failure that stops nothing is no approval.
    let gate = Gate::new(&denied).unwrap();
    fs::write(
        gate.folder.path().join("soc2gate.yaml"),
        "version: 1\ncontrols: {CHG-01: {enforcement: warn}}\n",
    )
    .unwrap();
    gate.decide(&["--control", "CHG-01"], 0);
    gate.server.begin(&merged());
    gate.refused(1, "SG7041", &[]);
}

#[test]
fn approvals_that_were_taken_back_do_not_count() {
    let none = merged()
        .pull_request(json!({"reviews": [{"author": "bob", "state": "CHANGES_REQUESTED"}]}));
    let Some(gate) = Gate::decided(&open(), &none, 0) else {
        return;
    };
    gate.refused(1, "SG7041", &[]);
}

#[test]
fn a_head_that_changed_after_the_decision_is_not_attested() {
    let more = json!({
        "commits": [{"author": "alice", "signature": "VALID", "files": {"src/evil.txt": "x"}}],
        "reviews": [{"author": "bob"}, {"author": "carol"}],
    });
    let Some(gate) = Gate::decided(&open(), &merged().pull_request(more), 0) else {
        return;
    };
    gate.refused(1, "SG7043", &[]);
}

#[test]
fn a_merge_into_another_branch_than_was_decided_on_is_not_attested() {
    let branches = json!({"branches": {"main": "base", "release": "base"}});
    let world = |base: &str| {
        let pull = open().pull_request(json!({"base": base}));
        pull.repository(branches.clone())
    };
    let after = world("release").pull_request(json!({"state": "MERGED"}));
    let Some(gate) = Gate::new(&world("main")) else {
        return;
    };
    gate.decide(&["--control", "CHG-01"], 0);
    gate.server.begin(&after);
    gate.refused(1, "SG7043", &[]);
}

#[test]
fn what_github_does_not_say_is_not_attested() {
    let fault = json!({"operation": "PullRequest", "status": 502, "times": 100});
    let Some(gate) = Gate::decided(&open(), &merged().fault(fault), 0) else {
        return;
    };
    gate.refused(2, "SG7008", &["--github-timeout", "2"]);
    gate.server.begin(&merged());
    let (code, _, errors) = gate.attest(&["--ledger-keys", "absent"]);
    assert_eq!(code, 2);
    assert!(errors.contains("SG5003"), "{errors}");
    let (code, _, errors) = gate.attest(&["--output", "no/such/folder.json"]);
    assert_eq!(code, 2);
    assert!(errors.contains("cannot be written"), "{errors}");
    // It is recorded all the same, and written when it is asked for again.
    assert_eq!(gate.attestations(), 1);
    gate.attested("change.json", &[]);
    assert_eq!(gate.attestations(), 1);
    let (code, _, errors) = gate.run(&["attest", "change", "--ledger", "ledger"], &[]);
    assert_eq!(code, 64, "{errors}");
    let (code, _, _) = gate.attest(&["--image", "shop:latest"]);
    assert_eq!(code, 64);
}

#[test]
fn a_commit_that_was_pushed_directly_is_not_attested() {
    let direct = "4300000000000000000000000000000000000000";
    let base = json!([{"id": "base", "files": {"README.md": "x"}}, {"id": direct, "files": {"src/b.txt": "b"}}]);
    let world = World::ordinary()
        .repository(json!({"commits": base, "branches": {"main": direct}, "pullRequests": []}));
    let Some(gate) = Gate::decided(&open(), &world, 0) else {
        return;
    };
    let fields = json!({"ref": "refs/heads/main", "before": "1".repeat(40), "after": direct, "forced": false});
    let path = event(&gate, fields);
    let arguments = ["attest", "change", "--ledger", "ledger", "--image", IMAGE];
    let (code, shown, errors) = gate.run(
        &arguments,
        &[("GITHUB_EVENT_NAME", "push"), ("GITHUB_EVENT_PATH", &path)],
    );
    assert_eq!((code, shown.as_str()), (1, ""), "{errors}");
    assert!(errors.contains("SG7044"), "{errors}");
    assert_eq!(gate.attestations(), 0);
}

#[rstest]
#[case::without_a_tree("/merge/tree_oid")]
#[case::without_the_id("/id")]
#[case::without_the_id_of_the_repository("/repository/id")]
#[case::without_reviews("/reviews")]
fn a_document_that_lacks_what_is_named_is_not_attested(#[case] pointer: &str) {
    let Some(gate) = Gate::decided(&open(), &merged(), 0) else {
        return;
    };
    gate.decide(&["--save", "saved.json"], 0);
    let path = gate.folder.path().join("saved.json");
    let mut document: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let (above, field) = pointer.rsplit_once('/').unwrap();
    let object = document
        .pointer_mut(above)
        .unwrap()
        .as_object_mut()
        .unwrap();
    assert!(object.remove(field).is_some());
    if field == "reviews" {
        object.insert(
            "unavailable".to_owned(),
            json!({"reviews": {"reason": "not read"}}),
        );
    }
    fs::write(&path, document.to_string()).unwrap();
    let (code, shown, errors) = gate.run(
        &[
            "attest",
            "change",
            "--from-file",
            "saved.json",
            "--ledger",
            "ledger",
        ],
        &[],
    );
    assert_eq!((code, shown.as_str()), (2, ""), "{errors}");
    assert!(errors.contains("SG7045"), "{errors}");
    assert_eq!(gate.attestations(), 0);
}
