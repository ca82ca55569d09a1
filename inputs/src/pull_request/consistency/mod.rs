//! What a JSON Schema cannot say: facts of one document that contradict each other.
//!
//! A document that contradicts itself is an error of whoever made it, and is never judged. Messages
//! name fields and say what is wrong; they never repeat a value.

mod contradiction;
mod sections;

use std::collections::HashSet;

use serde_json::Value;

use super::document::{PullRequest, State};
use super::scalar::Timestamp;

use contradiction::{Findings, place};
pub use contradiction::{Inconsistency, PathSegment};

/// Every contradiction in a document that already holds to the schema. Empty: there is none.
pub fn check(document: &Value) -> Vec<Inconsistency> {
    let mut found = Findings::default();
    match serde_json::from_value::<PullRequest>(document.clone()) {
        Ok(pull) => check_pull_request(&pull, document, &mut found),
        Err(_) => found.add(
            place![],
            "the document does not have the shape of schema version 1",
        ),
    }
    found.0
}

fn check_pull_request(pull: &PullRequest, document: &Value, found: &mut Findings) {
    check_timestamps(document, &mut Vec::new(), found);
    check_unavailable(pull, document, found);
    check_state(pull, found);
    check_head(pull, found);
    check_base_changes(pull, found);
    check_merge_queue(pull, found);
    check_code_owners(pull, found);
    sections::check(pull, found);
    found.total("reviews", pull.reviews.as_ref());
    found.total("review_threads", pull.review_threads.as_ref());
    found.total("commits", pull.commits.as_ref());
    found.total("pushes", pull.pushes.as_ref());
    found.total("base_changes", pull.base_changes.as_ref());
    found.total("files", pull.files.as_ref());
    found.total("checks", pull.checks.as_ref());
    found.total("dependency_changes", pull.dependency_changes.as_ref());
    found.total("linked_issues", pull.linked_issues.as_ref());
    found.total("timeline", pull.timeline.as_ref());
}

/// Every field that holds an instant is named `at` or ends in `_at` (a test holds the schema to that).
fn check_timestamps(value: &Value, path: &mut Vec<PathSegment>, found: &mut Findings) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                path.push(key.as_str().into());
                match member {
                    Value::String(text) if key == "at" || key.ends_with("_at") => {
                        if Timestamp::from(text.as_str()).instant().is_none() {
                            found.add(path.clone(), "is not a valid RFC 3339 instant");
                        }
                    }
                    _ => check_timestamps(member, path, found),
                }
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.into());
                check_timestamps(item, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

fn check_unavailable(pull: &PullRequest, document: &Value, found: &mut Findings) {
    for (section, _) in pull.unavailable.iter().flat_map(|all| all.sections()) {
        if document.get(section).is_some() {
            found.add(
                place!["unavailable", section],
                "is named as unavailable, but the document has it",
            );
        }
    }
}

fn check_state(pull: &PullRequest, found: &mut Findings) {
    let merged = pull.state == State::Merged;
    let explained = pull
        .unavailable
        .as_ref()
        .is_some_and(|all| all.merge.is_some());
    match (&pull.merged_at, merged) {
        (None, true) => found.add(place!["merged_at"], "is absent, but state is merged"),
        (Some(_), false) => found.add(place!["merged_at"], "is there, but state is not merged"),
        _ => {}
    }
    match (&pull.merge, merged) {
        (Some(None), true) => found.add(place!["merge"], "is null, but state is merged"),
        (None, true) if !explained => {
            found.add(
                place!["merge"],
                "is absent without a reason, but state is merged",
            );
        }
        (Some(Some(_)), false) => found.add(place!["merge"], "is there, but state is not merged"),
        _ => {}
    }
    if let (Some(Some(merge)), Some(merged_at)) = (&pull.merge, &pull.merged_at)
        && merge.at.instant() != merged_at.instant()
    {
        found.add(
            place!["merge", "at"],
            "is not the same instant as merged_at",
        );
    }
    if pull.state == State::Open && pull.closed_at.is_some() {
        found.add(place!["closed_at"], "is there, but state is open");
    }
    let created = pull.created_at.instant();
    for (field, at) in [
        ("merged_at", &pull.merged_at),
        ("closed_at", &pull.closed_at),
    ] {
        if at
            .as_ref()
            .and_then(Timestamp::instant)
            .is_some_and(|at| Some(at) < created)
        {
            found.add(place![field], "is earlier than created_at");
        }
    }
}

fn check_head(pull: &PullRequest, found: &mut Findings) {
    let Some(head) = &pull.head.repository else {
        return;
    };
    let base = format!(
        "{}/{}",
        pull.repository.owner.as_str(),
        pull.repository.name.as_str()
    );
    if head.as_str().eq_ignore_ascii_case(&base) == pull.head.from_fork {
        found.add(place!["head", "from_fork"], "contradicts head.repository");
    }
}

fn check_base_changes(pull: &PullRequest, found: &mut Findings) {
    let Some(changes) = &pull.base_changes else {
        return;
    };
    for (index, change) in changes.items.iter().enumerate() {
        if change.from == change.to {
            found.add(
                place!["base_changes", "items", index, "to"],
                "is the same as from",
            );
        }
    }
    let last = changes
        .items
        .iter()
        .max_by_key(|change| change.at.instant());
    if changes.complete && last.is_some_and(|last| last.to != pull.base.r#ref) {
        found.add(
            place!["base", "ref"],
            "is not where the last of base_changes leads",
        );
    }
}

fn check_merge_queue(pull: &PullRequest, found: &mut Findings) {
    if let Some(Some(queue)) = &pull.merge_queue
        && !queue.pull_requests.contains(&pull.number)
    {
        found.add(
            place!["merge_queue", "pull_requests"],
            "does not hold this pull request",
        );
    }
}

fn check_code_owners(pull: &PullRequest, found: &mut Findings) {
    let Some(code_owners) = &pull.code_owners else {
        return;
    };
    let names: HashSet<_> = code_owners.owners.iter().map(|owner| &owner.name).collect();
    for (index, file) in code_owners.files.items.iter().enumerate() {
        if file.owners.iter().any(|owner| !names.contains(owner)) {
            found.add(
                place!["code_owners", "files", "items", index, "owners"],
                "names someone who is not listed in code_owners.owners",
            );
        }
    }
}

#[cfg(test)]
mod tests;
