//! Lines that GitHub skips.

use std::fmt;

use crate::pull_request::{CodeOwnersError, Text};

/// A line that GitHub skips ("About code owners": a line with invalid syntax is skipped, the others count).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineError {
    /// The line, counted from 1.
    pub line: u64,
    /// The first thing that is wrong in it.
    pub kind: LineErrorKind,
}

/// What is wrong with a line. GitHub has a third kind, `Unknown owner`, which only GitHub can tell: that line is not
/// skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineErrorKind {
    /// The pattern cannot be read, or can match nothing.
    InvalidPattern,
    /// An owner is neither `@user`, `@organisation/team` nor an e-mail address.
    InvalidOwner,
}

impl LineErrorKind {
    /// The kind as REST `codeowners/errors` writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidPattern => "Invalid pattern",
            Self::InvalidOwner => "Invalid owner",
        }
    }
}

impl fmt::Display for LineErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl From<LineError> for CodeOwnersError {
    fn from(error: LineError) -> Self {
        Self {
            line: error.line,
            kind: Text::from(error.kind.as_str()),
        }
    }
}
