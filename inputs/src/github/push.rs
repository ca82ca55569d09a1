//! The push document, schema v1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::{Nullable, nullable, present};
use crate::pull_request::{
    Actor, Gap, Identity, List, Name, Oid, Source, Text, Timestamp, sections,
};

/// Everything that is known about one push to a branch: what was there before, what is there now, and how each new
/// commit came about. The commits may be absent: then they could not be read, and `unavailable` says why. A control then
/// answers `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// The version of this document's shape.
    pub schema: PushSchema,
    /// When the facts were read.
    pub collected_at: Timestamp,
    /// From where and by what. Absent: written by hand.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Source")]
    pub source: Option<Source>,
    /// The account that owns the repository. Event `repository.owner.login`.
    pub owner: Name,
    /// The repository's name. Event `repository.name`.
    pub name: Name,
    /// The branch in full, such as `refs/heads/main`. Event `ref`.
    pub r#ref: Text,
    /// The commit that the branch had. Event `before`. Null: the push created the branch.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub before: Option<Oid>,
    /// The commit that it has now. Event `after`. Null: the push deleted the branch.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub after: Option<Oid>,
    /// Whether commits that the branch had are no longer on it: event `forced`, or REST `compare` says so.
    pub forced: bool,
    /// Who pushed. Event `sender`. Null: the account was deleted. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Actor>")]
    pub pusher: Option<Option<Actor>>,
    /// The new first-parent commits of the branch, the oldest first: those from `before`, from where both part after a
    /// forced push, or from the default branch where the branch is new. REST `compare/{base}...{head}`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<PushedCommit>")]
    pub commits: Option<List<PushedCommit>>,
    /// Why sections are absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfPush")]
    pub unavailable: Option<UnavailableOfPush>,
}

/// The version of the document's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PushSchema {
    /// The first version.
    #[serde(rename = "soc2gate.dev/github-push/v1")]
    V1,
}

sections!(
    /// For each section of the document that could not be read, why. A section is never both here and in the document.
    UnavailableOfPush:
        commits,
);

/// A commit that the push brought to the branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PushedCommit {
    /// The commit.
    pub oid: Oid,
    /// Its parents, in order.
    pub parents: Vec<Oid>,
    /// Its tree.
    pub tree_oid: Oid,
    /// Who wrote it. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Identity")]
    pub author: Option<Identity>,
    /// Who made it. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Identity")]
    pub committer: Option<Identity>,
    /// The pull requests of this repository that GitHub names for it. REST `commits/{sha}/pulls`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<CommitPullRequest>")]
    pub pull_requests: Option<List<CommitPullRequest>>,
}

/// A pull request that a commit belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitPullRequest {
    /// Its number.
    #[schemars(range(min = 1))]
    pub number: u64,
    /// Whether it is merged.
    pub merged: bool,
    /// The merge commit, the squashed commit, or the last rebased one. REST `merge_commit_sha` of a merged pull request.
    /// Null: it is not merged, or GitHub names none.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub merge_commit_oid: Option<Oid>,
    /// The branch that it goes to, without `refs/heads/`. REST `base.ref`.
    pub base_ref: Text,
    /// Its head. REST `head.sha`.
    pub head_oid: Oid,
    /// The last decision about this head that the ledger holds, else the last about the pull request. Null: it holds none.
    /// Absent: no ledger was asked.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<RecordedDecision>")]
    pub decision: Option<Option<RecordedDecision>>,
}

/// A decision about a pull request, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedDecision {
    /// The index of the record in its ledger.
    pub index: u64,
    /// What was decided.
    pub outcome: RecordedOutcome,
    /// The head that was judged. Null: the record does not say.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Oid>")]
    pub head_oid: Option<Oid>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecordedOutcome {
    /// The change was allowed.
    Allow,
    /// It was denied.
    Deny,
    /// It could not be decided.
    Error,
}
