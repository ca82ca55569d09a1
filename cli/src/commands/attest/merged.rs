//! What a pull request that was merged says of itself.

use std::collections::BTreeMap;

use jiff::Timestamp;
use soc2gate_inputs::pull_request::{
    Actor, ActorType, List, Merge, PullRequest, Review, ReviewState, State,
};
use soc2gate_ledger::attest::{Account, Change, ChangeRepository};
use soc2gate_source::{Code, Diagnostic};

/// A change that was merged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Merged {
    pub(super) repository: ChangeRepository,
    pub(super) change: Change,
    pub(super) author: Option<Account>,
    pub(super) approvers: Vec<Account>,
}

impl Merged {
    /// Reads what an attestation names. What is missing makes none.
    pub(super) fn of(pull: &PullRequest) -> Result<Self, Diagnostic> {
        let merge = merge(pull)?;
        let number = pull.number;
        let missing = |what: &str| {
            let message = format!("pull request {number}: {what} is not known");
            Diagnostic::new(Code::ChangeUnclear, message)
        };
        let source = pull.source.as_ref();
        let merged_at = instant(merge.at.as_str()).ok_or_else(|| missing("when it was merged"))?;
        let oid = |oid: Option<&soc2gate_inputs::pull_request::Oid>, what: &str| {
            oid.map(|oid| oid.as_str().to_owned())
                .ok_or_else(|| missing(what))
        };
        let reviews = pull.reviews.as_ref().filter(|reviews| reviews.complete);
        let reviews = reviews.ok_or_else(|| missing("who reviewed it"))?;
        let author = pull.author.as_ref();
        Ok(Self {
            repository: ChangeRepository {
                host: source
                    .map(|source| source.host.as_str().to_owned())
                    .ok_or_else(|| missing("its server"))?,
                id: pull
                    .repository
                    .id
                    .ok_or_else(|| missing("the id of its repository"))?,
                name: format!(
                    "{}/{}",
                    pull.repository.owner.as_str(),
                    pull.repository.name.as_str()
                ),
            },
            change: Change {
                base_ref: pull.base.r#ref.as_str().to_owned(),
                head_commit: pull.head.oid.as_str().to_owned(),
                id: pull.id.ok_or_else(|| missing("its id"))?,
                merge_commit: oid(merge.commit_oid.as_ref(), "its merge commit")?,
                merged_at,
                number,
                tree: oid(merge.tree_oid.as_ref(), "the tree of its merge commit")?,
            },
            author: author
                .map(|author| account(author).ok_or_else(|| missing("the id of its author")))
                .transpose()?,
            approvers: approvers(reviews, author, merged_at)
                .into_iter()
                .map(|approver| account(approver).ok_or_else(|| missing("the id of a reviewer")))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The merge, where there was one.
fn merge(pull: &PullRequest) -> Result<&Merge, Diagnostic> {
    let number = pull.number;
    let refused = |why: &str| {
        let message = format!("pull request {number} {why}");
        Err(Diagnostic::new(Code::ChangeNotMerged, message))
    };
    match (pull.state, &pull.merge) {
        (State::Open, _) => refused("is open"),
        (State::Closed, _) => refused("was closed and not merged"),
        (State::Merged, Some(Some(merge))) => Ok(merge),
        (State::Merged, _) => {
            let message = format!("pull request {number}: how it was merged is not known");
            Err(Diagnostic::new(Code::ChangeUnclear, message))
        }
    }
}

fn account(actor: &Actor) -> Option<Account> {
    Some(Account {
        id: actor.id?,
        login: actor.login.as_str().to_owned(),
    })
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// People other than the author, with write access, whose last review before the merge approves. CHG-01 decides whether
/// they suffice.
fn approvers<'a>(
    reviews: &'a List<Review>,
    author: Option<&Actor>,
    merged_at: Timestamp,
) -> Vec<&'a Actor> {
    let mut last: BTreeMap<String, (Timestamp, bool, &Actor)> = BTreeMap::new();
    for review in &reviews.items {
        let Some((reviewer, at)) = review.author.as_ref().zip(
            review
                .submitted_at
                .as_ref()
                .and_then(|at| instant(at.as_str())),
        ) else {
            continue;
        };
        let has_opinion = !matches!(review.state, ReviewState::Commented | ReviewState::Pending);
        if !has_opinion || at > merged_at {
            continue;
        }
        let approves =
            review.state == ReviewState::Approved && review.author_can_push == Some(true);
        let entry = last
            .entry(reviewer.login.as_str().to_lowercase())
            .or_insert((at, approves, reviewer));
        // Of two in the same second the one that does not approve counts.
        if at > entry.0 || (at == entry.0 && !approves) {
            *entry = (at, approves, reviewer);
        }
    }
    let is_author = |reviewer: &Actor| {
        author.is_some_and(|author| {
            (author.id.is_some() && author.id == reviewer.id)
                || author
                    .login
                    .as_str()
                    .eq_ignore_ascii_case(reviewer.login.as_str())
        })
    };
    last.into_values()
        .filter(|(_, approves, reviewer)| {
            *approves && reviewer.r#type == ActorType::User && !is_author(reviewer)
        })
        .map(|(_, _, reviewer)| reviewer)
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";

    fn actor(login: &str, id: u64) -> Value {
        json!({"login": login, "type": "user", "id": id})
    }

    fn review(login: &str, id: u64, state: &str, minute: u8) -> Value {
        json!({
            "author": actor(login, id), "state": state, "submitted_at": format!("2026-11-20T09:{minute:02}:00Z"),
            "commit_oid": HEAD, "author_can_push": true,
        })
    }

    fn document() -> Value {
        json!({
            "schema": "soc2gate.dev/pull-request/v1", "collected_at": "2026-11-23T09:00:00Z",
            "source": {"host": "github.com", "tool": "soc2gate"},
            "repository": {"owner": "acme", "name": "shop", "id": 7}, "number": 42, "id": 420, "title": "t",
            "state": "merged", "draft": false, "created_at": "2026-11-20T08:00:00Z",
            "merged_at": "2026-11-20T09:30:00Z", "author": actor("alice", 1),
            "head": {"ref": "x", "oid": HEAD, "repository": "acme/shop", "from_fork": false},
            "base": {"ref": "main", "oid": HEAD},
            "reviews": {"complete": true, "items": [review("bob", 2, "APPROVED", 10)]},
            "merge": {"commit_oid": HEAD, "tree_oid": HEAD, "merged_by": null, "at": "2026-11-20T09:30:00Z"},
        })
    }

    fn read(document: &Value) -> Result<Merged, Code> {
        let pull: PullRequest = serde_json::from_value(document.clone()).unwrap();
        Merged::of(&pull).map_err(|problem| problem.code)
    }

    #[test]
    fn a_merged_change_names_who_approved_it() {
        let merged = read(&document()).unwrap();
        assert_eq!(merged.repository.id, 7);
        assert_eq!(merged.change.id, 420);
        assert_eq!(merged.author.unwrap().id, 1);
        assert_eq!(merged.approvers[0].id, 2);
    }

    #[rstest]
    #[case::open("/state", json!("open"), Code::ChangeNotMerged)]
    #[case::closed("/state", json!("closed"), Code::ChangeNotMerged)]
    #[case::no_commit("/merge/commit_oid", Value::Null, Code::ChangeUnclear)]
    #[case::merge_is_null("/merge", Value::Null, Code::ChangeUnclear)]
    #[case::cut_short("/reviews/complete", json!(false), Code::ChangeUnclear)]
    fn what_is_not_merged_or_not_known_is_not_attested(
        #[case] pointer: &str,
        #[case] value: Value,
        #[case] code: Code,
    ) {
        let mut document = document();
        *document.pointer_mut(pointer).unwrap() = value;
        assert_eq!(read(&document), Err(code));
    }

    #[rstest]
    #[case("", "id")]
    #[case("", "merge")]
    #[case("", "reviews")]
    #[case("", "source")]
    #[case("/repository", "id")]
    #[case("/author", "id")]
    #[case("/merge", "tree_oid")]
    #[case("/reviews/items/0/author", "id")]
    fn what_is_missing_makes_no_attestation(#[case] pointer: &str, #[case] field: &str) {
        let mut document = document();
        let object = document
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap();
        assert!(object.remove(field).is_some());
        assert_eq!(read(&document), Err(Code::ChangeUnclear));
    }

    #[rstest]
    #[case::dismissed(json!([review("bob", 2, "APPROVED", 10), review("bob", 2, "DISMISSED", 11)]), 0)]
    #[case::blocked_first(json!([review("bob", 2, "CHANGES_REQUESTED", 10), review("bob", 2, "APPROVED", 11)]), 1)]
    #[case::same_second(json!([review("bob", 2, "APPROVED", 10), review("bob", 2, "CHANGES_REQUESTED", 10)]), 0)]
    #[case::comment_behind(json!([review("bob", 2, "APPROVED", 10), review("Bob", 2, "COMMENTED", 11)]), 1)]
    #[case::after_the_merge(json!([review("bob", 2, "APPROVED", 31)]), 0)]
    #[case::the_author(json!([review("Alice", 1, "APPROVED", 10)]), 0)]
    #[case::two(json!([review("bob", 2, "APPROVED", 10), review("carol", 3, "APPROVED", 10)]), 2)]
    fn who_counts_as_approver(#[case] reviews: Value, #[case] count: usize) {
        let mut document = document();
        document["reviews"]["items"] = reviews;
        assert_eq!(read(&document).unwrap().approvers.len(), count);
    }

    #[test]
    fn bots_and_people_without_write_access_are_no_approvers() {
        let mut document = document();
        document["reviews"]["items"][0]["author"]["type"] = json!("bot");
        assert_eq!(read(&document).unwrap().approvers, []);
        document["reviews"]["items"][0]["author"]["type"] = json!("user");
        document["reviews"]["items"][0]["author_can_push"] = json!(false);
        assert_eq!(read(&document).unwrap().approvers, []);
    }
}
