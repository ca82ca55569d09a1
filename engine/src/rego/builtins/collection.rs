//! What `some … in` goes through, what objects match, and `in` as a call.

use regorus::Value;

use super::operand::operand;
use super::{Builtin, Failure, builtin};

/// What [`crate::rego::source`] puts around what may be no collection and behind patterns, and what `in` is in OPA.
pub(super) const BUILTINS: &[Builtin] = &[
    builtin("internal.collection", 1, collection),
    builtin("internal.has_keys", 2, has_keys),
    builtin("internal.member_2", 2, member),
    builtin("internal.member_3", 3, member_with_key),
];

/// A collection as it is; anything else has no elements.
fn collection(operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        value @ (Value::Array(_) | Value::Set(_) | Value::Object(_)) => Ok(value.clone()),
        _ => Err(Failure::Undefined),
    }
}

/// Whether a value is an object with the keys of a set and no others.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every built-in")]
fn has_keys(operands: &[Value]) -> Result<Value, Failure> {
    Ok(Value::from(
        match (operand(operands, 0), operand(operands, 1)) {
            (Value::Object(fields), Value::Set(keys)) => fields.keys().eq(keys.iter()),
            _ => false,
        },
    ))
}

/// Whether a value is an element of a collection.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every built-in")]
fn member(operands: &[Value]) -> Result<Value, Failure> {
    let value = operand(operands, 0);
    Ok(Value::from(match operand(operands, 1) {
        Value::Array(items) => items.contains(value),
        Value::Set(items) => items.contains(value),
        Value::Object(fields) => fields.values().any(|field| field == value),
        _ => false,
    }))
}

/// Whether a value is what a collection has for a key; the elements of a set are their own keys.
#[expect(clippy::unnecessary_wraps, reason = "the shape of every built-in")]
fn member_with_key(operands: &[Value]) -> Result<Value, Failure> {
    let (key, value) = (operand(operands, 0), operand(operands, 1));
    Ok(Value::from(match operand(operands, 2) {
        Value::Set(items) => key == value && items.contains(key),
        collection @ (Value::Array(_) | Value::Object(_)) => collection[key] == *value,
        _ => false,
    }))
}
