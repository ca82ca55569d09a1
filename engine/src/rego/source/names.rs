//! What the names of a set of modules stand for. No step changes that, so it is found once for all of them.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::Module as Ast;

use super::results::Functions;
use crate::rego::reference::{head, import_alias, package_path, static_path};

/// The names of the rules of a set of modules.
pub(super) struct Names {
    rules: BTreeMap<Vec<String>, BTreeSet<String>>,
    pub(super) functions: Functions,
}

impl Names {
    pub(super) fn new(modules: &[impl AsRef<Ast>]) -> Self {
        let mut rules: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for module in modules.iter().map(AsRef::as_ref) {
            let names = module
                .policy
                .iter()
                .filter_map(|rule| static_path(head(rule).0)?.into_iter().next());
            rules.entry(package_path(module)).or_default().extend(names);
        }
        Self {
            rules,
            functions: Functions::new(modules),
        }
    }

    /// The rules of a module's package.
    pub(super) fn rules(&self, module: &Ast) -> Option<&BTreeSet<String>> {
        self.rules.get(&package_path(module))
    }

    /// The names of a module that are references though they look like variables: the rules of its package, and its
    /// imports.
    pub(super) fn references(&self, module: &Ast) -> BTreeSet<String> {
        let mut names = self.rules(module).cloned().unwrap_or_default();
        names.extend(module.imports.iter().filter_map(import_alias));
        names
    }
}
