//! Exports: a log, or the records that a query means, in a folder that can be verified without the ledger.
//!
//! Two shapes. A *whole* export has every record under a checkpoint: its tree can be made again, and it can be read
//! as a [`Log`](crate::store::Log) and imported. A *population* has the records that a query means, each with a
//! proof to the checkpoint. `docs/ledger.md`, "Exports", has the files.

mod check;
mod files;
mod import;
mod manifest;
mod proofs;
mod read;
mod table;
mod write;

use std::io;

use thiserror::Error;

pub use check::{CheckedExport, check};
pub use import::{ImportTarget, import};
pub use manifest::{FileEntry, MANIFEST_MEDIA_TYPE, Manifest, Period, Shape, Tool};
pub use read::Export;
pub use table::harmless;
pub use write::{ExportOptions, export};

use crate::attest::AttestError;
use crate::note::NoteError;
use crate::proof::RecordProofError;
use crate::record::RecordError;
use crate::store::StoreError;
use crate::tree::ProofError;
use crate::verify::Report;

/// An export cannot be made, or is not what it should be. No message quotes a value of a record.
#[derive(Debug, Error)]
pub enum ExportError {
    /// The folder is there and not empty. The operator's.
    #[error("the folder of the export is not empty")]
    NotEmpty,
    /// The log has no checkpoint.
    #[error("the log has no checkpoint, so nothing can be proved of it")]
    NoCheckpoint,
    /// The key that should sign is not the log's.
    #[error("the key is not one of this log's")]
    OtherKey,
    /// The records are not those that the checkpoint was made of.
    #[error("the records are not those that the newest checkpoint was made of")]
    NotTheCheckpoint,
    /// A file could not be read or written.
    #[error("could not {action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file, below the folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not listed, not there, or not as it was written.
    #[error("{path}: {what}")]
    File {
        /// The file, below the folder.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
    /// A record of a population is not what the manifest says of them all.
    #[error("record {index}: {what}")]
    Entry {
        /// Its index.
        index: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A whole export does not verify.
    #[error("the records do not verify: {}", first(.0))]
    NotVerified(Box<Report>),
    /// A population cannot show what was asked.
    #[error(
        "a population does not show that the log continues a checkpoint of another size; a whole export does"
    )]
    Continuity,
    /// The shape is another one than is needed.
    #[error("only a whole export can be read as a log")]
    Shape,
    /// The log cannot be read, or what an export is imported into cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An envelope is not what it should be.
    #[error(transparent)]
    Attest(#[from] AttestError),
    /// A checkpoint is not what it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A record is none.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A record cannot be proved.
    #[error(transparent)]
    RecordProof(#[from] RecordProofError),
    /// A proof fails.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl ExportError {
    /// Whether a file could not be read that is there: nothing can be said of the export. One that is gone was taken out
    /// of it.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Io { source, .. } | Self::Store(StoreError::Io { source, .. }) => {
                source.kind() != io::ErrorKind::NotFound
            }
            _ => false,
        }
    }
}

/// The first problem of a report.
fn first(report: &Report) -> &str {
    report
        .problems
        .items
        .first()
        .map_or("nothing could be checked", |problem| problem.text.as_str())
}

#[cfg(test)]
mod python_tests;
#[cfg(test)]
mod tampering_tests;
#[cfg(test)]
mod tests;
