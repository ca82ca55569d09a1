//! `is_*` and `type_name`.

use regorus::Value;

use super::operand::{operand, type_name};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("is_array", 1, |operands| is(operands, "array")),
    builtin("is_boolean", 1, |operands| is(operands, "boolean")),
    builtin("is_null", 1, |operands| is(operands, "null")),
    builtin("is_number", 1, |operands| is(operands, "number")),
    builtin("is_object", 1, |operands| is(operands, "object")),
    builtin("is_set", 1, |operands| is(operands, "set")),
    builtin("is_string", 1, |operands| is(operands, "string")),
    builtin("type_name", 1, |operands| {
        Ok(Value::from(type_name(operand(operands, 0))))
    }),
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "the rows of a table are of one type"
)]
fn is(operands: &[Value], wanted: &str) -> Result<Value, Failure> {
    Ok(Value::Bool(type_name(operand(operands, 0)) == wanted))
}
