//! The documents about GitHub, schema v1: the settings of a repository and of an organisation, and pushes.
//!
//! A collector fills [`Repository`], [`Organization`] or [`Push`] and writes it as JSON; the loader holds such JSON to the
//! schema, then to [`check`], and gives the JSON itself to the controls. A fact that could not be read is left out and
//! explained under `unavailable`, so that a control answers `unknown` instead of guessing. Nothing here fetches
//! anything.

mod access;
mod actions;
mod branch;
mod bypass;
mod consistency;
mod environment;
mod member;
mod organization;
mod push;
mod repository;
mod ruleset;
mod security;
pub(crate) mod subject;
mod visibility;

pub use access::{Collaborator, DeployKey};
pub use actions::{Actions, AllowedActions, SelectedActions, TokenPermissions, WorkflowToken};
pub use branch::{Branch, Protection, UnavailableOfBranch};
pub use bypass::{RuleBypass, RuleBypasses, RuleSuiteResult};
pub use consistency::check;
pub use environment::{
    BranchPattern, BranchPolicy, Environment, RefType, Reviewer, ReviewerType,
    UnavailableOfEnvironment,
};
pub use member::{
    Access, Installation, Invitation, Member, OutsideCollaborator, RepositorySelection,
    UnavailableOfCollaborator,
};
pub use organization::{
    DefaultPermission, MemberPrivileges, Organization, OrganizationSchema, SingleSignOn,
    UnavailableOfOrganization, UnavailableOfSingleSignOn,
};
pub use push::{
    CommitPullRequest, Push, PushSchema, PushedCommit, RecordedDecision, RecordedOutcome,
    UnavailableOfPush,
};
pub use repository::{MergeSettings, Repository, RepositorySchema, UnavailableOfRepository};
pub use ruleset::{
    Actors, BypassActor, BypassActorType, BypassMode, Enforcement, PullRequestRule, Rule, Ruleset,
    RulesetSource, StatusCheckRule, TagRuleset, UnavailableOfRuleset,
};
pub use security::{CodeScan, Security, Switch, UnavailableOfSecurity};

use schemars::JsonSchema;
use serde_json::Value;

/// The JSON Schema (2020-12) of repository documents, made from the types.
pub fn repository_schema() -> Value {
    schema::<Repository>(
        "github-repository",
        "soc2gate repository on GitHub, version 1",
    )
}

/// The JSON Schema (2020-12) of organisation documents, made from the types.
pub fn organization_schema() -> Value {
    schema::<Organization>(
        "github-organization",
        "soc2gate organisation on GitHub, version 1",
    )
}

/// The JSON Schema (2020-12) of push documents, made from the types.
pub fn push_schema() -> Value {
    schema::<Push>("github-push", "soc2gate push on GitHub, version 1")
}

fn schema<T: JsonSchema>(name: &str, title: &str) -> Value {
    let mut schema = schemars::schema_for!(T);
    let id = format!("https://soc2gate.dev/schema/{name}/v1.json");
    schema.insert("$id".to_owned(), id.into());
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

#[cfg(test)]
mod tests;
