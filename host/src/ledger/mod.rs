//! Where the ledger and its keys are, gaps, and what is recorded before any decision.

mod basis;
mod gap;
mod place;
mod postgres;
mod run;

pub use gap::{Gaps, Missed};
pub use place::{Place, PlaceError, write_new_secret};
pub use run::{RecordingError, Run};
