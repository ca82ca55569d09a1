//! Fragments by their names, and that none is part of itself.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Fragment, QueryDocument, Selection};
use super::checked::{Checked, Effort, invalid};

/// The fragments of a document; no two may have one name.
pub(super) fn by_name(document: &QueryDocument) -> Checked<BTreeMap<&str, &Fragment>> {
    let mut fragments = BTreeMap::new();
    for fragment in &document.fragments {
        if fragments.insert(fragment.name.as_str(), fragment).is_some() {
            return invalid(format!(
                "There can be only one fragment named {:?}",
                fragment.name
            ));
        }
    }
    Ok(fragments)
}

/// Refuses a fragment that spreads itself, through others too.
pub(super) fn refuse_cycles(
    document: &QueryDocument,
    fragments: &BTreeMap<&str, &Fragment>,
    effort: &Effort,
) -> Checked {
    let mut spreads: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for fragment in &document.fragments {
        let found = spreads.entry(&fragment.name).or_default();
        collect(&fragment.selection_set, found, effort)?;
        found.retain(|name| fragments.contains_key(name));
    }
    // Fragments whose spreads are all known to end are taken away until none is left, or only those in cycles.
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut spread_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (fragment, names) in &spreads {
        effort.spend(names.len() + 1)?;
        open.insert(fragment, names.len());
        for name in names {
            spread_by.entry(name).or_default().push(fragment);
        }
    }
    let mut ended: Vec<&str> = spreads
        .iter()
        .filter(|(_, names)| names.is_empty())
        .map(|(fragment, _)| *fragment)
        .collect();
    let mut count = 0;
    while let Some(fragment) = ended.pop() {
        count += 1;
        for user in spread_by.get(fragment).into_iter().flatten() {
            if let Some(left) = open.get_mut(user) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    ended.push(user);
                }
            }
        }
    }
    if count < spreads.len() {
        return invalid("Cannot spread a fragment within itself");
    }
    Ok(())
}

/// The names that selections spread.
fn collect<'doc>(
    selections: &'doc [Selection],
    names: &mut BTreeSet<&'doc str>,
    effort: &Effort,
) -> Checked {
    effort.deeper(|| {
        for selection in selections {
            effort.spend(1)?;
            match selection {
                Selection::Field(field) => collect(&field.selection_set, names, effort)?,
                Selection::Inline(inline) => collect(&inline.selection_set, names, effort)?,
                Selection::Spread(spread) => {
                    names.insert(&spread.name);
                }
            }
        }
        Ok(())
    })
}
