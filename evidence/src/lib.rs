//! Decisions as records of the ledger: what is kept of an input, of policies and of settings, and how a decision is
//! evaluated again from what was kept. The front ends share it; the ledger knows no Rego, the engine no ledger.

mod basis;
mod input;
mod recorder;
mod replay;

pub use basis::{PolicySet, Settings};
pub use input::{StoredContext, StoredInput};
pub use recorder::{FrontEnd, Recorder};
pub use replay::{Difference, Replay, ReplayError, replay};

#[cfg(test)]
mod tests;
