//! A schema made of its definitions, its extensions and the prelude.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Directive, OperationKind};
use super::checked::{Checked, Effort, Refusal, invalid};
use super::prelude::{PRELUDE, REDEFINABLE, ROOT_FIELDS, TYPE_NAME};
use super::schema_rules;
use super::sdl::{
    Definition, DefinitionKind, DirectiveDefinition, EnumValueDefinition, FieldDefinition,
    SchemaDocument,
};

/// A type with what its extensions add.
#[derive(Debug)]
pub(super) struct TypeDefinition<'doc> {
    pub(super) name: &'doc str,
    pub(super) kind: DefinitionKind,
    pub(super) built_in: bool,
    /// Whether an object of it has just one field (`@oneOf`).
    pub(super) is_one_of: bool,
    pub(super) directives: Vec<&'doc Directive>,
    pub(super) interfaces: Vec<&'doc str>,
    pub(super) fields: Vec<&'doc FieldDefinition>,
    pub(super) members: Vec<&'doc str>,
    pub(super) enum_values: Vec<&'doc EnumValueDefinition>,
    field_by_name: BTreeMap<&'doc str, &'doc FieldDefinition>,
    enum_names: BTreeSet<&'doc str>,
}

impl<'doc> TypeDefinition<'doc> {
    fn new(definition: &'doc Definition) -> Self {
        Self {
            name: &definition.name,
            kind: definition.kind,
            built_in: definition.built_in,
            is_one_of: false,
            directives: Vec::new(),
            interfaces: Vec::new(),
            fields: Vec::new(),
            members: Vec::new(),
            enum_values: Vec::new(),
            field_by_name: BTreeMap::new(),
            enum_names: BTreeSet::new(),
        }
    }

    fn extend(&mut self, definition: &'doc Definition) {
        for directive in &definition.directives {
            self.directives.push(directive);
            self.is_one_of |= directive.name == "oneOf";
        }
        self.interfaces
            .extend(definition.interfaces.iter().map(String::as_str));
        self.members
            .extend(definition.types.iter().map(String::as_str));
        for value in &definition.enum_values {
            self.enum_values.push(value);
            self.enum_names.insert(&value.name);
        }
        self.add_fields(&definition.fields);
    }

    fn add_fields(&mut self, fields: &'doc [FieldDefinition]) {
        for field in fields {
            self.fields.push(field);
            self.field_by_name.entry(&field.name).or_insert(field);
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&'doc FieldDefinition> {
        self.field_by_name.get(name).copied()
    }

    /// A field that a query may select: one of the type's own, or the one that every type has.
    pub(super) fn selectable(&self, name: &str) -> Option<&'doc FieldDefinition> {
        if name == "__typename" {
            return Some(&TYPE_NAME);
        }
        self.field(name)
    }

    pub(super) fn has_enum_value(&self, name: &str) -> bool {
        self.enum_names.contains(name)
    }
}

/// A schema that holds by the rules.
#[derive(Debug)]
pub(super) struct Schema<'doc> {
    pub(super) types: BTreeMap<&'doc str, TypeDefinition<'doc>>,
    pub(super) directives: BTreeMap<&'doc str, &'doc DirectiveDefinition>,
    /// What an object of a type may be: itself, the members of a union, what implements an interface.
    possible: BTreeMap<&'doc str, BTreeSet<&'doc str>>,
    query: Option<&'doc str>,
    mutation: Option<&'doc str>,
    subscription: Option<&'doc str>,
}

impl<'doc> Schema<'doc> {
    /// Puts a schema together and checks it.
    pub(super) fn new(document: &'doc SchemaDocument, effort: &Effort) -> Checked<Self> {
        let mut schema = Self {
            types: BTreeMap::new(),
            directives: BTreeMap::new(),
            possible: BTreeMap::new(),
            query: None,
            mutation: None,
            subscription: None,
        };
        schema.define_types(document, effort)?;
        schema.find_possible_types(effort)?;
        schema.define_directives(document)?;
        schema.find_roots(document)?;
        schema_rules::check(&schema, document, effort)?;
        if document.schema.is_empty() {
            schema.infer_roots();
        }
        if let Some(query) = schema.query.and_then(|name| schema.types.get_mut(name)) {
            query.add_fields(&ROOT_FIELDS);
        }
        Ok(schema)
    }

    pub(super) fn type_named(&self, name: &str) -> Option<&TypeDefinition<'doc>> {
        self.types.get(name)
    }

    pub(super) fn root(&self, operation: OperationKind) -> Option<&TypeDefinition<'doc>> {
        let name = match operation {
            OperationKind::Query => self.query,
            OperationKind::Mutation => self.mutation,
            OperationKind::Subscription => self.subscription,
        };
        name.and_then(|name| self.type_named(name))
    }

    /// Whether an object of one type may be one of another.
    pub(super) fn is_possible(&self, of: &str, name: &str) -> bool {
        self.possible
            .get(of)
            .is_some_and(|possible| possible.contains(name))
    }

    /// Whether some object may be of both types; false where one of them has no objects.
    pub(super) fn overlap(&self, one: &str, other: &str, effort: &Effort) -> Checked<bool> {
        let (Some(one), Some(other)) = (self.possible.get(one), self.possible.get(other)) else {
            return Ok(false);
        };
        let (small, large) = if one.len() < other.len() {
            (one, other)
        } else {
            (other, one)
        };
        effort.spend(small.len())?;
        Ok(small.iter().any(|name| large.contains(name)))
    }

    fn define_types(&mut self, document: &'doc SchemaDocument, effort: &Effort) -> Checked {
        for definition in PRELUDE.definitions.iter().chain(&document.definitions) {
            effort.spend(1)?;
            let mut defined = TypeDefinition::new(definition);
            defined.extend(definition);
            if self.types.insert(&definition.name, defined).is_some() {
                return invalid(format!("Cannot redeclare type {}", definition.name));
            }
        }
        for extension in &document.extensions {
            effort.spend(1)?;
            let defined = self
                .types
                .entry(&extension.name)
                .or_insert_with(|| TypeDefinition {
                    built_in: false,
                    ..TypeDefinition::new(extension)
                });
            if defined.kind != extension.kind {
                return invalid(format!(
                    "Cannot extend type {} because the base type is a {}, not {}",
                    extension.name,
                    defined.kind.name(),
                    extension.kind.name()
                ));
            }
            defined.extend(extension);
        }
        Ok(())
    }

    fn find_possible_types(&mut self, effort: &Effort) -> Checked {
        for defined in self.types.values() {
            match defined.kind {
                DefinitionKind::Union => {
                    effort.spend(defined.members.len())?;
                    self.possible
                        .entry(defined.name)
                        .or_default()
                        .extend(&defined.members);
                }
                DefinitionKind::Object
                | DefinitionKind::InputObject
                | DefinitionKind::Interface => {
                    effort.spend(defined.interfaces.len())?;
                    for interface in &defined.interfaces {
                        self.possible
                            .entry(interface)
                            .or_default()
                            .insert(defined.name);
                    }
                    if defined.kind != DefinitionKind::Interface {
                        self.possible
                            .entry(defined.name)
                            .or_default()
                            .insert(defined.name);
                    }
                }
                DefinitionKind::Scalar | DefinitionKind::Enum | DefinitionKind::Unnamed => {}
            }
        }
        Ok(())
    }

    fn define_directives(&mut self, document: &'doc SchemaDocument) -> Checked {
        for definition in PRELUDE.directives.iter().chain(&document.directives) {
            let name = definition.name.as_str();
            if self.directives.insert(name, definition).is_some() && !REDEFINABLE.contains(&name) {
                return invalid(format!("Cannot redeclare directive {name}"));
            }
        }
        Ok(())
    }

    fn find_roots(&mut self, document: &'doc SchemaDocument) -> Checked {
        if document.schema.len() > 1 {
            return invalid(
                "Cannot have multiple schema entry points, consider schema extensions instead",
            );
        }
        let roots = document.schema.iter().chain(&document.schema_extension);
        for root in roots.flat_map(|schema| &schema.operation_types) {
            if !self.types.contains_key(root.of.as_str()) {
                return invalid(format!(
                    "Schema root {} refers to a type {} that does not exist",
                    root.operation.keyword(),
                    root.of
                ));
            }
            *self.root_name(root.operation) = Some(&root.of);
        }
        Ok(())
    }

    /// Without a definition of the schema, the types of operations are known by their names.
    fn infer_roots(&mut self) {
        for (operation, name) in [
            (OperationKind::Query, "Query"),
            (OperationKind::Mutation, "Mutation"),
            (OperationKind::Subscription, "Subscription"),
        ] {
            let known = self.types.get(name).map(|defined| defined.name);
            let root = self.root_name(operation);
            *root = root.or(known);
        }
    }

    fn root_name(&mut self, operation: OperationKind) -> &mut Option<&'doc str> {
        match operation {
            OperationKind::Query => &mut self.query,
            OperationKind::Mutation => &mut self.mutation,
            OperationKind::Subscription => &mut self.subscription,
        }
    }
}

/// The type of a name; an error where there is none.
pub(super) fn defined<'schema, 'doc>(
    schema: &'schema Schema<'doc>,
    name: &str,
) -> Checked<&'schema TypeDefinition<'doc>> {
    schema
        .type_named(name)
        .ok_or_else(|| Refusal::Invalid(format!("Undefined type {name}")))
}
