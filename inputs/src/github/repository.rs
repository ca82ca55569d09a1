//! The repository document, schema v1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::access::{Collaborator, DeployKey};
use super::actions::{Actions, WorkflowToken};
use super::branch::Branch;
use super::bypass::RuleBypasses;
use super::environment::Environment;
use super::ruleset::TagRuleset;
use super::security::Security;
use crate::pull_request::presence::{Nullable, nullable, present};
use crate::pull_request::{Gap, List, Name, Source, Text, Timestamp, Visibility, sections};

/// Everything that is known about the settings of one repository at one moment. The sections from `merge_settings` on
/// may be absent: such a section could not be read, and `unavailable` says why. A control then answers `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// The version of this document's shape.
    pub schema: RepositorySchema,
    /// When the facts were read.
    pub collected_at: Timestamp,
    /// From where and by what. Absent: written by hand.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Source")]
    pub source: Option<Source>,
    /// The account that owns it. REST `owner.login`.
    pub owner: Name,
    /// Its name. REST `name`.
    pub name: Name,
    /// Who may see it. REST `visibility`.
    pub visibility: Visibility,
    /// Whether it is archived, which makes it read-only. REST `archived`.
    pub archived: bool,
    /// Whether it is a fork. REST `fork`.
    pub fork: bool,
    /// Whether it is a template. REST `is_template`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub template: Option<bool>,
    /// Its default branch. REST `default_branch`. Null: it has no commit, and so no branch.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Text>")]
    pub default_branch: Option<Text>,

    /// How pull requests are merged (REST `repos/{owner}/{repo}`).
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "MergeSettings")]
    pub merge_settings: Option<MergeSettings>,
    /// The default branch and the branches that the collector was told of. GraphQL `Repository.refs`, REST
    /// `branches/{branch}`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Branch>")]
    pub branches: Option<List<Branch>>,
    /// The rulesets for tags.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<TagRuleset>")]
    pub tag_rulesets: Option<List<TagRuleset>>,
    /// Whether the tags of releases are locked. REST `immutable-releases` `enabled`; 404 is false.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub immutable_releases: Option<bool>,
    /// Bypasses of rules.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "RuleBypasses")]
    pub rule_bypasses: Option<RuleBypasses>,
    /// Environments. REST `environments`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Environment>")]
    pub environments: Option<List<Environment>>,
    /// Which actions may run. REST `actions/permissions`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Actions")]
    pub actions: Option<Actions>,
    /// The token that workflows get where they do not say. REST `actions/permissions/workflow`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "WorkflowToken")]
    pub workflow_token: Option<WorkflowToken>,
    /// Scanning and alerts.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Security")]
    pub security: Option<Security>,
    /// Collaborators who are no members of the organisation. REST `collaborators?affiliation=outside`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Collaborator>")]
    pub outside_collaborators: Option<List<Collaborator>>,
    /// Deploy keys. REST `keys`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<DeployKey>")]
    pub deploy_keys: Option<List<DeployKey>>,

    /// Why sections are absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfRepository")]
    pub unavailable: Option<UnavailableOfRepository>,
}

/// The version of the document's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum RepositorySchema {
    /// The first version.
    #[serde(rename = "soc2gate.dev/github-repository/v1")]
    V1,
}

sections!(
    /// For each section of the document that could not be read, why. A section is never both here and in the document.
    UnavailableOfRepository:
        actions,
        branches,
        deploy_keys,
        environments,
        immutable_releases,
        merge_settings,
        outside_collaborators,
        rule_bypasses,
        security,
        tag_rulesets,
        workflow_token
);

/// How pull requests are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeSettings {
    /// REST `allow_merge_commit`.
    pub allow_merge_commit: bool,
    /// REST `allow_squash_merge`.
    pub allow_squash_merge: bool,
    /// REST `allow_rebase_merge`.
    pub allow_rebase_merge: bool,
    /// REST `allow_auto_merge`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub allow_auto_merge: Option<bool>,
    /// REST `allow_update_branch`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub allow_update_branch: Option<bool>,
    /// REST `delete_branch_on_merge`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub delete_branch_on_merge: Option<bool>,
}
