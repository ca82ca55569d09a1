//! The ledger of the command line: where it is, its keys, and the recording of a run.

mod actor;
mod basis;
mod decisions;
mod documents;
mod gap;
mod place;
mod postgres;
mod recording;

pub(crate) use actor::actor;
pub(crate) use decisions::RecordedDecisions;
pub(crate) use documents::Documents;
pub(crate) use gap::{Gaps, Missed};
pub(crate) use place::{Place, PlaceError, write_new_secret};
pub(crate) use recording::{Recording, RecordingError, Run};
