//! String interpolation: joins the parts of a template (OPA documentation, "String Interpolation").

use std::fmt::Write as _;

use regorus::Value;

use super::operand::{operand, wrong_type};
use super::{Builtin, Failure, builtin};

/// What [`crate::rego::source`] makes of a template.
pub(super) const BUILTINS: &[Builtin] = &[builtin("internal.template_string", 1, join)];

/// Strings as they are; of an expression the value, which stands in a set: an empty one is an expression that is
/// undefined.
fn join(operands: &[Value]) -> Result<Value, Failure> {
    let Value::Array(parts) = operand(operands, 0) else {
        return Err(wrong_type(operands, 0, "array"));
    };
    let mut joined = String::new();
    for part in parts.iter() {
        let Value::Set(values) = part else {
            write(&mut joined, part);
            continue;
        };
        let mut values = values.iter();
        match (values.next(), values.next()) {
            (None, _) => joined.push_str("<undefined>"),
            (Some(value), None) => write(&mut joined, value),
            (Some(_), Some(_)) => {
                return Err(Failure::new("an expression has more than one value"));
            }
        }
    }
    Ok(Value::from(joined))
}

/// A string without quotes, anything else as a term.
fn write(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => text.push_str(string),
        other => write_term(text, other),
    }
}

/// A value as Rego writes it.
fn write_term(text: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            text.push('[');
            write_all(text, items.iter());
            text.push(']');
        }
        Value::Set(items) if items.iter().next().is_none() => text.push_str("set()"),
        Value::Set(items) => {
            text.push('{');
            write_all(text, items.iter());
            text.push('}');
        }
        Value::Object(fields) => {
            text.push('{');
            for (at, (key, value)) in fields.iter().enumerate() {
                if at > 0 {
                    text.push_str(", ");
                }
                write_term(text, key);
                text.push_str(": ");
                write_term(text, value);
            }
            text.push('}');
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}

fn write_all<'a>(text: &mut String, items: impl Iterator<Item = &'a Value>) {
    for (at, item) in items.enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        write_term(text, item);
    }
}
