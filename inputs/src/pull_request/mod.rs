//! The pull request document, schema v1: everything the controls of change approval look at.
//!
//! A collector fills [`PullRequest`] and writes it as JSON; the loader reads such JSON, holds it to
//! [`schema`], then to [`check()`], and gives the JSON itself to the controls. A fact that could not
//! be read is left out and explained under `unavailable`, so that a control answers `unknown` instead
//! of guessing. Nothing here fetches anything.

mod actor;
mod branch;
mod check;
mod code_owners;
mod commit;
mod consistency;
mod document;
mod file;
mod merge;
pub(crate) mod presence;
mod review;
mod scalar;
mod ticket;
mod timeline;
mod unavailable;

pub use actor::{Actor, ActorType, Identity, IdentityType};
pub use branch::{Base, Head, Repository, Visibility};
pub use check::{App, Check, CheckConclusion, CheckKind, CheckStatus, RequiredCheck, WorkflowRun};
pub use code_owners::{CodeOwner, CodeOwners, CodeOwnersError, OwnedPath};
pub use commit::{BaseChange, Commit, Push, Signature, SignatureState};
pub use consistency::{Inconsistency, PathSegment, check};
pub use document::{PullRequest, SchemaVersion, Source, State};
pub use file::{ChangedFile, DependencyChange, DependencyChangeType, FileStatus, Vulnerability};
pub use merge::{AutoMerge, Merge, MergeMethod, MergeQueue};
pub use presence::List;
pub use review::{Dismissal, Review, ReviewState, ReviewThread};
pub use scalar::{Login, Name, Oid, Slug, Text, Timestamp};
pub use ticket::{LinkSource, LinkedIssue, Template};
pub use timeline::{TimelineEvent, TimelineEventType};
pub(crate) use unavailable::sections;
pub use unavailable::{Gap, Unavailable};

use serde_json::Value;

/// Where the schema of the document is published.
pub const SCHEMA_ID: &str = "https://soc2gate.dev/schema/pull-request/v1.json";

/// The JSON Schema (2020-12) of the document, made from the types.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(PullRequest);
    schema.insert("$id".to_owned(), SCHEMA_ID.into());
    schema.insert(
        "title".to_owned(),
        "soc2gate pull request, version 1".into(),
    );
    schema.to_value()
}

#[cfg(test)]
mod tests;
