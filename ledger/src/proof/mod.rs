//! Proof files: that one record is in the log, in the form of C2SP [tlog-proof](https://c2sp.org/tlog-proof). The
//! record itself stands in the extra data, so that the file needs nothing beside it but the log's public key.

mod lines;

use std::fmt;

use data_encoding::BASE64;
use thiserror::Error;

use crate::Hash;
use crate::note::{NoteError, SignedCheckpoint, Verifier};
use crate::record::{MAX_ENTRY, Record, RecordError};
use crate::store::{Log, StoreError};
use crate::tree::{ProofError, Tile, TileNodes, Tiles, inclusion_proof, verify_inclusion};

pub(crate) use lines::{hash_lines, number, parse_hashes};

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// The longest file that is read: an entry in base64, 64 hashes and the longest note.
const MAX_BYTES: usize = 160 * 1024;

/// A record cannot be proved, or a file proves nothing. No message quotes it.
#[derive(Debug, Error)]
pub enum RecordProofError {
    /// It has not the form of a proof.
    #[error("not a proof in the form of c2sp.org/tlog-proof@v1")]
    Form,
    /// It does not hold the record.
    #[error("the proof does not hold the record, and none was given")]
    NoEntry,
    /// The log has no checkpoint.
    #[error("the log has no checkpoint")]
    NoCheckpoint,
    /// No checkpoint covers the record.
    #[error("the newest checkpoint covers {size} records, so record {index} cannot be proved yet")]
    NotSealed {
        /// The record.
        index: u64,
        /// Records under the checkpoint.
        size: u64,
    },
    /// The record is not there.
    #[error("the log has no record {0}")]
    NoRecord(u64),
    /// The checkpoint is not signed as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The hashes do not lead from the record to the checkpoint.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// What is proved is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record says that it is another one.
    #[error("the record is at index {0} and says otherwise")]
    Index(u64),
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// That a record is in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProof {
    /// The entry, where it is at hand.
    pub entry: Option<Vec<u8>>,
    /// Its index.
    pub index: u64,
    /// From the entry's sibling to the root's child.
    pub hashes: Vec<Hash>,
    /// What the root is from.
    pub checkpoint: SignedCheckpoint,
}

impl RecordProof {
    /// Proves a record of a log to its newest checkpoint. The proof is checked before it is given.
    pub fn of<L: Log + ?Sized>(log: &L, index: u64) -> Result<Self, RecordProofError> {
        let checkpoint = log.checkpoint()?.ok_or(RecordProofError::NoCheckpoint)?;
        Self::to_checkpoint(log, index, checkpoint)
    }

    /// Proves a record of a log to one of its checkpoints.
    pub fn to_checkpoint<L: Log + ?Sized>(
        log: &L,
        index: u64,
        checkpoint: SignedCheckpoint,
    ) -> Result<Self, RecordProofError> {
        let size = checkpoint.checkpoint().size;
        if index >= size {
            return Err(RecordProofError::NotSealed { index, size });
        }
        let entry = log.entries(index..index + 1)?.next().transpose()?;
        let Some((_, entry)) = entry.filter(|(at, _)| *at == index) else {
            return Err(RecordProofError::NoRecord(index));
        };
        let tiles = LogTiles(log);
        let proof = Self {
            hashes: inclusion_proof(index, size, &TileNodes::new(&tiles, size))?,
            entry: Some(entry),
            index,
            checkpoint,
        };
        proof.check_inclusion()?;
        Ok(proof)
    }

    /// Reads a proof. Nothing is verified yet.
    pub fn parse(text: &str) -> Result<Self, RecordProofError> {
        Self::read(text).ok_or(RecordProofError::Form)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n').peekable();
        if lines.next()? != HEADER {
            return None;
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let entry = match extra.and_then(|line| line.strip_prefix("extra ")) {
            Some(extra) => Some(BASE64.decode(extra.as_bytes()).ok()?),
            None => None,
        };
        if entry.as_ref().is_some_and(|entry| entry.len() > MAX_ENTRY) {
            return None;
        }
        Some(Self {
            entry,
            index: number(lines.next()?.strip_prefix("index ")?)?,
            hashes: parse_hashes(lines)?,
            checkpoint: SignedCheckpoint::parse(note).ok()?,
        })
    }

    /// Shows that the record is under a checkpoint that one of the keys signed, and gives the record.
    pub fn verify(&self, keys: &[Verifier]) -> Result<Record, RecordProofError> {
        self.checkpoint.verify(keys)?;
        let entry = self.check_inclusion()?;
        let record = Record::parse_canonical(entry)?;
        if record.index == self.index {
            Ok(record)
        } else {
            Err(RecordProofError::Index(self.index))
        }
    }

    fn check_inclusion(&self) -> Result<&[u8], RecordProofError> {
        let entry = self.entry.as_deref().ok_or(RecordProofError::NoEntry)?;
        let checkpoint = self.checkpoint.checkpoint();
        verify_inclusion(
            &Hash::leaf(entry),
            self.index,
            checkpoint.size,
            &self.hashes,
            &checkpoint.root,
        )?;
        Ok(entry)
    }
}

/// The text of the file.
impl fmt::Display for RecordProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{HEADER}")?;
        if let Some(entry) = &self.entry {
            writeln!(formatter, "extra {}", BASE64.encode(entry))?;
        }
        writeln!(formatter, "index {}", self.index)?;
        write!(
            formatter,
            "{}\n{}",
            hash_lines(&self.hashes),
            self.checkpoint
        )
    }
}

/// The tiles of a log.
#[derive(Debug)]
pub struct LogTiles<'a, L: ?Sized>(pub &'a L);

impl<L: Log + ?Sized> Tiles for LogTiles<'_, L> {
    type Error = StoreError;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        self.0.tile(tile)
    }
}

#[cfg(test)]
mod tests;
