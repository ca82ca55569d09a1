//! What an export is and what files it has. The manifest is signed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::query::Query;

/// The type of the manifest in its envelope.
pub const MANIFEST_MEDIA_TYPE: &str = "application/vnd.soc2gate.ledger-export+json";
/// The schema that a manifest names itself.
pub(super) const SCHEMA: &str = "soc2gate.dev/export/v1";

pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const ENVELOPE: &str = "manifest.dsse.json";
pub(super) const CHECKPOINT: &str = "checkpoint";
pub(super) const CHECKPOINTS: &str = "checkpoints.jsonl";
pub(super) const KEYS: &str = "keys";
pub(super) const RECORDS: &str = "records.jsonl";
pub(super) const TABLE: &str = "records.csv";
pub(super) const PROOFS: &str = "proofs.jsonl";
pub(super) const ATTESTATIONS: &str = "attestations.jsonl";
pub(super) const FILES: &str = "files.jsonl";

/// What an export is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `soc2gate.dev/export/v1`.
    pub schema: String,
    /// Everything, or what a query means.
    pub shape: Shape,
    /// The name of the log.
    pub origin: String,
    /// When it was made: the clock of whoever made it.
    pub created: Timestamp,
    /// What made it.
    pub tool: Tool,
    /// Which records are meant; of a whole export without conditions.
    pub query: Query,
    /// Records under the checkpoint.
    pub size: u64,
    /// The root of their tree, in hexadecimal.
    pub root: String,
    /// Records in the export.
    pub count: u64,
    /// The index of the first of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// The index of the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// The smallest and the largest time that they state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// Every file but the manifest, its envelope and those that `files.jsonl` lists, in the order of their names.
    pub files: Vec<FileEntry>,
}

/// Which records an export has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// All under the checkpoint.
    Whole,
    /// Those that a query means.
    Population,
}

/// What made an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A time from one record to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The smallest time.
    pub from: Timestamp,
    /// The largest.
    pub to: Timestamp,
}

/// A file of an export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Where it is below the folder, with `/`.
    pub path: String,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}
