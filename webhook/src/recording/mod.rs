//! Decisions become durable before they are answered: threads that append what comes together, a ledger that is opened anew
//! when it failed, and the gaps where it could not take anything.

mod gap;
mod ledger;
mod writer;

pub use gap::GapTally;
pub use ledger::Ledger;
pub use writer::{Unrecorded, Writer};
