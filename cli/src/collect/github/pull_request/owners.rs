//! The accounts that owners of code stand for, and whether they have write access.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;
use soc2gate_inputs::pull_request::{CodeOwner, List, Login, Review, Text};

use super::account::RawLogin;
use super::coordinates::Coordinates;
use super::facts::{Connection, Facts, Place};
use super::teams::{RawRepositories, Team, Teams, is_visible};
use crate::collect::github::client::{Failure, GitHub};

const QUERY: &str = include_str!("../queries/team.graphql");

/// Pages of 100 members that are read of a team.
const MAX_PAGES: usize = 30;

const TEAM: Place = Place {
    pointer: "/organization/team",
    permission: "members:read",
    optional: &["repositories", "members"],
};
const MEMBERS: Place = Place {
    pointer: "/organization/team/members",
    permission: "members:read",
    optional: &[],
};
const REPOSITORIES: Place = Place {
    pointer: "/organization/team/repositories",
    permission: "members:read",
    optional: &[],
};

#[derive(Debug, Deserialize)]
struct RawTeam {
    privacy: String,
}

/// Looks up every owner. The access of a person is known where they reviewed; that of others matters to nobody.
pub(super) fn owners(
    github: &GitHub,
    pull: &Coordinates,
    names: Vec<Text>,
    reviews: Option<&List<Review>>,
    teams: &Teams,
) -> Result<Vec<CodeOwner>, Failure> {
    let access = access(reviews);
    let mut owners = Vec::new();
    for name in names {
        let account = name.as_str().strip_prefix('@');
        let (members, can_write) = match account.map(|account| account.split_once('/')) {
            // An e-mail address: GitHub does not say whose.
            None => (None, None),
            Some(None) => {
                let login = account.unwrap_or_default();
                let can_write = access.get(&login.to_lowercase()).copied();
                (Some(vec![Login::from(login)]), can_write)
            }
            Some(Some((organization, slug))) => {
                let team = team(github, pull, organization, slug, teams)?;
                (team.members, team.can_write)
            }
        };
        owners.push(CodeOwner {
            name,
            members,
            can_write,
        });
    }
    Ok(owners)
}

/// Who may write, of those who reviewed.
fn access(reviews: Option<&List<Review>>) -> BTreeMap<String, bool> {
    let reviews = reviews.into_iter().flat_map(|reviews| &reviews.items);
    reviews
        .filter_map(|review| {
            let author = review.author.as_ref()?;
            Some((
                author.login.as_str().to_lowercase(),
                review.author_can_push?,
            ))
        })
        .collect()
}

/// The members of a team and whether it may write; unknown where the token may not see it, which a workflow's own never
/// may.
fn team(
    github: &GitHub,
    pull: &Coordinates,
    organization: &str,
    slug: &str,
    teams: &Teams,
) -> Result<Team, Failure> {
    let known = |members, can_write| Team { members, can_write };
    if !organization.eq_ignore_ascii_case(&pull.owner) {
        // A team of another organisation has no access.
        return Ok(known(None, Some(false)));
    }
    if let Some(team) = teams.find(organization, slug) {
        return Ok(team);
    }
    let what = "the members of a team that owns code";
    let mut members = Vec::new();
    let mut after: Option<String> = None;
    let mut can_write = None;
    for _ in 0..MAX_PAGES {
        let variables = json!({
            "organization": organization, "slug": slug, "repository": pull.name, "membersAfter": after
        });
        let answer = match github.query(what, QUERY, &variables) {
            Ok(answer) => answer,
            Err(failure) if failure.is_local() => return Ok(known(None, None)),
            Err(failure) => return Err(failure),
        };
        let facts = Facts {
            data: answer.data,
            errors: answer.errors,
        };
        can_write = can_write.or_else(|| writes(&facts, pull));
        let Ok(page) = facts.section::<Connection<RawLogin>>(&MEMBERS) else {
            return Ok(known(None, can_write));
        };
        let next = page.page_info.as_ref().filter(|page| page.has_next_page);
        after = next.and_then(|page| page.end_cursor.clone());
        let is_last = next.is_none();
        let total = page.total_count;
        for member in page.nodes {
            let Some(member) = member else {
                return Ok(known(None, can_write));
            };
            members.push(Login(member.login));
        }
        let count = u64::try_from(members.len()).unwrap_or(u64::MAX);
        if is_last {
            let is_whole = total.is_none_or(|total| total == count);
            return Ok(known(is_whole.then_some(members), can_write));
        }
        if after.is_none() {
            break;
        }
    }
    Ok(known(None, can_write))
}

/// Whether a team can be seen and may write to the repository.
fn writes(facts: &Facts, pull: &Coordinates) -> Option<bool> {
    let team: RawTeam = facts.section(&TEAM).ok()?;
    if !is_visible(&team.privacy) {
        return Some(false);
    }
    let repositories: RawRepositories = facts.section(&REPOSITORIES).ok()?;
    repositories.write_access(pull)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::collect::github::client::stand_in::{Server, answer};

    fn page(logins: &[&str], total: u64, next: Option<&str>, permission: &str) -> Value {
        let nodes: Vec<Value> = logins.iter().map(|login| json!({"login": login})).collect();
        let edge = json!({"permission": permission, "node": {"nameWithOwner": "acme/shop"}});
        json!({
            "privacy": "VISIBLE",
            "repositories": {"totalCount": 1, "edges": [edge]},
            "members": {
                "totalCount": total, "nodes": nodes,
                "pageInfo": {"hasNextPage": next.is_some(), "endCursor": next}
            }
        })
    }

    fn reply(team: &Value) -> String {
        answer(
            200,
            &[],
            &json!({"data": {"organization": {"team": team}}}).to_string(),
        )
    }

    fn look_up(server: &Server, name: &str) -> CodeOwner {
        let (github, _) = server.client(60);
        let pull = Coordinates::new("acme/shop", 42).unwrap();
        let found = owners(
            &github,
            &pull,
            vec![Text::from(name)],
            None,
            &Teams::default(),
        )
        .unwrap();
        found.into_iter().next().unwrap()
    }

    #[test]
    fn a_team_has_the_members_of_all_pages() {
        let server = Server::start(|request, _| {
            if request.body.contains("\"membersAfter\":\"next\"") {
                reply(&page(&["bob"], 2, None, "WRITE"))
            } else {
                reply(&page(&["ana"], 2, Some("next"), "WRITE"))
            }
        });
        let owner = look_up(&server, "@acme/web");
        assert_eq!(
            owner.members,
            Some(vec![Login::from("ana"), Login::from("bob")])
        );
        assert_eq!(owner.can_write, Some(true));
    }

    #[test]
    fn a_team_that_may_only_read_owns_nothing() {
        let server = Server::start(|_, _| reply(&page(&["ana"], 1, None, "TRIAGE")));
        assert_eq!(look_up(&server, "@acme/web").can_write, Some(false));
    }

    #[test]
    fn a_team_that_is_hidden_is_not_one_without_members() {
        for answered in [
            reply(&Value::Null),
            reply(&page(&["ana"], 2, None, "WRITE")),
            answer(403, &[], "{}"),
        ] {
            let server = Server::start(move |_, _| answered.clone());
            assert_eq!(look_up(&server, "@acme/web").members, None);
        }
        let server = Server::start(|_, _| reply(&Value::Null));
        assert_eq!(look_up(&server, "@acme/web").can_write, None);
    }

    #[test]
    fn a_person_stands_for_themselves_and_an_address_for_nobody() {
        let server = Server::start(|_, _| answer(500, &[], ""));
        let person = look_up(&server, "@ana");
        assert_eq!(person.members, Some(vec![Login::from("ana")]));
        assert_eq!(look_up(&server, "ana@example.com").members, None);
        assert_eq!(look_up(&server, "@other/team").can_write, Some(false));
        assert!(server.requests().is_empty());
    }
}
