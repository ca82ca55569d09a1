//! Settings on the events of a clock, and of somebody who starts the workflow.

use rstest::rstest;

use super::run::{command, ended};
use super::*;

/// Runs `check event` in a folder with these files.
fn run(server: &Server, name: &str, files: &[(&str, &str)], arguments: &[&str]) -> Run {
    run_as(server, name, files, arguments, |_| {})
}

fn run_as(
    server: &Server,
    name: &str,
    files: &[(&str, &str)],
    arguments: &[&str],
    change: impl Fn(&mut Command),
) -> Run {
    let event = json!({"repository": {"full_name": "acme/shop", "default_branch": "main"}});
    let events = folder(&[("event.json", &event.to_string())]);
    let folder = folder(files);
    let mut command = command(server, folder.path());
    command
        .args(["check", "event", "--format", "json", "--show-passing"])
        .args(arguments)
        .env("GITHUB_EVENT_NAME", name)
        .env("GITHUB_EVENT_PATH", events.path().join("event.json"))
        .env("GITHUB_REPOSITORY", "acme/shop");
    change(&mut command);
    ended(folder, &command.output().unwrap())
}

fn subjects(run: &Run) -> Vec<&str> {
    let decisions = run.report["decisions"].as_array().unwrap();
    decisions
        .iter()
        .map(|decision| decision["subject"]["id"].as_str().unwrap())
        .collect()
}

#[rstest]
#[case("schedule")]
#[case("workflow_dispatch")]
fn the_repository_of_the_event_is_judged_and_the_organisation_where_asked(#[case] name: &str) {
    let world = World::settings().and("acme/web", json!({}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let alone = run(&server, name, &[], &[]);
    assert_eq!(subjects(&alone), ["github_repository/acme/shop"]);
    assert_eq!((alone.code, alone.codes()), (0, vec![]), "{}", alone.report);
    let all = run(&server, name, &[], &["--org", "acme"]);
    let expected = [
        "github_repository/acme/shop",
        "github_repository/acme/web",
        "github_organization/acme",
    ];
    assert_eq!(subjects(&all), expected);
    assert_eq!(all.code, 1, "acme/web has no rules");
}

#[test]
fn the_environment_need_not_name_the_repository() {
    let Some(server) = Server::start(&World::settings()) else {
        return;
    };
    let run = run_as(&server, "schedule", &[], &[], |command| {
        command.env_remove("GITHUB_REPOSITORY");
    });
    assert_eq!(subjects(&run), ["github_repository/acme/shop"]);
}

#[test]
fn settings_are_judged_by_what_the_default_branch_says() {
    let approved =
        "version: 1\ncontrols:\n  CNF-03: {parameters: {public_repositories: [acme/shop]}}\n";
    let world = |files: Value| {
        let commits = json!([{"id": "base", "files": files}]);
        World::settings().repository(json!({"visibility": "PUBLIC", "commits": commits}))
    };
    let Some(server) = Server::start(&world(json!({"README.md": "# Shop\n"}))) else {
        return;
    };
    // Who starts a workflow on a branch of their own brings its configuration along.
    let loosened = run(
        &server,
        "workflow_dispatch",
        &[("soc2gate.yaml", approved)],
        &[],
    );
    assert_eq!(loosened.code, 1, "{}", loosened.report);
    assert_eq!(loosened.verdict("CNF-03"), "fail");
    server.begin(&world(json!({"soc2gate.yaml": approved})));
    let meant = run(&server, "workflow_dispatch", &[], &[]);
    assert_eq!(meant.verdict("CNF-03"), "pass", "{}", meant.report);
    assert_eq!(meant.code, 0, "{}", meant.report);
}

#[test]
fn what_cannot_be_read_is_no_pass() {
    let fault = json!({"match": "GET /repos/acme/shop", "status": 404});
    let Some(server) = Server::start(&World::settings().fault(fault)) else {
        return;
    };
    run(&server, "schedule", &[], &[]).undecided("SG7006");
    server.begin(&World::settings());
    run_as(&server, "schedule", &[], &[], |command| {
        command.env_remove("GITHUB_TOKEN");
    })
    .undecided("SG7001");
    run_as(&server, "schedule", &[], &[], |command| {
        command.env("GITHUB_REPOSITORY", "acme/shop/../x");
    })
    .undecided("SG7012");
    assert_eq!(server.requests(), Vec::<Value>::new());
    let wrong = run_as(&server, "schedule", &[], &[], |command| {
        command.env("GITHUB_REPOSITORY", "acme/nothing");
    });
    wrong.undecided("SG7006");
}
