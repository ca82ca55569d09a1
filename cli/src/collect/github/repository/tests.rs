//! Answers that a server of GitHub's published description would not give, and what may not be concluded from them.

use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_inputs::github::{Repository, Switch};

use super::{SharedRulesets, collect_repository};
use crate::collect::github::client::Failure;
use crate::collect::github::client::stand_in::{Server, answer};

/// Reads acme/shop from answers by path; what is not among them is 404.
fn read(answers: &[(&str, u16, Value)]) -> Result<Repository, Failure> {
    let mut all = vec![(
        "/repos/acme/shop".to_owned(),
        200,
        json!({
            "owner": {"login": "acme"}, "name": "shop", "visibility": "private", "archived": false, "fork": false,
            "default_branch": "main",
        }),
    )];
    all.extend(
        answers
            .iter()
            .map(|(path, status, body)| ((*path).to_owned(), *status, body.clone())),
    );
    let server = Server::start(move |request, _| {
        let path = request.path.split('?').next().unwrap_or_default();
        let path = path
            .strip_prefix("/repos/acme/shop")
            .map_or(path, |below| if below.is_empty() { path } else { below });
        let found = all.iter().rev().find(|(known, _, _)| known == path);
        match found {
            Some((_, status, body)) => answer(*status, &[], &body.to_string()),
            None => answer(404, &[], r#"{"message": "Not Found"}"#),
        }
    });
    let (github, _) = server.client(60);
    collect_repository(&github, "acme/shop", &SharedRulesets::default())
}

fn whole(answers: &[(&str, u16, Value)]) -> Value {
    serde_json::to_value(read(answers).unwrap()).unwrap()
}

#[test]
fn what_is_not_shown_is_explained_and_never_empty() {
    let document = whole(&[]);
    let unavailable = document["unavailable"].as_object().unwrap();
    let sections: Vec<&str> = unavailable.keys().map(String::as_str).collect();
    assert_eq!(
        sections,
        [
            "actions",
            "deploy_keys",
            "environments",
            "immutable_releases",
            "merge_settings",
            "outside_collaborators",
            "rule_bypasses",
            "tag_rulesets",
            "workflow_token",
        ]
    );
    assert!(sections.iter().all(|name| document.get(name).is_none()));
    let branch = &document["branches"]["items"][0];
    assert_eq!(branch["unavailable"].as_object().unwrap().len(), 2);
    let security = document["security"]["unavailable"].as_object().unwrap();
    assert_eq!(security.len(), 6);
    let permission = &document["unavailable"]["deploy_keys"]["permission"];
    assert_eq!(permission, "administration:read");
}

#[rstest]
#[case("Branch not protected", Some(Value::Null))]
#[case("Not Found", None)]
#[case("Branch not found", None)]
#[case("branch not protected, or so", None)]
fn only_in_words_is_a_branch_without_protection(
    #[case] message: &str,
    #[case] expected: Option<Value>,
) {
    let refusal = (
        "/branches/main/protection",
        404,
        json!({"message": message}),
    );
    let document = whole(&[refusal]);
    let branch = &document["branches"]["items"][0];
    assert_eq!(branch.get("protection").cloned(), expected);
}

#[test]
fn protection_that_graphql_knows_and_rest_does_not_is_not_known() {
    let rule = json!({"bypassForcePushAllowances": {"totalCount": 0, "nodes": []}});
    let branch = json!({"name": "main", "branchProtectionRule": rule});
    let graphql = json!({"data": {"repository": {"isEmpty": false, "defaultBranchRef": branch}}});
    let document = whole(&[
        (
            "/branches/main/protection",
            404,
            json!({"message": "Branch not protected"}),
        ),
        ("/graphql", 200, graphql),
    ]);
    assert_eq!(document["branches"]["items"][0].get("protection"), None);
}

#[rstest]
#[case(json!([{"message": "x"}]))]
#[case(json!({}))]
#[case(json!({"enforce_admins": {"enabled": true}}))]
#[case(json!({
    "enforce_admins": {"enabled": true}, "allow_force_pushes": {"enabled": false}, "allow_deletions": {"enabled": false},
    "required_status_checks": {"strict": true},
}))]
fn protection_that_does_not_say_all_is_not_known(#[case] body: Value) {
    let document = whole(&[("/branches/main/protection", 200, body)]);
    let branch = &document["branches"]["items"][0];
    assert_eq!(branch.get("protection"), None);
    assert!(branch["unavailable"]["protection"]["reason"].is_string());
}

#[test]
fn immutable_releases_are_off_only_for_who_could_see_them() {
    assert_eq!(whole(&[]).get("immutable_releases"), None);
    let actions = ("/actions/permissions", 200, json!({"enabled": true}));
    assert_eq!(whole(&[actions])["immutable_releases"], json!(false));
    let on = ("/immutable-releases", 200, json!({"enabled": true}));
    assert_eq!(whole(&[on])["immutable_releases"], json!(true));
}

#[rstest]
#[case(json!({"type": "pull_request", "ruleset_id": 1}))]
#[case(json!({"type": "required_status_checks", "ruleset_id": 1, "parameters": {"required_status_checks": 7}}))]
#[case(json!({"type": "deletion"}))]
#[case(json!({"type": "deletion", "ruleset_id": 2}))]
fn a_rule_that_cannot_be_read_cuts_the_rulesets(#[case] rule: Value) {
    let set = json!({"id": 1, "name": "main", "enforcement": "active", "bypass_actors": []});
    let other = json!({"type": "non_fast_forward", "ruleset_id": 1});
    let document = whole(&[
        ("/rules/branches/main", 200, json!([other, rule])),
        ("/rulesets/1", 200, set),
    ]);
    let rulesets = &document["branches"]["items"][0]["rulesets"];
    assert_eq!(rulesets["complete"], json!(false));
    assert_eq!(
        rulesets["items"][0]["rules"],
        json!([{"type": "non_fast_forward"}])
    );
}

#[rstest]
#[case(json!([]), true)]
#[case(json!([{"actor_type": "DeployKey", "actor_id": null}]), true)]
#[case(json!([{"actor_type": "Planet", "actor_id": 1}]), false)]
#[case(Value::Null, false)]
fn bypass_actors_are_all_known_or_none(#[case] actors: Value, #[case] known: bool) {
    let mut set = json!({"id": 1, "name": "main", "enforcement": "active"});
    if !actors.is_null() {
        set["bypass_actors"] = actors;
    }
    let document = whole(&[
        (
            "/rules/branches/main",
            200,
            json!([{"type": "deletion", "ruleset_id": 1}]),
        ),
        ("/rulesets/1", 200, set),
    ]);
    let ruleset = &document["branches"]["items"][0]["rulesets"]["items"][0];
    assert_eq!(ruleset.get("bypass_actors").is_some(), known);
    assert_eq!(ruleset.get("unavailable").is_none(), known);
}

#[rstest]
#[case(json!({"name": "production"}))]
#[case(json!({"name": "production", "protection_rules": []}))]
#[case(json!({"name": "production", "deployment_branch_policy": null}))]
#[case(json!({"name": "production", "deployment_branch_policy": null, "protection_rules": [
    {"type": "required_reviewers", "reviewers": [{"type": "Robot", "reviewer": {"login": "x"}}]},
]}))]
fn an_environment_that_does_not_say_all_cuts_the_list(#[case] environment: Value) {
    let body = json!({"total_count": 1, "environments": [environment]});
    let document = whole(&[("/environments", 200, body)]);
    let expected = json!({"complete": false, "total": 1, "items": []});
    assert_eq!(document["environments"], expected);
}

#[test]
fn a_list_with_fewer_items_than_its_count_is_cut() {
    let body = json!({"total_count": 3, "environments": []});
    let document = whole(&[("/environments", 200, body)]);
    assert_eq!(document["environments"]["complete"], json!(false));
}

#[rstest]
#[case(
    403,
    "Code Security must be enabled for this repository to use code scanning.",
    Some(Switch::Disabled)
)]
#[case(
    403,
    "Advanced Security must be enabled for this repository to use code scanning.",
    Some(Switch::Disabled)
)]
#[case(403, "Resource not accessible by integration", None)]
#[case(404, "no analysis found", None)]
fn code_scanning_is_off_only_where_github_says_so(
    #[case] status: u16,
    #[case] message: &str,
    #[case] expected: Option<Switch>,
) {
    let refusal = json!({"message": message});
    let read = read(&[
        ("/code-scanning/default-setup", status, refusal.clone()),
        ("/code-scanning/analyses", status, refusal),
    ]);
    let security = read.unwrap().security.unwrap();
    assert_eq!(security.code_scanning_default_setup, expected);
    let is_none = expected.is_some() || status == 404;
    assert_eq!(security.latest_code_scan, is_none.then_some(None));
}

#[rstest]
#[case("Vulnerability alerts are disabled.", Some(Switch::Disabled))]
#[case("Not Found", None)]
fn alerts_are_off_only_where_github_says_so(
    #[case] message: &str,
    #[case] expected: Option<Switch>,
) {
    let refusal = ("/vulnerability-alerts", 404, json!({"message": message}));
    let security = read(&[refusal]).unwrap().security.unwrap();
    assert_eq!(security.dependabot_alerts, expected);
}

#[test]
fn bypasses_lie_in_their_period_whatever_github_calls_a_month() {
    let suite = |id: u64, at: &str| {
        json!({
            "id": id, "actor_name": null, "ref": "refs/heads/main", "pushed_at": at, "result": "bypass",
            "before_sha": "a".repeat(40), "after_sha": "b".repeat(40),
        })
    };
    let suites = json!([
        suite(1, "2026-10-23T10:00:00Z"),
        suite(2, "2026-11-23T09:00:07Z")
    ]);
    let document = whole(&[("/rulesets/rule-suites", 200, suites)]);
    let bypasses = &document["rule_bypasses"];
    assert_eq!(bypasses["since_at"], "2026-10-23T10:00:00Z");
    assert_eq!(bypasses["until_at"], "2026-11-23T09:00:07Z");
    assert_eq!(bypasses["items"][0]["actor"], Value::Null);
    assert_eq!(bypasses["items"][0].get("rules"), None, "not read");
    assert_eq!(soc2gate_inputs::github::check(&document), []);
    let none = whole(&[("/rulesets/rule-suites", 200, json!([]))]);
    assert_eq!(none["rule_bypasses"]["since_at"], "2026-10-24T09:00:00Z");
}

#[rstest]
#[case("..", "shop")]
#[case("acme", "../../etc/passwd")]
#[case("acme", "")]
fn a_name_that_cannot_be_leads_nowhere(#[case] owner: &str, #[case] name: &str) {
    let body = json!({
        "owner": {"login": owner}, "name": name, "visibility": "private", "archived": false, "fork": false,
        "default_branch": "main",
    });
    let read = read(&[("/repos/acme/shop", 200, body)]);
    assert!(matches!(read, Err(Failure::Answer { .. })), "{read:?}");
}

#[test]
fn a_failing_server_is_a_failure_of_the_repository() {
    let failed = read(&[("/keys", 503, json!({}))]);
    assert!(matches!(failed, Err(Failure::Failed { .. })), "{failed:?}");
    let refused = read(&[("/keys", 401, json!({}))]);
    assert!(matches!(refused, Err(Failure::Unauthorized { .. })));
}
