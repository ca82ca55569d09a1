//! Fields of one response name must be the same field (section 5.3.2 of the specification), as gqlparser checks it.
//!
//! Runs on queries that hold by all other rules, so types, fields and fragments are there.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Argument, Field, QueryDocument, Selection, Type};
use super::checked::{Checked, invalid};
use super::query_rules::Rules;
use super::schema::TypeDefinition;
use super::sdl::{DefinitionKind, FieldDefinition};

/// Checks every selection set of a query.
pub(super) fn check<'doc>(rules: &Rules<'_, 'doc>, document: &'doc QueryDocument) -> Checked {
    let mut merging = Merging {
        rules,
        compared: BTreeSet::new(),
    };
    for operation in &document.operations {
        if let Some(root) = rules.schema.root(operation.kind) {
            merging.set(Set::new(&operation.selection_set, root))?;
        }
    }
    for fragment in &document.fragments {
        let on = rules.type_condition(&fragment.type_condition)?;
        merging.set(Set::new(&fragment.selection_set, on))?;
    }
    Ok(())
}

/// Selections on a type.
#[derive(Clone, Copy)]
struct Set<'check, 'doc> {
    selections: &'doc [Selection],
    on: &'check TypeDefinition<'check>,
}

impl<'check, 'doc> Set<'check, 'doc> {
    fn new(selections: &'doc [Selection], on: &'check TypeDefinition<'check>) -> Self {
        Self { selections, on }
    }
}

/// A field with its type and the type that it is of.
#[derive(Clone, Copy)]
struct Selected<'check, 'doc> {
    field: &'doc Field,
    definition: &'check FieldDefinition,
    parent: &'check TypeDefinition<'check>,
}

/// What a set selects: fields by their names in the response, and the fragments that it spreads.
#[derive(Default)]
struct Collected<'check, 'doc> {
    fields: BTreeMap<&'doc str, Vec<Selected<'check, 'doc>>>,
    spreads: Vec<&'doc str>,
}

struct Merging<'check, 'rules, 'doc> {
    rules: &'rules Rules<'check, 'doc>,
    /// Fragments that were compared with each other, with whether only one of the two can apply.
    compared: BTreeSet<(&'doc str, &'doc str, bool)>,
}

impl<'check, 'doc> Merging<'check, '_, 'doc> {
    /// A selection set and all within it, but for what its fragments hold.
    fn set(&mut self, set: Set<'check, 'doc>) -> Checked {
        self.within(set)?;
        let rules = self.rules;
        rules.effort.deeper(|| {
            for selection in set.selections {
                match selection {
                    Selection::Field(field) => {
                        if let Some(below) = self.below(field, set.on) {
                            self.set(below)?;
                        }
                    }
                    Selection::Inline(inline) => {
                        let on = self.inline_type(&inline.type_condition, set.on)?;
                        self.set(Set::new(&inline.selection_set, on))?;
                    }
                    Selection::Spread(_) => {}
                }
            }
            Ok(())
        })
    }

    fn inline_type(
        &self,
        condition: &str,
        parent: &'check TypeDefinition<'check>,
    ) -> Checked<&'check TypeDefinition<'check>> {
        if condition.is_empty() {
            return Ok(parent);
        }
        self.rules.type_condition(condition)
    }

    /// The selections below a field.
    fn below(
        &self,
        field: &'doc Field,
        parent: &TypeDefinition<'check>,
    ) -> Option<Set<'check, 'doc>> {
        if field.selection_set.is_empty() {
            return None;
        }
        let definition = parent.selectable(&field.name)?;
        let on = self.rules.schema.type_named(definition.of.name())?;
        Some(Set::new(&field.selection_set, on))
    }

    fn collect(&self, set: Set<'check, 'doc>, into: &mut Collected<'check, 'doc>) -> Checked {
        self.rules.effort.deeper(|| {
            for selection in set.selections {
                self.rules.effort.spend(1)?;
                match selection {
                    Selection::Field(field) => {
                        if let Some(definition) = set.on.selectable(&field.name) {
                            let selected = Selected {
                                field,
                                definition,
                                parent: set.on,
                            };
                            let same = into.fields.entry(field.response_name());
                            same.or_default().push(selected);
                        }
                    }
                    Selection::Inline(inline) => {
                        let on = self.inline_type(&inline.type_condition, set.on)?;
                        self.collect(Set::new(&inline.selection_set, on), into)?;
                    }
                    Selection::Spread(spread) => into.spreads.push(&spread.name),
                }
            }
            Ok(())
        })
    }

    fn collected(&self, set: Set<'check, 'doc>) -> Checked<Collected<'check, 'doc>> {
        let mut collected = Collected::default();
        self.collect(set, &mut collected)?;
        Ok(collected)
    }

    fn fragment(&self, name: &str) -> Checked<Option<Collected<'check, 'doc>>> {
        let Some(fragment) = self.rules.fragments.get(name) else {
            return Ok(None);
        };
        let on = self.rules.type_condition(&fragment.type_condition)?;
        self.collected(Set::new(&fragment.selection_set, on))
            .map(Some)
    }

    /// Compares what one selection set selects with itself.
    fn within(&mut self, set: Set<'check, 'doc>) -> Checked {
        let own = self.collected(set)?;
        for fields in own.fields.values() {
            for (at, one) in fields.iter().enumerate() {
                for other in fields.iter().skip(at + 1) {
                    self.pair(*one, *other, false)?;
                }
            }
        }
        let mut seen = BTreeSet::new();
        for (at, name) in own.spreads.iter().enumerate() {
            self.with_fragment(&own, name, false, &mut seen)?;
            for other in own.spreads.iter().skip(at + 1) {
                self.fragments(name, other, false)?;
            }
        }
        Ok(())
    }

    /// Compares fields with those of a fragment and of the fragments that it spreads.
    fn with_fragment(
        &mut self,
        own: &Collected<'check, 'doc>,
        name: &'doc str,
        exclusive: bool,
        seen: &mut BTreeSet<&'doc str>,
    ) -> Checked {
        if !seen.insert(name) {
            return Ok(());
        }
        let Some(fragment) = self.fragment(name)? else {
            return Ok(());
        };
        let rules = self.rules;
        rules.effort.deeper(|| {
            self.between(own, &fragment, exclusive)?;
            for name in &fragment.spreads {
                self.with_fragment(own, name, exclusive, seen)?;
            }
            Ok(())
        })
    }

    /// Compares two fragments, and each with those that the other spreads.
    fn fragments(&mut self, one: &'doc str, other: &'doc str, exclusive: bool) -> Checked {
        let rules = self.rules;
        rules.effort.spend(1)?;
        let key = (one.min(other), one.max(other));
        if one == other
            || self.compared.contains(&(key.0, key.1, false))
            || !self.compared.insert((key.0, key.1, exclusive))
        {
            return Ok(());
        }
        let (Some(left), Some(right)) = (self.fragment(one)?, self.fragment(other)?) else {
            return Ok(());
        };
        rules.effort.deeper(|| {
            self.between(&left, &right, exclusive)?;
            for name in &right.spreads {
                self.fragments(one, name, exclusive)?;
            }
            for name in &left.spreads {
                self.fragments(name, other, exclusive)?;
            }
            Ok(())
        })
    }

    /// Compares the fields of two sets that have one name in the response.
    fn between(
        &mut self,
        left: &Collected<'check, 'doc>,
        right: &Collected<'check, 'doc>,
        exclusive: bool,
    ) -> Checked {
        for (name, ones) in &left.fields {
            self.rules.effort.spend(1)?;
            let others = right.fields.get(name).map_or(&[][..], Vec::as_slice);
            for one in ones {
                for other in others {
                    self.pair(*one, *other, exclusive)?;
                }
            }
        }
        Ok(())
    }

    /// Compares two fields; `exclusive` where only one of them can be in a response.
    fn pair(
        &mut self,
        one: Selected<'check, 'doc>,
        other: Selected<'check, 'doc>,
        exclusive: bool,
    ) -> Checked {
        let rules = self.rules;
        rules.effort.spend(1)?;
        let is_object = |selected: &Selected| selected.parent.kind == DefinitionKind::Object;
        let exclusive = exclusive
            || one.parent.name != other.parent.name && is_object(&one) && is_object(&other);
        let name = one.field.response_name();
        if !exclusive {
            if one.field.name != other.field.name {
                return invalid(format!(
                    "Fields {name:?} conflict because {:?} and {:?} are different fields",
                    one.field.name, other.field.name
                ));
            }
            let (ones, others) = (&one.field.arguments, &other.field.arguments);
            rules
                .effort
                .spend(ones.len().saturating_mul(others.len()))?;
            if !same_arguments(ones, others) {
                return invalid(format!(
                    "Fields {name:?} conflict because they have differing arguments"
                ));
            }
        }
        let (left, right) = (&one.definition.of, &other.definition.of);
        if self.conflict(left, right) {
            return invalid(format!(
                "Fields {name:?} conflict because they return conflicting types \"{left}\" and \"{right}\""
            ));
        }
        let (Some(left), Some(right)) = (
            self.below(one.field, one.parent),
            self.below(other.field, other.parent),
        ) else {
            return Ok(());
        };
        rules.effort.deeper(|| self.sets(left, right, exclusive))
    }

    fn sets(
        &mut self,
        left: Set<'check, 'doc>,
        right: Set<'check, 'doc>,
        exclusive: bool,
    ) -> Checked {
        let (left, right) = (self.collected(left)?, self.collected(right)?);
        self.between(&left, &right, exclusive)?;
        for (own, spreads) in [(&left, &right.spreads), (&right, &left.spreads)] {
            let mut seen = BTreeSet::new();
            for name in spreads {
                self.with_fragment(own, name, exclusive, &mut seen)?;
            }
        }
        for one in &left.spreads {
            for other in &right.spreads {
                self.fragments(one, other, exclusive)?;
            }
        }
        Ok(())
    }

    /// Whether two types cannot stand for one name: their lists, nulls or leaves differ.
    fn conflict(&self, one: &Type, other: &Type) -> bool {
        match (&one.elem, &other.elem) {
            (Some(one), Some(other)) => return self.conflict(one, other),
            (None, None) => {}
            _ => return true,
        }
        let leaf = |of: &Type| {
            let definition = self.rules.schema.type_named(&of.named);
            definition.is_some_and(|definition| definition.kind.is_leaf())
        };
        one.non_null != other.non_null || leaf(one) && leaf(other) && one.named != other.named
    }
}

/// Whether two fields are given the same. As in OPA lists and objects count as the same, whatever they hold.
fn same_arguments(ones: &[Argument], others: &[Argument]) -> bool {
    ones.len() == others.len()
        && ones.iter().all(|one| {
            others.iter().any(|other| {
                one.name == other.name
                    && one.value.kind == other.value.kind
                    && one.value.raw == other.value.raw
            })
        })
}
