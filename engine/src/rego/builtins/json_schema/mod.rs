//! `json.match_schema` and `json.verify_schema`: what the jsonschema crate finds, in the words of OPA.

mod message;
mod verify;

use jsonschema::{Draft, Validator};
use regorus::Value;
use serde_json::Value as Json;

use super::operand::operand;
use super::{Builtin, Failure, builtin};
use crate::rego::value::RegoValue;

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("json.match_schema", 2, match_schema),
    builtin("json.verify_schema", 1, verify_schema),
];

/// A document or schema: an object, an array, or JSON text.
fn document(value: &Value) -> Result<Json, String> {
    match value {
        Value::String(text) => {
            serde_json::from_str(text).map_err(|_| "invalid JSON string".to_owned())
        }
        Value::Object(_) | Value::Array(_) => RegoValue(value.clone())
            .to_json()
            .ok_or_else(|| "invalid JSON document".to_owned()),
        _ => Err("wrong type, expected string or object".to_owned()),
    }
}

fn compile(schema: &mut Json) -> Result<Validator, String> {
    verify::problem(schema).map_or(Ok(()), Err)?;
    verify::exclusive_bounds(schema);
    jsonschema::options()
        .with_draft(Draft::Draft7)
        .should_validate_formats(true)
        .build(schema)
        .map_err(|error| error.to_string())
}

fn match_schema(operands: &[Value]) -> Result<Value, Failure> {
    let document = document(operand(operands, 0)).map_err(Failure::new)?;
    let mut schema = self::document(operand(operands, 1)).map_err(Failure::new)?;
    let validator = compile(&mut schema).map_err(Failure::new)?;
    let errors: Vec<Value> = validator
        .iter_errors(&document)
        .flat_map(|error| message::messages(&error, &schema))
        .map(message::Message::into_value)
        .collect();
    Ok(Value::from(vec![
        Value::Bool(errors.is_empty()),
        Value::from(errors),
    ]))
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the rows of a table are of one type"
)]
fn verify_schema(operands: &[Value]) -> Result<Value, Failure> {
    let problem = document(operand(operands, 0))
        .and_then(|mut schema| compile(&mut schema))
        .err()
        .map_or(Value::Null, |problem| {
            Value::from(format!("jsonschema: {problem}"))
        });
    Ok(Value::from(vec![
        Value::Bool(problem == Value::Null),
        problem,
    ]))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn found(document: &Json, schema: Json) -> Json {
        let operands = [Value::from(document.to_string()), Value::from(schema)];
        let result = serde_json::to_value(match_schema(&operands).unwrap()).unwrap();
        let errors: Vec<Json> = result[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| json!([error["field"], error["type"], error["desc"]]))
            .collect();
        assert_eq!(result[0], json!(errors.is_empty()));
        Json::from(errors)
    }

    #[rstest]
    #[case(json!(1), json!({"type": "integer"}), json!([]))]
    #[case(json!({"a": {"b": [1, "x"]}}), json!({"properties": {"a": {"properties": {"b": {"items": {"type": "integer"}}}}}}),
        json!([["a.b.1", "invalid_type", "Invalid type. Expected: integer, given: string"]]))]
    #[case(json!({}), json!({"required": ["b", "c"]}),
        json!([["(Root)", "required", "b is required"], ["(Root)", "required", "c is required"]]))]
    #[case(json!("a"), json!({"type": ["integer", "null"]}),
        json!([["(Root)", "invalid_type", "Invalid type. Expected: [integer,null], given: string"]]))]
    #[case(json!(1), json!({"enum": [2, "x"]}),
        json!([["(Root)", "enum", "(Root) must be one of the following: 2, \"x\""]]))]
    #[case(json!(1), json!({"minimum": 1, "exclusiveMinimum": true}),
        json!([["(Root)", "number_gt", "Must be greater than 1"]]))]
    #[case(json!(1), json!({"anyOf": [{"type": "string"}, {"type": "null"}]}), json!([
        ["(Root)", "number_any_of", "Must validate at least one schema (anyOf)"],
        ["(Root)", "invalid_type", "Invalid type. Expected: string, given: integer"]]))]
    #[case(json!({"a": 1, "b": 2}), json!({"properties": {"a": {}}, "additionalProperties": false}),
        json!([["(Root)", "additional_property_not_allowed", "Additional property b is not allowed"]]))]
    fn errors_are_in_the_words_of_opa(
        #[case] document: Json,
        #[case] schema: Json,
        #[case] wanted: Json,
    ) {
        assert_eq!(found(&document, schema), wanted);
    }

    #[rstest]
    #[case(json!({"type": "foo"}), "has a primitive type that is NOT VALID -- given: /foo/ Expected valid values are:[array boolean integer number null object string]")]
    #[case(json!({"properties": {"a": {"required": "x"}}}), "required must be of an array")]
    #[case(json!({"minLength": -1}), "minLength must be greater than or equal to 0")]
    #[case(json!({"pattern": "("}), "pattern must be a valid regex")]
    #[case(json!([1]), "schema is invalid")]
    fn a_schema_that_is_none_is_said_to_be(#[case] schema: Json, #[case] wanted: &str) {
        let verified = verify_schema(&[Value::from(schema.clone())]).unwrap();
        assert_eq!(
            serde_json::to_value(verified).unwrap(),
            json!([false, format!("jsonschema: {wanted}")])
        );
        assert!(match_schema(&[Value::from("1"), Value::from(schema)]).is_err());
    }

    #[test]
    fn nothing_is_fetched() {
        let remote = json!({"$ref": "http://example.com/schema.json"});
        assert!(match_schema(&[Value::from("1"), Value::from(remote)]).is_err());
    }
}
