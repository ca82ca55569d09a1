//! The schema of a template's parameters: OpenAPI v3 as the API server reads it (Kubernetes documentation,
//! "Specifying a structural schema"), as a JSON Schema, and the defaults that the API server fills in.

use serde_json::{Map, Value, json};

/// A template's schema as a JSON Schema. `strict`: keys that the schema does not name are refused, as kubectl does;
/// else they are kept, as with the legacy schemas of older templates.
pub(super) fn json_schema(schema: &Value, strict: bool) -> Value {
    let Some(fields) = schema.as_object() else {
        return json!(true);
    };
    let is_set = |name: &str| fields.get(name) == Some(&Value::Bool(true));
    if is_set("x-kubernetes-int-or-string") {
        return json!({"type": ["integer", "string"]});
    }
    let mut result = Map::new();
    for (key, value) in fields {
        let value = match key.as_str() {
            "properties" => Value::Object(
                value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| (name.clone(), json_schema(schema, strict)))
                    .collect(),
            ),
            "items" | "additionalProperties" if value.is_object() => json_schema(value, strict),
            // Parts of the same value, which name some of its keys only.
            "allOf" | "anyOf" | "oneOf" => value
                .as_array()
                .into_iter()
                .flatten()
                .map(|schema| json_schema(schema, false))
                .collect(),
            "not" => json_schema(value, false),
            "maximum" if is_set("exclusiveMaximum") => {
                result.insert("exclusiveMaximum".to_owned(), value.clone());
                continue;
            }
            "minimum" if is_set("exclusiveMinimum") => {
                result.insert("exclusiveMinimum".to_owned(), value.clone());
                continue;
            }
            "additionalProperties"
            | "enum"
            | "format"
            | "maximum"
            | "minimum"
            | "maxItems"
            | "maxLength"
            | "maxProperties"
            | "minItems"
            | "minLength"
            | "minProperties"
            | "multipleOf"
            | "pattern"
            | "required"
            | "type"
            | "uniqueItems" => value.clone(),
            // Descriptions, examples, and what says how values are stored.
            _ => continue,
        };
        result.insert(key.clone(), value);
    }
    if is_set("nullable")
        && let Some(Value::String(kind)) = result.get("type")
    {
        let kind = json!([kind, "null"]);
        result.insert("type".to_owned(), kind);
    }
    let names_all = fields.contains_key("properties")
        && !fields.contains_key("additionalProperties")
        && !is_set("x-kubernetes-preserve-unknown-fields");
    if strict && names_all {
        result.insert("additionalProperties".to_owned(), json!(false));
    }
    Value::Object(result)
}

/// Fills in what the schema gives a default for.
pub(super) fn fill_defaults(value: &mut Value, schema: &Value) {
    match value {
        Value::Object(fields) => {
            let properties = schema.get("properties").and_then(Value::as_object);
            for (name, schema) in properties.into_iter().flatten() {
                if let Some(default) = schema.get("default") {
                    fields
                        .entry(name.as_str())
                        .or_insert_with(|| default.clone());
                }
                if let Some(field) = fields.get_mut(name) {
                    fill_defaults(field, schema);
                }
            }
            let named: Vec<&String> = properties.into_iter().flat_map(Map::keys).collect();
            if let Some(schema) = schema.get("additionalProperties") {
                for (name, field) in fields.iter_mut() {
                    if !named.contains(&name) {
                        fill_defaults(field, schema);
                    }
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items
                    .iter_mut()
                    .for_each(|item| fill_defaults(item, schema));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use soc2gate_source::{Code, Document, Schema};

    use super::*;

    fn follows(schema: &Value, strict: bool, value: Value) -> bool {
        let schema = Schema::compile(&json_schema(schema, strict)).unwrap();
        let document = Document {
            value,
            ..Document::default()
        };
        schema
            .validate(&document, "", Code::ConstraintInvalid)
            .is_empty()
    }

    fn labels() -> Value {
        json!({
            "type": "object",
            "description": "x",
            "properties": {
                "labels": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"key": {"type": "string"}, "allowedRegex": {"type": "string", "nullable": true}}
                    }
                },
                "limit": {"type": "integer", "minimum": 1, "exclusiveMinimum": true, "default": 3},
                "size": {"x-kubernetes-int-or-string": true},
                "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"a": {"type": "string"}}}
            }
        })
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"labels": [{"key": "owner"}]}), true)]
    #[case(json!({"labels": ["owner"]}), false)]
    #[case(json!({"labels": [{"key": 1}]}), false)]
    #[case(json!({"labels": [{"key": "owner", "alowedRegex": "x"}]}), false)]
    #[case(json!({"labels": [{"allowedRegex": null}]}), true)]
    #[case(json!({"lables": []}), false)]
    #[case(json!({"limit": 1}), false)]
    #[case(json!({"limit": 2}), true)]
    #[case(json!({"size": "1Gi"}), true)]
    #[case(json!({"size": 1}), true)]
    #[case(json!({"size": []}), false)]
    #[case(json!({"any": {"b": 1}}), true)]
    #[case(json!({"any": {"a": 1}}), false)]
    fn parameters_follow_the_schema(#[case] value: Value, #[case] expected: bool) {
        assert_eq!(follows(&labels(), true, value), expected);
    }

    #[test]
    fn legacy_schemas_keep_what_they_do_not_name() {
        assert!(follows(&labels(), false, json!({"lables": []})));
        assert!(!follows(&labels(), false, json!({"labels": 1})));
    }

    #[test]
    fn defaults_are_filled_in() {
        let schema = json!({
            "properties": {
                "limit": {"default": 3},
                "nested": {"properties": {"x": {"default": "y"}}},
                "list": {"items": {"properties": {"x": {"default": 1}}}}
            },
            "additionalProperties": {"properties": {"z": {"default": 2}}}
        });
        let mut value = json!({"nested": {}, "list": [{}, {"x": 2}], "other": {}});
        fill_defaults(&mut value, &schema);
        assert_eq!(
            value,
            json!({"limit": 3, "nested": {"x": "y"}, "list": [{"x": 1}, {"x": 2}], "other": {"z": 2}})
        );
    }
}
