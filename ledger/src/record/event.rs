//! What can happen.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
pub enum Event {
    /// A subject was judged.
    Decision(DecisionMade),
    /// An exception permitted a failure.
    ExceptionUsed(ExceptionUsed),
    /// Something must be done by a deadline.
    ObligationOpened(ObligationOpened),
    /// It was done.
    ObligationClosed(ObligationClosed),
    /// Decisions were made that are not recorded.
    Gap(Gap),
    /// An access review was closed.
    AccessReview(AccessReview),
    /// Other policies judge from here on.
    PolicyChange(ChangedPolicies),
    /// Other settings hold from here on.
    ConfigurationChange(ChangedSettings),
    /// A statement was signed.
    Attestation(Attestation),
    /// What must be denied was given to the gate, to see whether it is.
    Canary(Canary),
    /// Another key signs from here on.
    KeyRotation(KeyRotation),
    /// Sealed documents were made unreadable.
    Erasure(Erasure),
    /// What exists in a cluster was judged.
    Scan(Scan),
}

/// The kinds of events, as they are written.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`Event::Decision`].
    Decision,
    /// [`Event::ExceptionUsed`].
    ExceptionUsed,
    /// [`Event::ObligationOpened`].
    ObligationOpened,
    /// [`Event::ObligationClosed`].
    ObligationClosed,
    /// [`Event::Gap`].
    Gap,
    /// [`Event::AccessReview`].
    AccessReview,
    /// [`Event::PolicyChange`].
    PolicyChange,
    /// [`Event::ConfigurationChange`].
    ConfigurationChange,
    /// [`Event::Attestation`].
    Attestation,
    /// [`Event::Canary`].
    Canary,
    /// [`Event::KeyRotation`].
    KeyRotation,
    /// [`Event::Erasure`].
    Erasure,
    /// [`Event::Scan`].
    Scan,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Decision,
        Self::ExceptionUsed,
        Self::ObligationOpened,
        Self::ObligationClosed,
        Self::Gap,
        Self::AccessReview,
        Self::PolicyChange,
        Self::ConfigurationChange,
        Self::Attestation,
        Self::Canary,
        Self::KeyRotation,
        Self::Erasure,
        Self::Scan,
    ];

    /// The kind as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::ExceptionUsed => "exception_used",
            Self::ObligationOpened => "obligation_opened",
            Self::ObligationClosed => "obligation_closed",
            Self::Gap => "gap",
            Self::AccessReview => "access_review",
            Self::PolicyChange => "policy_change",
            Self::ConfigurationChange => "configuration_change",
            Self::Attestation => "attestation",
            Self::Canary => "canary",
            Self::KeyRotation => "key_rotation",
            Self::Erasure => "erasure",
            Self::Scan => "scan",
        }
    }
}

impl Event {
    /// Reads the body of an event of a kind.
    pub(super) fn parse(kind: Kind, body: &str) -> serde_json::Result<Self> {
        Ok(match kind {
            Kind::Decision => Self::Decision(serde_json::from_str(body)?),
            Kind::ExceptionUsed => Self::ExceptionUsed(serde_json::from_str(body)?),
            Kind::ObligationOpened => Self::ObligationOpened(serde_json::from_str(body)?),
            Kind::ObligationClosed => Self::ObligationClosed(serde_json::from_str(body)?),
            Kind::Gap => Self::Gap(serde_json::from_str(body)?),
            Kind::AccessReview => Self::AccessReview(serde_json::from_str(body)?),
            Kind::PolicyChange => Self::PolicyChange(serde_json::from_str(body)?),
            Kind::ConfigurationChange => Self::ConfigurationChange(serde_json::from_str(body)?),
            Kind::Attestation => Self::Attestation(serde_json::from_str(body)?),
            Kind::Canary => Self::Canary(serde_json::from_str(body)?),
            Kind::KeyRotation => Self::KeyRotation(serde_json::from_str(body)?),
            Kind::Erasure => Self::Erasure(serde_json::from_str(body)?),
            Kind::Scan => Self::Scan(serde_json::from_str(body)?),
        })
    }

    /// Its kind.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Decision(_) => Kind::Decision,
            Self::ExceptionUsed(_) => Kind::ExceptionUsed,
            Self::ObligationOpened(_) => Kind::ObligationOpened,
            Self::ObligationClosed(_) => Kind::ObligationClosed,
            Self::Gap(_) => Kind::Gap,
            Self::AccessReview(_) => Kind::AccessReview,
            Self::PolicyChange(_) => Kind::PolicyChange,
            Self::ConfigurationChange(_) => Kind::ConfigurationChange,
            Self::Attestation(_) => Kind::Attestation,
            Self::Canary(_) => Kind::Canary,
            Self::KeyRotation(_) => Kind::KeyRotation,
            Self::Erasure(_) => Kind::Erasure,
            Self::Scan(_) => Kind::Scan,
        }
    }
}

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionMade {
    /// The decision's clock, RFC 3339: what policies saw as now.
    pub clock: Timestamp,
    /// What judged.
    pub engine: EngineName,
    /// The front end that asked: `check`, `action`, `admission` or `audit`.
    pub front_end: String,
    /// `allow`, `deny` or `error`.
    pub outcome: String,
    /// `sha256:` and the digest of the parameters alone.
    pub parameters: String,
    /// `sha256:` and the digest of the policy set; the `policy_change` record with the same digest holds it.
    pub policies: String,
    /// `sha256:` and the digest of parameters, enforcement and exceptions; the `configuration_change` record with
    /// the same digest holds them.
    pub settings: String,
    /// One for each control that speaks of the subject.
    pub verdicts: Vec<VerdictRecord>,
    /// Values of the stored input that were withheld.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub withheld: u64,
}

/// The verdict of a control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictRecord {
    /// The control's id.
    pub control: String,
    /// Criteria that the control gives evidence for, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    /// `deny`, `warn` or `record`.
    pub enforcement: String,
    /// The exception that permits the failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Whether all reasons were there before the change, so that they stood in nobody's way.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// Why: what is not met, or what is not known. No more than fit an entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<FindingRecord>,
    /// Reasons that did not fit.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasons_left_out: u64,
    /// `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// `pass`, `fail`, `unknown` or `not_applicable`.
    pub status: String,
}

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingRecord {
    /// The line of the subject's source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What the control says, without values that were withheld.
    pub message: String,
    /// Where in the subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// What judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EngineName {
    /// `soc2gate`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The use of an exception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExceptionUsed {
    /// The exception's id.
    pub exception: String,
    /// The control whose failure it permits.
    pub control: String,
    /// The id of the decision's record.
    pub decision: String,
    /// Who asked for the exception.
    pub requested_by: String,
    /// Who approved it.
    pub approved_by: String,
    /// When it ends, RFC 3339.
    pub expires_at: Timestamp,
    /// The ticket that it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}

/// Something that must be done by a deadline, such as the review after breaking the glass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObligationOpened {
    /// Its id.
    pub obligation: String,
    /// The id of the record that it follows from.
    pub cause: String,
    /// What must be done.
    pub duty: String,
    /// By when, RFC 3339.
    pub due: Timestamp,
}

/// An obligation that was met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObligationClosed {
    /// Its id.
    pub obligation: String,
    /// Who says so.
    pub closed_by: String,
    /// Where it can be seen, such as a ticket.
    pub evidence: String,
}

/// Time in which decisions were made that are not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// Its begin, RFC 3339.
    pub from: Timestamp,
    /// Its end, RFC 3339.
    pub to: Timestamp,
    /// Why nothing could be recorded, without values of inputs.
    pub reason: String,
    /// Decisions that were allowed meanwhile, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<u64>,
    /// Decisions that were denied meanwhile, where they were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denied: Option<u64>,
}

/// An access review that was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessReview {
    /// The system whose access was reviewed.
    pub system: String,
    /// The period, such as `2026-Q4`.
    pub period: String,
    /// When it was started, RFC 3339.
    pub started: Timestamp,
    /// When it was closed, RFC 3339.
    pub closed: Timestamp,
    /// Rows that were decided, by decision.
    pub decided: BTreeMap<String, u64>,
    /// `sha256:` and the digest of the listing that was reviewed.
    pub listing: String,
    /// `sha256:` and the digest of the listing that shows the revocations.
    pub closing_listing: String,
    /// Who signed off.
    pub signed_off_by: String,
}

/// A policy set that judges from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedPolicies {
    /// `sha256:` and its digest. The sealed document `policies` holds it.
    pub policies: String,
    /// The digest of the set before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// The ids of its controls.
    pub controls: Vec<String>,
}

/// Settings that hold from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedSettings {
    /// `sha256:` and the digest of parameters, enforcement and exceptions. The sealed document `settings` holds
    /// them.
    pub settings: String,
    /// `sha256:` and the digest of the parameters alone.
    pub parameters: String,
    /// The digest of the settings before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A statement that was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attestation {
    /// The digests that the statement speaks of, such as `gitCommit:…` and `sha256:…`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<String>,
    /// The predicate type of the in-toto statement.
    pub predicate_type: String,
    /// SHA-256 of the statement's bytes (the payload, not the envelope), in hexadecimal.
    pub statement_sha256: String,
    /// The key that signed it, as its verifier key.
    pub key: String,
}

/// A trial of the gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Canary {
    /// The control that must fail.
    pub control: String,
    /// The outcome that was expected.
    pub expected: String,
    /// The outcome that was seen.
    pub observed: String,
}

/// Another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyRotation {
    /// The verifier key that signs from here on.
    pub added: String,
    /// The verifier key that signed until here.
    pub retired: String,
}

/// Sealed documents that were made unreadable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Erasure {
    /// Why: `retention`, or what the operator says.
    pub reason: String,
    /// The first record whose documents are meant.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// Documents that were erased.
    pub documents: u64,
}

/// A scan of what exists in a cluster: what was there to be judged, and what was judged of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scan {
    /// When it began, RFC 3339.
    pub started: Timestamp,
    /// When it ended, RFC 3339.
    pub ended: Timestamp,
    /// Whether everything was read, judged and recorded. What is not complete proves nothing of what it leaves out.
    pub complete: bool,
    /// Why it is not complete, without values of objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// `sha256:` and the digest of the policy set.
    pub policies: String,
    /// `sha256:` and the digest of the settings.
    pub settings: String,
    /// The kinds of object that controls speak of, as far as the cluster has them.
    pub kinds: Vec<ScannedKind>,
    /// Objects by outcome: `allow`, `deny` or `error`.
    pub outcomes: BTreeMap<String, u64>,
    /// Verdicts by control and status; empty where they do not fit an entry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Objects that are denied, by how they came to exist all the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub drift: BTreeMap<String, u64>,
    /// Namespaces that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_namespaces: Vec<String>,
    /// Kinds that are left out though controls speak of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded_kinds: Vec<String>,
    /// Decisions of this scan that are recorded, since they are new or differ from the scan before.
    pub recorded: u64,
}

/// A kind of object in a scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScannedKind {
    /// The type, such as `apps/Deployment`.
    pub kind: String,
    /// Objects that were judged.
    pub judged: u64,
    /// Objects in namespaces that are left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub excluded: u64,
    /// Whether all objects of the kind were read.
    pub listed: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
