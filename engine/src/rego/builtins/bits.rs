//! `bits.*`, on whole numbers of any size.

use regorus::Value;

use super::operand::{bad_operand, number, operand};
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

/// Checks that an operand is a whole number.
fn whole(operands: &[Value], at: usize) -> Result<(), Failure> {
    match number(operands, at)? {
        Value::Number(number) if number.is_integer() => Ok(()),
        _ => Err(bad_operand(
            at,
            "must be integer number but got floating-point number",
        )),
    }
}

/// Runs an operation on two numbers.
macro_rules! on_two {
    ($operands:expr, $operation:ident) => {{
        whole($operands, 0)?;
        whole($operands, 1)?;
        match (operand($operands, 0), operand($operands, 1)) {
            (Value::Number(left), Value::Number(right)) => left
                .$operation(right)
                .map(Value::from)
                .ok_or_else(|| Failure::new("the numbers are too large")),
            _ => Err(Failure::Undefined),
        }
    }};
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
    whole(operands, 0)?;
    match operand(operands, 0) {
        Value::Number(number) => number
            .neg()
            .map(Value::from)
            .ok_or_else(|| Failure::new("the number is too large")),
        _ => Err(Failure::Undefined),
    }
}

/// Checks that the second operand says how far to shift.
fn distance(operands: &[Value]) -> Result<i64, Failure> {
    whole(operands, 1)?;
    let distance = operand(operands, 1).as_i64().unwrap_or(i64::MAX);
    if distance < 0 {
        return Err(bad_operand(
            1,
            "must be an unsigned integer number but got a negative integer",
        ));
    }
    Ok(distance)
}

fn shift_left(operands: &[Value]) -> Result<Value, Failure> {
    whole(operands, 0)?;
    if distance(operands)? > MOST_SHIFT {
        return Err(Failure::new(format!(
            "a shift is at most {MOST_SHIFT} bits"
        )));
    }
    on_two!(operands, lsh)
}

fn shift_right(operands: &[Value]) -> Result<Value, Failure> {
    whole(operands, 0)?;
    let distance = distance(operands)?.min(i64::from(u32::MAX));
    let operands = [operand(operands, 0).clone(), Value::from(distance)];
    on_two!(&operands, rsh)
}
