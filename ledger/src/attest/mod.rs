//! Decisions and approved changes as signed statements that other tools read: in-toto Statement v1 in a DSSE envelope,
//! signed by the ledger's key.

mod change;
mod dsse;
mod predicates;
mod statement;

use thiserror::Error;

pub use change::{
    Account, CHANGE_TYPE, Change, ChangeApproval, ChangeDecision, ChangeRepository,
    ChangeStatement, ControlVerdict, DecisionEntry, ImageReference, MAX_ENVELOPE, MAX_IMAGES,
};
pub use dsse::{Envelope, EnvelopeSignature, key_id};
pub use predicates::{DECISION_TYPE, PredicateKind, SUMMARY_TYPE, TEST_RESULT_TYPE, VERIFIER_ID};
pub use statement::{COMMITMENT_DIGEST, STATEMENT_MEDIA_TYPE, STATEMENT_TYPE, Statement, Subject};

use crate::record::RecordError;

/// A statement cannot be made, or an envelope is not what it should be. No message quotes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AttestError {
    /// Only decisions are attested.
    #[error("the record is not a decision")]
    NotADecision,
    /// A commit is 40 or 64 hexadecimal digits.
    #[error("not the name of a commit")]
    Commit,
    /// A text is no envelope.
    #[error("not a DSSE envelope")]
    Form,
    /// The envelope holds something else.
    #[error("the envelope holds another type of payload")]
    PayloadType,
    /// No signature is by a key that is asked for.
    #[error("the envelope is not signed by a known key")]
    UnknownKey,
    /// A signature that says it is by a known key does not verify.
    #[error("a signature of the envelope does not verify")]
    Signature,
    /// The envelope holds no in-toto statement, or one of another predicate.
    #[error("the envelope does not hold a statement on an approved change")]
    StatementType,
    /// The statement lacks something, or its parts contradict each other.
    #[error("the statement has not the form that its type says")]
    Shape,
    /// An image is not named by a digest.
    #[error("an image is NAME@sha256: and 64 hexadecimal digits")]
    Image,
    /// More images than a statement may have.
    #[error("a statement names at most {MAX_IMAGES} images")]
    TooManyImages,
    /// The entry is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

#[cfg(test)]
mod tests;
