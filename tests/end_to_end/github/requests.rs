//! How many requests an ordinary pull request takes, and that what is not asked for is no fact that passes.

use super::run::{command, ended};
use super::*;

/// Most requests of an ordinary pull request.
const MOST: usize = 3;

/// The requests so far, each by its path or the name of its query.
fn asked(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let named = requests.iter().map(|request| {
        assert_eq!(request["status"], 200, "{request}");
        let text = |key: &str| request[key].as_str().map(str::to_owned);
        text("operation").or_else(|| text("path")).unwrap()
    });
    named.collect()
}

/// How often something was asked for.
fn times(server: &Server, part: &str) -> usize {
    let asked = asked(server);
    asked
        .iter()
        .filter(|request| request.contains(part))
        .count()
}

/// Judges the event of acme/shop#42 with the whole library, in a folder that is no checkout.
fn judge_event(server: &Server, arguments: &[&str]) -> Run {
    let event = json!({
        "action": "opened", "number": 42, "pull_request": {"number": 42},
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
    });
    let folder = folder(&[("event.json", &event.to_string())]);
    let output = command(server, folder.path())
        .args(["check", "event", "--format", "json", "--now", NOW])
        .args(arguments)
        .env("GITHUB_REPOSITORY", "acme/shop")
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", folder.path().join("event.json"))
        .output()
        .unwrap();
    ended(folder, &output)
}

/// The ordinary pull request with other files on its base branch.
fn based_on(files: Value) -> World {
    let mut all = json!({"README.md": "# Shop\n", ".github/CODEOWNERS": "* @acme/web\n"});
    let Value::Object(files) = files else {
        panic!("no files: {files}");
    };
    all.as_object_mut().unwrap().extend(files);
    World::ordinary().repository(json!({"commits": [{"id": "base", "files": all}]}))
}

#[test]
fn an_ordinary_pull_request_takes_three_requests_with_the_whole_library() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let run = judge(&server, &[]);
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.report);
    assert!(asked(&server).len() <= MOST, "{:?}", asked(&server));
    for control in ["CHG-05", "SUP-06"] {
        assert_eq!(run.verdict(control), "pass");
    }
    server.begin(&World::ordinary());
    let run = judge_event(&server, &[]);
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.report);
    assert!(asked(&server).len() <= MOST, "{:?}", asked(&server));
}

/// The token of a workflow may read no team. It need not ask to know that.
#[test]
fn the_token_of_a_workflow_asks_no_more() {
    let world = World::ordinary().token(&json!({"without": ["members"]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    assert!(asked(&server).len() <= MOST, "{:?}", asked(&server));
    assert_eq!((run.code, run.verdict("CHG-05").as_str()), (2, "unknown"));
    let owners = &run.saved.as_ref().unwrap()["code_owners"]["owners"];
    assert_eq!(
        (&owners[0]["members"], &owners[0]["can_write"]),
        (&Value::Null, &Value::Null)
    );
}

/// What came with the pull request is what would have been asked for.
#[test]
fn a_team_that_was_not_asked_for_a_review_costs_one_request() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let owners = |world: &World, requests: usize| {
        server.begin(world);
        let run = judge(&server, &[]);
        assert_eq!(times(&server, "Team"), requests, "{:?}", asked(&server));
        let owners = run.saved.as_ref().unwrap()["code_owners"].clone();
        (owners, run.verdict("CHG-05"))
    };
    let silent = |world: World| world.pull_request(json!({"timeline": []}));
    let ordinary = owners(&World::ordinary(), 0);
    assert_eq!(ordinary.1, "pass");
    assert_eq!(owners(&silent(World::ordinary()), 1), ordinary);
    for (team, verdict) in [
        (
            json!({"members": ["dora"], "repositories": {"shop": "WRITE"}}),
            "fail",
        ),
        (
            json!({"members": ["bob"], "repositories": {"shop": "READ"}}),
            "fail",
        ),
        (json!({"members": ["bob"], "repositories": {}}), "fail"),
    ] {
        let world = || {
            let reviews = json!({"reviews": [{"author": "bob"}, {"author": "carol"}]});
            World::ordinary()
                .teams(&json!({"web": team}))
                .pull_request(reviews)
        };
        let shown = owners(&world(), 0);
        assert_eq!(shown.1, verdict, "{team}");
        assert_eq!(owners(&silent(world()), 1), shown, "{team}");
    }
}

/// A team that is hidden from the token is asked for by its name, and unknown then.
#[test]
fn a_team_that_is_hidden_is_not_one_without_members() {
    let secret = json!({"web": {"members": ["bob"], "privacy": "SECRET", "repositories": {"shop": "WRITE"}}});
    let world = World::ordinary()
        .teams(&secret)
        .pull_request(json!({"reviews": [{"author": "bob"}, {"author": "carol"}]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    assert_eq!(times(&server, "Team"), 1);
    assert_eq!((run.code, run.verdict("CHG-05").as_str()), (2, "unknown"));
}

fn vulnerable() -> Value {
    json!([{
        "change_type": "added", "manifest": "package-lock.json", "ecosystem": "npm", "name": "left-pad",
        "version": "1.0.0", "license": null, "scope": "runtime", "source_repository_url": null,
        "package_url": "pkg:npm/left-pad@1.0.0",
        "vulnerabilities": [{
            "severity": "high", "advisory_ghsa_id": "GHSA-aaaa-bbbb-cccc", "advisory_summary": "It pads.",
            "advisory_url": "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
        }],
    }])
}

#[test]
fn a_manifest_that_changes_costs_the_comparison_of_dependencies() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for (files, requests, verdict) in [
        (
            json!({"src/price.rs": "1\n", "package-lock.json": "{}\n"}),
            1,
            "fail",
        ),
        (json!({"nobody.knows": "1\n"}), 1, "fail"),
        // What the graph says then is not of this change.
        (json!({"src/price.rs": "1\n"}), 0, "pass"),
    ] {
        let world = World::ordinary()
            .repository(json!({"dependencyChanges": vulnerable()}))
            .pull_request(json!({"commits": [{"author": "alice", "files": files}], "reviews": [{"author": "bob"}]}));
        server.begin(&world);
        let run = judge(&server, &["--control", "SUP-06"]);
        assert_eq!(run.verdict("SUP-06"), verdict, "{files}: {}", run.report);
        assert_eq!(times(&server, "/dependency-graph/"), requests, "{files}");
    }
}

/// A rename takes dependencies along from where the manifest was.
#[test]
fn a_manifest_that_moves_away_costs_the_comparison_too() {
    let world = based_on(json!({"package.json": "{}\n"}))
        .repository(json!({"dependencyChanges": vulnerable()}))
        .pull_request(json!({
            "commits": [{"author": "alice", "renames": {"docs/old.md": "package.json"}}],
            "reviews": [{"author": "bob"}],
        }));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &["--control", "SUP-06"]);
    assert_eq!((run.code, run.verdict("SUP-06").as_str()), (1, "fail"));
}

/// Files that are not all known may hold a manifest, and a comparison that fails is no list without changes.
#[test]
fn without_all_files_the_dependencies_are_asked_for() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    let uncounted = |world: World| world.pull_request(json!({"changedFiles": 41}));
    let refused = |fault: &str| json!({"match": fault, "times": 100, "status": 403, "body": "{}"});
    for (world, verdict) in [
        (uncounted(World::ordinary()), "pass"),
        (
            uncounted(World::ordinary()).repository(json!({"dependencyChanges": vulnerable()})),
            "fail",
        ),
        (
            uncounted(World::ordinary()).fault(refused("GET /repos/*/dependency-graph/*")),
            "unknown",
        ),
        (
            World::ordinary()
                .fault(refused("GET /repos/*/files"))
                .fault(refused("GET /repos/*/dependency-graph/*")),
            "unknown",
        ),
    ] {
        server.begin(&world);
        let run = judge(&server, &["--control", "SUP-06"]);
        assert_eq!(run.verdict("SUP-06"), verdict, "{}", run.report);
        let requests = server.requests();
        let mut paths = requests
            .iter()
            .filter_map(|request| request["path"].as_str());
        assert!(paths.any(|path| path.contains("/dependency-graph/")));
    }
}

const LENIENT: &str = "version: 1\ncontrols: {CHG-01: {enforcement: record}}\n";

/// The configuration of the base comes with the pull request, and counts.
#[test]
fn the_configuration_of_the_base_costs_no_request() {
    let nobody = json!({"reviews": []});
    let world = based_on(json!({"soc2gate.yaml": LENIENT})).pull_request(nobody.clone());
    let Some(server) = Server::start(&world) else {
        return;
    };
    let only = ["--control", "CHG-01"];
    let run = judge_event(&server, &only);
    assert_eq!((run.code, run.verdict("CHG-01").as_str()), (0, "fail"));
    assert!(asked(&server).len() <= MOST, "{:?}", asked(&server));
    // Without one nothing is lenient.
    server.begin(&based_on(json!({})).pull_request(nobody));
    let run = judge_event(&server, &only);
    assert_eq!((run.code, run.verdict("CHG-01").as_str()), (1, "fail"));
    assert!(asked(&server).len() <= MOST, "{:?}", asked(&server));
    // One that is named and not there is an error.
    let run = judge_event(&server, &["--config", "soc2gate.yaml"]);
    assert_eq!((run.code, run.codes()), (2, vec!["SG7021".to_owned()]));
}

/// The files that a configuration names are read in requests of their own.
#[test]
fn a_configuration_that_names_files_costs_a_request_for_each() {
    let config = "version: 1\nexceptions: exceptions.yaml\n";
    let exceptions = "version: 1\nexceptions:\n  - {id: EXC-1, control: CHG-01, subjects: [\"pull_request/**\"], \
                      reason: Agreed for the move., compensating_control: Reviewed later., ticket: SHOP-1, requested_by: \
                      alice, approved_by: bob, approved_at: 2026-11-01, expires_at: 2027-01-01}\n";
    let world = based_on(json!({"soc2gate.yaml": config, "exceptions.yaml": exceptions}))
        .pull_request(json!({"reviews": []}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge_event(&server, &["--control", "CHG-01"]);
    assert_eq!((run.code, run.verdict("CHG-01").as_str()), (0, "fail"));
    assert_eq!(
        (times(&server, "/git/trees/"), times(&server, "/git/blobs/")),
        (1, 1)
    );
}

/// A configuration that does not come as plain text is looked up; one that is a link is not used.
#[test]
fn a_configuration_that_cannot_be_used_is_not_one_that_is_not_there() {
    let link = json!({"soc2gate.yaml": {"symlink": "elsewhere.yaml"}, "elsewhere.yaml": LENIENT});
    let Some(server) = Server::start(&based_on(link)) else {
        return;
    };
    let run = judge_event(&server, &[]);
    assert_eq!(
        (run.code, run.codes()),
        (2, vec!["SG7020 soc2gate.yaml:1:1".to_owned()])
    );
    assert_eq!(times(&server, "/git/trees/"), 1);
    let long = format!("{LENIENT}{}", "# nothing\n".repeat(60_000));
    server.begin(&based_on(json!({"soc2gate.yaml": long})).pull_request(json!({"reviews": []})));
    let run = judge_event(&server, &["--control", "CHG-01"]);
    assert_eq!((run.code, run.verdict("CHG-01").as_str()), (0, "fail"));
    assert_eq!(times(&server, "/git/blobs/"), 1, "{:?}", asked(&server));
}
