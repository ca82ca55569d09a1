//! What `some … in` goes through.

use regorus::Value;

use super::operand::operand;
use super::{Builtin, Failure, builtin};

/// What [`crate::rego::source`] puts around what may be no collection.
pub(super) const BUILTINS: &[Builtin] = &[builtin("internal.collection", 1, collection)];

/// A collection as it is; anything else has no elements.
fn collection(operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        value @ (Value::Array(_) | Value::Set(_) | Value::Object(_)) => Ok(value.clone()),
        _ => Err(Failure::Undefined),
    }
}
