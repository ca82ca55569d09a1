//! What a control says of a subject.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soc2gate_source::{Location, Path};

use crate::ControlId;

/// How much a failure of a control matters.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good practice; recorded by default.
    Low,
    /// Weakens a criterion; warns by default.
    Medium,
    /// Breaks a criterion; denies by default.
    High,
    /// Breaks a criterion in a way that an auditor reports; denies by default.
    Critical,
}

impl Severity {
    /// The enforcement that a control of this severity has unless the configuration says otherwise.
    pub fn default_enforcement(self) -> Enforcement {
        match self {
            Self::Critical | Self::High => Enforcement::Deny,
            Self::Medium => Enforcement::Warn,
            Self::Low => Enforcement::Record,
        }
    }

    /// The severity as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// What a failure of a control leads to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// It is recorded.
    Record,
    /// It is recorded and shown.
    Warn,
    /// It is recorded and shown, and the subject is denied.
    Deny,
}

impl Enforcement {
    /// The enforcement as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// The four verdicts. There is no silent fifth.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The subject meets the control.
    Pass,
    /// The control does not speak of this subject.
    NotApplicable,
    /// It could not be decided: a missing fact, an error, a timeout.
    Unknown,
    /// The subject does not meet the control.
    Fail,
}

impl Status {
    /// The status as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }
}

/// A control's verdict on a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The control's id.
    pub control: ControlId,
    /// The control's title.
    pub title: String,
    /// Trust Services Criteria that the control gives evidence for, by id.
    pub criteria: Vec<String>,
    /// How much a failure matters.
    pub severity: Severity,
    /// What a failure leads to here.
    pub enforcement: Enforcement,
    /// The verdict.
    pub status: Status,
    /// What does not meet the control; empty unless the status is `fail`. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// What could not be decided, also beside findings. At most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknowns: Vec<Unknown>,
    /// How many findings and unknowns there were beyond those listed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub omitted: usize,
    /// The exception that permits the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<ExceptionUse>,
    /// Whether all that stands against the subject was there before: in the baseline, or in the base of the change. Then it
    /// stands in nobody's way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Verdict {
    /// Whether the verdict stands in the way: a failure or an unknown that is new and that no exception permits.
    pub fn is_open(&self) -> bool {
        let stands = matches!(self.status, Status::Fail | Status::Unknown);
        stands && self.exception.is_none() && !self.known
    }
}

/// One thing that does not meet a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What is wrong, in one sentence.
    pub message: String,
    /// The part of the document that is wrong; empty for the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Path,
    /// Where that part is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// One thing that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unknown {
    /// Why.
    pub reason: UnknownReason,
    /// What is not known, in one sentence.
    pub message: String,
    /// The part of the document that it is about; empty for the whole.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Path,
    /// Where that part is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// Why something could not be decided.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum UnknownReason {
    /// The control says that a fact is missing.
    MissingFact,
    /// The control's evaluation ended with an error.
    EvaluationError,
    /// The control's evaluation took longer than its budget.
    Timeout,
    /// The control's rules gave something that is not a verdict.
    InvalidResult,
}

/// The use of an exception in a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionUse {
    /// The exception's id.
    pub id: String,
    /// The ticket that tracks it.
    pub ticket: String,
    /// Who approved it.
    pub approved_by: String,
    /// When it ends, RFC 3339.
    pub expires_at: jiff::Timestamp,
}
