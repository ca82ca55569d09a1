//! Workflows of GitHub Actions and definitions of actions: the files themselves, as GitHub reads them.

mod expression;
mod visibility;

use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value};
use soc2gate_engine::{Subject, SubjectKind, SubjectSource};
use soc2gate_source::{Code, Diagnostic, Document, Position, Span};

use crate::{Read, Reading, Unit, document};
pub(crate) use expression::expressions;

/// Whether a file is a workflow by where it lies: GitHub runs the YAML files in `.github/workflows`, no other folder.
pub(crate) fn is_told_by_path(unit: &Unit) -> bool {
    let path = Path::new(&*unit.file.name);
    let is_yaml = path
        .extension()
        .is_some_and(|extension| extension == "yml" || extension == "yaml");
    is_yaml
        && path
            .parent()
            .is_some_and(|folder| folder.ends_with(".github/workflows"))
}

/// Whether a document is a workflow or the definition of an action by what it holds: events and jobs, or what runs. Of
/// a document that was read as kubectl reads it, the key `on` is `true`.
pub(crate) fn is_told_by_shape(value: &Value) -> bool {
    let has = |key: &str| value.get(key).is_some();
    let is_workflow = has("jobs") && (has("on") || has("true"));
    let is_action = value.pointer("/runs/using").is_some_and(Value::is_string);
    is_workflow || is_action
}

/// Reads a workflow. Where some policy asks for documents it is one of those too, in the shape that they know.
pub(crate) fn read(unit: &Unit, reading: Reading, read: &mut Read) {
    let document = match unit.parse_workflow() {
        Ok(Some(document)) => document,
        Ok(None) => return,
        Err(error) => {
            read.diagnostics
                .push(Diagnostic::from_parse_error(&*unit.file.name, &error));
            return;
        }
    };
    if !document.value.is_object() {
        let message = "a workflow is a mapping with the keys on and jobs";
        let start = document
            .map
            .locate_value(&[])
            .map_or(Position::new(unit.first_line, 1), |span| span.start);
        let diagnostic = Diagnostic::new(Code::InvalidDocument, message);
        read.diagnostics
            .push(diagnostic.at(&*unit.file.name, Span::at(start)));
        return;
    }
    read.subjects.push(subject(unit, document));
    if reading.kind.is_none() && reading.takes_documents() {
        document::document(unit, read);
    }
}

fn subject(unit: &Unit, document: Document) -> Subject {
    let path = unit.file.name.trim_start_matches('/');
    let kind = SubjectKind::GithubWorkflow;
    let id = match unit.number {
        Some(number) => format!("{kind}/{path}#{number}"),
        None => format!("{kind}/{path}"),
    };
    Subject {
        kind,
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
            visible: visibility::visible,
            stored: visibility::stored,
        },
    }
}

#[cfg(test)]
mod tests;
