//! Functions of numbers; the operators are the evaluator's.

use regorus::Value;

use super::budget::exceeded;
use super::operand::{bad_operand, number, operand};
use super::{Builtin, Failure, builtin};

/// How many numbers a range has at most.
const MOST_NUMBERS: u64 = 1_000_000;

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("abs", 1, |operands| match number(operands, 0)? {
        Value::Number(number) => Ok(Value::from(number.abs())),
        _ => Err(Failure::Undefined),
    }),
    builtin("ceil", 1, |operands| match number(operands, 0)? {
        Value::Number(number) => whole(number.ceil().format_decimal()),
        _ => Err(Failure::Undefined),
    }),
    builtin("floor", 1, |operands| match number(operands, 0)? {
        Value::Number(number) => whole(number.floor().format_decimal()),
        _ => Err(Failure::Undefined),
    }),
    builtin("round", 1, |operands| match number(operands, 0)? {
        Value::Number(number) => whole(number.round().format_decimal()),
        _ => Err(Failure::Undefined),
    }),
    builtin("numbers.range", 2, |operands| {
        let (from, to) = (bound(operands, 0)?, bound(operands, 1)?);
        range(from, to, 1)
    }),
    builtin("numbers.range_step", 3, |operands| {
        let (from, to) = (bound(operands, 0)?, bound(operands, 1)?);
        let step = bound(operands, 2)?;
        if step <= 0 {
            return Err(Failure::new("step must be a positive number above zero"));
        }
        range(from, to, step)
    }),
];

/// A rounded number as a whole one.
fn whole(decimal: String) -> Result<Value, Failure> {
    let decimal = if decimal == "-0" {
        "0".to_owned()
    } else {
        decimal
    };
    Value::from_numeric_string(&decimal).map_err(|_| Failure::new("the number is too large"))
}

/// A bound of a range: a whole number, of 128 bits at most.
fn bound(operands: &[Value], at: usize) -> Result<i128, Failure> {
    number(operands, at)?;
    let Value::Number(number) = operand(operands, at) else {
        return Err(Failure::Undefined);
    };
    if !number.is_integer() {
        return Err(bad_operand(
            at,
            "must be integer number but got floating-point number",
        ));
    }
    number
        .as_i128()
        .ok_or_else(|| Failure::new("the number is too large"))
}

/// The numbers from one to another, up or down.
fn range(from: i128, to: i128, step: i128) -> Result<Value, Failure> {
    let count = from.abs_diff(to) / step.unsigned_abs();
    if count >= u128::from(MOST_NUMBERS) {
        return Err(exceeded(format!(
            "a range has at most {MOST_NUMBERS} numbers"
        )));
    }
    let step = if to < from { -step } else { step };
    let mut numbers = Vec::new();
    let mut next = Some(from);
    while let Some(number) = next {
        if (step > 0 && number > to) || (step < 0 && number < to) {
            break;
        }
        numbers.push(Value::from(number));
        next = number.checked_add(step);
    }
    Ok(Value::from(numbers))
}
