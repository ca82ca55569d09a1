//! Values as Rego writes them, so that a set and an array look different.

use regorus::Value;

/// Longest collection that stands on one line, in characters.
const WIDE: usize = 72;

/// A value over several lines: an element a line where it is long.
pub(super) fn pretty(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, false, &mut text);
    text
}

/// Two values to compare: where one is long, both have an element a line.
pub(super) fn pretty_pair(values: [Option<Value>; 2]) -> [Option<String>; 2] {
    let is_long = values.iter().flatten().any(is_long);
    values.map(|value| {
        value.map(|value| {
            let mut text = String::new();
            write(&value, 0, is_long, &mut text);
            text
        })
    })
}

fn is_long(value: &Value) -> bool {
    compact(value).chars().count() > WIDE
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Set(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => true,
    }
}

/// A value on one line.
pub(super) fn compact(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", list(items.iter().map(compact))),
        Value::Set(items) if items.is_empty() => "set()".to_owned(),
        Value::Set(items) => format!("{{{}}}", list(items.iter().map(compact))),
        Value::Object(fields) => {
            let fields = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", compact(key), compact(value)));
            format!("{{{}}}", list(fields))
        }
        Value::Undefined => "undefined".to_owned(),
        other => other.to_string(),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn write(value: &Value, depth: usize, by_line: bool, text: &mut String) {
    let short = compact(value);
    if is_empty(value) || !(by_line || is_long(value)) {
        text.push_str(&short);
        return;
    }
    let margin = "  ".repeat(depth.saturating_add(1));
    let element = |text: &mut String, key: Option<&Value>, value: &Value| {
        text.push_str(&margin);
        if let Some(key) = key {
            text.push_str(&compact(key));
            text.push_str(": ");
        }
        write(value, depth.saturating_add(1), false, text);
        text.push_str(",\n");
    };
    let close = match value {
        Value::Array(items) => {
            text.push_str("[\n");
            items.iter().for_each(|item| element(text, None, item));
            ']'
        }
        Value::Set(items) => {
            text.push_str("{\n");
            items.iter().for_each(|item| element(text, None, item));
            '}'
        }
        Value::Object(fields) => {
            text.push_str("{\n");
            fields
                .iter()
                .for_each(|(key, value)| element(text, Some(key), value));
            '}'
        }
        _ => {
            text.push_str(&short);
            return;
        }
    };
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(term: &str) -> Value {
        let mut engine = regorus::Engine::new();
        let results = engine.eval_query(format!("x = {term}"), false).unwrap();
        results.result[0].bindings["x"].clone()
    }

    #[test]
    fn sets_are_told_from_arrays_and_objects() {
        for term in ["set()", "{1, 2}", "[1, 2]", "{}", r#"{"a": {"b"}}"#, "null"] {
            assert_eq!(pretty(&value(term)), term);
        }
    }

    #[test]
    fn long_values_have_an_element_a_line() {
        let long = "x".repeat(70);
        insta::assert_snapshot!(pretty(&value(&format!(r#"{{{{"m": "{long}", "p": [1]}}}}"#))), @r#"
        {
          {
            "m": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "p": [1],
          },
        }
        "#);
    }
}
