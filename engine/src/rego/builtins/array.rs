//! `array.*`.

use regorus::Value;

use super::operand::{array, integer};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("array.concat", 2, concat),
    builtin("array.slice", 3, slice),
    builtin("array.reverse", 1, reverse),
    builtin("array.flatten", 1, flatten),
];

fn concat(operands: &[Value]) -> Result<Value, Failure> {
    let (first, second) = (array(operands, 0)?, array(operands, 1)?);
    let joined: Vec<Value> = first.iter().chain(second.iter()).cloned().collect();
    Ok(Value::from(joined))
}

/// The items from one place to just before another; both are moved into the array.
fn slice(operands: &[Value]) -> Result<Value, Failure> {
    let items = array(operands, 0)?;
    let place = |number: i64| usize::try_from(number).unwrap_or(0).min(items.len());
    let (start, stop) = (place(integer(operands, 1)?), place(integer(operands, 2)?));
    let slice = items.as_slice().get(start..stop.max(start));
    Ok(Value::from(slice.unwrap_or_default().to_vec()))
}

fn reverse(operands: &[Value]) -> Result<Value, Failure> {
    let reversed: Vec<Value> = array(operands, 0)?.iter().rev().cloned().collect();
    Ok(Value::from(reversed))
}

/// The items, with arrays among them replaced by their items, one level deep.
fn flatten(operands: &[Value]) -> Result<Value, Failure> {
    let mut flat = Vec::new();
    for item in array(operands, 0)? {
        match item {
            Value::Array(inner) => flat.extend(inner.iter().cloned()),
            other => flat.push(other.clone()),
        }
    }
    Ok(Value::from(flat))
}
