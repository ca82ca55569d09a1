//! What must hold of a schema (the "Type Validation" parts of section 3 of the specification), as far as gqlparser
//! checks it.

use std::collections::BTreeSet;

use super::ast::{Directive, Type};
use super::checked::{Checked, Effort, invalid};
use super::schema::{Schema, TypeDefinition, defined};
use super::sdl::{ArgumentDefinition, DefinitionKind, FieldDefinition, SchemaDocument};

/// Checks every definition.
pub(super) fn check(schema: &Schema, document: &SchemaDocument, effort: &Effort) -> Checked {
    let rules = Rules { schema, effort };
    for root in document.schema.iter().chain(&document.schema_extension) {
        rules.directives(&root.directives, "SCHEMA", None)?;
        unique_directives(schema, &root.directives)?;
    }
    for definition in schema.types.values() {
        rules.definition(definition)?;
    }
    for directive in schema.directives.values() {
        name(&directive.name)?;
        rules.arguments(&directive.arguments, Some(&directive.name))?;
    }
    Ok(())
}

struct Rules<'check, 'doc> {
    schema: &'check Schema<'doc>,
    effort: &'check Effort,
}

impl Rules<'_, '_> {
    fn definition(&self, definition: &TypeDefinition) -> Checked {
        for field in &definition.fields {
            self.field(definition, field)?;
        }
        unique(definition.fields.iter().map(|field| field.name.as_str()))
            .or_else(|twice| once("Field", definition, twice))?;
        unique(definition.members.iter().copied())
            .or_else(|twice| once("Member", definition, twice))?;
        for member in &definition.members {
            let kind = defined(self.schema, member)?.kind;
            if kind != DefinitionKind::Object {
                let union = definition.kind.name();
                return invalid(format!("{union} type {member:?} must be OBJECT"));
            }
        }
        for interface in &definition.interfaces {
            self.implements(definition, interface)?;
        }
        if definition.kind == DefinitionKind::Enum {
            self.enum_values(definition)?;
        } else if matches!(
            definition.kind,
            DefinitionKind::Object | DefinitionKind::Interface | DefinitionKind::InputObject
        ) && definition.fields.is_empty()
        {
            return invalid(format!(
                "{} {}: must define one or more fields",
                definition.kind.name(),
                definition.name
            ));
        }
        if !definition.built_in {
            name(definition.name)?;
        }
        // gqlparser lets a directive stand twice on a type, but not on its parts.
        self.directives(
            definition.directives.iter().copied(),
            definition.kind.name(),
            None,
        )
    }

    fn field(&self, definition: &TypeDefinition, field: &FieldDefinition) -> Checked {
        self.effort.spend(1)?;
        name(&field.name)?;
        let kind = defined(self.schema, field.of.name())?.kind;
        let fits = match definition.kind {
            DefinitionKind::InputObject => kind.is_input(),
            DefinitionKind::Object | DefinitionKind::Interface => {
                kind.is_composite() || kind.is_leaf()
            }
            _ => true,
        };
        if !fits {
            return invalid(format!(
                "{} {}: field {} cannot be of type {}",
                definition.kind.name(),
                definition.name,
                field.name,
                field.of
            ));
        }
        self.arguments(&field.arguments, None)?;
        let location = match definition.kind {
            DefinitionKind::InputObject => "INPUT_FIELD_DEFINITION",
            _ => "FIELD_DEFINITION",
        };
        self.directives(&field.directives, location, None)?;
        unique_directives(self.schema, &field.directives)
    }

    fn enum_values(&self, definition: &TypeDefinition) -> Checked {
        let enumeration = definition.name;
        if definition.enum_values.is_empty() {
            return invalid(format!(
                "ENUM {enumeration}: must define one or more unique enum values"
            ));
        }
        for value in &definition.enum_values {
            self.effort.spend(1)?;
            if matches!(value.name.as_str(), "true" | "false" | "null") {
                return invalid(format!("ENUM {enumeration}: non-enum value {}", value.name));
            }
            self.directives(&value.directives, "ENUM_VALUE", None)?;
            unique_directives(self.schema, &value.directives)?;
        }
        unique(
            definition
                .enum_values
                .iter()
                .map(|value| value.name.as_str()),
        )
        .or_else(|twice| once("Enum value", definition, twice))
    }

    /// Arguments of a field, or of the directive that is named.
    fn arguments(&self, arguments: &[ArgumentDefinition], directive: Option<&str>) -> Checked {
        for argument in arguments {
            self.effort.spend(1)?;
            name(&argument.name)?;
            let kind = defined(self.schema, argument.of.name())?.kind;
            if !kind.is_input() {
                return invalid(format!(
                    "cannot use {} as argument {} because {} is not a valid input type",
                    argument.of,
                    argument.name,
                    kind.name()
                ));
            }
            self.directives(&argument.directives, "ARGUMENT_DEFINITION", directive)?;
            unique_directives(self.schema, &argument.directives)?;
        }
        Ok(())
    }

    /// Directives in a place, which may be in the definition of a directive.
    fn directives<'used>(
        &self,
        directives: impl IntoIterator<Item = &'used Directive>,
        location: &str,
        within: Option<&str>,
    ) -> Checked {
        for directive in directives {
            self.directive(directive, location, within)?;
        }
        Ok(())
    }

    fn directive(&self, used: &Directive, location: &str, within: Option<&str>) -> Checked {
        let used_name = used.name.as_str();
        self.effort.spend(1)?;
        name(used_name)?;
        if within == Some(used_name) {
            return invalid(format!("Directive {used_name} cannot refer to itself"));
        }
        let Some(directive) = self.schema.directives.get(used_name) else {
            return invalid(format!("Undefined directive {used_name}"));
        };
        if !directive.locations.iter().any(|known| known == location) {
            return invalid(format!(
                "Directive {used_name} is not applicable on {location}"
            ));
        }
        self.effort.spend(
            used.arguments
                .len()
                .saturating_mul(directive.arguments.len()),
        )?;
        for argument in &used.arguments {
            let known = |known: &ArgumentDefinition| known.name == argument.name;
            if !directive.arguments.iter().any(known) {
                return invalid(format!(
                    "Undefined argument {} for directive {used_name}",
                    argument.name
                ));
            }
        }
        for argument in directive
            .arguments
            .iter()
            .filter(|known| known.is_required())
        {
            let given = used
                .arguments
                .iter()
                .find(|given| given.name == argument.name);
            if given.is_none_or(|given| given.value.is_null()) {
                return invalid(format!(
                    "Argument {} for directive {used_name} cannot be null",
                    argument.name
                ));
            }
        }
        Ok(())
    }

    fn implements(&self, definition: &TypeDefinition, name: &str) -> Checked {
        let interface = defined(self.schema, name)?;
        if interface.kind != DefinitionKind::Interface {
            return invalid(format!(
                "{name:?} is a non interface type {}",
                interface.kind.name()
            ));
        }
        for required in &interface.fields {
            self.effort.spend(1)?;
            let Some(found) = definition.field(&required.name) else {
                return invalid(format!(
                    "For {} to implement {name} it must have a field called {}",
                    definition.name, required.name
                ));
            };
            let what = format!(
                "For {} to implement {name} the field {}",
                definition.name, required.name
            );
            if !self.is_covariant(&required.of, &found.of) {
                return invalid(format!("{what} must have type {}", required.of));
            }
            same_arguments(required, found).or_else(|why| invalid(format!("{what} {why}")))?;
            self.effort.spend(
                required
                    .arguments
                    .len()
                    .saturating_mul(found.arguments.len()),
            )?;
        }
        self.effort.spend(interface.interfaces.len())?;
        let own: BTreeSet<&str> = definition.interfaces.iter().copied().collect();
        match interface
            .interfaces
            .iter()
            .find(|above| !own.contains(*above))
        {
            Some(above) => invalid(format!(
                "Type {} must implement {above} because it is implemented by {name}",
                definition.name
            )),
            None => Ok(()),
        }
    }

    /// Whether a field of one type may stand for a field of another.
    fn is_covariant(&self, required: &Type, actual: &Type) -> bool {
        if required.non_null && !actual.non_null {
            return false;
        }
        match (&required.elem, &actual.elem) {
            (Some(required), Some(actual)) => self.is_covariant(required, actual),
            (None, None) => {
                let (required, actual) = (&required.named, &actual.named);
                required == actual || self.schema.is_possible(required, actual)
            }
            _ => false,
        }
    }
}

/// The arguments that the field of an interface asks of a field that implements it; the error says what is wrong.
fn same_arguments(required: &FieldDefinition, found: &FieldDefinition) -> Result<(), String> {
    for argument in &required.arguments {
        let same = |other: &&ArgumentDefinition| other.name == argument.name;
        let Some(found) = found.arguments.iter().find(same) else {
            return Err(format!(
                "must have the same arguments but it is missing {}",
                argument.name
            ));
        };
        if !argument.of.is_compatible(&found.of, false) {
            return Err(format!(
                "must have the same arguments but {} has the wrong type",
                argument.name
            ));
        }
    }
    for argument in found.arguments.iter().filter(|found| found.is_required()) {
        let same = |other: &ArgumentDefinition| other.name == argument.name;
        if !required.arguments.iter().any(same) {
            return Err(format!(
                "may not require the additional argument {}",
                argument.name
            ));
        }
    }
    Ok(())
}

fn once<T>(what: &str, definition: &TypeDefinition, twice: &str) -> Checked<T> {
    invalid(format!(
        "{what} {}.{twice} can only be defined once",
        definition.name
    ))
}

/// Whether names differ from each other; the error is one that stands twice.
pub(super) fn unique<'name>(names: impl Iterator<Item = &'name str>) -> Result<(), &'name str> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(name);
        }
    }
    Ok(())
}

/// Whether no directive stands twice in a place, but those that may.
pub(super) fn unique_directives(schema: &Schema, directives: &[Directive]) -> Checked {
    let single = directives
        .iter()
        .map(|directive| directive.name.as_str())
        .filter(|name| {
            let definition = schema.directives.get(name);
            !definition.is_some_and(|definition| definition.is_repeatable)
        });
    unique(single).or_else(|name| {
        invalid(format!(
            "The directive {name} can only be used once at this location"
        ))
    })
}

/// Names with two underscores are kept for introspection.
fn name(name: &str) -> Checked {
    if name.starts_with("__") {
        return invalid(format!(
            "Name {name:?} must not begin with \"__\", which is reserved by GraphQL introspection"
        ));
    }
    Ok(())
}
