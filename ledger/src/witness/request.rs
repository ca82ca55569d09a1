//! What a witness is asked: the body of `add-checkpoint` of C2SP tlog-witness, which can be carried as a file too.

use std::fmt;

use super::WitnessError;
use crate::Hash;
use crate::note::SignedCheckpoint;
use crate::proof::{hash_lines, number, parse_hashes};

/// The longest request that is read: 64 hashes and the longest note.
const MAX_BYTES: usize = 72 * 1024;

/// A checkpoint to be cosigned, and the proof that it continues an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignRequest {
    /// The size of the last checkpoint that the witness cosigned.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

impl CosignRequest {
    /// Reads a request. Nothing is verified yet.
    pub fn parse(text: &str) -> Result<Self, WitnessError> {
        Self::read(text).ok_or(WitnessError::Request)
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let (head, note) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        Some(Self {
            old: number(lines.next()?.strip_prefix("old ")?)?,
            proof: parse_hashes(lines)?,
            checkpoint: SignedCheckpoint::parse(note).ok()?,
        })
    }
}

impl fmt::Display for CosignRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "old {}", self.old)?;
        write!(
            formatter,
            "{}\n{}",
            hash_lines(&self.proof),
            self.checkpoint
        )
    }
}
