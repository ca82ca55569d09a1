//! The ledger of soc2gate: an append-only log of evidence that an auditor can verify without trusting whoever
//! keeps it. `docs/ledger.md` says how it is written, byte by byte.

mod hash;
pub mod keys;
pub mod note;
pub mod proof;
pub mod query;
pub mod record;
pub mod store;
#[cfg(test)]
mod testing;
pub mod tree;
pub mod verify;
pub mod witness;

pub use hash::Hash;
