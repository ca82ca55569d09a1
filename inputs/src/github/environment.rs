//! Environments to which workflows deploy.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::{Nullable, nullable, present};
use crate::pull_request::{Gap, List, Text, sections};

/// An environment (REST `environments`; GraphQL `Environment`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name.
    pub name: Text,
    /// Who may approve a deployment. REST `protection_rules` of type `required_reviewers`, `reviewers`. Empty: nobody
    /// must.
    pub reviewers: Vec<Reviewer>,
    /// Whether who started a deployment may not approve it. REST `prevent_self_review` of the same rule; false where
    /// there is no such rule.
    pub prevent_self_review: bool,
    /// Which branches and tags may deploy. REST `deployment_branch_policy`. Null: every one.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<BranchPolicy>")]
    pub branch_policy: Option<BranchPolicy>,
    /// Whether administrators may deploy past the rules. REST `can_admins_bypass`, which GitHub answers although its
    /// published description leaves it out. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub admins_can_bypass: Option<bool>,
    /// Minutes that a deployment waits. REST `protection_rules` of type `wait_timer`. Absent: none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub wait_minutes: Option<u64>,
    /// Why a part is absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfEnvironment")]
    pub unavailable: Option<UnavailableOfEnvironment>,
}

sections!(
    /// For each part of an environment that could not be read, why.
    UnavailableOfEnvironment: admins_can_bypass
);

/// Who may approve a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reviewer {
    /// A user or a team. REST `type`.
    pub r#type: ReviewerType,
    /// The login, or the team's slug. REST `reviewer.login`, `reviewer.slug`.
    pub name: Text,
}

/// What a reviewer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewerType {
    /// One user.
    User,
    /// Any member of a team.
    Team,
}

/// Which branches and tags may deploy (REST `deployment-branch-policy-settings`). GitHub has one of the two set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchPolicy {
    /// Branches with protection. REST `protected_branches`.
    pub protected_branches: bool,
    /// Branches and tags by name. REST `environments/{name}/deployment-branch-policies`. Absent: `protected_branches`
    /// is set, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<BranchPattern>")]
    pub custom: Option<List<BranchPattern>>,
}

/// A pattern of branches or tags (REST `deployment-branch-policy`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BranchPattern {
    /// The pattern, such as `main` or `release/*`. REST `name`.
    pub name: Text,
    /// Branches or tags. REST `type`. Absent: not told, which is a branch.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "RefType")]
    pub r#type: Option<RefType>,
}

/// What a pattern speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefType {
    /// Branches.
    Branch,
    /// Tags.
    Tag,
}
