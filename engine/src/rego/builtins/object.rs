//! `object.*`.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::value::Object;

use super::operand::{array, object, operand, wrong_element, wrong_type};
use super::path::filtered;
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("object.get", 3, get),
    builtin("object.keys", 1, keys),
    builtin("object.remove", 2, remove),
    builtin("object.filter", 2, filter),
    builtin("object.union", 2, union),
    builtin("object.union_n", 1, union_n),
    builtin("object.subset", 2, subset),
];

/// The value at a key, or at a path of keys where the key is an array; the third operand where there is none.
fn get(operands: &[Value]) -> Result<Value, Failure> {
    let fields = object(operands, 0)?;
    let found = match operand(operands, 1) {
        Value::Array(path) => {
            let mut at = Some(operand(operands, 0));
            for key in path.iter() {
                at = at.and_then(|value| child(value, key));
            }
            at
        }
        key => fields.get(key),
    };
    Ok(found.unwrap_or_else(|| operand(operands, 2)).clone())
}

/// What a key selects in a value: a field, an item of an array by its place, an element of a set.
fn child<'a>(value: &'a Value, key: &Value) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(key),
        Value::Set(items) => items.get(key),
        Value::Array(items) => key
            .as_u64()
            .ok()
            .and_then(|place| usize::try_from(place).ok())
            .and_then(|place| items.get(place)),
        _ => None,
    }
}

fn keys(operands: &[Value]) -> Result<Value, Failure> {
    let keys: BTreeSet<Value> = object(operands, 0)?.keys().cloned().collect();
    Ok(Value::from(keys))
}

/// Keys given as an array, a set or the keys of an object.
fn key_set(operands: &[Value]) -> Result<BTreeSet<&Value>, Failure> {
    match operand(operands, 1) {
        Value::Array(keys) => Ok(keys.iter().collect()),
        Value::Set(keys) => Ok(keys.iter().collect()),
        Value::Object(fields) => Ok(fields.keys().collect()),
        _ => Err(wrong_type(operands, 1, "one of {object, set, array}")),
    }
}

fn remove(operands: &[Value]) -> Result<Value, Failure> {
    let fields = object(operands, 0)?;
    let keys = key_set(operands)?;
    let rest: Object = fields
        .iter()
        .filter(|(key, _)| !keys.contains(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Ok(Value::from(rest))
}

fn filter(operands: &[Value]) -> Result<Value, Failure> {
    object(operands, 0)?;
    let keys: BTreeMap<Value, Value> = key_set(operands)?
        .into_iter()
        .map(|key| (key.clone(), Value::Null))
        .collect();
    Ok(filtered(operand(operands, 0), &Value::from(keys)))
}

fn union(operands: &[Value]) -> Result<Value, Failure> {
    let (left, right) = (object(operands, 0)?, object(operands, 1)?);
    Ok(Value::from(merged(left, right)))
}

fn union_n(operands: &[Value]) -> Result<Value, Failure> {
    let mut all = Object::new();
    for item in array(operands, 0)? {
        let Value::Object(fields) = item else {
            return Err(wrong_element(operands, 0, item, "object"));
        };
        all = merged(&all, fields);
    }
    Ok(Value::from(all))
}

/// Both objects in one: the right one wins, and objects below one key are merged in turn.
fn merged(left: &Object, right: &Object) -> Object {
    let mut all = left.clone();
    let added: Vec<(Value, Value)> = right
        .iter()
        .map(|(key, value)| match (left.get(key), value) {
            (Some(Value::Object(left)), Value::Object(right)) => {
                (key.clone(), Value::from(merged(left, right)))
            }
            _ => (key.clone(), value.clone()),
        })
        .collect();
    all.extend(added);
    all
}

/// Whether the second collection is a part of the first.
fn subset(operands: &[Value]) -> Result<Value, Failure> {
    let is_subset = match (operand(operands, 0), operand(operands, 1)) {
        (Value::Object(large), Value::Object(small)) => is_object_subset(large, small),
        (Value::Set(large), Value::Set(small)) => small.is_subset(large),
        (Value::Array(large), Value::Array(small)) => {
            small.is_empty()
                || large
                    .as_slice()
                    .windows(small.len())
                    .any(|window| window == small.as_slice())
        }
        (Value::Array(large), Value::Set(small)) => {
            let large: BTreeSet<&Value> = large.iter().collect();
            small.iter().all(|item| large.contains(item))
        }
        _ => {
            return Err(Failure::Type(
                "both arguments object.subset must be of the same type or array and set".to_owned(),
            ));
        }
    };
    Ok(Value::Bool(is_subset))
}

fn is_object_subset(large: &Object, small: &Object) -> bool {
    small.iter().all(|(key, small)| {
        large.get(key).is_some_and(|large| match (large, small) {
            (Value::Object(large), Value::Object(small)) => is_object_subset(large, small),
            (Value::Set(large), Value::Set(small)) => small.is_subset(large),
            (Value::Array(large), Value::Array(small)) => {
                small.is_empty()
                    || large
                        .as_slice()
                        .windows(small.len())
                        .any(|window| window == small.as_slice())
            }
            _ => large == small,
        })
    })
}
