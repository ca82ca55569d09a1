//! Documents from operands and as values.

use regorus::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::super::Failure;
use super::super::operand::{operand, wrong_type};
use super::checked::{Checked, Refusal};
use super::parser::{Parsed, SyntaxError};

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        if error.is_beyond_bounds() {
            return Self::TooComplex;
        }
        Self::Invalid(error.to_string())
    }
}

/// Reads a text.
pub(super) fn read<T>(text: &str, parse: fn(&str) -> Parsed<T>) -> Checked<T> {
    Ok(parse(text)?)
}

/// A document from the operand at a place: a text, or an object that the built-ins gave or that is like one.
pub(super) fn document<T: DeserializeOwned>(
    operands: &[Value],
    at: usize,
    parse: fn(&str) -> Parsed<T>,
) -> Checked<T> {
    match operand(operands, at) {
        Value::String(text) => read(text, parse),
        object @ Value::Object(_) => {
            let json = serde_json::to_value(object).map_err(|error| error.to_string());
            json.and_then(|json| {
                serde_json::from_value(without_nulls(json)).map_err(|error| error.to_string())
            })
            .map_err(Refusal::Invalid)
        }
        _ => match wrong_type(operands, at, "one of {string, object}") {
            Failure::Type(message) => Err(Refusal::Operand(message)),
            _ => Err(Refusal::TooComplex),
        },
    }
}

/// A document as OPA shows it: without what is null or empty, but with empty strings.
pub(super) fn to_value(document: &impl Serialize) -> Result<Value, Failure> {
    let json = serde_json::to_value(document).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Value::from(pruned(json)))
}

fn pruned(json: Json) -> Json {
    let is_kept = |json: &Json| match json {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    match json {
        Json::Array(items) => items.into_iter().map(pruned).filter(is_kept).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .map(|(key, field)| (key, pruned(field)))
            .filter(|(_, field)| is_kept(field))
            .collect(),
        other => other,
    }
}

/// A field that is null is one that is not there.
fn without_nulls(json: Json) -> Json {
    match json {
        Json::Array(items) => items.into_iter().map(without_nulls).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .filter(|(_, field)| !field.is_null())
            .map(|(key, field)| (key, without_nulls(field)))
            .collect(),
        other => other,
    }
}
