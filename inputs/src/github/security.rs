//! Scanning and alerts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::{Nullable, present};
use crate::pull_request::{Gap, Text, Timestamp, sections};

/// What GitHub scans a repository for. A switch that is absent could not be read: GitHub shows `security_and_analysis` to
/// administrators and security managers only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Security {
    /// Secret scanning. REST `security_and_analysis.secret_scanning.status` of the repository.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Switch")]
    pub secret_scanning: Option<Switch>,
    /// Push protection. REST `security_and_analysis.secret_scanning_push_protection.status`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Switch")]
    pub push_protection: Option<Switch>,
    /// Dependabot alerts. REST `vulnerability-alerts`: 204 is enabled, 404 disabled. GraphQL
    /// `hasVulnerabilityAlertsEnabled`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Switch")]
    pub dependabot_alerts: Option<Switch>,
    /// Dependabot security updates. REST `automated-security-fixes` `enabled` (and not `paused`), or
    /// `security_and_analysis.dependabot_security_updates.status`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Switch")]
    pub dependabot_updates: Option<Switch>,
    /// Code scanning by GitHub's default setup. REST `code-scanning/default-setup` `state`: `configured` is enabled.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Switch")]
    pub code_scanning_default_setup: Option<Switch>,
    /// The latest analysis of the default branch that any tool uploaded. REST `code-scanning/analyses?ref=`. Null: there
    /// is none. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<CodeScan>")]
    pub latest_code_scan: Option<Option<CodeScan>>,
    /// Why a part is absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfSecurity")]
    pub unavailable: Option<UnavailableOfSecurity>,
}

sections!(
    /// For each part of the security settings that could not be read, why.
    UnavailableOfSecurity:
        code_scanning_default_setup,
        dependabot_alerts,
        dependabot_updates,
        latest_code_scan,
        push_protection,
        secret_scanning
);

/// Whether something is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    /// It is on.
    Enabled,
    /// It is off.
    Disabled,
}

/// An analysis (REST `code-scanning-analysis`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeScan {
    /// The tool. REST `tool.name`.
    pub tool: Text,
    /// When it was uploaded. REST `created_at`.
    pub at: Timestamp,
}
