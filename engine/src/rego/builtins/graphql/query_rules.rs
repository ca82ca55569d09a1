//! What must hold of a query (section 5 of the specification), as gqlparser checks it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::ast::{
    Argument, Directive, Field, Fragment, InlineFragment, Operation, OperationKind, QueryDocument,
    Selection, VariableDefinition,
};
use super::checked::{Checked, Effort, invalid};
use super::fragments;
use super::merging;
use super::schema::{Schema, TypeDefinition};
use super::schema_rules::{unique, unique_directives};
use super::sdl::ArgumentDefinition;

/// Checks a query against a schema.
pub(super) fn check(schema: &Schema, document: &QueryDocument, effort: &Effort) -> Checked {
    let mut rules = Rules {
        schema,
        effort,
        fragments: fragments::by_name(document)?,
        spread: RefCell::default(),
    };
    fragments::refuse_cycles(document, &rules.fragments, effort)?;
    let names = document
        .operations
        .iter()
        .map(|operation| operation.name.as_str());
    if document.operations.len() > 1 && names.clone().any(str::is_empty) {
        return invalid("This anonymous operation must be the only defined operation");
    }
    unique(names)
        .or_else(|name| invalid(format!("There can be only one operation named {name:?}")))?;
    for operation in &document.operations {
        rules.operation(operation)?;
    }
    for fragment in &document.fragments {
        rules.fragment(fragment)?;
    }
    merging::check(&rules, document)
}

/// What the rules look at.
pub(super) struct Rules<'check, 'doc> {
    pub(super) schema: &'check Schema<'check>,
    pub(super) effort: &'check Effort,
    pub(super) fragments: BTreeMap<&'doc str, &'doc Fragment>,
    /// The fragments that operations have come to.
    spread: RefCell<BTreeSet<&'doc str>>,
}

/// The operation that selections and values are part of.
pub(super) struct Scope<'doc> {
    pub(super) variables: BTreeMap<&'doc str, &'doc VariableDefinition>,
    used: RefCell<BTreeSet<&'doc str>>,
    /// The fragments that it has come to. Each is checked once in it, which bounds the work.
    spread: RefCell<BTreeSet<&'doc str>>,
}

impl<'doc> Scope<'doc> {
    fn new(operation: &'doc Operation) -> Self {
        let mut variables = BTreeMap::new();
        for definition in &operation.variable_definitions {
            variables
                .entry(definition.variable.as_str())
                .or_insert(definition);
        }
        Self {
            variables,
            used: RefCell::default(),
            spread: RefCell::default(),
        }
    }

    /// The definition of a variable, which is in use from now on.
    pub(super) fn use_variable(&self, name: &'doc str) -> Option<&'doc VariableDefinition> {
        self.used.borrow_mut().insert(name);
        self.variables.get(name).copied()
    }
}

impl<'check, 'doc> Rules<'check, 'doc> {
    fn operation(&mut self, operation: &'doc Operation) -> Checked {
        let kind = operation.kind;
        let Some(root) = self.schema.root(kind) else {
            return invalid(format!(
                "Schema does not support operation type {:?}",
                kind.keyword()
            ));
        };
        let scope = Scope::new(operation);
        self.variables(operation, &scope)?;
        let location = match kind {
            OperationKind::Query => "QUERY",
            OperationKind::Mutation => "MUTATION",
            OperationKind::Subscription => "SUBSCRIPTION",
        };
        self.directives(&operation.directives, location, Some(&scope))?;
        self.selections(&operation.selection_set, root, &scope)?;
        let used = scope.used.borrow();
        if let Some(variable) = scope.variables.keys().find(|name| !used.contains(*name)) {
            return invalid(format!("Variable \"${variable}\" is never used"));
        }
        if kind == OperationKind::Subscription {
            self.single_field(operation)?;
        }
        self.spread
            .borrow_mut()
            .append(&mut scope.spread.borrow_mut());
        Ok(())
    }

    fn variables(&self, operation: &'doc Operation, scope: &Scope<'doc>) -> Checked {
        let definitions = &operation.variable_definitions;
        unique(
            definitions
                .iter()
                .map(|variable| variable.variable.as_str()),
        )
        .or_else(|name| invalid(format!("There can be only one variable named \"${name}\"")))?;
        for variable in definitions {
            self.effort.spend(1)?;
            let Some(definition) = self.schema.type_named(variable.of.name()) else {
                return invalid(format!("Unknown type {:?}", variable.of.name()));
            };
            if !definition.kind.is_input() {
                return invalid(format!(
                    "Variable \"${}\" cannot be non-input type \"{}\"",
                    variable.variable, variable.of
                ));
            }
            if let Some(default) = &variable.default_value {
                self.value_of(default, &variable.of, false, Some(scope))?;
            }
            self.directives(&variable.directives, "VARIABLE_DEFINITION", Some(scope))?;
        }
        Ok(())
    }

    /// A fragment by itself. Its selections are checked with the operations that come to it.
    fn fragment(&self, fragment: &'doc Fragment) -> Checked {
        let Fragment {
            name,
            type_condition,
            ..
        } = fragment;
        if !self.spread.borrow().contains(name.as_str()) {
            return invalid(format!("Fragment {name:?} is never used"));
        }
        self.type_condition(type_condition)?;
        self.directives(&fragment.directives, "FRAGMENT_DEFINITION", None)
    }

    fn selections(
        &self,
        selections: &'doc [Selection],
        parent: &TypeDefinition,
        scope: &Scope<'doc>,
    ) -> Checked {
        self.effort.deeper(|| {
            for selection in selections {
                match selection {
                    Selection::Field(field) => self.field(field, parent, scope)?,
                    Selection::Inline(inline) => self.inline(inline, parent, scope)?,
                    Selection::Spread(spread) => {
                        self.directives(&spread.directives, "FRAGMENT_SPREAD", Some(scope))?;
                        self.spread(&spread.name, parent, scope)?;
                    }
                }
            }
            Ok(())
        })
    }

    fn field(&self, field: &'doc Field, parent: &TypeDefinition, scope: &Scope<'doc>) -> Checked {
        self.effort.spend(1)?;
        let name = &field.name;
        let Some(definition) = parent.selectable(name) else {
            return invalid(format!(
                "Cannot query field {name:?} on type {:?}",
                parent.name
            ));
        };
        self.arguments(&field.arguments, &definition.arguments, Some(scope))
            .map_err(|refusal| refusal.within(&format!("field \"{}.{name}\"", parent.name)))?;
        self.directives(&field.directives, "FIELD", Some(scope))?;
        if matches!(name.as_str(), "__schema" | "__type") {
            self.introspection_depth(field, 0)?;
        }
        let Some(of) = self.schema.type_named(definition.of.name()) else {
            return invalid(format!("Unknown type {:?}", definition.of.name()));
        };
        match (of.kind.is_leaf(), field.selection_set.is_empty()) {
            (true, true) => Ok(()),
            (true, false) => invalid(format!(
                "Field {name:?} must not have a selection since type {:?} has no subfields",
                of.name
            )),
            (false, true) => invalid(format!(
                "Field {name:?} of type \"{}\" must have a selection of subfields",
                definition.of
            )),
            (false, false) => self.selections(&field.selection_set, of, scope),
        }
    }

    fn inline(
        &self,
        inline: &'doc InlineFragment,
        parent: &TypeDefinition,
        scope: &Scope<'doc>,
    ) -> Checked {
        self.directives(&inline.directives, "INLINE_FRAGMENT", Some(scope))?;
        if inline.type_condition.is_empty() {
            return self.selections(&inline.selection_set, parent, scope);
        }
        let on = self.type_condition(&inline.type_condition)?;
        self.possible(parent, on)?;
        self.selections(&inline.selection_set, on, scope)
    }

    fn spread(&self, name: &'doc str, parent: &TypeDefinition, scope: &Scope<'doc>) -> Checked {
        let Some(fragment) = self.fragments.get(name) else {
            return invalid(format!("Unknown fragment {name:?}"));
        };
        let on = self.type_condition(&fragment.type_condition)?;
        self.possible(parent, on)?;
        if !scope.spread.borrow_mut().insert(name) {
            return Ok(());
        }
        self.selections(&fragment.selection_set, on, scope)
    }

    /// The type that a fragment is on.
    pub(super) fn type_condition(&self, name: &str) -> Checked<&'check TypeDefinition<'check>> {
        match self.schema.type_named(name) {
            None => invalid(format!("Unknown type {name:?}")),
            Some(on) if on.kind.is_composite() => Ok(on),
            Some(_) => invalid(format!(
                "Fragment cannot condition on non composite type {name:?}"
            )),
        }
    }

    fn possible(&self, parent: &TypeDefinition, on: &TypeDefinition) -> Checked {
        if !parent.kind.is_composite() || self.schema.overlap(parent.name, on.name, self.effort)? {
            return Ok(());
        }
        invalid(format!(
            "Fragment cannot be spread here as objects of type {:?} can never be of type {:?}",
            parent.name, on.name
        ))
    }

    /// Directives in a place; without a scope variables are not looked at.
    fn directives(
        &self,
        directives: &'doc [Directive],
        location: &str,
        scope: Option<&Scope<'doc>>,
    ) -> Checked {
        for directive in directives {
            self.effort.spend(1)?;
            let name = &directive.name;
            let Some(definition) = self.schema.directives.get(name.as_str()) else {
                return invalid(format!("Unknown directive \"@{name}\""));
            };
            self.effort.spend(definition.locations.len())?;
            if !definition.locations.iter().any(|known| known == location) {
                return invalid(format!(
                    "Directive \"@{name}\" may not be used on {location}"
                ));
            }
            self.arguments(&directive.arguments, &definition.arguments, scope)
                .map_err(|refusal| refusal.within(&format!("directive \"@{name}\"")))?;
        }
        unique_directives(self.schema, directives)
    }

    fn arguments(
        &self,
        arguments: &'doc [Argument],
        definitions: &'check [ArgumentDefinition],
        scope: Option<&Scope<'doc>>,
    ) -> Checked {
        unique(arguments.iter().map(|argument| argument.name.as_str()))
            .or_else(|name| invalid(format!("There can be only one argument named {name:?}")))?;
        self.effort
            .spend((arguments.len() + 1).saturating_mul(definitions.len() + 1))?;
        for argument in arguments {
            let known = |definition: &&ArgumentDefinition| definition.name == argument.name;
            let Some(definition) = definitions.iter().find(known) else {
                return invalid(format!("Unknown argument {:?}", argument.name));
            };
            let has_default = definition
                .default_value
                .as_ref()
                .is_some_and(|default| !default.is_null());
            self.value_of(&argument.value, &definition.of, has_default, scope)?;
        }
        for definition in definitions
            .iter()
            .filter(|definition| definition.is_required())
        {
            let given = |argument: &Argument| argument.name == definition.name;
            if !arguments.iter().any(given) {
                return invalid(format!(
                    "Argument {:?} of type \"{}\" is required, but it was not provided",
                    definition.name, definition.of
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::query_parser::parse_query;
    use super::super::schema_parser::parse_schema;
    use super::*;

    const SCHEMA: &str = "
        type Query { a(x: Int): Int b(x: Int! = 1): Int c(x: Int!): Int e(x: E): Int f(x: Float): Int i(x: ID): Int
            l(x: [Int]): Int m(x: [[Int]]): Int o(x: I): Int one(x: One): Int s(x: String): Int t(x: Boolean): Int
            w(x: W): Int any(x: Any): Int n: N u: U j: J k: K }
        type Mutation { m: Int } type Subscription { s: Int t: Int }
        type N implements J { a: Int b: String c: [Int] d: N e: Int! } type M implements J { a: String! b: Int d: M }
        type L implements K { d: L } union U = N | M interface J { d: J } interface K { d: K }
        enum E { A B } scalar Any input I { r: Int! d: Int! = 1 i: I l: [I!] } input One @oneOf { a: Int b: Int }
        input W { any: Any }
        directive @many repeatable on FIELD directive @with(x: Int!) on FIELD | FRAGMENT_DEFINITION";

    fn verdict(query: &str) -> Checked {
        let document = parse_schema(SCHEMA).unwrap();
        let effort = Effort::new();
        let schema = Schema::new(&document, &effort).unwrap();
        check(&schema, &parse_query(query).unwrap(), &effort)
    }

    #[rstest]
    #[case::int("{ a(x: 1) l(x: 1) m(x: [1]) f(x: 1) i(x: 1) }")]
    #[case::texts("{ s(x: \"a\") i(x: \"\"\"a\"\"\") f(x: 1.5e3) t(x: true) e(x: A) }")]
    #[case::null("{ a(x: null) l(x: [null]) o(x: null) }")]
    #[case::default_of_the_place("query ($v: Int) { b(x: $v) o(x: {r: 1, d: $v}) }")]
    #[case::default_of_the_variable("query ($v: Int = 1) { c(x: $v) }")]
    #[case::variable_of_a_stricter_type("query ($v: [Int!]!, $w: Int!) { l(x: $v) x: l(x: [$w]) }")]
    #[case::any("query ($v: Any) { any(x: {a: [99999999999999999999, $v]}) }")]
    #[case::one_of("query ($v: Int!) { one(x: {a: $v}) }")]
    #[case::no_object_for_a_scalar("{ a(x: {}) }")]
    #[case::type_name("{ __typename u { __typename } }")]
    #[case::introspection(
        "{ __schema { types { fields { type { interfaces { name } } } } } __type(name: \"a\") { isOneOf } }"
    )]
    #[case::deferred("{ ... @defer(if: true, label: \"a\") { a } }")]
    #[case::repeatable("{ a @many @many }")]
    #[case::operations("query A { a } query B { a } mutation C { m }")]
    #[case::fragment_of_two_operations(
        "query A($v: Int) { ...F } query B($v: Int) { ...F } fragment F on Query { a(x: $v) }"
    )]
    #[case::fragment_with_variables("{ ...F } fragment F($v: Nope = 1) on Query { a }")]
    #[case::one_field_twice("subscription { s x: s }")]
    #[case::interface_of_the_object("{ n { ... on J { d { __typename } } } j { ... on N { a } } }")]
    #[case::merged("{ a a n { d { a } d { b } } n { a } }")]
    #[case::never_together("{ u { ... on N { x: a } ... on M { x: b } } }")]
    #[case::lists_are_not_compared("{ l(x: [1]) l(x: [2]) }")]
    #[case::nothing("")]
    fn a_query_that_holds(#[case] query: &str) {
        assert_eq!(verdict(query), Ok(()));
    }

    #[rstest]
    #[case::field("{ z }")]
    #[case::field_of_a_union("{ u { a } }")]
    #[case::introspection_is_of_queries("mutation { __schema { description } }")]
    #[case::leaf_with_selection("{ a { b } }")]
    #[case::object_without_selection("{ n }")]
    #[case::argument("{ a(y: 1) }")]
    #[case::argument_twice("{ a(x: 1, x: 1) }")]
    #[case::argument_missing("{ c }")]
    #[case::argument_null("{ c(x: null) }")]
    #[case::argument_null_with_default("{ b(x: null) }")]
    #[case::int_out_of_range("{ a(x: 99999999999999999999) }")]
    #[case::float_for_int("{ a(x: 1.0) }")]
    #[case::float_out_of_range("{ f(x: 1e999) }")]
    #[case::float_for_id("{ i(x: 1.0) }")]
    #[case::list_for_int("{ a(x: []) }")]
    #[case::list_too_deep("{ l(x: [[1]]) }")]
    #[case::object_for_int("{ a(x: {y: 1}) }")]
    #[case::bool_for_int("{ a(x: true) }")]
    #[case::int_for_bool("{ t(x: 1) }")]
    #[case::enum_for_string("{ s(x: A) }")]
    #[case::string_for_enum("{ e(x: \"A\") }")]
    #[case::no_value_of_the_enum("{ e(x: C) }")]
    #[case::int_for_object("{ o(x: 1) }")]
    #[case::input_field("{ o(x: {r: 1, z: 1}) }")]
    #[case::input_field_twice("{ o(x: {r: 1, r: 1}) }")]
    #[case::input_field_missing("{ o(x: {i: {r: 1}}) }")]
    #[case::input_field_missing_below("{ o(x: {r: 1, l: [{}]}) }")]
    #[case::input_field_null("{ o(x: {r: 1, d: null}) }")]
    #[case::number_out_of_range_within("{ w(x: {any: 99999999999999999999}) }")]
    #[case::none_of_one("{ one(x: {}) }")]
    #[case::two_of_one("{ one(x: {a: 1, b: 1}) }")]
    #[case::null_of_one("{ one(x: {a: null}) }")]
    #[case::variable_of_one("query ($v: Int) { one(x: {a: $v}) }")]
    #[case::variable_undefined("{ a(x: $v) }")]
    #[case::variable_undefined_in_any("{ any(x: {a: $v}) }")]
    #[case::variable_undefined_in_one_operation(
        "query A($v: Int) { ...F } query B { ...F } fragment F on Query { a(x: $v) }"
    )]
    #[case::variable_unused("query ($v: Int) { a }")]
    #[case::variable_twice("query ($v: Int, $v: Int) { a(x: $v) }")]
    #[case::variable_of_no_type("query ($v: Z) { any(x: $v) }")]
    #[case::variable_of_an_output_type("query ($v: N) { any(x: $v) }")]
    #[case::variable_nullable("query ($v: Int) { c(x: $v) }")]
    #[case::variable_with_null("query ($v: Int = null) { c(x: $v) }")]
    #[case::variable_for_a_list("query ($v: Int) { l(x: $v) }")]
    #[case::variable_in_a_field("query ($v: Int) { o(x: {r: $v}) }")]
    #[case::variable_with_a_wrong_default("query ($v: Int = \"a\") { a(x: $v) }")]
    #[case::variable_of_a_condition("query ($v: Boolean) { a @skip(if: $v) }")]
    #[case::directive("{ a @z }")]
    #[case::directive_elsewhere("query @skip(if: true) { a }")]
    #[case::directive_of_schemas("{ a @deprecated }")]
    #[case::directive_twice("{ a @skip(if: true) @skip(if: true) }")]
    #[case::directive_argument("{ a @skip(if: true, x: 1) }")]
    #[case::directive_argument_missing("{ a @with }")]
    #[case::directive_argument_of_a_wrong_type("{ a @include(if: 1) }")]
    #[case::directive_of_a_variable("query ($v: Int @with(x: 1)) { a(x: $v) }")]
    #[case::directive_of_a_fragment("{ ...F } fragment F on Query @with(x: null) { a }")]
    #[case::operation_twice("query A { a } query A { a }")]
    #[case::anonymous_among_others("{ a } query A { a }")]
    #[case::two_anonymous("{ a } { a }")]
    #[case::fragment_unknown("{ ...F }")]
    #[case::fragment_unused("{ a } fragment F on Query { a }")]
    #[case::fragment_used_by_an_unused_one(
        "{ a } fragment F on Query { ...G } fragment G on Query { a }"
    )]
    #[case::fragment_twice("{ ...F } fragment F on Query { a } fragment F on Query { a }")]
    #[case::fragment_in_itself(
        "{ ...F } fragment F on Query { n { ...G } } fragment G on N { d { ...G } }"
    )]
    #[case::fragment_on_nothing("{ ...F } fragment F on Z { a }")]
    #[case::fragment_on_an_enum("{ ...F } fragment F on E { a }")]
    #[case::inline_on_nothing("{ ... on Z { a } }")]
    #[case::inline_on_a_scalar("{ ... on Int { a } }")]
    #[case::never_such_an_object("{ n { ... on M { a } } }")]
    #[case::never_such_an_interface("{ j { ... on K { d { __typename } } } }")]
    #[case::spread_never_such_an_object("{ n { ...F } } fragment F on M { a }")]
    #[case::two_fields("subscription { s t }")]
    #[case::two_fields_in_a_fragment(
        "subscription { ...F } fragment F on Subscription { s ... { t } }"
    )]
    #[case::introspection_of_a_subscription("subscription { __typename }")]
    #[case::introspection_too_deep(
        "{ __type(name: \"a\") { ...F } } fragment F on __Type { fields { type { inputFields { type { possibleTypes { name } } } } } }"
    )]
    #[case::other_field("{ x: a x: b }")]
    #[case::other_arguments("{ a a(x: 1) }")]
    #[case::other_values("{ a(x: 1) a(x: 2) }")]
    #[case::other_field_below("{ n { d { x: a } d { x: b } } }")]
    #[case::other_field_in_a_fragment("{ n { x: b ...F } } fragment F on N { x: a }")]
    #[case::other_field_in_two_fragments(
        "{ n { ...F ...G } } fragment F on N { x: a } fragment G on N { x: b }"
    )]
    #[case::other_field_in_fragments_below(
        "{ n { d { ...F } d { ...G } } } fragment F on N { x: a } fragment G on N { ...H } fragment H on N { x: b }"
    )]
    #[case::other_field_within_an_unmerged_fragment(
        "{ n { ...F } } fragment F on N { d { x: a ... { x: b } } }"
    )]
    #[case::other_type("{ u { ... on N { x: a } ... on M { x: a } } }")]
    #[case::other_null("{ u { ... on N { x: e } ... on M { x: b } } }")]
    #[case::other_list("{ u { ... on N { x: c } ... on M { x: b } } }")]
    fn a_query_that_breaks_a_rule(#[case] query: &str) {
        let found = verdict(query);
        assert!(
            matches!(found, Err(super::super::checked::Refusal::Invalid(_))),
            "{found:?}"
        );
    }

    #[rstest]
    #[case("type Query { a: Int }", "mutation { a }", false)]
    #[case(
        "type Query { a: Int } type Mutation { a: Int }",
        "mutation { a }",
        true
    )]
    #[case(
        "schema { query: Query } type Query { a: Int } type Mutation { a: Int }",
        "mutation { a }",
        false
    )]
    #[case(
        "extend schema { mutation: Q } type Q { a: Int } type Query { b: Int }",
        "mutation { a }",
        true
    )]
    #[case("extend type Query { a: Int }", "{ a }", true)]
    #[case(
        "type Query { a: Int } directive @skip on QUERY",
        "query @skip { a }",
        true
    )]
    #[case(
        "type Query { a: Int } directive @skip on QUERY",
        "{ a @skip(if: true) }",
        false
    )]
    #[case("type Query { i: I } interface I { a: Int }", "{ i { a } }", true)]
    #[case(
        "type Query { i: I } interface I { a: Int }",
        "{ i { ... on I { a } } }",
        false
    )]
    fn a_query_is_judged_by_its_schema(
        #[case] schema: &str,
        #[case] query: &str,
        #[case] holds: bool,
    ) {
        let document = parse_schema(schema).unwrap();
        let effort = Effort::new();
        let schema = Schema::new(&document, &effort).unwrap();
        let verdict = check(&schema, &parse_query(query).unwrap(), &effort);
        assert_eq!(verdict.is_ok(), holds, "{verdict:?}");
    }
}
