//! The repository, and the two branches of a pull request.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presence::{Nullable, nullable, present};
use super::scalar::{Name, Oid, Slug, Text};

/// The repository that the change is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// Its database id, which renaming does not change. GraphQL `databaseId`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub id: Option<u64>,
    /// The account that owns it. GraphQL `owner.login`.
    pub owner: Name,
    /// Its name. GraphQL `name`.
    pub name: Name,
    /// Who may see it. GraphQL `visibility`, in lower case. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Visibility")]
    pub visibility: Option<Visibility>,
    /// Its default branch. GraphQL `defaultBranchRef.name`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub default_branch: Option<Text>,
}

/// Who may see a repository (GraphQL `RepositoryVisibility`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Whoever was given access.
    Private,
    /// Everyone of the enterprise.
    Internal,
    /// Everyone.
    Public,
}

/// Where the change comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The branch. GraphQL `headRefName`.
    pub r#ref: Text,
    /// Its commit: the revision that is judged. GraphQL `headRefOid`.
    pub oid: Oid,
    /// The repository of the branch. GraphQL `headRepository.nameWithOwner`. Null: it was deleted.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Slug>")]
    pub repository: Option<Slug>,
    /// Whether the branch is in another repository. GraphQL `isCrossRepository`.
    pub from_fork: bool,
}

/// Where the change is to go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Base {
    /// The branch. GraphQL `baseRefName`.
    pub r#ref: Text,
    /// Its commit. GraphQL `baseRefOid`.
    pub oid: Oid,
}
