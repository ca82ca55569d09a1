//! What the rules of a plain policy give, as findings.

use serde_json::{Value, json};

/// The findings in the value of a rule, in the shape that controls give them. None: a value that says nothing.
///
/// Conftest takes a rule that is no set for a pass. A gate must not: `deny { … }` that is true has said "deny".
pub(crate) fn findings(value: Option<&Value>) -> Option<Vec<Value>> {
    match value {
        None | Some(Value::Bool(false)) => Some(Vec::new()),
        Some(Value::Bool(true)) => Some(vec![json!({})]),
        Some(Value::Array(elements)) => Some(elements.iter().map(finding).collect()),
        // `deny[message] if …` of Rego v1: the messages are keys.
        Some(Value::Object(fields)) if fields.values().all(|value| *value == true) => Some(
            fields
                .keys()
                .map(|key| finding(&Value::from(key.as_str())))
                .collect(),
        ),
        Some(value @ (Value::Object(_) | Value::String(_))) => Some(vec![finding(value)]),
        Some(Value::Null | Value::Number(_)) => None,
    }
}

/// One result: a message, or an object with `msg` and whatever else the policy says. One without a message counts
/// as well.
pub(super) fn finding(element: &Value) -> Value {
    let message = match element {
        Value::String(message) => Some(message),
        element => match element.get("msg") {
            Some(Value::String(message)) => Some(message),
            _ => None,
        },
    };
    let mut finding = json!({});
    if let Some(fields) = finding.as_object_mut() {
        let message = message.filter(|message| !message.trim().is_empty());
        fields.extend(message.map(|message| ("message".to_owned(), Value::from(message.as_str()))));
        let path = element.get("path").filter(|path| path.is_array());
        fields.extend(path.map(|path| ("path".to_owned(), path.clone())));
    }
    finding
}

/// Whether the value of `exception` names a rule: `exception[_][_]` is its name.
pub(super) fn exempts(value: &Value, name: &str) -> bool {
    let members = |value: &Value| -> Vec<Value> {
        match value {
            Value::Array(elements) => elements.clone(),
            Value::Object(fields) => fields.values().cloned().collect(),
            _ => Vec::new(),
        }
    };
    members(value)
        .iter()
        .any(|rules| members(rules).iter().any(|rule| rule == name))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(json!([]), json!([]))]
    #[case(json!(["a", "b"]), json!([{"message": "a"}, {"message": "b"}]))]
    #[case(json!([{"msg": "a", "details": {"x": 1}}]), json!([{"message": "a"}]))]
    #[case(json!([{"msg": "a", "path": ["spec", 0]}]), json!([{"message": "a", "path": ["spec", 0]}]))]
    #[case(json!([{"message": "not msg"}, "", 7, true, null, ["x"]]), json!([{}, {}, {}, {}, {}, {}]))]
    #[case(json!([{"msg": 7}]), json!([{}]))]
    #[case(json!(true), json!([{}]))]
    #[case(json!(false), json!([]))]
    #[case(json!("a"), json!([{"message": "a"}]))]
    #[case(json!({"msg": "a"}), json!([{"message": "a"}]))]
    #[case(json!({"a": true, "b": true}), json!([{"message": "a"}, {"message": "b"}]))]
    #[case(json!({}), json!([]))]
    #[case(json!({"a": "b"}), json!([{}]))]
    fn every_shape_of_result_counts(#[case] value: Value, #[case] expected: Value) {
        assert_eq!(findings(Some(&value)).map(Value::from), Some(expected));
    }

    #[test]
    fn what_is_no_verdict_is_none() {
        assert_eq!(findings(None), Some(Vec::new()));
        assert_eq!(findings(Some(&json!(null))), None);
        assert_eq!(findings(Some(&json!(3))), None);
    }

    #[rstest]
    #[case(json!([["a", "b"]]), "b", true)]
    #[case(json!([["a"], ["b"]]), "b", true)]
    #[case(json!([[""]]), "", true)]
    #[case(json!({"x": ["a"]}), "a", true)]
    #[case(json!(["a"]), "a", false)]
    #[case(json!([[]]), "", false)]
    #[case(json!(true), "", false)]
    fn exceptions_name_rules(#[case] value: Value, #[case] name: &str, #[case] expected: bool) {
        assert_eq!(exempts(&value, name), expected);
    }
}
