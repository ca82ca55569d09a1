//! `bits.*`, on whole numbers of any size.

use regorus::Value;

use super::budget::exceeded;
use super::operand::{bad_operand, number, whole};
use super::{Builtin, Failure, builtin};

/// How far a number is shifted at most.
const MOST_SHIFT: i64 = 65_536;

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("bits.and", 2, and),
    builtin("bits.or", 2, or),
    builtin("bits.xor", 2, xor),
    builtin("bits.negate", 1, negate),
    builtin("bits.lsh", 2, shift_left),
    builtin("bits.rsh", 2, shift_right),
];

/// An operand that is a whole number.
fn operand(operands: &[Value], at: usize) -> Result<Value, Failure> {
    whole(number(operands, at)?)
        .ok_or_else(|| bad_operand(at, "must be integer number but got floating-point number"))
}

/// Runs an operation on two numbers.
macro_rules! on_two {
    ($operands:expr, $operation:ident) => {
        match (operand($operands, 0)?, operand($operands, 1)?) {
            (Value::Number(left), Value::Number(right)) => left
                .$operation(&right)
                .map(Value::from)
                .ok_or_else(|| Failure::new("the numbers are too large")),
            _ => Err(Failure::Undefined),
        }
    };
}

fn and(operands: &[Value]) -> Result<Value, Failure> {
    on_two!(operands, and)
}

fn or(operands: &[Value]) -> Result<Value, Failure> {
    on_two!(operands, or)
}

fn xor(operands: &[Value]) -> Result<Value, Failure> {
    on_two!(operands, xor)
}

fn negate(operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0)? {
        Value::Number(number) => number
            .neg()
            .map(Value::from)
            .ok_or_else(|| Failure::new("the number is too large")),
        _ => Err(Failure::Undefined),
    }
}

/// Checks that the second operand says how far to shift.
fn distance(operands: &[Value]) -> Result<i64, Failure> {
    let distance = operand(operands, 1)?;
    if distance < Value::from(0_i64) {
        return Err(bad_operand(
            1,
            "must be an unsigned integer number but got a negative integer",
        ));
    }
    Ok(distance.as_i64().unwrap_or(i64::MAX))
}

fn shift_left(operands: &[Value]) -> Result<Value, Failure> {
    operand(operands, 0)?;
    if distance(operands)? > MOST_SHIFT {
        return Err(exceeded(format!("a shift is at most {MOST_SHIFT} bits")));
    }
    on_two!(operands, lsh)
}

fn shift_right(operands: &[Value]) -> Result<Value, Failure> {
    let number = operand(operands, 0)?;
    let distance = distance(operands)?.min(i64::from(u32::MAX));
    let operands = [number, Value::from(distance)];
    on_two!(&operands, rsh)
}
