//! From a pull request document to a subject.

use std::sync::{Arc, LazyLock};

use serde_json::Value;
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

/// Facts that are kept as evidence: those, and what controls decide by. Titles, bodies, patches, messages, names and
/// addresses are not.
fn stored(path: &[Segment]) -> bool {
    const STORED: &[&str] = &[
        "additions",
        "after",
        "before",
        "collected_at",
        "context",
        "created_at",
        "deletions",
        "group_head_oid",
        "merged_at",
        "method",
        "opened_at",
        "ref",
        "repository",
        "resolved_at",
        "started_at",
        "completed_at",
        "owner",
    ];
    const LISTS: &[&str] = &["parents", "pull_requests", "owners", "teams"];
    visible(path)
        || match path {
            [.., Segment::Key(list), Segment::Index(_)] => LISTS.contains(&list.as_str()),
            [Segment::Key(repository), Segment::Key(key)] if repository == "repository" => {
                key == "name" || key == "owner"
            }
            [.., Segment::Key(key)] => STORED.contains(&key.as_str()),
            _ => false,
        }
}
