//! The secrets of a ledger: what signs its checkpoints, what commits to values, what seals documents.

mod ring;
mod seal;

pub use ring::{KeyRing, KeyRingError};
pub use seal::{SealError, SealedDocument, WRAPPED_KEY};

#[cfg(test)]
mod tests;
