//! The documents of GraphQL as OPA shows them to a policy: the names of the fields are those of the JSON.

use serde::{Deserialize, Serialize};

/// A document of operations and fragments.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct QueryDocument {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: Vec<Fragment>,
}

/// The comments right before something, each with its `#`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CommentGroup {
    pub(super) list: Vec<Comment>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Comment {
    pub(super) value: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum OperationKind {
    #[default]
    #[serde(alias = "")]
    Query,
    Mutation,
    Subscription,
}

impl OperationKind {
    pub(super) fn from_keyword(keyword: &str) -> Option<Self> {
        match keyword {
            "query" => Some(Self::Query),
            "mutation" => Some(Self::Mutation),
            "subscription" => Some(Self::Subscription),
            _ => None,
        }
    }

    pub(super) fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Operation {
    #[serde(rename = "Operation")]
    pub(super) kind: OperationKind,
    pub(super) name: String,
    pub(super) variable_definitions: Vec<VariableDefinition>,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    #[serde(skip_deserializing)]
    pub(super) comment: Option<CommentGroup>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Fragment {
    pub(super) name: String,
    pub(super) variable_definition: Vec<VariableDefinition>,
    pub(super) type_condition: String,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    #[serde(skip_deserializing)]
    pub(super) comment: Option<CommentGroup>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct VariableDefinition {
    pub(super) variable: String,
    #[serde(rename = "Type")]
    pub(super) of: Type,
    pub(super) default_value: Option<Literal>,
    pub(super) directives: Vec<Directive>,
    pub(super) comment: Option<CommentGroup>,
    /// Always false in what OPA gives: it is settled by the validation, which comes later.
    pub(super) used: bool,
}

/// A reference to a type: a name, or a list of what `elem` says.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Type {
    #[serde(rename = "NamedType")]
    pub(super) named: String,
    pub(super) elem: Option<Box<Type>>,
    pub(super) non_null: bool,
}

impl Type {
    /// The name at the heart of a list, or the name itself.
    pub(super) fn name(&self) -> &str {
        let mut inner = self;
        while let Some(elem) = &inner.elem {
            inner = elem;
        }
        &inner.named
    }

    /// Whether a value of this type may stand where the other is expected; `nullable` where null may stand too.
    pub(super) fn is_compatible(&self, expected: &Self, nullable: bool) -> bool {
        if expected.non_null && !nullable && !self.non_null {
            return false;
        }
        match (&self.elem, &expected.elem) {
            (Some(elem), Some(wanted)) => elem.is_compatible(wanted, false),
            (None, None) => self.named == expected.named,
            _ => false,
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.elem {
            Some(elem) => write!(formatter, "[{elem}]")?,
            None => formatter.write_str(&self.named)?,
        }
        formatter.write_str(if self.non_null { "!" } else { "" })
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: Literal,
    pub(super) comment: Option<CommentGroup>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    /// Always empty in what OPA gives, as `Used` is false.
    pub(super) location: String,
}

/// A value as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Literal {
    pub(super) raw: String,
    pub(super) children: Vec<ChildLiteral>,
    pub(super) kind: LiteralKind,
    pub(super) comment: Option<CommentGroup>,
    pub(super) expected_type_has_default: bool,
}

impl Literal {
    pub(super) fn is_null(&self) -> bool {
        self.kind == LiteralKind::Null
    }
}

/// An item of a list, without a name, or a field of an object.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ChildLiteral {
    pub(super) name: String,
    pub(super) value: Literal,
    pub(super) comment: Option<CommentGroup>,
}

/// What a value is; a number in JSON.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub(super) enum LiteralKind {
    #[default]
    Variable,
    Int,
    Float,
    String,
    Block,
    Boolean,
    Null,
    Enum,
    List,
    Object,
}

impl From<LiteralKind> for u8 {
    fn from(kind: LiteralKind) -> Self {
        kind as Self
    }
}

impl TryFrom<u8> for LiteralKind {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        Ok(match number {
            0 => Self::Variable,
            1 => Self::Int,
            2 => Self::Float,
            3 => Self::String,
            4 => Self::Block,
            5 => Self::Boolean,
            6 => Self::Null,
            7 => Self::Enum,
            8 => Self::List,
            9 => Self::Object,
            _ => return Err("no kind of value"),
        })
    }
}

/// What stands in a selection set.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Selection {
    Field(Field),
    Spread(FragmentSpread),
    Inline(InlineFragment),
}

/// OPA reads every selection of a document that is given as an object as a field. So a document with fragments does not
/// verify unless it is given as text, and a selection that means a fragment is never taken for one unchecked.
impl<'de> Deserialize<'de> for Selection {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Field::deserialize(deserializer).map(Self::Field)
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Field {
    pub(super) alias: String,
    pub(super) name: String,
    pub(super) arguments: Vec<Argument>,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    #[serde(skip_deserializing)]
    pub(super) comment: Option<CommentGroup>,
}

impl Field {
    /// The name that the field has in a response.
    pub(super) fn response_name(&self) -> &str {
        if self.alias.is_empty() {
            &self.name
        } else {
            &self.alias
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct FragmentSpread {
    pub(super) name: String,
    pub(super) directives: Vec<Directive>,
    pub(super) comment: Option<CommentGroup>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InlineFragment {
    /// Empty where the fragment names none.
    pub(super) type_condition: String,
    pub(super) directives: Vec<Directive>,
    pub(super) selection_set: Vec<Selection>,
    pub(super) comment: Option<CommentGroup>,
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn type_of(text: &str) -> Type {
        if let Some(inner) = text.strip_suffix('!') {
            return Type {
                non_null: true,
                ..type_of(inner)
            };
        }
        match text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(elem) => Type {
                elem: Some(Box::new(type_of(elem))),
                ..Type::default()
            },
            None => Type {
                named: text.to_owned(),
                ..Type::default()
            },
        }
    }

    #[rstest]
    #[case("Int", "Int", false, true)]
    #[case("Int!", "Int", false, true)]
    #[case("Int", "Int!", false, false)]
    #[case("Int", "Int!", true, true)]
    #[case("Int", "[Int]", false, false)]
    #[case("[Int]", "Int", false, false)]
    #[case("[Int!]!", "[Int]", false, true)]
    #[case("[Int]", "[Int!]", true, false)]
    #[case("Int", "Float", false, false)]
    fn a_type_stands_for_another(
        #[case] given: &str,
        #[case] expected: &str,
        #[case] nullable: bool,
        #[case] compatible: bool,
    ) {
        let (given, expected) = (type_of(given), type_of(expected));
        assert_eq!(given.is_compatible(&expected, nullable), compatible);
    }

    #[rstest]
    #[case("[[Int!]]!", "Int")]
    #[case("A", "A")]
    fn a_type_is_written_as_it_was_read(#[case] text: &str, #[case] name: &str) {
        let read = type_of(text);
        assert_eq!((read.to_string().as_str(), read.name()), (text, name));
    }
}
