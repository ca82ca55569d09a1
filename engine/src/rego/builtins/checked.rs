//! Built-ins of regorus behind checks of their operands: what they compute is right, and what they say of operands
//! of the wrong type is not.

use regorus::Value;
use regorus::unstable::{BUILTINS as REGORUS, Expr, Parser};

use super::budget::{exceeded, make};
use super::cast::LONGEST_NUMBER;
use super::operand::{array, bad_operand, object, operand, string};
use super::path::segments;
use super::{Builtin, Failure, builtin};

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("base64.is_valid", 1, |operands| {
        match operand(operands, 0) {
            Value::String(_) => without_line_ends("base64.is_valid", operands),
            _ => Ok(Value::Bool(false)),
        }
    }),
    builtin("base64.decode", 1, |operands| {
        without_line_ends("base64.decode", operands)
    }),
    builtin("json.marshal", 1, |operands| {
        regorus_own("json.marshal", operands).map(escaped)
    }),
    builtin("json.is_valid", 1, |operands| {
        valid_string("json.is_valid", operands)
    }),
    builtin("yaml.is_valid", 1, |operands| {
        valid_string("yaml.is_valid", operands)
    }),
    builtin("semver.is_valid", 1, |operands| {
        valid_string("semver.is_valid", operands)
    }),
    builtin("units.parse", 1, |operands| units("units.parse", operands)),
    builtin("units.parse_bytes", 1, |operands| {
        units("units.parse_bytes", operands)
    }),
    builtin("yaml.marshal", 1, |operands| match operand(operands, 0) {
        Value::String(text) if text.is_empty() => Ok(Value::from("\"\"\n")),
        _ => regorus_own("yaml.marshal", operands),
    }),
    builtin("json.marshal_with_options", 2, marshal_with_options),
    builtin("json.patch", 2, patch),
    builtin("uuid.parse", 1, parse_uuid),
    builtin("json.unmarshal", 1, |operands| {
        unmarshal("json.unmarshal", operands)
    }),
    builtin("yaml.unmarshal", 1, |operands| {
        unmarshal("yaml.unmarshal", operands)
    }),
    builtin("walk", 1, walk),
];

thread_local! {
    /// Expressions for what regorus wants to point to in its errors.
    static PLACES: Option<Expr> = {
        let source = regorus::Source::from_contents(String::new(), "[0, 0, 0, 0]".to_owned()).ok();
        source.and_then(|source| Parser::new(&source).ok()?.parse_expr().ok())
    };
}

/// Calls the built-in of regorus of this name.
pub(super) fn regorus_own(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    PLACES.with(|places| {
        let (Some((call, _)), Some(Expr::Array { span, items, .. })) = (REGORUS.get(name), places)
        else {
            return Err(Failure::new("there is no such function"));
        };
        let places = items.get(..operands.len()).unwrap_or_default();
        match call(span, places, operands, true) {
            Ok(Value::Undefined) => Err(Failure::Undefined),
            Ok(value) => Ok(value),
            Err(error) => Err(Failure::new(error.to_string())),
        }
    })
}

/// Whether a string is valid; anything else is not.
fn valid_string(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    match operand(operands, 0) {
        Value::String(_) => regorus_own(name, operands),
        _ => Ok(Value::Bool(false)),
    }
}

/// Amounts with a unit. regorus would write out a number with a large exponent digit by digit.
fn units(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    const LONGEST: usize = 400;
    let text = string(operands, 0)?;
    let exponent = text
        .rsplit_once(['e', 'E'])
        .map(|(_, exponent)| exponent.bytes().filter(u8::is_ascii_digit).count());
    if text.len() > LONGEST || exponent.is_some_and(|digits| digits > 3) {
        return Err(Failure::new("could not parse amount to a number"));
    }
    regorus_own(name, operands)
}

/// Base64 may be broken into lines.
fn without_line_ends(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    if text.contains(['\r', '\n']) {
        return regorus_own(name, &[Value::from(text.replace(['\r', '\n'], ""))]);
    }
    regorus_own(name, operands)
}

/// JSON text as Go writes it, safe inside of HTML and JavaScript.
fn escaped(json: Value) -> Value {
    const UNSAFE: [char; 5] = ['<', '>', '&', '\u{2028}', '\u{2029}'];
    let Value::String(text) = &json else {
        return json;
    };
    if !text.contains(UNSAFE) {
        return json;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if UNSAFE.contains(&letter) {
            safe.push_str(&format!("\\u{:04x}", u32::from(letter)));
        } else {
            safe.push(letter);
        }
    }
    Value::from(safe)
}

fn marshal_with_options(operands: &[Value]) -> Result<Value, Failure> {
    for (key, value) in object(operands, 1)?.iter() {
        let Value::String(name) = key else {
            return Err(bad_operand(1, "object keys must be strings"));
        };
        let is_right = match &**name {
            "pretty" => matches!(value, Value::Bool(_)),
            "prefix" | "indent" => matches!(value, Value::String(_)),
            _ => {
                return Err(bad_operand(1, "object contained unknown key"));
            }
        };
        if !is_right {
            return Err(bad_operand(1, "has an option of the wrong type"));
        }
    }
    let json = regorus_own("json.marshal_with_options", operands)?;
    let is_plain = |name: &str| match object(operands, 1).ok()?.get(&Value::from(name)) {
        Some(Value::String(text)) => Some(text.trim().is_empty()),
        _ => Some(true),
    };
    // A prefix or indent is as it is given.
    if ["prefix", "indent"]
        .iter()
        .all(|name| is_plain(name) == Some(true))
    {
        return Ok(escaped(json));
    }
    Ok(json)
}

/// How often a patch copies at most.
const MOST_COPIES: usize = 10;

fn patch(operands: &[Value]) -> Result<Value, Failure> {
    let operations = array(operands, 1)?;
    if operations
        .iter()
        .any(|operation| !matches!(operation, Value::Object(_)))
    {
        return Err(Failure::new(
            "must be an array of JSON-Patch objects, but at least one element is not an object",
        ));
    }
    // Each copy may hold what an earlier one made.
    let is_copy = |operation: &&Value| match operation {
        Value::Object(fields) => fields.get(&Value::from("op")) == Some(&Value::from("copy")),
        _ => false,
    };
    if operations.iter().filter(is_copy).count() > MOST_COPIES {
        return Err(exceeded(format!(
            "a patch copies at most {MOST_COPIES} times"
        )));
    }
    for operation in operations {
        if let Value::Object(fields) = operation
            && let Some(path) = fields.get(&Value::from("path"))
        {
            segments(path)?;
        }
    }
    match regorus_own("json.patch", operands) {
        Err(Failure::Undefined) => Err(Failure::new("the patch does not apply")),
        patched => patched,
    }
}

/// Reads a text. Numbers take a time that grows with the square of their length.
fn unmarshal(name: &str, operands: &[Value]) -> Result<Value, Failure> {
    let text = string(operands, 0)?;
    let mut words = text.split(|letter: char| !letter.is_ascii_digit());
    if text.len() > LONGEST_NUMBER && words.any(|digits| digits.len() > LONGEST_NUMBER) {
        return Err(exceeded("a number is too long"));
    }
    regorus_own(name, operands)
}

/// Every part of a value with its path. The paths take the most room.
fn walk(operands: &[Value]) -> Result<Value, Failure> {
    const PAIR: u64 = 8;
    fn room(value: &Value, depth: u64) -> u64 {
        let below = |parts: &mut dyn Iterator<Item = &Value>| {
            parts.fold(0_u64, |sum, part| sum.saturating_add(room(part, depth + 1)))
        };
        let parts = match value {
            Value::Array(items) => below(&mut items.iter()),
            Value::Set(items) => below(&mut items.iter()),
            Value::Object(fields) => below(&mut fields.iter().map(|(_, value)| value)),
            _ => 0,
        };
        parts.saturating_add(depth + PAIR)
    }
    make(room(operand(operands, 0), 0))?;
    regorus_own("walk", operands)
}

fn parse_uuid(operands: &[Value]) -> Result<Value, Failure> {
    string(operands, 0)?;
    let mut parsed = regorus_own("uuid.parse", operands)?;
    let key = |name: &str| Value::from(name);
    if let Ok(fields) = parsed.as_object_mut() {
        if fields.get(&key("variant")) == Some(&key("NCS")) {
            fields.extend([(key("variant"), key("Reserved"))]);
        }
        let version = fields
            .get(&key("version"))
            .and_then(|version| version.as_i64().ok());
        if matches!(version, Some(6 | 7)) {
            *fields = fields
                .iter()
                .filter(|(name, _)| **name != key("time"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
        }
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn call(name: &str, operands: &serde_json::Value) -> Result<serde_json::Value, Failure> {
        let operands: Vec<Value> = operands
            .as_array()
            .unwrap()
            .iter()
            .map(|operand| Value::from(operand.clone()))
            .collect();
        let builtin = BUILTINS
            .iter()
            .find(|builtin| builtin.name == name)
            .unwrap();
        (builtin.call)(&operands).map(|value| serde_json::to_value(value).unwrap())
    }

    #[rstest]
    #[case("json.is_valid", json!([1]), json!(false))]
    #[case("json.is_valid", json!(["[1]"]), json!(true))]
    #[case("base64.decode", json!(["aGk=\n"]), json!("hi"))]
    #[case("json.marshal", json!(["<&>"]), json!("\"\\u003c\\u0026\\u003e\""))]
    #[case("units.parse", json!(["1.5Ki"]), json!(1536))]
    #[case("units.parse_bytes", json!(["1e3"]), json!(1000))]
    fn values_are_those_of_opa(
        #[case] name: &str,
        #[case] operands: serde_json::Value,
        #[case] wanted: serde_json::Value,
    ) {
        assert_eq!(call(name, &operands), Ok(wanted));
    }

    #[rstest]
    #[case("json.patch", json!([{}, 1]), true)]
    #[case("json.patch", json!([{}, [{"op": "remove", "path": "/a"}]]), false)]
    #[case("json.marshal_with_options", json!([1, {"x": 1}]), true)]
    #[case("units.parse", json!(["1e99999999"]), false)]
    #[case("units.parse", json!([1]), true)]
    fn failures_are_told_apart(
        #[case] name: &str,
        #[case] operands: serde_json::Value,
        #[case] is_type: bool,
    ) {
        let failure = call(name, &operands).unwrap_err();
        assert_eq!(matches!(failure, Failure::Type(_)), is_type, "{failure:?}");
        assert_ne!(failure, Failure::Undefined);
    }
}
