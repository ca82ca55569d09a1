//! What a log says of itself at some moment: how many entries it has, and the root of their tree.

use std::fmt;

use data_encoding::BASE64;

use super::key::{Signer, Verifier};
use super::signed::{NoteError, SignedNote};
use crate::Hash;

/// Size and root of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name of the log, unique among all logs.
    pub origin: String,
    /// Entries.
    pub size: u64,
    /// The root of the tree of these entries.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a checkpoint. Extension lines are refused: nothing here writes or understands them.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let mut lines = text
            .strip_suffix('\n')
            .ok_or(NoteError::Checkpoint)?
            .split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(NoteError::Checkpoint);
        };
        let number: u64 = size.parse().map_err(|_| NoteError::Checkpoint)?;
        let root = BASE64
            .decode(root.as_bytes())
            .ok()
            .and_then(|bytes| Hash::from_slice(&bytes))
            .ok_or(NoteError::Checkpoint)?;
        // Leading zeros and signs would give one checkpoint two texts.
        if origin.is_empty() || number.to_string() != size {
            return Err(NoteError::Checkpoint);
        }
        Ok(Self {
            origin: origin.to_owned(),
            size: number,
            root,
        })
    }

    /// The checkpoint as a note signed by the log.
    pub fn sign(&self, signer: &Signer) -> SignedCheckpoint {
        let mut note = SignedNote::new(self.to_string());
        note.add(signer.sign(note.text(), 0));
        SignedCheckpoint {
            checkpoint: self.clone(),
            note,
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            formatter,
            "{}\n{}\n{}",
            self.origin,
            self.size,
            BASE64.encode(&self.root.0)
        )
    }
}

/// A checkpoint in its note. It may be read from anywhere: [`SignedCheckpoint::verify`] says by whom it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: SignedNote,
}

impl SignedCheckpoint {
    /// Reads a checkpoint. No signature is checked yet.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        let note = SignedNote::parse(note)?;
        Ok(Self {
            checkpoint: Checkpoint::parse(note.text())?,
            note,
        })
    }

    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Its note.
    pub fn note(&self) -> &SignedNote {
        &self.note
    }

    /// Checks that it is signed by one of a log's keys and speaks of the log that the key is named after.
    pub fn verify(&self, keys: &[Verifier]) -> Result<(), NoteError> {
        let mut outcome = Err(NoteError::UnknownKey);
        for key in keys {
            if key.name() != self.checkpoint.origin {
                outcome = outcome.and(Err(NoteError::Origin));
                continue;
            }
            match self.note.verify(key) {
                Ok(_) => return Ok(()),
                Err(NoteError::UnknownKey) => {}
                Err(other) => outcome = Err(other),
            }
        }
        outcome
    }

    /// Adds the signatures of others that another copy of this checkpoint carries.
    pub(crate) fn add_cosignatures(&mut self, other: &Self) {
        for signature in other.note.signatures() {
            if signature.name != self.checkpoint.origin {
                self.note.add(signature.clone());
            }
        }
    }

    /// Adds a witness's cosignature with a time in seconds since 1970.
    pub fn cosign(&mut self, witness: &Signer, time: u64) {
        let signature = witness.sign(self.note.text(), time);
        self.note.add(signature);
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.note, formatter)
    }
}
