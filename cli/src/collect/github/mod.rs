//! Facts from GitHub: the only place that knows its interfaces.

mod client;
mod code_host;
mod event;
mod pull_request;

pub(crate) use client::{Addresses, GitHub, Limits, SystemPace, Token};
pub(crate) use event::Event;
pub(crate) use pull_request::{Coordinates, Wanted, collect};
