//! Changed files and changed dependencies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presence::{Nullable, nullable, present};
use super::scalar::Text;

/// A file of the change (REST `pulls/{number}/files`, at most 3,000; GraphQL lacks
/// `previous_path`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangedFile {
    /// The path after the change, or of the removed file. REST `filename`.
    pub path: Text,
    /// The path before a rename or of the file that was copied. REST `previous_filename`. Absent:
    /// neither.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub previous_path: Option<Text>,
    /// What happened to it. REST `status`.
    pub status: FileStatus,
    /// How many lines were added.
    pub additions: u64,
    /// How many lines were removed.
    pub deletions: u64,
    /// The unified diff of the file, without its header. REST `patch`. Absent: not read, a binary
    /// file, or too large for GitHub to give. It may hold secrets: never quote it.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "String")]
    pub patch: Option<String>,
}

/// What happened to a file (REST `status`; GraphQL `PatchStatus` says `DELETED` for `removed`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It is new.
    Added,
    /// Its content changed.
    Modified,
    /// It is gone.
    Removed,
    /// It has another path, and perhaps other content.
    Renamed,
    /// It is a copy of another.
    Copied,
    /// Its type or mode changed.
    Changed,
    /// Nothing happened to it.
    Unchanged,
}

/// A dependency that the change adds or removes (REST `dependency-graph/compare/{basehead}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DependencyChange {
    /// Added or removed. REST `change_type`.
    pub change: DependencyChangeType,
    /// The manifest's path. REST `manifest`.
    pub manifest: Text,
    /// The ecosystem, such as `npm`. REST `ecosystem`.
    pub ecosystem: Text,
    /// The package. REST `name`.
    pub name: Text,
    /// Its version. REST `version`; empty where the manifest names none.
    pub version: String,
    /// Its licence. REST `license`. Null: not known.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Text>")]
    pub license: Option<Text>,
    /// Its known vulnerabilities. REST `vulnerabilities`.
    pub vulnerabilities: Vec<Vulnerability>,
}

/// What happens to a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DependencyChangeType {
    /// The change brings it in.
    Added,
    /// The change takes it out.
    Removed,
}

/// A published vulnerability of a dependency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vulnerability {
    /// How bad: `low`, `moderate`, `high` or `critical`. REST `severity`.
    pub severity: Text,
    /// The advisory. REST `advisory_ghsa_id`.
    pub advisory: Text,
}
