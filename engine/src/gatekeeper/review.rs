//! `input.review`: what a template sees of an object (Gatekeeper documentation, "Input Review").

use serde_json::{Map, Value, json};

use super::object::Object;
use crate::Subject;

/// The request around an object. Without one, as for manifests, the object is being created by nobody in particular.
pub(super) fn review(subject: &Subject, object: &Object<'_>) -> Value {
    let mut review = match &subject.request {
        Some(Value::Object(request)) => request.clone(),
        _ => made_up(object),
    };
    if !subject.document.is_null() {
        review.insert("object".to_owned(), subject.document.clone());
    }
    if let Some(old) = &subject.old_document {
        review.insert("oldObject".to_owned(), old.clone());
    }
    Value::Object(review)
}

fn made_up(object: &Object<'_>) -> Map<String, Value> {
    let kind = json!({"group": object.group, "version": object.version, "kind": object.kind});
    let mut review = Map::from_iter([
        ("uid".to_owned(), "".into()),
        ("kind".to_owned(), kind.clone()),
        ("requestKind".to_owned(), kind),
        ("operation".to_owned(), "CREATE".into()),
        ("name".to_owned(), object.name.into()),
        ("dryRun".to_owned(), false.into()),
    ]);
    if let Some(namespace) = object.namespace {
        review.insert("namespace".to_owned(), namespace.into());
    }
    review
}
