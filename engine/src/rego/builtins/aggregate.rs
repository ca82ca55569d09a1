//! Aggregates of collections: `count`, `sum`, `product`, `min`, `max`, `sort`, and the older `all` and `any`.

use std::cmp::Ordering;

use regorus::Value;

use super::budget::exceeded;
use super::operand::{items, operand, wrong_element, wrong_type};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("count", 1, count),
    builtin("sum", 1, sum),
    builtin("product", 1, product),
    builtin("max", 1, max),
    builtin("min", 1, min),
    builtin("sort", 1, sort),
    builtin("all", 1, all),
    builtin("any", 1, any),
];

fn count(operands: &[Value]) -> Result<Value, Failure> {
    let count = match operand(operands, 0) {
        Value::Array(items) => items.len(),
        Value::Object(fields) => fields.len(),
        Value::Set(items) => items.len(),
        Value::String(text) => text.chars().count(),
        _ => {
            return Err(wrong_type(
                operands,
                0,
                "one of {array, object, set, string}",
            ));
        }
    };
    Ok(Value::from(count))
}

/// The order of values in OPA, which has sets last.
pub(super) fn compare(left: &Value, right: &Value) -> Ordering {
    match (left, right) {
        (Value::Set(_), Value::Object(_)) => Ordering::Greater,
        (Value::Object(_), Value::Set(_)) => Ordering::Less,
        _ => left.cmp(right),
    }
}

fn sum(operands: &[Value]) -> Result<Value, Failure> {
    let mut total = Value::from(0_u64);
    for item in items(operands, 0)? {
        let (Value::Number(total), Value::Number(number)) = (&mut total, item) else {
            return Err(wrong_element(operands, 0, item, "number"));
        };
        total
            .add_assign(number)
            .map_err(|_| Failure::new("the sum is too large"))?;
    }
    Ok(total)
}

fn product(operands: &[Value]) -> Result<Value, Failure> {
    const MOST_DIGITS: usize = 100_000;
    let items = items(operands, 0)?;
    let mut total = Value::from(1_u64);
    let mut digits = 0;
    for item in items {
        let (Value::Number(total), Value::Number(number)) = (&mut total, item) else {
            return Err(wrong_element(operands, 0, item, "number"));
        };
        // A product has about as many digits as its factors together.
        if !matches!(number.as_f64(), Some(factor) if factor.abs() <= 1.0) {
            digits += number.format_decimal().len();
        }
        if digits > MOST_DIGITS {
            return Err(exceeded("the product is too large"));
        }
        total
            .mul_assign(number)
            .map_err(|_| exceeded("the product is too large"))?;
    }
    Ok(total)
}

fn max(operands: &[Value]) -> Result<Value, Failure> {
    items(operands, 0)?
        .into_iter()
        .max_by(|left, right| compare(left, right))
        .cloned()
        .ok_or(Failure::Undefined)
}

fn min(operands: &[Value]) -> Result<Value, Failure> {
    items(operands, 0)?
        .into_iter()
        .min_by(|left, right| compare(left, right))
        .cloned()
        .ok_or(Failure::Undefined)
}

fn sort(operands: &[Value]) -> Result<Value, Failure> {
    let mut sorted: Vec<Value> = items(operands, 0)?.into_iter().cloned().collect();
    sorted.sort_by(compare);
    Ok(Value::from(sorted))
}

fn all(operands: &[Value]) -> Result<Value, Failure> {
    let items = items(operands, 0)?;
    Ok(Value::Bool(
        items.iter().all(|item| **item == Value::Bool(true)),
    ))
}

fn any(operands: &[Value]) -> Result<Value, Failure> {
    let items = items(operands, 0)?;
    Ok(Value::Bool(
        items.iter().any(|item| **item == Value::Bool(true)),
    ))
}
