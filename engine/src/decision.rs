//! All that was decided about a subject.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soc2gate_source::Location;

use crate::{Enforcement, Status, SubjectKind, Verdict};

/// The schema that a [`Decision`] names itself.
pub const DECISION_SCHEMA: &str = "soc2gate.dev/decision/v1";

/// All verdicts on one subject, and what follows from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// `soc2gate.dev/decision/v1`.
    pub schema: String,
    /// What was judged.
    pub subject: SubjectRef,
    /// The decision's clock, RFC 3339: what `input.now` and `time.now_ns()` said.
    pub time: Timestamp,
    /// What judged.
    pub engine: EngineRef,
    /// `sha256:` and the digest of every policy source that was loaded: same digest, same policies.
    pub policy_digest: String,
    /// `sha256:` and the digest of parameters, enforcement and exceptions: same digest, same settings.
    pub settings_digest: String,
    /// What follows.
    pub outcome: Outcome,
    /// One verdict for each control that speaks of this kind of subject, ordered by control.
    pub verdicts: Vec<Verdict>,
}

/// The subject of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubjectRef {
    /// Its kind.
    pub kind: SubjectKind,
    /// Its stable id.
    pub id: String,
    /// Its type within its kind, such as `apps/Deployment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// Where its document is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
}

/// The engine of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineRef {
    /// Always `soc2gate`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl EngineRef {
    /// This engine.
    pub(crate) fn this() -> Self {
        Self {
            name: "soc2gate".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// What follows from the verdicts on a subject.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No control that denies stands in the way.
    Allow,
    /// A control that denies could not be decided.
    Error,
    /// A control that denies is failed, and no exception permits it.
    Deny,
}

impl Outcome {
    /// What follows from verdicts: a failure under `deny` denies, whatever else is unknown; an unknown
    /// under `deny` is an error.
    pub fn of(verdicts: &[Verdict]) -> Self {
        verdicts
            .iter()
            .filter(|verdict| verdict.enforcement == Enforcement::Deny && verdict.is_open())
            .map(|verdict| {
                if verdict.status == Status::Fail {
                    Self::Deny
                } else {
                    Self::Error
                }
            })
            .max()
            .unwrap_or(Self::Allow)
    }

    /// The outcome as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Error => "error",
            Self::Deny => "deny",
        }
    }
}
