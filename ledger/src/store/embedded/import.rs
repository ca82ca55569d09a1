//! A ledger takes what another one had, byte for byte.

use std::collections::BTreeSet;

use super::ids;
use super::state::Waiting;
use super::writer::EmbeddedLedger;
use crate::Hash;
use crate::export::ImportTarget;
use crate::keys::SealedDocument;
use crate::note::SignedCheckpoint;
use crate::record::{Draft, Record};
use crate::store::{Log as _, Store as _, StoreError};

/// Puts a whole export into a ledger that has no records yet.
#[derive(Debug)]
pub struct EmbeddedImport<'a> {
    ledger: &'a EmbeddedLedger,
    /// Documents of the entries that come next.
    documents: Vec<SealedDocument>,
    /// All that came: records may share one.
    known: BTreeSet<Hash>,
}

impl<'a> EmbeddedImport<'a> {
    /// An import into a ledger. It takes entries only where they follow on what is there.
    pub fn new(ledger: &'a EmbeddedLedger) -> Self {
        Self {
            ledger,
            documents: Vec::new(),
            known: BTreeSet::new(),
        }
    }
}

impl ImportTarget for EmbeddedImport<'_> {
    fn import_document(&mut self, document: &SealedDocument) -> Result<(), StoreError> {
        if self.known.insert(document.hash()) {
            self.documents.push(document.clone());
        }
        Ok(())
    }

    fn import_entries(&mut self, first: u64, entries: Vec<Vec<u8>>) -> Result<(), StoreError> {
        let damaged = |index| StoreError::Damaged {
            index,
            what: "it cannot be written again as it was",
        };
        if self.ledger.size()? != first {
            return Err(damaged(first));
        }
        let mut waiting = Vec::with_capacity(entries.len());
        for (index, entry) in (first..).zip(entries) {
            let record = Record::parse(&entry)?;
            let draft = Draft {
                id: record.id,
                time: record.time,
                actor: record.actor,
                subject: record.subject,
                bulk: record.bulk,
                event: record.event,
            };
            let prepared = draft.prepare()?;
            if record.index != index || prepared.at(index) != entry {
                return Err(damaged(index));
            }
            waiting.push(Waiting {
                id: ids::parse(&draft.id)?,
                entry: prepared,
                documents: std::mem::take(&mut self.documents),
            });
        }
        for (index, receipt) in (first..).zip(self.ledger.hand_over(waiting)?.wait()?) {
            if receipt.index != Some(index) {
                return Err(damaged(index));
            }
        }
        Ok(())
    }

    fn import_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        self.ledger.add_cosignatures(checkpoint)
    }
}
