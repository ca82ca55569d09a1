//! Pushes and merges that passed over rules.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::{Nullable, nullable, present};
use crate::pull_request::{Login, Oid, Text, Timestamp};

/// The bypasses of rules in a period (REST `rulesets/rule-suites?rule_suite_result=bypass`). GitHub reaches back a month
/// at most.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBypasses {
    /// The start of the period. The collector's own: when it read, less REST `time_period`.
    pub since_at: Timestamp,
    /// Its end: when it was read.
    pub until_at: Timestamp,
    /// Whether `items` holds every bypass of the period.
    pub complete: bool,
    /// The bypasses.
    pub items: Vec<RuleBypass>,
}

/// A push or a merge that rules would have refused (REST `rule-suite`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleBypass {
    /// The number of the rule suite. REST `id`.
    pub id: u64,
    /// Who did it. REST `actor_name`. Null: GitHub names nobody.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Login>")]
    pub actor: Option<Login>,
    /// The ref that it changed. REST `ref`.
    pub r#ref: Text,
    /// When. REST `pushed_at`.
    pub at: Timestamp,
    /// How the rules that hold judged it. REST `result`; `evaluation_result`, of rules that are only tried, is no part of
    /// this document.
    pub result: RuleSuiteResult,
    /// The commit before. REST `before_sha`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Oid")]
    pub before_oid: Option<Oid>,
    /// The commit after. REST `after_sha`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Oid")]
    pub after_oid: Option<Oid>,
    /// The types of the rules that it failed. REST `rulesets/rule-suites/{id}` `rule_evaluations[].rule_type` of those
    /// with `result` fail and `enforcement` active. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Vec<Text>")]
    pub rules: Option<Vec<Text>>,
}

/// How rules judged a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RuleSuiteResult {
    /// They let it through.
    Pass,
    /// They refused it.
    Fail,
    /// They would have refused it, and someone passed over them.
    Bypass,
}
