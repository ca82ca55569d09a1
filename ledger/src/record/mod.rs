//! Records: what the entries of the log say.

mod canonical;
mod draft;
mod event;

use std::borrow::Cow;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub use canonical::is_canonical;
pub use draft::{Draft, PreparedEntry, RecordError, canonical, canonical_value};
pub use event::{
    AccessReview, Attestation, Canary, ChangedPolicies, ChangedSettings, DecisionMade, EngineName,
    Erasure, Event, ExceptionUsed, FindingRecord, Gap, KeyRotation, Kind, ObligationClosed,
    ObligationOpened, Scan, ScannedKind, VerdictRecord,
};

/// The schema that a record names itself.
pub const RECORD_SCHEMA: &str = "soc2gate.dev/record/v1";
/// The most bytes of an entry: a bundle of tlog-tiles writes its length in two bytes.
pub const MAX_ENTRY: usize = 65_535;

/// An entry of the log, as it is read. Written in canonical JSON (RFC 8785). Fields that a later version adds are
/// passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// `soc2gate.dev/record/v1`.
    pub schema: String,
    /// Its place in the log, from zero, without gaps.
    pub index: u64,
    /// Made once by the writer and the same when it tries again: a record is never there twice. It is how records
    /// name each other.
    pub id: String,
    /// When the writer made it, RFC 3339: the writer's own clock.
    pub time: Timestamp,
    /// Who or what caused it.
    pub actor: Actor,
    /// What it is about, where it is about one thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<RecordSubject>,
    /// Sealed documents that belong to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bulk: Vec<BulkRef>,
    /// What happened: `kind` and `body`.
    #[serde(flatten)]
    pub event: Event,
}

impl Record {
    /// Reads an entry.
    pub fn parse(entry: &[u8]) -> Result<Self, RecordError> {
        let envelope: Envelope = serde_json::from_slice(entry).map_err(|_| RecordError::Form)?;
        if envelope.schema != RECORD_SCHEMA {
            return Err(RecordError::Schema);
        }
        Ok(Self {
            schema: envelope.schema.into_owned(),
            index: envelope.index,
            id: envelope.id,
            time: envelope.time,
            actor: envelope.actor,
            subject: envelope.subject,
            bulk: envelope.bulk,
            event: Event::parse(envelope.kind, envelope.body.get())
                .map_err(|_| RecordError::Form)?,
        })
    }

    /// Reads an entry and refuses one that is not written as RFC 8785 says.
    pub fn parse_canonical(entry: &[u8]) -> Result<Self, RecordError> {
        if !is_canonical(entry) {
            return Err(RecordError::NotCanonical);
        }
        Self::parse(entry)
    }
}

/// A record whose body, which stands before its kind, is not read yet.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    schema: Cow<'a, str>,
    index: u64,
    id: String,
    time: Timestamp,
    actor: Actor,
    subject: Option<RecordSubject>,
    #[serde(default)]
    bulk: Vec<BulkRef>,
    kind: Kind,
    #[serde(borrow)]
    body: &'a RawValue,
}

/// Who or what caused a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Actor {
    /// Its name where it acts: a login, an account of the system, a service account.
    pub id: String,
    /// What kind of actor.
    pub kind: ActorKind,
}

/// Kinds of actors.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A person.
    User,
    /// A run of continuous integration.
    Workflow,
    /// A program that runs on its own, such as the webhook.
    Service,
}

/// What a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordSubject {
    /// `hmac-sha256:` and the commitment to the whole document, secrets included: equal documents have equal
    /// commitments, and nobody without the ledger's key can guess one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
    /// Its stable id.
    pub id: String,
    /// Its kind, such as `kubernetes`.
    pub kind: String,
    /// Where its document is written: file, line and column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its type within its kind, such as `apps/Deployment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
}

/// A sealed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BulkRef {
    /// What it is once it is opened, such as `application/json`.
    pub media_type: String,
    /// What it is to the record, such as `input`.
    pub name: String,
    /// SHA-256 of the sealed bytes, in hexadecimal: the name by which it is stored.
    pub sha256: String,
    /// Sealed bytes.
    pub size: u64,
}

#[cfg(test)]
mod canonical_tests;
#[cfg(test)]
mod tests;
