//! A witness: it remembers the last checkpoint that it saw of each log, and cosigns one that continues it. C2SP
//! [tlog-witness](https://c2sp.org/tlog-witness), without its HTTP.

mod request;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Transaction, TransactionBehavior};
use thiserror::Error;

use crate::Hash;
use crate::note::{KeyKind, NoteError, Signature, SignedCheckpoint, Signer, Verifier};
use crate::proof::LogTiles;
use crate::store::{Log, StoreError};
use crate::tree::{ProofError, TileNodes, consistency_proof, verify_consistency};

pub use request::CosignRequest;

/// How long one process waits for another that cosigns.
const BUSY: Duration = Duration::from_secs(30);
/// Counts up with every change of the table.
const VERSION: i64 = 1;

/// A witness does not cosign.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// The key is not one of a witness. The operator's.
    #[error("the key does not cosign: it is not one of a witness")]
    NotAWitness,
    /// No key of the log is configured.
    #[error("the witness does not know the log")]
    UnknownLog,
    /// The checkpoint is not signed as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The request starts from another size than that of the last checkpoint.
    #[error("the witness last saw {seen} records of this log")]
    Conflict {
        /// The size of the last checkpoint.
        seen: u64,
    },
    /// The log is shorter than it was.
    #[error("the witness saw {seen} records of this log, the checkpoint has {offered}")]
    Shorter {
        /// The size of the last checkpoint.
        seen: u64,
        /// The size of this one.
        offered: u64,
    },
    /// Two checkpoints of one size differ: the log has two histories. The last one is evidence of it.
    #[error("the log showed another tree of {size} records before")]
    Forked {
        /// The size of both.
        size: u64,
    },
    /// The proof does not show that the log was continued.
    #[error("the log does not continue what the witness saw: {0}")]
    NotContinued(ProofError),
    /// The log has no checkpoint.
    #[error("the log has no checkpoint")]
    NoCheckpoint,
    /// A text is no request.
    #[error("not a request to cosign")]
    Request,
    /// A time before 1970.
    #[error("the clock shows a time before 1970")]
    Clock,
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The memory of the witness cannot be used. The operator's: without it the witness must not cosign.
    #[error("the memory of the witness cannot be used: {0}")]
    State(#[from] rusqlite::Error),
    /// The memory of the witness is not what it wrote.
    #[error("the memory of the witness is of another version or was changed")]
    StateForm,
}

/// A witness and its memory: a SQLite file, so that looking and remembering are one step, also among processes and
/// when the power fails.
#[derive(Debug)]
pub struct Witness {
    signer: Signer,
    state: Connection,
}

impl Witness {
    /// Opens a witness's memory, or makes one where there is none.
    pub fn open(path: &Path, signer: Signer) -> Result<Self, WitnessError> {
        if signer.verifier().kind() != KeyKind::Witness {
            return Err(WitnessError::NotAWitness);
        }
        let mut state = Connection::open(path)?;
        state.busy_timeout(BUSY)?;
        state.pragma_update(None, "synchronous", "extra")?;
        let transaction = state.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: i64 =
            transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        match version {
            0 => {
                // Fails on a database of something else that has such a table.
                transaction.execute_batch(
                    "CREATE TABLE seen (origin TEXT PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID;",
                )?;
                transaction.pragma_update(None, "user_version", VERSION)?;
            }
            VERSION => {}
            _ => return Err(WitnessError::StateForm),
        }
        transaction.commit()?;
        Ok(Self { signer, state })
    }

    /// The public key.
    pub fn verifier(&self) -> &Verifier {
        self.signer.verifier()
    }

    /// The last checkpoint that was cosigned of a log.
    pub fn last_seen(&self, origin: &str) -> Result<Option<SignedCheckpoint>, WitnessError> {
        last_seen(&self.state, origin)
    }

    /// Cosigns a checkpoint with a proof that it continues the last one, and remembers it. `keys` are those of the
    /// log that the witness is configured with.
    pub fn cosign(
        &mut self,
        request: &CosignRequest,
        keys: &[Verifier],
        now: Timestamp,
    ) -> Result<Signature, WitnessError> {
        let offered = request.checkpoint.checkpoint();
        check_signature(&request.checkpoint, keys)?;
        let transaction = self
            .state
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let seen = last_seen(&transaction, &offered.origin)?;
        let (size, root) = seen.as_ref().map_or((0, Hash::empty()), |seen| {
            (seen.checkpoint().size, seen.checkpoint().root)
        });
        if offered.size < size {
            return Err(WitnessError::Shorter {
                seen: size,
                offered: offered.size,
            });
        }
        if request.old != size {
            return Err(WitnessError::Conflict { seen: size });
        }
        if offered.size == size && offered.root != root {
            return Err(WitnessError::Forked { size });
        }
        verify_consistency(size, offered.size, &request.proof, &root, &offered.root)
            .map_err(WitnessError::NotContinued)?;
        sign(&self.signer, transaction, &request.checkpoint, now)
    }

    /// Cosigns the newest checkpoint of a log that can be read. Its tiles give the proof.
    pub fn cosign_log<L: Log + ?Sized>(
        &mut self,
        log: &L,
        keys: &[Verifier],
        now: Timestamp,
    ) -> Result<SignedCheckpoint, WitnessError> {
        let newest = log.checkpoint()?.ok_or(WitnessError::NoCheckpoint)?;
        check_signature(&newest, keys)?;
        let origin = &newest.checkpoint().origin;
        let old = self
            .last_seen(origin)?
            .map_or(0, |seen| seen.checkpoint().size);
        let size = newest.checkpoint().size;
        let tiles = LogTiles(log);
        let request = CosignRequest {
            old,
            proof: consistency_proof(old, size, &TileNodes::new(&tiles, size))?,
            checkpoint: newest,
        };
        let signature = self.cosign(&request, keys, now)?;
        let cosigned = format!("{}{signature}\n", request.checkpoint);
        Ok(SignedCheckpoint::parse(&cosigned)?)
    }
}

/// Which keys are of the log, and that one of them signed.
fn check_signature(checkpoint: &SignedCheckpoint, keys: &[Verifier]) -> Result<(), WitnessError> {
    let origin = &checkpoint.checkpoint().origin;
    let keys: Vec<Verifier> = keys
        .iter()
        .filter(|key| key.name() == origin && key.kind() == KeyKind::Log)
        .cloned()
        .collect();
    if keys.is_empty() {
        return Err(WitnessError::UnknownLog);
    }
    Ok(checkpoint.verify(&keys)?)
}

/// Remembers first, and signs then: what was signed is never forgotten.
fn sign(
    signer: &Signer,
    transaction: Transaction<'_>,
    checkpoint: &SignedCheckpoint,
    now: Timestamp,
) -> Result<Signature, WitnessError> {
    let time = u64::try_from(now.as_second()).map_err(|_| WitnessError::Clock)?;
    transaction.execute(
        "INSERT OR REPLACE INTO seen (origin, note) VALUES (?1, ?2)",
        [&checkpoint.checkpoint().origin, &checkpoint.to_string()],
    )?;
    transaction.commit()?;
    Ok(signer.sign(checkpoint.note().text(), time))
}

fn last_seen(state: &Connection, origin: &str) -> Result<Option<SignedCheckpoint>, WitnessError> {
    let note: Option<String> = state
        .query_row("SELECT note FROM seen WHERE origin = ?1", [origin], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(note) = note else { return Ok(None) };
    let seen = SignedCheckpoint::parse(&note).map_err(|_| WitnessError::StateForm)?;
    if seen.checkpoint().origin == origin {
        Ok(Some(seen))
    } else {
        Err(WitnessError::StateForm)
    }
}

#[cfg(test)]
mod tests;
