//! From a document about GitHub to a subject.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};
use soc2gate_engine::{Subject, SubjectKind, SubjectSource};
use soc2gate_source::{Code, Diagnostic, Document, Schema};

use super::{check, organization_schema, push_schema, repository_schema, visibility};
use crate::pull_request_subject::contradiction;
use crate::{Read, Unit};

/// The documents of each kind: their schema, and the members that name one.
struct Shape {
    kind: SubjectKind,
    schema: &'static LazyLock<Option<Schema>>,
    name: &'static [&'static str],
}

static REPOSITORY: LazyLock<Option<Schema>> =
    LazyLock::new(|| Schema::compile(&repository_schema()).ok());
static ORGANIZATION: LazyLock<Option<Schema>> =
    LazyLock::new(|| Schema::compile(&organization_schema()).ok());

static PUSH: LazyLock<Option<Schema>> = LazyLock::new(|| Schema::compile(&push_schema()).ok());

/// Reads a repository document.
pub(crate) fn read_repository(unit: &Unit, document: Document, read: &mut Read) {
    let shape = Shape {
        kind: SubjectKind::GithubRepository,
        schema: &REPOSITORY,
        name: &["owner", "name"],
    };
    self::read(&shape, unit, document, read);
}

/// Reads an organisation document.
pub(crate) fn read_organization(unit: &Unit, document: Document, read: &mut Read) {
    let shape = Shape {
        kind: SubjectKind::GithubOrganization,
        schema: &ORGANIZATION,
        name: &["login"],
    };
    self::read(&shape, unit, document, read);
}

/// Reads a push document.
pub(crate) fn read_push(unit: &Unit, document: Document, read: &mut Read) {
    let shape = Shape {
        kind: SubjectKind::GithubPush,
        schema: &PUSH,
        name: &["owner", "name", "ref", "after"],
    };
    self::read(&shape, unit, document, read);
}

/// Reads a document. One that does not follow the schema, or that contradicts itself, is not judged.
fn read(shape: &Shape, unit: &Unit, document: Document, read: &mut Read) {
    let file = &*unit.file.name;
    let Some(schema) = shape.schema.as_ref() else {
        let message = format!("the schema of {} documents does not compile", shape.kind);
        read.diagnostics
            .push(Diagnostic::new(Code::InternalError, message));
        return;
    };
    let mut problems = schema.validate(&document, file, Code::InvalidDocument);
    if problems.is_empty() {
        let found = check(&document.value);
        problems.extend(
            found
                .iter()
                .map(|found| contradiction(found, &document, file)),
        );
    }
    if !problems.is_empty() {
        read.diagnostics.extend(problems);
        return;
    }
    let name: Vec<&str> = shape
        .name
        .iter()
        .filter_map(|key| document.value.get(key).and_then(Value::as_str))
        .collect();
    read.subjects.push(Subject {
        kind: shape.kind,
        id: format!("{}/{}", shape.kind, name.join("/")),
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
    });
}
