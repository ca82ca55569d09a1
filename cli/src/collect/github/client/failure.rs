//! What keeps facts of GitHub from being read.
//!
//! Messages are made of our own words, names of hosts and numbers: never of a header, an address with its query or the
//! body of an answer, which may repeat the token.

use std::time::Duration;

use jiff::Timestamp;
use soc2gate_source::{Code, Diagnostic};

/// Why a request did not end in facts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No connection, or one that broke, however often it was tried.
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: &'static str },
    /// 401.
    #[error("GitHub answered 401 when {what} was asked for: the token is not accepted")]
    Unauthorized { what: String },
    /// 403 that is no rate limit.
    #[error("the token may not read {what}{}", hint(permission.as_deref()))]
    Forbidden {
        what: String,
        permission: Option<String>,
    },
    /// 404: not there, or not shown to the token.
    #[error("GitHub does not know {what}, or does not show it to the token{}", hint(permission.as_deref()))]
    NotFound {
        what: String,
        permission: Option<String>,
    },
    /// A rate limit that does not end before the deadline.
    #[error("GitHub's {}rate limit is used up{}", if *secondary { "secondary " } else { "" }, until(*resets))]
    RateLimit {
        secondary: bool,
        resets: Option<Timestamp>,
    },
    /// 500, 502, 503, 504 or a cut answer, however often it was tried.
    #[error("{what} could not be read: {why}, {attempts} times")]
    Failed {
        what: String,
        why: String,
        attempts: u32,
    },
    /// The deadline has passed.
    #[error("{what} could not be read within {} s", limit.as_secs())]
    TimedOut { what: String, limit: Duration },
    /// An answer with a status that is not foreseen.
    #[error("GitHub answered {status} when {what} was asked for")]
    Status { what: String, status: u16 },
    /// An answer that is too long, no JSON, or of another shape.
    #[error("the answer about {what} {why}")]
    Answer { what: String, why: String },
    /// The pull request was changed again and again.
    #[error("the pull request changed {times} times while it was read")]
    Moved { times: u32 },
    /// This program could not start what it needs.
    #[error("the client cannot be started: {why}")]
    Client { why: String },
}

fn hint(permission: Option<&str>) -> String {
    permission.map_or_else(String::new, |permission| format!("; it needs {permission}"))
}

fn until(resets: Option<Timestamp>) -> String {
    resets.map_or_else(String::new, |resets| format!(" until {resets}"))
}

impl Failure {
    /// As a problem of the run.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        let code = match self {
            Self::Unreachable { .. } => Code::GitHubUnreachable,
            Self::Unauthorized { .. } => Code::GitHubUnauthorized,
            Self::Forbidden { .. } => Code::GitHubForbidden,
            Self::NotFound { .. } => Code::GitHubNotFound,
            Self::RateLimit { .. } => Code::GitHubRateLimit,
            Self::Failed { .. } => Code::GitHubFailed,
            Self::TimedOut { .. } => Code::GitHubTimeout,
            Self::Status { .. } | Self::Answer { .. } => Code::GitHubAnswer,
            Self::Moved { .. } => Code::GitHubMoved,
            Self::Client { .. } => Code::InternalError,
        };
        Diagnostic::new(code, self.to_string())
    }

    /// The permission that GitHub says would help.
    pub(crate) fn permission(&self) -> Option<&str> {
        match self {
            Self::Forbidden { permission, .. } | Self::NotFound { permission, .. } => {
                permission.as_deref()
            }
            _ => None,
        }
    }

    /// Whether it is about one fact only: another request may well be answered.
    pub(crate) fn is_local(&self) -> bool {
        matches!(
            self,
            Self::Forbidden { .. }
                | Self::NotFound { .. }
                | Self::Status { .. }
                | Self::Answer { .. }
        )
    }
}
