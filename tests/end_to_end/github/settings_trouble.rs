//! Settings that a token may not read, and a GitHub that fails.

use rstest::rstest;

use super::run::{command, ended};
use super::settings::{ORGANIZATION, REPOSITORY, exists, judged, run, saved, verdict};
use super::*;

#[rstest]
#[case(
    "administration",
    REPOSITORY,
    "CHG-12",
    "permission needed: administration:write"
)]
#[case(
    "administration",
    REPOSITORY,
    "CHG-13",
    "permission needed: administration:read"
)]
#[case(
    "administration",
    REPOSITORY,
    "SUP-06",
    "permission needed: administration:read"
)]
#[case(
    "administration",
    REPOSITORY,
    "ACC-10",
    "permission needed: administration:read"
)]
#[case("actions", REPOSITORY, "SOD-02", "permission needed: actions:read")]
#[case("members", ORGANIZATION, "ACC-09", "permission needed: members:read")]
#[case("members", ORGANIZATION, "ACC-10", "permission needed: members:read")]
#[case(
    "organization_administration",
    ORGANIZATION,
    "ACC-09",
    "of an owner of the organisation"
)]
#[case(
    "organization_administration",
    ORGANIZATION,
    "CNF-03",
    "permission needed: organization_administration:read"
)]
fn what_the_token_may_not_read_is_unknown_with_its_permission(
    #[case] without: &str,
    #[case] id: &str,
    #[case] control: &str,
    #[case] message: &str,
) {
    let Some(run) = judged(&World::settings().token(&json!({"without": [without]}))) else {
        return;
    };
    let (status, messages) = verdict(&run, id, control);
    assert_eq!(status, "unknown", "{messages}");
    assert!(messages.contains(message), "{messages}");
    assert_eq!(run.code, 2);
}

#[test]
fn a_token_that_only_reads_metadata_passes_nothing_that_it_does_not_see() {
    let world = World::settings().token(&json!({"permissions": ["metadata:read"]}));
    let Some(run) = judged(&world) else { return };
    assert_eq!(run.code, 2);
    let document = saved(&run, "acme/repository.shop.json");
    for section in [
        "rule_bypasses",
        "environments",
        "deploy_keys",
        "immutable_releases",
    ] {
        assert_eq!(document.get(section), None, "{section}");
        assert!(
            document["unavailable"][section]["reason"].is_string(),
            "{section}"
        );
    }
    assert_eq!(document["branches"]["items"][0].get("protection"), None);
    let document = saved(&run, "acme/organization.json");
    for section in [
        "admins",
        "installations",
        "members_without_two_factor",
        "member_privileges",
    ] {
        assert_eq!(document.get(section), None, "{section}");
        assert!(
            document["unavailable"][section]["permission"].is_string(),
            "{section}"
        );
    }
    // Rules are shown to everybody.
    assert_eq!(verdict(&run, REPOSITORY, "CHG-11").0, "pass");
    assert_eq!(run.codes(), ["SG7031"]);
}

#[rstest]
#[case("GET /repos/acme/shop/branches/main/protection", "CHG-12")]
#[case("GET /repos/acme/shop/rules/branches/main", "CHG-11")]
#[case("GET /repos/acme/shop/rulesets", "CHG-14")]
#[case("GET /repos/acme/shop/rulesets/rule-suites", "CHG-13")]
#[case("GET /repos/acme/shop/environments", "SOD-02")]
#[case("GET /repos/acme/shop/environments/*", "SOD-02")]
#[case("GET /repos/acme/shop/vulnerability-alerts", "SUP-06")]
#[case("GET /repos/acme/shop/keys", "ACC-10")]
#[case("GET /repos/acme/shop/collaborators", "ACC-10")]
fn a_404_that_may_hide_a_permission_is_no_fact(#[case] request: &str, #[case] control: &str) {
    for status in [403, 404, 422] {
        let fault = json!({"match": request, "status": status, "body": {"message": "Not Found"}});
        let Some(run) = judged(&World::settings().fault(fault)) else {
            return;
        };
        let (found, messages) = verdict(&run, REPOSITORY, control);
        assert_eq!(found, "unknown", "{status}: {messages}");
        assert_eq!(run.code, 2);
    }
}

#[test]
fn a_repository_that_cannot_be_read_hides_no_other() {
    let world = World::settings()
        .and("acme/web", json!({"visibility": "PUBLIC"}))
        .fault(json!({"match": "GET /repos/acme/shop", "status": 404}));
    let Some(run) = judged(&world) else { return };
    assert_eq!(run.code, 2);
    assert_eq!(run.codes(), ["SG7006"]);
    let text = run.report["diagnostics"].to_string();
    assert!(text.contains("acme/shop was not read"), "{text}");
    let web = "github_repository/acme/web";
    assert_eq!(verdict(&run, web, "CNF-03").0, "fail");
    assert_eq!(verdict(&run, ORGANIZATION, "ACC-09").0, "pass");
    assert!(!exists(&run, "acme/repository.shop.json"));
}

#[test]
fn an_answer_that_fails_once_is_asked_for_again() {
    let world = World::settings()
        .fault(json!({"match": "GET /repos/acme/shop/keys", "times": 1, "status": 502}))
        .fault(json!({"match": "GET /repos/acme/shop/environments", "times": 1, "cut": 20}))
        .fault(json!({"operation": "RepositorySettings", "times": 1, "status": 500}));
    let Some(run) = judged(&world) else { return };
    assert_eq!((run.code, run.codes()), (0, vec![]), "{}", run.errors);
}

#[test]
fn a_used_up_rate_limit_ends_the_run() {
    let limit = json!({
        "match": "GET /repos/acme/shop/keys", "status": 403,
        "headers": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800"},
    });
    let world = World::settings().and("acme/web", json!({})).fault(limit);
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = run(&server, &["--org", "acme", "--github-timeout", "5"]);
    assert_eq!((run.code, run.codes()), (2, vec!["SG7007".to_owned()]));
    let text = run.report["diagnostics"].to_string();
    assert!(text.contains("(1 more were not tried)"), "{text}");
    let asked = server.requests();
    assert!(asked.iter().all(|one| one["path"] != "/repos/acme/web"));
}

#[test]
fn each_repository_has_its_own_time() {
    let slow = json!({"match": "GET /repos/acme/shop/keys", "delay": 3000});
    let world = World::settings().and("acme/web", json!({})).fault(slow);
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = run(&server, &["--org", "acme", "--github-timeout", "2"]);
    assert_eq!((run.code, run.codes()), (2, vec!["SG7009".to_owned()]));
    assert!(exists(&run, "acme/repository.web.json"));
    assert!(exists(&run, "acme/organization.json"));
}

#[test]
fn repositories_that_the_token_does_not_see_are_told() {
    let world = World::settings()
        .and("acme/web", json!({}))
        .token(&json!({"repositories": ["acme/shop"]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let all = run(&server, &["--org", "acme"]);
    assert_eq!((all.code, all.codes()), (2, vec!["SG7030".to_owned()]));
    let text = all.report["diagnostics"].to_string();
    assert!(
        text.contains("acme has 2 repositories, and the token sees 1"),
        "{text}"
    );
    // Whoever names them means them.
    let twice = [
        "--org",
        "acme",
        "--repo",
        "acme/shop",
        "--repo",
        "Acme/Shop",
    ];
    let named = run(&server, &twice);
    assert_eq!(named.report["summary"]["subjects"], 2);
    assert_eq!((named.code, named.codes()), (0, vec![]), "{}", named.report);
}

#[test]
fn a_page_that_cannot_be_read_cuts_the_list() {
    let keys: Vec<Value> = (0..150).map(|_| json!({})).collect();
    let world = World::settings()
        .repository(json!({"deployKeys": keys}))
        .fault(json!({"match": "GET /repos/acme/shop/keys", "nth": 2, "status": 404}));
    let Some(run) = judged(&world) else { return };
    let document = saved(&run, "acme/repository.shop.json");
    assert_eq!(document["deploy_keys"]["complete"], json!(false));
    let (status, messages) = verdict(&run, REPOSITORY, "ACC-10");
    assert_eq!(status, "unknown");
    assert!(messages.contains("deploy keys was cut short"), "{messages}");
}

#[test]
fn an_organisation_that_is_not_there_decides_nothing() {
    let Some(server) = Server::start(&World::settings()) else {
        return;
    };
    let unknown = run(&server, &["--org", "nobody"]);
    assert_eq!(
        (unknown.code, unknown.codes()),
        (2, vec!["SG7006".to_owned()])
    );
    let repository = run(&server, &["--repo", "acme/nothing"]);
    assert_eq!(
        (repository.code, repository.codes()),
        (2, vec!["SG7006".to_owned()])
    );
}

#[test]
fn without_a_token_nothing_is_asked() {
    let Some(server) = Server::start(&World::settings()) else {
        return;
    };
    let folder = folder(&[]);
    let output = command(&server, folder.path())
        .env_remove("GITHUB_TOKEN")
        .args(["check", "github", "--org", "acme", "--format", "json"])
        .output()
        .unwrap();
    ended(folder, &output).undecided("SG7001");
    assert_eq!(server.requests(), Vec::<Value>::new());
}

#[test]
fn a_token_that_is_not_accepted_ends_the_run() {
    let world = World::settings().token(&json!({"value": "another"}));
    let Some(run) = judged(&world) else { return };
    assert_eq!((run.code, run.codes()), (2, vec!["SG7004".to_owned()]));
}

#[rstest]
#[case(&[])]
#[case(&["--repo", "shop"])]
#[case(&["--repo", "acme/../x"])]
#[case(&["--org", "acme/shop"])]
#[case(&["--org", ".."])]
#[case(&["--org", "acme?x=y"])]
fn wrong_usage_is_no_decision(#[case] arguments: &[&str]) {
    let folder = folder(&[]);
    let output = soc2gate(folder.path())
        .args(["check", "github"])
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
}
