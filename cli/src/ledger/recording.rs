//! The recording of a run: records are made where decisions are, and appended by a thread of their own meanwhile, which
//! opens the ledger too. What was decided counts only when all of it is durable.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use soc2gate_engine::{Decision, Exceptions, Siblings, Subject};
use soc2gate_evidence::{Recorder, StoredContext};
use soc2gate_inputs::Withholder;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{BulkRef, Record, RecordError};
use soc2gate_ledger::store::{Document, Receipt, Store, StoreError, Submission};

use soc2gate_host::{Gaps, Place, RecordingError, Run};

/// The most records that are appended at once.
const GROUP: usize = 1_024;
/// The most batches of the run that wait to be appended: a slow disk slows the run and does not fill the memory.
const WAITING: usize = 8;

/// The recording of a run.
pub(crate) struct Recording {
    ring: Arc<KeyRing>,
    recorder: Recorder,
    exceptions: Exceptions,
    now: Timestamp,
    /// What controls see beside a subject, until it is sealed with the first decision.
    context: Arc<Mutex<Option<Document>>>,
    sender: SyncSender<Vec<Submission>>,
    writer: JoinHandle<Result<(), RecordingError>>,
    gaps: Option<Gaps>,
    failed: Mutex<Option<RecordError>>,
}

impl Recording {
    /// Starts to open the ledger, while others judge. Whether it can be opened, [`Recording::finish`] tells.
    pub(crate) fn start(place: Place, run: Run) -> Result<Self, RecordingError> {
        let ring = Arc::new(place.keys()?);
        let recorder = Recorder::new(
            Arc::clone(&ring),
            run.actor.clone(),
            run.front_end,
            &run.gate,
        )?;
        let (sender, submissions) = mpsc::sync_channel(WAITING);
        let context = Arc::new(Mutex::new(None));
        let exceptions = run.gate.exceptions().clone();
        let now = run.now;
        let gaps = Gaps::of(&place);
        let writer = Writer {
            place,
            run,
            ring: Arc::clone(&ring),
            recorder: recorder.clone(),
            context: Arc::clone(&context),
        };
        let writer = thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || writer.write(&submissions))
            .map_err(|source| StoreError::Io {
                action: "start a thread",
                source,
            })?;
        Ok(Self {
            ring,
            recorder,
            exceptions,
            now,
            context,
            sender,
            writer,
            gaps,
            failed: Mutex::default(),
        })
    }

    /// Keeps what controls see beside a subject.
    pub(crate) fn context(&self, siblings: &Siblings) {
        if siblings.values().all(std::collections::BTreeMap::is_empty) {
            return;
        }
        let commit = |bytes: &[u8]| self.ring.commit("value", bytes);
        let stored = StoredContext::of(siblings, &mut Withholder::new(&commit));
        match stored.document() {
            Ok(document) => *lock(&self.context) = Some(document),
            Err(error) => *lock(&self.failed) = Some(error),
        }
    }

    /// The records of a decision. On an error the run is not recorded, which [`Recording::finish`] tells.
    pub(crate) fn records(&self, subject: &Subject, decision: &Decision) -> Vec<Submission> {
        self.recorder
            .decision(subject, decision, &self.exceptions, self.now)
            .unwrap_or_else(|error| {
                *lock(&self.failed) = Some(error);
                Vec::new()
            })
    }

    /// Hands records over.
    pub(crate) fn append(&self, submissions: Vec<Submission>) {
        // When the other side has ended, it says why at the end.
        let _ = self.sender.send(submissions);
    }

    /// Waits until every record is durable and under a checkpoint.
    pub(crate) fn finish(self) -> Result<(), RecordingError> {
        drop(self.sender);
        self.writer.join().map_err(|_| RecordingError::Ended)??;
        if let Some(error) = self
            .failed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
        {
            return Err(error.into());
        }
        if let Some(gaps) = &self.gaps {
            gaps.clear().map_err(|source| StoreError::Io {
                action: "remove the notes of gaps",
                source,
            })?;
        }
        Ok(())
    }
}

/// What the thread that writes works with.
struct Writer {
    place: Place,
    run: Run,
    ring: Arc<KeyRing>,
    recorder: Recorder,
    context: Arc<Mutex<Option<Document>>>,
}

impl Writer {
    /// Appends what comes, as much at once as has come meanwhile, and seals it at the end.
    fn write(self, submissions: &Receiver<Vec<Submission>>) -> Result<(), RecordingError> {
        let store = self.place.open(Arc::clone(&self.ring))?;
        let store = store.as_ref();
        let first = self.run.first(&self.place, store, &self.recorder)?;
        if !first.is_empty() {
            store.append(first)?;
        }
        let mut shared = Shared::default();
        while let Ok(mut group) = submissions.recv() {
            while group.len() < GROUP
                && let Ok(more) = submissions.try_recv()
            {
                group.extend(more);
            }
            shared.append(store, group, &self.context)?;
        }
        store.seal()?;
        Ok(())
    }
}

/// The document that all decisions of a run share.
#[derive(Default)]
struct Shared {
    document: Option<Document>,
    reference: Option<BulkRef>,
}

impl Shared {
    fn append(
        &mut self,
        store: &dyn Store,
        mut group: Vec<Submission>,
        context: &Mutex<Option<Document>>,
    ) -> Result<(), StoreError> {
        if let Some(document) = lock(context).take() {
            self.document = Some(document);
        }
        if let Some(document) = &self.document
            && self.reference.is_none()
            && let Some(first) = group.iter_mut().find(|submission| is_decision(submission))
        {
            first.documents.push(document.clone());
            let at = group.iter().position(is_decision).unwrap_or(0);
            let rest = group.split_off(at + 1);
            let receipts = store.append(group)?;
            self.reference = reference(store, receipts.last(), &document.name)?;
            group = rest;
        }
        for submission in &mut group {
            if !is_decision(submission) {
                continue;
            }
            match (&self.reference, &self.document) {
                (Some(reference), _) => submission.draft.bulk.push(reference.clone()),
                // A store that gives no index at once: each decision has its own.
                (None, Some(document)) => submission.documents.push(document.clone()),
                (None, None) => {}
            }
        }
        if !group.is_empty() {
            store.append(group)?;
        }
        Ok(())
    }
}

fn is_decision(submission: &Submission) -> bool {
    !submission.documents.is_empty()
}

/// What the record of a receipt says of a document of it.
fn reference(
    store: &dyn Store,
    receipt: Option<&Receipt>,
    name: &str,
) -> Result<Option<BulkRef>, StoreError> {
    let Some(index) = receipt.and_then(|receipt| receipt.index) else {
        return Ok(None);
    };
    let Some(entry) = store.entries(index..index + 1)?.next() else {
        return Ok(None);
    };
    let record = Record::parse(&entry?.1)?;
    Ok(record.bulk.into_iter().find(|bulk| bulk.name == name))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
