//! How deep a query may look into a schema.

use super::ast::{Field, Selection};
use super::checked::{Checked, invalid};
use super::query_rules::Rules;

impl Rules<'_, '_> {
    /// Lists of types within lists of types make introspection answer with more than anybody can read.
    pub(super) fn introspection_depth(&self, field: &Field, lists: usize) -> Checked {
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
