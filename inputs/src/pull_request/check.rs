//! Check runs, commit statuses, and which of them are required.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::presence::{Nullable, nullable, present};
use super::scalar::{Name, Oid, Text, Timestamp};

/// A check run or a commit status (GraphQL `StatusCheckRollup.contexts`: `CheckRun` and
/// `StatusContext`). Of the runs of one name in one check suite only the latest is listed, and only
/// the latest status of a context (as the rollup does, and REST with `filter=latest`), so a re-run
/// replaces what it re-ran. Runs of one name in several suites are all listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The name of the run, or the status's context.
    pub name: Text,
    /// Which of the two it is.
    pub kind: CheckKind,
    /// The app that reports it. GraphQL `checkSuite.app`. Null: not an app's. GitHub names no app
    /// for a commit status, so a status has null here and its poster in `creator`.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<App>")]
    pub app: Option<App>,
    /// Who posted a commit status: anyone with write access can. GraphQL `StatusContext.creator`.
    /// Null: the account was deleted. Absent: a check run, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Actor>")]
    pub creator: Option<Option<Actor>>,
    /// The commit it is about. GraphQL `checkSuite.commit.oid`, `StatusContext.commit.oid`.
    pub commit_oid: Oid,
    /// How far it is. A status is `completed` once its state is success, failure or error;
    /// `pending` and
    /// `expected` are `pending`.
    pub status: CheckStatus,
    /// How it ended. Null: it has not.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<CheckConclusion>")]
    pub conclusion: Option<CheckConclusion>,
    /// When it ended. GraphQL `completedAt`; `createdAt` of a status. Absent: it has not, or not
    /// read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub completed_at: Option<Timestamp>,
    /// Whether GitHub demands it before this pull request is merged. GraphQL
    /// `isRequired(pullRequestNumber:)`. Null: not known.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<bool>")]
    pub required: Option<bool>,
    /// The run's number. GraphQL `databaseId`. Absent: a status, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub id: Option<u64>,
    /// The number of the check suite it belongs to. GraphQL `checkSuite.databaseId`. Absent: a
    /// status, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub suite_id: Option<u64>,
    /// The workflow run it comes from. GraphQL `checkSuite.workflowRun`. Null: not of GitHub
    /// Actions. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<WorkflowRun>")]
    pub workflow: Option<Option<WorkflowRun>>,
}

/// A GitHub App.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its number; GitHub Actions is 15368 on github.com. GraphQL `App.databaseId`.
    #[schemars(range(min = 1))]
    pub id: u64,
    /// Its name in addresses. GraphQL `App.slug`.
    pub slug: Name,
}

/// What a check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// A check run, which only apps can make.
    CheckRun,
    /// A commit status, which anyone with write access can post.
    Status,
}

/// How far a check is (GraphQL `CheckStatusState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// It has ended.
    Completed,
    /// It waits for its turn.
    Queued,
    /// It runs.
    InProgress,
    /// It waits for a deployment rule.
    Waiting,
    /// It has not begun.
    Pending,
    /// It was asked for.
    Requested,
}

/// How a check ended (GraphQL `CheckConclusionState`, and `error` of `StatusState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckConclusion {
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// It has no opinion.
    Neutral,
    /// Someone stopped it.
    Cancelled,
    /// It did not run.
    Skipped,
    /// It took too long.
    TimedOut,
    /// Someone must act first.
    ActionRequired,
    /// GitHub gave up waiting.
    Stale,
    /// It could not start.
    StartupFailure,
    /// A commit status: it could not be run.
    Error,
}

/// The run of a GitHub Actions workflow (GraphQL `WorkflowRun`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowRun {
    /// The run's number. GraphQL `databaseId`.
    pub run_id: u64,
    /// The workflow's name. GraphQL `workflow.name`.
    pub name: Text,
    /// The event that started it, such as `pull_request`. GraphQL `event`.
    pub event: Text,
    /// The workflow file's path. GraphQL `file.path`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub path: Option<Text>,
}

/// A check that the rules of the base branch demand (REST `branches/{branch}/protection`
/// `required_status_checks.checks`, and `rules/branches/{branch}` rules of type
/// `required_status_checks`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredCheck {
    /// The name of the run or the context of the status. REST `context`.
    pub context: Text,
    /// The app that must report it. REST `app_id` (protection), `integration_id` (rules). Null: the
    /// rules take it from anyone.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<u64>")]
    pub app_id: Option<u64>,
}
