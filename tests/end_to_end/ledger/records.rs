//! What is recorded, and what follows when it cannot be.

use std::sync::Arc;

use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Draft, Record};
use soc2gate_ledger::store::embedded::{EmbeddedLedger, Options};
use soc2gate_ledger::store::{Document, Log as _, Store as _, Submission};

use super::*;

#[test]
fn decisions_are_recorded_verified_proved_and_replayed() {
    let (folder, key) = ledger();
    let folder = folder.path();
    assert_eq!(recorded(folder, &[]), 1);
    let after_first = stats(folder);
    assert_eq!(after_first["kinds"]["decision"], 2);
    assert_eq!(after_first["kinds"]["policy_change"], 1);
    assert_eq!(after_first["kinds"]["configuration_change"], 1);
    assert_eq!(after_first["outcomes"]["allow"], 1);
    assert_eq!(after_first["outcomes"]["deny"], 1);
    done(
        folder,
        &["ledger", "checkpoint", "--ledger", "led", "-o", "kept"],
    );

    // The same policies and settings are not recorded again.
    assert_eq!(recorded(folder, &[]), 1);
    let after_second = stats(folder);
    assert_eq!(after_second["kinds"]["decision"], 4);
    assert_eq!(after_second["kinds"]["policy_change"], 1);
    let said = done(
        folder,
        &[
            "ledger",
            "verify",
            "led",
            "--key",
            &key,
            "--checkpoint",
            "kept",
        ],
    );
    assert!(said.contains("6 records, 6 under a checkpoint"), "{said}");
    assert!(
        said.contains("continues the checkpoint you gave, of 4 records"),
        "{said}"
    );

    let denied = done(
        folder,
        &[
            "ledger",
            "query",
            "--ledger",
            "led",
            "--outcome",
            "deny",
            "--format",
            "csv",
        ],
    );
    assert_eq!(denied.lines().count(), 3, "{denied}");
    assert!(denied.contains("kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding/admins"));
    let jsonl = done(
        folder,
        &[
            "ledger",
            "query",
            "--ledger",
            "led",
            "--control",
            "ACC-16",
            "--status",
            "fail",
            "--format",
            "jsonl",
        ],
    );
    let record: Value = serde_json::from_str(jsonl.lines().next().unwrap()).unwrap();
    let index = record["index"].to_string();
    assert_eq!(record["body"]["front_end"], "check");
    let verdicts = record["body"]["verdicts"].as_array().unwrap();
    let failed = verdicts
        .iter()
        .find(|verdict| verdict["status"] == "fail")
        .unwrap();
    assert!(
        failed["reasons"][0]["message"]
            .as_str()
            .unwrap()
            .contains("cluster-admin")
    );

    let said = done(folder, &["ledger", "replay", &index, "--ledger", "led"]);
    assert!(
        said.contains("deny then, deny now") && said.ends_with("the same\n"),
        "{said}"
    );
    let shown = done(
        folder,
        &["ledger", "show", &index, "--ledger", "led", "--documents"],
    );
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(
        shown["documents"]["input"]["object"]["roleRef"]["name"],
        "cluster-admin"
    );
    let by_id = done(
        folder,
        &[
            "ledger",
            "show",
            record["id"].as_str().unwrap(),
            "--ledger",
            "led",
        ],
    );
    assert_eq!(serde_json::from_str::<Value>(&by_id).unwrap(), record);
    let proof = done(folder, &["ledger", "prove", &index, "--ledger", "led"]);
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\n"), "{proof}");
}

#[test]
fn what_cannot_be_recorded_is_not_allowed() {
    let (folder, _) = ledger();
    let folder = folder.path();
    let check = |more: &[&str]| {
        let mut arguments = vec!["check", "pod.yaml"];
        arguments.extend(more);
        run(folder, &arguments)
    };
    assert_eq!(check(&["--ledger", "led"]).0, 0);
    let (code, said) = check(&["--ledger", "nothing"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("SG5003"), "{said}");
    fs::rename(folder.join("led.keys"), folder.join("away")).unwrap();
    let (code, said) = check(&["--ledger", "led"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("led.keys"), "{said}");
    assert_eq!(check(&["--ledger", "led", "--ledger-keys", "away"]).0, 0);

    // By configuration, beside it.
    fs::write(
        folder.join("soc2gate.yaml"),
        "version: 1\nledger: {location: led}\n",
    )
    .unwrap();
    assert_eq!(check(&[]).0, 2);
    assert_eq!(check(&["--no-ledger"]).0, 0);

    // A gap is allowed where somebody says so, and recorded by the next run.
    let (code, said) = check(&["--on-ledger-failure", "allow"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("SG5004"), "{said}");
    fs::rename(folder.join("away"), folder.join("led.keys")).unwrap();
    assert_eq!(check(&[]).0, 0);
    let stats = stats(folder);
    assert_eq!(stats["kinds"]["gap"], 1);
    assert!(
        stats["gaps"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("keys")
    );
    assert!(!folder.join("led.gaps").exists());
    assert_eq!(check(&[]).0, 0);
    assert_eq!(super::stats(folder)["kinds"]["gap"], 1);
}

#[test]
fn one_writes_at_a_time_and_others_read() {
    let (folder, key) = ledger();
    let folder = folder.path();
    let lock = fs::File::open(folder.join("led/lock")).unwrap();
    lock.lock().unwrap();
    let (code, said) = run(folder, &["check", "pod.yaml", "--ledger", "led"]);
    assert_eq!(code, 2);
    assert!(said.contains("another process"), "{said}");
    done(folder, &["ledger", "stats", "--ledger", "led"]);
    done(folder, &["ledger", "verify", "led", "--key", &key]);
    drop(lock);
    assert_eq!(run(folder, &["check", "pod.yaml", "--ledger", "led"]).0, 0);
}

#[test]
fn a_planted_secret_is_in_no_byte_of_the_ledger_its_exports_and_what_is_shown() {
    let (folder, _) = ledger();
    let folder = folder.path();
    for (name, text) in canary::manifests()
        .into_iter()
        .chain(canary::pull_requests())
    {
        fs::write(folder.join(name), text).unwrap();
    }
    // A control that repeats what it reads.
    let control = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{kind: kubernetes}]\n#   frameworks: {soc2: [CC6.1]}\n#   remediation: r\npackage own.leaky\n\nimport rego.v1\n\ndeny contains {\"message\": sprintf(\"found %v\", [value])} if {\n\twalk(input.object, [_, value])\n\tis_string(value)\n}\n";
    fs::create_dir(folder.join("own")).unwrap();
    fs::write(folder.join("own/leaky.rego"), control).unwrap();
    let (code, _) = run(
        folder,
        &[
            "check",
            ".",
            "--ledger",
            "led",
            "--policies",
            "own",
            "--format",
            "json",
            "-o",
            "out.json",
        ],
    );
    assert_eq!(code, 2);
    fs::remove_file(folder.join("out.json")).unwrap();
    let mut shown = String::new();
    let count = stats(folder)["records"].as_u64().unwrap();
    assert!(count > 10, "{count}");
    for index in 0..count {
        let index = index.to_string();
        shown.push_str(&done(
            folder,
            &["ledger", "show", &index, "--ledger", "led", "--documents"],
        ));
        shown.push_str(&run(folder, &["ledger", "replay", &index, "--ledger", "led"]).1);
    }
    shown.push_str(&done(
        folder,
        &[
            "ledger",
            "export",
            "whole",
            "--whole",
            "--documents",
            "--attestations",
            "--ledger",
            "led",
        ],
    ));
    shown.push_str(&done(
        folder,
        &[
            "ledger", "export", "some", "--kind", "decision", "--ledger", "led",
        ],
    ));
    assert!(shown.contains("withheld"));
    assert!(!shown.contains(CANARY));
    let mut looked_at = 0;
    for place in ["led", "whole", "some"] {
        for file in files(&folder.join(place)) {
            let bytes = fs::read(&file).unwrap();
            let canary = CANARY.as_bytes();
            assert!(
                !bytes.windows(canary.len()).any(|part| part == canary),
                "{}",
                file.display()
            );
            looked_at += bytes.len();
        }
    }
    assert!(looked_at > 100_000);
    // Nor are the keys anywhere but in their file.
    let keys: Value =
        serde_json::from_str(&fs::read_to_string(folder.join("led.keys")).unwrap()).unwrap();
    let secret = keys["signing"][0]
        .as_str()
        .unwrap()
        .splitn(5, '+')
        .nth(4)
        .unwrap();
    assert!(secret.len() >= 44);
    assert!(!shown.contains(secret));
    for file in files(folder)
        .iter()
        .filter(|file| !file.ends_with("led.keys"))
    {
        let bytes = fs::read(file).unwrap();
        assert!(
            !bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
        );
    }
}

#[test]
fn erased_documents_are_gone_and_everything_still_verifies() {
    let (folder, key) = ledger();
    let folder = folder.path();
    recorded(folder, &[]);
    let said = done(
        folder,
        &[
            "ledger",
            "erase",
            "--ledger",
            "led",
            "--before",
            "2999-01-01T00:00:00Z",
        ],
    );
    assert!(said.contains("erased"), "{said}");
    let said = done(folder, &["ledger", "verify", "led", "--key", &key]);
    assert!(said.contains("2 erased"), "{said}");
    let (code, said) = run(folder, &["ledger", "replay", "2", "--ledger", "led"]);
    assert_eq!(code, 2);
    assert!(said.contains("erased"), "{said}");
    assert_eq!(stats(folder)["kinds"]["erasure"], 1);
}

#[test]
fn what_is_older_than_the_retention_is_erased_when_somebody_says_so() {
    let (folder, _) = ledger();
    let folder = folder.path();
    let erase = ["ledger", "erase", "--ledger", "led", "--expired"];
    let (code, said) = run(folder, &erase);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("retention.days"), "{said}");
    recorded(folder, &[]);
    fs::write(
        folder.join("soc2gate.yaml"),
        "version: 1\nretention: {days: 1}\n",
    )
    .unwrap();
    let said = done(folder, &erase);
    assert!(said.contains("nothing to erase"), "{said}");
    let both = [&erase[..], &["--before", "2999-01-01T00:00:00Z"]].concat();
    assert_eq!(run(folder, &both).0, 64);
    assert_eq!(run(folder, &erase[..4]).0, 64);
    // Nor does a check erase anything by itself.
    append_of_long_ago(folder);
    recorded(folder, &[]);
    assert_eq!(stats(folder)["kinds"]["erasure"], Value::Null);
    let said = done(folder, &erase);
    assert!(
        said.contains("erased 1 documents of records 4 to 4"),
        "{said}"
    );
    assert_eq!(stats(folder)["kinds"]["erasure"], 1);
    done(folder, &["ledger", "replay", "2", "--ledger", "led"]);
}

/// Appends a decision with a document to the ledger, as a run of years ago did.
fn append_of_long_ago(folder: &Path) {
    let keys = fs::read_to_string(folder.join("led.keys")).unwrap();
    let ring = Arc::new(KeyRing::parse(&keys).unwrap());
    let store = EmbeddedLedger::open(&folder.join("led"), ring, Options::default()).unwrap();
    let (_, entry) = store.entries(2..3).unwrap().next().unwrap().unwrap();
    let record = Record::parse(&entry).unwrap();
    let time = "2020-01-01T00:00:00Z".parse().unwrap();
    store
        .append(vec![Submission {
            draft: Draft::new(time, record.actor, record.event).unwrap(),
            documents: vec![Document {
                name: "input".to_owned(),
                media_type: "application/json".to_owned(),
                bytes: b"{}".to_vec(),
            }],
        }])
        .unwrap();
    store.close().unwrap();
}

#[test]
fn other_data_of_the_same_policies_are_another_policy_set() {
    let (folder, _) = ledger();
    let folder = folder.path();
    fs::create_dir(folder.join("policy")).unwrap();
    fs::write(
        folder.join("policy/main.rego"),
        "package main\n\ndeny contains \"too many\" if input.metadata.name == data.forbidden\n",
    )
    .unwrap();
    let judged = |name: &str| {
        let data = format!("forbidden: {name}\n");
        fs::write(folder.join("data.yaml"), data).unwrap();
        recorded(folder, &["--policies", "policy", "--data", "data.yaml"])
    };
    judged("fine");
    judged("other");
    judged("fine");
    assert_eq!(stats(folder)["kinds"]["policy_change"], 2);
    assert_eq!(stats(folder)["kinds"]["configuration_change"], 1);
    let listed = done(
        folder,
        &[
            "ledger", "query", "--ledger", "led", "--kind", "decision", "--format", "jsonl",
        ],
    );
    let decisions: Vec<Value> = listed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(decisions.len(), 6);
    assert_ne!(
        decisions[0]["body"]["policies"],
        decisions[2]["body"]["policies"]
    );
    assert_eq!(
        decisions[0]["body"]["policies"],
        decisions[4]["body"]["policies"]
    );
    let outcomes: Vec<&Value> = decisions
        .iter()
        .filter(|decision| {
            decision["subject"]["id"]
                .as_str()
                .unwrap()
                .ends_with("fine")
        })
        .map(|decision| &decision["body"]["outcome"])
        .collect();
    assert_eq!(outcomes, ["deny", "allow", "deny"]);
    for decision in &decisions {
        let index = decision["index"].to_string();
        let said = done(folder, &["ledger", "replay", &index, "--ledger", "led"]);
        assert!(said.ends_with("the same\n"), "{said}");
    }
}

#[test]
fn what_is_recorded_of_a_run_follows_its_settings() {
    let exception = "version: 1\nexceptions:\n- id: EXC-1\n  control: ACC-16\n  subjects: [\"kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding/admins\"]\n  reason: migration\n  compensating_control: alerts\n  ticket: OPS-1\n  requested_by: alice\n  approved_by: bob\n  approved_at: 2026-11-01\n  expires_at: 2026-12-24\n";
    let config = "version: 1\nledger: {location: led}\nexceptions: exceptions.yaml\n";
    let folder = folder(&[
        ("in/admin.yaml", ADMIN),
        ("soc2gate.yaml", config),
        ("exceptions.yaml", exception),
    ]);
    let folder = folder.path();
    done(folder, &["ledger", "init"]);
    done(
        folder,
        &["check", "in", "--now", NOW, "--actor", "release bot"],
    );
    let used = done(
        folder,
        &[
            "ledger",
            "query",
            "--kind",
            "exception_used",
            "--format",
            "jsonl",
        ],
    );
    let used: Value = serde_json::from_str(&used).unwrap();
    assert_eq!(used["body"]["requested_by"], "alice");
    assert_eq!(used["body"]["approved_by"], "bob");
    assert_eq!(used["actor"]["id"], "release bot");
    let decision = done(
        folder,
        &["ledger", "show", used["body"]["decision"].as_str().unwrap()],
    );
    let decision: Value = serde_json::from_str(&decision).unwrap();
    assert_eq!(decision["body"]["outcome"], "allow");
    done(
        folder,
        &["ledger", "replay", &decision["index"].to_string()],
    );
    // Other settings are recorded when they are first used.
    fs::write(
        folder.join("exceptions.yaml"),
        "version: 1\nexceptions: []\n",
    )
    .unwrap();
    assert_eq!(run(folder, &["check", "in", "--now", NOW]).0, 1);
    let changes = done(
        folder,
        &[
            "ledger",
            "query",
            "--kind",
            "configuration_change",
            "--format",
            "jsonl",
        ],
    );
    let last: Value = serde_json::from_str(changes.lines().last().unwrap()).unwrap();
    assert_eq!(changes.lines().count(), 2);
    assert_eq!(last["body"]["previous"], decision["body"]["settings"]);
}

#[test]
fn the_ledger_itself_is_not_judged() {
    let (folder, _) = ledger();
    let folder = folder.path();
    let (first, _) = check(folder, &[".", "--ledger", "led", "--allow-empty"]);
    let (second, _) = check(folder, &[".", "--ledger", "./led/", "--allow-empty"]);
    assert_eq!(first["summary"]["subjects"], 2);
    assert_eq!(codes(&first), Vec::<String>::new());
    assert_eq!(codes(&second), Vec::<String>::new());
}

#[test]
fn every_decision_of_the_examples_replays() {
    let (folder, _) = ledger();
    let folder = folder.path();
    let examples = root().join("examples");
    let rejected = examples.join("rejected");
    assert_eq!(
        run(
            folder,
            &["check", rejected.to_str().unwrap(), "--ledger", "led"]
        )
        .0,
        1
    );
    let shop = examples.join("shop");
    let config = shop.join("soc2gate.yaml");
    done(
        folder,
        &[
            "check",
            shop.to_str().unwrap(),
            "--config",
            config.to_str().unwrap(),
            "--ledger",
            "led",
        ],
    );
    let found = done(
        folder,
        &[
            "ledger", "query", "--ledger", "led", "--kind", "decision", "--format", "csv",
        ],
    );
    let mut replayed = 0;
    for line in found.lines().skip(1) {
        let index = line.split(',').next().unwrap();
        let (code, said) = run(folder, &["ledger", "replay", index, "--ledger", "led"]);
        // A control that judges a value that was not kept may differ, and says so.
        let differs = said.lines().filter(|line| line.contains(" then, ")).skip(1);
        let other: Vec<&str> = differs.filter(|line| !line.starts_with("ENC-13")).collect();
        assert_eq!(other, Vec::<&str>::new(), "{said}");
        assert!(code == 0 || said.contains("were not kept"), "{said}");
        replayed += 1;
    }
    assert!(replayed > 10, "{replayed}");
}

#[test]
fn no_note_of_a_gap_is_lost() {
    let (folder, _) = ledger();
    let folder = folder.path();
    let note = "{\"from\":\"2026-11-23T09:00:00Z\",\"to\":\"2026-11-23T09:00:01Z\",\"reason\":\"r\",\"allowed\":1,\"denied\":0}\n";
    // One of a run that was interrupted, one that came meanwhile and is no text.
    fs::write(folder.join("led.gaps.taken"), note).unwrap();
    fs::write(folder.join("led.gaps"), b"\xff\xfe\n").unwrap();
    recorded(folder, &[]);
    assert_eq!(stats(folder)["kinds"]["gap"], 1);
    assert!(folder.join("led.gaps").exists());
    recorded(folder, &[]);
    assert_eq!(stats(folder)["kinds"]["gap"], 2);
    assert!(!folder.join("led.gaps").exists() && !folder.join("led.gaps.taken").exists());
    // Notes that cannot be read are no reason to forget them.
    fs::create_dir(folder.join("led.gaps.taken")).unwrap();
    assert_eq!(recorded(folder, &[]), 2);
}

#[test]
fn a_ledger_that_is_there_is_left_as_it_is_where_that_is_asked() {
    let (folder, key) = ledger();
    let again = ["ledger", "init", "--ledger", "led", "--if-missing"];
    assert_eq!(recorded(folder.path(), &[]), 1);
    let verified = done(folder.path(), &["ledger", "verify", "led"]);
    assert!(done(folder.path(), &again).contains("is there already"));
    assert_eq!(done(folder.path(), &["ledger", "verify", "led"]), verified);
    assert_eq!(run(folder.path(), &again[..4]).0, 2);

    // Keys of another ledger do not pass for its own, and what is no ledger not for one.
    done(
        folder.path(),
        &["ledger", "init", "--ledger", "other", "--if-missing"],
    );
    let mixed = [&again[..], &["--ledger-keys", "other.keys"]].concat();
    assert_eq!(run(folder.path(), &mixed).0, 2);
    fs::remove_file(folder.path().join("led/ledger.json")).unwrap();
    assert_eq!(run(folder.path(), &again).0, 2);
    assert!(key.starts_with("example.com/gate+"));
}
