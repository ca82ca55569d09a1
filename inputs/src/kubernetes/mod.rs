//! Kubernetes objects from manifests.

mod identity;
mod visibility;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};
use soc2gate_engine::{Siblings, Subject, SubjectKind, SubjectSource};
use soc2gate_source::{
    Code, Diagnostic, Document, Path, Position, Segment, SourceMap, Span, Visibility,
};

use crate::{Read, Unit};
use identity::{Identity, Missing, is_own_group};

/// How deep lists may be nested in lists.
const MAX_LIST_DEPTH: usize = 4;

/// Why a document is no object of a cluster, where it is none. `certain`: the caller said that it is Kubernetes.
pub(crate) fn foreign(value: &Value, certain: bool) -> Option<String> {
    match Identity::of(value) {
        Err(_) if !certain && is_foreign(value) => Some("not an object of a cluster".to_owned()),
        Ok(identity) if identity.is_client_side() => Some(format!(
            "{} is a file for a tool, not an object of a cluster",
            identity.resource()
        )),
        _ => None,
    }
}

/// Reads the objects of a document: itself, or the items of a list.
pub(crate) fn read(unit: &Unit, document: Document, read: &mut Read) {
    Reader {
        unit,
        map: &document.map,
        read,
    }
    .object(document.value, &mut Vec::new(), None, 0);
}

/// The siblings of the types that `wanted` names, from one unit. A unit that does not parse adds nothing; it
/// is reported when it is read.
pub fn siblings(unit: &Unit, wanted: &BTreeSet<&str>, siblings: &mut Siblings) {
    let kind_of = |resource: &&str| resource.rsplit('/').next().unwrap_or_default().to_owned();
    let text = unit.text();
    if !unit.format.is_general() {
        return;
    }
    if !wanted
        .iter()
        .any(|resource| text.contains(&kind_of(resource)))
    {
        return;
    }
    let Ok(Some(document)) = unit.parse() else {
        return;
    };
    if foreign(&document.value, false).is_some() {
        return;
    }
    let mut read = Read::default();
    self::read(unit, document, &mut read);
    for subject in read.subjects {
        let Some(resource) = subject
            .resource
            .filter(|resource| wanted.contains(resource.as_str()))
        else {
            continue;
        };
        let namespace = subject
            .document
            .pointer("/metadata/namespace")
            .and_then(Value::as_str)
            .unwrap_or("default");
        siblings
            .entry(resource)
            .or_default()
            .entry(namespace.to_owned())
            .or_default()
            .push(subject.document);
    }
}

/// The objects of a unit. A unit that does not parse has none; it is reported when it is read.
pub fn objects(unit: &Unit) -> Vec<Value> {
    let mut read = Read::default();
    if let Ok(Some(document)) = unit.parse()
        && foreign(&document.value, false).is_none()
    {
        self::read(unit, document, &mut read);
    }
    let documents = read.subjects.into_iter().map(|subject| subject.document);
    documents.collect()
}

/// The values of an object that may be kept as evidence.
pub(crate) fn stored_fields_of(object: &Value) -> Visibility {
    Identity::of(object).map_or(|_| false, |identity| stored_fields(&identity))
}

fn stored_fields(identity: &Identity) -> Visibility {
    if identity.holds_secrets() {
        visibility::names
    } else if is_own_group(identity.group()) {
        visibility::stored
    } else {
        visibility::of_object
    }
}

/// A mapping with an `apiVersion` and a `kind` that are no texts: some other tool's file.
fn is_foreign(value: &Value) -> bool {
    !value.get("apiVersion").is_some_and(Value::is_string) && value.get("metadata").is_none()
}

/// An object of a cluster that stands in no file, as the subject that it is in one. An error says what it lacks.
pub fn kubernetes_subject(document: Value, name: Arc<str>) -> Result<Subject, &'static str> {
    let identity = Identity::of(&document).map_err(|missing| missing.0)?;
    let source = SubjectSource {
        stored: stored_fields(&identity),
        ..SubjectSource::unplaced(name)
    };
    Ok(Subject {
        kind: SubjectKind::Kubernetes,
        id: identity.id(),
        resource: Some(identity.resource()),
        document,
        old_document: None,
        request: None,
        context: Map::new(),
        source,
    })
}

struct Reader<'a> {
    unit: &'a Unit,
    map: &'a SourceMap,
    read: &'a mut Read,
}

/// The type that items of a typed list (`PodList`) have without saying it.
#[derive(Clone)]
struct ItemType {
    api_version: String,
    kind: String,
}

impl Reader<'_> {
    fn object(&mut self, mut value: Value, path: &mut Path, item: Option<&ItemType>, depth: usize) {
        if let (Some(object), Some(item)) = (value.as_object_mut(), item)
            && !object.contains_key("apiVersion")
            && !object.contains_key("kind")
        {
            object.insert(
                "apiVersion".to_owned(),
                Value::from(item.api_version.as_str()),
            );
            object.insert("kind".to_owned(), Value::from(item.kind.as_str()));
        }
        let identity = match Identity::of(&value) {
            Ok(identity) => identity,
            Err(missing) => {
                self.invalid(&missing, path);
                return;
            }
        };
        if !identity.kind.ends_with("List") || !value.get("items").is_some_and(Value::is_array) {
            self.subject(value, &identity, path);
            return;
        }
        if depth >= MAX_LIST_DEPTH {
            self.invalid(&Missing("lists are nested too deeply"), path);
            return;
        }
        let item = identity
            .kind
            .strip_suffix("List")
            .filter(|kind| !kind.is_empty())
            .map(|kind| ItemType {
                api_version: identity.api_version.clone(),
                kind: kind.to_owned(),
            });
        path.push(Segment::from("items"));
        let items = value
            .get_mut("items")
            .and_then(Value::as_array_mut)
            .map(std::mem::take)
            .unwrap_or_default();
        for (at, value) in items.into_iter().enumerate() {
            path.push(Segment::Index(at));
            self.object(value, path, item.as_ref(), depth + 1);
            path.pop();
        }
        path.pop();
    }

    fn subject(&mut self, document: Value, identity: &Identity, path: &Path) {
        let map = if path.is_empty() {
            self.map.clone()
        } else {
            self.map.subtree(path)
        };
        self.read.subjects.push(Subject {
            kind: SubjectKind::Kubernetes,
            id: identity.id(),
            resource: Some(identity.resource()),
            document,
            old_document: None,
            request: None,
            context: Map::new(),
            source: SubjectSource {
                file: Arc::clone(&self.unit.file.name),
                text: Arc::clone(&self.unit.file.text),
                offset: self.unit.offset,
                first_line: self.unit.first_line,
                map,
                visible: if identity.holds_secrets() {
                    visibility::none
                } else {
                    visibility::of_object
                },
                stored: stored_fields(identity),
            },
        });
    }

    fn invalid(&mut self, missing: &Missing, path: &[Segment]) {
        let span = self
            .map
            .locate_key(path)
            .unwrap_or(Span::at(Position::new(self.unit.first_line, 1)));
        let diagnostic = Diagnostic::new(Code::InvalidObject, missing.0);
        self.read
            .diagnostics
            .push(diagnostic.at(&*self.unit.file.name, Span::at(span.start)));
    }
}

#[cfg(test)]
mod tests;
