//! The thread that appends records: what comes while a write is on its way goes together in the next.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use soc2gate_ledger::store::{Receipt, Submission};
use tokio::sync::oneshot;

use super::Ledger;
use crate::policies::PolicySnapshot;

/// The most decisions that are appended together.
const GROUP: usize = 256;
/// The most decisions that wait.
const WAITING: usize = 4_096;
/// How often gaps are recorded and a ledger that failed is opened anew.
const KEEPING: Duration = Duration::from_millis(500);

/// A decision could not be recorded, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unrecorded(pub String);

/// What came of records.
pub(super) type Recorded = Result<Vec<Receipt>, Unrecorded>;

struct Pending {
    policies: Arc<PolicySnapshot>,
    records: Vec<Submission>,
    reply: oneshot::Sender<Recorded>,
}

/// Takes the records of decisions.
#[derive(Clone)]
pub struct Writer {
    queue: SyncSender<Pending>,
    ledger: Arc<Ledger>,
}

impl Writer {
    /// Starts the thread, and the one that opens the ledger anew.
    pub fn start(ledger: Arc<Ledger>) -> io::Result<Self> {
        let (queue, pending) = mpsc::sync_channel(WAITING);
        // One thread: what comes while it waits for the disk goes together in the next group, and shares its syncs.
        let written = Arc::clone(&ledger);
        thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || write(&pending, &written))?;
        let kept = Arc::downgrade(&ledger);
        thread::Builder::new()
            .name("ledger-keeper".to_owned())
            .spawn(move || {
                while let Some(ledger) = kept.upgrade() {
                    keep(&ledger);
                    drop(ledger);
                    thread::sleep(KEEPING);
                }
            })?;
        Ok(Self { queue, ledger })
    }

    /// Hands records over. The reply comes when they are durable, or cannot be.
    pub fn submit(
        &self,
        policies: Arc<PolicySnapshot>,
        records: Vec<Submission>,
    ) -> oneshot::Receiver<Recorded> {
        let (reply, receiver) = oneshot::channel();
        let pending = Pending {
            policies,
            records,
            reply,
        };
        if let Err(mpsc::TrySendError::Full(pending) | mpsc::TrySendError::Disconnected(pending)) =
            self.queue.try_send(pending)
        {
            let full = Unrecorded("too many decisions wait to be recorded".to_owned());
            // Nobody waits before this returns.
            let _ = pending.reply.send(Err(full));
        }
        receiver
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

/// Opens the ledger where it failed, and records gaps.
fn keep(ledger: &Ledger) {
    if !ledger.is_open() {
        match ledger.open() {
            Ok(()) => tracing::info!(ledger = ledger.name(), "the ledger takes records"),
            Err(error) => tracing::warn!(error = %error, "the ledger cannot be opened yet"),
        }
    }
    ledger.keep_gaps();
}

fn write(pending: &Receiver<Pending>, ledger: &Ledger) {
    while let Ok(first) = pending.recv() {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(next) = pending.try_recv()
        {
            group.push(next);
        }
        // Who gave up has been answered already.
        group.retain(|pending| !pending.reply.is_closed());
        while let Some(first) = group.first() {
            let policies = Arc::clone(&first.policies);
            let is_same = |pending: &Pending| Arc::ptr_eq(&pending.policies, &policies);
            let of_set: Vec<Pending> = group.extract_if(.., |pending| is_same(pending)).collect();
            append(ledger, &policies, of_set);
        }
    }
}

/// Appends the records of decisions of one set together; each by itself where that fails, since one record may be wrong.
fn append(ledger: &Ledger, policies: &PolicySnapshot, group: Vec<Pending>) {
    let counts: Vec<usize> = group.iter().map(|pending| pending.records.len()).collect();
    let is_alone = counts.len() == 1;
    let records = group
        .iter()
        .flat_map(|pending| pending.records.iter().cloned())
        .collect();
    match ledger.append(policies, records) {
        Ok(receipts) => {
            let mut receipts = receipts.into_iter();
            for (pending, count) in group.into_iter().zip(counts) {
                let own = receipts.by_ref().take(count).collect();
                // Who waited may have given up.
                let _ = pending.reply.send(Ok(own));
            }
        }
        Err(error) if is_alone || !ledger.is_open() => {
            for pending in group {
                let _ = pending.reply.send(Err(Unrecorded(error.to_string())));
            }
        }
        Err(_) => {
            for pending in group {
                append(ledger, policies, vec![pending]);
            }
        }
    }
}
