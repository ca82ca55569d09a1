//! Operands of built-ins, taken as the types that these want. Errors name the place and the types as OPA does.

use regorus::Value;

use super::Failure;

/// The type of a value in Rego's words.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Set(_) => "set",
        Value::Object(_) => "object",
        Value::Undefined => "undefined",
    }
}

/// An operand that is of none of the wanted types, such as `operand 1 must be string but got number`.
pub(super) fn wrong_type(operands: &[Value], at: usize, wanted: &str) -> Failure {
    let found = operands.get(at).map_or("undefined", type_name);
    Failure::Type(format!(
        "operand {} must be {wanted} but got {found}",
        at + 1
    ))
}

/// The operand at a place, counted from 0.
pub(super) fn operand(operands: &[Value], at: usize) -> &Value {
    operands.get(at).unwrap_or(&Value::Undefined)
}

/// A string.
pub(super) fn string(operands: &[Value], at: usize) -> Result<&str, Failure> {
    match operand(operands, at) {
        Value::String(text) => Ok(text),
        _ => Err(wrong_type(operands, at, "string")),
    }
}

/// A whole number that fits 64 bits.
pub(super) fn integer(operands: &[Value], at: usize) -> Result<i64, Failure> {
    let value = operand(operands, at);
    if !matches!(value, Value::Number(_)) {
        return Err(wrong_type(operands, at, "number"));
    }
    value.as_i64().map_err(|_| {
        Failure::Type(format!(
            "operand {} must be integer number but got floating-point number",
            at + 1
        ))
    })
}
