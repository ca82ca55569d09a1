//! Results on GitHub: comments and check runs.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Failure, GitHub, segment};
use crate::publish::{Account, CheckOutput, CheckRun, CodeHost, Comment, HostError};

/// Most pages of comments that are read: 5,000 comments.
const MOST_PAGES: usize = 50;

const COMMENT: &str = "the comment";
const CHECK_RUN: &str = "the check run";

#[derive(Deserialize)]
struct RawComment {
    id: u64,
    user: Option<RawAccount>,
    body: Option<String>,
    html_url: String,
}

#[derive(Deserialize)]
struct RawAccount {
    id: u64,
    login: String,
}

#[derive(Deserialize)]
struct RawCheckRun {
    id: u64,
}

impl From<RawComment> for Comment {
    fn from(raw: RawComment) -> Self {
        Self {
            id: raw.id,
            author: raw.user.map(|user| Account {
                id: user.id,
                login: user.login,
            }),
            body: raw.body.unwrap_or_default(),
            url: raw.html_url,
        }
    }
}

impl CodeHost for GitHub {
    fn account(&self) -> Result<Account, HostError> {
        let query = include_str!("queries/viewer.graphql");
        let answer = self
            .query("the token's account", query, &json!({}))
            .map_err(|failure| reading(&failure))?;
        let of_viewer = |field: &str| answer.data.get("viewer")?.get(field);
        let login = of_viewer("login").and_then(Value::as_str);
        let id = of_viewer("databaseId").and_then(Value::as_u64);
        match (id, login) {
            (Some(id), Some(login)) => Ok(Account {
                id,
                login: login.to_owned(),
            }),
            _ => Err(HostError(
                "GitHub does not say whose the token is".to_owned(),
            )),
        }
    }

    fn comments(&self, repository: &str, pull_request: u64) -> Result<Vec<Comment>, HostError> {
        let base = base(repository)?;
        let mut next = Some(format!(
            "{base}/issues/{pull_request}/comments?per_page=100"
        ));
        let mut comments = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(path) = next else {
                return Ok(comments);
            };
            let (page, after): (Vec<RawComment>, _) = self
                .get("the comments", &path)
                .map_err(|failure| reading(&failure))?;
            comments.extend(page.into_iter().map(Comment::from));
            next = after;
        }
        match next {
            None => Ok(comments),
            Some(_) => Err(HostError(
                "there are too many comments to look for our own".to_owned(),
            )),
        }
    }

    fn add_comment(
        &self,
        repository: &str,
        pull_request: u64,
        body: &str,
    ) -> Result<Comment, HostError> {
        let path = format!("{}/issues/{pull_request}/comments", base(repository)?);
        let added: Result<RawComment, Failure> =
            self.send(COMMENT, &Method::POST, &path, &json!({"body": body}));
        added
            .map(Comment::from)
            .map_err(|failure| writing(&failure, "pull-requests: write"))
    }

    fn update_comment(&self, repository: &str, id: u64, body: &str) -> Result<Comment, HostError> {
        let path = format!("{}/issues/comments/{id}", base(repository)?);
        let updated: Result<RawComment, Failure> =
            self.send(COMMENT, &Method::PATCH, &path, &json!({"body": body}));
        updated
            .map(Comment::from)
            .map_err(|failure| writing(&failure, "pull-requests: write"))
    }

    fn remove_comment(&self, repository: &str, id: u64) -> Result<(), HostError> {
        let path = format!("{}/issues/comments/{id}", base(repository)?);
        self.delete(COMMENT, &path)
            .map_err(|failure| writing(&failure, "pull-requests: write"))
    }

    fn add_check_run(&self, repository: &str, run: &CheckRun) -> Result<u64, HostError> {
        let path = format!("{}/check-runs", base(repository)?);
        let added: Result<RawCheckRun, Failure> = self.send(CHECK_RUN, &Method::POST, &path, run);
        added
            .map(|run| run.id)
            .map_err(|failure| writing(&failure, "checks: write"))
    }

    fn add_annotations(
        &self,
        repository: &str,
        check_run: u64,
        output: &CheckOutput,
    ) -> Result<(), HostError> {
        let path = format!("{}/check-runs/{check_run}", base(repository)?);
        let updated: Result<RawCheckRun, Failure> =
            self.send(CHECK_RUN, &Method::PATCH, &path, &json!({"output": output}));
        updated
            .map(|_| ())
            .map_err(|failure| writing(&failure, "checks: write"))
    }
}

/// The path of a repository below the REST interface.
fn base(repository: &str) -> Result<String, HostError> {
    match repository.split_once('/') {
        Some((owner, name))
            if ![owner, name]
                .iter()
                .any(|part| matches!(*part, "" | "." | "..")) =>
        {
            Ok(format!("/repos/{}/{}", segment(owner), segment(name)))
        }
        _ => Err(HostError(
            "the repository has no name that GitHub would give".to_owned(),
        )),
    }
}

fn reading(failure: &Failure) -> HostError {
    HostError(failure.to_string())
}

/// Why nothing was written. A token that may not write to a private repository is told that it is not there.
fn writing(failure: &Failure, permission: &str) -> HostError {
    HostError(match failure {
        Failure::Forbidden { .. } | Failure::NotFound { .. } => {
            format!("the token may not write it; it needs {permission}")
        }
        other => other.to_string(),
    })
}
