//! Who did it: accounts, and the people named in commits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::presence::{Nullable, nullable, present};
use super::scalar::{Login, Text};

/// An account on GitHub (GraphQL interface `Actor`). Where an actor may be null, null means that
/// the account was deleted (GitHub shows it as `ghost`), so nothing can be said about who it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Actor {
    /// The account's login. GraphQL `Actor.login`.
    pub login: Login,
    /// What kind of account it is. GraphQL `Actor.__typename`, REST `user.type`.
    pub r#type: ActorType,
    /// The account's number, which stays when the login changes. GraphQL `databaseId`, REST
    /// `user.id`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub id: Option<u64>,
}

impl Actor {
    /// A person's account.
    pub fn user(login: &str) -> Self {
        Self {
            login: login.into(),
            r#type: ActorType::User,
            id: None,
        }
    }

    /// An app's account.
    pub fn bot(login: &str) -> Self {
        Self {
            login: login.into(),
            r#type: ActorType::Bot,
            id: None,
        }
    }
}

/// The kind of an account: the types that implement GraphQL's interface `Actor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorType {
    /// `User`: a person's account. (A machine account that someone registered as a user is one
    /// too.)
    User,
    /// `Bot`: a GitHub App.
    Bot,
    /// `Organization`.
    Organization,
    /// `Mannequin`: stands in for an account of another system after an import.
    Mannequin,
    /// `EnterpriseUserAccount`.
    EnterpriseUser,
}

/// A person or an app named in a commit (GraphQL `GitActor`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The account that the commit's e-mail address belongs to, or null where it maps to no
    /// account. GraphQL
    /// `GitActor.user.login` knows users only: REST `commits[].author.login` names bots too.
    /// GitHub's own address `noreply@github.com` is written as the account `web-flow`.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Nullable<Login>")]
    pub login: Option<Login>,
    /// The name in the commit, which anyone can write. GraphQL `GitActor.name`. Absent: not read.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Text")]
    pub name: Option<Text>,
    /// Whether the account is a person's or an app's. REST `commits[].author.type`. Absent: not
    /// known; a login with the suffix `[bot]` is an app's all the same.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "IdentityType")]
    pub r#type: Option<IdentityType>,
}

impl Identity {
    /// Someone whose e-mail address maps to an account.
    pub fn mapped(login: &str) -> Self {
        Self {
            login: Some(login.into()),
            name: None,
            r#type: None,
        }
    }

    /// Someone whose e-mail address maps to no account.
    pub fn unmapped(name: &str) -> Self {
        Self {
            login: None,
            name: Some(name.into()),
            r#type: None,
        }
    }
}

/// Whether a commit's account is a person's or an app's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityType {
    /// A person's account.
    User,
    /// An app's account.
    Bot,
}
