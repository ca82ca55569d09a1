//! A whole export becomes a ledger again.

use std::path::Path;

use super::{ExportError, check};
use crate::Hash;
use crate::keys::SealedDocument;
use crate::note::SignedCheckpoint;
use crate::record::Record;
use crate::store::{Log, StoreError};
use crate::verify::{Report, Trust};

/// Records that are given at once.
const BATCH: usize = 1_000;

/// An empty store of the same name that takes what another one had, byte for byte. It must refuse what does not
/// follow on what it has.
pub trait ImportTarget {
    /// Takes a document as it is sealed, before the record that names it.
    fn import_document(&mut self, document: &SealedDocument) -> Result<(), StoreError>;

    /// Takes entries from an index on, and returns when they are durable.
    fn import_entries(&mut self, first: u64, entries: Vec<Vec<u8>>) -> Result<(), StoreError>;

    /// Takes a checkpoint with all of its signatures. They come in the order in which they were kept, each when all of its
    /// entries are there and, where it was not kept again later, none behind them.
    fn import_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError>;
}

/// Verifies a whole export and gives all of it to an empty store.
pub fn import<T: ImportTarget + ?Sized>(
    folder: &Path,
    trust: &Trust,
    target: &mut T,
    progress: impl FnMut(u64),
) -> Result<Report, ExportError> {
    let checked = check(folder, trust, progress)?;
    let report = checked.report.ok_or(ExportError::Shape)?;
    let log = &checked.export;
    let newest = log.checkpoint()?;
    let kept = log.checkpoints()?.collect::<Result<Vec<_>, _>>()?;
    // The newest one may not be among those that were kept.
    let newest = newest.filter(|newest| Some(newest) != kept.last());
    let mut checkpoints = kept.into_iter().chain(newest).peekable();
    let mut batch = Vec::with_capacity(BATCH);
    let mut first = 0;
    for item in log.entries(0..log.size()?)? {
        let (index, entry) = item?;
        while let Some(checkpoint) = checkpoints.next_if(|next| next.checkpoint().size <= index) {
            give(target, &mut first, &mut batch)?;
            target.import_checkpoint(&checkpoint)?;
        }
        for reference in &Record::parse(&entry)?.bulk {
            let hash = Hash::from_hex(&reference.sha256);
            if let Some(document) = hash.map(|hash| log.document(&hash)).transpose()?.flatten() {
                target.import_document(&document)?;
            }
        }
        batch.push(entry);
        if batch.len() == BATCH {
            give(target, &mut first, &mut batch)?;
        }
    }
    give(target, &mut first, &mut batch)?;
    for checkpoint in checkpoints {
        target.import_checkpoint(&checkpoint)?;
    }
    Ok(report)
}

/// Gives the entries that wait.
fn give<T: ImportTarget + ?Sized>(
    target: &mut T,
    first: &mut u64,
    batch: &mut Vec<Vec<u8>>,
) -> Result<(), StoreError> {
    if batch.is_empty() {
        return Ok(());
    }
    let count = u64::try_from(batch.len()).unwrap_or(u64::MAX);
    target.import_entries(*first, std::mem::take(batch))?;
    *first += count;
    Ok(())
}
