//! Values in the places of types (section 5.6 of the specification), as gqlparser checks them.

use super::ast::{Literal, LiteralKind, Type};
use super::checked::{Checked, invalid};
use super::query_rules::{Rules, Scope};
use super::schema::TypeDefinition;
use super::schema_rules::unique;
use super::sdl::DefinitionKind;

/// The type that is expected where a value stands.
#[derive(Clone, Copy)]
struct Expected<'check> {
    of: &'check Type,
    definition: &'check TypeDefinition<'check>,
    /// Whether the place has a value of its own, so that nothing need be given.
    has_default: bool,
}

/// The scalars whose values are known; those of others are for the server to judge.
const SCALARS: &[&str] = &["Int", "Float", "String", "Boolean", "ID"];

impl<'check, 'doc> Rules<'check, 'doc> {
    /// A value in the place of a type, which the schema has.
    pub(super) fn value_of(
        &self,
        value: &'doc Literal,
        of: &'check Type,
        has_default: bool,
        scope: Option<&Scope<'doc>>,
    ) -> Checked {
        let expected = self
            .schema
            .type_named(of.name())
            .map(|definition| Expected {
                of,
                definition,
                has_default,
            });
        self.value(value, expected, scope)
    }

    fn value(
        &self,
        value: &'doc Literal,
        expected: Option<Expected<'check>>,
        scope: Option<&Scope<'doc>>,
    ) -> Checked {
        match value.kind {
            LiteralKind::Variable => return variable(value, expected, scope),
            LiteralKind::Object => {
                unique(value.children.iter().map(|child| child.name.as_str())).or_else(|name| {
                    invalid(format!("There can be only one input field named {name:?}"))
                })?;
            }
            _ => {}
        }
        self.effort.deeper(|| {
            for child in &value.children {
                let expected = expected.and_then(|expected| match value.kind {
                    LiteralKind::List => expected.item(),
                    _ => self.input_field(expected, &child.name),
                });
                self.value(&child.value, expected, scope)?;
            }
            Ok(())
        })?;
        match expected {
            Some(expected) => self.is_of_type(value, expected, scope),
            None => Ok(()),
        }
    }

    fn input_field(&self, expected: Expected<'check>, name: &str) -> Option<Expected<'check>> {
        let field = expected.definition.field(name)?;
        Some(Expected {
            of: &field.of,
            definition: self.schema.type_named(field.of.name())?,
            has_default: field
                .default_value
                .as_ref()
                .is_some_and(|default| !default.is_null()),
        })
    }

    fn is_of_type(
        &self,
        value: &'doc Literal,
        expected: Expected,
        scope: Option<&Scope<'doc>>,
    ) -> Checked {
        let Expected { of, definition, .. } = expected;
        if definition.kind == DefinitionKind::Scalar && !SCALARS.contains(&definition.name) {
            return Ok(());
        }
        let is_one_of = |names: &[&str]| names.contains(&definition.name);
        let is_enum = definition.kind == DefinitionKind::Enum;
        let fits = self.is_readable(value)?
            && match value.kind {
                LiteralKind::Null => !of.non_null,
                LiteralKind::List => of.elem.is_some(),
                LiteralKind::Int => is_one_of(&["Int", "Float", "ID"]),
                LiteralKind::Float => is_one_of(&["Float"]),
                LiteralKind::String | LiteralKind::Block => is_one_of(&["String", "ID"]),
                LiteralKind::Enum => is_enum && definition.has_enum_value(&value.raw),
                LiteralKind::Boolean => is_one_of(&["Boolean"]),
                LiteralKind::Object => return self.object(value, definition, scope),
                LiteralKind::Variable => true,
            };
        if fits {
            return Ok(());
        }
        let raw = &value.raw;
        invalid(match definition.kind {
            DefinitionKind::Enum => format!("Enum \"{of}\" cannot represent value: {raw}"),
            _ => format!("Expected value of type \"{of}\", found {raw}"),
        })
    }

    /// Whether the numbers in a value are in range.
    fn is_readable(&self, value: &Literal) -> Checked<bool> {
        self.effort.deeper(|| {
            for child in &value.children {
                if !self.is_readable(&child.value)? {
                    return Ok(false);
                }
            }
            Ok(match value.kind {
                LiteralKind::Int => value.raw.parse::<i64>().is_ok(),
                LiteralKind::Float => value.raw.parse::<f64>().is_ok_and(f64::is_finite),
                LiteralKind::Boolean => matches!(value.raw.as_str(), "true" | "false"),
                _ => true,
            })
        })
    }

    /// An object in the place of an input object. As in OPA one without fields stands for a scalar too.
    fn object(
        &self,
        value: &'doc Literal,
        definition: &TypeDefinition,
        scope: Option<&Scope<'doc>>,
    ) -> Checked {
        let name = definition.name;
        for child in &value.children {
            if definition.field(&child.name).is_none() {
                return invalid(format!(
                    "Field {:?} is not defined by type {name:?}",
                    child.name
                ));
            }
        }
        self.effort.spend(definition.fields.len())?;
        for field in &definition.fields {
            if !field.of.non_null || field.default_value.is_some() {
                continue;
            }
            self.effort.spend(value.children.len())?;
            if !value.children.iter().any(|child| child.name == field.name) {
                return invalid(format!(
                    "Field \"{name}.{}\" of required type \"{}\" was not provided",
                    field.name, field.of
                ));
            }
        }
        if !definition.is_one_of {
            return Ok(());
        }
        let [child] = value.children.as_slice() else {
            return invalid(format!(
                "OneOf Input Object {name:?} must specify exactly one key"
            ));
        };
        let variable = scope
            .filter(|_| child.value.kind == LiteralKind::Variable)
            .and_then(|scope| scope.use_variable(&child.value.raw));
        if child.value.is_null() || variable.is_some_and(|variable| !variable.of.non_null) {
            return invalid(format!("Field \"{name}.{}\" must be non-null", child.name));
        }
        Ok(())
    }
}

impl Expected<'_> {
    /// What is expected of the items where this is expected of a list.
    fn item(self) -> Option<Self> {
        let of = self.of.elem.as_deref()?;
        Some(Self {
            of,
            has_default: false,
            ..self
        })
    }
}

fn variable<'doc>(
    value: &'doc Literal,
    expected: Option<Expected>,
    scope: Option<&Scope<'doc>>,
) -> Checked {
    let Some(scope) = scope else {
        return Ok(());
    };
    let Some(variable) = scope.use_variable(&value.raw) else {
        return invalid(format!("Variable \"${}\" is not defined", value.raw));
    };
    let Some(expected) = expected else {
        return Ok(());
    };
    let nullable = expected.has_default
        || variable
            .default_value
            .as_ref()
            .is_some_and(|default| !default.is_null());
    if variable.of.is_compatible(expected.of, nullable) {
        return Ok(());
    }
    invalid(format!(
        "Variable \"${}\" of type \"{}\" used in position expecting type \"{}\"",
        value.raw, variable.of, expected.of
    ))
}
