//! Built-ins that OPA keeps for policies of Rego v0 only (OPA documentation, "Deprecated built-ins").

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use regorus::Value;

use super::operand::{operand, string, wrong_type};
use super::{Builtin, Failure, builtin};

/// Patterns that a thread keeps.
const MOST_PATTERNS: usize = 256;

thread_local! {
    static PATTERNS: RefCell<BTreeMap<String, Regex>> = const { RefCell::new(BTreeMap::new()) };
}

/// What became `regex.match`, `in`, `every` and `-`.
pub(super) const BUILTINS: &[Builtin] = &[
    builtin("re_match", 2, re_match),
    builtin("any", 1, |operands| {
        let items = items(operands)?;
        Ok(Value::from(items.contains(&Value::from(true))))
    }),
    builtin("all", 1, |operands| {
        let items = items(operands)?;
        Ok(Value::from(
            items.iter().all(|item| *item == Value::from(true)),
        ))
    }),
    builtin("set_diff", 2, |operands| {
        let set = |at: usize| match operand(operands, at) {
            Value::Set(items) => Ok(items),
            _ => Err(wrong_type(operands, at, "set")),
        };
        let (from, without) = (set(0)?, set(1)?);
        let rest = from.iter().filter(|item| !without.contains(item));
        Ok(Value::from(rest.cloned().collect::<BTreeSet<_>>()))
    }),
    builtin("cast_array", 1, |operands| items(operands).map(Value::from)),
    builtin("cast_set", 1, |operands| {
        let items = items(operands)?;
        Ok(Value::from(items.into_iter().collect::<BTreeSet<_>>()))
    }),
    builtin("cast_string", 1, |operands| {
        cast(operands, "string", |value| {
            matches!(value, Value::String(_))
        })
    }),
    builtin("cast_boolean", 1, |operands| {
        cast(operands, "boolean", |value| matches!(value, Value::Bool(_)))
    }),
    builtin("cast_null", 1, |operands| {
        cast(operands, "null", |value| matches!(value, Value::Null))
    }),
    builtin("cast_object", 1, |operands| {
        cast(operands, "object", |value| {
            matches!(value, Value::Object(_))
        })
    }),
];

fn re_match(operands: &[Value]) -> Result<Value, Failure> {
    let (pattern, text) = (string(operands, 0)?, string(operands, 1)?);
    PATTERNS.with(|patterns| {
        let mut patterns = patterns.borrow_mut();
        if let Some(known) = patterns.get(pattern) {
            return Ok(Value::from(known.is_match(text)));
        }
        let compiled = Regex::new(pattern)
            .map_err(|_| Failure::new("the pattern is no regular expression"))?;
        let found = compiled.is_match(text);
        if patterns.len() >= MOST_PATTERNS {
            patterns.clear();
        }
        patterns.insert(pattern.to_owned(), compiled);
        Ok(Value::from(found))
    })
}

/// The members of an array or a set.
fn items(operands: &[Value]) -> Result<Vec<Value>, Failure> {
    match operand(operands, 0) {
        Value::Array(items) => Ok(items.to_vec()),
        Value::Set(items) => Ok(items.iter().cloned().collect()),
        _ => Err(wrong_type(operands, 0, "one of {array, set}")),
    }
}

/// The operand itself, where it is of the type.
fn cast(operands: &[Value], wanted: &str, fits: fn(&Value) -> bool) -> Result<Value, Failure> {
    let value = operand(operands, 0);
    if fits(value) {
        Ok(value.clone())
    } else {
        Err(wrong_type(operands, 0, wanted))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn call(name: &str, operands: &[Value]) -> Result<Value, Failure> {
        let builtin = BUILTINS.iter().find(|builtin| builtin.name == name);
        (builtin.unwrap().call)(operands)
    }

    fn json(text: &str) -> Value {
        Value::from_json_str(text).unwrap()
    }

    #[rstest]
    #[case("re_match", &["\"^a+$\"", "\"aaa\""], "true")]
    #[case("re_match", &["\"^a+$\"", "\"aab\""], "false")]
    #[case("any", &["[false, true]"], "true")]
    #[case("any", &["[]"], "false")]
    #[case("all", &["[true, true]"], "true")]
    #[case("all", &["[true, false]"], "false")]
    #[case("all", &["[]"], "true")]
    #[case("cast_array", &["[1]"], "[1]")]
    #[case("cast_string", &["\"a\""], "\"a\"")]
    #[case("cast_boolean", &["true"], "true")]
    #[case("cast_null", &["null"], "null")]
    #[case("cast_object", &["{}"], "{}")]
    fn they_do_what_they_did(
        #[case] name: &str,
        #[case] operands: &[&str],
        #[case] expected: &str,
    ) {
        let operands: Vec<Value> = operands.iter().map(|text| json(text)).collect();
        assert_eq!(call(name, &operands), Ok(json(expected)));
    }

    #[test]
    fn sets_are_taken_apart() {
        let set = |text: &str| call("cast_set", &[json(text)]).unwrap();
        let difference = call("set_diff", &[set("[1, 2]"), set("[2]")]);
        assert_eq!(difference, Ok(set("[1]")));
    }

    #[rstest]
    #[case("re_match", &["\"(\"", "\"a\""])]
    #[case("re_match", &["1", "\"a\""])]
    #[case("any", &["{}"])]
    #[case("set_diff", &["[]", "[]"])]
    #[case("cast_string", &["1"])]
    fn what_does_not_fit_fails(#[case] name: &str, #[case] operands: &[&str]) {
        let operands: Vec<Value> = operands.iter().map(|text| json(text)).collect();
        assert!(call(name, &operands).is_err());
    }
}
