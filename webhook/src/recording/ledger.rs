//! The ledger, which may fail and come back while the webhook goes on.

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use soc2gate_host::{Gaps, Place, RecordingError};
use soc2gate_ledger::record::Actor;
use soc2gate_ledger::store::{Receipt, Store, StoreError, Submission};

use super::GapTally;
use crate::metrics::Metrics;
use crate::policies::{PolicySnapshot, Signer};

/// A ledger and how to open it again.
pub struct Ledger {
    place: Place,
    signer: Signer,
    store: RwLock<Option<Arc<dyn Store>>>,
    /// Held by whoever records what comes before decisions: the notes of gaps have one reader.
    introducing: Mutex<()>,
    gaps: GapTally,
    metrics: Arc<Metrics>,
}

impl Ledger {
    /// A ledger that is not open yet.
    pub fn new(place: Place, signer: Signer, metrics: Arc<Metrics>) -> Self {
        let gaps = GapTally::new(Gaps::of(&place));
        Self {
            place,
            signer,
            store: RwLock::default(),
            introducing: Mutex::default(),
            gaps,
            metrics,
        }
    }

    /// Opens the ledger where it is not open.
    pub fn open(&self) -> Result<(), RecordingError> {
        if self.store().is_some() {
            return Ok(());
        }
        let store = self.place.open_for_service(Arc::clone(&self.signer.ring))?;
        *self.store.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::from(store));
        self.metrics.ledger_writable.set(1);
        Ok(())
    }

    /// Whether it takes records, as far as anybody knows.
    pub fn is_open(&self) -> bool {
        self.store().is_some()
    }

    /// The ledger for people.
    pub fn name(&self) -> String {
        self.place.name()
    }

    /// What could not be recorded.
    pub fn gaps(&self) -> &GapTally {
        &self.gaps
    }

    /// Records what comes before the first decision of a set: gaps, the policies, the settings.
    pub fn introduce(&self, policies: &PolicySnapshot) -> Result<(), RecordingError> {
        let Some(recording) = &policies.recording else {
            return Ok(());
        };
        recording.introduce(|run, recorder| {
            let store = self.opened()?;
            let _alone = self
                .introducing
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let done = run
                .first(&self.place, store.as_ref(), recorder)
                .and_then(|first| {
                    if !first.is_empty() {
                        store.append(first)?;
                    }
                    self.gaps.recorded()
                });
            done.inspect_err(|error| self.failed(error))
        })
    }

    /// Appends the records of decisions of a set. On an error none of them is acknowledged.
    pub fn append(
        &self,
        policies: &PolicySnapshot,
        records: Vec<Submission>,
    ) -> Result<Vec<Receipt>, RecordingError> {
        self.introduce(policies)?;
        let count = u64::try_from(records.len()).unwrap_or(u64::MAX);
        let receipts = self
            .opened()?
            .append(records)
            .map_err(RecordingError::from)
            .inspect_err(|error| self.failed(error))?;
        self.metrics.ledger_records.inc_by(count);
        self.metrics.ledger_groups.inc();
        Ok(receipts)
    }

    /// Records the gaps, or notes them where that fails. Called from time to time.
    pub fn keep_gaps(&self) {
        let Some(store) = self.store() else {
            self.gaps.note();
            return;
        };
        let _alone = self
            .introducing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let actor: &Actor = &self.signer.actor;
        let recorded = self.gaps.record(actor, Timestamp::now(), |records| {
            store.append(records)?;
            Ok(())
        });
        if let Err(error) = recorded {
            self.failed(&error);
            self.gaps.note();
        }
    }

    /// Seals what is recorded, and lets go of the ledger.
    pub fn close(&self) {
        self.keep_gaps();
        if let Some(store) = self.store()
            && let Err(error) = store.seal()
        {
            tracing::warn!(error = %error, "the ledger could not be sealed; whoever opens it next seals it");
        }
        *self.store.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn store(&self) -> Option<Arc<dyn Store>> {
        let store = self.store.read().unwrap_or_else(PoisonError::into_inner);
        store.clone()
    }

    fn opened(&self) -> Result<Arc<dyn Store>, RecordingError> {
        self.store().ok_or(RecordingError::Ended)
    }

    /// After a failed write nobody knows what is durable: the ledger is opened anew. A record that is wrong by itself says
    /// nothing of the ledger.
    fn failed(&self, error: &RecordingError) {
        let is_of_record = matches!(
            error,
            RecordingError::Record(_)
                | RecordingError::Store(StoreError::Record(_) | StoreError::Seal(_))
        );
        if is_of_record {
            return;
        }
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        if store.take().is_some() {
            self.metrics.ledger_writable.set(0);
            tracing::error!(error = %error, ledger = self.name(), "the ledger takes no records; it is opened anew");
        }
    }
}
