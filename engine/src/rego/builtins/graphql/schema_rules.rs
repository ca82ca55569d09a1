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
        let interfaces: BTreeSet<&str> = definition.interfaces.iter().copied().collect();
        for interface in &interfaces {
            self.implements(definition, interface, &interfaces)?;
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
        self.effort.spend(directive.locations.len())?;
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

    /// One of the interfaces of a type, with all of them.
    fn implements(
        &self,
        definition: &TypeDefinition,
        name: &str,
        others: &BTreeSet<&str>,
    ) -> Checked {
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
            let pairs = required
                .arguments
                .len()
                .saturating_mul(found.arguments.len());
            self.effort.spend(pairs)?;
            let same = if self.is_covariant(&required.of, &found.of) {
                same_arguments(required, found)
            } else {
                Err(format!("must have type {}", required.of))
            };
            same.or_else(|why| {
                invalid(format!(
                    "For {} to implement {name} the field {} {why}",
                    definition.name, required.name
                ))
            })?;
        }
        self.effort.spend(interface.interfaces.len())?;
        match interface
            .interfaces
            .iter()
            .find(|above| !others.contains(*above))
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::schema_parser::parse_schema;
    use super::*;

    /// A directive for every place, which may stand once.
    const EVERYWHERE: &str =
        "directive @d on SCHEMA | SCALAR | OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION
        | INTERFACE | UNION | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION ";

    fn verdict(text: &str) -> Checked {
        let document = parse_schema(&format!("{EVERYWHERE}{text}")).unwrap();
        Schema::new(&document, &Effort::new()).map(|_| ())
    }

    #[rstest]
    #[case::nothing("")]
    #[case::no_queries("input A { a: Int }")]
    #[case::all_kinds(
        "type A implements I & J @d { a(x: N = {a: 1} @d): U @d } interface I implements J { a(x: N): U } interface J { a: U } union U @d = A enum E @d { A @d } scalar S @d input N @d { a: [S!] = 1 @d }"
    )]
    #[case::extended_only(
        "extend type A { a: Int } extend enum E { A } extend input N { a: Int } extend union U = A"
    )]
    #[case::extended(
        "enum E { A } extend enum E { B } interface I { a: Int } extend interface I { b: Int }"
    )]
    #[case::extended_built_in("extend scalar Int @specifiedBy(url: \"u\")")]
    #[case::empty_union("union U")]
    #[case::narrower(
        "interface I { a: [I] b: U c(x: Int!): Int } union U = A type A implements I { a: [A!]! b: A c(x: Int, y: Int! = 1): Int }"
    )]
    #[case::interface_twice("interface I { a: Int } type A implements I & I { a: Int }")]
    #[case::directives_twice_on_a_type("type A @d @d { a: Int } enum E @d @d { A }")]
    #[case::repeatable("directive @r repeatable on FIELD_DEFINITION type A { a: Int @r @r }")]
    #[case::redefined(
        "directive @skip on FIELD directive @deprecated on OBJECT type A @deprecated { a: Int }"
    )]
    #[case::directives_of_each_other(
        "directive @a(x: Int @b) on ARGUMENT_DEFINITION directive @b(x: Int @a) on ARGUMENT_DEFINITION"
    )]
    #[case::default_of_an_argument("directive @a(x: Int! = 1) on SCALAR scalar S @a")]
    #[case::values_are_not_checked("type A { a(x: Int = \"a\"): Int @deprecated(reason: 1) }")]
    #[case::root_of_any_kind("schema { query: E } enum E { A }")]
    #[case::underscores_of_a_value("enum E { __A }")]
    fn a_schema_that_holds(#[case] schema: &str) {
        assert_eq!(verdict(schema), Ok(()));
    }

    #[rstest]
    #[case::type_twice("scalar A scalar A")]
    #[case::built_in_type("type String { a: Int }")]
    #[case::extension_of_another_kind("extend type A { a: Int } enum A { B }")]
    #[case::reserved_type("scalar __A")]
    #[case::reserved_field("type A { __a: Int }")]
    #[case::reserved_argument("type A { a(__x: Int): Int }")]
    #[case::reserved_directive("directive @__a on FIELD")]
    #[case::no_fields("type A")]
    #[case::no_interface_fields("interface A")]
    #[case::no_input_fields("input A")]
    #[case::no_values("enum A")]
    #[case::field_twice("type A { a: Int } extend type A { a: Int }")]
    #[case::value_twice("enum A { B B }")]
    #[case::value_reserved("enum A { null }")]
    #[case::member_twice("union U = A | A type A { a: Int }")]
    #[case::member_unknown("union U = A")]
    #[case::member_no_object("union U = Int")]
    #[case::field_of_no_type("type A { a: [B] }")]
    #[case::field_of_an_input("type A { a: N } input N { a: Int }")]
    #[case::input_field_of_an_object("input N { a: A } type A { a: Int }")]
    #[case::argument_of_an_object("type A { a(x: A): Int }")]
    #[case::argument_of_no_type("directive @a(x: B) on FIELD")]
    #[case::interface_unknown("type A implements I { a: Int }")]
    #[case::interface_no_interface("type A implements B { a: Int } type B { a: Int }")]
    #[case::interface_field_missing("interface I { a: Int } type A implements I { b: Int }")]
    #[case::interface_field_wider("interface I { a: Int! } type A implements I { a: Int }")]
    #[case::interface_field_no_list("interface I { a: [Int] } type A implements I { a: Int }")]
    #[case::interface_argument_missing(
        "interface I { a(x: Int): Int } type A implements I { a: Int }"
    )]
    #[case::interface_argument_stricter(
        "interface I { a(x: Int): Int } type A implements I { a(x: Int!): Int }"
    )]
    #[case::interface_argument_added(
        "interface I { a: Int } type A implements I { a(x: Int!): Int }"
    )]
    #[case::interface_of_the_interface(
        "interface I implements J { a: Int } interface J { a: Int } type A implements I { a: Int }"
    )]
    #[case::interfaces_of_each_other(
        "interface I implements J { a: Int } interface J implements I { a: Int }"
    )]
    #[case::directive_twice("directive @a on FIELD directive @a on FIELD")]
    #[case::directive_unknown("enum A { B @z }")]
    #[case::directive_elsewhere("type A @deprecated { a: Int }")]
    #[case::directive_in_itself("directive @a(x: Int @a) on ARGUMENT_DEFINITION")]
    #[case::directive_argument("scalar S @specifiedBy(url: \"u\", z: 1)")]
    #[case::directive_argument_missing("scalar S @specifiedBy")]
    #[case::directive_argument_null("scalar S @specifiedBy(url: null)")]
    #[case::once_on_a_field("type A { a: Int @d @d }")]
    #[case::once_on_an_argument("type A { a(x: Int @d @d): Int }")]
    #[case::once_on_a_value("enum A { B @d @d }")]
    #[case::once_on_a_schema("schema @d @d { query: A } type A { a: Int }")]
    #[case::once_on_an_extension("extend schema @d @d")]
    #[case::two_schemas("schema { query: A } schema { query: A } type A { a: Int }")]
    #[case::root_unknown("schema { query: A }")]
    #[case::root_unknown_of_an_extension("extend schema { mutation: A }")]
    #[case::directive_of_the_schema("extend schema @z")]
    fn a_schema_that_breaks_a_rule(#[case] schema: &str) {
        let found = verdict(schema);
        assert!(
            matches!(found, Err(super::super::checked::Refusal::Invalid(_))),
            "{found:?}"
        );
    }
}
