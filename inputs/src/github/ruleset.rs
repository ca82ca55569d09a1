//! Rulesets, their rules, and who may pass over them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::present;
use crate::pull_request::{Gap, Login, Name, RequiredCheck, Text, sections};

/// A ruleset (REST `rulesets/{ruleset_id}`; GraphQL `RepositoryRuleset`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruleset {
    /// Its number. REST `id`; GraphQL `databaseId`.
    pub id: u64,
    /// Its name.
    pub name: Text,
    /// Whether it is enforced. GraphQL `enforcement`.
    pub enforcement: Enforcement,
    /// Where it is defined. REST `source_type`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "RulesetSource")]
    pub source_type: Option<RulesetSource>,
    /// The repository, organisation or enterprise where it is defined. REST `source`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub source: Option<Text>,
    /// Its rules. REST `rules`.
    pub rules: Vec<Rule>,
    /// Who may pass over it. REST `bypass_actors`, given only to who may write the ruleset. Absent: not readable.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Vec<BypassActor>")]
    pub bypass_actors: Option<Vec<BypassActor>>,
    /// Why a part is absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfRuleset")]
    pub unavailable: Option<UnavailableOfRuleset>,
}

sections!(
    /// For each part of a ruleset that could not be read, why.
    UnavailableOfRuleset: bypass_actors
);

/// Whether a ruleset is enforced (REST `repository-rule-enforcement`; GraphQL `RuleEnforcement`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Enforcement {
    /// Its rules hold.
    Active,
    /// Its rules are only tried: what they would refuse is noted and let through.
    Evaluate,
    /// It does nothing.
    Disabled,
}

/// Where a ruleset is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesetSource {
    /// In the repository.
    Repository,
    /// In its organisation.
    Organization,
    /// In the enterprise.
    Enterprise,
}

/// One rule (REST `repository-rule`; GraphQL `RepositoryRule`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it is about, as REST names it: `deletion`, `non_fast_forward`, `update`, `required_signatures`,
    /// `pull_request`, `required_status_checks` and others.
    pub r#type: Text,
    /// What it asks of pull requests. REST `parameters` of type `pull_request`. Absent: another type.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "PullRequestRule")]
    pub pull_request: Option<PullRequestRule>,
    /// The checks it requires. REST `parameters` of type `required_status_checks`. Absent: another type.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "StatusCheckRule")]
    pub status_checks: Option<StatusCheckRule>,
}

/// What is asked of pull requests, by classic protection and by rulesets alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PullRequestRule {
    /// How many approvals. REST and GraphQL `required_approving_review_count`; where classic protection leaves it out,
    /// 1 in REST's default.
    pub required_approvals: u64,
    /// Whether a push takes approvals away. REST `dismiss_stale_reviews` (protection), `dismiss_stale_reviews_on_push`
    /// (rulesets).
    pub dismiss_stale_reviews: bool,
    /// Whether owners must approve. REST `require_code_owner_reviews` (protection), `require_code_owner_review`
    /// (rulesets).
    pub require_code_owners: bool,
    /// Whether someone else than who pushed last must approve. REST `require_last_push_approval`.
    pub require_last_push_approval: bool,
    /// Whether conversations must be resolved. REST `required_review_thread_resolution` (rulesets). Absent: classic
    /// protection, which says it elsewhere.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub require_thread_resolution: Option<bool>,
}

/// The checks that are required, by classic protection and by rulesets alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusCheckRule {
    /// Whether the branch must be up to date with its base when they run. REST `strict` (protection),
    /// `strict_required_status_checks_policy` (rulesets).
    pub strict: bool,
    /// The checks. REST `checks` (protection), `required_status_checks` (rulesets).
    pub checks: Vec<RequiredCheck>,
}

/// Who may pass over a ruleset (REST `repository-ruleset-bypass-actor`; GraphQL `RepositoryRulesetBypassActor`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BypassActor {
    /// What it is. REST `actor_type`.
    pub r#type: BypassActorType,
    /// Its number. REST `actor_id`. Absent: a deploy key, the administrators of the organisation, or not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub id: Option<u64>,
    /// Its name: an app's slug, a team's slug, a role's name, a login. GraphQL `actor`, `repositoryRoleName`. Absent:
    /// not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub name: Option<Text>,
    /// When it may. REST `bypass_mode`.
    pub mode: BypassMode,
}

/// What may pass over a ruleset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BypassActorType {
    /// A GitHub App. REST `Integration`.
    Integration,
    /// The owners of the organisation. REST `OrganizationAdmin`.
    OrganizationAdmin,
    /// Whoever has a role in the repository. REST `RepositoryRole`.
    RepositoryRole,
    /// A team. REST `Team`.
    Team,
    /// Every deploy key that may write. REST `DeployKey`.
    DeployKey,
    /// One user. REST `User`.
    User,
    /// The owners of the enterprise. GraphQL `enterpriseOwner`.
    EnterpriseOwner,
}

/// When someone may pass over a ruleset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BypassMode {
    /// Always.
    Always,
    /// When merging a pull request only.
    PullRequest,
    /// Always, and without a trace: no rule runs and nothing is noted.
    Exempt,
}

/// Accounts, teams and apps by name (REST `users[].login`, `teams[].slug`, `apps[].slug`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actors {
    /// Logins.
    pub users: Vec<Login>,
    /// Slugs of teams.
    pub teams: Vec<Name>,
    /// Slugs of apps.
    pub apps: Vec<Name>,
}

/// A ruleset for tags, with the tags it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TagRuleset {
    /// The tags, as `refs/tags/v*` or `~ALL`. REST `conditions.ref_name.include`.
    pub include: Vec<Text>,
    /// The tags it leaves out. REST `conditions.ref_name.exclude`.
    pub exclude: Vec<Text>,
    /// The ruleset. REST `rulesets?targets=tag&includes_parents=true`, each read by its number.
    pub ruleset: Ruleset,
}
