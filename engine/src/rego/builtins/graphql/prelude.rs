//! What every schema has without saying it: scalars, directives and the types of introspection (sections 3.5, 3.13 and
//! 4.2 of the specification).

use std::sync::LazyLock;

use super::ast::Type;
use super::schema_parser::parse_schema;
use super::sdl::{FieldDefinition, SchemaDocument};

/// The definitions, with `@defer` from the draft of incremental delivery, which gqlparser knows too.
const DEFINITIONS: &str = r#"
scalar Int
scalar Float
scalar String
scalar Boolean
scalar ID

directive @include(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @skip(if: Boolean!) on FIELD | FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @defer(if: Boolean = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
directive @deprecated(reason: String = "No longer supported")
  on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
directive @specifiedBy(url: String!) on SCALAR
directive @oneOf on INPUT_OBJECT

type __Schema {
  description: String
  types: [__Type!]!
  queryType: __Type!
  mutationType: __Type
  subscriptionType: __Type
  directives: [__Directive!]!
}
type __Type {
  kind: __TypeKind!
  name: String
  description: String
  specifiedByURL: String
  fields(includeDeprecated: Boolean = false): [__Field!]
  interfaces: [__Type!]
  possibleTypes: [__Type!]
  enumValues(includeDeprecated: Boolean = false): [__EnumValue!]
  inputFields(includeDeprecated: Boolean = false): [__InputValue!]
  ofType: __Type
  isOneOf: Boolean
}
enum __TypeKind { SCALAR OBJECT INTERFACE UNION ENUM INPUT_OBJECT LIST NON_NULL }
type __Field {
  name: String!
  description: String
  args(includeDeprecated: Boolean = false): [__InputValue!]!
  type: __Type!
  isDeprecated: Boolean!
  deprecationReason: String
}
type __InputValue {
  name: String!
  description: String
  type: __Type!
  defaultValue: String
  isDeprecated: Boolean!
  deprecationReason: String
}
type __EnumValue {
  name: String!
  description: String
  isDeprecated: Boolean!
  deprecationReason: String
}
type __Directive {
  name: String!
  description: String
  isRepeatable: Boolean!
  locations: [__DirectiveLocation!]!
  args(includeDeprecated: Boolean = false): [__InputValue!]!
}
enum __DirectiveLocation {
  QUERY MUTATION SUBSCRIPTION FIELD FRAGMENT_DEFINITION FRAGMENT_SPREAD INLINE_FRAGMENT VARIABLE_DEFINITION
  SCHEMA SCALAR OBJECT FIELD_DEFINITION ARGUMENT_DEFINITION INTERFACE UNION ENUM ENUM_VALUE INPUT_OBJECT
  INPUT_FIELD_DEFINITION
}
"#;

/// The fields that the type of queries has besides its own.
const ROOT: &str = "type Query { __schema: __Schema! __type(name: String!): __Type }";

/// The definitions that every schema has.
pub(super) static PRELUDE: LazyLock<SchemaDocument> = LazyLock::new(|| {
    let mut document = parse_schema(DEFINITIONS).unwrap_or_default();
    for definition in &mut document.definitions {
        definition.built_in = true;
    }
    document
});

/// The fields of introspection on the type of queries.
pub(super) static ROOT_FIELDS: LazyLock<Vec<FieldDefinition>> = LazyLock::new(|| {
    let document = parse_schema(ROOT).unwrap_or_default();
    document
        .definitions
        .into_iter()
        .flat_map(|definition| definition.fields)
        .collect()
});

/// The field that every composite type has.
pub(super) static TYPE_NAME: LazyLock<FieldDefinition> = LazyLock::new(|| FieldDefinition {
    name: "__typename".to_owned(),
    of: Type {
        named: "String".to_owned(),
        ..Type::default()
    },
    ..FieldDefinition::default()
});

/// Directives of the specification, which a schema may define once more.
pub(super) const REDEFINABLE: &[&str] = &[
    "include",
    "skip",
    "deprecated",
    "specifiedBy",
    "defer",
    "oneOf",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_read() {
        assert_eq!(PRELUDE.definitions.len(), 13);
        assert_eq!(PRELUDE.directives.len(), REDEFINABLE.len());
        assert!(
            PRELUDE
                .definitions
                .iter()
                .all(|definition| definition.built_in)
        );
        let names: Vec<&str> = ROOT_FIELDS
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        assert_eq!(names, ["__schema", "__type"]);
    }
}
