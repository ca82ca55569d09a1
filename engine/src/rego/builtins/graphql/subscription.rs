//! What a subscription may select (section 5.2.3 of the specification).

use std::collections::BTreeSet;

use super::ast::{Operation, Selection};
use super::checked::{Checked, invalid};
use super::query_rules::Rules;

impl<'doc> Rules<'_, 'doc> {
    /// A subscription selects one field, which is not of introspection.
    pub(super) fn single_field(&self, operation: &'doc Operation) -> Checked {
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
}
