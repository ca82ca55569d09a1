//! What tests and cases came to.

use serde::Serialize;
use soc2gate_engine::Stop;
use soc2gate_source::{Code, Diagnostic};

use super::Coverage;
use crate::exit::Exit;

/// A test or a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A Rego test.
    Test,
    /// A case of a control.
    Case,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    Passed,
    Failed,
    /// A test that says of itself that it is to be written.
    Skipped,
    /// A case that cannot be judged: its file cannot be read.
    Error,
}

/// One test or case.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    pub(crate) kind: Kind,
    /// The path of a rule from `data`, or the file of a case.
    pub(crate) name: String,
    pub(crate) file: String,
    pub(crate) line: u32,
    /// The control that a case is judged by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) control: Option<String>,
    pub(crate) ending: Ending,
    /// Why it did not pass.
    pub(crate) failures: Vec<String>,
    /// The expression of a test that does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expression: Option<Box<Stop>>,
    /// What `print` wrote.
    pub(crate) prints: Vec<String>,
    /// How long it took.
    pub(crate) milliseconds: f64,
}

/// All of a run.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Tests, then cases, in the order of their files.
    pub(crate) outcomes: Vec<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) coverage: Option<Coverage>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) milliseconds: f64,
}

impl Report {
    /// How many of a kind ended in some way.
    pub(crate) fn count(&self, kind: Kind, ending: Ending) -> usize {
        let is_counted = |outcome: &&Outcome| outcome.kind == kind && outcome.ending == ending;
        self.outcomes.iter().filter(is_counted).count()
    }

    /// Notes that nothing was found.
    pub(crate) fn require_outcomes(&mut self) {
        if self.outcomes.is_empty() && !self.diagnostics.iter().any(Diagnostic::is_error) {
            self.diagnostics.push(Diagnostic::new(
                Code::NoTest,
                "no test and no case was found",
            ));
        }
    }

    /// The exit code: what could not run outweighs what fails.
    pub(crate) fn exit(&self) -> Exit {
        let has = |ending| self.outcomes.iter().any(|outcome| outcome.ending == ending);
        let falls_short = self.coverage.as_ref().is_some_and(Coverage::falls_short);
        if self.diagnostics.iter().any(Diagnostic::is_error) || has(Ending::Error) {
            Exit::Error
        } else if has(Ending::Failed) || falls_short {
            Exit::Deny
        } else {
            Exit::Allow
        }
    }
}
