//! The action on each event: its steps, the real binary, and a server in the place of GitHub.

use std::fs;

use rstest::rstest;
use serde_json::json;

use super::*;
use crate::action::{Action, Ended};

const BASE: &str = "b000000000000000000000000000000000000000";
const HEAD: &str = "4200000000000000000000000000000000000000";
const GROUP: &str = "4300000000000000000000000000000000000000";

/// The action on a runner, with an event and every place that results are shown in.
fn on(server: &Server, name: &str, event: Value) -> Action {
    let mut event = event;
    event["repository"] = json!({"full_name": "acme/shop", "default_branch": "main"});
    event["sender"] = json!({"login": "alice", "type": "User"});
    let action = Action::new();
    let path = action.path("event.json");
    fs::write(&path, event.to_string()).unwrap();
    let commit = if name == "push" { HEAD } else { GROUP };
    action
        .with("binary", env!("CARGO_BIN_EXE_soc2gate"))
        .with("token", "ghs_canary")
        .with("comment", "true")
        .with("check-run", "true")
        .with("sarif-file", "soc2gate.sarif")
        .with("report-file", "soc2gate.json")
        .with("ledger", "ledger")
        .with("ledger-init", "true")
        .set("GITHUB_EVENT_NAME", name)
        .set("GITHUB_EVENT_PATH", path.display().to_string())
        .set("GITHUB_API_URL", &server.address)
        .set("GITHUB_GRAPHQL_URL", format!("{}/graphql", server.address))
        .set("GITHUB_SERVER_URL", "https://github.com")
        .set("GITHUB_REPOSITORY", "acme/shop")
        .set("GITHUB_RUN_ID", "77")
        .set("GITHUB_SHA", commit)
        .set("GITHUB_ACTIONS", "true")
}

/// Runs the action. Whatever it decides is said the same everywhere, and the token nowhere.
fn run(action: &Action) -> (Ended, Value) {
    let ended = action.run();
    let decision = ended.outputs["decision"].as_str();
    let codes = [("allow", 0), ("deny", 1), ("error", 2)];
    assert!(
        codes.contains(&(decision, ended.code)),
        "{decision} {}: {}",
        ended.code,
        ended.log
    );
    assert!(
        ended
            .summary
            .starts_with(&format!("## soc2gate: {decision}\n")),
        "{}",
        ended.summary
    );
    let read = |name: &str| fs::read_to_string(action.path("workspace").join(name)).unwrap();
    let report: Value = serde_json::from_str(&read(&ended.outputs["report-file"])).unwrap();
    let sarif = read(&ended.outputs["sarif-file"]);
    assert_eq!(report["summary"]["outcome"], decision);
    assert_eq!(
        report["summary"]["subjects"].to_string(),
        ended.outputs["subjects"]
    );
    for text in [&ended.log, &ended.summary, &sarif, &report.to_string()] {
        assert!(!text.contains("ghs_canary"), "{text}");
    }
    (ended, report)
}

fn pull_request() -> Value {
    json!({"pull_request": {"number": 42}})
}

fn unapproved() -> World {
    World::ordinary().pull_request(json!({"reviews": []}))
}

fn types(server: &Server) -> Vec<String> {
    let written = server.written();
    let types = written
        .iter()
        .map(|one| one["type"].as_str().unwrap().to_owned());
    types.collect()
}

#[rstest]
#[case("pull_request")]
#[case("pull_request_target")]
#[case("pull_request_review")]
fn a_change_that_nobody_approved_is_not_let_pass(#[case] name: &str) {
    let Some(server) = Server::start(&unapproved()) else {
        return;
    };
    let action = on(&server, name, pull_request());
    let (ended, report) = run(&action);
    assert_ne!(ended.code, 0, "{}", ended.log);
    let failing = |verdict: &Value| verdict["control"] == "CHG-01" && verdict["status"] == "fail";
    let verdicts = report["decisions"][0]["verdicts"].as_array().unwrap();
    assert!(verdicts.iter().any(failing), "{report:#}");
    assert!(ended.log.contains("::error title=CHG-01 "), "{}", ended.log);
    assert_eq!(types(&server), ["check_run", "comment"]);
    let written = server.written();
    assert_eq!(written[0]["conclusion"], "failure");
    assert_eq!(
        written[0]["details_url"],
        "https://github.com/acme/shop/actions/runs/77"
    );
    assert!(
        ended.outputs["comment-url"].starts_with("https://"),
        "{:?}",
        ended.outputs
    );

    // The ledger of the run, which a later step keeps as an artifact.
    let ledger = action.path("workspace/ledger");
    let verified = soc2gate(&action.path("workspace"))
        .args(["ledger", "verify"])
        .arg(&ledger)
        .output()
        .unwrap();
    assert_eq!(
        verified.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );

    run(&action);
    assert_eq!(types(&server)[2..], ["check_run", "comment_update"]);
}

#[test]
fn an_approved_change_is_judged_better_than_one_without_approval() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let (ended, report) = run(&on(&server, "pull_request", pull_request()));
    let failing = |verdict: &&Value| verdict["control"] == "CHG-01" && verdict["status"] != "pass";
    let verdicts = report["decisions"][0]["verdicts"].as_array().unwrap();
    assert_eq!(verdicts.iter().filter(failing).count(), 0, "{report:#}");
    assert_eq!(ended.code, 0, "{}", ended.log);
    assert_eq!(server.written()[0]["conclusion"], "success");
}

#[test]
fn a_fork_with_a_token_that_only_reads_gets_the_summary() {
    let permissions = [
        "metadata:read",
        "contents:read",
        "pull_requests:read",
        "checks:read",
        "statuses:read",
        "issues:read",
        "actions:read",
    ];
    let token = json!({"login": "github-actions[bot]", "permissions": permissions});
    let Some(server) = Server::start(&unapproved().token(&token)) else {
        return;
    };
    let (ended, _) = run(&on(&server, "pull_request", pull_request()));
    assert_ne!(ended.code, 0);
    assert!(
        ended
            .summary
            .contains("SG5006: the comment: the token may not write it"),
        "{}",
        ended.summary
    );
    assert_eq!(types(&server), Vec::<String>::new());
    assert_eq!(ended.outputs["comment-url"], "");
}

/// A world with a pull request in the merge queue.
fn queue(approved: bool) -> World {
    let files = json!({"src/a.txt": "a"});
    let reviews = if approved {
        json!([{"author": "bob"}])
    } else {
        json!([])
    };
    World::ordinary().repository(json!({
        "commits": [
            {"id": BASE, "files": {"README.md": "x"}},
            {"id": GROUP, "files": files, "checks": [{"name": "build"}]},
        ],
        "branches": {"main": BASE, "gh-readonly-queue/main/pr-42": GROUP},
        "pullRequests": [{
            "number": 42, "author": "alice", "reviews": reviews, "checks": [{"name": "build"}],
            "commits": [{"id": HEAD, "author": "alice", "files": files}],
        }],
        "mergeQueue": {"entries": [{"pullRequest": 42, "headCommit": GROUP}]},
    }))
}

#[test]
fn a_merge_group_is_judged_by_its_pull_requests_and_gets_the_check_run() {
    for approved in [true, false] {
        let Some(server) = Server::start(&queue(approved)) else {
            return;
        };
        let event = json!({
            "action": "checks_requested",
            "merge_group": {
                "head_sha": GROUP, "base_sha": BASE, "base_ref": "refs/heads/main",
                "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-42-{BASE}"),
            },
        });
        let (ended, report) = run(&on(&server, "merge_group", event));
        assert_eq!(
            report["decisions"][0]["subject"]["id"], "pull_request/acme/shop/42",
            "{}",
            ended.log
        );
        assert!(approved || ended.code != 0, "{}", ended.log);
        assert_eq!(types(&server), ["check_run"]);
        assert_eq!(server.written()[0]["head_sha"], GROUP);
    }
}

#[test]
fn a_push_that_no_pull_request_explains_is_not_let_pass() {
    let world = World::ordinary().repository(json!({
        "commits": [{"id": BASE, "files": {"README.md": "x"}}, {"id": HEAD, "files": {"src/b.txt": "b"}}],
        "branches": {"main": HEAD}, "pullRequests": [],
    }));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let event = json!({"ref": "refs/heads/main", "before": BASE, "after": HEAD, "forced": false});
    let (ended, report) = run(&on(&server, "push", event));
    assert_ne!(ended.code, 0, "{report:#}");
    assert_eq!(types(&server), ["check_run"]);
    assert_eq!(server.written()[0]["head_sha"], HEAD);
    assert!(!ended.summary.contains("SG5006"), "{}", ended.summary);
}

#[rstest]
#[case("schedule")]
#[case("workflow_dispatch")]
fn what_runs_without_a_change_judges_settings(#[case] name: &str) {
    let Some(server) = Server::start(&World::settings()) else {
        return;
    };
    for (organization, subjects) in [("", "1"), ("acme", "2")] {
        let action = on(&server, name, json!({})).with("organization", organization);
        let (ended, _) = run(&action);
        assert_eq!(ended.outputs["subjects"], subjects, "{}", ended.log);
        assert_eq!(ended.code, 0, "{}", ended.log);
    }
    // Nothing changed that a comment or a check run could stand on.
    assert!(types(&server).iter().all(|kind| kind == "check_run"));
}

#[test]
fn an_event_that_cannot_be_read_is_an_error_and_never_a_pass() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for (name, event) in [
        ("pull_request", json!({})),
        ("merge_group", json!({})),
        ("push", json!({})),
    ] {
        let (ended, _) = run(&on(&server, name, event));
        assert_eq!(
            (ended.code, ended.outputs["decision"].as_str()),
            (2, "error"),
            "{name}"
        );
    }
    let action = on(&server, "pull_request", pull_request()).with("token", "");
    assert_eq!(run(&action).0.code, 2);
}
