//! That a log continues a checkpoint, by a proof from its tiles instead of its entries.

use thiserror::Error;

use crate::note::{NoteError, SignedCheckpoint, Verifier};
use crate::proof::LogTiles;
use crate::store::{Log, StoreError};
use crate::tree::{ProofError, TileNodes, consistency_proof, verify_consistency};

/// A log does not continue a checkpoint, or cannot show it.
#[derive(Debug, Error)]
pub enum ContinuityError {
    /// The log has no checkpoint.
    #[error("the log has no checkpoint")]
    NoCheckpoint,
    /// A checkpoint is not signed as it should be, or of another log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The log is shorter than the checkpoint.
    #[error("the log has {has} records under its newest checkpoint, the older one covers {wanted}")]
    Shorter {
        /// Under the newest checkpoint.
        has: u64,
        /// Under the older one.
        wanted: u64,
    },
    /// The proof fails: the log was changed, or its tiles are wrong.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Shows by a consistency proof that the newest checkpoint of a log continues an older one; both must be signed by
/// one of the keys. Quick, and less than [`super::verify`]: the entries themselves are not read, and no rotation of
/// keys is followed.
pub fn continues<L: Log + ?Sized>(
    log: &L,
    older: &SignedCheckpoint,
    keys: &[Verifier],
) -> Result<SignedCheckpoint, ContinuityError> {
    let newest = log.checkpoint()?.ok_or(ContinuityError::NoCheckpoint)?;
    older.verify(keys)?;
    newest.verify(keys)?;
    let (old, new) = (older.checkpoint(), newest.checkpoint());
    if old.origin != new.origin {
        return Err(NoteError::Origin.into());
    }
    if old.size > new.size {
        return Err(ContinuityError::Shorter {
            has: new.size,
            wanted: old.size,
        });
    }
    let tiles = LogTiles(log);
    let proof = consistency_proof(old.size, new.size, &TileNodes::new(&tiles, new.size))?;
    verify_consistency(old.size, new.size, &proof, &old.root, &new.root)?;
    Ok(newest)
}
