//! What else happened to the pull request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::presence::{Nullable, nullable, present};
use super::scalar::{Text, Timestamp};

/// Something that happened to the pull request (GraphQL `timelineItems`), where no other section
/// says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimelineEvent {
    /// What happened.
    pub event: TimelineEventType,
    /// When. GraphQL `createdAt`.
    pub at: Timestamp,
    /// By whom. GraphQL `actor`. Null: the account was deleted, or GitHub did it.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub actor: Option<Actor>,
    /// The label, for `labeled` and `unlabeled`. Absent: another event.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub label: Option<Text>,
}

/// Kinds of events: some of GraphQL's `PullRequestTimelineItemsItemType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TimelineEventType {
    /// `READY_FOR_REVIEW_EVENT`.
    ReadyForReview,
    /// `CONVERT_TO_DRAFT_EVENT`.
    ConvertedToDraft,
    /// `CLOSED_EVENT`.
    Closed,
    /// `REOPENED_EVENT`.
    Reopened,
    /// `MERGED_EVENT`.
    Merged,
    /// `LABELED_EVENT`.
    Labeled,
    /// `UNLABELED_EVENT`.
    Unlabeled,
    /// `AUTO_MERGE_ENABLED_EVENT`.
    AutoMergeEnabled,
    /// `AUTO_MERGE_DISABLED_EVENT`.
    AutoMergeDisabled,
    /// `ADDED_TO_MERGE_QUEUE_EVENT`.
    AddedToMergeQueue,
    /// `REMOVED_FROM_MERGE_QUEUE_EVENT`.
    RemovedFromMergeQueue,
}
