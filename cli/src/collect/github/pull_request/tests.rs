use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use soc2gate_inputs::pull_request::{Oid, Text, check};
use soc2gate_inputs::{Reading, SourceFile, read as read_unit, units};

use super::*;
use crate::collect::github::client::stand_in::{Request, Server, answer};

const HEAD: &str = "1111111111111111111111111111111111111111";
const BASE: &str = "2222222222222222222222222222222222222222";
const OTHER: &str = "3333333333333333333333333333333333333333";
const ZERO: &str = "0000000000000000000000000000000000000000";

fn user(login: &str) -> Value {
    json!({"__typename": "User", "login": login, "databaseId": 7})
}

fn list(nodes: &Value) -> Value {
    let count = nodes.as_array().map_or(0, Vec::len);
    json!({
        "totalCount": count, "nodes": nodes, "pageInfo": {"hasNextPage": false, "endCursor": null}
    })
}

/// An ordinary pull request as GraphQL gives it.
fn pull() -> Value {
    let author = json!({"name": "Al", "email": "al@example.com", "user": {"login": "alice"}});
    let commit = json!({
        "oid": HEAD, "messageHeadline": "Round", "committedViaWeb": false, "tree": {"oid": OTHER},
        "parents": list(&json!([{"oid": BASE}])), "authors": list(&json!([author])),
        "committer": author, "signature": null
    });
    let review = json!({
        "id": "PRR_1", "fullDatabaseId": "77", "state": "APPROVED", "submittedAt": "2026-11-21T09:00:00Z",
        "authorCanPushToRepository": true, "author": user("bob"), "commit": {"oid": HEAD},
        "onBehalfOf": {"nodes": []}
    });
    let mut pull = json!({
        "number": 42, "url": "https://github.com/acme/shop/pull/42", "title": "Round", "body": "", "state": "OPEN",
        "isDraft": false, "createdAt": "2026-11-20T08:00:00Z", "updatedAt": "2026-11-21T09:00:00Z",
        "mergedAt": null, "closedAt": null, "changedFiles": 1, "headRefName": "round", "headRefOid": HEAD,
        "isCrossRepository": false, "baseRefName": "main", "baseRefOid": BASE, "author": user("alice"),
        "headRepository": {"nameWithOwner": "acme/shop"}, "mergeCommit": null, "mergedBy": null,
        "autoMergeRequest": null, "statusCheckRollup": null, "mergeQueueEntry": null,
        "reviews": list(&json!([review])), "commits": list(&json!([{"commit": commit}]))
    });
    for field in [
        "labels",
        "dismissals",
        "reviewThreads",
        "baseChanges",
        "timeline",
        "closingIssuesReferences",
    ] {
        pull[field] = list(&json!([]));
    }
    pull["baseRef"] = json!({
        "branchProtectionRule": null, "refUpdateRule": null, "rules": list(&json!([])), "target": {"oid": BASE}
    });
    pull
}

fn graphql(pull: &Value, errors: &Value) -> String {
    let repository = json!({
        "name": "shop", "owner": {"login": "acme"}, "visibility": "PRIVATE", "defaultBranchRef": {"name": "main"},
        "pullRequestTemplates": [], "pullRequest": pull
    });
    let mut body = json!({"data": {"repository": repository}});
    if errors.is_array() {
        body["errors"] = errors.clone();
    }
    answer(200, &[], &body.to_string())
}

fn files(head: &str) -> String {
    let file = json!({
        "filename": "price.rs", "status": "modified", "additions": 1, "deletions": 1, "patch": "@@",
        "contents_url": format!("https://api.github.com/repos/acme/shop/contents/price.rs?ref={head}")
    });
    answer(200, &[], &json!([file]).to_string())
}

fn activity(after: &str) -> String {
    let push = json!({
        "before": ZERO, "after": after, "timestamp": "2026-11-20T07:00:00Z", "activity_type": "branch_creation",
        "actor": {"login": "alice", "type": "User", "id": 7}
    });
    answer(200, &[], &json!([push]).to_string())
}

/// Answers as they are given for parts of paths, and as for an ordinary pull request.
fn server(special: &[(&'static str, String)]) -> Server {
    let special: BTreeMap<&str, String> = special.iter().cloned().collect();
    Server::start(move |request: &Request, _| {
        let found = special
            .iter()
            .find(|(part, _)| request.path.contains(**part));
        match (found, request.path.as_str()) {
            (Some((_, answer)), _) => answer.clone(),
            (None, "/graphql") => graphql(&pull(), &Value::Null),
            (None, path) if path.contains("/files") => files(HEAD),
            (None, path) if path.contains("/activity") => activity(HEAD),
            _ => answer(404, &[], "{}"),
        }
    })
}

fn coordinates() -> Coordinates {
    Coordinates::parse("acme/shop#42").unwrap()
}

fn collected(server: &Server) -> Result<PullRequest, Failure> {
    let (github, _) = server.client(60);
    collect(&github, &coordinates(), Wanted::default())
}

fn paths(server: &Server) -> Vec<String> {
    server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect()
}

fn reason(gap: Option<&soc2gate_inputs::pull_request::Gap>) -> Option<(&str, Option<&str>)> {
    gap.map(|gap| {
        (
            gap.reason.as_str(),
            gap.permission.as_ref().map(Text::as_str),
        )
    })
}

#[test]
fn an_ordinary_pull_request_takes_three_requests() {
    let server = server(&[]);
    let document = collected(&server).unwrap();
    assert_eq!(
        paths(&server),
        [
            "/repos/acme/shop/pulls/42/files?per_page=100",
            "/graphql",
            "/repos/acme/shop/activity?ref=refs%2Fheads%2Fround&per_page=100"
        ]
    );
    let gaps = document.unavailable.clone().unwrap();
    let names: Vec<&str> = gaps.sections().iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        ["code_owners", "dependency_changes"],
        "nobody asks for them"
    );
    assert_eq!(document.required_checks, Some(Vec::new()));
    assert_eq!(document.merge, Some(None));
    assert_eq!(document.files.as_ref().unwrap().items[0].patch, None);
}

#[test]
fn what_is_collected_is_a_document_that_is_judged() {
    let document = collected(&server(&[])).unwrap();
    let value = serde_json::to_value(&document).unwrap();
    assert_eq!(check(&value), []);
    let file = SourceFile {
        name: Arc::from("acme/shop#42"),
        text: Arc::from(serde_json::to_string_pretty(&document).unwrap()),
    };
    let reading = Reading::default();
    let read = read_unit(&units(&file, reading)[0], reading);
    assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
    assert_eq!(read.subjects[0].id, "pull_request/acme/shop/42");
}

#[test]
fn a_head_that_moves_is_read_again_and_three_times_at_most() {
    let server = Server::start(|request, before| match request.path.as_str() {
        "/graphql" => graphql(&pull(), &Value::Null),
        path if path.contains("/files") => files(if before < 2 { OTHER } else { HEAD }),
        _ => activity(HEAD),
    });
    assert_eq!(collected(&server).unwrap().head.oid, Oid::from(HEAD));
    assert_eq!(paths(&server).len(), 5, "two in vain, and three");
    let restless = self::server(&[("/files", files(OTHER))]);
    assert_eq!(collected(&restless), Err(Failure::Moved { times: 3 }));
}

#[test]
fn a_push_that_came_meanwhile_is_noticed() {
    let push = json!({
        "before": HEAD, "after": OTHER, "timestamp": "2026-11-22T07:00:00Z", "activity_type": "push", "actor": null
    });
    let creation = json!({
        "before": ZERO, "after": HEAD, "timestamp": "2026-11-20T07:00:00Z", "activity_type": "branch_creation",
        "actor": null
    });
    let later = answer(200, &[], &json!([push, creation]).to_string());
    let found = collected(&server(&[("/activity", later)]));
    assert_eq!(found, Err(Failure::Moved { times: 3 }));
}

#[test]
fn a_section_with_an_error_is_unavailable_and_not_empty() {
    let error = |path: Value| json!([{"type": "FORBIDDEN", "path": path, "message": "…"}]);
    let mut hidden = pull();
    hidden["reviews"] = Value::Null;
    let path = json!(["repository", "pullRequest", "reviews"]);
    let document = collected(&server(&[("/graphql", graphql(&hidden, &error(path)))])).unwrap();
    assert_eq!(document.reviews, None);
    let gaps = document.unavailable.unwrap();
    let expected = ("the token may not read it", Some("pull_requests:read"));
    assert_eq!(reason(gaps.reviews.as_ref()), Some(expected));

    let path = json!([
        "repository",
        "pullRequest",
        "statusCheckRollup",
        "contexts",
        "nodes",
        0,
        "checkSuite"
    ]);
    let document = collected(&server(&[("/graphql", graphql(&pull(), &error(path)))])).unwrap();
    assert_eq!(document.checks, None);
    assert!(document.reviews.is_some());
}

#[test]
fn activity_that_may_not_be_read_is_unavailable_with_the_permission_that_helps() {
    let refused = answer(
        403,
        &[("x-accepted-github-permissions", "contents=read")],
        "{}",
    );
    let document = collected(&server(&[("/activity", refused)])).unwrap();
    let gaps = document.unavailable.unwrap();
    let expected = ("the token may not read it (403)", Some("contents:read"));
    assert_eq!(reason(gaps.pushes.as_ref()), Some(expected));
}

#[test]
fn a_deleted_fork_leaves_the_pushes_unknown() {
    let mut gone = pull();
    gone["headRepository"] = Value::Null;
    gone["isCrossRepository"] = json!(true);
    let server = server(&[("/graphql", graphql(&gone, &Value::Null))]);
    let document = collected(&server).unwrap();
    assert!(document.head.repository.is_none() && document.pushes.is_none());
    assert_eq!(paths(&server).len(), 2);
}

#[test]
fn failures_of_github_end_the_collection() {
    let found =
        |part: &'static str, answer: String| collected(&server(&[(part, answer)])).unwrap_err();
    let answered = |status| answer(status, &[], "{}");
    for part in ["/files", "/graphql", "/activity"] {
        assert!(
            matches!(found(part, answered(401)), Failure::Unauthorized { .. }),
            "{part}"
        );
        assert!(
            matches!(found(part, answered(502)), Failure::Failed { .. }),
            "{part}"
        );
    }
    let nothing = json!([{"type": "NOT_FOUND", "path": ["repository"], "message": "…"}]);
    let body = json!({"data": {"repository": null}, "errors": nothing}).to_string();
    let unknown = found("/graphql", answer(200, &[], &body));
    assert!(matches!(unknown, Failure::NotFound { .. }), "{unknown:?}");
    let mut odd = pull();
    odd["headRefOid"] = Value::Null;
    let odd = found("/graphql", graphql(&odd, &Value::Null));
    assert!(matches!(odd, Failure::Answer { .. }), "{odd:?}");
    let error = json!([{"type": "FORBIDDEN", "path": ["repository", "pullRequest", "author"], "message": "…"}]);
    let hidden = found("/graphql", graphql(&pull(), &error));
    assert!(
        matches!(hidden, Failure::Answer { .. }),
        "no account is not a deleted one: {hidden:?}"
    );
}

#[test]
fn further_pages_are_joined_and_a_change_between_them_is_noticed() {
    let server = |second: fn(&mut Value)| {
        Server::start(move |request, _| match request.path.as_str() {
            "/graphql" if request.body.contains("\"reviewsAfter\":\"next\"") => {
                let mut page = json!({
                    "headRefOid": HEAD, "updatedAt": "2026-11-21T09:00:00Z", "state": "OPEN",
                    "reviews": pull()["reviews"]
                });
                page["reviews"]["totalCount"] = json!(2);
                page["reviews"]["nodes"][0]["id"] = json!("PRR_2");
                page["reviews"]["nodes"][0]["fullDatabaseId"] = json!("78");
                second(&mut page);
                graphql(&page, &Value::Null)
            }
            "/graphql" => {
                let mut first = pull();
                first["reviews"]["totalCount"] = json!(2);
                first["reviews"]["pageInfo"] = json!({"hasNextPage": true, "endCursor": "next"});
                graphql(&first, &Value::Null)
            }
            path if path.contains("/files") => files(HEAD),
            _ => activity(HEAD),
        })
    };
    let paged = server(|_| {});
    let reviews = collected(&paged).unwrap().reviews.unwrap();
    assert!(reviews.complete);
    assert_eq!(reviews.items.len(), 2);
    assert_eq!(paths(&paged).len(), 4);
    let moved = server(|page| page["headRefOid"] = json!(OTHER));
    assert_eq!(collected(&moved), Err(Failure::Moved { times: 3 }));
    let lost = server(|page| page["reviews"] = Value::Null);
    assert!(!collected(&lost).unwrap().reviews.unwrap().complete);
}

#[test]
fn the_apps_of_commits_are_asked_for_where_graphql_leaves_one_open() {
    let email = "49699333+dependabot[bot]@users.noreply.github.com";
    let mut by_bot = pull();
    by_bot["author"] =
        json!({"__typename": "Bot", "login": "dependabot", "databaseId": 49_699_333});
    let author = json!({"name": "dependabot[bot]", "email": email, "user": null});
    by_bot["commits"]["nodes"][0]["commit"]["authors"]["nodes"][0] = author;
    let account = json!({"login": "dependabot[bot]", "type": "Bot", "id": 49_699_333});
    let rest = json!([{"commit": {"author": {"email": email}, "committer": null}, "author": account, "committer": null}]);
    let graphql = ("/graphql", graphql(&by_bot, &Value::Null));
    let known = server(&[
        graphql.clone(),
        ("/42/commits", answer(200, &[], &rest.to_string())),
    ]);
    let document = collected(&known).unwrap();
    let login = |document: &PullRequest| {
        document.commits.as_ref().unwrap().items[0].authors[0]
            .login
            .clone()
    };
    assert_eq!(login(&document).unwrap().as_str(), "dependabot[bot]");
    assert_eq!(document.triggered_by, Some(None));
    assert_eq!(paths(&known).len(), 4);
    let refused = server(&[graphql]);
    assert_eq!(
        login(&collected(&refused).unwrap()),
        None,
        "nobody says who it is"
    );
}

#[test]
fn a_bot_that_may_have_been_told_to_act_is_not_said_to_act_alone() {
    let mut by_bot = pull();
    by_bot["author"] = json!({"__typename": "Bot", "login": "github-actions", "databaseId": 1});
    let document = collected(&server(&[("/graphql", graphql(&by_bot, &Value::Null))])).unwrap();
    assert_eq!(document.triggered_by, None);
    assert!(document.unavailable.unwrap().triggered_by.is_some());
}

#[test]
fn hidden_protection_is_asked_of_rest() {
    let mut protected = pull();
    protected["baseRef"]["refUpdateRule"] = json!({"requiredStatusCheckContexts": ["test"]});
    let graphql = ("/graphql", graphql(&protected, &Value::Null));
    let checks =
        json!({"enforcement_level": "everyone", "checks": [{"context": "test", "app_id": 15368}]});
    let branch = json!({"protected": true, "protection": {"required_status_checks": checks}});
    let shown = server(&[
        graphql.clone(),
        ("/branches/main", answer(200, &[], &branch.to_string())),
    ]);
    let required = collected(&shown).unwrap().required_checks.unwrap();
    assert_eq!(required[0].app_id, Some(15368));
    let document = collected(&server(&[graphql])).unwrap();
    assert_eq!(document.required_checks, None);
    assert!(document.unavailable.unwrap().required_checks.is_some());
}

#[test]
fn owners_of_changed_paths_are_looked_up_where_a_control_reads_them() {
    let mut owned = pull();
    let text = "*.rs @bob @carol\ndocs/ @dave\nbroken[ @x\n";
    let blob =
        json!({"byteSize": text.len(), "isBinary": false, "isTruncated": false, "text": text});
    owned["baseRef"]["target"]["ownersInGithub"] =
        json!({"path": ".github/CODEOWNERS", "mode": 0o100_644, "object": blob});
    let with_file = server(&[("/graphql", graphql(&owned, &Value::Null))]);
    let wanted = Wanted {
        code_owners: true,
        ..Wanted::default()
    };
    let read = |server: &Server| {
        let (github, _) = server.client(60);
        let document = collect(&github, &coordinates(), wanted).unwrap();
        assert_eq!(check(&serde_json::to_value(&document).unwrap()), []);
        document
    };
    let found = read(&with_file).code_owners.unwrap();
    assert_eq!(found.path, Some(Text::from(".github/CODEOWNERS")));
    assert_eq!(found.files.items[0].line, Some(1));
    let names: Vec<&str> = found
        .owners
        .iter()
        .map(|owner| owner.name.as_str())
        .collect();
    assert_eq!(names, ["@bob", "@carol"]);
    let access: Vec<Option<bool>> = found.owners.iter().map(|owner| owner.can_write).collect();
    assert_eq!(access, [Some(true), None], "bob reviewed");
    assert_eq!(paths(&with_file).len(), 3, "people cost no request");

    let none = read(&server(&[])).code_owners.unwrap();
    assert_eq!((none.path, none.too_large), (None, false));

    owned["baseRef"]["target"]["ownersInGithub"]["object"]["byteSize"] = json!(4_000_000);
    let large = read(&server(&[("/graphql", graphql(&owned, &Value::Null))]));
    assert!(large.code_owners.unwrap().too_large);

    let cut = &mut owned["baseRef"]["target"]["ownersInGithub"]["object"];
    cut["byteSize"] = json!(1_000_000);
    cut["isTruncated"] = json!(true);
    let graphql = ("/graphql", graphql(&owned, &Value::Null));
    let whole = server(&[
        graphql.clone(),
        (
            "/contents/.github/CODEOWNERS?ref=",
            answer(200, &[], "* @erin\n"),
        ),
    ]);
    let found = read(&whole).code_owners.unwrap();
    assert_eq!(found.owners[0].name, Text::from("@erin"));
    let refused = read(&server(&[graphql]));
    assert!(refused.code_owners.is_none() && refused.unavailable.unwrap().code_owners.is_some());
}
