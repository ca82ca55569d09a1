//! The admission webhook: in this process where a request is what matters, as a program where files, signals and the ledger do.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod advisories;
mod audit;
mod audit_chart;
mod audited;
mod bad_input;
mod canary;
mod client;
mod cluster;

mod corpora;
mod durable;
#[path = "../kubernetes/server.rs"]
mod kubernetes;
mod parity;
mod postgres;
mod process;
mod registration;
mod reload;
mod report_definitions;
#[allow(dead_code, reason = "the tests of the store use the rest")]
#[path = "../postgres/server.rs"]
mod server;
mod service;
mod shutdown;
mod subresources;
