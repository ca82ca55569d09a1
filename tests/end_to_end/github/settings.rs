//! The settings of an organisation and of its repositories.

use rstest::rstest;

use super::run::{command, ended, verdicts};
use super::*;

pub(super) const REPOSITORY: &str = "github_repository/acme/shop";
pub(super) const ORGANIZATION: &str = "github_organization/acme";

/// Runs `check github`, and keeps the documents.
pub(super) fn run(server: &Server, arguments: &[&str]) -> Run {
    let folder = folder(&[]);
    let output = command(server, folder.path())
        .args(["check", "github", "--format", "json", "--show-passing"])
        .args(["--save", "saved"])
        .args(arguments)
        .output()
        .unwrap();
    ended(folder, &output)
}

/// A world, judged as an organisation; `None` where the server is not installed.
pub(super) fn judged(world: &World) -> Option<Run> {
    Some(run(&Server::start(world)?, &["--org", "acme"]))
}

/// The subject of a run.
pub(super) fn subject<'a>(run: &'a Run, id: &str) -> &'a Value {
    let decisions = run.report["decisions"].as_array().unwrap();
    let found = decisions
        .iter()
        .find(|decision| decision["subject"]["id"] == id);
    found.unwrap_or_else(|| panic!("no {id}: {} {}", run.report, run.errors))
}

/// The verdict of a control on a subject, with its messages.
pub(super) fn verdict(run: &Run, id: &str, control: &str) -> (String, String) {
    let all = subject(run, id)["verdicts"].as_array().unwrap();
    let found = all.iter().find(|verdict| verdict["control"] == control);
    let found = found.unwrap_or_else(|| panic!("no {control}"));
    let messages = ["findings", "unknowns"].map(|list| found[list].as_array());
    let texts: Vec<&str> = messages
        .into_iter()
        .flatten()
        .flatten()
        .map(|finding| finding["message"].as_str().unwrap())
        .collect();
    (
        found["status"].as_str().unwrap().to_owned(),
        texts.join("\n"),
    )
}

/// A document that was saved.
pub(super) fn saved(run: &Run, name: &str) -> Value {
    let path = run.folder.path().join("saved").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(super) fn exists(run: &Run, name: &str) -> bool {
    run.folder.path().join("saved").join(name).exists()
}

#[test]
fn a_well_kept_organisation_is_allowed() {
    let Some(run) = judged(&World::settings()) else {
        return;
    };
    assert_eq!(run.codes(), Vec::<String>::new(), "{}", run.report);
    let wrong: Vec<String> = verdicts(&run.report)
        .into_iter()
        .filter(|text| !text.ends_with(" pass") && !text.ends_with(" not_applicable"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "{:#}", run.report);
    assert_eq!(run.code, 0, "{:#}", run.report);
    for control in [
        "CHG-11", "CHG-12", "CHG-13", "CHG-14", "SOD-02", "CNF-03", "SUP-06", "ACC-10",
    ] {
        assert_eq!(verdict(&run, REPOSITORY, control).0, "pass", "{control}");
    }
    for control in ["ACC-09", "ACC-10", "CNF-03"] {
        assert_eq!(verdict(&run, ORGANIZATION, control).0, "pass", "{control}");
    }
}

#[test]
fn every_section_is_filled() {
    let Some(run) = judged(&World::settings()) else {
        return;
    };
    let repository = saved(&run, "acme/repository.shop.json");
    let organization = saved(&run, "acme/organization.json");
    assert_eq!(repository.get("unavailable"), None, "{repository:#}");
    assert_eq!(organization.get("unavailable"), None, "{organization:#}");
    assert_eq!(repository["security"].get("unavailable"), None);
    assert_eq!(
        repository["branches"]["items"][0]["protection"],
        Value::Null
    );
    assert_eq!(repository["immutable_releases"], json!(false));
    assert_eq!(
        repository["environments"]["items"][0]["branch_policy"]["custom"]["items"],
        json!([{"name": "main", "type": "branch"}])
    );
    assert_eq!(organization["single_sign_on"], Value::Null);
    assert_eq!(organization["member_count"], json!(2));
}

#[rstest]
#[case("CHG-11", json!({"rulesets": []}), "takes changes without a pull request")]
#[case("CHG-12", json!({"protection": [{"pattern": "main", "requiresApprovingReviews": true, "bypassPullRequestAllowances": [{"actor": "alice"}]}]}), "user \"alice\" may merge")]
#[case("CHG-13", json!({"ruleSuites": [{"actor_name": "alice", "before_sha": "base", "after_sha": "base", "ref": "refs/heads/main", "result": "bypass"}]}), "alice passed over the rules of refs/heads/main")]
#[case("CHG-14", json!({"rulesets": []}), "can be force-pushed")]
#[case("SOD-02", json!({"environments": [{"name": "production"}]}), "lets everybody deploy")]
#[case("CNF-03", json!({"visibility": "PUBLIC"}), "the repository is public")]
#[case("SUP-06", json!({"vulnerabilityAlertsEnabled": false}), "Dependabot alerts is off")]
#[case("SUP-06", json!({"codeScanning": {"off": true}}), "code scanning is off")]
#[case("ACC-10", json!({"deployKeys": [{"read_only": false}]}), "deploy key 1 may write")]
fn a_weak_setting_of_a_repository_fails(
    #[case] control: &str,
    #[case] fields: Value,
    #[case] message: &str,
) {
    let Some(run) = judged(&World::settings().repository(fields)) else {
        return;
    };
    let (status, messages) = verdict(&run, REPOSITORY, control);
    assert_eq!(status, "fail", "{messages}");
    assert!(messages.contains(message), "{messages}");
    assert_eq!(run.code, 1);
}

#[rstest]
#[case("ACC-09", json!({"settings": {"two_factor_requirement_enabled": false}}), "not required")]
#[case("ACC-09", json!({"settings": {"without2fa": ["alice"]}}), "member alice has no two-factor")]
#[case("ACC-09", json!({"outsideCollaborators": ["eve"], "settings": {"without2fa": ["eve"]}}), "collaborator eve has no two-factor")]
#[case("ACC-10", json!({"settings": {"default_repository_permission": "write"}}), "permission write in every repository")]
#[case("ACC-10", json!({"outsideCollaborators": ["eve"]}), "collaborator eve was not approved")]
#[case("ACC-10", json!({"installations": [{"app": "deployer", "permissions": {"administration": "write"}}]}), "app deployer may change administration")]
#[case("ACC-10", json!({"invitations": (0..5).map(|at| json!({"login": format!("new-{at}"), "role": "admin"})).collect::<Vec<_>>()}), "there are 6 owners")]
#[case("CNF-03", json!({"settings": {"members_can_fork_private_repositories": true}}), "members may fork private")]
fn a_weak_setting_of_the_organisation_fails(
    #[case] control: &str,
    #[case] fields: Value,
    #[case] message: &str,
) {
    let Some(run) = judged(&World::settings().organization(fields)) else {
        return;
    };
    let (status, messages) = verdict(&run, ORGANIZATION, control);
    assert_eq!(status, "fail", "{messages}");
    assert!(messages.contains(message), "{messages}");
    assert_eq!(run.code, 1);
}

#[test]
fn classic_protection_says_who_may_force_push_all_the_same() {
    let protection = |allowances: Value| {
        World::settings().repository(json!({
            "rulesets": [],
            "immutableReleases": true,
            "protection": [{
                "pattern": "main", "isAdminEnforced": true, "requiresApprovingReviews": true,
                "bypassForcePushAllowances": allowances,
            }],
        }))
    };
    let Some(server) = Server::start(&protection(json!([]))) else {
        return;
    };
    let first = run(&server, &["--repo", "acme/shop"]);
    assert_eq!(verdict(&first, REPOSITORY, "CHG-14").0, "pass");
    server.begin(&protection(json!([{"actor": "alice"}])));
    let second = run(&server, &["--repo", "acme/shop"]);
    let (status, messages) = verdict(&second, REPOSITORY, "CHG-14");
    assert_eq!(status, "fail");
    assert!(
        messages.contains("can be force-pushed by alice"),
        "{messages}"
    );
}

#[test]
fn bypass_actors_have_their_names() {
    let world = World::settings()
        .organization(json!({
            "teams": {"web": ["alice"]},
            "rulesets": [{
                "bypassActors": [{"actor": "acme/web"}, {"actor": "deployer"}, {"organizationAdmin": true}],
                "rules": [{"type": "DELETION"}],
            }],
        }));
    let Some(run) = judged(&world) else { return };
    let document = saved(&run, "acme/repository.shop.json");
    let rulesets = document["branches"]["items"][0]["rulesets"]["items"].clone();
    let of_organization = &rulesets.as_array().unwrap()[1];
    assert_eq!(of_organization["source_type"], "organization");
    let names: Vec<&Value> = of_organization["bypass_actors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|actor| &actor["name"])
        .collect();
    assert_eq!(names, [&json!("web"), &json!("deployer"), &Value::Null]);
    assert_eq!(verdict(&run, REPOSITORY, "CHG-12").0, "fail");
}

#[test]
fn lists_are_read_to_their_end() {
    let mut world = World::settings().organization(json!({
        "members": (0..120).map(|at| (format!("user-{at}"), json!("MEMBER")))
            .chain([("olga".to_owned(), json!("ADMIN"))]).collect::<serde_json::Map<_, _>>(),
        "settings": {"without2fa": (0..120).map(|at| format!("user-{at}")).collect::<Vec<_>>()},
        "identityProvider": {"issuer": "https://login.example", "members": (0..119).map(|at| format!("user-{at}")).collect::<Vec<_>>()},
    }));
    for at in 0..103 {
        world = world.and(&format!("acme/r-{at}"), json!({"isArchived": true}));
    }
    let only = json!({"match": "GET /repos/acme/r-*", "status": 404});
    let Some(run) = judged(&world.fault(only)) else {
        return;
    };
    let document = saved(&run, "acme/organization.json");
    let without = &document["members_without_two_factor"];
    assert_eq!(without["complete"], json!(true));
    assert_eq!(without["items"].as_array().unwrap().len(), 120);
    let unlinked = document["single_sign_on"]["unlinked_members"]["items"]
        .as_array()
        .unwrap();
    let unlinked: Vec<&str> = unlinked
        .iter()
        .map(|member| member["login"].as_str().unwrap())
        .collect();
    assert_eq!(unlinked, ["olga", "user-119"]);
    assert_eq!(document["single_sign_on"].get("enforced"), None);
    assert_eq!(run.codes().len(), 103, "each repository is told");
}

#[test]
fn an_outsider_is_shown_with_what_they_reach() {
    let world = World::settings()
        .organization(json!({"outsideCollaborators": ["eve"]}))
        .repository(json!({"collaborators": {"eve": "READ"}}));
    let Some(run) = judged(&world) else { return };
    let document = saved(&run, "acme/organization.json");
    assert_eq!(
        document["outside_collaborators"]["items"],
        json!([{
            "login": "eve", "two_factor": true,
            "repositories": {"complete": true, "items": [{"repository": "shop", "role": "read"}]},
        }])
    );
}

#[test]
fn a_token_of_no_member_sees_public_members_only() {
    let token = json!({"login": "stranger", "without": ["organization_administration"]});
    let Some(run) = judged(&World::settings().token(&token)) else {
        return;
    };
    let document = saved(&run, "acme/organization.json");
    assert_eq!(document.get("admins"), None);
    let reason = document["unavailable"]["admins"]["reason"]
        .as_str()
        .unwrap();
    assert!(reason.contains("public members only"), "{reason}");
}

#[test]
fn archived_and_empty_repositories_are_documents_too() {
    let world = World::settings()
        .and("acme/old", json!({"isArchived": true}))
        .and("acme/new", json!({"commits": []}));
    let Some(run) = judged(&world) else { return };
    assert_eq!(
        saved(&run, "acme/repository.old.json")["archived"],
        json!(true)
    );
    assert_eq!(
        saved(&run, "acme/repository.new.json")["default_branch"],
        Value::Null
    );
    for name in ["old", "new"] {
        let id = format!("github_repository/acme/{name}");
        assert_eq!(verdict(&run, &id, "CHG-11").0, "not_applicable");
        assert_eq!(verdict(&run, &id, "CNF-03").0, "pass");
    }
}

#[test]
fn saved_documents_are_judged_the_same() {
    let world = World::settings()
        .and("acme/.github", json!({"visibility": "PUBLIC"}))
        .token(&json!({"without": ["actions"]}));
    let Some(run) = judged(&world) else { return };
    let output = soc2gate(run.folder.path())
        .args(["check", "--format", "json", "--show-passing", "saved"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(run.code));
    let told = |report: &Value| {
        let decisions = report["decisions"].as_array().unwrap().clone();
        let mut told: Vec<String> = decisions
            .iter()
            .map(|decision| {
                let verdicts: Vec<String> = decision["verdicts"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|verdict| format!("{} {}", verdict["control"], verdict["status"]))
                    .collect();
                format!("{} {verdicts:?}", decision["subject"]["id"])
            })
            .collect();
        told.sort();
        told
    };
    let again = told(&report(&output));
    assert_eq!(again.len(), 3);
    assert_eq!(again, told(&run.report));
}

#[test]
fn a_ruleset_of_the_organisation_is_read_once() {
    let world = World::settings()
        .and("acme/web", json!({}))
        .organization(json!({"rulesets": [{"rules": [{"type": "DELETION"}]}]}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let run = run(&server, &["--org", "acme"]);
    for name in ["shop", "web"] {
        let document = saved(&run, &format!("acme/repository.{name}.json"));
        let rulesets = document["branches"]["items"][0]["rulesets"]["items"].clone();
        let last = rulesets.as_array().unwrap().last().unwrap().clone();
        assert_eq!(last["source_type"], "organization", "{name}");
        assert_eq!(last["bypass_actors"], json!([]), "{name}");
    }
    let asked = server.requests();
    let is_ruleset = |path: &str| {
        let last = path.rsplit('/').next().unwrap();
        path.contains("/rulesets/") && last.bytes().all(|byte| byte.is_ascii_digit())
    };
    let read = asked
        .iter()
        .filter(|one| is_ruleset(one["path"].as_str().unwrap()));
    assert_eq!(read.count(), 3, "two of acme/shop, one of acme");
}

/// An ordinary repository: the budget of a run over an organisation.
#[test]
fn a_repository_takes_few_requests() {
    let Some(server) = Server::start(&World::settings()) else {
        return;
    };
    let run = run(&server, &["--repo", "acme/shop"]);
    assert_eq!(run.code, 0);
    assert_eq!(server.requests().len(), 18, "{:#?}", server.requests());
}
