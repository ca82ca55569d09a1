//! The ledger of the command line: who writes to it, and the recording of a run.

mod actor;
mod decisions;
mod documents;
mod recording;

pub(crate) use actor::actor;
pub(crate) use decisions::RecordedDecisions;
pub(crate) use documents::Documents;
pub(crate) use recording::Recording;
pub(crate) use soc2gate_host::{
    Gaps, Missed, Place, PlaceError, RecordingError, Run, write_new_secret,
};
