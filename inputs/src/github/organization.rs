//! The organisation document, schema v1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actions::{Actions, WorkflowToken};
use super::member::{Installation, Invitation, Member, OutsideCollaborator};
use crate::pull_request::presence::{Nullable, present};
use crate::pull_request::{Gap, List, Name, Source, Text, Timestamp, sections};

/// Everything that is known about the settings of one organisation at one moment. The sections from
/// `two_factor_required` on may be absent: such a section could not be read, and `unavailable` says why. A control then
/// answers `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// The version of this document's shape.
    pub schema: OrganizationSchema,
    /// When the facts were read.
    pub collected_at: Timestamp,
    /// From where and by what. Absent: written by hand.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Source")]
    pub source: Option<Source>,
    /// Its login. REST `login`.
    pub login: Name,

    /// Whether every member and collaborator must have two-factor authentication. REST `two_factor_requirement_enabled`,
    /// shown to owners only; GraphQL `requiresTwoFactorAuthentication`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub two_factor_required: Option<bool>,
    /// Members without two-factor authentication. REST `members?filter=2fa_disabled`, for owners only.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Member>")]
    pub members_without_two_factor: Option<List<Member>>,
    /// Members whose two-factor authentication is insecure: by text message. REST `members?filter=2fa_insecure`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Member>")]
    pub members_with_insecure_two_factor: Option<List<Member>>,
    /// Single sign-on by SAML. GraphQL `samlIdentityProvider`. Null: there is none.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<SingleSignOn>")]
    pub single_sign_on: Option<Option<SingleSignOn>>,
    /// What members may do in every repository without being given it. REST `default_repository_permission`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "DefaultPermission")]
    pub default_repository_permission: Option<DefaultPermission>,
    /// What members may do by themselves.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "MemberPrivileges")]
    pub member_privileges: Option<MemberPrivileges>,
    /// How many members it has. GraphQL `membersWithRole.totalCount`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub member_count: Option<u64>,
    /// Its owners. REST `members?role=admin`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Member>")]
    pub admins: Option<List<Member>>,
    /// Collaborators who are no members, and what they reach. REST `outside_collaborators`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<OutsideCollaborator>")]
    pub outside_collaborators: Option<List<OutsideCollaborator>>,
    /// Invitations that nobody has answered. REST `invitations`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Invitation>")]
    pub pending_invitations: Option<List<Invitation>>,
    /// Installed apps. REST `installations`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Installation>")]
    pub installations: Option<List<Installation>>,
    /// Which actions may run. REST `actions/permissions`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Actions")]
    pub actions: Option<Actions>,
    /// The token that workflows get where neither they nor their repository say. REST `actions/permissions/workflow`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "WorkflowToken")]
    pub workflow_token: Option<WorkflowToken>,

    /// Why sections are absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfOrganization")]
    pub unavailable: Option<UnavailableOfOrganization>,
}

/// The version of the document's shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum OrganizationSchema {
    /// The first version.
    #[serde(rename = "soc2gate.dev/github-organization/v1")]
    V1,
}

sections!(
    /// For each section of the document that could not be read, why. A section is never both here and in the document.
    UnavailableOfOrganization:
        actions,
        admins,
        default_repository_permission,
        installations,
        member_count,
        member_privileges,
        members_with_insecure_two_factor,
        members_without_two_factor,
        outside_collaborators,
        pending_invitations,
        single_sign_on,
        two_factor_required,
        workflow_token
);

/// Single sign-on (GraphQL `OrganizationIdentityProvider`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SingleSignOn {
    /// The provider. GraphQL `issuer`. Null: it names none. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Nullable<Text>")]
    pub issuer: Option<Option<Text>>,
    /// Whether every member must use it. No published API tells it: whoever collects states it. Absent: not known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub enforced: Option<bool>,
    /// Members without an identity at the provider: members whose login no `externalIdentities(membersOnly: true)`
    /// names. Where single sign-on is enforced there are none. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "List<Member>")]
    pub unlinked_members: Option<List<Member>>,
    /// Why a part is absent. Absent: nothing is told.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "UnavailableOfSingleSignOn")]
    pub unavailable: Option<UnavailableOfSingleSignOn>,
}

sections!(
    /// For each part of single sign-on that could not be read, why.
    UnavailableOfSingleSignOn: enforced, unlinked_members
);

/// What members may do in every repository (GraphQL `DefaultRepositoryPermissionField`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefaultPermission {
    /// Nothing.
    None,
    /// Read.
    Read,
    /// Write.
    Write,
    /// Everything.
    Admin,
}

/// What members may do by themselves (REST `orgs/{org}`). What is absent was not read, or is no part of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPrivileges {
    /// REST `members_can_create_public_repositories`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub create_public_repositories: Option<bool>,
    /// REST `members_can_create_private_repositories`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub create_private_repositories: Option<bool>,
    /// REST `members_can_create_internal_repositories`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub create_internal_repositories: Option<bool>,
    /// REST `members_can_fork_private_repositories`; GraphQL `membersCanForkPrivateRepositories`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub fork_private_repositories: Option<bool>,
    /// REST `members_can_change_repo_visibility`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub change_visibility: Option<bool>,
    /// REST `members_can_delete_repositories`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub delete_repositories: Option<bool>,
    /// REST `members_can_invite_outside_collaborators`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub invite_outside_collaborators: Option<bool>,
    /// REST `members_can_create_public_pages`.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "bool")]
    pub create_public_pages: Option<bool>,
}
