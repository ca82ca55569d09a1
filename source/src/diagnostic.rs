//! What the gate has to say about its inputs: coded, placed, with a remedy.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Code, Location, ParseError, Span};

/// How bad it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// For information; changes nothing.
    Note,
    /// Worth a look; changes nothing.
    Warning,
    /// Something could not be decided: the run ends with exit code 2.
    Error,
}

/// One thing that is wrong with an input, a configuration or a control, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diagnostic {
    /// The stable code; `docs/diagnostics.md` explains each.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line. Never holds a value that may be secret.
    pub message: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// What to do.
    pub help: String,
}

impl Diagnostic {
    /// A diagnostic with the severity and the remedy that its code has.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            location: None,
            help: code.help().to_owned(),
        }
    }

    /// The same, placed in a file.
    #[must_use]
    pub fn at(mut self, file: impl Into<String>, span: Span) -> Self {
        self.location = Some(Location::new(file, span));
        self
    }

    /// The same, with a remedy of its own.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// A text that could not be parsed.
    pub fn from_parse_error(file: impl Into<String>, error: &ParseError) -> Self {
        Self::new(error.kind.code(), error.kind.to_string()).at(file, error.span)
    }

    /// Whether something could not be decided because of this.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{} [{}]; {}", self.message, self.code, self.help)
    }
}
