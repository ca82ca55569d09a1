//! Absent, null and truncated: the three ways a fact can be missing, kept apart.
//!
//! A field that may be *absent* is one that could not be read or does not apply; it is never
//! written as
//! `null`. A field that may be *null* is always written: `null` is then a fact of its own
//! ("nobody", "not computed"). JSON Schema and serde both hold to this, so a `null` can never pass
//! for an absence.

use std::borrow::Cow;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// One list of things that GitHub gives in pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListOf{T}", transform = without_title)]
pub struct List<T> {
    /// Whether `items` holds every item. `false`: the list was cut (GitHub gives at most 250
    /// commits and 3,000 files of a pull request, or a page could not be read), so nothing may be
    /// concluded from what is missing in it.
    pub complete: bool,
    /// How many items GitHub says there are (GraphQL `totalCount`, REST `changed_files` and
    /// `commits` of the pull request). Absent: not known.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "u64")]
    pub total: Option<u64>,
    /// The items, in GitHub's order.
    pub items: Vec<T>,
}

impl<T> List<T> {
    /// A list that was read to its end.
    pub fn complete(items: Vec<T>) -> Self {
        Self {
            complete: true,
            total: None,
            items,
        }
    }

    /// A list that was cut, with the number of items GitHub says there are, if it does.
    pub fn truncated(items: Vec<T>, total: Option<u64>) -> Self {
        Self {
            complete: false,
            total,
            items,
        }
    }
}

fn without_title(schema: &mut Schema) {
    schema.remove("title");
}

/// Reads a field that may be absent but not null.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads a field that must be written but may be null. (Plain `Option` would take an absent field
/// too.)
pub(crate) fn nullable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer)
}

/// The JSON Schema of a field that may be null: `T` or null.
pub(crate) struct Nullable<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Nullable_{}", T::schema_name()).into()
    }

    fn schema_id() -> Cow<'static, str> {
        format!("{}::Nullable<{}>", module_path!(), T::schema_id()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [inner, { "type": "null" }] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[allow(
        clippy::option_option,
        reason = "absent, null and known are three things"
    )]
    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Sample {
        #[serde(default, deserialize_with = "present")]
        #[schemars(with = "u8")]
        absent: Option<u8>,
        #[serde(deserialize_with = "nullable")]
        #[schemars(with = "Nullable<u8>")]
        null: Option<u8>,
        #[serde(default, deserialize_with = "present")]
        #[schemars(with = "Nullable<u8>")]
        either: Option<Option<u8>>,
    }

    fn read(text: &str) -> Option<Sample> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn absence_and_null_are_kept_apart() {
        let both = read(r#"{"null": null}"#).unwrap();
        assert_eq!(
            both,
            Sample {
                absent: None,
                null: None,
                either: None
            }
        );
        let known = read(r#"{"null": 1, "either": null}"#).unwrap();
        assert_eq!(
            known,
            Sample {
                absent: None,
                null: Some(1),
                either: Some(None)
            }
        );
        assert_eq!(
            read(r#"{"absent": null, "null": 1}"#),
            None,
            "null is no absence"
        );
        assert_eq!(read("{}"), None, "an absent field is not null");
    }

    #[test]
    fn the_schema_says_the_same() {
        let schema = schemars::schema_for!(Sample);
        assert_eq!(
            schema.get("required").unwrap(),
            &serde_json::json!(["null"])
        );
        assert_eq!(
            schema.pointer("/properties/absent/type").unwrap(),
            "integer"
        );
        assert_eq!(
            schema.pointer("/properties/either/anyOf/1/type").unwrap(),
            "null"
        );
    }
}
