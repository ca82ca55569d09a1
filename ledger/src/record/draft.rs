//! Records on their way into the log, where only the index is missing.

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use thiserror::Error;

use super::canonical::is_canonical;
use super::event::{Event, Kind};
use super::{Actor, BulkRef, MAX_ENTRY, RECORD_SCHEMA, RecordSubject};

/// Digits of the largest index.
const INDEX_DIGITS: usize = 20;

/// A record cannot be written, or an entry is none. No message quotes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// An entry is no record in JSON.
    #[error("the entry is not a record")]
    Form,
    /// An entry is a record of another version.
    #[error("the entry is a record of a version that is not known here")]
    Schema,
    /// An entry is not written as RFC 8785 says.
    #[error("the entry is not canonical JSON")]
    NotCanonical,
    /// A record is longer than an entry may be.
    #[error("the record is longer than 65,535 bytes")]
    TooLarge,
    /// An id is not 32 hexadecimal digits in lower case.
    #[error("the id of the record is not 32 hexadecimal digits")]
    Id,
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    Random,
}

/// A record without its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// See [`super::Record::id`].
    pub id: String,
    /// See [`super::Record::time`].
    pub time: Timestamp,
    /// See [`super::Record::actor`].
    pub actor: Actor,
    /// See [`super::Record::subject`].
    pub subject: Option<RecordSubject>,
    /// See [`super::Record::bulk`]; the store adds what it seals.
    pub bulk: Vec<BulkRef>,
    /// See [`super::Record::event`].
    pub event: Event,
}

impl Draft {
    /// A record with an id of its own: 128 random bits in hexadecimal.
    pub fn new(time: Timestamp, actor: Actor, event: Event) -> Result<Self, RecordError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| RecordError::Random)?;
        Ok(Self {
            id: HEXLOWER.encode(&id),
            time,
            actor,
            subject: None,
            bulk: Vec::new(),
            event,
        })
    }

    /// The record as canonical JSON, with a place left for the index.
    pub fn prepare(&self) -> Result<PreparedEntry, RecordError> {
        // Keys are sorted: actor, body, bulk, id, *index*, kind, schema, subject, time.
        let mut before = canonical(&Before {
            actor: &self.actor,
            body: Body(&self.event),
            bulk: &self.bulk,
            id: &self.id,
        })?;
        let after = canonical(&After {
            kind: self.event.kind(),
            schema: RECORD_SCHEMA,
            subject: self.subject.as_ref(),
            time: self.time,
        })?;
        before.pop();
        before.extend(b",\"index\":");
        let mut rest = vec![b','];
        rest.extend(after.get(1..).unwrap_or_default());
        let entry = PreparedEntry {
            id: self.id.clone(),
            before,
            after: rest,
        };
        if entry.longest() > MAX_ENTRY {
            return Err(RecordError::TooLarge);
        }
        Ok(entry)
    }
}

/// The canonical JSON of a record around its index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedEntry {
    /// The record's id.
    pub id: String,
    /// What stands before the digits of the index.
    pub before: Vec<u8>,
    /// What stands after them.
    pub after: Vec<u8>,
}

impl PreparedEntry {
    /// Bytes of the entry at the largest index.
    pub(crate) fn longest(&self) -> usize {
        self.before.len() + INDEX_DIGITS + self.after.len()
    }

    /// The entry at an index of the log.
    pub fn at(&self, index: u64) -> Vec<u8> {
        let mut entry = Vec::with_capacity(self.longest());
        entry.extend(&self.before);
        entry.extend(index.to_string().as_bytes());
        entry.extend(&self.after);
        entry
    }
}

/// The largest integer that every double up to it can stand for.
const LARGEST_INTEGER: u64 = (1 << 53) - 1;

/// A value in canonical JSON: RFC 8785.
pub fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, RecordError> {
    // Records have their fields in order: looking at what was written costs less than sorting it.
    let written = serde_json::to_vec(value).map_err(|_| RecordError::Form)?;
    if is_canonical(&written) {
        return Ok(written);
    }
    canonical_value(&serde_json::to_value(value).map_err(|_| RecordError::Form)?)
}

/// The same of a value that is JSON already.
pub fn canonical_value(value: &Value) -> Result<Vec<u8>, RecordError> {
    let written = if is_plain(value) {
        serde_json::to_vec(value)
    } else {
        serde_json_canonicalizer::to_vec(value)
    };
    written.map_err(|_| RecordError::Form)
}

/// Whether `serde_json` writes a value as RFC 8785 says, at a tenth of the cost: maps are sorted by the bytes of their
/// keys and texts escaped alike, but some numbers are written otherwise, and keys of other letters sorted otherwise.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number
            .as_i64()
            .is_some_and(|integer| integer.unsigned_abs() <= LARGEST_INTEGER),
        Value::Array(items) => items.iter().all(is_plain),
        Value::Object(fields) => fields
            .iter()
            .all(|(key, field)| key.is_ascii() && is_plain(field)),
    }
}

#[derive(Serialize)]
struct Before<'a> {
    actor: &'a Actor,
    body: Body<'a>,
    #[serde(skip_serializing_if = "<[BulkRef]>::is_empty")]
    bulk: &'a [BulkRef],
    id: &'a str,
}

#[derive(Serialize)]
struct After<'a> {
    kind: Kind,
    schema: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a RecordSubject>,
    time: Timestamp,
}

/// An event without its kind.
struct Body<'a>(&'a Event);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Event::Decision(body) => body.serialize(serializer),
            Event::ExceptionUsed(body) => body.serialize(serializer),
            Event::ObligationOpened(body) => body.serialize(serializer),
            Event::ObligationClosed(body) => body.serialize(serializer),
            Event::Gap(body) => body.serialize(serializer),
            Event::AccessReview(body) => body.serialize(serializer),
            Event::PolicyChange(body) => body.serialize(serializer),
            Event::ConfigurationChange(body) => body.serialize(serializer),
            Event::Attestation(body) => body.serialize(serializer),
            Event::Canary(body) => body.serialize(serializer),
            Event::KeyRotation(body) => body.serialize(serializer),
            Event::Erasure(body) => body.serialize(serializer),
            Event::Scan(body) => body.serialize(serializer),
        }
    }
}
