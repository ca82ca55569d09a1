//! The one query, and its further pages.

use serde_json::{Map, Value, json};

use super::coordinates::Coordinates;
use super::facts::{Connection, Facts, PageInfo};
use crate::collect::github::client::{ErrorKind, Failure, GitHub, GraphQlError};

const QUERY: &str = include_str!("../queries/pull_request.graphql");

/// Pages of 100 that are read of a list.
const MAX_PAGES: usize = 30;

const PULL_REQUEST: &str = "/repository/pullRequest";

/// A list that has pages.
struct Paged {
    /// The variable that asks for it.
    asked: &'static str,
    /// The variable of its cursor.
    after: &'static str,
    /// Where it is below the pull request.
    pointer: &'static str,
}

const LISTS: &[Paged] = &[
    paged("reviews", "reviewsAfter", "/reviews"),
    paged("dismissals", "dismissalsAfter", "/dismissals"),
    paged("threads", "threadsAfter", "/reviewThreads"),
    paged("commits", "commitsAfter", "/commits"),
    paged("baseChanges", "baseChangesAfter", "/baseChanges"),
    paged("timeline", "timelineAfter", "/timeline"),
    paged("issues", "issuesAfter", "/closingIssuesReferences"),
    paged("checks", "checksAfter", "/statusCheckRollup/contexts"),
    paged(
        "queue",
        "queueChecksAfter",
        "/mergeQueueEntry/headCommit/statusCheckRollup/contexts",
    ),
    paged("rules", "rulesAfter", "/baseRef/rules"),
];

const fn paged(asked: &'static str, after: &'static str, pointer: &'static str) -> Paged {
    Paged {
        asked,
        after,
        pointer,
    }
}

/// All pages of the query.
pub(super) struct Pages {
    pub(super) facts: Facts,
    /// Whether the pull request changed between two pages.
    pub(super) moved: bool,
}

/// Asks for everything, the teams that were asked for a review only where they are wanted, and for the further pages of
/// what has some.
pub(super) fn ask(github: &GitHub, pull: &Coordinates, teams: bool) -> Result<Pages, Failure> {
    let what = pull.to_string();
    let first = github.query(&what, QUERY, &variables(pull, Asked::First { teams }))?;
    let mut facts = Facts {
        data: first.data,
        errors: first.errors,
    };
    if facts.at(PULL_REQUEST).is_none() {
        return Err(withheld(&facts, what));
    }
    let state = state(&facts);
    for _ in 1..MAX_PAGES {
        let open = open_lists(&facts);
        if open.is_empty() {
            break;
        }
        let answer = github.query(&what, QUERY, &variables(pull, Asked::Further(&open)))?;
        let page = Facts {
            data: answer.data,
            errors: answer.errors,
        };
        if self::state(&page) != state {
            return Ok(Pages { facts, moved: true });
        }
        for (list, _) in &open {
            join(&mut facts, &page, list);
        }
        facts.errors.extend(page.errors);
    }
    Ok(Pages {
        facts,
        moved: false,
    })
}

/// Why there is no pull request in an answer.
fn withheld(facts: &Facts, what: String) -> Failure {
    let permission = Some("pull_requests:read".to_owned());
    let is_forbidden =
        |error: &GraphQlError| error.kind == ErrorKind::Forbidden && error.path.len() <= 2;
    if facts.errors.iter().any(is_forbidden) {
        Failure::Forbidden { what, permission }
    } else {
        Failure::NotFound { what, permission }
    }
}

/// What tells one state of the pull request from another.
fn state(facts: &Facts) -> Vec<Option<Value>> {
    let fields = ["headRefOid", "updatedAt", "state"];
    let fields = fields.map(|field| facts.at(&format!("{PULL_REQUEST}/{field}")).cloned());
    fields.to_vec()
}

/// The lists that have a further page, with its cursor.
fn open_lists(facts: &Facts) -> Vec<(&'static Paged, String)> {
    let open = LISTS.iter().filter_map(|list| {
        let pointer = format!("{PULL_REQUEST}{}/pageInfo", list.pointer);
        let page: PageInfo = facts.read(&pointer)?;
        Some((list, page.end_cursor.filter(|_| page.has_next_page)?))
    });
    open.collect()
}

/// What a request asks for.
#[derive(Clone, Copy)]
enum Asked<'a> {
    First {
        teams: bool,
    },
    /// The lists that have a further page, with its cursor.
    Further(&'a [(&'static Paged, String)]),
}

fn variables(pull: &Coordinates, asked: Asked<'_>) -> Value {
    let (open, teams) = match asked {
        Asked::First { teams } => (None, teams),
        Asked::Further(open) => (Some(open), false),
    };
    let mut all = Map::new();
    all.insert("owner".to_owned(), json!(pull.owner));
    all.insert("name".to_owned(), json!(pull.name));
    all.insert("number".to_owned(), json!(pull.number));
    all.insert("details".to_owned(), json!(open.is_none()));
    all.insert("teams".to_owned(), json!(teams));
    for list in LISTS {
        let cursor = open.map(|open| {
            let found = open.iter().find(|(other, _)| other.asked == list.asked);
            found.map(|(_, cursor)| cursor)
        });
        all.insert(
            list.asked.to_owned(),
            json!(cursor.is_none_or(|cursor| cursor.is_some())),
        );
        all.insert(list.after.to_owned(), json!(cursor.flatten()));
    }
    Value::Object(all)
}

/// Puts the items of a further page behind those that are known. A page without them leaves the list as it is: it still
/// says that there are more, and so is cut.
fn join(facts: &mut Facts, page: &Facts, list: &Paged) {
    let pointer = format!("{PULL_REQUEST}{}", list.pointer);
    let Some(more) = page.read::<Connection<Value>>(&pointer) else {
        // Asking again would give the same.
        if let Some(info) = facts.data.pointer_mut(&format!("{pointer}/pageInfo")) {
            *info = json!({"hasNextPage": true, "endCursor": null});
        }
        return;
    };
    if let Some(nodes) = facts.data.pointer_mut(&format!("{pointer}/nodes"))
        && let Some(nodes) = nodes.as_array_mut()
    {
        nodes.extend(more.nodes.into_iter().map(Option::unwrap_or_default));
    }
    let info = page.at(&format!("{pointer}/pageInfo")).cloned();
    if let (Some(info), Some(place)) =
        (info, facts.data.pointer_mut(&format!("{pointer}/pageInfo")))
    {
        *place = info;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pull() -> Coordinates {
        Coordinates {
            owner: "acme".to_owned(),
            name: "shop".to_owned(),
            number: 42,
        }
    }

    fn facts(nodes: &Value, next: Option<&str>) -> Facts {
        let reviews = json!({
            "totalCount": 3, "nodes": nodes,
            "pageInfo": {"hasNextPage": next.is_some(), "endCursor": next}
        });
        Facts {
            data: json!({"repository": {"pullRequest": {"headRefOid": "h", "reviews": reviews}}}),
            errors: Vec::new(),
        }
    }

    #[test]
    fn the_first_page_asks_for_everything_and_a_further_one_for_what_is_open() {
        let first = variables(&pull(), Asked::First { teams: true });
        assert!(LISTS.iter().all(|list| first[list.asked] == json!(true)));
        assert_eq!(
            (&first["details"], &first["teams"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(first["reviewsAfter"], Value::Null);
        let read = facts(&json!([1, 2]), Some("cursor"));
        let open = open_lists(&read);
        let further = variables(&pull(), Asked::Further(&open));
        assert_eq!(
            (&further["details"], &further["teams"]),
            (&json!(false), &json!(false))
        );
        assert_eq!(further["reviews"], json!(true));
        assert_eq!(further["reviewsAfter"], json!("cursor"));
        assert_eq!(further["commits"], json!(false));
    }

    #[test]
    fn every_variable_is_one_of_the_query() {
        let variables = variables(&pull(), Asked::First { teams: false });
        assert_eq!(variables["teams"], json!(false));
        for name in variables.as_object().unwrap().keys() {
            assert!(QUERY.contains(&format!("${name}: ")), "{name}");
        }
        assert_eq!(
            QUERY.matches("\n  $").count(),
            variables.as_object().unwrap().len()
        );
    }

    #[test]
    fn pages_are_joined() {
        let mut all = facts(&json!([1, 2]), Some("cursor"));
        join(&mut all, &facts(&json!([3]), None), &LISTS[0]);
        let list: Connection<Value> = all.read("/repository/pullRequest/reviews").unwrap();
        assert_eq!(list.nodes.len(), 3);
        assert!(list.is_complete());
        assert!(open_lists(&all).is_empty());
    }

    #[test]
    fn a_page_that_cannot_be_read_leaves_the_list_cut() {
        let mut all = facts(&json!([1, 2]), Some("cursor"));
        join(&mut all, &Facts::default(), &LISTS[0]);
        let list: Connection<Value> = all.read("/repository/pullRequest/reviews").unwrap();
        assert!(!list.is_complete());
        assert!(open_lists(&all).is_empty(), "and it is not asked for again");
    }
}
