//! Who gave the head branch its commits.

use std::collections::BTreeSet;

use jiff::Timestamp as Instant;
use serde::Deserialize;
use soc2gate_inputs::pull_request::{List, Oid, Push, Timestamp};

use super::account::RawUser;
use super::facts::{Section, gap, gap_of_failure};
use crate::collect::github::client::{Failure, GitHub, segment};

const PERMISSION: &str = "contents:read";
/// Pages of 100 that are read of a branch that is older than the change.
const MAX_PAGES: usize = 10;

/// The branch whose pushes are read.
pub(super) struct Branch<'a> {
    /// `owner/name`; `None` where the repository was deleted.
    pub(super) repository: Option<&'a str>,
    pub(super) name: &'a str,
    /// When the pull request was closed or merged: what happened to the branch later is no part of it.
    pub(super) closed_at: Option<&'a str>,
    /// The commits of the change.
    pub(super) commits: BTreeSet<&'a str>,
}

#[derive(Debug, Deserialize)]
struct RawActivity {
    before: String,
    after: String,
    timestamp: String,
    activity_type: String,
    actor: Option<RawUser>,
}

/// Reads the pushes to the branch, newest first, back to its creation.
pub(super) fn pushes(github: &GitHub, branch: &Branch<'_>) -> Result<Section<List<Push>>, Failure> {
    let Some((owner, name)) = branch.repository.and_then(|slug| slug.split_once('/')) else {
        return Ok(Err(gap("the repository of the head was deleted", None)));
    };
    let reference = segment(&format!("refs/heads/{}", branch.name));
    let mut page = Some(format!(
        "/repos/{}/{}/activity?ref={reference}&per_page=100",
        segment(owner),
        segment(name)
    ));
    let mut history = History::new(branch);
    let mut pages = 0;
    while let Some(path) = page.take() {
        pages += 1;
        let (activities, next): (Vec<RawActivity>, _) =
            match github.get("the pushes to the head branch", &path) {
                Ok(read) => read,
                Err(failure) => return Ok(Err(gap_of_failure(failure, PERMISSION)?)),
            };
        for activity in activities {
            history.add(activity);
        }
        history.is_whole = next.is_none();
        page = next.filter(|_| !history.created && pages < MAX_PAGES);
    }
    Ok(Ok(history.list()))
}

/// The activities of a branch, from the newest back.
struct History<'a> {
    branch: &'a Branch<'a>,
    closed: Option<Instant>,
    found: Vec<Push>,
    /// Whether the creation of the branch was met.
    created: bool,
    /// Whether there is nothing older.
    is_whole: bool,
}

impl<'a> History<'a> {
    fn new(branch: &'a Branch<'a>) -> Self {
        Self {
            branch,
            closed: branch.closed_at.and_then(|at| at.parse().ok()),
            found: Vec::new(),
            created: false,
            is_whole: false,
        }
    }

    /// Takes the next older activity. What came before the branch was made belongs to another branch of its name,
    /// unless the branch was only restored; a push of one of the change's own commits counts wherever it stands.
    fn add(&mut self, activity: RawActivity) {
        let at: Option<Instant> = activity.timestamp.parse().ok();
        if let (Some(at), Some(closed)) = (at, self.closed)
            && at > closed
        {
            return;
        }
        if activity.activity_type == "branch_deletion" {
            let restored = self.found.last().is_some_and(|push| {
                push.before.is_none() && push.after.as_str() == activity.before
            });
            self.created &= !restored;
            return;
        }
        if self.created && !self.branch.commits.contains(activity.after.as_str()) {
            return;
        }
        let before = Some(activity.before).filter(|oid| !is_zero(oid));
        self.created |= before.is_none();
        self.found.push(Push {
            actor: activity.actor.map(RawUser::actor),
            before: before.map(Oid),
            after: Oid(activity.after),
            at: Timestamp(activity.timestamp),
            forced: activity.activity_type == "force_push",
        });
    }

    /// The pushes, oldest first.
    fn list(mut self) -> List<Push> {
        self.found.reverse();
        List {
            complete: self.is_whole || self.created,
            total: None,
            items: self.found,
        }
    }
}

/// The id that stands for no commit.
fn is_zero(oid: &str) -> bool {
    oid.bytes().all(|byte| byte == b'0')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ZERO: &str = "0000000000000000000000000000000000000000";

    /// The pushes that count of activities, newest first: `(type, before, after, hour)`.
    fn read(
        activities: &[(&str, &str, &str, u8)],
        closed_at: Option<&str>,
    ) -> (bool, Vec<(Option<String>, String)>) {
        let branch = Branch {
            repository: Some("acme/shop"),
            name: "add",
            closed_at,
            commits: BTreeSet::from(["b", "c"]),
        };
        let mut history = History::new(&branch);
        for (kind, before, after, hour) in activities {
            let raw = json!({
                "before": before, "after": after, "activity_type": kind, "actor": null,
                "timestamp": format!("2026-11-20T{hour:02}:00:00Z")
            });
            history.add(serde_json::from_value(raw).unwrap());
        }
        let list = history.list();
        let pushes = list.items.into_iter();
        let pushes = pushes.map(|push| (push.before.map(|oid| oid.0), push.after.0));
        (list.complete, pushes.collect())
    }

    fn push(before: &str, after: &str) -> (Option<String>, String) {
        (Some(before.to_owned()), after.to_owned())
    }

    #[test]
    fn pushes_go_back_to_the_creation_of_the_branch() {
        let found = read(
            &[
                ("force_push", "b", "c", 4),
                ("push", "a", "b", 3),
                ("branch_creation", ZERO, "a", 2),
            ],
            None,
        );
        assert_eq!(
            found,
            (
                true,
                vec![(None, "a".to_owned()), push("a", "b"), push("b", "c")]
            )
        );
    }

    #[test]
    fn without_the_creation_the_list_is_cut() {
        assert!(!read(&[("push", "b", "c", 4)], None).0);
    }

    #[test]
    fn an_older_branch_of_the_same_name_is_another_branch() {
        let found = read(
            &[
                ("push", "a", "b", 9),
                ("branch_creation", ZERO, "a", 8),
                ("branch_deletion", "x", ZERO, 7),
                ("push", "w", "x", 6),
            ],
            None,
        );
        assert_eq!(found.1, [(None, "a".to_owned()), push("a", "b")]);
    }

    #[test]
    fn a_restored_branch_is_the_same_branch() {
        let found = read(
            &[
                ("branch_creation", ZERO, "b", 8),
                ("branch_deletion", "b", ZERO, 7),
                ("push", "a", "b", 6),
                ("branch_creation", ZERO, "a", 5),
            ],
            None,
        );
        assert_eq!(
            found.1,
            [
                (None, "a".to_owned()),
                push("a", "b"),
                (None, "b".to_owned())
            ]
        );
    }

    #[test]
    fn a_push_of_a_commit_of_the_change_counts_in_an_older_branch_too() {
        let found = read(
            &[
                ("branch_creation", ZERO, "a", 8),
                ("branch_deletion", "c", ZERO, 7),
                ("push", "b", "c", 6),
            ],
            None,
        );
        assert_eq!(found.1, [push("b", "c"), (None, "a".to_owned())]);
    }

    #[test]
    fn what_came_after_the_merge_is_no_part_of_it() {
        let found = read(
            &[
                ("branch_creation", ZERO, "z", 9),
                ("branch_deletion", "c", ZERO, 8),
                ("push", "b", "c", 6),
                ("branch_creation", ZERO, "b", 5),
            ],
            Some("2026-11-20T07:00:00Z"),
        );
        assert_eq!(found.1, [(None, "b".to_owned()), push("b", "c")]);
    }
}
