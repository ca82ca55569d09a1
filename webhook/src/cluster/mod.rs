//! What the webhook asks of a cluster, where it is told of one.

pub mod certificates;
pub mod connection;
pub mod keeper;
pub mod lease;
pub mod registration;

pub use connection::{Connection, Unreachable};
