//! Who owns what was changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presence::{List, Nullable, nullable};
use super::scalar::{Login, Oid, Text};

/// The owners of the changed paths, from CODEOWNERS of the base branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeOwners {
    /// The file that counts: the first of `.github/CODEOWNERS`, `CODEOWNERS`, `docs/CODEOWNERS`.
    /// Null: the base branch has none.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Text>")]
    pub path: Option<Text>,
    /// The commit of the base branch it was read from.
    pub oid: Oid,
    /// Whether GitHub ignores it because it is larger than 3 MB.
    pub too_large: bool,
    /// The lines that GitHub skips. REST `codeowners/errors?ref=`.
    pub errors: Vec<CodeOwnersError>,
    /// Every owner that `files` names, once.
    pub owners: Vec<CodeOwner>,
    /// Every changed path (a rename's old path too) and its owners.
    pub files: List<OwnedPath>,
}

/// A line of CODEOWNERS that GitHub skips.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeOwnersError {
    /// The line, counted from 1.
    #[schemars(range(min = 1))]
    pub line: u64,
    /// What is wrong. REST `kind`.
    pub kind: Text,
}

/// An owner named in CODEOWNERS, as it was when the facts were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeOwner {
    /// As the file writes it: `@alice`, `@acme/security` or an e-mail address.
    pub name: Text,
    /// The accounts it stands for; a team's members, child teams included. Null: not known (a
    /// team's members need `members:read`, which a workflow's own token cannot have).
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Vec<Login>>")]
    pub members: Option<Vec<Login>>,
    /// Whether it is visible and has write access to the repository, without which GitHub ignores
    /// it. Null: not known.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<bool>")]
    pub can_write: Option<bool>,
}

/// A changed path and the line of CODEOWNERS that decides on it: the last that matches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnedPath {
    /// The path.
    pub path: Text,
    /// The line, counted from 1. Null: no line matches.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<u64>")]
    pub line: Option<u64>,
    /// The owners on that line, any of whom may approve. Empty: nobody owns the path.
    pub owners: Vec<Text>,
}
