//! Verification of a whole log: `docs/ledger.md`, "Verification", says what is checked and what it does not show.
//!
//! Entries are read once, in order, and not kept. What grows with the log is 24 bytes for each record, its id and
//! its place, to see that no id is there twice.

mod continuity;
mod documents;
mod history;
mod key_trail;
mod references;
mod report;
mod tiles;

use crate::Hash;
use crate::note::{SignedCheckpoint, Verifier};
use crate::record::{Event, Record};
use crate::store::{Log, StoreError};
use crate::tree::Frontier;

pub use continuity::{ContinuityError, continues};
pub use report::{
    Code, Cosigned, DocumentCounts, ErasureSeen, GapSeen, Listed, Problem, Report, RotationSeen,
    Sealed,
};

use documents::Documents;
use history::{History, Mark};
use key_trail::KeyTrail;
use references::References;
use tiles::TileCheck;

/// What whoever verifies brings along. Nothing in the log counts as evidence for itself.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Public keys of the log, of which at least one must be given. Rotations are followed from them.
    pub keys: Vec<Verifier>,
    /// Public keys of witnesses.
    pub witnesses: Vec<Verifier>,
    /// So many of the witnesses must have cosigned one of the checkpoints.
    pub witnesses_needed: usize,
    /// Checkpoints of the log that were kept elsewhere: the log must continue each of them.
    pub checkpoints: Vec<SignedCheckpoint>,
}

/// What is checked beside the entries, the checkpoints and the references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks {
    /// The sealed documents against the hashes that records name.
    pub documents: bool,
    /// The stored tiles against the tree of the entries. They are derived; a wrong one gives proofs that fail.
    pub tiles: bool,
}

/// Verifies a log. `progress` is told the number of entries from time to time.
pub fn verify<L: Log + ?Sized>(
    log: &L,
    trust: &Trust,
    checks: Checks,
    progress: impl FnMut(u64),
) -> Report {
    let mut report = Report::new(log.origin());
    if let Err(error) = run(log, trust, checks, progress, &mut report) {
        report.failed(&error);
    }
    report
}

/// How many entries are between two calls of `progress`.
const PROGRESS: u64 = 16_384;

fn run<L: Log + ?Sized>(
    log: &L,
    trust: &Trust,
    checks: Checks,
    mut progress: impl FnMut(u64),
    report: &mut Report,
) -> Result<(), StoreError> {
    report.documents = checks.documents.then(DocumentCounts::default);
    let trail = KeyTrail::new(&trust.keys, log.origin(), report);
    // The checkpoint first: a log that is written to meanwhile only grows.
    let newest = log.checkpoint()?;
    let size = log.size()?;
    let mut history = History::new(
        log.checkpoints()?,
        newest,
        trust,
        trail,
        log.origin(),
        report,
    );
    let mut records = Records::default();
    let mut documents = checks.documents.then(|| Documents::new(log));
    let mut tiles = checks.tiles.then(|| TileCheck::new(log));
    let mut frontier = Frontier::new();
    history.reached(&frontier, report);
    for item in log.entries(0..size)? {
        let (index, entry) = match item {
            Ok(item) => item,
            Err(error) => {
                report.failed(&error);
                break;
            }
        };
        if index != frontier.size() {
            report.problem(
                Some(index),
                Code::Index,
                format!("record {} is expected here", frontier.size()),
            );
            break;
        }
        let leaf = Hash::leaf(&entry);
        frontier.append(leaf, |node| {
            if let Some(tiles) = &mut tiles {
                tiles.completed(node, report);
            }
        });
        if let Some(record) = records.look_at(index, &entry, report) {
            if let Event::KeyRotation(rotation) = &record.event {
                history.trail.rotation(index, rotation, report);
            }
            if let Some(documents) = &mut documents {
                documents.look_at(&record, report);
            }
        }
        history.reached(&frontier, report);
        if frontier.size() % PROGRESS == 0 {
            progress(frontier.size());
        }
    }
    report.entries = frontier.size();
    if frontier.size() < size && report.problems.total == 0 {
        report.problem(
            Some(frontier.size()),
            Code::Missing,
            format!("the log has {size} records, and this one cannot be read"),
        );
    }
    if let Some(tiles) = tiles {
        tiles.finish(history.newest_size(), report);
    }
    history.finish(log, &frontier, trust.witnesses_needed, report)?;
    records.references.finish(report);
    progress(frontier.size());
    Ok(())
}

/// What is seen of the records one by one.
#[derive(Default)]
struct Records {
    references: References,
}

impl Records {
    /// Checks an entry as a record, and takes down what the report says of it.
    fn look_at(&mut self, index: u64, entry: &[u8], report: &mut Report) -> Option<Record> {
        let record = match Record::parse_canonical(entry) {
            Ok(record) => record,
            Err(error) => {
                report.problem(Some(index), Code::Record, error.to_string());
                return None;
            }
        };
        if record.index != index {
            report.problem(
                Some(index),
                Code::Index,
                format!("the record says that it is record {}", record.index),
            );
        }
        report.saw(&record);
        self.references.look_at(&record, report);
        Some(record)
    }
}

/// A checkpoint as messages name it.
fn shown(mark: Mark, checkpoint: &SignedCheckpoint) -> String {
    let size = checkpoint.checkpoint().size;
    match mark {
        Mark::Newest => format!("the newest checkpoint, of {size} records,"),
        Mark::Kept => format!("a checkpoint of the log, of {size} records,"),
        Mark::Brought => format!("the checkpoint of {size} records that was kept elsewhere"),
    }
}

#[cfg(test)]
mod tests;
