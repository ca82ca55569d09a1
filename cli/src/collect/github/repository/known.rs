//! What GraphQL alone says of a repository.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use soc2gate_inputs::github::{Actors, BypassActorType};
use soc2gate_inputs::pull_request::{Login, Name};

use crate::collect::github::client::{Failure, GitHub};
use crate::collect::github::facts::{Connection, Facts, Place};

const QUERY: &str = include_str!("../queries/repository_settings.graphql");

const BRANCH: Place = Place {
    pointer: "/repository/defaultBranchRef",
    permission: "contents:read",
    optional: &["branchProtectionRule"],
};
const FORCE_PUSHES: Place = Place {
    pointer: "/repository/defaultBranchRef/branchProtectionRule",
    permission: "administration:read",
    optional: &[],
};

#[derive(Deserialize)]
struct RawBranch {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    bypass_force_push_allowances: Connection<RawAllowance>,
}

#[derive(Deserialize)]
struct RawAllowance {
    actor: Option<RawActor>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawActor {
    #[serde(rename = "__typename")]
    kind: String,
    database_id: Option<u64>,
    slug: Option<String>,
    login: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRuleset {
    bypass_actors: Option<Connection<RawBypass>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBypass {
    actor: Option<RawActor>,
    repository_role_database_id: Option<u64>,
    repository_role_name: Option<String>,
}

/// What GraphQL gave.
pub(super) struct Known {
    facts: Facts,
    names: BTreeMap<(u8, u64), String>,
}

impl Known {
    /// Asks GraphQL. What it does not give is not known: REST has the rest.
    pub(super) fn ask(github: &GitHub, owner: &str, name: &str) -> Result<Self, Failure> {
        let what = format!("the rules of {owner}/{name}");
        let variables = json!({"owner": owner, "name": name});
        let facts = match github.query(&what, QUERY, &variables) {
            Ok(answer) => Facts {
                data: answer.data,
                errors: answer.errors,
            },
            Err(failure) if failure.is_local() => Facts::default(),
            Err(failure) => return Err(failure),
        };
        let names = names(&facts);
        Ok(Self { facts, names })
    }

    /// Whether the repository has no commit, and so no branch.
    pub(super) fn is_empty(&self) -> bool {
        let is_empty = self.facts.read::<bool>("/repository/isEmpty") == Some(true);
        let branch = self.facts.nullable::<RawBranch>(&BRANCH);
        is_empty && matches!(branch, Ok(None))
    }

    /// Who may force-push a branch past its classic protection; `None` where that is not known.
    pub(super) fn force_pushers(&self, branch: &str) -> Option<Actors> {
        let read: RawBranch = self.facts.nullable(&BRANCH).ok()??;
        if read.name != branch {
            return None;
        }
        let rule: RawRule = self.facts.nullable(&FORCE_PUSHES).ok()??;
        let allowances = rule.bypass_force_push_allowances;
        if !allowances.is_complete() {
            return None;
        }
        let mut actors = Actors {
            users: Vec::new(),
            teams: Vec::new(),
            apps: Vec::new(),
        };
        for allowance in allowances.nodes.into_iter().flatten() {
            let actor = allowance.actor?;
            match actor.kind.as_str() {
                "App" => actors.apps.push(Name(actor.slug?)),
                "Team" => actors.teams.push(Name(actor.slug?)),
                "User" => actors.users.push(Login(actor.login?)),
                _ => return None,
            }
        }
        Some(actors)
    }

    /// The name of a bypass actor.
    pub(super) fn name(&self, kind: BypassActorType, id: u64) -> Option<&str> {
        self.names.get(&(order(kind)?, id)).map(String::as_str)
    }
}

/// Numbers are unique within a type only.
fn order(kind: BypassActorType) -> Option<u8> {
    match kind {
        BypassActorType::Integration => Some(0),
        BypassActorType::Team => Some(1),
        BypassActorType::RepositoryRole => Some(2),
        _ => None,
    }
}

fn names(facts: &Facts) -> BTreeMap<(u8, u64), String> {
    let rulesets: Option<Connection<RawRuleset>> = facts.read("/repository/rulesets");
    let rulesets = rulesets.map(|list| list.nodes).unwrap_or_default();
    let bypasses = rulesets
        .into_iter()
        .flatten()
        .filter_map(|ruleset| ruleset.bypass_actors)
        .flat_map(|list| list.nodes)
        .flatten();
    bypasses
        .filter_map(|bypass| {
            if let (Some(id), Some(name)) = (
                bypass.repository_role_database_id,
                bypass.repository_role_name,
            ) {
                return Some(((order(BypassActorType::RepositoryRole)?, id), name));
            }
            let actor = bypass.actor?;
            let kind = match actor.kind.as_str() {
                "App" => BypassActorType::Integration,
                "Team" => BypassActorType::Team,
                _ => return None,
            };
            Some(((order(kind)?, actor.database_id?), actor.slug?))
        })
        .collect()
}
