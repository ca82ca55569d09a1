//! Facts from GitHub: the only place that knows its interfaces.

mod actions;
mod client;
mod code_host;
mod comparison;
mod event;
mod facts;
mod merge_group;
mod organization;
mod part;
mod pull_request;
mod push;
mod repository;
mod snapshot;

pub(crate) use client::{Addresses, Failure, GitHub, Limits, SystemPace, Token};
pub(crate) use event::{Event, MergeGroup, Occasion, PushEvent};
pub(crate) use merge_group::members;
pub(crate) use organization::{Extent, Reached, collect_organization, list_repositories};
pub(crate) use pull_request::{BaseTip, Collected, Coordinates, Wanted, collect};
pub(crate) use push::{branch_tip, collect_push, is_protected, merged_as};
pub(crate) use repository::{SharedRulesets, collect_repository, default_branch};
pub(crate) use snapshot::{KnownFiles, Snapshot, text};
