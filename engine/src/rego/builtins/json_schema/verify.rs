//! What makes a schema none, in the words of OPA. What is not found here, the jsonschema crate finds.

use serde_json::{Map, Value as Json};

const TYPES: &str = "array boolean integer number null object string";

/// How deep a schema is looked at.
const DEEPEST: usize = 100;

/// The first problem of a schema.
pub(super) fn problem(schema: &Json) -> Option<String> {
    schema_problem(schema, 0)
}

fn schema_problem(schema: &Json, depth: usize) -> Option<String> {
    if depth > DEEPEST {
        return Some("the schema is too deep".to_owned());
    }
    let fields = match schema {
        Json::Bool(_) => return None,
        Json::Object(fields) => fields,
        _ => return Some("schema is invalid".to_owned()),
    };
    type_problem(fields.get("type"))
        .or_else(|| bounds_problem(fields))
        .or_else(|| keyword_problem(fields))
        .or_else(|| children_problem(fields, depth + 1))
}

fn type_problem(kind: Option<&Json>) -> Option<String> {
    let names: Vec<&Json> = match kind? {
        name @ Json::String(_) => vec![name],
        Json::Array(names) => names.iter().collect(),
        _ => {
            return Some("Invalid type. Expected: type, given: string/Array Of Strings".to_owned());
        }
    };
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        let name = name.as_str().unwrap_or_default();
        if !TYPES.split(' ').any(|known| known == name) {
            return Some(format!(
                "has a primitive type that is NOT VALID -- given: /{name}/ Expected valid values are:[{TYPES}]"
            ));
        }
        if seen.contains(&name) {
            return Some(format!("{name} type is duplicated"));
        }
        seen.push(name);
    }
    None
}

fn bounds_problem(fields: &Map<String, Json>) -> Option<String> {
    const NUMBERS: &[&str] = &["minimum", "maximum"];
    const COUNTS: &[&str] = &[
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ];
    for name in NUMBERS {
        if fields.get(*name).is_some_and(|value| !value.is_number()) {
            return Some(format!("{name} must be of a Number"));
        }
    }
    for name in COUNTS {
        let Some(value) = fields.get(*name) else {
            continue;
        };
        if value.as_i64().is_some_and(i64::is_negative) {
            return Some(format!("{name} must be greater than or equal to 0"));
        }
        if value.as_f64().is_none_or(|float| float.fract() != 0.0) {
            return Some(format!("{name} must be of an integer"));
        }
    }
    match fields.get("multipleOf") {
        Some(Json::Number(number)) if number.as_f64().is_some_and(|number| number <= 0.0) => {
            Some("multipleOf must be strictly greater than 0".to_owned())
        }
        _ => None,
    }
}

fn keyword_problem(fields: &Map<String, Json>) -> Option<String> {
    let wrong =
        |name: &str, wanted: &str| Some(format!("Invalid type. Expected: {wanted}, given: {name}"));
    for name in ["$id", "$schema", "$ref", "title", "description", "pattern"] {
        if fields.get(name).is_some_and(|value| !value.is_string()) {
            return wrong(name, "string");
        }
    }
    if let Some(Json::String(pattern)) = fields.get("pattern")
        && crate::rego::builtins::regex::with_pattern(pattern, |_| ()).is_err()
    {
        return Some("pattern must be a valid regex".to_owned());
    }
    match fields.get("required") {
        None => {}
        Some(Json::Array(names)) => {
            for (place, name) in names.iter().enumerate() {
                if !name.is_string() {
                    return Some("required items must be of type string".to_owned());
                }
                if names.iter().take(place).any(|earlier| earlier == name) {
                    return Some("required items must be unique".to_owned());
                }
            }
        }
        Some(_) => return Some("required must be of an array".to_owned()),
    }
    if fields
        .get("uniqueItems")
        .is_some_and(|value| !value.is_boolean())
    {
        return Some("uniqueItems must be of a boolean".to_owned());
    }
    if fields.get("enum").is_some_and(|value| !value.is_array()) {
        return Some("enum must be of an array".to_owned());
    }
    None
}

fn children_problem(fields: &Map<String, Json>, depth: usize) -> Option<String> {
    let is_schema = |value: &Json| value.is_object() || value.is_boolean();
    for (name, value) in fields {
        let found = match (name.as_str(), value) {
            ("properties" | "patternProperties" | "definitions", Json::Object(children)) => {
                children
                    .values()
                    .find_map(|child| schema_problem(child, depth))
            }
            ("properties", _) => Some("Properties must be of type object".to_owned()),
            ("definitions", _) => {
                Some("Invalid type. Expected: Array Of Schemas, given: definitions".to_owned())
            }
            ("items" | "anyOf" | "allOf" | "oneOf", Json::Array(children)) => children
                .iter()
                .find_map(|child| schema_problem(child, depth)),
            ("items", child) if !is_schema(child) => Some(
                "Invalid type. Expected: Valid Schema/Array Of Schemas, given: items".to_owned(),
            ),
            ("additionalProperties" | "additionalItems", child) if !is_schema(child) => Some(
                format!("Invalid type. Expected: boolean/Valid Schema, given: {name}"),
            ),
            ("not", child) if !is_schema(child) => Some("not must be of an object".to_owned()),
            (
                "items"
                | "additionalProperties"
                | "additionalItems"
                | "not"
                | "contains"
                | "propertyNames"
                | "if"
                | "then"
                | "else",
                child,
            ) => schema_problem(child, depth),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Writes the exclusive bounds of draft 4 (`minimum` with `exclusiveMinimum: true`) as those of later drafts.
pub(super) fn exclusive_bounds(schema: &mut Json) {
    match schema {
        Json::Array(items) => items.iter_mut().for_each(exclusive_bounds),
        Json::Object(fields) => {
            for (bound, exclusive) in [
                ("minimum", "exclusiveMinimum"),
                ("maximum", "exclusiveMaximum"),
            ] {
                let Some(is_exclusive) = fields.get(exclusive).and_then(Json::as_bool) else {
                    continue;
                };
                match fields.get(bound).cloned() {
                    Some(limit @ Json::Number(_)) if is_exclusive => {
                        fields.remove(bound);
                        fields.insert(exclusive.to_owned(), limit);
                    }
                    Some(Json::Number(_)) => {
                        fields.remove(exclusive);
                    }
                    _ => {}
                }
            }
            fields.values_mut().for_each(exclusive_bounds);
        }
        _ => {}
    }
}
