//! Pull requests above what GitHub lists.

use super::world::files;
use super::*;

/// Dependabot may change what the listed files hold.
const ALLOWED: &str = "version: 1\ncontrols:\n  CHG-16:\n    parameters:\n      allowed_bots:\n      - login: dependabot\n        paths: [\"src/**\"]\n";

#[test]
fn three_hundred_commits_are_cut_and_no_pass() {
    let commits: Vec<Value> = (0..300)
        .map(|at| json!({"author": "alice", "files": {"src/a.txt": format!("{at}\n")}}))
        .collect();
    let world =
        World::ordinary().pull_request(json!({"commits": commits, "reviews": [{"author": "bob"}]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    let saved = run.saved.as_ref().unwrap();
    assert_eq!(saved["commits"]["complete"], false);
    assert_eq!(saved["commits"]["total"], 300);
    assert_eq!(saved["commits"]["items"].as_array().unwrap().len(), 250);
    assert_eq!(run.code, 2, "{}", run.report);
}

#[test]
fn five_thousand_files_are_cut_and_no_pass() {
    let commits = json!([{"author": "dependabot[bot]", "web": true, "files": files(0..5_000)}]);
    let fields =
        json!({"author": "dependabot[bot]", "commits": commits, "reviews": [{"author": "bob"}]});
    let Some(server) = Server::start(&World::ordinary().pull_request(fields)) else {
        return;
    };
    let settings = folder(&[("soc2gate.yaml", ALLOWED)]);
    let path = settings.path().join("soc2gate.yaml");
    let run = judge(&server, &["--config", path.to_str().unwrap()]);
    let saved = run.saved.as_ref().unwrap();
    assert_eq!(saved["files"]["complete"], false);
    assert_eq!(saved["files"]["total"], 5_000);
    assert_eq!(saved["files"]["items"].as_array().unwrap().len(), 3_000);
    assert_eq!(run.verdict("CHG-16"), "unknown");
    assert_eq!(run.code, 2, "{}", run.report);
}

/// A page of a list fails: what was read before it is not taken for the whole.
#[test]
fn a_list_that_breaks_off_is_no_list() {
    let commits = json!([{"author": "alice", "files": files(0..250)}]);
    let world = World::ordinary()
        .pull_request(json!({"commits": commits, "reviews": [{"author": "bob"}]}))
        .fault(
            json!({"match": "GET /repos/acme/shop/pulls/42/files", "nth": 2, "status": 403,
            "body": {"message": "Resource not accessible by integration"}}),
        );
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = judge(&server, &[]);
    match &run.saved {
        None => assert_eq!(run.code, 2, "{}", run.report),
        Some(saved) => assert_ne!(saved["files"]["complete"], true, "{}", saved["files"]),
    }
}
