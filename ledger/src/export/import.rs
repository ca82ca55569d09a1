//! A whole export becomes a ledger again.

use std::path::Path;

use super::{ExportError, check};
use crate::Hash;
use crate::keys::SealedDocument;
use crate::note::SignedCheckpoint;
use crate::record::Record;
use crate::store::{Log, StoreError};
use crate::tree::Frontier;
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

    /// Takes a checkpoint with all of its signatures. They come in order, after all entries.
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
    let mut batch = Vec::with_capacity(BATCH);
    let mut first = 0;
    let mut frontier = Frontier::new();
    for item in log.entries(0..log.size()?)? {
        let (index, entry) = item?;
        frontier.append(Hash::leaf(&entry), |_| {});
        for reference in &Record::parse(&entry)?.bulk {
            let hash = Hash::from_hex(&reference.sha256);
            if let Some(document) = hash.map(|hash| log.document(&hash)).transpose()?.flatten() {
                target.import_document(&document)?;
            }
        }
        batch.push(entry);
        if batch.len() == BATCH {
            target.import_entries(first, std::mem::take(&mut batch))?;
            first = index + 1;
        }
    }
    if !batch.is_empty() {
        target.import_entries(first, batch)?;
    }
    let newest = log.checkpoint()?;
    // The files may have been changed since they were verified.
    let root = newest.as_ref().map(|newest| newest.checkpoint().root);
    if root != Some(frontier.root()) {
        return Err(ExportError::NotTheCheckpoint);
    }
    let mut last = None;
    for checkpoint in log.checkpoints()? {
        let checkpoint = checkpoint?;
        target.import_checkpoint(&checkpoint)?;
        last = Some(checkpoint);
    }
    // The newest one may not be among those that were kept.
    if let Some(newest) = newest.filter(|newest| Some(newest) != last.as_ref()) {
        target.import_checkpoint(&newest)?;
    }
    Ok(report)
}
