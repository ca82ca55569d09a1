//! From a pull request document to a subject.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};
use soc2gate_engine::{Subject, SubjectKind, SubjectSource};
use soc2gate_source::{Code, Diagnostic, Document, Schema, Segment};

use crate::pull_request::{self, Inconsistency};
use crate::{Read, Unit};

static SCHEMA: LazyLock<Option<Schema>> =
    LazyLock::new(|| Schema::compile(&pull_request::schema()).ok());

/// Reads a document. One that does not follow the schema, or that contradicts itself, is not judged.
pub(crate) fn read(unit: &Unit, document: Document, read: &mut Read) {
    let file = &*unit.file.name;
    let Some(schema) = SCHEMA.as_ref() else {
        let message = "the schema of pull request documents does not compile";
        read.diagnostics
            .push(Diagnostic::new(Code::InternalError, message));
        return;
    };
    let mut problems = schema.validate(&document, file, Code::InvalidDocument);
    if problems.is_empty() {
        problems.extend(
            pull_request::check(&document.value)
                .iter()
                .map(|found| contradiction(found, &document, file)),
        );
    }
    if !problems.is_empty() {
        read.diagnostics.extend(problems);
        return;
    }
    let text = |pointer: &str| {
        document
            .value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let number = document
        .value
        .get("number")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let id = format!(
        "pull_request/{}/{}/{number}",
        text("/repository/owner"),
        text("/repository/name")
    );
    read.subjects.push(Subject {
        kind: SubjectKind::PullRequest,
        id,
        resource: None,
        document: document.value,
        old_document: None,
        request: None,
        context: Map::new(),
        source: SubjectSource {
            file: Arc::clone(&unit.file.name),
            text: Arc::clone(&unit.file.text),
            offset: unit.offset,
            first_line: unit.first_line,
            map: document.map,
            visible,
            stored,
        },
    });
}

/// What is shown of a contradiction.
pub(crate) fn contradiction(found: &Inconsistency, document: &Document, file: &str) -> Diagnostic {
    let path: Vec<Segment> = found
        .path
        .iter()
        .map(|segment| match segment {
            pull_request::PathSegment::Key(key) => Segment::Key(key.clone()),
            pull_request::PathSegment::Index(index) => Segment::Index(*index),
        })
        .collect();
    let diagnostic = Diagnostic::new(Code::InconsistentDocument, found.message.clone());
    match document.map.locate_key(&path) {
        Some(span) => diagnostic.at(file, span),
        None => diagnostic,
    }
}

/// Facts that may be shown in excerpts; titles, bodies, patches and messages are people's own words and may
/// hold anything.
fn visible(path: &[Segment]) -> bool {
    const SHOWN: &[&str] = &[
        "state",
        "login",
        "type",
        "oid",
        "commit_oid",
        "author_can_push",
        "submitted_at",
        "resolved",
        "outdated",
        "path",
        "previous_path",
        "status",
        "conclusion",
        "kind",
        "id",
        "slug",
        "app_id",
        "complete",
        "committed_via_web",
        "clean_merge",
        "merges_base",
        "forced",
        "at",
        "number",
        "draft",
        "from_fork",
        "required",
        "verified",
        "reason",
        "permission",
        "schema",
        "tree_oid",
        "to",
        "from",
        "merged_at",
    ];
    match path {
        [.., Segment::Key(key)] => {
            SHOWN.contains(&key.as_str())
                // The name of a check, not of a person.
                || (key == "name" && path.first() == Some(&Segment::from("checks")))
        }
        _ => false,
    }
}

/// Facts that are kept as evidence: those, and what controls decide by. Titles, bodies, labels, patches, messages,
/// names and addresses are not.
fn stored(path: &[Segment]) -> bool {
    const STORED: &[&str] = &[
        "additions",
        "advisory",
        "after",
        "before",
        "approved_at",
        "change",
        "collected_at",
        "context",
        "created_at",
        "deletions",
        "event",
        "group_head_oid",
        "key",
        "line",
        "method",
        "opened_at",
        "ref",
        "repository",
        "resolved_at",
        "severity",
        "started_at",
        "completed_at",
        "owner",
        "source",
    ];
    const LISTS: &[&str] = &[
        "members",
        "on_behalf_of",
        "owners",
        "parents",
        "pull_requests",
        "teams",
    ];
    visible(path)
        || match path {
            [.., Segment::Key(list), Segment::Index(_)] => LISTS.contains(&list.as_str()),
            [Segment::Key(section), _, _, Segment::Key(key)] if section == "dependency_changes" => {
                STORED.contains(&key.as_str()) || key == "name" || key == "version"
            }
            [Segment::Key(repository), Segment::Key(key)] if repository == "repository" => {
                key == "name" || key == "owner"
            }
            // The name of an owner as CODEOWNERS writes it.
            [Segment::Key(section), .., Segment::Key(key)] if section == "code_owners" => {
                key == "name" || STORED.contains(&key.as_str())
            }
            [.., Segment::Key(key)] => STORED.contains(&key.as_str()),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use soc2gate_source::Segment;

    fn path(pointer: &str) -> Vec<Segment> {
        pointer
            .split('/')
            .map(|part| {
                part.parse::<usize>()
                    .map_or_else(|_| Segment::from(part), Segment::Index)
            })
            .collect()
    }

    #[rstest]
    #[case("reviews/items/0/author/login")]
    #[case("reviews/items/0/on_behalf_of/0")]
    #[case("code_owners/owners/0/name")]
    #[case("code_owners/owners/0/members/1")]
    #[case("code_owners/files/items/0/owners/0")]
    #[case("code_owners/errors/0/line")]
    #[case("linked_issues/items/0/key")]
    #[case("linked_issues/items/0/approved_at")]
    #[case("commits/items/0/signature/reason")]
    #[case("merged_at")]
    fn what_controls_decide_by_is_kept(#[case] pointer: &str) {
        assert!(super::stored(&path(pointer)));
    }

    #[rstest]
    #[case("title")]
    #[case("body")]
    #[case("template/text")]
    #[case("files/items/0/patch")]
    #[case("commits/items/0/message_headline")]
    #[case("commits/items/0/authors/0/name")]
    #[case("linked_issues/items/0/url")]
    #[case("labels/0")]
    #[case("timeline/items/0/label")]
    fn what_people_wrote_is_not_kept(#[case] pointer: &str) {
        assert!(!super::stored(&path(pointer)));
        assert!(!super::visible(&path(pointer)));
    }
}
