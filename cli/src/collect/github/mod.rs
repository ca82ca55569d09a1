//! Facts from GitHub: the only place that knows its interfaces.

mod client;
mod code_host;
mod comparison;
mod event;
mod merge_group;
mod pull_request;
mod push;
mod snapshot;

pub(crate) use client::{Addresses, Failure, GitHub, Limits, SystemPace, Token};
pub(crate) use event::{Event, MergeGroup, Occasion, PushEvent};
pub(crate) use merge_group::members;
pub(crate) use pull_request::{Coordinates, Wanted, collect};
pub(crate) use push::{branch_tip, collect_push, is_protected, merged_as};
pub(crate) use snapshot::{Snapshot, text};
