//! `to_number`, and the older `cast_*`.

use std::collections::BTreeSet;

use regorus::Value;

use super::budget::exceeded;
use super::operand::{bad_operand, operand, wrong_type};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("to_number", 1, to_number),
    builtin("cast_array", 1, cast_array),
    builtin("cast_set", 1, cast_set),
    builtin("cast_string", 1, |operands| {
        only(operands, "string", |value| {
            matches!(value, Value::String(_))
        })
    }),
    builtin("cast_boolean", 1, |operands| {
        only(operands, "boolean", |value| matches!(value, Value::Bool(_)))
    }),
    builtin("cast_null", 1, |operands| {
        only(operands, "null", |value| matches!(value, Value::Null))
    }),
    builtin("cast_object", 1, |operands| {
        only(operands, "object", |value| {
            matches!(value, Value::Object(_))
        })
    }),
];

/// How long the text of a number is at most.
pub(super) const LONGEST_NUMBER: usize = 65_536;

fn to_number(operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        Value::Null | Value::Bool(false) => Ok(Value::from(0_u64)),
        Value::Bool(true) => Ok(Value::from(1_u64)),
        number @ Value::Number(_) => Ok(number.clone()),
        Value::String(text) if text.len() > LONGEST_NUMBER => {
            Err(exceeded("the number is too long"))
        }
        Value::String(text) => parse(text),
        _ => Err(wrong_type(
            operands,
            0,
            "one of {null, boolean, number, string}",
        )),
    }
}

fn parse(text: &str) -> Result<Value, Failure> {
    let unsigned = text.trim_start_matches(['+', '-']);
    if ["inf", "infinity", "nan"]
        .iter()
        .any(|name| unsigned.eq_ignore_ascii_case(name))
    {
        return Err(bad_operand(0, "must be valid number string but got string"));
    }
    parse_decimal(text).ok_or_else(|| Failure::new("the string is not a number"))
}

/// A decimal number with an optional sign, fraction and exponent; one that is too large for a float is None.
pub(super) fn parse_decimal(text: &str) -> Option<Value> {
    let is_part =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(is_part) {
        return None;
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite())?;
    Value::from_numeric_string(text).ok()
}

fn cast_array(operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        array @ Value::Array(_) => Ok(array.clone()),
        Value::Set(items) => Ok(Value::from(items.iter().cloned().collect::<Vec<_>>())),
        _ => Err(wrong_type(operands, 0, "one of {array, set}")),
    }
}

fn cast_set(operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        Value::Array(items) => Ok(Value::from(items.iter().cloned().collect::<BTreeSet<_>>())),
        set @ Value::Set(_) => Ok(set.clone()),
        _ => Err(wrong_type(operands, 0, "one of {array, set}")),
    }
}

/// The operand where it is of a type.
fn only(
    operands: &[Value],
    wanted: &str,
    is_wanted: impl FnOnce(&Value) -> bool,
) -> Result<Value, Failure> {
    let value = operand(operands, 0);
    if is_wanted(value) {
        Ok(value.clone())
    } else {
        Err(wrong_type(operands, 0, wanted))
    }
}
