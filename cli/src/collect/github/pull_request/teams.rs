//! The teams that were asked for a review. GitHub asks the owners of changed code by itself, so a team that owns some is
//! mostly among them, and its members come with the pull request. Of any other team they are asked for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use soc2gate_inputs::pull_request::Login;

use super::account::RawLogin;
use super::coordinates::Coordinates;
use super::facts::{Connection, Facts};
use super::links::RawRepository;
use crate::collect::github::client::ErrorKind;

const REQUESTS: &str = "/repository/pullRequest/teamRequests/nodes";

/// Where an error stands that takes a whole team.
const REVIEWER: &[&str] = &[
    "repository",
    "pullRequest",
    "teamRequests",
    "nodes",
    "requestedReviewer",
];

/// What is known of a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Team {
    /// Its members, those of child teams included; `None` where they are not known.
    pub(super) members: Option<Vec<Login>>,
    /// Whether it can be seen and has write access; `None` where that is not known.
    pub(super) can_write: Option<bool>,
}

/// The teams that need not be asked for.
#[derive(Debug, Default)]
pub(super) struct Teams {
    /// By `organisation/slug` in lower case.
    whole: BTreeMap<String, Team>,
    /// Whether the token may read no team of the organisation.
    refused: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTeam {
    combined_slug: String,
    privacy: String,
    repositories: RawRepositories,
    members: Connection<RawLogin>,
}

/// The repositories of a team, as far as they were listed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRepositories {
    total_count: u64,
    edges: Vec<Option<RawEdge>>,
}

#[derive(Debug, Deserialize)]
struct RawEdge {
    permission: String,
    node: RawRepository,
}

impl RawRepositories {
    /// Whether the team may write to the repository; `None` where it may be one of those that were not listed.
    pub(super) fn write_access(&self, pull: &Coordinates) -> Option<bool> {
        let name = format!("{}/{}", pull.owner, pull.name);
        let mut edges = self.edges.iter().flatten();
        let found = edges.find(|edge| edge.node.name_with_owner.eq_ignore_ascii_case(&name));
        if let Some(edge) = found {
            let may = ["ADMIN", "MAINTAIN", "WRITE"];
            return Some(may.contains(&edge.permission.as_str()));
        }
        let listed = u64::try_from(self.edges.iter().flatten().count()).unwrap_or(0);
        (self.total_count == listed).then_some(false)
    }
}

/// Whether a team that is shown is shown to all: GitHub ignores a secret one as an owner.
pub(super) fn is_visible(privacy: &str) -> bool {
    privacy == "VISIBLE"
}

impl Teams {
    /// What came with the pull request.
    pub(super) fn read(facts: &Facts, pull: &Coordinates) -> Self {
        let nodes = facts.at(REQUESTS).and_then(Value::as_array);
        let reviewers = nodes.into_iter().flatten();
        let shown = reviewers
            .filter_map(|node| RawTeam::deserialize(node.get("requestedReviewer")?).ok())
            .filter_map(|team| Some((team.combined_slug.to_lowercase(), team.whole(pull)?)));
        let is_refused = facts
            .errors
            .iter()
            .any(|error| error.kind == ErrorKind::Forbidden && error.path == REVIEWER);
        Self {
            whole: shown.collect(),
            refused: is_refused,
        }
    }

    /// A team of the organisation that the repository belongs to; `None` where it has to be asked for.
    pub(super) fn find(&self, organization: &str, slug: &str) -> Option<Team> {
        let name = format!("{organization}/{slug}").to_lowercase();
        let refused = || Team {
            members: None,
            can_write: None,
        };
        let found = self.whole.get(&name).cloned();
        found.or_else(|| self.refused.then(refused))
    }
}

impl RawTeam {
    /// The team, where nothing of it is left to ask for.
    fn whole(self, pull: &Coordinates) -> Option<Team> {
        let is_whole = self.members.is_complete() && self.members.total_count.is_some();
        let members = self.members.nodes.into_iter().flatten();
        let members = members.map(|member| Login(member.login)).collect();
        let can_write = if is_visible(&self.privacy) {
            self.repositories.write_access(pull)?
        } else {
            false
        };
        is_whole.then_some(Team {
            members: Some(members),
            can_write: Some(can_write),
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;
    use crate::collect::github::client::GraphQlError;

    fn shown() -> Value {
        let edge = json!({"permission": "WRITE", "node": {"nameWithOwner": "acme/shop"}});
        json!({
            "combinedSlug": "acme/Web", "privacy": "VISIBLE",
            "repositories": {"totalCount": 1, "edges": [edge]},
            "members": {
                "totalCount": 1, "nodes": [{"login": "bob"}],
                "pageInfo": {"hasNextPage": false, "endCursor": null}
            }
        })
    }

    fn teams(reviewer: &Value, errors: Vec<GraphQlError>) -> Teams {
        let nodes = json!([{"requestedReviewer": {}}, {}, null, {"requestedReviewer": reviewer}]);
        let facts = Facts {
            data: json!({"repository": {"pullRequest": {"teamRequests": {"nodes": nodes}}}}),
            errors,
        };
        Teams::read(&facts, &Coordinates::new("acme/shop", 42).unwrap())
    }

    fn found(reviewer: &Value) -> Option<Team> {
        teams(reviewer, Vec::new()).find("acme", "web")
    }

    #[test]
    fn a_team_that_was_asked_is_known() {
        let team = Team {
            members: Some(vec![Login::from("bob")]),
            can_write: Some(true),
        };
        assert_eq!(found(&shown()), Some(team));
        assert_eq!(teams(&shown(), Vec::new()).find("acme", "other"), None);
        assert_eq!(teams(&shown(), Vec::new()).find("other", "web"), None);
    }

    #[rstest]
    #[case::secret("/privacy", json!("SECRET"))]
    #[case::only_reads("/repositories/edges/0/permission", json!("TRIAGE"))]
    #[case::no_access("/repositories", json!({"totalCount": 0, "edges": []}))]
    fn a_team_without_write_access_is_known_as_one(#[case] place: &str, #[case] value: Value) {
        let mut team = shown();
        *team.pointer_mut(place).unwrap() = value;
        assert_eq!(found(&team).unwrap().can_write, Some(false));
    }

    /// It is asked for then, as every team that was not shown.
    #[rstest]
    #[case::hidden("", Value::Null)]
    #[case::more_members("/members/pageInfo/hasNextPage", json!(true))]
    #[case::fewer_than_counted("/members/totalCount", json!(2))]
    #[case::not_counted("/members/totalCount", Value::Null)]
    #[case::hidden_member("/members/nodes/0", Value::Null)]
    #[case::no_members("/members", Value::Null)]
    #[case::more_repositories("/repositories", json!({"totalCount": 11, "edges": []}))]
    #[case::hidden_repository("/repositories/edges/0", Value::Null)]
    #[case::no_repositories("/repositories", Value::Null)]
    fn a_team_that_is_not_shown_whole_is_not_known(#[case] place: &str, #[case] value: Value) {
        let mut team = shown();
        *team.pointer_mut(place).unwrap() = value;
        assert_eq!(found(&team), None);
    }

    #[rstest]
    #[case::refused(ErrorKind::Forbidden, &[], true)]
    #[case::not_found(ErrorKind::NotFound, &[], false)]
    #[case::broken(ErrorKind::Failed, &[], false)]
    #[case::a_part_of_it(ErrorKind::Forbidden, &["repositories"], false)]
    fn whoever_may_read_no_team_need_not_ask(
        #[case] kind: ErrorKind,
        #[case] below: &[&str],
        #[case] is_refused: bool,
    ) {
        let path = REVIEWER.iter().chain(below);
        let error = GraphQlError {
            kind,
            path: path.map(|part| (*part).to_owned()).collect(),
        };
        let unknown = Team {
            members: None,
            can_write: None,
        };
        let found = teams(&Value::Null, vec![error]).find("acme", "web");
        assert_eq!(found, is_refused.then_some(unknown));
    }
}
