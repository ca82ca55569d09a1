//! What can go wrong with a store.

use std::io;

use thiserror::Error;

use crate::keys::{KeyRingError, SealError};
use crate::note::NoteError;
use crate::record::RecordError;

/// A store could not do what was asked. No message quotes a value of a record.
#[derive(Debug, Error)]
pub enum StoreError {
    /// There is no ledger, or something else. The operator's: `soc2gate ledger init` makes one.
    #[error("not a ledger: {0}")]
    NotALedger(String),
    /// The ledger was written by a version that is newer than this one.
    #[error("the ledger has format {0}, which this version does not know")]
    Version(String),
    /// Another process writes to it. The operator's.
    #[error("another process is writing to the ledger")]
    Locked,
    /// The system failed: no space, no permission, a broken disk. The operator's.
    #[error("could not {action}: {source}")]
    Io {
        /// What was tried, such as `write the log`.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The database failed or cannot be reached. The operator's. Never holds the address's password.
    #[error("could not {action}: {message}")]
    Database {
        /// What was tried.
        action: &'static str,
        /// What the database said.
        message: String,
    },
    /// A write failed before, and what is durable is not known any more: the ledger must be opened anew.
    #[error("the ledger takes no more records since a write failed")]
    Poisoned,
    /// What is stored is not what was written. Whoever keeps the ledger must look: it is evidence of a broken disk
    /// or of tampering.
    #[error("the ledger is damaged at record {index}: {what}")]
    Damaged {
        /// The first record that is not as it was.
        index: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The keys are not those of this ledger. The operator's.
    #[error("the keys are of the ledger {keys}, this is {ledger}")]
    OtherKeys {
        /// The name in the keys.
        keys: String,
        /// The name of the ledger.
        ledger: String,
    },
    /// The keys are of this ledger, but not those that sign it now. The operator's: a rotation came later.
    #[error("the keys do not hold the key that signs the ledger")]
    MissingKey,
    /// A key ring cannot be read or made.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// A checkpoint is not as it should be.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// A record cannot be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A document cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl StoreError {
    /// The error of a system call.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
