//! Rules that depend on themselves, and rules that ask for too much of the stack.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Module as Ast, NodeRef};

use super::{CheckKind, Known, found_at};
use crate::rego::RegoProblem;
use crate::rego::chains::{self, Edges, Graph, Path, Written};
use crate::rego::reference::{Scope, head, package_path, static_path};

impl Known<'_> {
    fn is_function(&self, path: &[String]) -> bool {
        let declared = self.rules.get(path);
        declared.is_some_and(|declared| !declared.arities.is_empty())
    }

    /// Rules that depend on themselves, or only functions that do, and rules that ask for too much of the stack.
    pub(super) fn recursion(
        &self,
        named: &BTreeMap<Path, BTreeSet<Path>>,
        modules: &[NodeRef<Ast>],
        only_functions: bool,
    ) -> Vec<(CheckKind, RegoProblem)> {
        let numbered = named.keys().zip(0..);
        let rules = numbered.filter(|(path, _)| self.rules.get(path).is_some());
        let graph = Graph {
            paths: named.keys().collect(),
            numbers: rules.map(|(path, at)| (path.as_slice(), at)).collect(),
        };
        let edges = edges_of(named, |path| graph.numbers.around(path));
        // A reference to all of a package does not call its functions, and a rule that comes by itself is found when
        // it is evaluated.
        let function = |path: &Path| graph.numbers.get(path).filter(|_| self.is_function(path));
        let calls = only_functions.then(|| edges_of(named, function));
        let followed = calls.as_ref().unwrap_or(&edges);
        let mut cyclic: Vec<usize> = chains::components(followed)
            .into_iter()
            .filter(|component| match component.as_slice() {
                [only] => followed
                    .get(*only)
                    .is_some_and(|targets| targets.contains(only)),
                _ => true,
            })
            .flatten()
            .collect();
        cyclic.sort_unstable();
        let is_wanted = |rule: &usize| {
            let path = graph.paths.get(*rule);
            !only_functions || path.is_some_and(|path| self.is_function(path))
        };
        let cyclic = cyclic.into_iter().filter(is_wanted);
        let mut problems: Vec<(usize, &str)> =
            cyclic.map(|rule| (rule, "depends on itself")).collect();
        if problems.is_empty() {
            problems = chains::too_long(&graph, &edges, &written(modules));
        }
        problems
            .into_iter()
            .filter_map(|(rule, what)| {
                let path = graph.paths.get(rule)?;
                let message = format!("rule {} {what}", path.join("."));
                let span = &self.rules.get(path)?.span;
                Some(found_at(CheckKind::Recursion, span, message))
            })
            .collect()
    }
}

/// What each rule asks for, where the paths that it names lead to.
fn edges_of<'a, I: IntoIterator<Item = &'a usize>>(
    named: &BTreeMap<Path, BTreeSet<Path>>,
    leads_to: impl Fn(&Path) -> I,
) -> Edges {
    let of_rule = |named: &BTreeSet<Path>| {
        let mut targets: Vec<usize> = named.iter().flat_map(&leads_to).copied().collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    };
    named.values().map(of_rule).collect()
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
