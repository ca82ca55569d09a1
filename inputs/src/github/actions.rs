//! What GitHub Actions may do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::Text;
use crate::pull_request::presence::present;

/// Which actions may run (REST `actions/permissions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    /// Whether workflows run at all. REST `enabled`; of an organisation, `enabled_repositories` other than `none`.
    pub enabled: bool,
    /// Which actions they may use. REST `allowed_actions`. Absent: workflows do not run, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "AllowedActions")]
    pub allowed: Option<AllowedActions>,
    /// Whether actions must be pinned by a full commit. REST `sha_pinning_required`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub sha_pinning_required: Option<bool>,
    /// Which actions are allowed where some are selected. REST `actions/permissions/selected-actions`. Absent: none are,
    /// or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "SelectedActions")]
    pub selected: Option<SelectedActions>,
}

/// Which actions workflows may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllowedActions {
    /// Every one.
    All,
    /// Those of the repository's owner.
    LocalOnly,
    /// Those that are selected.
    Selected,
}

/// Selected actions (REST `selected-actions`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectedActions {
    /// Those of GitHub's own. REST `github_owned_allowed`.
    pub github_owned: bool,
    /// Those of verified creators. REST `verified_allowed`.
    pub verified: bool,
    /// Those that match a pattern. REST `patterns_allowed`.
    pub patterns: Vec<Text>,
}

/// The token that workflows get where they do not say (REST `actions/permissions/workflow`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowToken {
    /// Its permissions. REST `default_workflow_permissions`.
    pub default_permissions: TokenPermissions,
    /// Whether it may create and approve pull requests. REST `can_approve_pull_request_reviews`.
    pub can_approve_pull_requests: bool,
}

/// Permissions of a token that no workflow narrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenPermissions {
    /// It reads contents and packages.
    Read,
    /// It writes everything.
    Write,
}
