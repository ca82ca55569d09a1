//! What GitHub gave, taken section by section: a section with an error is a gap, not an empty list.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use soc2gate_inputs::pull_request::{Gap, List, Text};

use super::client::{ErrorKind, Failure, GraphQlError};

/// A section of the document, or why there is none.
pub(super) type Section<T> = Result<T, Gap>;

/// All pages of the answers about one pull request.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) data: Value,
    pub(super) errors: Vec<GraphQlError>,
}

/// Where a section is in the answer, and what it needs.
pub(super) struct Place {
    /// A pointer below the pull request.
    pub(super) pointer: &'static str,
    /// The permission that lets it be read.
    pub(super) permission: &'static str,
    /// Fields that may be missing without the section being worth nothing.
    pub(super) optional: &'static [&'static str],
}

/// A list as GraphQL gives it, pages already joined.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connection<T> {
    pub(super) total_count: Option<u64>,
    #[serde(default)]
    pub(super) page_info: Option<PageInfo>,
    pub(super) nodes: Vec<Option<T>>,
}

/// Where a page of a list ends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PageInfo {
    pub(super) has_next_page: bool,
    pub(super) end_cursor: Option<String>,
}

impl<T> Connection<T> {
    /// Whether every item was read.
    pub(super) fn is_complete(&self) -> bool {
        let read = u64::try_from(self.nodes.len()).unwrap_or(u64::MAX);
        let more = self
            .page_info
            .as_ref()
            .is_some_and(|page| page.has_next_page);
        !more
            && self.nodes.iter().all(Option::is_some)
            && self.total_count.is_none_or(|total| total == read)
    }

    /// As a list of the document. An item that cannot be used cuts the list.
    pub(super) fn list<U>(self, mut item: impl FnMut(T) -> Option<U>) -> List<U> {
        let is_complete = self.is_complete();
        let total = self.total_count;
        let count = self.nodes.len();
        let items: Vec<U> = self
            .nodes
            .into_iter()
            .flatten()
            .filter_map(&mut item)
            .collect();
        List {
            complete: is_complete && items.len() == count,
            total,
            items,
        }
    }
}

impl Facts {
    /// The repository and the pull request, whatever they hold.
    pub(super) fn at(&self, pointer: &str) -> Option<&Value> {
        self.data.pointer(pointer).filter(|value| !value.is_null())
    }

    /// A part of the answer in its shape.
    pub(super) fn read<T: DeserializeOwned>(&self, pointer: &str) -> Option<T> {
        T::deserialize(self.data.pointer(pointer)?).ok()
    }

    /// A section that is always there when it can be read.
    pub(super) fn section<T: DeserializeOwned>(&self, place: &Place) -> Section<T> {
        self.nullable(place)?
            .ok_or_else(|| gap("GitHub gave nothing", Some(place.permission)))
    }

    /// A section whose absence is a fact.
    pub(super) fn nullable<T: DeserializeOwned>(&self, place: &Place) -> Section<Option<T>> {
        if let Some(error) = self.error(place) {
            return Err(gap_of_error(error, place.permission));
        }
        match self.at(place.pointer) {
            None => Ok(None),
            Some(value) => T::deserialize(value).map(Some).map_err(|_| {
                gap(
                    "GitHub's answer does not have the shape that it should",
                    None,
                )
            }),
        }
    }

    /// The error that takes a section, or a part of it that it cannot do without.
    pub(super) fn error(&self, place: &Place) -> Option<&GraphQlError> {
        let section: Vec<&str> = place.pointer.split('/').skip(1).collect();
        self.errors.iter().find(|error| {
            let meets = error.path.iter().zip(&section).all(|(a, b)| a == b);
            let inside = error.path.iter().skip(section.len());
            meets
                && !inside
                    .into_iter()
                    .any(|part| place.optional.contains(&part.as_str()))
        })
    }

    /// Whether some part is missing that sections can do without.
    pub(super) fn lacks(&self, field: &str) -> bool {
        self.errors
            .iter()
            .any(|error| error.path.iter().any(|part| part == field))
    }
}

/// Why a section is not there.
pub(super) fn gap(reason: &str, permission: Option<&str>) -> Gap {
    Gap {
        reason: Text::from(reason),
        permission: permission.map(Text::from),
    }
}

fn gap_of_error(error: &GraphQlError, permission: &str) -> Gap {
    match error.kind {
        ErrorKind::Forbidden => gap("the token may not read it", Some(permission)),
        ErrorKind::NotFound => gap("GitHub does not show it to the token", Some(permission)),
        ErrorKind::Unknown => gap("the server does not know it", None),
        ErrorKind::RateLimited | ErrorKind::Failed | ErrorKind::Other => {
            gap("GitHub could not give it", None)
        }
    }
}

/// A failure of a request of its own, as a gap; `Err` where it is one of the whole run.
pub(super) fn gap_of_failure(failure: Failure, permission: &str) -> Result<Gap, Failure> {
    if !failure.is_local() {
        return Err(failure);
    }
    let helps = failure.permission().unwrap_or(permission).to_owned();
    Ok(match failure {
        Failure::Forbidden { .. } => gap("the token may not read it (403)", Some(&helps)),
        Failure::NotFound { .. } => gap("GitHub does not show it to the token (404)", Some(&helps)),
        Failure::Status { status, .. } => gap(&format!("GitHub answered {status}"), None),
        _ => gap(
            "GitHub's answer does not have the shape that it should",
            None,
        ),
    })
}

/// A text that is not empty.
pub(super) fn text(text: &str) -> Option<Text> {
    (!text.is_empty()).then(|| Text::from(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PLACE: Place = Place {
        pointer: "/repository/pullRequest/reviews",
        permission: "pull_requests:read",
        optional: &["onBehalfOf"],
    };

    fn facts(data: Value, errors: &[(&[&str], ErrorKind)]) -> Facts {
        let errors = errors.iter().map(|(path, kind)| GraphQlError {
            kind: *kind,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
        });
        Facts {
            data,
            errors: errors.collect(),
        }
    }

    #[test]
    fn an_error_in_a_section_takes_the_section() {
        let data = json!({"repository": {"pullRequest": {"reviews": {"nodes": [1]}}}});
        let read = |path: &[&str]| {
            let facts = facts(data.clone(), &[(path, ErrorKind::Forbidden)]);
            facts.section::<Value>(&PLACE).is_ok()
        };
        let pull = ["repository", "pullRequest"];
        assert!(!read(&[&pull[..], &["reviews"]].concat()));
        assert!(!read(
            &[&pull[..], &["reviews", "nodes", "author"]].concat()
        ));
        assert!(!read(&pull), "above it");
        assert!(!read(&[]), "anywhere");
        assert!(read(&[&pull[..], &["commits"]].concat()), "beside it");
        assert!(read(
            &[&pull[..], &["reviews", "nodes", "onBehalfOf"]].concat()
        ));
    }

    #[test]
    fn what_is_missing_without_an_error_is_missing_all_the_same() {
        let none = facts(
            json!({"repository": {"pullRequest": {"reviews": null}}}),
            &[],
        );
        assert_eq!(
            none.section::<Value>(&PLACE),
            Err(gap("GitHub gave nothing", Some("pull_requests:read")))
        );
        assert_eq!(none.nullable::<Value>(&PLACE), Ok(None));
        let odd = facts(json!({"repository": {"pullRequest": {"reviews": 7}}}), &[]);
        assert!(odd.section::<Connection<Value>>(&PLACE).is_err());
    }

    #[test]
    fn a_list_is_complete_only_if_every_item_was_read() {
        let list = |value: Value| {
            let connection: Connection<u64> = serde_json::from_value(value).unwrap();
            connection.list(|item| (item != 9).then_some(item)).complete
        };
        assert!(list(json!({"totalCount": 2, "nodes": [1, 2]})));
        assert!(!list(json!({"totalCount": 3, "nodes": [1, 2]})));
        assert!(!list(json!({"nodes": [1, null]})));
        assert!(!list(json!({"nodes": [1, 9]})));
        let more = json!({"hasNextPage": true, "endCursor": "x"});
        assert!(!list(json!({"pageInfo": more, "nodes": [1]})));
    }
}
