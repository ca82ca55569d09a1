//! `json.filter` and `json.remove`: parts of a document, picked by paths.

use regorus::Value;
use regorus::value::{Array, Object, Set};

use super::budget::exceeded;
use super::operand::{items, object, operand, type_name};
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("json.filter", 2, |operands| {
        object(operands, 0)?;
        let paths = paths(operands)?;
        Ok(filtered(operand(operands, 0), &paths))
    }),
    builtin("json.remove", 2, |operands| {
        object(operands, 0)?;
        let paths = paths(operands)?;
        removed(operand(operands, 0), Some(&paths)).ok_or(Failure::Undefined)
    }),
];

/// How long a path is at most.
pub(super) const MOST_SEGMENTS: usize = 128;

fn too_long() -> Failure {
    exceeded(format!("a path has at most {MOST_SEGMENTS} segments"))
}

/// The paths of an operand as one tree: objects whose leaves are null.
fn paths(operands: &[Value]) -> Result<Value, Failure> {
    let mut tree = Value::from(Object::new());
    for path in items(operands, 1)? {
        add(&mut tree, &segments(path)?);
    }
    Ok(tree)
}

/// The segments of a path: those of an array, or of a string between slashes (RFC 6901 section 3 for `~`).
pub(super) fn segments(path: &Value) -> Result<Vec<Value>, Failure> {
    match path {
        Value::String(path) if path.is_empty() => Ok(Vec::new()),
        Value::String(path) if path.matches('/').count() > MOST_SEGMENTS => Err(too_long()),
        Value::Array(segments) if segments.len() > MOST_SEGMENTS => Err(too_long()),
        Value::String(path) => Ok(path
            .trim_start_matches('/')
            .split('/')
            .map(|part| Value::from(part.replace("~1", "/").replace("~0", "~")))
            .collect()),
        Value::Array(segments) => Ok(segments.to_vec()),
        other => Err(Failure::Type(format!(
            "operand 2 must be one of {{set, array}} containing string paths or array of path segments but got {}",
            type_name(other)
        ))),
    }
}

fn add(tree: &mut Value, path: &[Value]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    // A leaf covers what is below it already.
    let Ok(children) = tree.as_object_mut() else {
        return;
    };
    if rest.is_empty() {
        children.extend([(first.clone(), Value::Null)]);
        return;
    }
    if !children.contains_key(first) {
        children.extend([(first.clone(), Value::from(Object::new()))]);
    }
    if let Some(child) = children.get_mut(first) {
        add(child, rest);
    }
}

/// The key that the tree of paths has for the place of an array.
fn place(at: usize) -> Value {
    Value::from(at.to_string())
}

/// The parts of a value that a tree of paths names.
pub(super) fn filtered(value: &Value, paths: &Value) -> Value {
    let Value::Object(paths) = paths else {
        return value.clone();
    };
    match value {
        Value::Object(fields) => {
            let fields: Object = fields
                .iter()
                .filter_map(|(key, value)| {
                    let paths = paths.get(key)?;
                    Some((key.clone(), filtered(value, paths)))
                })
                .collect();
            Value::from(fields)
        }
        Value::Array(items) => {
            let items: Array = items
                .iter()
                .enumerate()
                .filter_map(|(at, value)| Some(filtered(value, paths.get(&place(at))?)))
                .collect();
            Value::from(items)
        }
        Value::Set(items) => {
            let items: Set = items
                .iter()
                .filter_map(|value| Some(filtered(value, paths.get(value)?)))
                .collect();
            Value::from(items)
        }
        other => other.clone(),
    }
}

/// A value without the parts that a tree of paths names; None where that is all of it.
fn removed(value: &Value, paths: Option<&Value>) -> Option<Value> {
    let paths = match paths {
        None => return Some(value.clone()),
        Some(Value::Object(paths)) => paths,
        Some(_) => return None,
    };
    Some(match value {
        Value::Object(fields) => {
            let fields: Object = fields
                .iter()
                .filter_map(|(key, value)| Some((key.clone(), removed(value, paths.get(key))?)))
                .collect();
            Value::from(fields)
        }
        Value::Array(items) => {
            let items: Array = items
                .iter()
                .enumerate()
                .filter_map(|(at, value)| removed(value, paths.get(&place(at))))
                .collect();
            Value::from(items)
        }
        Value::Set(items) => {
            let items: Set = items
                .iter()
                .filter_map(|value| removed(value, paths.get(value)))
                .collect();
            Value::from(items)
        }
        other => other.clone(),
    })
}
