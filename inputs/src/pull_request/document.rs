//! The pull request document itself.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::branch::{Base, Head, Repository};
use super::check::{Check, RequiredCheck};
use super::code_owners::CodeOwners;
use super::commit::{BaseChange, Commit, Push};
use super::file::{ChangedFile, DependencyChange};
use super::merge::{AutoMerge, Merge, MergeQueue};
use super::presence::{List, Nullable, nullable, present};
use super::review::{Review, ReviewThread};
use super::scalar::{Text, Timestamp};
use super::ticket::{LinkedIssue, Template};
use super::timeline::TimelineEvent;
use super::unavailable::Unavailable;

/// Everything that is known about one pull request at one moment. The sections from `triggered_by`
/// on may be absent: such a section could not be read, and `unavailable` says why. A control then
/// answers `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    /// The version of this document's shape.
    pub schema: SchemaVersion,
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
    /// The repository that the change is for. GraphQL `baseRepository`.
    pub repository: Repository,
    /// The pull request's number.
    #[schemars(range(min = 1))]
    pub number: u64,
    /// Its database id. GraphQL `fullDatabaseId`. Absent: not known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub id: Option<u64>,
    /// Its address. GraphQL `url`. Absent: not known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub url: Option<Text>,
    /// Its title.
    pub title: String,
    /// Its description, in Markdown. GraphQL `body`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "String")]
    pub body: Option<String>,
    /// Open, closed without a merge, or merged. GraphQL `state`.
    pub state: State,
    /// Whether it is a draft. GraphQL `isDraft`.
    pub draft: bool,
    /// When it was opened. GraphQL `createdAt`.
    pub created_at: Timestamp,
    /// When anything about it last changed. GraphQL `updatedAt`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub updated_at: Option<Timestamp>,
    /// When it was merged. GraphQL `mergedAt`. Absent: it is not merged.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub merged_at: Option<Timestamp>,
    /// When it was closed or merged. GraphQL `closedAt`. Absent: it is open, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub closed_at: Option<Timestamp>,
    /// Who opened it. GraphQL `author`. Null: the account was deleted.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Actor>")]
    pub author: Option<Actor>,
    /// Where the change comes from.
    pub head: Head,
    /// Where it is to go.
    pub base: Base,

    /// The person on whose behalf a bot opened it: who ran the workflow, asked the agent, or
    /// commanded the app. Null: nobody did, the bot acts on its own. Absent: not known, or the
    /// author is no bot.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Actor>")]
    pub triggered_by: Option<Option<Actor>>,
    /// The names of its labels (GitHub allows 100). GraphQL `labels`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Vec<Text>")]
    pub labels: Option<Vec<Text>>,
    /// All reviews. GraphQL `reviews`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Review>")]
    pub reviews: Option<List<Review>>,
    /// All review threads. GraphQL `reviewThreads`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<ReviewThread>")]
    pub review_threads: Option<List<ReviewThread>>,
    /// All commits of the change. GraphQL `commits`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Commit>")]
    pub commits: Option<List<Commit>>,
    /// All pushes that gave the head branch a commit of this change, also one that was replaced
    /// later; of a merged pull request, those before the merge.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Push>")]
    pub pushes: Option<List<Push>>,
    /// All changes of the base branch.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<BaseChange>")]
    pub base_changes: Option<List<BaseChange>>,
    /// All changed files.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<ChangedFile>")]
    pub files: Option<List<ChangedFile>>,
    /// The check runs and statuses of the head commit, and of the merge queue's commit where there
    /// is one.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Check>")]
    pub checks: Option<List<Check>>,
    /// The checks that protection and active rulesets of the base branch demand together. Empty:
    /// none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Vec<RequiredCheck>")]
    pub required_checks: Option<Vec<RequiredCheck>>,
    /// The owners of the changed paths.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "CodeOwners")]
    pub code_owners: Option<CodeOwners>,
    /// The dependencies that the change adds and removes.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<DependencyChange>")]
    pub dependency_changes: Option<List<DependencyChange>>,
    /// The issues and tickets it is linked to.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<LinkedIssue>")]
    pub linked_issues: Option<List<LinkedIssue>>,
    /// The template that its body was made from. Null: the base branch has none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Template>")]
    pub template: Option<Option<Template>>,
    /// Other things that happened to it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<TimelineEvent>")]
    pub timeline: Option<List<TimelineEvent>>,
    /// The merge. Null: it is not merged.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Merge>")]
    pub merge: Option<Option<Merge>>,
    /// Auto-merge. Null: it is not enabled.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<AutoMerge>")]
    pub auto_merge: Option<Option<AutoMerge>>,
    /// Its place in the merge queue. Null: it is in none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<MergeQueue>")]
    pub merge_queue: Option<Option<MergeQueue>>,

    /// Why sections are absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Unavailable")]
    pub unavailable: Option<Unavailable>,
}

/// The version of the document's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SchemaVersion {
    /// The first version.
    #[serde(rename = "soc2gate.dev/pull-request/v1")]
    V1,
}

/// From where and by what the facts were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The host, such as `github.com`.
    pub host: Text,
    /// The program and its version.
    pub tool: Text,
}

/// The state of a pull request (GraphQL `PullRequestState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting.
    Open,
    /// Closed without a merge.
    Closed,
    /// Merged.
    Merged,
}
