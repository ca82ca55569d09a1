//! Single sign-on: the provider, and the members who have no identity there.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::json;
use soc2gate_inputs::github::{Member, SingleSignOn, UnavailableOfSingleSignOn};
use soc2gate_inputs::pull_request::{List, Login, Text};

use crate::collect::github::client::{Failure, GitHub};
use crate::collect::github::facts::{Connection, Facts, Place, Section, gap, gap_of_failure};
use crate::collect::github::part::{not_shown, put, told};

const QUERY: &str = include_str!("../queries/organization_identities.graphql");
const PERMISSION: &str = "organization_administration:read";
/// Pages that are read, of 100 members each.
const MAX_PAGES: usize = 200;

const PROVIDER: Place = Place {
    pointer: "/organization/samlIdentityProvider",
    permission: PERMISSION,
    optional: &[],
};
const MEMBERS: Place = Place {
    pointer: "/organization/membersWithRole",
    permission: "members:read",
    optional: &[],
};
const IDENTITIES: Place = Place {
    pointer: "/organization/samlIdentityProvider/externalIdentities",
    permission: PERMISSION,
    optional: &[],
};

#[derive(Deserialize)]
struct RawProvider {
    issuer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMember {
    login: String,
    database_id: Option<u64>,
}

#[derive(Deserialize)]
struct RawIdentity {
    user: Option<RawUser>,
}

#[derive(Deserialize)]
struct RawUser {
    login: String,
}

/// Reads single sign-on. That there is none is a fact for those only to whom settings are shown.
pub(super) fn single_sign_on(
    github: &GitHub,
    login: &str,
    facts: &Facts,
    shows_settings: bool,
) -> Result<Section<Option<SingleSignOn>>, Failure> {
    let provider: RawProvider = match facts.nullable(&PROVIDER) {
        Ok(Some(provider)) => provider,
        Ok(None) if shows_settings && facts.at("/organization").is_some() => return Ok(Ok(None)),
        Ok(None) => return Ok(Err(not_shown(PERMISSION))),
        Err(gap) => return Ok(Err(gap)),
    };
    let mut gaps = UnavailableOfSingleSignOn {
        enforced: Some(gap("no interface of GitHub tells it", None)),
        unlinked_members: None,
    };
    let unlinked = unlinked(github, login)?;
    Ok(Ok(Some(SingleSignOn {
        issuer: Some(provider.issuer.map(Text)),
        enforced: None,
        unlinked_members: put(unlinked, &mut gaps.unlinked_members),
        unavailable: told(gaps),
    })))
}

/// Members without an identity. Of an identity that is not read its member would seem to have none.
fn unlinked(github: &GitHub, login: &str) -> Result<Section<List<Member>>, Failure> {
    let what = format!("the identities of {login}");
    let mut members: Vec<RawMember> = Vec::new();
    let mut linked = BTreeSet::new();
    let (mut members_after, mut identities_after) = (Some(None), Some(None));
    for _ in 0..MAX_PAGES {
        if members_after.is_none() && identities_after.is_none() {
            let unlinked = members
                .into_iter()
                .filter(|member| !linked.contains(&member.login.to_ascii_lowercase()))
                .map(|member| Member {
                    login: Login(member.login),
                    id: member.database_id,
                });
            return Ok(Ok(List::complete(unlinked.collect())));
        }
        let variables = json!({
            "login": login,
            "members": members_after.is_some(),
            "membersAfter": members_after.clone().flatten(),
            "identities": identities_after.is_some(),
            "identitiesAfter": identities_after.clone().flatten(),
        });
        let facts = match github.query(&what, QUERY, &variables) {
            Ok(answer) => Facts {
                data: answer.data,
                errors: answer.errors,
            },
            Err(failure) => return Ok(Err(gap_of_failure(failure, PERMISSION)?)),
        };
        if members_after.is_some() {
            match page::<RawMember>(&facts, &MEMBERS) {
                Ok((more, next)) => {
                    members.extend(more);
                    members_after = next.map(Some);
                }
                Err(gap) => return Ok(Err(gap)),
            }
        }
        if identities_after.is_some() {
            match page::<RawIdentity>(&facts, &IDENTITIES) {
                Ok((more, next)) => {
                    let users = more.into_iter().filter_map(|identity| identity.user);
                    linked.extend(users.map(|user| user.login.to_ascii_lowercase()));
                    identities_after = next.map(Some);
                }
                Err(gap) => return Ok(Err(gap)),
            }
        }
    }
    Ok(Err(gap("there are more members than are read", None)))
}

/// The items of a page, and where the next one begins.
fn page<T: serde::de::DeserializeOwned>(
    facts: &Facts,
    place: &Place,
) -> Section<(Vec<T>, Option<String>)> {
    let list: Connection<T> = facts.section(place)?;
    let next = match list.page_info {
        Some(page) if page.has_next_page => Some(
            page.end_cursor
                .ok_or_else(|| gap("a page does not say where the next one begins", None))?,
        ),
        Some(_) => None,
        None => return Err(gap("a page does not say whether it is the last", None)),
    };
    let nodes: Option<Vec<T>> = list.nodes.into_iter().collect();
    let nodes = nodes.ok_or_else(|| not_shown(place.permission))?;
    Ok((nodes, next))
}
