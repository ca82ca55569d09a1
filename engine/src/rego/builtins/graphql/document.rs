//! Documents from operands and as values.

use regorus::Value;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::super::Failure;
use super::super::operand::{operand, wrong_type};
use super::checked::{Checked, Refusal, invalid};
use super::parser::{Parsed, SyntaxError};

impl From<SyntaxError> for Refusal {
    fn from(error: SyntaxError) -> Self {
        if error.is_beyond_bounds() {
            return Self::TooComplex;
        }
        Self::Invalid(error.to_string())
    }
}

/// Reads a text.
pub(super) fn read<T>(text: &str, parse: fn(&str) -> Parsed<T>) -> Checked<T> {
    Ok(parse(text)?)
}

/// A document from the operand at a place: a text, or an object that the built-ins gave or that is like one.
pub(super) fn document<T: DeserializeOwned>(
    operands: &[Value],
    at: usize,
    parse: fn(&str) -> Parsed<T>,
) -> Checked<T> {
    match operand(operands, at) {
        Value::String(text) => read(text, parse),
        object @ Value::Object(_) => {
            let unread = |error: serde_json::Error| Refusal::Invalid(error.to_string());
            let json = serde_json::to_value(object).map_err(unread)?;
            serde_json::from_value(canonical(json)?).map_err(unread)
        }
        _ => match wrong_type(operands, at, "one of {string, object}") {
            Failure::Type(message) => Err(Refusal::Operand(message)),
            _ => Err(Refusal::TooComplex),
        },
    }
}

/// A document as OPA shows it: without what is null or empty, but with empty strings.
pub(super) fn to_value(document: &impl Serialize) -> Result<Value, Failure> {
    let json = serde_json::to_value(document).map_err(|error| Failure::new(error.to_string()))?;
    Ok(Value::from(pruned(json)))
}

fn pruned(json: Json) -> Json {
    let is_kept = |json: &Json| match json {
        Json::Null => false,
        Json::Array(items) => !items.is_empty(),
        Json::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    match json {
        Json::Array(items) => items.into_iter().map(pruned).filter(is_kept).collect(),
        Json::Object(fields) => fields
            .into_iter()
            .map(|(key, field)| (key, pruned(field)))
            .filter(|(_, field)| is_kept(field))
            .collect(),
        other => other,
    }
}

/// The names of the fields of documents.
const NAMES: &[&str] = &[
    "AfterDescriptionComment",
    "Alias",
    "Arguments",
    "BeforeDescriptionComment",
    "BuiltIn",
    "Children",
    "Comment",
    "DefaultValue",
    "Definitions",
    "Description",
    "Directives",
    "Elem",
    "EndOfDefinitionComment",
    "EnumValues",
    "ExpectedTypeHasDefault",
    "Extensions",
    "Fields",
    "Fragments",
    "Interfaces",
    "IsRepeatable",
    "Kind",
    "List",
    "Location",
    "Locations",
    "Name",
    "NamedType",
    "NonNull",
    "Operation",
    "OperationTypes",
    "Operations",
    "Raw",
    "Schema",
    "SchemaExtension",
    "SelectionSet",
    "Type",
    "TypeCondition",
    "Types",
    "Used",
    "Value",
    "Variable",
    "VariableDefinition",
    "VariableDefinitions",
];

/// An object's fields under the names that they are read by. OPA does not tell the case of most names, so a field is
/// never overlooked for its case; two that differ only in it are refused. A field that is null is one that is not there.
fn canonical(json: Json) -> Checked<Json> {
    match json {
        Json::Array(items) => items.into_iter().map(canonical).collect(),
        Json::Object(fields) => {
            let mut read = serde_json::Map::new();
            for (key, field) in fields {
                if field.is_null() {
                    continue;
                }
                let name = NAMES
                    .iter()
                    .find(|name| name.eq_ignore_ascii_case(&key))
                    .map_or(key, |name| (*name).to_owned());
                if read.insert(name, canonical(field)?).is_some() {
                    return invalid("the case of the names of two fields differs alone");
                }
            }
            Ok(Json::Object(read))
        }
        other => Ok(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::ast::QueryDocument;
    use super::super::query_parser::parse_query;
    use super::super::schema_parser::parse_schema;
    use super::super::sdl::SchemaDocument;
    use super::*;

    fn names(json: &Json, found: &mut Vec<String>) {
        match json {
            Json::Array(items) => items.iter().for_each(|item| names(item, found)),
            Json::Object(fields) => {
                for (name, field) in fields {
                    found.push(name.clone());
                    names(field, found);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn every_name_of_a_field_is_known() {
        let query = "# c\nquery ($a: [Int] = {a: 1} @d(x: 1)) { ...F @d ... on T { f(x: 1) @d { g } } } fragment F($a: T) on T { a }";
        let schema =
            "\"d\" schema { query: T } extend schema { query: T } directive @d(x: [Int]) on FIELD
            type T { f: Int } enum E { A } extend type T implements I";
        let mut found = Vec::new();
        names(
            &serde_json::to_value(parse_query(query).unwrap()).unwrap(),
            &mut found,
        );
        names(
            &serde_json::to_value(parse_schema(schema).unwrap()).unwrap(),
            &mut found,
        );
        found.sort();
        found.dedup();
        assert_eq!(found, NAMES);
    }

    fn query(json: Json) -> Checked<QueryDocument> {
        document(&[Value::from(json)], 0, parse_query)
    }

    #[test]
    fn a_field_is_not_overlooked_for_its_case() {
        let read = query(json!({"operations": [{"selectionSET": [{"name": "a"}]}]})).unwrap();
        assert_eq!(read.operations.len(), 1);
        assert_eq!(read.operations[0].selection_set.len(), 1);
    }

    #[test]
    fn a_field_that_stands_twice_is_refused() {
        let read = query(json!({"operations": [], "Operations": []}));
        assert!(matches!(read, Err(Refusal::Invalid(_))), "{read:?}");
    }

    #[test]
    fn null_is_as_good_as_nothing() {
        let operand =
            Value::from(json!({"Definitions": [{"Name": "A", "Fields": null}], "Schema": null}));
        let read: SchemaDocument = document(&[operand], 0, parse_schema).unwrap();
        assert_eq!(read.definitions.len(), 1);
        assert!(read.definitions[0].fields.is_empty() && read.schema.is_empty());
    }

    #[test]
    fn what_is_empty_is_left_out() {
        let pruned =
            pruned(json!({"a": [], "b": {"c": {}, "d": null}, "e": "", "f": [[], null, false]}));
        assert_eq!(pruned, json!({"e": "", "f": [false]}));
    }
}
