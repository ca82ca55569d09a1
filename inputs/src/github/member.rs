//! Who belongs to an organisation, and what else reaches into it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pull_request::presence::{Nullable, nullable, present};
use crate::pull_request::{Gap, List, Login, Name, Text, Timestamp, sections};

/// A member (REST `members`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The account. REST `login`.
    pub login: Login,
    /// Its number. REST `id`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub id: Option<u64>,
}

/// A collaborator who is no member (REST `outside_collaborators`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutsideCollaborator {
    /// The account. REST `login`.
    pub login: Login,
    /// What it reaches. GraphQL `repositories` with `collaborators(affiliation: OUTSIDE)`; REST
    /// `collaborators?affiliation=outside` of each repository. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Access>")]
    pub repositories: Option<List<Access>>,
    /// Whether it has two-factor authentication. REST `outside_collaborators?filter=2fa_disabled`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub two_factor: Option<bool>,
    /// Why a part is absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfCollaborator")]
    pub unavailable: Option<UnavailableOfCollaborator>,
}

sections!(
    /// For each part of a collaborator that could not be read, why.
    UnavailableOfCollaborator: repositories, two_factor
);

/// A repository that someone reaches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// The repository's name.
    pub repository: Name,
    /// The role there. REST `role_name`.
    pub role: Text,
}

/// An invitation that nobody has answered (REST `organization-invitation`). Its e-mail address is no part of this
/// document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Its number. REST `id`.
    pub id: u64,
    /// Who is invited. REST `login`. Null: an address without an account.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Login>")]
    pub login: Option<Login>,
    /// As what: `admin`, `direct_member`, `billing_manager` and others. REST `role`.
    pub role: Text,
    /// When. REST `created_at`.
    pub created_at: Timestamp,
    /// By whom. REST `inviter.login`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Login")]
    pub inviter: Option<Login>,
}

/// An installed app (REST `installation`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Installation {
    /// The app's number. REST `app_id`.
    pub app_id: u64,
    /// Its slug. REST `app_slug`.
    pub app: Name,
    /// Which repositories it reaches. REST `repository_selection`.
    pub repositories: RepositorySelection,
    /// Its permissions: `read`, `write` or `admin` by name, such as `administration`. REST `permissions`.
    pub permissions: BTreeMap<String, Text>,
    /// Whether it is suspended. REST `suspended_at` is not null.
    pub suspended: bool,
}

/// Which repositories an app reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RepositorySelection {
    /// Every one.
    All,
    /// Those that are selected.
    Selected,
}
