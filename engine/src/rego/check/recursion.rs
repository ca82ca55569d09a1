//! Rules that depend on themselves, and rules that ask for too much of the stack.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Module as Ast, NodeRef, Span};

use super::{CheckKind, Checker};
use crate::rego::chains::{self, Edges, Written};
use crate::rego::paths::around;
use crate::rego::reference::{Scope, head, package_path, static_path};

impl Checker<'_> {
    fn is_function(&self, path: &Vec<String>) -> bool {
        let declared = self.rules.get(path);
        declared.is_some_and(|declared| !declared.arities.is_empty())
    }

    /// Reports rules that depend on themselves, or only functions that do, and rules that ask for too much of the stack.
    pub(super) fn recursion(&mut self, modules: &[NodeRef<Ast>], only_functions: bool) {
        let mut edges = Edges::new();
        let mut calls = Edges::new();
        for (rule, paths) in &self.graph {
            let targets = paths.iter().flat_map(|path| around(&self.rules, path));
            edges.insert(rule, targets.map(|(target, _)| target).collect());
            // A reference to all of a package does not call its functions, and a rule that comes by itself is found when
            // it is evaluated.
            let functions = paths.iter().filter(|path| self.is_function(path));
            calls.insert(rule, functions.collect());
        }
        let followed = if only_functions { &calls } else { &edges };
        let cyclic: BTreeSet<&Vec<String>> = chains::components(followed)
            .into_iter()
            .filter(|component| match component.as_slice() {
                [only] => followed
                    .get(only)
                    .is_some_and(|targets| targets.contains(only)),
                _ => true,
            })
            .flatten()
            .collect();
        let mut problems: Vec<(&Vec<String>, &str)> = Vec::new();
        for rule in cyclic {
            let is_wanted = !only_functions || self.is_function(rule);
            if is_wanted && self.rules.contains_key(rule) {
                problems.push((rule, "depends on itself"));
            }
        }
        if problems.is_empty() {
            problems = chains::too_long(&edges, &written(modules));
        }
        let problems: Vec<(Span, String)> = problems
            .into_iter()
            .filter_map(|(rule, what)| {
                let message = format!("rule {} {what}", rule.join("."));
                Some((self.rules.get(rule)?.span.clone(), message))
            })
            .collect();
        for (span, message) in problems {
            self.report(CheckKind::Recursion, &span, message);
        }
    }
}

/// The rules of modules by their paths, each with where it stands.
fn written(modules: &[NodeRef<Ast>]) -> BTreeMap<Vec<String>, Vec<Written<'_>>> {
    let mut written: BTreeMap<Vec<String>, Vec<Written<'_>>> = BTreeMap::new();
    for module in modules {
        let package = package_path(module);
        for rule in &module.policy {
            let name = static_path(head(rule).0).unwrap_or_default();
            let path = [package.clone(), name].concat();
            let scope = Scope {
                rule: path.clone(),
                package: package.clone(),
                imports: &module.imports,
            };
            written
                .entry(path)
                .or_default()
                .push(Written { rule, scope });
        }
    }
    written
}
