use serde_json::json;

use super::*;

const HEAD: &str = "1a954628a960aaef81d7b2d4521929579f3541e6";
const BASE: &str = "1405df66cbe219b0bf6355bc3d60361a8376b6b4";

fn pull_request() -> Value {
    json!({
        "schema": "soc2gate.dev/pull-request/v1",
        "collected_at": "2026-11-23T09:00:00Z",
        "repository": {"owner": "acme", "name": "shop"},
        "number": 42,
        "title": "Round totals half up",
        "state": "open",
        "draft": false,
        "created_at": "2026-11-20T08:12:00Z",
        "author": {"login": "alice", "type": "user"},
        "head": {"ref": "rounding", "oid": HEAD, "repository": "Acme/shop", "from_fork": false},
        "base": {"ref": "main", "oid": BASE},
    })
}

/// The contradictions of a document with these members changed as `path: message`.
fn contradictions(changes: &Value) -> Vec<String> {
    let mut document = pull_request();
    for (key, value) in changes.as_object().unwrap() {
        document[key] = value.clone();
    }
    check(&document)
        .into_iter()
        .map(|found| {
            let steps: Vec<String> = found
                .path
                .iter()
                .map(|segment| match segment {
                    PathSegment::Key(key) => key.clone(),
                    PathSegment::Index(index) => index.to_string(),
                })
                .collect();
            format!("{}: {}", steps.join("."), found.message)
        })
        .collect()
}

fn list(items: &Value) -> Value {
    json!({"complete": true, "items": items})
}

fn review(changes: &Value) -> Value {
    let mut review = json!({
        "author": {"login": "bob", "type": "user"},
        "state": "APPROVED",
        "submitted_at": "2026-11-21T10:00:00Z",
        "commit_oid": HEAD,
        "author_can_push": true,
    });
    for (key, value) in changes.as_object().unwrap() {
        review[key] = value.clone();
    }
    review
}

fn commit(oid: &str, parents: &Value, merges_base: bool, clean_merge: &Value) -> Value {
    json!({
        "oid": oid, "parents": parents, "authors": [{"login": "alice"}], "committer": {"login": "alice"},
        "committed_via_web": false, "merges_base": merges_base, "clean_merge": clean_merge,
    })
}

#[test]
fn a_sound_document_has_none() {
    assert_eq!(contradictions(&json!({})), Vec::<String>::new());
}

#[test]
fn another_shape_is_told_without_its_values() {
    let found = contradictions(&json!({"number": "hunter2"}));
    assert_eq!(
        found,
        [": the document does not have the shape of schema version 1"]
    );
}

#[test]
fn instants_must_exist() {
    let at = "2026-02-31T10:00:00Z";
    let found = contradictions(&json!({
        "created_at": at,
        "reviews": list(&json!([review(&json!({"submitted_at": at}))])),
    }));
    assert_eq!(
        found,
        [
            "created_at: created_at is not a valid RFC 3339 instant",
            "reviews.items.0.submitted_at: submitted_at is not a valid RFC 3339 instant",
        ]
    );
}

#[test]
fn a_section_is_there_or_unavailable() {
    let gap = json!({"reviews": {"reason": "403"}, "checks": {"reason": "403"}});
    let found = contradictions(&json!({"reviews": list(&json!([])), "unavailable": gap}));
    assert_eq!(
        found,
        ["unavailable.reviews: reviews is named as unavailable, but the document has it"]
    );
}

#[test]
fn a_merged_state_needs_its_merge() {
    let at = "2026-11-22T09:00:00Z";
    let merge = json!({"commit_oid": BASE, "merged_by": null, "at": at});
    assert_eq!(
        contradictions(&json!({"state": "merged"})),
        [
            "merged_at: merged_at is absent, but state is merged",
            "merge: merge is absent without a reason, but state is merged"
        ]
    );
    assert_eq!(
        contradictions(&json!({"state": "merged", "merged_at": at, "merge": null})),
        ["merge: merge is null, but state is merged"]
    );
    assert_eq!(
        contradictions(&json!({"merged_at": at, "merge": merge})),
        [
            "merged_at: merged_at is there, but state is not merged",
            "merge: merge is there, but state is not merged"
        ]
    );
    assert_eq!(
        contradictions(
            &json!({"state": "merged", "merged_at": "2026-11-22T09:00:01Z", "merge": merge})
        ),
        ["merge.at: at is not the same instant as merged_at"]
    );
    let offset = "2026-11-22T10:00:00+01:00";
    let sound = json!({"state": "merged", "merged_at": offset, "merge": merge});
    assert_eq!(contradictions(&sound), Vec::<String>::new());
    let unread = json!({"merge": {"reason": "502"}});
    let sound = json!({"state": "merged", "merged_at": at, "unavailable": unread});
    assert_eq!(contradictions(&sound), Vec::<String>::new());
}

#[test]
fn times_follow_each_other() {
    let early = "2026-11-20T08:11:59Z";
    assert_eq!(
        contradictions(&json!({"state": "closed", "closed_at": early})),
        ["closed_at: closed_at is earlier than created_at"]
    );
    assert_eq!(
        contradictions(&json!({"closed_at": "2026-11-22T09:00:00Z"})),
        ["closed_at: closed_at is there, but state is open"]
    );
}

#[test]
fn a_fork_is_another_repository() {
    let head = |repository: Value, from_fork: bool| json!({"head": {"ref": "r", "oid": HEAD, "repository": repository, "from_fork": from_fork}});
    let expected = ["head.from_fork: from_fork contradicts head.repository"];
    assert_eq!(
        contradictions(&head(json!("mallory/shop"), false)),
        expected
    );
    assert_eq!(contradictions(&head(json!("acme/shop"), true)), expected);
    assert_eq!(
        contradictions(&head(json!("mallory/shop"), true)),
        Vec::<String>::new()
    );
    assert_eq!(
        contradictions(&head(json!(null), true)),
        Vec::<String>::new()
    );
}

#[test]
fn base_changes_lead_to_the_base() {
    let change =
        |at: &str, from: &str, to: &str| json!({"at": at, "actor": null, "from": from, "to": to});
    let changes = json!([
        change("2026-11-21T09:00:00Z", "main", "develop"),
        change("2026-11-21T08:00:00Z", "develop", "main"),
    ]);
    assert_eq!(
        contradictions(&json!({"base_changes": list(&changes)})),
        ["base.ref: ref is not where the last of base_changes leads"]
    );
    let cut = json!({"base_changes": {"complete": false, "items": changes}});
    assert_eq!(contradictions(&cut), Vec::<String>::new());
    let same = json!([change("2026-11-21T09:00:00Z", "main", "main")]);
    assert_eq!(
        contradictions(&json!({"base_changes": list(&same)})),
        ["base_changes.items.0.to: to is the same as from"]
    );
}

#[test]
fn a_merge_queue_holds_the_pull_request() {
    assert_eq!(
        contradictions(&json!({"merge_queue": {"group_head_oid": null, "pull_requests": [41]}})),
        ["merge_queue.pull_requests: pull_requests does not hold this pull request"]
    );
}

#[test]
fn owners_are_listed() {
    let owned = json!([{"path": "a", "line": 1, "owners": ["@acme/security"]}]);
    let owners = json!({
        "path": "CODEOWNERS", "oid": BASE, "too_large": false, "errors": [], "owners": [],
        "files": list(&owned),
    });
    assert_eq!(
        contradictions(&json!({"code_owners": owners})),
        [
            "code_owners.files.items.0.owners: owners names someone who is not listed in code_owners.owners"
        ]
    );
}

#[test]
fn reviews_have_one_id_and_a_time() {
    let dismissed =
        json!({"at": "2026-11-22T08:00:00Z", "by": null, "previous_state": "DISMISSED"});
    let reviews = json!([
        review(&json!({"id": "r1"})),
        review(&json!({"id": "r1"})),
        review(&json!({"submitted_at": null})),
        review(&json!({"submitted_at": null, "state": "PENDING"})),
        review(&json!({"dismissed": dismissed})),
    ]);
    assert_eq!(
        contradictions(&json!({"reviews": list(&reviews)})),
        [
            "reviews.items.1.id: id is the same as that of an earlier item",
            "reviews.items.2.submitted_at: submitted_at is null, but the review is not pending",
            "reviews.items.4.dismissed: dismissed is there, but the review's state is not DISMISSED",
            "reviews.items.4.dismissed: dismissed has a previous_state that cannot be dismissed",
        ]
    );
}

#[test]
fn commits_hold_the_head() {
    let other = commit(BASE, &json!([]), false, &json!(false));
    assert_eq!(
        contradictions(&json!({"commits": list(&json!([]))})),
        ["commits: commits is complete and empty: a pull request has at least one commit"]
    );
    assert_eq!(
        contradictions(&json!({"commits": list(&json!([other]))})),
        ["commits: commits is complete, but lacks the commit head.oid"]
    );
    let cut = json!({"commits": {"complete": false, "items": [other]}});
    assert_eq!(contradictions(&cut), Vec::<String>::new());
}

#[test]
fn merges_have_two_parents() {
    let head = commit(HEAD, &json!([HEAD]), true, &json!(true));
    assert_eq!(
        contradictions(&json!({"commits": list(&json!([head, head]))}))[..4],
        [
            "commits.items.1.oid: oid is the same as that of an earlier item",
            "commits.items.0.parents: parents holds the commit itself",
            "commits.items.0.merges_base: merges_base is true, but the commit does not have two parents",
            "commits.items.0.clean_merge: clean_merge is true, but the commit does not have two parents",
        ]
    );
}

#[test]
fn files_have_an_old_path_when_they_moved() {
    let file = |path: &str, status: &str| json!({"path": path, "status": status, "additions": 0, "deletions": 0});
    let mut modified = file("b", "modified");
    modified["previous_path"] = json!("c");
    let files = json!([file("a", "renamed"), modified, file("b", "added")]);
    assert_eq!(
        contradictions(&json!({"files": list(&files)})),
        [
            "files.items.2.path: path is the same as that of an earlier item",
            "files.items.0.previous_path: previous_path is absent, but the file was renamed or copied",
            "files.items.1.previous_path: previous_path is there, but the file was not renamed or copied",
        ]
    );
}

#[test]
fn checks_conclude_when_they_end() {
    let check = |status: &str, conclusion: Value| {
        json!({
            "name": "build", "kind": "check_run", "app": null, "commit_oid": HEAD, "status": status,
            "conclusion": conclusion, "required": null, "id": 7,
        })
    };
    let checks = json!([
        check("completed", json!(null)),
        check("queued", json!("success"))
    ]);
    assert_eq!(
        contradictions(&json!({"checks": list(&checks)})),
        [
            "checks.items.1.id: id is the same as that of an earlier item",
            "checks.items.0.conclusion: conclusion is null, but the check is completed",
            "checks.items.1.conclusion: conclusion is there, but the check is not completed",
        ]
    );
}

#[test]
fn a_complete_list_has_its_total() {
    let cut = |complete: bool| json!({"reviews": {"complete": complete, "total": 2, "items": []}});
    assert_eq!(
        contradictions(&cut(true)),
        ["reviews.complete: complete is true, but total is not the number of items"]
    );
    assert_eq!(contradictions(&cut(false)), Vec::<String>::new());
}
