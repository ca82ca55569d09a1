//! Who may reach a repository from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::{Nullable, present};
use crate::pull_request::{Login, Text, Timestamp};

/// A collaborator who is no member of the organisation (REST `collaborators?affiliation=outside`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collaborator {
    /// The account. REST `login`.
    pub login: Login,
    /// Its role: `read`, `triage`, `write`, `maintain`, `admin`, or a custom one. REST `role_name`.
    pub role: Text,
}

/// A deploy key (REST `keys`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeployKey {
    /// Its number. REST `id`.
    pub id: u64,
    /// Its title. REST `title`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub title: Option<Text>,
    /// Whether it only reads. REST `read_only`.
    pub read_only: bool,
    /// When it was added. REST `created_at`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Timestamp")]
    pub created_at: Option<Timestamp>,
    /// When it was last used. REST `last_used`. Null: never. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Timestamp>")]
    pub last_used_at: Option<Option<Timestamp>>,
    /// Who added it. REST `added_by`. Null: GitHub names nobody. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Login>")]
    pub added_by: Option<Option<Login>>,
}
