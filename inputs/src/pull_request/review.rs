//! Reviews and review threads.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::presence::{Nullable, nullable, present};
use super::scalar::{Oid, Slug, Text, Timestamp};

/// One review (GraphQL `PullRequestReview`; REST `pulls/{number}/reviews`). All of a reviewer's
/// reviews are listed, not only the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// The review's id, unique in the document. GraphQL `fullDatabaseId` or `id`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub id: Option<Text>,
    /// Who reviewed. Null: the account was deleted.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub author: Option<Actor>,
    /// What the review says now. A dismissed review has lost what it said before: see `dismissed`.
    pub state: ReviewState,
    /// When the review was submitted; a later dismissal does not change it. GraphQL `submittedAt`.
    /// Null for a PENDING review only.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Timestamp>")]
    pub submitted_at: Option<Timestamp>,
    /// The commit that was reviewed. GraphQL `commit.oid`. Null: GitHub no longer has the commit.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub commit_oid: Option<Oid>,
    /// Whether the reviewer had write access to the repository when the facts were read (not when
    /// the review was made). GraphQL `authorCanPushToRepository`. Null: not known.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<bool>")]
    pub author_can_push: Option<bool>,
    /// How the review was dismissed. GraphQL `ReviewDismissedEvent`. Absent: it was not, or the
    /// event was not found.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Dismissal")]
    pub dismissed: Option<Dismissal>,
    /// The teams the review was made for. GraphQL `onBehalfOf`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Vec<Slug>")]
    pub on_behalf_of: Option<Vec<Slug>>,
}

/// GraphQL `PullRequestReviewState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewState {
    /// The reviewer approved.
    Approved,
    /// The reviewer blocks the change.
    ChangesRequested,
    /// Comments without an opinion.
    Commented,
    /// Someone dismissed the review: it neither approves nor blocks.
    Dismissed,
    /// Not submitted yet; only its author sees it.
    Pending,
}

/// How a review was dismissed (GraphQL `ReviewDismissedEvent`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dismissal {
    /// When. GraphQL `createdAt`.
    pub at: Timestamp,
    /// By whom. GraphQL `actor`. Null: the account was deleted, or GitHub did it.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub by: Option<Actor>,
    /// What the review said before. GraphQL `previousReviewState`.
    pub previous_state: ReviewState,
}

/// A conversation on lines or on a file (GraphQL `PullRequestReviewThread`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReviewThread {
    /// Whether someone marked it as resolved. GraphQL `isResolved`.
    pub resolved: bool,
    /// Whether the lines have changed since. GraphQL `isOutdated`. An outdated thread may still be
    /// open.
    pub outdated: bool,
    /// The file. GraphQL `path`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub path: Option<Text>,
    /// The line, counted from 1. GraphQL `line`. Absent: the thread is on the whole file or
    /// outdated.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64", range(min = 1))]
    pub line: Option<u64>,
    /// Who opened it. GraphQL `comments(first: 1).author`. Null: the account was deleted. Absent:
    /// not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Actor>")]
    pub author: Option<Option<Actor>>,
    /// When it was opened. GraphQL `comments(first: 1).createdAt`. Absent: not read. (GitHub does
    /// not say when a thread was resolved.)
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub opened_at: Option<Timestamp>,
}
