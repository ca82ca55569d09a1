//! The values that a control's rules give.

use serde_json::Value;
use soc2gate_source::{Path, Segment};

use crate::{Subject, Unknown, UnknownReason};

/// One element of `deny` or `unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) message: String,
    pub(crate) path: Path,
}

/// What a rule gave: its elements, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct RuleResult {
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Vec<Unknown>,
}

/// Reads the set that `deny` or `unknown` is. An element without a message still counts: a control that says
/// "deny" in a way of its own has said "deny".
pub(crate) fn read(value: Option<&Value>, subject: &Subject) -> RuleResult {
    let mut result = RuleResult::default();
    match value {
        // A set without elements, or a rule that is undefined because the control wrote it as a complete rule.
        None => {}
        Some(Value::Array(elements)) => result.entries = elements.iter().map(entry).collect(),
        Some(_) => result
            .problems
            .push(invalid("a rule that must be a set is something else")),
    }
    // In the order of the source; Rego's own order is by the text of the message.
    result.entries.sort_by_cached_key(|entry| {
        let place = subject
            .source
            .map
            .locate_key(&entry.path)
            .map(|span| span.start);
        (place, entry.message.clone())
    });
    result
}

/// A result that is not a verdict.
pub(crate) fn invalid(message: &str) -> Unknown {
    Unknown {
        reason: UnknownReason::InvalidResult,
        message: message.to_owned(),
        path: Path::new(),
        location: None,
    }
}

fn entry(element: &Value) -> Entry {
    let message = match element {
        Value::String(message) => Some(message),
        Value::Object(fields) => match fields.get("message") {
            Some(Value::String(message)) => Some(message),
            _ => None,
        },
        _ => None,
    };
    let path = element.get("path").and_then(Value::as_array);
    Entry {
        message: message.map_or_else(
            || "the control gives no message".to_owned(),
            |message| one_line(message),
        ),
        path: path.into_iter().flatten().map_while(segment).collect(),
    }
}

fn segment(value: &Value) -> Option<Segment> {
    match value {
        Value::String(key) => Some(Segment::Key(key.clone())),
        Value::Number(index) => index
            .as_u64()
            .and_then(|index| usize::try_from(index).ok())
            .map(Segment::Index),
        _ => None,
    }
}

/// A message as one line without control characters: it goes to terminals, logs and annotations.
fn one_line(message: &str) -> String {
    let clean: String = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}
