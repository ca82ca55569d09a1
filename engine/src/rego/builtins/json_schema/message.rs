//! The errors of a validation in the words of OPA.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::paths::Location;
use regorus::Value;
use regorus::value::Object;
use serde_json::Value as Json;

/// One error.
pub(super) struct Message {
    field: String,
    kind: &'static str,
    description: String,
}

impl Message {
    pub(super) fn into_value(self) -> Value {
        let error = format!("{}: {}", self.field, self.description);
        let fields: Object = [
            ("error", error),
            ("type", self.kind.to_owned()),
            ("field", self.field),
            ("desc", self.description),
        ]
        .into_iter()
        .map(|(name, text)| (Value::from(name), Value::from(text)))
        .collect();
        Value::from(fields)
    }
}

/// Where an error is: the keys and places that lead there, between dots.
fn field(path: &Location) -> String {
    if path.as_str().is_empty() {
        return "(Root)".to_owned();
    }
    path.as_str()
        .trim_start_matches('/')
        .replace('/', ".")
        .replace("~1", "/")
        .replace("~0", "~")
}

/// What OPA says where the crate has one error.
pub(super) fn messages(error: &ValidationError<'_>, schema: &Json) -> Vec<Message> {
    let field = field(error.instance_path());
    let one = |kind: &'static str, description: String| {
        vec![Message {
            field: field.clone(),
            kind,
            description,
        }]
    };
    match error.kind() {
        Kind::Type { kind } => one("invalid_type", wrong_type(kind, error, schema)),
        Kind::Required { property } => one(
            "required",
            format!("{} is required", property.as_str().unwrap_or_default()),
        ),
        Kind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .flat_map(|name| {
                one(
                    "additional_property_not_allowed",
                    format!("Additional property {name} is not allowed"),
                )
            })
            .collect(),
        Kind::Enum { options } => {
            let options: Vec<String> = options
                .as_array()
                .into_iter()
                .flatten()
                .map(Json::to_string)
                .collect();
            let options = options.join(", ");
            one(
                "enum",
                format!("{field} must be one of the following: {options}"),
            )
        }
        Kind::Constant { expected_value } => {
            one("const", format!("{field} does not match: {expected_value}"))
        }
        Kind::AnyOf { context } => with_best(
            one(
                "number_any_of",
                "Must validate at least one schema (anyOf)".to_owned(),
            ),
            context,
            schema,
        ),
        Kind::OneOfNotValid { context } => {
            with_best(one("number_one_of", ONE_OF.to_owned()), context, schema)
        }
        Kind::OneOfMultipleValid { .. } => one("number_one_of", ONE_OF.to_owned()),
        Kind::PropertyNames { error: inner } => {
            let mut all = one(
                "invalid_property_name",
                format!(
                    "Property name of \"{}\" does not match",
                    inner.instance().as_str().unwrap_or_default()
                ),
            );
            all.extend(messages(inner, schema));
            all
        }
        other => {
            let (kind, description) = simple(other, error.instance());
            one(kind, description)
        }
    }
}

const ONE_OF: &str = "Must validate one and only one schema (oneOf)";

/// The errors of the branch that comes closest: the first of those with the fewest.
fn with_best(
    mut all: Vec<Message>,
    branches: &[Vec<ValidationError<'static>>],
    schema: &Json,
) -> Vec<Message> {
    if let Some(branch) = branches.iter().min_by_key(|branch| branch.len()) {
        all.extend(branch.iter().flat_map(|error| messages(error, schema)));
    }
    all
}

fn wrong_type(kind: &TypeKind, error: &ValidationError<'_>, schema: &Json) -> String {
    let expected = match kind {
        TypeKind::Single(only) => only.to_string(),
        TypeKind::Multiple(several) => {
            // In the order of the schema, where it is found there.
            let written: Option<Vec<String>> = schema
                .pointer(error.schema_path().as_str())
                .and_then(Json::as_array)
                .map(|names| {
                    let names = names.iter().filter_map(Json::as_str);
                    names.map(str::to_owned).collect()
                });
            let names =
                written.unwrap_or_else(|| several.iter().map(|one| one.to_string()).collect());
            format!("[{}]", names.join(","))
        }
    };
    let given = match error.instance().as_ref() {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(number)
            if number.is_f64() && number.as_f64().is_some_and(|float| float.fract() != 0.0) =>
        {
            "number"
        }
        Json::Number(_) => "integer",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    format!("Invalid type. Expected: {expected}, given: {given}")
}

/// The errors that have one sentence.
fn simple(kind: &Kind, instance: &Json) -> (&'static str, String) {
    match kind {
        Kind::MinLength { limit } => (
            "string_gte",
            format!("String length must be greater than or equal to {limit}"),
        ),
        Kind::MaxLength { limit } => (
            "string_lte",
            format!("String length must be less than or equal to {limit}"),
        ),
        Kind::Pattern { pattern } => ("pattern", format!("Does not match pattern '{pattern}'")),
        Kind::Format { format } => ("format", format!("Does not match format '{format}'")),
        Kind::Minimum { limit } => (
            "number_gte",
            format!("Must be greater than or equal to {limit}"),
        ),
        Kind::Maximum { limit } => (
            "number_lte",
            format!("Must be less than or equal to {limit}"),
        ),
        Kind::ExclusiveMinimum { limit } => ("number_gt", format!("Must be greater than {limit}")),
        Kind::ExclusiveMaximum { limit } => ("number_lt", format!("Must be less than {limit}")),
        Kind::MultipleOf { multiple_of } => (
            "multiple_of",
            format!("Must be a multiple of {multiple_of}"),
        ),
        Kind::MinItems { limit } => (
            "array_min_items",
            format!("Array must have at least {limit} items"),
        ),
        Kind::MaxItems { limit } => (
            "array_max_items",
            format!("Array must have at most {limit} items"),
        ),
        Kind::MinProperties { limit } => (
            "array_min_properties",
            format!("Must have at least {limit} properties"),
        ),
        Kind::MaxProperties { limit } => (
            "array_max_properties",
            format!("Must have at most {limit} properties"),
        ),
        Kind::UniqueItems => ("unique", unique(instance)),
        Kind::Contains => (
            "contains",
            "At least one of the items must match".to_owned(),
        ),
        Kind::AdditionalItems { .. } => (
            "array_no_additional_items",
            "No additional items allowed on array".to_owned(),
        ),
        Kind::Not { .. } => (
            "number_not",
            "Must not validate the schema (not)".to_owned(),
        ),
        Kind::FalseSchema => ("false", "False always fails validation".to_owned()),
        other => ("invalid", format!("Must match {}", other.keyword())),
    }
}

/// The places of the first two equal items.
fn unique(items: &Json) -> String {
    let mut seen = std::collections::HashMap::new();
    for (place, item) in items.as_array().into_iter().flatten().enumerate() {
        if let Some(first) = seen.insert(item.to_string(), place) {
            return format!("array items[{first},{place}] must be unique");
        }
    }
    "array items must be unique".to_owned()
}
