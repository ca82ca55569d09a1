//! What a verification found.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::record::{Event, Kind, Record};
use crate::store::StoreError;

/// So many of a kind are kept; the others are counted.
const KEPT: usize = 1_000;

/// What a verification found. [`Report::is_verified`] says whether it succeeded; no field alone does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The name of the log.
    pub origin: String,
    /// Entries that were read.
    pub entries: u64,
    /// The newest checkpoint, once its signature and its root were found right.
    pub sealed: Option<Sealed>,
    /// Entries behind the newest checkpoint: read, and covered by no signature.
    pub unsealed: u64,
    /// Checkpoints that the log keeps, whose roots were compared.
    pub checkpoints: u64,
    /// Sizes of the checkpoints that were kept elsewhere and that the log continues.
    pub continued: Vec<u64>,
    /// For each witness the largest checkpoint that it cosigned.
    pub cosigned: Vec<Cosigned>,
    /// Entries under a checkpoint that as many witnesses cosigned as were asked for, at least one.
    pub witnessed: u64,
    /// Records by kind.
    pub kinds: BTreeMap<Kind, u64>,
    /// The smallest time that a record states.
    pub first_time: Option<Timestamp>,
    /// The largest.
    pub last_time: Option<Timestamp>,
    /// Sealed documents, where they were asked for.
    pub documents: Option<DocumentCounts>,
    /// Times in which nothing was recorded, as records state them.
    pub gaps: Listed<GapSeen>,
    /// Documents that were erased, as records state it.
    pub erasures: Listed<ErasureSeen>,
    /// Changes of the key, as records state them.
    pub rotations: Listed<RotationSeen>,
    /// Why the log is not verified.
    pub problems: Listed<Problem>,
    /// What an auditor should look at, though nothing was changed.
    pub findings: Listed<Problem>,
}

/// The newest checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// Entries under it.
    pub size: u64,
    /// The root, in hexadecimal.
    pub root: String,
    /// The verifier key that it is signed with.
    pub key: String,
}

/// A checkpoint that a witness cosigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cosigned {
    /// The witness's name.
    pub witness: String,
    /// Entries under the checkpoint.
    pub size: u64,
    /// The time that the witness states: these entries existed then.
    pub time: Timestamp,
}

/// Sealed documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DocumentCounts {
    /// Named by records.
    pub named: u64,
    /// There, with the right hash.
    pub sound: u64,
    /// Of these, without their keys.
    pub erased: u64,
    /// Not there.
    pub missing: u64,
}

/// A time in which nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapSeen {
    /// The record.
    pub index: u64,
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Why.
    pub reason: String,
}

/// An erasure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ErasureSeen {
    /// The record.
    pub index: u64,
    /// The first record whose documents are meant.
    pub first: u64,
    /// The last one.
    pub last: u64,
    /// How many.
    pub documents: u64,
    /// Why.
    pub reason: String,
}

/// A change of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RotationSeen {
    /// The record.
    pub index: u64,
    /// The key that signs from here on.
    pub added: String,
    /// The key that signed until here.
    pub retired: String,
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The record, where it is one.
    pub index: Option<u64>,
    /// What.
    pub code: Code,
    /// In words, without values of records.
    pub text: String,
}

/// Kinds of problems and findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Nobody can say who signed: no key of the log was given.
    NoTrustedKey,
    /// The log has no checkpoint.
    NoCheckpoint,
    /// The store cannot be read.
    Unreadable,
    /// The store says that what it holds is not what was written.
    Damaged,
    /// An entry is not a record, not of this version, or not canonical.
    Record,
    /// A record is not where it says.
    Index,
    /// An id has not the form of one.
    IdForm,
    /// Two records have the same id.
    IdTwice,
    /// The log ends before it should.
    Missing,
    /// The log is shorter than a checkpoint.
    Truncated,
    /// The entries are not those that a checkpoint was made of.
    Root,
    /// A checkpoint is of another log.
    Origin,
    /// The checkpoints of the log are not in order.
    History,
    /// A signature does not verify.
    Signature,
    /// A checkpoint is signed by no key that is trusted.
    UnknownKey,
    /// A checkpoint is signed by a key that was retired before.
    RetiredKey,
    /// A change of the key does not follow from the ones before.
    Rotation,
    /// A cosignature does not verify.
    Cosignature,
    /// Not as many witnesses cosigned as were asked for.
    NotWitnessed,
    /// A stored tile is not that of the tree.
    Tile,
    /// A document is not what the record names.
    Document,
    /// Finding: a document is not there.
    DocumentMissing,
    /// Finding: a record names a record that is not there, or one of another kind.
    Reference,
    /// Finding: a decision names policies or settings that no earlier record holds.
    Digest,
    /// Finding: an obligation was closed that was not opened.
    Obligation,
    /// Finding: a trial of the gate did not end as expected.
    Canary,
}

/// The first of many things, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed<T> {
    /// The first ones, at most 1,000.
    pub items: Vec<T>,
    /// All of them.
    pub total: u64,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            total: 0,
        }
    }
}

impl<T> Listed<T> {
    fn push(&mut self, item: T) {
        self.total += 1;
        if self.items.len() < KEPT {
            self.items.push(item);
        }
    }
}

impl Report {
    pub(super) fn new(origin: &str) -> Self {
        Self {
            origin: origin.to_owned(),
            entries: 0,
            sealed: None,
            unsealed: 0,
            checkpoints: 0,
            continued: Vec::new(),
            cosigned: Vec::new(),
            witnessed: 0,
            kinds: BTreeMap::new(),
            first_time: None,
            last_time: None,
            documents: None,
            gaps: Listed::default(),
            erasures: Listed::default(),
            rotations: Listed::default(),
            problems: Listed::default(),
            findings: Listed::default(),
        }
    }

    /// Whether everything that was to be checked was, and is right: there is a checkpoint by a trusted key, it
    /// covers what was read, and no problem was found.
    pub fn is_verified(&self) -> bool {
        self.sealed.is_some() && self.problems.total == 0
    }

    /// Whether something that is needed to verify was missing, so that nothing can be said.
    pub fn could_not_verify(&self) -> bool {
        self.problems.items.iter().any(|problem| {
            matches!(
                problem.code,
                Code::NoTrustedKey | Code::NoCheckpoint | Code::Unreadable
            )
        })
    }

    pub(super) fn problem(&mut self, index: Option<u64>, code: Code, text: String) {
        self.problems.push(Problem { index, code, text });
    }

    pub(super) fn finding(&mut self, index: Option<u64>, code: Code, text: String) {
        self.findings.push(Problem { index, code, text });
    }

    /// The store failed.
    pub(super) fn failed(&mut self, error: &StoreError) {
        let (index, code) = match error {
            StoreError::Damaged { index, .. } => (Some(*index), Code::Damaged),
            _ => (None, Code::Unreadable),
        };
        self.problem(index, code, error.to_string());
    }

    /// Takes down what is listed and counted.
    pub(super) fn saw(&mut self, record: &Record) {
        *self.kinds.entry(record.event.kind()).or_default() += 1;
        let time = record.time;
        self.first_time = Some(self.first_time.map_or(time, |first| first.min(time)));
        self.last_time = Some(self.last_time.map_or(time, |last| last.max(time)));
        let index = record.index;
        match &record.event {
            Event::Gap(gap) => self.gaps.push(GapSeen {
                index,
                from: gap.from,
                to: gap.to,
                reason: gap.reason.clone(),
            }),
            Event::Erasure(erasure) => self.erasures.push(ErasureSeen {
                index,
                first: erasure.first,
                last: erasure.last,
                documents: erasure.documents,
                reason: erasure.reason.clone(),
            }),
            Event::KeyRotation(rotation) => self.rotations.push(RotationSeen {
                index,
                added: rotation.added.clone(),
                retired: rotation.retired.clone(),
            }),
            Event::Canary(canary) if canary.expected != canary.observed => self.finding(
                Some(index),
                Code::Canary,
                "a trial of the gate did not end as expected".to_owned(),
            ),
            _ => {}
        }
    }
}
