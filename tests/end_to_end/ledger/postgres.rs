//! A ledger in PostgreSQL, as people use it: the same commands, another place.

use super::*;
use crate::server::{PASSWORD, Server};

/// Runs `soc2gate` with the keys of the ledger and the password of the server in its environment, as jobs have them.
/// Nothing that it says may hold the password.
fn run_with(folder: &Path, password: &str, arguments: &[&str]) -> (i32, String) {
    let output = soc2gate(folder)
        .env("SOC2GATE_LEDGER_KEYS", "file:keys")
        .env("PGPASSWORD", password)
        .args(arguments)
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(!text.contains("pa55"), "{text}");
    (output.status.code().unwrap(), text)
}

/// The same with the right password, where it must succeed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let (code, text) = run_with(folder, PASSWORD, arguments);
    assert_eq!(code, 0, "{arguments:?}: {text}");
    text
}

#[test]
fn a_ledger_in_a_database_is_used_like_one_in_a_folder() {
    let Some(server) = Server::find() else { return };
    let ledger = server.address().replace(&format!(":{PASSWORD}"), "");
    let folder = folder(&[("pod.yaml", POD), ("admin.yaml", ADMIN)]);
    let folder = folder.path();
    let at = |command: &[&str]| {
        let mut arguments = vec!["ledger"];
        arguments.extend(command);
        arguments.extend(["--ledger", &ledger]);
        done(folder, &arguments)
    };
    let said = at(&["init", "--origin", "example.com/gate"]);
    let key = said.lines().last().unwrap().to_owned();
    assert!(key.starts_with("example.com/gate+"), "{said}");

    let check = [
        "check",
        "pod.yaml",
        "admin.yaml",
        "--ledger",
        &ledger,
        "--now",
        NOW,
    ];
    assert_eq!(run_with(folder, PASSWORD, &check).0, 1);
    at(&["checkpoint", "-o", "kept"]);
    assert_eq!(run_with(folder, PASSWORD, &check).0, 1);

    // The policies and settings stand there once, the decisions twice.
    let stats: Value = serde_json::from_str(&at(&["stats", "--json"])).unwrap();
    assert_eq!(stats["kinds"]["policy_change"], 1);
    assert_eq!(stats["kinds"]["configuration_change"], 1);
    assert_eq!(stats["kinds"]["decision"], 4);
    let denied = at(&["query", "--outcome", "deny", "--format", "jsonl"]);
    assert_eq!(denied.lines().count(), 2, "{denied}");
    let record: Value = serde_json::from_str(denied.lines().last().unwrap()).unwrap();
    let index = record["index"].to_string();

    let said = done(
        folder,
        &[
            "ledger",
            "verify",
            &ledger,
            "--key",
            &key,
            "--checkpoint",
            "kept",
        ],
    );
    assert!(said.contains("6 records, 6 under a checkpoint"), "{said}");
    assert!(said.contains("of 4 records"), "{said}");
    let proof = at(&["prove", &index]);
    assert!(proof.starts_with("c2sp.org/tlog-proof@v1\n"), "{proof}");
    let said = at(&["replay", &index]);
    assert!(said.contains("deny then, deny now"), "{said}");
    assert!(said.ends_with("the same\n"), "{said}");

    at(&["export", "out", "--whole", "--documents"]);
    let said = done(folder, &["ledger", "verify", "out", "--key", &key]);
    assert!(said.contains("6 records"), "{said}");
    at(&["erase", "--before", "2999-01-01T00:00:00Z"]);
    let (code, said) = run_with(
        folder,
        PASSWORD,
        &["ledger", "replay", &index, "--ledger", &ledger],
    );
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("erased"), "{said}");
    let said = done(folder, &["ledger", "verify", &ledger, "--key", &key]);
    assert!(said.contains("4 erased"), "{said}");
}

#[test]
fn a_database_that_cannot_be_used_ends_in_a_coded_error() {
    let Some(server) = Server::find() else { return };
    let address = server.address();
    let ledger = address.replace(&format!(":{PASSWORD}"), "");
    let folder = folder(&[("pod.yaml", POD)]);
    let folder = folder.path();
    let check = |password: &str, ledger: &str| {
        let (code, said) = run_with(folder, password, &["check", "pod.yaml", "--ledger", ledger]);
        assert_eq!(code, 2, "{said}");
        assert!(said.contains("SG5003"), "{said}");
        said
    };
    done(folder, &["ledger", "init", "--ledger", &ledger]);
    let said = check("pa55-of-somebody-else", &ledger);
    assert!(said.contains("28P01"), "{said}");
    // The same where the password stands in the address.
    check("", &address.replace(PASSWORD, "pa55-of-nobody"));
    let (code, said) = run_with(
        folder,
        "pa55-of-somebody-else",
        &["ledger", "query", "--ledger", &ledger],
    );
    assert_eq!(code, 2, "{said}");
    let other = format!("{}template1", ledger.strip_suffix("postgres").unwrap());
    let said = check(PASSWORD, &other);
    assert!(said.contains("not a ledger"), "{said}");

    server.stop("fast");
    let said = check(PASSWORD, &address);
    assert!(said.contains("refused"), "{said}");
}
