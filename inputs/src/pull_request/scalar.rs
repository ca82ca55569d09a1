//! The strings with a shape: object ids, instants, logins, repository names.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Declares a string type whose JSON Schema carries a pattern. Deserializing does not test the
/// pattern: the schema does, before the document is read.
macro_rules! shaped_string {
    ($(#[$doc:meta])* $name:ident, $description:literal, $schema:tt) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!($schema);
                schema.insert("description".to_owned(), $description.into());
                schema
            }
        }
    };
}

shaped_string!(
    /// A Git object id in full.
    Oid,
    "A Git object id in full: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits. GraphQL \
     `GitObjectID`.",
    { "type": "string", "pattern": "^[0-9a-f]{40}([0-9a-f]{24})?$" }
);

shaped_string!(
    /// An instant, RFC 3339.
    Timestamp,
    "An instant, RFC 3339: `T`, seconds, at most nine digits of a fraction, and `Z` or an offset. \
     GraphQL `DateTime`.",
    {
        "type": "string",
        "format": "date-time",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$"
    }
);

shaped_string!(
    /// The login of an account.
    Login,
    "The login of an account, as GitHub writes it. Case does not matter: `Alice` and `alice` are one \
     account. An app's bot is written without the suffix `[bot]` (as GraphQL does) or with it (as \
     REST does).",
    { "type": "string", "pattern": "^[A-Za-z0-9_.-]+(\\[bot\\])?$" }
);

shaped_string!(
    /// A repository as `owner/name`, or a team as `organisation/slug`.
    Slug,
    "Two names with a slash: a repository as `owner/name`, or a team as `organisation/slug`.",
    { "type": "string", "pattern": "^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$" }
);

shaped_string!(
    /// The name of an owner or of a repository.
    Name,
    "The name of an account or a repository, without a slash.",
    { "type": "string", "pattern": "^[A-Za-z0-9_.-]+$" }
);

shaped_string!(
    /// A string with at least one character.
    Text,
    "A string with at least one character.",
    { "type": "string", "minLength": 1 }
);

impl Timestamp {
    /// The instant, or `None` where the text is no valid RFC 3339 date (such as 31 February).
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        self.0.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_with_its_offset() {
        let utc = Timestamp::from("2026-11-23T09:00:00Z");
        let offset = Timestamp::from("2026-11-23T10:00:00+01:00");
        assert_eq!(utc.instant(), offset.instant());
        assert!(utc.instant().is_some());
        assert_eq!(Timestamp::from("2026-02-31T09:00:00Z").instant(), None);
    }

    #[test]
    fn strings_are_written_plainly() {
        assert_eq!(
            serde_json::to_string(&Login::from("alice")).unwrap(),
            "\"alice\""
        );
    }
}
