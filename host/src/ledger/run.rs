//! What records need to know of a run, and what is recorded before its first decision.

use jiff::Timestamp;
use soc2gate_engine::Gate;
use soc2gate_evidence::{FrontEnd, PolicySet, Recorder, Settings};
use soc2gate_ledger::record::{Actor, RecordError};
use soc2gate_ledger::store::{Store, StoreError, Submission};
use thiserror::Error;

use super::basis::Basis;
use super::{Gaps, Place, PlaceError};

/// Why a run is not recorded.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The ledger cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record cannot be made.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The thread that writes is gone.
    #[error("the recording ended unexpectedly")]
    Ended,
}

/// What a run is, for its records.
pub struct Run {
    /// What judges.
    pub gate: Gate,
    /// What its policies were loaded from.
    pub policies: PolicySet,
    /// What stands for them.
    pub policies_digest: String,
    /// What is set beside policies.
    pub settings: Settings,
    /// Who records.
    pub actor: Actor,
    /// What asks for decisions.
    pub front_end: FrontEnd,
    /// When.
    pub now: Timestamp,
}

impl Run {
    /// What is not recorded yet: gaps, the policies, the settings.
    pub fn first(
        &self,
        place: &Place,
        store: &dyn Store,
        recorder: &Recorder,
    ) -> Result<Vec<Submission>, RecordingError> {
        let run = self;
        let settings_digest = run.gate.settings_digest();
        let basis = Basis::find(place, store, &run.policies_digest, settings_digest)?;
        let mut first = Vec::new();
        if let Some(gaps) = Gaps::of(place) {
            let taken = gaps.take().map_err(|source| StoreError::Io {
                action: "read the notes of gaps",
                source,
            })?;
            first.extend(Gaps::records(&taken, &run.actor, run.now)?);
        }
        let before = |last: Option<String>, now: &str| last.filter(|last| last != now);
        if !basis.has_policies {
            first.push(recorder.policy_change(
                &run.gate,
                &run.policies,
                &run.policies_digest,
                before(basis.last_policies, &run.policies_digest),
                run.now,
            )?);
        }
        if !basis.has_settings {
            first.push(recorder.settings_change(
                &run.settings,
                settings_digest,
                before(basis.last_settings, settings_digest),
                run.now,
            )?);
        }
        Ok(first)
    }
}
