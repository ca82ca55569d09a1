//! Records on their way from whoever submits them to the queue, and their outcome on the way back.

use std::sync::mpsc::Receiver;

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::ids;
use super::state::Waiting;
use crate::Hash;
use crate::keys::{KeyRing, SealedDocument};
use crate::note::Verifier;
use crate::record::{Actor, Draft, Event, KeyRotation};
use crate::store::{Receipt, StoreError, Submission};

/// Where the outcome of some records comes from.
pub(super) type Outcome = Receiver<Result<Vec<Receipt>, StoreError>>;

/// Records that were handed over.
#[derive(Debug)]
#[must_use = "records are durable only when the ticket says so"]
pub struct Ticket {
    pub(super) replies: Vec<Outcome>,
}

impl Ticket {
    /// Waits until all of the records are durable. On an error none of them is acknowledged.
    pub fn wait(self) -> Result<Vec<Receipt>, StoreError> {
        let mut receipts = Vec::new();
        for reply in self.replies {
            receipts.extend(reply.recv().map_err(|_| StoreError::Poisoned)??);
        }
        Ok(receipts)
    }
}

/// Seals the documents of a record and writes it as far as it can be without its index.
pub(super) fn prepare(submission: Submission, ring: &KeyRing) -> Result<Waiting, StoreError> {
    let Submission {
        mut draft,
        documents,
    } = submission;
    let id = ids::parse(&draft.id)?;
    let mut sealed = Vec::with_capacity(documents.len());
    for document in documents {
        let bytes = SealedDocument::seal(&document.bytes, ring)?;
        draft.bulk.push(document.reference(&bytes));
        sealed.push(bytes);
    }
    Ok(Waiting {
        id,
        entry: draft.prepare()?,
        documents: sealed,
    })
}

/// The record of a rotation. Its id follows from the key, so that a second try writes no second record.
pub(super) fn rotation(
    retired: &Verifier,
    added: &Verifier,
    time: Timestamp,
    actor: Actor,
) -> Draft {
    let added = added.to_string();
    let digest = Hash::of(format!("soc2gate key rotation\n{added}").as_bytes());
    let (half, _) = digest.0.split_at(digest.0.len() / 2);
    Draft {
        id: HEXLOWER.encode(half),
        time,
        actor,
        subject: None,
        bulk: Vec::new(),
        event: Event::KeyRotation(KeyRotation {
            added,
            retired: retired.to_string(),
        }),
    }
}
