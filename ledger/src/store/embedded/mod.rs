//! A ledger in a folder: one writer, any number of readers. `docs/ledger.md` says what stands where.

mod commit;
mod create;
mod cursor;
mod disk;
mod folder;
mod history;
mod ids;
mod import;
mod manifest;
mod options;
mod pack;
mod reader;
mod recovery;
mod sealer;
mod segment;
mod state;
mod submission;
mod tiles;
mod writer;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use import::EmbeddedImport;
pub use options::Options;
pub use reader::EmbeddedReader;
pub use submission::Ticket;
pub use writer::EmbeddedLedger;

/// Locks what is sound even where a thread that held it has panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
