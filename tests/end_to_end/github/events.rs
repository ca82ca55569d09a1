//! The pull request of the event that started a workflow.

use super::run::{TOKEN, command, ended};
use super::*;

fn run(server: &Server, name: &str, text: &str) -> Run {
    let folder = folder(&[("event.json", text)]);
    let output = command(server, folder.path())
        .args(["check", "pull-request", "--format", "json", "--now", NOW])
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", folder.path().join("event.json"))
        .output()
        .unwrap();
    ended(folder, &output)
}

fn event(fields: &Value) -> String {
    let mut event = json!({"repository": {"full_name": "acme/shop"}, "sender": {"login": "alice"}});
    event
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    event.to_string()
}

#[test]
fn an_event_names_its_pull_request() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let text = event(&json!({"action": "opened", "number": 42, "pull_request": {"number": 42}}));
    for name in ["pull_request", "pull_request_target", "pull_request_review"] {
        let run = run(&server, name, &text);
        assert_eq!(
            (run.code, run.codes()),
            (0, vec![]),
            "{name}: {}",
            run.report
        );
        assert_eq!(
            run.report["decisions"][0]["subject"]["id"],
            "pull_request/acme/shop/42"
        );
    }
}

#[test]
fn a_malformed_event_decides_nothing() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let nested = "[".repeat(100_000);
    let wrong = [
        "",
        "{",
        "[]",
        "null",
        "\u{0}",
        "{}",
        &nested,
        r#"{"pull_request": {"number": -1}, "repository": {"full_name": "acme/shop"}}"#,
        r#"{"pull_request": {"number": 1e99}, "repository": {"full_name": "acme/shop"}}"#,
        r#"{"pull_request": {"number": 42}, "repository": {"full_name": "acme/shop/../.."}}"#,
        r#"{"pull_request": {"number": 42}, "repository": {"full_name": "acme/shop?x=y"}}"#,
    ];
    for text in wrong {
        run(&server, "pull_request", text).undecided("SG7012");
    }
    let planted = event(&json!({"pull_request": {"number": TOKEN}}));
    run_with_secret_in_event(&server, &planted);
    assert_eq!(server.requests(), Vec::<Value>::new());
}

/// A value of the event is not repeated.
fn run_with_secret_in_event(server: &Server, text: &str) {
    let folder = folder(&[]);
    let events = crate::folder(&[("event.json", text)]);
    let output = command(server, folder.path())
        .args(["check", "pull-request", "--format", "json", "--now", NOW])
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", events.path().join("event.json"))
        .output()
        .unwrap();
    ended(folder, &output).undecided("SG7012");
}

#[test]
fn an_event_without_a_pull_request_decides_nothing() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for name in ["push", "schedule", "something_new"] {
        run(&server, name, &event(&json!({}))).undecided("SG7013");
    }
}
