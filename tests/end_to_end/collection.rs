//! `check pull-request` where GitHub cannot be read: never a pass, and never a word of the token.

use std::net::TcpListener;

use serde_json::Value;

use super::{NOW, codes, folder, report, root, soc2gate};

const CANARY: &str = "ghp_canary0123456789";

/// The codes of what is wrong, and the exit code, of a run with variables.
fn run(arguments: &[&str], variables: &[(&str, &str)]) -> (Vec<String>, i32) {
    let folder = folder(&[]);
    let mut command = soc2gate(folder.path());
    command.args(["check", "pull-request", "--format", "json", "--now", NOW]);
    let output = command
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let shown = [&output.stdout[..], &output.stderr[..]].concat();
    assert!(
        !String::from_utf8_lossy(&shown).contains("canary"),
        "{arguments:?}"
    );
    let code = output.status.code().unwrap();
    if code == 64 {
        return (Vec::new(), code);
    }
    let report: Value = report(&output);
    assert_eq!(report["decisions"].as_array().map(Vec::len), Some(0));
    (codes(&report), code)
}

/// The address of a server that is not there.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[test]
fn without_a_token_or_a_server_nothing_is_decided() {
    let named = ["acme/shop#42"];
    assert_eq!(run(&named, &[]), (vec!["SG7001".to_owned()], 2));
    let broken = [("GITHUB_TOKEN", "ghp_canary 1")];
    assert_eq!(run(&named, &broken), (vec!["SG7001".to_owned()], 2));
    let clear = [
        ("GITHUB_TOKEN", CANARY),
        ("GITHUB_API_URL", "http://github.example.com"),
    ];
    assert_eq!(run(&named, &clear), (vec!["SG7002".to_owned()], 2));
    let address = nowhere();
    let gone = [("GITHUB_TOKEN", CANARY), ("GITHUB_API_URL", &*address)];
    let limited = ["acme/shop#42", "--github-timeout", "1"];
    assert_eq!(run(&limited, &gone), (vec!["SG7003".to_owned()], 2));
    let missing = ["acme/shop#42", "--token-file", "missing"];
    assert_eq!(run(&missing, &[]), (vec!["SG7001".to_owned()], 2));
}

#[test]
fn an_event_that_names_no_pull_request_decides_nothing() {
    let events = folder(&[("broken.json", "{"), ("push.json", "{}")]);
    let of = |name: &str, file: &str| {
        let path = events.path().join(file).display().to_string();
        let variables = [
            ("GITHUB_TOKEN", CANARY),
            ("GITHUB_EVENT_NAME", name),
            ("GITHUB_EVENT_PATH", &path),
        ];
        run(&[], &variables)
    };
    assert_eq!(
        of("pull_request", "broken.json"),
        (vec!["SG7012".to_owned()], 2)
    );
    assert_eq!(
        of("pull_request", "missing.json"),
        (vec!["SG7012".to_owned()], 2)
    );
    assert_eq!(of("push", "push.json"), (vec!["SG7013".to_owned()], 2));
    let half = [("GITHUB_EVENT_NAME", "pull_request")];
    assert_eq!(run(&[], &half), (vec!["SG7012".to_owned()], 2));
}

#[test]
fn wrong_usage_is_told_before_anything_is_read() {
    for arguments in [
        &[][..],
        &["acme/shop"],
        &["acme/shop#42", "--from-file", "saved.json"],
        &["--save", "a.json", "--from-file", "b.json"],
        &["acme/shop#42", "--github-timeout", "0"],
    ] {
        assert_eq!(run(arguments, &[]).1, 64, "{arguments:?}");
    }
}

#[test]
fn a_saved_document_is_judged_as_a_pull_request() {
    let example = root().join("examples/shop/pull-request.json");
    let output = soc2gate(&root())
        .args([
            "check",
            "pull-request",
            "--format",
            "json",
            "--now",
            NOW,
            "--from-file",
        ])
        .arg(&example)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        report(&output)["decisions"].as_array().map(Vec::len),
        Some(1)
    );
    let folder = folder(&[("pod.yaml", super::POD)]);
    let other = soc2gate(folder.path())
        .args([
            "check",
            "pull-request",
            "--format",
            "json",
            "--from-file",
            "pod.yaml",
        ])
        .output()
        .unwrap();
    assert_eq!(
        other.status.code(),
        Some(2),
        "another kind is no pull request"
    );
}
