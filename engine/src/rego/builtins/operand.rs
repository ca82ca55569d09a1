//! Operands of built-ins, taken as the types that these want. Errors name the place and the types as OPA does.

use regorus::Value;
use regorus::value::{Array, Object, Set};

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

/// A number.
pub(super) fn number(operands: &[Value], at: usize) -> Result<&Value, Failure> {
    match operand(operands, at) {
        value @ Value::Number(_) => Ok(value),
        _ => Err(wrong_type(operands, at, "number")),
    }
}

/// An array.
pub(super) fn array(operands: &[Value], at: usize) -> Result<&Array, Failure> {
    match operand(operands, at) {
        Value::Array(items) => Ok(items),
        _ => Err(wrong_type(operands, at, "array")),
    }
}

/// A set.
pub(super) fn set(operands: &[Value], at: usize) -> Result<&Set, Failure> {
    match operand(operands, at) {
        Value::Set(items) => Ok(items),
        _ => Err(wrong_type(operands, at, "set")),
    }
}

/// An object.
pub(super) fn object(operands: &[Value], at: usize) -> Result<&Object, Failure> {
    match operand(operands, at) {
        Value::Object(fields) => Ok(fields),
        _ => Err(wrong_type(operands, at, "object")),
    }
}

/// The items of an array or a set.
pub(super) fn items(operands: &[Value], at: usize) -> Result<Vec<&Value>, Failure> {
    match operand(operands, at) {
        Value::Array(items) => Ok(items.iter().collect()),
        Value::Set(items) => Ok(items.iter().collect()),
        _ => Err(wrong_type(operands, at, "one of {set, array}")),
    }
}

/// The strings of an array or a set.
pub(super) fn strings(operands: &[Value], at: usize) -> Result<Vec<&str>, Failure> {
    items(operands, at)?
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Ok(&**text),
            other => Err(wrong_element(operands, at, other, "string")),
        })
        .collect()
}

/// An element of an operand that is of none of the wanted types.
pub(super) fn wrong_element(
    operands: &[Value],
    at: usize,
    element: &Value,
    wanted: &str,
) -> Failure {
    Failure::Type(format!(
        "operand {} must be {} of {wanted}s but got {} containing {}",
        at + 1,
        type_name(operand(operands, at)),
        type_name(operand(operands, at)),
        type_name(element)
    ))
}

/// An operand that is of the right type and not what is wanted all the same; OPA counts that as a wrong type.
pub(super) fn bad_operand(at: usize, problem: &str) -> Failure {
    Failure::Type(format!("operand {} {problem}", at + 1))
}

/// A number as a whole one, of any size: a float that is one is read digit by digit. None where it has a fraction.
pub(super) fn whole(value: &Value) -> Option<Value> {
    let Value::Number(number) = value else {
        return None;
    };
    if number.as_big().is_some() {
        return Some(value.clone());
    }
    let decimal = number.format_decimal();
    let digits = decimal.strip_prefix('-').unwrap_or(&decimal);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Value::from_numeric_string(&decimal).ok()
}
