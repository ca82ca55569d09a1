//! Whether a merge of the base branch holds anything of its own.
//!
//! GitHub does not say, but it compares commits. A merge holds nothing of its own if it adds to its first parent what its
//! second parent has added since both parted, file by file, and if no file changed on both sides. Where files did, lines
//! would have to be merged to tell: then it is left open.

use std::collections::BTreeMap;

use serde::Deserialize;
use soc2gate_inputs::pull_request::{Commit, Oid};

use crate::collect::github::client::{Failure, GitHub};

/// Merges that are looked at in one pull request; each takes three requests.
const MAX_MERGES: usize = 5;
/// How many files GitHub lists of a comparison.
const MAX_FILES: usize = 300;

#[derive(Debug, Deserialize)]
struct RawComparison {
    files: Option<Vec<RawFile>>,
}

#[derive(Debug, Deserialize)]
struct RawFile {
    filename: String,
    previous_filename: Option<String>,
    status: String,
    sha: Option<String>,
}

/// What each path becomes: the id of its content, or `None` where it goes.
type Changes = BTreeMap<String, Option<String>>;

/// Fills `clean_merge` of merges of the base branch where it can be told.
pub(super) fn mark(
    github: &GitHub,
    repository: &str,
    commits: &mut [Commit],
) -> Result<(), Failure> {
    let merges = commits.iter_mut().filter(|commit| commit.merges_base);
    for commit in merges.take(MAX_MERGES) {
        let [first, second] = &commit.parents[..] else {
            continue;
        };
        if is_clean(github, repository, &commit.oid, first, second)? {
            commit.clean_merge = Some(true);
        }
    }
    Ok(())
}

fn is_clean(
    github: &GitHub,
    repository: &str,
    merge: &Oid,
    first: &Oid,
    second: &Oid,
) -> Result<bool, Failure> {
    let changes = |from: &Oid, to: &Oid| changes(github, repository, from, to);
    let Some(merged) = changes(first, merge)? else {
        return Ok(false);
    };
    let Some(theirs) = changes(first, second)? else {
        return Ok(false);
    };
    if merged != theirs {
        return Ok(false);
    }
    let Some(ours) = changes(second, first)? else {
        return Ok(false);
    };
    Ok(theirs.keys().all(|path| !ours.contains_key(path)))
}

/// What a commit has changed since it parted from another; `None` where that cannot be told.
fn changes(
    github: &GitHub,
    repository: &str,
    from: &Oid,
    to: &Oid,
) -> Result<Option<Changes>, Failure> {
    let path = format!("{repository}/compare/{}...{}", from.as_str(), to.as_str());
    let comparison: RawComparison = match github.get("what a merge changes", &path) {
        Ok((comparison, _)) => comparison,
        Err(failure) if failure.is_local() => return Ok(None),
        Err(failure) => return Err(failure),
    };
    let files = comparison.files.filter(|files| files.len() < MAX_FILES);
    Ok(files.and_then(listed))
}

fn listed(files: Vec<RawFile>) -> Option<Changes> {
    let mut changes = Changes::new();
    for file in files {
        let content = match file.status.as_str() {
            "removed" => None,
            _ => Some(file.sha?),
        };
        if file.status == "renamed" {
            changes.insert(file.previous_filename?, None);
        }
        changes.insert(file.filename, content);
    }
    Some(changes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::collect::github::client::stand_in::{Server, answer};

    fn file(name: &str, sha: &str) -> Value {
        json!({"filename": name, "status": "modified", "sha": sha})
    }

    /// Whether a merge is clean that changes its first parent so, with what each side changed before.
    fn clean(merged: &Value, theirs: &Value, ours: &Value) -> bool {
        let answers = [
            ("one...merge", merged),
            ("one...two", theirs),
            ("two...one", ours),
        ];
        let answers = answers.map(|(path, files)| (path, json!({"files": files}).to_string()));
        let server = Server::start(move |request, _| {
            let found = answers
                .iter()
                .find(|(path, _)| request.path.ends_with(path));
            found.map_or_else(
                || answer(404, &[], "{}"),
                |(_, body)| answer(200, &[], body),
            )
        });
        let (github, _) = server.client(60);
        let oid = |text: &str| Oid::from(text);
        is_clean(
            &github,
            "/repos/acme/shop",
            &oid("merge"),
            &oid("one"),
            &oid("two"),
        )
        .unwrap()
    }

    #[test]
    fn a_merge_that_takes_what_the_base_has_is_clean() {
        let theirs = json!([file("b", "2"), {"filename": "c", "status": "removed", "sha": "9"}]);
        assert!(clean(&theirs, &theirs, &json!([file("a", "1")])));
        assert!(clean(&theirs, &theirs, &json!([])));
    }

    #[test]
    fn a_merge_with_an_edit_is_not() {
        let theirs = json!([file("b", "2")]);
        let ours = json!([file("a", "1")]);
        for merged in [
            json!([file("b", "3")]),
            json!([file("b", "2"), file("d", "4")]),
            json!([file("a", "5"), file("b", "2")]),
            json!([]),
            json!([{"filename": "b", "status": "removed", "sha": "2"}]),
        ] {
            assert!(!clean(&merged, &theirs, &ours), "{merged}");
        }
    }

    #[test]
    fn a_file_that_both_sides_changed_is_left_open() {
        let theirs = json!([file("b", "2")]);
        assert!(
            !clean(&theirs, &theirs, &json!([file("b", "1")])),
            "ours is lost"
        );
        let moved =
            json!([{"filename": "x", "previous_filename": "b", "status": "renamed", "sha": "1"}]);
        assert!(!clean(&theirs, &theirs, &moved));
    }

    #[test]
    fn what_is_not_listed_in_full_is_left_open() {
        let many: Vec<Value> = (0..MAX_FILES).map(|n| file(&n.to_string(), "1")).collect();
        let many = json!(many);
        assert!(!clean(&many, &many, &json!([])));
        assert!(!clean(&Value::Null, &Value::Null, &json!([])));
        let unknown = json!([{"filename": "b", "status": "modified", "sha": null}]);
        assert!(!clean(&unknown, &unknown, &json!([])));
    }
}
