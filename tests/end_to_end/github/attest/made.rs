//! What is attested, and how often.

use super::*;

#[test]
fn an_approved_change_is_attested_and_verified_by_others_too() {
    let Some(gate) = Gate::decided(&open(), &merged(), 0) else {
        return;
    };
    let envelope = gate.attested("change.json", &["--image", IMAGE]);
    let statement = payload(&envelope);
    let predicate = &statement["predicate"];
    assert_eq!(
        statement["predicateType"],
        "https://soc2gate.dev/attestation/change/v1"
    );
    assert_eq!(predicate["repository"]["name"], "acme/shop");
    assert!(predicate["repository"]["id"].as_u64() > Some(0));
    assert_eq!(predicate["change"]["number"], 42);
    assert_eq!(predicate["author"]["login"], "alice");
    let approvers = predicate["approvers"].as_array().unwrap();
    let mut logins: Vec<&str> = approvers
        .iter()
        .map(|approver| approver["login"].as_str().unwrap())
        .collect();
    logins.sort_unstable();
    assert_eq!(logins, ["bob", "carol"]);
    assert!(
        approvers
            .iter()
            .all(|approver| approver["id"].as_u64() > Some(0))
    );
    assert_eq!(predicate["decision"]["outcome"], "allow");
    assert_eq!(
        predicate["decision"]["ledger"]["origin"],
        "example.com/gate"
    );
    for path in files_below(gate.folder.path()) {
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(SECRET), "{}", path.display());
    }
    let schema: Value = serde_json::from_str(
        &fs::read_to_string(root().join("docs/schemas/change-attestation.v1.json")).unwrap(),
    )
    .unwrap();
    assert!(jsonschema::is_valid(&schema, predicate), "{predicate:#}");

    assert_eq!(python(&envelope, &gate.key), "accepted 1\n");
    let commit = predicate["change"]["mergeCommit"].as_str().unwrap();
    let all = ["--image", IMAGE, "--commit", commit, "--ledger", "ledger"];
    let (code, shown, errors) = gate.verify("change.json", &all);
    assert_eq!(code, 0, "{errors}");
    assert!(
        shown.ends_with("verified, and recorded in the ledger\n"),
        "{shown}"
    );
    assert!(shown.contains("approved by bob ("), "{shown}");
    // The envelope is what the record of the ledger holds, and the ledger is sound.
    let (_, shown, _) = gate.run(
        &[
            "ledger",
            "query",
            "--ledger",
            "ledger",
            "--kind",
            "attestation",
            "--format",
            "jsonl",
        ],
        &[],
    );
    let record: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(record["subject"]["id"], "pull_request/acme/shop/42");
    assert!(
        record["body"]["digests"]
            .as_array()
            .unwrap()
            .contains(&json!(IMAGE.split_once('@').unwrap().1))
    );
    let index = record["index"].to_string();
    let (_, shown, _) = gate.run(
        &[
            "ledger",
            "show",
            &index,
            "--ledger",
            "ledger",
            "--documents",
        ],
        &[],
    );
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        shown["documents"]["envelope"],
        serde_json::from_slice::<Value>(&envelope).unwrap()
    );
    let (code, shown, _) = gate.run(&["ledger", "verify", "ledger"], &[]);
    assert_eq!(code, 0, "{shown}");
}

#[test]
fn the_same_is_recorded_once_and_an_image_can_be_bound_later() {
    let Some(gate) = Gate::decided(&open(), &merged(), 0) else {
        return;
    };
    let first = gate.attested("first.json", &[]);
    assert_eq!(gate.attested("second.json", &[]), first);
    assert_eq!(gate.attestations(), 1);
    let bound = gate.attested("image.json", &["--image", IMAGE]);
    assert_ne!(bound, first);
    assert_eq!(
        gate.attested("again.json", &["--image", IMAGE, "--image", IMAGE]),
        bound
    );
    assert_eq!(gate.attestations(), 2);
    // Standard output is the default, and `-`.
    for more in [&[][..], &["--output", "-"]] {
        let (code, shown, _) = gate.attest(more);
        assert_eq!((code, shown.as_bytes()), (0, first.as_slice()));
    }
    assert_eq!(gate.verify("image.json", &["--image", IMAGE]).0, 0);
    let (code, _, errors) = gate.verify("first.json", &["--image", IMAGE]);
    assert_eq!(code, 1);
    assert!(errors.contains("SG7046"), "{errors}");
}

#[test]
fn a_saved_pull_request_needs_no_network() {
    let Some(gate) = Gate::decided(&open(), &merged(), 0) else {
        return;
    };
    gate.decide(&["--save", "saved.json"], 0);
    let expected = gate.attested("live.json", &[]);
    let requests = gate.server.requests().len();
    let arguments = [
        "attest",
        "change",
        "--from-file",
        "saved.json",
        "--ledger",
        "ledger",
    ];
    let (code, shown, errors) = gate.run(&arguments, &[]);
    assert_eq!(
        (code, shown.as_bytes()),
        (0, expected.as_slice()),
        "{errors}"
    );
    assert_eq!(gate.server.requests().len(), requests);
    for (name, text) in [
        ("list.json", "[]"),
        ("broken.json", "{"),
        ("empty.json", ""),
    ] {
        fs::write(gate.folder.path().join(name), text).unwrap();
        let (code, shown, errors) = gate.run(
            &[
                "attest",
                "change",
                "--from-file",
                name,
                "--ledger",
                "ledger",
            ],
            &[],
        );
        assert_eq!((code, shown.as_str()), (2, ""), "{name}: {errors}");
    }
}

#[test]
fn events_name_what_was_merged() {
    let Some(gate) = Gate::decided(&open(), &merged(), 0) else {
        return;
    };
    let expected = gate.attested("change.json", &[]);
    let commit = payload(&expected)["predicate"]["change"]["mergeCommit"].clone();
    let zero = "0".repeat(40);
    let push = |after: &Value| json!({"ref": "refs/heads/main", "before": "1".repeat(40), "after": after, "forced": false});
    let run = |name: &str, fields: Value| {
        let path = event(&gate, fields);
        let arguments = ["attest", "change", "--ledger", "ledger"];
        gate.run(
            &arguments,
            &[("GITHUB_EVENT_NAME", name), ("GITHUB_EVENT_PATH", &path)],
        )
    };
    let closed = json!({"action": "closed", "pull_request": {"number": 42, "merged": true}});
    for (name, fields) in [("pull_request", closed), ("push", push(&commit))] {
        let (code, shown, errors) = run(name, fields);
        assert_eq!(
            (code, shown.as_bytes()),
            (0, expected.as_slice()),
            "{name}: {errors}"
        );
    }
    let (code, shown, errors) = run("push", push(&json!(zero)));
    assert_eq!((code, shown.as_str()), (2, ""), "{errors}");
    let (code, _, errors) = run("schedule", json!({}));
    assert_eq!(code, 2, "{errors}");
    assert_eq!(gate.attestations(), 1);
}

#[test]
fn a_ledger_in_a_database_holds_an_attestation_once_too() {
    use crate::server::{PASSWORD, Server as Database};
    let Some(database) = Database::find() else {
        return;
    };
    let Some(server) = Server::start(&open()) else {
        return;
    };
    let ledger = database.address().replace(&format!(":{PASSWORD}"), "");
    let folder = folder(&[]);
    let done = |arguments: &[&str]| {
        let output = command(&server, folder.path())
            .env("SOC2GATE_LEDGER_KEYS", "file:keys")
            .env("PGPASSWORD", PASSWORD)
            .args(arguments)
            .args(["--ledger", &ledger])
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    };
    let said = done(&["ledger", "init", "--origin", "example.com/gate"]);
    let key = said.lines().last().unwrap().to_owned();
    done(&["check", "pull-request", "acme/shop#42", "--now", NOW]);
    server.begin(&merged());
    let attest = ["attest", "change", "acme/shop#42", "--image", IMAGE];
    let first = done(&attest);
    assert_eq!(done(&attest), first);
    fs::write(folder.path().join("change.json"), &first).unwrap();
    let verify = [
        "attest",
        "verify",
        "change.json",
        "--key",
        &key,
        "--image",
        IMAGE,
    ];
    assert!(done(&verify).ends_with("verified, and recorded in the ledger\n"));
    let kind = [
        "ledger",
        "query",
        "--kind",
        "attestation",
        "--format",
        "jsonl",
    ];
    assert_eq!(done(&kind).lines().count(), 1);
}

#[test]
fn a_change_that_an_exception_permits_names_the_exception_and_no_approver() {
    let unapproved = || open().pull_request(json!({"reviews": []}));
    let Some(gate) = Gate::new(&unapproved()) else {
        return;
    };
    let exceptions = "version: 1\nexceptions:\n  - {id: EXC-1, control: CHG-01, subjects: [\"pull_request/**\"], \
                      reason: Nobody else was there that night., compensating_control: It was reviewed the next day., \
                      ticket: SHOP-1, requested_by: alice, approved_by: olga, approved_at: 2026-11-01, \
                      expires_at: 2027-01-01}\n";
    let path = |name: &str| gate.folder.path().join(name);
    fs::write(path("exceptions.yaml"), exceptions).unwrap();
    fs::write(
        path("soc2gate.yaml"),
        "version: 1\nexceptions: exceptions.yaml\n",
    )
    .unwrap();
    gate.decide(&["--control", "CHG-01"], 0);
    gate.server
        .begin(&unapproved().pull_request(json!({"state": "MERGED"})));
    let predicate = payload(&gate.attested("change.json", &[]))["predicate"].clone();
    assert_eq!(predicate["approvers"], json!([]));
    let verdict =
        json!({"control": "CHG-01", "enforcement": "deny", "exception": "EXC-1", "status": "fail"});
    assert_eq!(predicate["decision"]["verdicts"], json!([verdict]));
}
