//! The steps of the pass that need the syntax tree. One after another: what moves in one step may hold what another
//! step changes.

use regorus::unstable::{Module as Ast, NodeRef, Parser, Source};

use super::annotations::metadata_calls;
use super::calls::{Calls, calls};
use super::relations::relations;
use super::statements::statements;
use super::values::values;
use crate::rego::edits::Edit;
use crate::rego::{Module, RegoProblem, RegoVersion, length_limits};

/// Changes to each module, and a module that they need.
type Changes = (Vec<Vec<Edit>>, Option<Module>);

/// Modules and their syntax trees, in the same order.
type Trees = Vec<(Module, NodeRef<Ast>)>;

/// Rewrites what regorus reads otherwise than OPA. A module in which that cannot be done is a problem: evaluated as it
/// stands, its rules might say less than in OPA.
pub(in crate::rego) fn finish(
    modules: &[Module],
    asts: &[NodeRef<Ast>],
) -> (Vec<Module>, Vec<RegoProblem>) {
    let mut problems = Vec::new();
    let mut parsed: Trees = modules.iter().cloned().zip(asts.iter().cloned()).collect();
    for step in [for_calls, for_values] {
        let (edits, more) = step(&parsed);
        for (entry, edits) in parsed.iter_mut().zip(edits) {
            if edits.is_empty() {
                continue;
            }
            match entry.0.changed(edits).and_then(with_tree) {
                Some(changed) => *entry = changed,
                None => problems.push(unreadable(&entry.0)),
            }
        }
        parsed.extend(more.and_then(with_tree));
    }
    // The last step needs no trees of its own: whoever evaluates the modules parses them.
    let last = statements(&trees(&parsed));
    let mut finished = Vec::with_capacity(parsed.len());
    for ((module, _), edits) in parsed.into_iter().zip(last) {
        let module = if edits.is_empty() {
            Some(module)
        } else {
            let changed = module.changed(edits);
            if changed.is_none() {
                problems.push(unreadable(&module));
            }
            changed
        };
        finished.extend(module.map(Module::finished));
    }
    (finished, problems)
}

/// The problem of a module that cannot be rewritten.
pub(in crate::rego) fn unreadable(module: &Module) -> RegoProblem {
    RegoProblem {
        file: module.file.to_string(),
        line: 1,
        column: 1,
        message: "this file cannot be read as OPA reads it".to_owned(),
    }
}

fn trees(parsed: &Trees) -> Vec<NodeRef<Ast>> {
    parsed.iter().map(|(_, tree)| tree.clone()).collect()
}

fn for_calls(parsed: &Trees) -> Changes {
    let trees = &trees(parsed);
    let Calls {
        mut edits,
        functions,
    } = calls(trees);
    let others = metadata_calls(trees).into_iter().zip(relations(trees));
    for (edits, (metadata, relations)) in edits.iter_mut().zip(others) {
        edits.extend(metadata);
        edits.extend(relations);
    }
    let functions = functions.map(|text| Module::made("builtins", &text));
    (edits, functions)
}

fn for_values(parsed: &Trees) -> Changes {
    let is_old = |module: &Module| module.version == Some(RegoVersion::V0);
    let old: Vec<bool> = parsed.iter().map(|(module, _)| is_old(module)).collect();
    (values(&trees(parsed), &old), None)
}

fn with_tree(module: Module) -> Option<(Module, NodeRef<Ast>)> {
    let source = Source::from_contents(module.file.to_string(), module.text.to_string()).ok()?;
    let mut parser = Parser::new(&source).ok()?;
    parser.set_max_col(length_limits().max_col);
    if module.version != Some(RegoVersion::V0) {
        parser.enable_rego_v1().ok()?;
    }
    let tree = parser.parse().ok()?;
    Some((module, NodeRef::new(tree)))
}
