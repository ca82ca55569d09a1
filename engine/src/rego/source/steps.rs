//! The steps of the pass that need the syntax tree. One after another: what moves in one step may hold what another
//! step changes.

use regorus::unstable::{Module as Ast, NodeRef, Parser, Source};

use super::annotations::metadata_calls;
use super::calls::{Calls, calls};
use super::empties::empties;
use super::every::every;
use super::members::members;
use super::names::Names;
use super::patterns::patterns;
use super::relations::relations;
use super::statements::statements;
use super::values::values;
use super::{Rewriting, problem};
use crate::rego::{Module, RegoProblem, RegoVersion, length_limits};

/// Changes to each module, and a module that they need.
type Changes = (Vec<Rewriting>, Option<Module>);

/// Modules and their syntax trees, in the same order.
type Trees = Vec<(Module, NodeRef<Ast>)>;

/// How often a step changes what it changed itself: how deep negations may stand in operands of negations.
const MAX_DEPTH: usize = 32;

/// What is said of a file whose changes make no module.
const UNREADABLE: &str = "this file cannot be read as OPA reads it";

/// Rewrites what regorus reads otherwise than OPA. A module in which that cannot be done is a problem: evaluated as it
/// stands, its rules might say less than in OPA.
pub(in crate::rego) fn finish(
    modules: &[Module],
    asts: &[NodeRef<Ast>],
) -> (Vec<Module>, Vec<RegoProblem>) {
    let mut problems = Vec::new();
    let mut parsed: Trees = modules.iter().cloned().zip(asts.iter().cloned()).collect();
    let empties = empties(&parsed);
    let mut names = Names::new(asts);
    for step in [
        for_calls,
        for_members,
        for_every,
        for_patterns,
        for_values,
        for_statements,
        for_relations,
    ] {
        for depth in 0.. {
            let (found, more) = step(&parsed, &names);
            let is_unfinished = found.iter().any(|found| found.is_unfinished);
            for (entry, found) in parsed.iter_mut().zip(found) {
                let before = problems.len();
                problems.extend(refused(&entry.0, &found));
                if found.edits.is_empty() || problems.len() > before {
                    continue;
                }
                match entry.0.changed(found.edits).and_then(with_tree) {
                    Some(changed) => *entry = changed,
                    None => problems.push(unreadable(&entry.0)),
                }
            }
            if let Some(more) = more.and_then(with_tree) {
                parsed.push(more);
                names = Names::new(&trees(&parsed));
            }
            if !is_unfinished || !problems.is_empty() {
                break;
            }
            if depth == MAX_DEPTH {
                problems.extend(parsed.first().map(|(module, _)| unreadable(module)));
                break;
            }
        }
    }
    let modules = parsed.into_iter().map(|(module, _)| module.finished());
    let modules = modules.chain(empties);
    (modules.collect(), problems)
}

/// The problem of a module that cannot be rewritten.
pub(in crate::rego) fn unreadable(module: &Module) -> RegoProblem {
    problem(module, 0, UNREADABLE)
}

/// What a step cannot change, at its place in the author's text.
fn refused(module: &Module, found: &Rewriting) -> Vec<RegoProblem> {
    found
        .refused
        .iter()
        .map(|(at, message)| {
            let at = usize::try_from(*at).unwrap_or(usize::MAX);
            problem(module, at, message).original(std::slice::from_ref(module))
        })
        .collect()
}

fn trees(parsed: &Trees) -> Vec<NodeRef<Ast>> {
    parsed.iter().map(|(_, tree)| tree.clone()).collect()
}

fn for_calls(parsed: &Trees, names: &Names) -> Changes {
    let trees = &trees(parsed);
    let Calls {
        mut edits,
        functions,
    } = calls(trees, names);
    for (edits, metadata) in edits.iter_mut().zip(metadata_calls(trees)) {
        edits.extend(metadata);
    }
    let functions = functions.map(|text| Module::made("builtins", &text));
    (edits.into_iter().map(Rewriting::from).collect(), functions)
}

fn for_members(parsed: &Trees, _: &Names) -> Changes {
    (members(&trees(parsed)), None)
}

fn for_every(parsed: &Trees, names: &Names) -> Changes {
    (every(&trees(parsed), names), None)
}

fn for_patterns(parsed: &Trees, names: &Names) -> Changes {
    (patterns(&trees(parsed), names, &old(parsed)), None)
}

fn for_values(parsed: &Trees, names: &Names) -> Changes {
    (values(&trees(parsed), names, &old(parsed)), None)
}

/// Which modules are Rego v0.
fn old(parsed: &Trees) -> Vec<bool> {
    let is_old = |module: &Module| module.version == Some(RegoVersion::V0);
    parsed.iter().map(|(module, _)| is_old(module)).collect()
}

fn for_statements(parsed: &Trees, names: &Names) -> Changes {
    (statements(&trees(parsed), names), None)
}

fn for_relations(parsed: &Trees, names: &Names) -> Changes {
    (relations(&trees(parsed), names), None)
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
