//! The parts of a schema document, with the names of the fields that OPA shows.

use serde::{Deserialize, Serialize};

use super::ast::{CommentGroup, Directive, Literal, OperationKind, Type};

/// A document of definitions and extensions.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SchemaDocument {
    pub(super) schema: Vec<SchemaDefinition>,
    pub(super) schema_extension: Vec<SchemaDefinition>,
    pub(super) directives: Vec<DirectiveDefinition>,
    pub(super) definitions: Vec<Definition>,
    pub(super) extensions: Vec<Definition>,
    pub(super) comment: Option<CommentGroup>,
}

/// What is said right before a definition.
#[derive(Debug, Default)]
pub(super) struct Lead {
    pub(super) before: Option<CommentGroup>,
    pub(super) description: String,
}

/// A `schema`, or an extension of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SchemaDefinition {
    pub(super) description: String,
    pub(super) directives: Vec<Directive>,
    pub(super) operation_types: Vec<OperationType>,
    pub(super) before_description_comment: Option<CommentGroup>,
    pub(super) after_description_comment: Option<CommentGroup>,
    pub(super) end_of_definition_comment: Option<CommentGroup>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct OperationType {
    pub(super) operation: OperationKind,
    #[serde(rename = "Type")]
    pub(super) of: String,
    pub(super) comment: Option<CommentGroup>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum DefinitionKind {
    Scalar,
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
    /// A definition in a document given as an object that does not say what it is.
    #[default]
    #[serde(rename = "")]
    Unnamed,
}

impl DefinitionKind {
    pub(super) fn is_composite(self) -> bool {
        matches!(self, Self::Object | Self::Interface | Self::Union)
    }

    pub(super) fn is_leaf(self) -> bool {
        matches!(self, Self::Scalar | Self::Enum)
    }

    pub(super) fn is_input(self) -> bool {
        matches!(self, Self::Scalar | Self::Enum | Self::InputObject)
    }

    /// The kind in the words of the JSON, which are also the names of the places of directives.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Scalar => "SCALAR",
            Self::Object => "OBJECT",
            Self::Interface => "INTERFACE",
            Self::Union => "UNION",
            Self::Enum => "ENUM",
            Self::InputObject => "INPUT_OBJECT",
            Self::Unnamed => "",
        }
    }
}

/// The definition of a type of any kind, or an extension of it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Definition {
    pub(super) kind: DefinitionKind,
    pub(super) description: String,
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) interfaces: Vec<String>,
    pub(super) fields: Vec<FieldDefinition>,
    /// The members of a union.
    pub(super) types: Vec<String>,
    pub(super) enum_values: Vec<EnumValueDefinition>,
    pub(super) built_in: bool,
    pub(super) before_description_comment: Option<CommentGroup>,
    pub(super) after_description_comment: Option<CommentGroup>,
    pub(super) end_of_definition_comment: Option<CommentGroup>,
}

/// A field of an object, an interface or an input object.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct FieldDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) arguments: Vec<ArgumentDefinition>,
    pub(super) default_value: Option<Literal>,
    #[serde(rename = "Type")]
    pub(super) of: Type,
    pub(super) directives: Vec<Directive>,
    pub(super) before_description_comment: Option<CommentGroup>,
    pub(super) after_description_comment: Option<CommentGroup>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ArgumentDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) default_value: Option<Literal>,
    #[serde(rename = "Type")]
    pub(super) of: Type,
    pub(super) directives: Vec<Directive>,
    pub(super) before_description_comment: Option<CommentGroup>,
    pub(super) after_description_comment: Option<CommentGroup>,
}

impl ArgumentDefinition {
    /// Whether a use must give it.
    pub(super) fn is_required(&self) -> bool {
        self.of.non_null && self.default_value.is_none()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct EnumValueDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) before_description_comment: Option<CommentGroup>,
    pub(super) after_description_comment: Option<CommentGroup>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct DirectiveDefinition {
    pub(super) description: String,
    pub(super) name: String,
    pub(super) arguments: Vec<ArgumentDefinition>,
    pub(super) locations: Vec<String>,
    pub(super) is_repeatable: bool,
    pub(super) before_description_comment: Option<CommentGroup>,
    pub(super) after_description_comment: Option<CommentGroup>,
}

/// Where a directive may stand (section 3.13 of the specification).
pub(super) const LOCATIONS: &[&str] = &[
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
    "SCHEMA",
    "SCALAR",
    "OBJECT",
    "FIELD_DEFINITION",
    "ARGUMENT_DEFINITION",
    "INTERFACE",
    "UNION",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
];
