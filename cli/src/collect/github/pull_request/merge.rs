//! The merge, auto-merge and the merge queue.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{
    AutoMerge, List, Merge, MergeMethod, MergeQueue, Oid, TimelineEvent, TimelineEventType,
    Timestamp,
};

use super::account::RawActor;
use super::facts::{Connection, Facts, Place, Section, gap};
use super::reviews::RawOid;

const PERMISSION: &str = "contents:read";

const COMMIT: Place = Place {
    pointer: "/repository/pullRequest/mergeCommit",
    permission: PERMISSION,
    optional: &[],
};
const MERGED_BY: Place = Place {
    pointer: "/repository/pullRequest/mergedBy",
    permission: PERMISSION,
    optional: &[],
};
const AUTO_MERGE: Place = Place {
    pointer: "/repository/pullRequest/autoMergeRequest",
    permission: PERMISSION,
    optional: &[],
};
const QUEUE: Place = Place {
    pointer: "/repository/pullRequest/mergeQueueEntry",
    permission: "merge_queues:read",
    optional: &["statusCheckRollup"],
};

#[derive(Debug, Deserialize)]
struct RawCommit {
    oid: String,
    tree: Option<RawOid>,
    parents: Connection<RawOid>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAutoMerge {
    enabled_at: Option<String>,
    merge_method: RawMethod,
    enabled_by: Option<RawActor>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawMethod {
    Merge,
    Rebase,
    Squash,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    position: u64,
    enqueued_at: Option<String>,
    enqueuer: Option<RawActor>,
    base_commit: Option<RawOid>,
    head_commit: Option<RawOid>,
    merge_queue: Option<RawQueue>,
}

#[derive(Debug, Deserialize)]
struct RawQueue {
    entries: Option<Connection<RawOther>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawOther {
    position: u64,
    pull_request: Option<RawNumber>,
}

#[derive(Debug, Deserialize)]
struct RawNumber {
    number: u64,
}

/// The merge of a pull request that was merged at `at`; null where it was not.
pub(super) fn merge(
    facts: &Facts,
    at: Option<&str>,
    head: &str,
    timeline: Option<&List<TimelineEvent>>,
) -> Section<Option<Merge>> {
    let Some(at) = at else {
        return Ok(None);
    };
    let commit: Option<RawCommit> = facts.nullable(&COMMIT)?;
    let merged_by: Option<RawActor> = facts.nullable(&MERGED_BY)?;
    let queued = timeline.is_none_or(|timeline| {
        let mut events = timeline.items.iter();
        !timeline.complete
            || events.any(|event| event.event == TimelineEventType::AddedToMergeQueue)
    });
    let (commit_oid, tree_oid, parents) = match commit {
        None => (None, None, None),
        Some(commit) => {
            let parents = commit.parents.is_complete().then(|| {
                let parents = commit.parents.nodes.into_iter().flatten();
                parents.map(|parent| Oid(parent.oid)).collect::<Vec<_>>()
            });
            let tree = commit.tree.map(|tree| Oid(tree.oid));
            (Some(Oid(commit.oid)), tree, parents)
        }
    };
    Ok(Some(Merge {
        commit_oid,
        tree_oid,
        method: parents
            .as_deref()
            .filter(|_| !queued)
            .and_then(|parents| method(parents, head)),
        parents,
        merged_by: merged_by.map(RawActor::actor),
        at: Timestamp::from(at),
    }))
}

/// A commit with the head as its second parent is a merge commit. One parent is that of a squashed commit as well as of
/// a rebased one.
fn method(parents: &[Oid], head: &str) -> Option<MergeMethod> {
    match parents {
        [_, second] if second.as_str() == head => Some(MergeMethod::Merge),
        _ => None,
    }
}

/// Auto-merge.
pub(super) fn auto_merge(facts: &Facts) -> Section<Option<AutoMerge>> {
    let Some(raw): Option<RawAutoMerge> = facts.nullable(&AUTO_MERGE)? else {
        return Ok(None);
    };
    let Some(enabled_at) = raw.enabled_at else {
        return Err(gap("GitHub does not say since when it is enabled", None));
    };
    Ok(Some(AutoMerge {
        enabled_by: raw.enabled_by.map(RawActor::actor),
        enabled_at: Timestamp(enabled_at),
        method: match raw.merge_method {
            RawMethod::Merge => MergeMethod::Merge,
            RawMethod::Rebase => MergeMethod::Rebase,
            RawMethod::Squash => MergeMethod::Squash,
        },
    }))
}

/// The place in the merge queue: the queue's commit holds this pull request and those before it.
pub(super) fn merge_queue(facts: &Facts, number: u64) -> Section<Option<MergeQueue>> {
    let Some(entry): Option<RawEntry> = facts.nullable(&QUEUE)? else {
        return Ok(None);
    };
    let entries = entry.merge_queue.and_then(|queue| queue.entries);
    let Some(entries) = entries else {
        return Err(gap(
            "GitHub does not show the merge queue",
            Some(QUEUE.permission),
        ));
    };
    let others = entries.nodes.into_iter().flatten();
    let mut before: Vec<(u64, u64)> = others
        .filter(|other| other.position < entry.position)
        .filter_map(|other| Some((other.position, other.pull_request?.number)))
        .collect();
    before.sort_unstable();
    let mut pull_requests: Vec<u64> = before.into_iter().map(|(_, number)| number).collect();
    pull_requests.push(number);
    Ok(Some(MergeQueue {
        group_head_oid: entry.head_commit.map(|commit| Oid(commit.oid)),
        base_oid: entry.base_commit.map(|commit| Oid(commit.oid)),
        pull_requests,
        enqueued_by: Some(entry.enqueuer.map(RawActor::actor)),
        enqueued_at: entry.enqueued_at.map(Timestamp),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(pull: &Value) -> Facts {
        Facts {
            data: json!({"repository": {"pullRequest": pull}}),
            errors: Vec::new(),
        }
    }

    fn merged(parents: &[&str], timeline: &[TimelineEventType]) -> Merge {
        let parents: Vec<Value> = parents.iter().map(|oid| json!({"oid": oid})).collect();
        let commit = json!({"oid": "m", "tree": {"oid": "t"}, "parents": {"nodes": parents}});
        let events = timeline.iter().map(|event| TimelineEvent {
            event: *event,
            at: Timestamp::from("2026-11-20T09:00:00Z"),
            actor: None,
            label: None,
        });
        let timeline = List::complete(events.collect());
        let facts = facts(&json!({"mergeCommit": commit, "mergedBy": null}));
        let at = Some("2026-11-20T10:00:00Z");
        merge(&facts, at, "head", Some(&timeline)).unwrap().unwrap()
    }

    #[test]
    fn a_merge_commit_is_told_from_other_merges() {
        assert_eq!(
            merged(&["base", "head"], &[]).method,
            Some(MergeMethod::Merge)
        );
        assert_eq!(merged(&["base"], &[]).method, None, "squashed or rebased");
        let queued = [TimelineEventType::AddedToMergeQueue];
        assert_eq!(merged(&["base", "head"], &queued).method, None);
        assert_eq!(merged(&["base"], &[]).merged_by, None);
    }

    #[test]
    fn what_is_not_merged_has_no_merge() {
        assert_eq!(merge(&facts(&json!({})), None, "head", None), Ok(None));
    }

    #[test]
    fn auto_merge_is_null_or_whole() {
        assert_eq!(
            auto_merge(&facts(&json!({"autoMergeRequest": null}))),
            Ok(None)
        );
        let request = |at: Value| {
            let request = json!({"enabledAt": at, "mergeMethod": "SQUASH", "enabledBy": null});
            auto_merge(&facts(&json!({"autoMergeRequest": request})))
        };
        let found = request(json!("2026-11-20T09:00:00Z")).unwrap().unwrap();
        assert_eq!(found.method, MergeMethod::Squash);
        assert!(request(Value::Null).is_err());
    }

    #[test]
    fn the_queues_commit_holds_those_before_too() {
        let entry = |position: u64, number: u64| json!({"position": position, "pullRequest": {"number": number}});
        let entries = json!({"nodes": [entry(3, 9), entry(2, 42), entry(1, 7)]});
        let queue = json!({
            "position": 2, "enqueuedAt": "2026-11-20T09:00:00Z", "enqueuer": null, "baseCommit": {"oid": "b"},
            "headCommit": null, "mergeQueue": {"entries": entries}
        });
        let found = merge_queue(&facts(&json!({"mergeQueueEntry": queue})), 42)
            .unwrap()
            .unwrap();
        assert_eq!(found.pull_requests, [7, 42]);
        assert_eq!(found.group_head_oid, None);
        assert_eq!(
            merge_queue(&facts(&json!({"mergeQueueEntry": null})), 42),
            Ok(None)
        );
    }
}
