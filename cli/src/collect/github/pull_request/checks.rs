//! Check runs and commit statuses.

use std::collections::BTreeSet;

use serde::Deserialize;
use soc2gate_inputs::pull_request::{
    App, Check, CheckConclusion, CheckKind, CheckStatus, List, Name, Oid, Timestamp, WorkflowRun,
};

use super::account::RawActor;
use super::facts::{Connection, Facts, Place, Section, text};
use super::reviews::RawOid;

const PERMISSION: &str = "checks:read and statuses:read";
/// Fields of a check that it can do without.
const OPTIONAL: &[&str] = &["file", "workflowRun"];

const HEAD: Place = Place {
    pointer: "/repository/pullRequest/statusCheckRollup",
    permission: PERMISSION,
    optional: OPTIONAL,
};
const QUEUE: Place = Place {
    pointer: "/repository/pullRequest/mergeQueueEntry/headCommit",
    permission: PERMISSION,
    optional: OPTIONAL,
};

#[derive(Debug, Deserialize)]
struct RawRollup {
    contexts: Connection<RawCheck>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawQueueCommit {
    oid: String,
    status_check_rollup: Option<RawRollup>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "__typename")]
enum RawCheck {
    CheckRun(RawRun),
    StatusContext(RawStatus),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRun {
    database_id: Option<u64>,
    name: String,
    status: RawRunStatus,
    conclusion: Option<RawConclusion>,
    completed_at: Option<String>,
    is_required: Option<bool>,
    check_suite: RawSuite,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSuite {
    database_id: Option<u64>,
    app: Option<RawApp>,
    commit: RawOid,
    workflow_run: Option<RawWorkflowRun>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawApp {
    database_id: Option<u64>,
    slug: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawWorkflowRun {
    database_id: Option<u64>,
    event: String,
    workflow: RawWorkflow,
    file: Option<RawFile>,
}

#[derive(Debug, Deserialize)]
struct RawWorkflow {
    name: String,
}

#[derive(Debug, Deserialize)]
struct RawFile {
    path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    context: String,
    state: RawState,
    created_at: String,
    is_required: Option<bool>,
    creator: Option<RawActor>,
    commit: Option<RawOid>,
}

/// GraphQL `CheckStatusState`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawRunStatus {
    Completed,
    InProgress,
    Pending,
    Queued,
    Requested,
    Waiting,
}

/// GraphQL `CheckConclusionState`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawConclusion {
    ActionRequired,
    Cancelled,
    Failure,
    Neutral,
    Skipped,
    Stale,
    StartupFailure,
    Success,
    TimedOut,
}

/// GraphQL `StatusState`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RawState {
    Error,
    Expected,
    Failure,
    Pending,
    Success,
}

/// The checks of the head, and those of the merge queue's commit. No rollup: there are none.
pub(super) fn checks(facts: &Facts, head: &str) -> Section<List<Check>> {
    let rollup: Option<RawRollup> = facts.nullable(&HEAD)?;
    let queue: Option<RawQueueCommit> = facts.nullable(&QUEUE)?;
    let mut all = rollup.map_or_else(empty, |rollup| list(rollup, head));
    if let Some(queue) = queue
        && let Some(rollup) = queue.status_check_rollup
        && queue.oid != head
    {
        let more = list(rollup, &queue.oid);
        let known: BTreeSet<u64> = all.items.iter().filter_map(|check| check.id).collect();
        let is_new = |check: &Check| check.id.is_none_or(|id| !known.contains(&id));
        all.items.extend(more.items.into_iter().filter(is_new));
        all.complete &= more.complete;
        all.total = None;
    }
    Ok(all)
}

fn empty() -> List<Check> {
    List {
        complete: true,
        total: Some(0),
        items: Vec::new(),
    }
}

fn list(rollup: RawRollup, commit: &str) -> List<Check> {
    rollup.contexts.list(|check| match check {
        RawCheck::CheckRun(run) => run.check(),
        RawCheck::StatusContext(status) => status.check(commit),
    })
}

impl RawRun {
    /// As the document writes it; `None` where the app cannot be named.
    fn check(self) -> Option<Check> {
        let app = match self.check_suite.app {
            None => None,
            Some(app) => Some(App {
                id: app.database_id.filter(|id| *id > 0)?,
                slug: Name(app.slug),
            }),
        };
        let status = self.status.status();
        Some(Check {
            name: text(&self.name)?,
            kind: CheckKind::CheckRun,
            app,
            creator: None,
            commit_oid: Oid(self.check_suite.commit.oid),
            status,
            conclusion: self.conclusion.map(RawConclusion::conclusion),
            completed_at: self.completed_at.map(Timestamp),
            required: self.is_required,
            id: self.database_id,
            suite_id: self.check_suite.database_id,
            workflow: match self.check_suite.workflow_run {
                None => Some(None),
                Some(run) => run.run().map(Some),
            },
        })
    }
}

impl RawWorkflowRun {
    fn run(self) -> Option<WorkflowRun> {
        Some(WorkflowRun {
            run_id: self.database_id?,
            name: text(&self.workflow.name)?,
            event: text(&self.event)?,
            path: self.file.and_then(|file| text(&file.path)),
        })
    }
}

impl RawStatus {
    fn check(self, commit: &str) -> Option<Check> {
        let (status, conclusion) = match self.state {
            RawState::Success => (CheckStatus::Completed, Some(CheckConclusion::Success)),
            RawState::Failure => (CheckStatus::Completed, Some(CheckConclusion::Failure)),
            RawState::Error => (CheckStatus::Completed, Some(CheckConclusion::Error)),
            RawState::Pending | RawState::Expected => (CheckStatus::Pending, None),
        };
        let commit = self
            .commit
            .map_or_else(|| commit.to_owned(), |commit| commit.oid);
        Some(Check {
            name: text(&self.context)?,
            kind: CheckKind::Status,
            app: None,
            creator: Some(self.creator.map(RawActor::actor)),
            commit_oid: Oid(commit),
            status,
            conclusion,
            completed_at: conclusion.map(|_| Timestamp(self.created_at)),
            required: self.is_required,
            id: None,
            suite_id: None,
            workflow: None,
        })
    }
}

impl RawRunStatus {
    fn status(self) -> CheckStatus {
        match self {
            Self::Completed => CheckStatus::Completed,
            Self::InProgress => CheckStatus::InProgress,
            Self::Pending => CheckStatus::Pending,
            Self::Queued => CheckStatus::Queued,
            Self::Requested => CheckStatus::Requested,
            Self::Waiting => CheckStatus::Waiting,
        }
    }
}

impl RawConclusion {
    fn conclusion(self) -> CheckConclusion {
        match self {
            Self::ActionRequired => CheckConclusion::ActionRequired,
            Self::Cancelled => CheckConclusion::Cancelled,
            Self::Failure => CheckConclusion::Failure,
            Self::Neutral => CheckConclusion::Neutral,
            Self::Skipped => CheckConclusion::Skipped,
            Self::Stale => CheckConclusion::Stale,
            Self::StartupFailure => CheckConclusion::StartupFailure,
            Self::Success => CheckConclusion::Success,
            Self::TimedOut => CheckConclusion::TimedOut,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn run(id: u64, app: &Value) -> Value {
        json!({
            "__typename": "CheckRun", "databaseId": id, "name": "test", "status": "COMPLETED",
            "conclusion": "SUCCESS", "completedAt": "2026-11-20T10:00:00Z", "isRequired": true,
            "checkSuite": {
                "databaseId": 5, "app": app, "commit": {"oid": "head"},
                "workflowRun": {"databaseId": 9, "event": "pull_request", "workflow": {"name": "ci"}, "file": null}
            }
        })
    }

    fn status(state: &str) -> Value {
        json!({
            "__typename": "StatusContext", "context": "deploy", "state": state,
            "createdAt": "2026-11-20T10:00:00Z", "isRequired": false, "creator": null, "commit": null
        })
    }

    fn read(nodes: &[Value], queue: &Value) -> Section<List<Check>> {
        let rollup = json!({"contexts": {"totalCount": nodes.len(), "nodes": nodes}});
        let facts = Facts {
            data: json!({"repository": {"pullRequest": {"statusCheckRollup": rollup, "mergeQueueEntry": queue}}}),
            errors: Vec::new(),
        };
        checks(&facts, "head")
    }

    #[test]
    fn a_run_has_an_app_and_a_status_a_creator() {
        let app = json!({"databaseId": 15368, "slug": "github-actions"});
        let list = read(&[run(1, &app), status("SUCCESS")], &Value::Null).unwrap();
        assert!(list.complete);
        let [run, status] = &list.items[..] else {
            panic!("{list:?}");
        };
        assert_eq!(run.app.as_ref().map(|app| app.id), Some(15368));
        assert_eq!(run.required, Some(true));
        assert_eq!(
            run.workflow
                .as_ref()
                .and_then(Option::as_ref)
                .map(|run| run.run_id),
            Some(9)
        );
        assert_eq!(status.creator, Some(None), "the account was deleted");
        assert_eq!(status.commit_oid, Oid::from("head"));
        assert_eq!(status.conclusion, Some(CheckConclusion::Success));
    }

    #[test]
    fn a_status_that_is_expected_has_not_ended() {
        for (state, ended) in [("EXPECTED", false), ("PENDING", false), ("ERROR", true)] {
            let list = read(&[status(state)], &Value::Null).unwrap();
            assert_eq!(list.items[0].conclusion.is_some(), ended, "{state}");
            assert_eq!(list.items[0].completed_at.is_some(), ended, "{state}");
        }
    }

    #[test]
    fn a_run_of_an_app_without_a_number_cuts_the_list() {
        let app = json!({"databaseId": null, "slug": "github-actions"});
        assert!(!read(&[run(1, &app)], &Value::Null).unwrap().complete);
    }

    #[test]
    fn the_checks_of_the_merge_queue_are_there_too() {
        let app = json!({"databaseId": 15368, "slug": "github-actions"});
        let contexts = json!({"totalCount": 2, "nodes": [run(1, &app), run(2, &app)]});
        let queue =
            json!({"headCommit": {"oid": "queue", "statusCheckRollup": {"contexts": contexts}}});
        let list = read(&[run(1, &app)], &queue).unwrap();
        let ids: Vec<Option<u64>> = list.items.iter().map(|check| check.id).collect();
        assert_eq!(ids, [Some(1), Some(2)], "a run once");
        assert_eq!(list.total, None);
    }

    #[test]
    fn no_rollup_is_no_checks_and_an_unknown_conclusion_is_none_at_all() {
        let facts = Facts {
            data: json!({"repository": {"pullRequest": {"statusCheckRollup": null}}}),
            errors: Vec::new(),
        };
        assert_eq!(checks(&facts, "head"), Ok(empty()));
        let mut odd = run(1, &Value::Null);
        odd["conclusion"] = json!("MAYBE");
        assert!(read(&[odd], &Value::Null).is_err());
    }
}
