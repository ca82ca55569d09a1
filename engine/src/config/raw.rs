//! `soc2gate.yaml` as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ControlId, Enforcement};

/// The configuration of soc2gate.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "soc2gate.yaml")]
pub struct RawConfig {
    /// The version of the format: 1.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// What is in the audit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<RawScope>,
    /// Folders with controls and policies of your own, and bundles of OPA, relative to this file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The signature that bundles must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_verification: Option<RawBundleVerification>,
    /// Settings of controls, by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("additionalProperties" = false))]
    pub controls: BTreeMap<ControlId, RawControl>,
    /// The file or folder of exceptions, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub exceptions: Option<String>,
    /// The file of what was wrong when the gate was introduced, relative to this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub baseline: Option<String>,
    /// Where decisions are recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<RawLedger>,
    /// How long evidence is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<RawRetention>,
}

/// The signature that bundles must have. Options of the command line go before what stands here.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawBundleVerification {
    /// The file of the key, relative to this file: a public key or a certificate in PEM, or the secret where the
    /// algorithm is HS256, HS384 or HS512.
    #[schemars(length(min = 1))]
    pub key: String,
    /// The name that signatures give to the key, where they give one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub key_id: Option<String>,
    /// The one algorithm that is trusted; RS256 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<SigningAlgorithm>,
    /// The scope that signatures are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Globs of files that need not be signed, by their paths in the bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude_files: Vec<String>,
}

/// An algorithm that bundles are signed with (RFC 7518 section 3.1 and RFC 8037).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the standard's own names")]
pub enum SigningAlgorithm {
    #[default]
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    HS256,
    HS384,
    HS512,
    EdDSA,
}

impl SigningAlgorithm {
    /// Each of them.
    pub const ALL: [Self; 13] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::HS256,
        Self::HS384,
        Self::HS512,
        Self::EdDSA,
    ];

    /// Its name in the header of a signature.
    pub fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
            Self::EdDSA => "EdDSA",
        }
    }
}

/// What is in the audit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawScope {
    /// The systems whose report it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub systems: Vec<String>,
    /// The categories of criteria in the report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<Criteria>,
    /// The repositories whose changes are in the population: `owner/name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<String>,
    /// The clusters whose objects are in the population.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clusters: Vec<String>,
}

/// The categories of the Trust Services Criteria.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the criteria's own names")]
pub enum Criteria {
    Security,
    Availability,
    Confidentiality,
    ProcessingIntegrity,
    Privacy,
}

/// Settings of one control.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawControl {
    /// What a failure leads to; absent: by the control's severity (critical and high deny, medium warns, low
    /// records).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enforcement: Option<Enforcement>,
    /// Another enforcement for some subjects; the first that selects a subject counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<RawControlScope>,
    /// Who answers for the control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// Values of the control's parameters; `soc2gate control show ID` lists them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, Value>,
}

/// The enforcement of a control on some subjects.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawControlScope {
    /// Globs on subject ids, such as `kubernetes/**/staging/*`.
    #[schemars(length(min = 1))]
    pub subjects: Vec<String>,
    /// What a failure leads to.
    pub enforcement: Enforcement,
}

/// Where decisions are recorded.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawLedger {
    /// A folder, relative to this file, or a `postgres://` address.
    #[schemars(length(min = 1))]
    pub location: String,
}

/// How long evidence is kept.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawRetention {
    /// Days that records and bulk evidence are kept; a Type II report covers up to a year.
    #[schemars(range(min = 1))]
    pub days: u32,
}
