//! How the change was merged or is about to be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::presence::{Nullable, nullable, present};
use super::scalar::{Oid, Timestamp};

/// The merge (GraphQL `mergeCommit`, `mergedBy`, `mergedAt`, `MergedEvent`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    /// The commit on the base branch: the merge commit, the squashed commit, or the last rebased
    /// one. GraphQL
    /// `mergeCommit.oid`. Null: GitHub names none.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub commit_oid: Option<Oid>,
    /// Its tree. GraphQL `mergeCommit.tree.oid`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Oid")]
    pub tree_oid: Option<Oid>,
    /// Its parents, in order. GraphQL `mergeCommit.parents`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Vec<Oid>")]
    pub parents: Option<Vec<Oid>>,
    /// How it was merged. GitHub does not say: the collector concludes it from the parents, the
    /// commits, and the timeline. Absent: not known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "MergeMethod")]
    pub method: Option<MergeMethod>,
    /// Who merged; with auto-merge, who enabled it. GraphQL `mergedBy`. Null: the account was
    /// deleted.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub merged_by: Option<Actor>,
    /// When. GraphQL `mergedAt`, as in the document's `merged_at`.
    pub at: Timestamp,
}

/// How a change is merged (GraphQL `PullRequestMergeMethod`, and the merge queue).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MergeMethod {
    /// With a merge commit.
    Merge,
    /// As one new commit.
    Squash,
    /// With its commits made anew on the base branch.
    Rebase,
    /// By the merge queue.
    Queue,
}

/// Auto-merge, as it is enabled now (GraphQL `autoMergeRequest`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoMerge {
    /// Who enabled it. GraphQL `enabledBy`. Null: the account was deleted.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub enabled_by: Option<Actor>,
    /// When. GraphQL `enabledAt`.
    pub enabled_at: Timestamp,
    /// How it will merge. GraphQL `mergeMethod`.
    pub method: MergeMethod,
}

/// The pull request's place in a merge queue (GraphQL `mergeQueueEntry`; event `merge_group`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeQueue {
    /// The commit that the queue made of the base branch and the group's pull requests: what will
    /// be merged, and what the queue's checks run on. GraphQL `headCommit.oid`, event
    /// `merge_group.head_sha`. Null: the queue has not made it yet.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub group_head_oid: Option<Oid>,
    /// The commit of the base branch it was made on. GraphQL `baseCommit.oid`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Oid")]
    pub base_oid: Option<Oid>,
    /// The numbers of the group's pull requests, this one among them.
    #[schemars(length(min = 1), inner(range(min = 1)))]
    pub pull_requests: Vec<u64>,
    /// Who put it there. GraphQL `enqueuer`. Null: the account was deleted. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Actor>")]
    pub enqueued_by: Option<Option<Actor>>,
    /// When. GraphQL `enqueuedAt`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub enqueued_at: Option<Timestamp>,
}
