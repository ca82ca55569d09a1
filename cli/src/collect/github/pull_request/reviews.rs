//! Reviews, how they were dismissed, and review threads.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use soc2gate_inputs::pull_request::{
    Dismissal, List, Oid, Review, ReviewState, ReviewThread, Slug, Timestamp,
};

use super::account::RawActor;
use super::facts::{Connection, Facts, Place, Section, text};

const REVIEWS: Place = Place {
    pointer: "/repository/pullRequest/reviews",
    permission: "pull_requests:read",
    optional: &["onBehalfOf"],
};
const DISMISSALS: Place = Place {
    pointer: "/repository/pullRequest/dismissals",
    permission: "pull_requests:read",
    optional: &[],
};
const THREADS: Place = Place {
    pointer: "/repository/pullRequest/reviewThreads",
    permission: "pull_requests:read",
    optional: &[],
};

/// A commit of which only the id was asked for.
#[derive(Debug, Deserialize)]
pub(super) struct RawOid {
    pub(super) oid: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawReview {
    id: String,
    full_database_id: Option<Value>,
    state: ReviewState,
    submitted_at: Option<String>,
    author_can_push_to_repository: Option<bool>,
    author: Option<RawActor>,
    commit: Option<RawOid>,
    on_behalf_of: Option<RawTeams>,
}

#[derive(Debug, Deserialize)]
struct RawTeams {
    nodes: Option<Vec<Option<RawTeam>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawTeam {
    combined_slug: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawDismissal {
    created_at: String,
    previous_review_state: ReviewState,
    actor: Option<RawActor>,
    review: Option<RawId>,
}

#[derive(Debug, Deserialize)]
struct RawId {
    id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawThread {
    is_resolved: bool,
    is_outdated: bool,
    path: Option<String>,
    line: Option<u64>,
    comments: Connection<RawComment>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawComment {
    created_at: String,
    author: Option<RawActor>,
}

/// All reviews.
pub(super) fn reviews(facts: &Facts) -> Section<List<Review>> {
    let raw: Connection<RawReview> = facts.section(&REVIEWS)?;
    let dismissals: Connection<RawDismissal> = facts.section(&DISMISSALS)?;
    let mut dismissed: BTreeMap<String, Dismissal> = BTreeMap::new();
    for event in dismissals.nodes.into_iter().flatten() {
        let Some(review) = event.review else {
            continue;
        };
        let dismissal = Dismissal {
            at: Timestamp(event.created_at),
            by: event.actor.map(RawActor::actor),
            previous_state: event.previous_review_state,
        };
        dismissed.insert(review.id, dismissal);
    }
    let knows_teams = !facts.lacks("onBehalfOf");
    Ok(raw.list(|review| {
        let dismissed = dismissed.remove(&review.id);
        let teams = review.on_behalf_of.and_then(|teams| teams.nodes);
        Some(Review {
            id: text(&number(review.full_database_id).unwrap_or(review.id)),
            author: review.author.map(RawActor::actor),
            state: review.state,
            submitted_at: review.submitted_at.map(Timestamp),
            commit_oid: review.commit.map(|commit| Oid(commit.oid)),
            author_can_push: review.author_can_push_to_repository,
            dismissed: dismissed.filter(|_| review.state == ReviewState::Dismissed),
            on_behalf_of: teams.filter(|_| knows_teams).and_then(team_slugs),
        })
    }))
}

/// The names of teams; `None` where one is hidden.
fn team_slugs(teams: Vec<Option<RawTeam>>) -> Option<Vec<Slug>> {
    let slugs = teams
        .into_iter()
        .map(|team| Some(Slug(team?.combined_slug)));
    slugs.collect()
}

/// A number that GraphQL may write as a text.
fn number(value: Option<Value>) -> Option<String> {
    match value? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// All review threads.
pub(super) fn threads(facts: &Facts) -> Section<List<ReviewThread>> {
    let raw: Connection<RawThread> = facts.section(&THREADS)?;
    Ok(raw.list(|thread| {
        let comment = thread.comments.nodes.into_iter().flatten().next();
        let (author, opened_at) = match comment {
            Some(comment) => (
                Some(comment.author.map(RawActor::actor)),
                Some(Timestamp(comment.created_at)),
            ),
            None => (None, None),
        };
        Some(ReviewThread {
            resolved: thread.is_resolved,
            outdated: thread.is_outdated,
            path: thread.path.as_deref().and_then(text),
            line: thread.line.filter(|line| *line > 0),
            author,
            opened_at,
        })
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use soc2gate_inputs::pull_request::Text;

    use super::*;

    fn facts(reviews: &Value, dismissals: &Value) -> Facts {
        let pull = json!({
            "reviews": {"totalCount": 1, "nodes": reviews},
            "dismissals": {"nodes": dismissals}
        });
        Facts {
            data: json!({"repository": {"pullRequest": pull}}),
            errors: Vec::new(),
        }
    }

    fn review(state: &str) -> Value {
        json!({
            "id": "PRR_1", "fullDatabaseId": "77", "state": state, "submittedAt": "2026-11-20T09:00:00Z",
            "authorCanPushToRepository": true, "author": null, "commit": null,
            "onBehalfOf": {"nodes": [{"combinedSlug": "acme/web"}]}
        })
    }

    #[test]
    fn a_dismissed_review_says_what_it_was() {
        let event = json!({
            "createdAt": "2026-11-20T10:00:00Z", "previousReviewState": "APPROVED", "actor": null,
            "review": {"id": "PRR_1"}
        });
        let list = reviews(&facts(&json!([review("DISMISSED")]), &json!([event]))).unwrap();
        let review = &list.items[0];
        assert!(list.complete);
        assert_eq!(review.id, Some(Text::from("77")));
        assert_eq!(review.author, None, "the account was deleted");
        assert_eq!(review.commit_oid, None);
        assert_eq!(review.on_behalf_of, Some(vec![Slug::from("acme/web")]));
        let dismissed = review.dismissed.as_ref().unwrap();
        assert_eq!(dismissed.previous_state, ReviewState::Approved);
    }

    #[test]
    fn a_review_that_was_dismissed_and_given_again_is_not_dismissed() {
        let event = json!({
            "createdAt": "2026-11-20T10:00:00Z", "previousReviewState": "APPROVED", "actor": null,
            "review": {"id": "PRR_1"}
        });
        let list = reviews(&facts(&json!([review("APPROVED")]), &json!([event]))).unwrap();
        assert_eq!(list.items[0].dismissed, None);
    }

    #[test]
    fn hidden_teams_are_not_read_as_none() {
        let mut hidden = review("APPROVED");
        hidden["onBehalfOf"] = json!({"nodes": [null]});
        let list = reviews(&facts(&json!([hidden]), &json!([]))).unwrap();
        assert!(list.complete);
        assert_eq!(list.items[0].on_behalf_of, None);
    }

    #[test]
    fn without_dismissals_there_are_no_reviews() {
        let mut facts = facts(&json!([review("APPROVED")]), &json!([]));
        facts.data["repository"]["pullRequest"]["dismissals"] = Value::Null;
        assert!(reviews(&facts).is_err());
    }

    #[test]
    fn a_thread_is_opened_by_its_first_comment() {
        let actor = json!({"__typename": "User", "login": "ana", "databaseId": 1});
        let comment = json!({"createdAt": "2026-11-20T10:00:00Z", "author": actor});
        let thread = |comments: Value| {
            json!({
                "isResolved": false, "isOutdated": true, "path": "a.rs", "line": null,
                "comments": {"nodes": comments}
            })
        };
        let nodes = json!([thread(json!([comment])), thread(json!([]))]);
        let facts = Facts {
            data: json!({"repository": {"pullRequest": {"reviewThreads": {"totalCount": 2, "nodes": nodes}}}}),
            errors: Vec::new(),
        };
        let list = threads(&facts).unwrap();
        assert!(list.complete && !list.items[0].resolved && list.items[0].outdated);
        let author = list.items[0].author.as_ref().and_then(Option::as_ref);
        assert_eq!(author.map(|author| author.login.as_str()), Some("ana"));
        assert_eq!(list.items[1].author, None, "not a deleted account");
    }
}
