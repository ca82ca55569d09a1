//! What the threads of a writer share: the queue, how far the disk is, and the first failure.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::ids::Id;
use super::lock;
use crate::keys::SealedDocument;
use crate::record::PreparedEntry;
use crate::store::{Receipt, StoreError};

/// A record that waits to be written.
pub(super) struct Waiting {
    pub(super) id: Id,
    pub(super) entry: PreparedEntry,
    pub(super) documents: Vec<SealedDocument>,
}

impl Waiting {
    /// About as many bytes as will be written.
    pub(super) fn bytes(&self) -> usize {
        let documents: usize = self
            .documents
            .iter()
            .map(|document| document.bytes.len())
            .sum();
        self.entry.before.len() + self.entry.after.len() + documents
    }
}

/// Where the outcome of some records goes.
pub(super) type Reply = Sender<Result<Vec<Receipt>, StoreError>>;

/// Records that are acknowledged together.
pub(super) struct Group {
    pub(super) records: Vec<Waiting>,
    pub(super) reply: Reply,
}

impl Group {
    pub(super) fn bytes(&self) -> usize {
        self.records.iter().map(Waiting::bytes).sum()
    }
}

/// The first failure. What failed cannot be copied, so this is what is needed to tell of it again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure {
    action: &'static str,
    kind: ErrorKind,
    code: Option<i32>,
}

impl Failure {
    /// What a store error says to those whose records were on their way.
    pub(super) fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Io { action, source } => Self {
                action,
                kind: source.kind(),
                code: source.raw_os_error(),
            },
            _ => Self {
                action: "write the ledger",
                kind: ErrorKind::Other,
                code: None,
            },
        }
    }

    pub(super) fn error(self) -> StoreError {
        StoreError::Io {
            action: self.action,
            source: self
                .code
                .map_or_else(|| self.kind.into(), io::Error::from_raw_os_error),
        }
    }
}

#[derive(Default)]
struct Queue {
    groups: VecDeque<Group>,
    bytes: usize,
    closing: bool,
}

#[derive(Default)]
struct Progress {
    /// Batches whose outcome is known; they are told in their order.
    batches: u64,
    failure: Option<Failure>,
}

/// What the threads of a writer share.
pub(super) struct State {
    queue: Mutex<Queue>,
    arrived: Condvar,
    room: Condvar,
    queue_bytes: usize,
    progress: Mutex<Progress>,
    progressed: Condvar,
    /// Records that are durable.
    durable: AtomicU64,
}

impl State {
    pub(super) fn new(durable: u64, queue_bytes: usize) -> Self {
        Self {
            queue: Mutex::default(),
            arrived: Condvar::new(),
            room: Condvar::new(),
            queue_bytes,
            progress: Mutex::default(),
            progressed: Condvar::new(),
            durable: AtomicU64::new(durable),
        }
    }

    /// Records that are durable.
    pub(super) fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    /// The first failure.
    pub(super) fn failure(&self) -> Option<Failure> {
        lock(&self.progress).failure
    }

    /// Nothing is acknowledged from now on.
    pub(super) fn fail(&self, failure: Failure) {
        let mut progress = lock(&self.progress);
        progress.failure.get_or_insert(failure);
        drop(progress);
        // Whoever waits looks at the failure under the lock of the queue, or misses this.
        drop(lock(&self.queue));
        self.progressed.notify_all();
        self.arrived.notify_all();
        self.room.notify_all();
    }

    /// Puts records in the queue; waits while it is full.
    pub(super) fn push(&self, group: Group) -> Result<(), StoreError> {
        let bytes = group.bytes();
        let mut queue = lock(&self.queue);
        loop {
            if queue.closing || self.failure().is_some() {
                return Err(StoreError::Poisoned);
            }
            if queue.groups.is_empty() || queue.bytes + bytes <= self.queue_bytes {
                break;
            }
            queue = wait(&self.room, queue);
        }
        queue.bytes += bytes;
        queue.groups.push_back(group);
        drop(queue);
        self.arrived.notify_one();
        Ok(())
    }

    /// Waits until records wait to be written; false when the writer closes and all are taken.
    pub(super) fn wait_for_records(&self) -> bool {
        let mut queue = lock(&self.queue);
        while queue.groups.is_empty() {
            if queue.closing {
                return false;
            }
            queue = wait(&self.arrived, queue);
        }
        true
    }

    /// Whether nothing waits, and every batch before this one is done.
    pub(super) fn is_idle(&self, batch: u64) -> bool {
        lock(&self.queue).groups.is_empty() && lock(&self.progress).batches == batch
    }

    /// Takes the groups that wait, up to about `bytes`.
    pub(super) fn take(&self, bytes: usize) -> Vec<Group> {
        let mut queue = lock(&self.queue);
        let mut groups = Vec::new();
        let mut taken = 0;
        while taken < bytes
            && let Some(group) = queue.groups.pop_front()
        {
            taken += group.bytes();
            groups.push(group);
        }
        queue.bytes = queue.bytes.saturating_sub(taken);
        drop(queue);
        self.room.notify_all();
        groups
    }

    /// Takes no more records; those that wait are still written.
    pub(super) fn close(&self) {
        lock(&self.queue).closing = true;
        self.arrived.notify_all();
        self.room.notify_all();
    }

    /// Waits until all batches before this one are done. An error where one failed.
    pub(super) fn wait_for(&self, batch: u64) -> Result<(), StoreError> {
        let mut progress = lock(&self.progress);
        loop {
            if let Some(failure) = progress.failure {
                return Err(failure.error());
            }
            if progress.batches >= batch {
                return Ok(());
            }
            progress = wait(&self.progressed, progress);
        }
    }

    /// Batches that were made durable.
    pub(super) fn batches(&self) -> u64 {
        lock(&self.progress).batches
    }

    /// A batch is durable, and all before it.
    pub(super) fn done(&self, batch: u64, size: u64) {
        let mut progress = lock(&self.progress);
        progress.batches = batch + 1;
        self.durable.store(size, Ordering::Release);
        drop(progress);
        self.progressed.notify_all();
    }
}

fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}
