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

    /// A subscription selects one field, which is not of introspection.
    fn single_field(&self, operation: &'doc Operation) -> Checked {
        let mut names = BTreeSet::new();
        let mut seen = BTreeSet::new();
        self.top_fields(&operation.selection_set, &mut names, &mut seen)?;
        if names.len() > 1 {
            return invalid("Subscription must select only one top level field");
        }
        if names.iter().any(|name| name.starts_with("__")) {
            return invalid("Subscription must not select an introspection top level field");
        }
        Ok(())
    }

    fn top_fields(
        &self,
        selections: &'doc [Selection],
        names: &mut BTreeSet<&'doc str>,
        seen: &mut BTreeSet<&'doc str>,
    ) -> Checked {
        self.effort.deeper(|| {
            for selection in selections {
                self.effort.spend(1)?;
                match selection {
                    Selection::Field(field) => {
                        names.insert(&field.name);
                    }
                    Selection::Inline(inline) => {
                        self.top_fields(&inline.selection_set, names, seen)?;
                    }
                    Selection::Spread(spread) => {
                        if let Some(fragment) = self.fragments.get(spread.name.as_str())
                            && seen.insert(&spread.name)
                        {
                            self.top_fields(&fragment.selection_set, names, seen)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }

    /// Lists of types within lists of types make introspection answer with more than anybody can read.
    fn introspection_depth(&self, field: &Field, lists: usize) -> Checked {
        let is_list = matches!(
            field.name.as_str(),
            "fields" | "interfaces" | "possibleTypes" | "inputFields"
        );
        let lists = lists + usize::from(is_list);
        if lists >= 3 {
            return invalid("Maximum introspection depth exceeded");
        }
        self.introspection_depth_of(&field.selection_set, lists)
    }

    fn introspection_depth_of(&self, selections: &[Selection], lists: usize) -> Checked {
        self.effort.deeper(|| {
            for selection in selections {
                self.effort.spend(1)?;
                match selection {
                    Selection::Field(field) => self.introspection_depth(field, lists)?,
                    Selection::Inline(inline) => {
                        self.introspection_depth_of(&inline.selection_set, lists)?;
                    }
                    Selection::Spread(spread) => {
                        if let Some(fragment) = self.fragments.get(spread.name.as_str()) {
                            self.introspection_depth_of(&fragment.selection_set, lists)?;
                        }
                    }
                }
            }
            Ok(())
        })
    }
}
