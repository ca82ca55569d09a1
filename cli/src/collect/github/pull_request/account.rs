//! Accounts, and people named in commits.

use std::collections::BTreeMap;

use serde::Deserialize;
use soc2gate_inputs::pull_request::{Actor, ActorType, Identity, IdentityType, Login};

use super::facts::text;

/// GitHub's own e-mail address, under which its site commits.
const SITE_ADDRESS: &str = "noreply@github.com";

/// An account in an answer of GraphQL.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawActor {
    #[serde(rename = "__typename")]
    typename: RawActorType,
    login: String,
    database_id: Option<u64>,
}

/// The types that implement `Actor`; REST has the same names.
#[derive(Debug, Clone, Copy, Deserialize)]
enum RawActorType {
    User,
    Bot,
    Organization,
    Mannequin,
    EnterpriseUserAccount,
}

/// An account in an answer of REST.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawUser {
    pub(super) login: String,
    r#type: RawActorType,
    id: Option<u64>,
}

/// Someone named in a commit.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawGitActor {
    name: Option<String>,
    email: Option<String>,
    user: Option<RawLogin>,
}

/// An account of which only the login was asked for.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct RawLogin {
    pub(super) login: String,
}

/// The apps that e-mail addresses of commits belong to, which GraphQL does not name.
pub(super) type BotAddresses = BTreeMap<String, String>;

impl RawActorType {
    fn actor_type(self) -> ActorType {
        match self {
            Self::User => ActorType::User,
            Self::Bot => ActorType::Bot,
            Self::Organization => ActorType::Organization,
            Self::Mannequin => ActorType::Mannequin,
            Self::EnterpriseUserAccount => ActorType::EnterpriseUser,
        }
    }
}

impl RawActor {
    /// As the document writes it.
    pub(super) fn actor(self) -> Actor {
        Actor {
            login: Login(self.login),
            r#type: self.typename.actor_type(),
            id: self.database_id,
        }
    }
}

impl RawUser {
    /// As the document writes it.
    pub(super) fn actor(self) -> Actor {
        Actor {
            login: Login(self.login),
            r#type: self.r#type.actor_type(),
            id: self.id,
        }
    }

    /// Whether it is an app's account.
    pub(super) fn is_bot(&self) -> bool {
        matches!(self.r#type, RawActorType::Bot)
    }
}

impl RawGitActor {
    /// As the document writes it.
    pub(super) fn identity(&self, bots: &BotAddresses) -> Identity {
        let email = self.email.as_deref().unwrap_or_default();
        let (login, r#type) = match &self.user {
            _ if email == SITE_ADDRESS => (Some("web-flow"), None),
            Some(user) => (Some(user.login.as_str()), Some(IdentityType::User)),
            None => match bots.get(email) {
                Some(login) => (Some(login.as_str()), Some(IdentityType::Bot)),
                None => (None, None),
            },
        };
        Identity {
            login: login.map(Login::from),
            name: self.name.as_deref().and_then(text),
            r#type,
        }
    }

    /// Whether it may be an app: its address belongs to no person, and says that it is one.
    pub(super) fn may_be_bot(&self) -> bool {
        let email = self.email.as_deref().unwrap_or_default();
        self.user.is_none() && email.contains("[bot]@")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn identity(value: Value) -> Identity {
        let raw: RawGitActor = serde_json::from_value(value).unwrap();
        let bots = [("1+b[bot]@users.noreply.github.com", "b[bot]")];
        let bots = bots.map(|(email, login)| (email.to_owned(), login.to_owned()));
        raw.identity(&BTreeMap::from(bots))
    }

    #[test]
    fn each_kind_of_account_is_kept() {
        let of = |typename: &str| {
            let raw = json!({"__typename": typename, "login": "a", "databaseId": 7});
            serde_json::from_value::<RawActor>(raw)
                .map(RawActor::actor)
                .ok()
        };
        let kinds = [
            "User",
            "Bot",
            "Organization",
            "Mannequin",
            "EnterpriseUserAccount",
        ];
        let types: Vec<ActorType> = kinds.iter().map(|kind| of(kind).unwrap().r#type).collect();
        assert_eq!(
            types,
            [
                ActorType::User,
                ActorType::Bot,
                ActorType::Organization,
                ActorType::Mannequin,
                ActorType::EnterpriseUser
            ]
        );
        assert_eq!(
            of("Robot"),
            None,
            "an unknown kind is not taken for a person"
        );
    }

    #[test]
    fn an_address_belongs_to_a_person_a_bot_the_site_or_nobody() {
        let person = identity(json!({"name": "Al", "email": "al@x.org", "user": {"login": "al"}}));
        assert_eq!(person.login, Some(Login::from("al")));
        assert_eq!(person.r#type, Some(IdentityType::User));
        let bot = identity(
            json!({"name": "b", "email": "1+b[bot]@users.noreply.github.com", "user": null}),
        );
        assert_eq!(bot.login, Some(Login::from("b[bot]")));
        assert_eq!(bot.r#type, Some(IdentityType::Bot));
        let nobody = identity(json!({"name": "", "email": "x@y.z", "user": null}));
        assert_eq!(nobody.login, None);
        assert_eq!(nobody.name, None);
        let site = json!({"name": "GitHub", "email": "noreply@github.com", "user": null});
        assert_eq!(identity(site).login, Some(Login::from("web-flow")));
        let forged =
            json!({"name": "c", "email": "9+c[bot]@users.noreply.github.com", "user": null});
        assert_eq!(
            identity(forged).login,
            None,
            "only GitHub says who is a bot"
        );
    }
}
