//! What a code host offers to show results on a change, as far as it is used.

use jiff::Timestamp;
use serde::Serialize;

/// A comment on a pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comment {
    /// Later comments have greater ones.
    pub(crate) id: u64,
    pub(crate) author: Option<Account>,
    pub(crate) body: String,
    /// Where people read it.
    pub(crate) url: String,
}

/// An account; logins of bots end in `[bot]`, which no login of a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) id: u64,
    pub(crate) login: String,
}

/// A finished check run, as the REST interface takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CheckRun {
    pub(crate) name: String,
    pub(crate) head_sha: String,
    pub(crate) status: &'static str,
    pub(crate) conclusion: &'static str,
    pub(crate) started_at: Timestamp,
    pub(crate) completed_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) details_url: Option<String>,
    pub(crate) output: CheckOutput,
}

/// What a check run shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CheckOutput {
    pub(crate) title: String,
    /// Markdown.
    pub(crate) summary: String,
    pub(crate) annotations: Vec<CheckAnnotation>,
}

/// An annotation of a check run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct CheckAnnotation {
    pub(crate) path: String,
    pub(crate) start_line: u32,
    pub(crate) end_line: u32,
    /// Columns are only for annotations of one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_column: Option<u32>,
    pub(crate) annotation_level: &'static str,
    pub(crate) title: String,
    pub(crate) message: String,
}

/// Why something could not be shown, in words that hold no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct HostError(pub(crate) String);

/// A code host, with a token.
pub(crate) trait CodeHost {
    /// The account that comments are written by.
    fn account(&self) -> Result<Account, HostError>;

    /// All comments on a pull request.
    fn comments(&self, repository: &str, pull_request: u64) -> Result<Vec<Comment>, HostError>;

    fn add_comment(
        &self,
        repository: &str,
        pull_request: u64,
        body: &str,
    ) -> Result<Comment, HostError>;

    fn update_comment(&self, repository: &str, id: u64, body: &str) -> Result<Comment, HostError>;

    fn remove_comment(&self, repository: &str, id: u64) -> Result<(), HostError>;

    /// Gives the id of the check run.
    fn add_check_run(&self, repository: &str, run: &CheckRun) -> Result<u64, HostError>;

    /// Adds the annotations to those that the check run has.
    fn add_annotations(
        &self,
        repository: &str,
        check_run: u64,
        output: &CheckOutput,
    ) -> Result<(), HostError>;
}
