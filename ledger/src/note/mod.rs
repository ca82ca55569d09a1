//! Signed notes (C2SP signed-note), checkpoints of the log (C2SP tlog-checkpoint) and cosignatures of witnesses
//! (C2SP tlog-cosignature).

mod checkpoint;
mod key;
mod signed;

pub use checkpoint::{Checkpoint, SignedCheckpoint};
pub use key::{KeyError, KeyKind, Signer, Verifier};
pub use signed::{NoteError, Signature, SignedNote};

#[cfg(test)]
mod tests;
