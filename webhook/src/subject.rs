//! The subject of a request.

use std::sync::Arc;

use serde_json::Value;
use soc2gate_engine::Subject;

use crate::review::Review;

/// The subject that a request is about: the one that `soc2gate check` makes of the same object in a file, with the request
/// around it. What has no name of its own, such as the options of a connection, is called as the request is.
pub fn of(review: Review) -> Result<Subject, &'static str> {
    let is_named = ["/metadata/name", "/metadata/generateName"]
        .iter()
        .any(|path| {
            review
                .object
                .pointer(path)
                .and_then(Value::as_str)
                .is_some()
        });
    let mut subject = soc2gate_inputs::kubernetes_subject(review.object, Arc::from("admission"))?;
    if !is_named && let (Some(resource), Some(name)) = (&subject.resource, &review.name) {
        subject.id = match &review.namespace {
            Some(namespace) => format!("kubernetes/{resource}/{namespace}/{name}"),
            None => format!("kubernetes/{resource}/{name}"),
        };
    }
    subject.old_document = review.old_object;
    subject.request = Some(review.request);
    Ok(subject)
}
