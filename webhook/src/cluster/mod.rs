//! What the webhook asks of a cluster, where it is told of one.

pub mod connection;

pub use connection::{Connection, Unreachable};
