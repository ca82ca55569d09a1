//! Labels and linked issues.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{LinkSource, LinkedIssue, List, Text};

use super::facts::{Connection, Facts, Place, Section, gap, text};
use super::history::RawName;

const LABELS: Place = Place {
    pointer: "/repository/pullRequest/labels",
    permission: "pull_requests:read",
    optional: &[],
};
const ISSUES: Place = Place {
    pointer: "/repository/pullRequest/closingIssuesReferences",
    permission: "issues:read",
    optional: &[],
};

#[derive(Debug, Deserialize)]
struct RawIssue {
    number: u64,
    state: String,
    url: Option<String>,
    repository: RawRepository,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RawRepository {
    pub(super) name_with_owner: String,
}

/// The names of the labels.
pub(super) fn labels(facts: &Facts) -> Section<Vec<Text>> {
    let raw: Connection<RawName> = facts.section(&LABELS)?;
    let list = raw.list(|label| text(&label.name));
    if list.complete {
        Ok(list.items)
    } else {
        Err(gap("not all labels were read", None))
    }
}

/// The issues that GitHub closes with the pull request. Keys in texts are for the control, which knows their pattern.
pub(super) fn linked_issues(facts: &Facts) -> Section<List<LinkedIssue>> {
    let raw: Connection<RawIssue> = facts.section(&ISSUES)?;
    Ok(raw.list(|issue| {
        Some(LinkedIssue {
            key: Text(format!(
                "{}#{}",
                issue.repository.name_with_owner, issue.number
            )),
            source: Some(LinkSource::ClosingReference),
            state: text(&issue.state.to_lowercase()),
            url: issue.url.as_deref().and_then(text),
            approved_at: None,
        })
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_issue_is_named_with_its_repository() {
        let issue = json!({
            "number": 7, "state": "OPEN", "url": "https://github.com/acme/shop/issues/7",
            "repository": {"nameWithOwner": "acme/shop"}
        });
        let facts = Facts {
            data: json!({"repository": {"pullRequest": {
                "closingIssuesReferences": {"totalCount": 2, "nodes": [issue, null]}
            }}}),
            errors: Vec::new(),
        };
        let list = linked_issues(&facts).unwrap();
        assert!(
            !list.complete,
            "an issue of a repository that the token may not see"
        );
        assert_eq!(list.items[0].key, Text::from("acme/shop#7"));
        assert_eq!(list.items[0].state, Some(Text::from("open")));
    }

    #[test]
    fn labels_are_all_there_or_not_at_all() {
        let of = |total: u64| {
            let nodes = json!({"totalCount": total, "nodes": [{"name": "urgent"}]});
            let facts = Facts {
                data: json!({"repository": {"pullRequest": {"labels": nodes}}}),
                errors: Vec::new(),
            };
            labels(&facts).is_ok()
        };
        assert!(of(1));
        assert!(!of(101));
    }
}
