//! From a unit to subjects.

use serde_json::Value;
use soc2gate_engine::{Subject, SubjectKind};
use soc2gate_source::{Code, Diagnostic, Document, Position, Span};

use crate::{Reading, Unit, document, github, kubernetes, pull_request_subject, workflow};

/// What a unit held.
#[derive(Debug, Default)]
pub struct Read {
    /// What is to be judged.
    pub subjects: Vec<Subject>,
    /// What could not be read, and what was skipped.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a unit. Where no kind is given its documents are told apart by what they say they are; where one is, a document
/// of another kind is an error.
pub fn read(unit: &Unit, reading: Reading) -> Read {
    let mut read = Read::default();
    if reading.kind == Some(SubjectKind::Document) || !unit.format.is_general() {
        document::document(unit, &mut read);
        return read;
    }
    if reading.kind == Some(SubjectKind::GithubWorkflow)
        || (reading.kind.is_none() && workflow::is_told_by_path(unit))
    {
        workflow::read(unit, reading, &mut read);
        return read;
    }
    let document = match unit.parse() {
        Ok(Some(document)) => document,
        Ok(None) if reading.kind.is_none() && reading.takes_documents() => {
            document::document(unit, &mut read);
            return read;
        }
        Ok(None) => return read,
        Err(error) => {
            read.diagnostics
                .push(Diagnostic::from_parse_error(&*unit.file.name, &error));
            return read;
        }
    };
    let is_certain = reading.kind.is_some();
    let foreign = match reading.kind.or_else(|| detect(&document.value)) {
        Some(SubjectKind::Kubernetes) => kubernetes::foreign(&document.value, is_certain),
        Some(SubjectKind::PullRequest) => {
            pull_request_subject::read(unit, document, &mut read);
            return read;
        }
        Some(SubjectKind::GithubRepository) => {
            github::subject::read_repository(unit, document, &mut read);
            return read;
        }
        Some(SubjectKind::GithubOrganization) => {
            github::subject::read_organization(unit, document, &mut read);
            return read;
        }
        Some(SubjectKind::GithubPush) => {
            github::subject::read_push(unit, document, &mut read);
            return read;
        }
        Some(SubjectKind::GithubWorkflow) => {
            workflow::read(unit, reading, &mut read);
            return read;
        }
        Some(SubjectKind::Document) | None => {
            Some("no Kubernetes object, no workflow, and no document about GitHub".to_owned())
        }
    };
    match foreign {
        None => kubernetes::read(unit, document, &mut read),
        Some(_) if !is_certain && reading.takes_documents() => {
            document::subjects(unit, document, &mut read);
        }
        Some(what) => read.diagnostics.push(skipped(unit, &document, &what)),
    }
    read
}

/// How the schemas of documents begin, and what such a document is.
const SCHEMAS: &[(&str, SubjectKind)] = &[
    ("soc2gate.dev/pull-request/", SubjectKind::PullRequest),
    (
        "soc2gate.dev/github-repository/",
        SubjectKind::GithubRepository,
    ),
    (
        "soc2gate.dev/github-organization/",
        SubjectKind::GithubOrganization,
    ),
    ("soc2gate.dev/github-push/", SubjectKind::GithubPush),
];

/// What a document says it is.
fn detect(value: &Value) -> Option<SubjectKind> {
    let object = value.as_object()?;
    let schema = object
        .get("schema")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let told = SCHEMAS.iter().find(|(start, _)| schema.starts_with(start));
    if let Some((_, kind)) = told {
        return Some(*kind);
    }
    let named = [
        object.contains_key("apiVersion"),
        object.contains_key("kind"),
    ];
    if named != [true, true] && workflow::is_told_by_shape(value) {
        return Some(SubjectKind::GithubWorkflow);
    }
    let looks_like_an_object =
        named == [true, true] || (named != [false, false] && object.contains_key("metadata"));
    looks_like_an_object.then_some(SubjectKind::Kubernetes)
}

/// A document that the gate does not judge.
pub(crate) fn skipped(unit: &Unit, document: &Document, what: &str) -> Diagnostic {
    let start = document
        .map
        .locate_value(&[])
        .map_or(Position::new(unit.first_line, 1), |span| span.start);
    Diagnostic::new(Code::NotASubject, format!("skipped: {what}"))
        .at(&*unit.file.name, Span::at(start))
}
