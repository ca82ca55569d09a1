//! The rules of a branch: classic protection, and rulesets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ruleset::{Actors, PullRequestRule, Ruleset, StatusCheckRule};
use crate::pull_request::presence::{Nullable, nullable, present};
use crate::pull_request::{Gap, List, Text, sections};

/// A branch and everything that protects it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Its name.
    pub name: Text,
    /// Classic branch protection (REST `branches/{branch}/protection`; GraphQL `Ref.branchProtectionRule`). Null: there
    /// is none (REST answers 404 with "Branch not protected"). Absent: not readable.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Protection>")]
    pub protection: Option<Option<Protection>>,
    /// The rulesets with rules for this branch (REST `rules/branches/{branch}`, grouped by `ruleset_id`, each with its
    /// enforcement and bypass actors from `rulesets/{ruleset_id}`). Those of the organisation are among them. Absent:
    /// not readable.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Ruleset>")]
    pub rulesets: Option<List<Ruleset>>,
    /// Why a part is absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfBranch")]
    pub unavailable: Option<UnavailableOfBranch>,
}

sections!(
    /// For each part of a branch that could not be read, why.
    UnavailableOfBranch: protection, rulesets
);

/// Classic protection of a branch (REST `branch-protection`; GraphQL `BranchProtectionRule`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// Whether it holds for administrators too. REST `enforce_admins.enabled`; GraphQL `isAdminEnforced`.
    pub enforce_admins: bool,
    /// What it asks of pull requests. REST `required_pull_request_reviews`; GraphQL `requiresApprovingReviews` and the
    /// fields beside it. Null: a pull request is not required.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<PullRequestRule>")]
    pub pull_request: Option<PullRequestRule>,
    /// Who may merge without what is asked of pull requests. REST
    /// `required_pull_request_reviews.bypass_pull_request_allowances` (left out by REST where nobody may); GraphQL
    /// `bypassPullRequestAllowances`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Actors")]
    pub bypass_pull_request: Option<Actors>,
    /// The checks it requires. REST `required_status_checks`; GraphQL `requiresStatusChecks` and the fields beside it.
    /// Null: none.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<StatusCheckRule>")]
    pub status_checks: Option<StatusCheckRule>,
    /// Whether history can be rewritten. REST `allow_force_pushes.enabled`; GraphQL `allowsForcePushes`.
    pub allow_force_pushes: bool,
    /// Who may rewrite history although it does not allow that. GraphQL `bypassForcePushAllowances`, which REST lacks.
    /// Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Actors")]
    pub bypass_force_push: Option<Actors>,
    /// Whether the branch can be deleted. REST `allow_deletions.enabled`; GraphQL `allowsDeletions`.
    pub allow_deletions: bool,
    /// Whether commits must be signed. REST `required_signatures.enabled`; GraphQL `requiresCommitSignatures`. Absent:
    /// not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub signatures: Option<bool>,
    /// Whether conversations must be resolved. REST `required_conversation_resolution.enabled`; GraphQL
    /// `requiresConversationResolution`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub conversation_resolution: Option<bool>,
    /// Whether merge commits are refused. REST `required_linear_history.enabled`; GraphQL `requiresLinearHistory`.
    /// Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub linear_history: Option<bool>,
    /// Whether nobody can push at all. REST `lock_branch.enabled`; GraphQL `lockBranch`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub locked: Option<bool>,
    /// Who alone may push. REST `restrictions`; GraphQL `restrictsPushes` and `pushAllowances`. Null: whoever has write
    /// access. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Actors>")]
    pub push_restrictions: Option<Option<Actors>>,
}
