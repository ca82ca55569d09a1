//! The ordinary pull request, and where it is read from.

use super::*;

#[test]
fn an_ordinary_pull_request_is_allowed_in_three_requests() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let run = judge(&server, &[]);
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.report);
    let requests = server.requests();
    assert!(requests.iter().all(|request| request["status"] == 200));
    assert!(requests.len() <= 3, "{requests:?}");
    let saved = run.saved.unwrap();
    for (section, number) in [("reviews", 3), ("commits", 10), ("files", 40)] {
        assert_eq!(saved[section]["complete"], true, "{section}");
        assert_eq!(saved[section]["items"].as_array().unwrap().len(), number);
    }
    assert_eq!(server.written(), Vec::<Value>::new());
}

#[test]
fn an_unapproved_pull_request_is_denied() {
    let world = World::ordinary().pull_request(json!({"reviews": []}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    assert_eq!(run.code, 1, "{}", run.report);
    assert_eq!(run.verdict("CHG-01"), "fail");
}

#[test]
fn a_saved_document_gives_the_same_verdicts_without_a_request() {
    let world = World::ordinary().pull_request(json!({"reviews": [{"author": "bob"}]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let first = judge(&server, &[]);
    let asked = server.requests().len();
    let output = soc2gate(first.folder.path())
        .args(["check", "pull-request", "--from-file", "saved.json"])
        .args(["--format", "json", "--now", NOW])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(first.code));
    assert_eq!(run::verdicts(&report(&output)), first.verdicts());
    assert!(first.verdicts().len() > 4);
    assert_eq!(server.requests().len(), asked);
}

/// Collecting twice gives the same document but for the time.
#[test]
fn what_is_collected_does_not_change_by_itself() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let collected = || {
        let mut saved = judge(&server, &[]).saved.unwrap();
        saved.as_object_mut().unwrap().remove("collected_at");
        saved
    };
    assert_eq!(collected(), collected());
}

#[test]
fn an_enterprise_server_is_asked_at_its_addresses() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for graphql in [true, false] {
        let run = judge_as(&server, &[], |command| {
            command.env("GITHUB_API_URL", format!("{}/api/v3", server.address));
            command.env_remove("GITHUB_GRAPHQL_URL");
            if graphql {
                command.env(
                    "GITHUB_GRAPHQL_URL",
                    format!("{}/api/graphql", server.address),
                );
            }
        });
        assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.report);
    }
    for request in server.requests() {
        let path = request["path"].as_str().unwrap();
        assert!(
            path.starts_with("/api/v3/repos/") || path == "/api/graphql",
            "{path}"
        );
    }
}

#[test]
fn more_than_a_page_of_everything_is_read_to_its_end() {
    let reviews: Vec<Value> = (0..130)
        .map(|at| json!({"author": "bob", "state": if at == 129 { "APPROVED" } else { "COMMENTED" }}))
        .collect();
    let threads: Vec<Value> = (0..120).map(|_| json!({"isResolved": true})).collect();
    let checks: Vec<Value> = (0..150)
        .map(|at| json!({"name": format!("check {at}")}))
        .collect();
    let commits: Vec<Value> = (0..120)
        .map(|at| json!({"author": "alice", "files": {"src/a.txt": format!("{at}\n")}}))
        .collect();
    let world = World::ordinary().pull_request(
        json!({"reviews": reviews, "threads": threads, "checks": checks, "commits": commits}),
    );
    let Some(server) = Server::start(&world) else {
        return;
    };
    let saved = judge(&server, &[]).saved.unwrap();
    for (section, number) in [("reviews", 130), ("review_threads", 120), ("commits", 120)] {
        assert_eq!(saved[section]["complete"], true, "{section}");
        assert_eq!(saved[section]["items"].as_array().unwrap().len(), number);
    }
    assert_eq!(saved["checks"]["items"].as_array().unwrap().len(), 150);
}

/// What each fact of the world becomes in the document.
#[test]
fn facts_arrive_as_they_are() {
    let world = World::ordinary().pull_request(json!({
        "author": "dependabot[bot]",
        "commits": [
            {"author": "dependabot[bot]", "web": true, "files": {"package.json": "{}\n"}},
            {"author": "bob", "authors": [{"name": "Mallory", "email": "mallory@example.com"}],
             "renames": {"OLD.md": "README.md"}},
        ],
        "checks": [{"name": "build", "conclusion": "FAILURE"}],
        "statuses": [{"context": "preview", "creator": "acme-preview[bot]"}],
        "labels": ["dependencies"],
        "threads": [{"isResolved": false}],
        "reviews": [{"author": "carol", "state": "CHANGES_REQUESTED", "commit": "pr-42-1"}],
        "pushes": [
            {"actor": "dependabot[bot]", "after": "pr-42-1", "type": "branch_creation"},
            {"actor": "bob", "before": "pr-42-1", "after": "pr-42-2", "type": "force_push",
             "timestamp": "2026-11-20T09:30:00Z"},
        ],
    }));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    assert_ne!(run.code, 0, "{}", run.report);
    let saved = run.saved.unwrap();
    assert_eq!(saved["author"]["type"], "bot");
    let commits = saved["commits"]["items"].as_array().unwrap();
    assert_eq!(commits[0]["committer"]["login"], "web-flow");
    assert_eq!(commits[0]["signature"]["by_github"], true);
    let authors: Vec<&Value> = commits[1]["authors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|author| &author["login"])
        .collect();
    assert_eq!(authors, [&json!("bob"), &Value::Null]);
    let renamed = saved["files"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["status"] == "renamed")
        .unwrap();
    assert_eq!(
        (&renamed["path"], &renamed["previous_path"]),
        (&json!("OLD.md"), &json!("README.md"))
    );
    let review = &saved["reviews"]["items"][0];
    assert_eq!(
        (&review["state"], &review["author"]["login"]),
        (&json!("CHANGES_REQUESTED"), &json!("carol"))
    );
    assert_eq!(review["commit_oid"], commits[0]["oid"]);
    assert_eq!(saved["review_threads"]["items"][0]["resolved"], false);
    let pushes = saved["pushes"]["items"].as_array().unwrap();
    assert_eq!((pushes.len(), &pushes[1]["forced"]), (2, &json!(true)));
    let checks = saved["checks"]["items"].as_array().unwrap();
    let conclusions: Vec<(&Value, &Value, &Value)> = checks
        .iter()
        .map(|check| (&check["name"], &check["conclusion"], &check["required"]))
        .collect();
    assert_eq!(
        conclusions,
        [
            (&json!("build"), &json!("failure"), &json!(true)),
            (&json!("preview"), &json!("success"), &json!(false)),
        ]
    );
    assert_eq!(saved["labels"], json!(["dependencies"]));
    assert_eq!(
        saved["required_checks"],
        json!([{"context": "build", "app_id": 15368}])
    );
}

/// Rulesets count where they are active, those of the organisation too; a ruleset that only evaluates demands nothing.
#[test]
fn required_checks_come_from_protection_and_rulesets() {
    let demands = |context: &str, app: Option<u32>| {
        json!([{"type": "REQUIRED_STATUS_CHECKS", "parameters": {
            "requiredStatusChecks": [{"context": context, "integrationId": app}],
        }}])
    };
    let world = World::ordinary().repository(json!({"rulesets": [
        {"rules": demands("test", Some(15_368))},
        {"rules": demands("anyone", None)},
        {"rules": demands("lint", None), "enforcement": "EVALUATE"},
        {"rules": demands("release", None), "conditions": {"refName": {"include": ["refs/heads/release/*"], "exclude": []}}},
    ]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    let mut required = run.saved.as_ref().unwrap()["required_checks"]
        .as_array()
        .unwrap()
        .clone();
    required.sort_by_key(|check| check["context"].as_str().unwrap().to_owned());
    let expected = [
        json!({"context": "anyone", "app_id": null}),
        json!({"context": "build", "app_id": 15_368}),
        json!({"context": "test", "app_id": 15_368}),
    ];
    assert_eq!(required, expected);
    assert_eq!(run.code, 1, "two of them did not run: {}", run.report);
    assert_eq!(run.verdict("CHG-07"), "fail");
}
