//! What happened to the pull request: events of its timeline, and changes of its base.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{
    BaseChange, List, Text, TimelineEvent, TimelineEventType, Timestamp,
};

use super::account::RawActor;
use super::facts::{Connection, Facts, Place, Section, text};

const TIMELINE: Place = Place {
    pointer: "/repository/pullRequest/timeline",
    permission: "pull_requests:read",
    optional: &[],
};
const BASE_CHANGES: Place = Place {
    pointer: "/repository/pullRequest/baseChanges",
    permission: "pull_requests:read",
    optional: &[],
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEvent {
    #[serde(rename = "__typename")]
    typename: RawEventType,
    created_at: String,
    actor: Option<RawActor>,
    label: Option<RawName>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawName {
    pub(super) name: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[allow(clippy::enum_variant_names, reason = "the names are GitHub's")]
enum RawEventType {
    ReadyForReviewEvent,
    ConvertToDraftEvent,
    ClosedEvent,
    ReopenedEvent,
    MergedEvent,
    LabeledEvent,
    UnlabeledEvent,
    AutoMergeEnabledEvent,
    AutoMergeDisabledEvent,
    AddedToMergeQueueEvent,
    RemovedFromMergeQueueEvent,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBaseChange {
    created_at: String,
    actor: Option<RawActor>,
    from: String,
    to: String,
}

/// The timeline.
pub(super) fn timeline(facts: &Facts) -> Section<List<TimelineEvent>> {
    let raw: Connection<RawEvent> = facts.section(&TIMELINE)?;
    Ok(raw.list(|event| {
        Some(TimelineEvent {
            event: event.typename.event_type(),
            at: Timestamp(event.created_at),
            actor: event.actor.map(RawActor::actor),
            label: event.label.and_then(|label| text(&label.name)),
        })
    }))
}

/// The changes of the base branch.
pub(super) fn base_changes(facts: &Facts) -> Section<List<BaseChange>> {
    let raw: Connection<RawBaseChange> = facts.section(&BASE_CHANGES)?;
    Ok(raw.list(|change| {
        Some(BaseChange {
            at: Timestamp(change.created_at),
            actor: change.actor.map(RawActor::actor),
            from: Text(change.from),
            to: Text(change.to),
        })
    }))
}

impl RawEventType {
    fn event_type(self) -> TimelineEventType {
        match self {
            Self::ReadyForReviewEvent => TimelineEventType::ReadyForReview,
            Self::ConvertToDraftEvent => TimelineEventType::ConvertedToDraft,
            Self::ClosedEvent => TimelineEventType::Closed,
            Self::ReopenedEvent => TimelineEventType::Reopened,
            Self::MergedEvent => TimelineEventType::Merged,
            Self::LabeledEvent => TimelineEventType::Labeled,
            Self::UnlabeledEvent => TimelineEventType::Unlabeled,
            Self::AutoMergeEnabledEvent => TimelineEventType::AutoMergeEnabled,
            Self::AutoMergeDisabledEvent => TimelineEventType::AutoMergeDisabled,
            Self::AddedToMergeQueueEvent => TimelineEventType::AddedToMergeQueue,
            Self::RemovedFromMergeQueueEvent => TimelineEventType::RemovedFromMergeQueue,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(field: &str, nodes: &Value) -> Facts {
        let mut pull = serde_json::Map::new();
        pull.insert(field.to_owned(), json!({"nodes": nodes}));
        Facts {
            data: json!({"repository": {"pullRequest": pull}}),
            errors: Vec::new(),
        }
    }

    #[test]
    fn an_event_keeps_its_label_and_a_deleted_actor() {
        let nodes = json!([
            {"__typename": "LabeledEvent", "createdAt": "2026-11-20T09:00:00Z", "actor": null, "label": {"name": "urgent"}},
            {"__typename": "MergedEvent", "createdAt": "2026-11-20T10:00:00Z", "actor": null}
        ]);
        let list = timeline(&facts("timeline", &nodes)).unwrap();
        assert!(list.complete);
        assert_eq!(list.items[0].label, Some(Text::from("urgent")));
        assert_eq!(list.items[0].actor, None);
        assert_eq!(list.items[1].event, TimelineEventType::Merged);
    }

    #[test]
    fn an_event_that_nobody_asked_for_is_not_guessed_at() {
        let nodes = json!([{"__typename": "PinnedEvent", "createdAt": "2026-11-20T09:00:00Z"}]);
        assert!(timeline(&facts("timeline", &nodes)).is_err());
    }

    #[test]
    fn a_change_of_the_base_leads_from_one_branch_to_another() {
        let change = json!({"createdAt": "2026-11-20T09:00:00Z", "actor": null, "from": "next", "to": "main"});
        let list = base_changes(&facts("baseChanges", &json!([change]))).unwrap();
        assert_eq!(list.items[0].from, Text::from("next"));
        assert_eq!(list.items[0].to, Text::from("main"));
    }
}
