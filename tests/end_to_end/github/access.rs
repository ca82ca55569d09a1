//! What the token may read, and what is there.

use super::run::{TOKEN, command, ended};
use super::*;

#[test]
fn without_a_token_nothing_is_asked() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for token in [
        None,
        Some(""),
        Some("  "),
        Some("two words"),
        Some("line\nbreak"),
    ] {
        let run = judge_as(&server, &[], |command| {
            command.env_remove("GITHUB_TOKEN");
            if let Some(token) = token {
                command.env("GITHUB_TOKEN", token);
            }
        });
        run.undecided("SG7001");
    }
    assert_eq!(server.requests(), Vec::<Value>::new());
}

#[test]
fn a_token_comes_from_a_file_too() {
    let world = World::ordinary().token(&json!({"value": TOKEN}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let secrets = folder(&[("token", &format!("{TOKEN}\n"))]);
    let path = secrets.path().join("token").display().to_string();
    let run = judge_as(&server, &["--token-file", &path], |command| {
        command.env_remove("GITHUB_TOKEN");
    });
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.errors);
    judge(&server, &["--token-file", "/no/such/file"]).undecided("SG7001");
}

#[test]
fn a_token_that_github_does_not_accept_decides_nothing() {
    let world = World::ordinary().token(&json!({"value": "another"}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    judge(&server, &[]).undecided("SG7004");
}

#[test]
fn a_token_that_may_not_read_pull_requests_decides_nothing() {
    let world =
        World::ordinary().token(&json!({"permissions": ["metadata:read", "contents:read"]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    run.undecided("SG7005");
    assert!(
        run.report.to_string().contains("pull_requests"),
        "{}",
        run.report
    );
}

#[test]
fn what_is_not_there_decides_nothing() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for name in ["acme/shop#7", "acme/none#42", "nobody/shop#42"] {
        let folder = folder(&[]);
        let output = command(&server, folder.path())
            .args([
                "check",
                "pull-request",
                name,
                "--format",
                "json",
                "--now",
                NOW,
            ])
            .output()
            .unwrap();
        ended(folder, &output).undecided("SG7006");
    }
}

#[test]
fn what_is_no_pull_request_is_wrong_usage() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for name in [
        "acme/shop",
        "acme/shop#",
        "acme/shop#x",
        "acme/shop#0",
        "../shop#42",
        "acme/../shop#42",
        "acme/shop#42?x",
        "https://example.com/x",
    ] {
        let folder = folder(&[]);
        let output = command(&server, folder.path())
            .args(["check", "pull-request", name])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(64), "{name}");
    }
    assert_eq!(server.requests(), Vec::<Value>::new());
}

/// Each permission that is missing makes what it gives unknown, never empty.
#[test]
fn facts_that_may_not_be_read_are_unavailable() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for (without, sections) in [
        ("checks", &["checks"][..]),
        ("contents", &["commits"]),
        ("administration", &[]),
        ("members", &[]),
    ] {
        let world = World::ordinary().token(&json!({"without": [without]}));
        server.begin(&world);
        let run = judge(&server, &[]);
        let Some(saved) = &run.saved else {
            assert_eq!(run.code, 2, "{without}");
            continue;
        };
        for section in sections {
            assert!(saved.get(section).is_none(), "{without}: {section}");
            let reason = &saved["unavailable"][section]["reason"];
            assert!(
                reason.is_string(),
                "{without}: {section}: {}",
                saved["unavailable"]
            );
            assert_eq!(run.code, 2, "{without}: {}", run.report);
        }
        assert_ne!(run.verdicts(), Vec::<String>::new(), "{without}");
    }
}

#[test]
fn a_team_that_the_token_may_not_see_is_not_taken_for_none() {
    let world = World::ordinary().token(&json!({"without": ["members"]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let saved = judge(&server, &[]).saved.unwrap();
    for review in saved["reviews"]["items"].as_array().unwrap() {
        if review["state"] == "APPROVED" {
            assert!(review.get("on_behalf_of").is_none(), "{review}");
        }
    }
}

#[test]
fn a_deleted_author_is_no_pass() {
    let world = World::ordinary().pull_request(json!({"author": null}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    assert_eq!(run.saved.as_ref().unwrap()["author"], Value::Null);
    assert_ne!(run.code, 0, "{}", run.report);
    assert_ne!(run.verdict("CHG-01"), "pass");
}

#[test]
fn a_deleted_fork_hides_the_pushes_and_is_no_pass() {
    let world = World::ordinary().pull_request(json!({"head": "null:patch"}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    let saved = run.saved.as_ref().unwrap();
    assert!(saved.get("pushes").is_none());
    assert!(saved["unavailable"]["pushes"]["reason"].is_string());
    assert_ne!(run.code, 0, "{}", run.report);
}

/// Who approved a draft or a closed pull request did not approve its end.
#[test]
fn drafts_and_closed_ones_are_told_apart() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for (fields, state, draft) in [
        (json!({"isDraft": true}), "open", true),
        (json!({"state": "CLOSED"}), "closed", false),
        (
            json!({"state": "MERGED", "mergedBy": "bob"}),
            "merged",
            false,
        ),
    ] {
        server.begin(&World::ordinary().pull_request(fields));
        let run = judge(&server, &[]);
        let saved = run.saved.unwrap();
        assert_eq!(
            (&saved["state"], &saved["draft"]),
            (&json!(state), &json!(draft))
        );
        assert_eq!(saved["merge"].is_object(), state == "merged");
    }
}
