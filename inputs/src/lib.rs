//! Reads what soc2gate judges: bytes to subjects with source positions. Pure parsing, no I/O.
//!
//! A file is split into [`Unit`]s that can be read on their own ([`units`]); [`read`] turns a unit into
//! [`Subject`](soc2gate_engine::Subject)s and [`Diagnostic`](soc2gate_source::Diagnostic)s, and
//! [`siblings`] and [`objects`] pick the documents that controls read beside a subject. [`documents`] reads a file of
//! any [`Format`] as configuration documents.

pub mod code_owners;
mod document;
pub mod github;
mod kubernetes;
pub mod pull_request;
mod pull_request_subject;
mod read;
mod unit;
mod withhold;
mod workflow;

pub use document::{Format, documents};
pub use kubernetes::{kubernetes_subject, objects, siblings};
pub use read::{Read, read};
pub use unit::{Reading, SourceFile, Unit, units};
pub use withhold::{WITHHELD, Withholder};
