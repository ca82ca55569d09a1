//! The audit of what exists: the objects of a cluster are judged as the webhook judges what is written, on a schedule and when
//! policies change. It is a process of its own, so that neither its memory nor its account is that of the webhook.
//!
//! [`discovery`] says which kinds are scanned, [`pages`] brings their objects, [`judging`] judges them on threads, [`scan`] puts
//! this together; [`drift`] holds what is denied against what was admitted, [`reports`], [`recording`], [`events`] and
//! [`metrics`] tell of it.

pub mod api;
pub mod args;
pub mod discovery;
pub mod drift;
pub mod events;
pub mod judging;
pub mod metrics;
pub mod object;
pub mod pages;
pub mod policy_files;
pub mod recording;
pub mod reports;
pub mod run;
pub mod scan;
pub mod siblings;
pub mod summary;

pub use args::AuditArgs;
pub use run::run;
