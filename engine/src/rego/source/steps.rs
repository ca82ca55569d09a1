//! The steps of the pass that need the syntax tree. One after another: what moves in one step may hold what another
//! step changes.

use std::collections::BTreeSet;

use regorus::unstable::{Module as Ast, NodeRef};

use super::annotations::metadata_calls;
use super::calls::{Calls, calls};
use super::empties::empties;
use super::every::every;
use super::iterations::Collections;
use super::members::members;
use super::names::Names;
use super::patterns::patterns;
use super::relations::relations;
use super::statements::statements;
use super::values::values;
use super::{Rewriting, nesting, problem};
use crate::rego::parse::parse;
use crate::rego::{Module, RegoProblem, RegoVersion};
use crate::threads;

/// A module and its syntax tree.
type Tree = (Module, NodeRef<Ast>);

/// How often a step changes what it changed itself: how deep negations may stand in operands of negations.
const MAX_DEPTH: usize = 32;

/// What is said of a file whose changes make no module.
const UNREADABLE: &str = "this file cannot be read as OPA reads it";

/// What a step finds in one module.
type Step = fn(&Tree, &Around<'_>) -> Rewriting;

/// What a step knows of the other modules.
struct Around<'a> {
    names: &'a Names,
    collections: &'a Collections<'a>,
}

/// The steps that look at a module alone.
const APART: &[Step] = &[for_members, for_every, for_patterns, for_values];

/// Those that look at what has become of all modules by then.
const TOGETHER: &[Step] = &[for_statements, for_relations];

/// Rewrites what regorus reads otherwise than OPA. A module in which that cannot be done is a problem: evaluated as it
/// stands, its rules might say less than in OPA.
pub(in crate::rego) fn finish(
    modules: &[Module],
    asts: &[NodeRef<Ast>],
) -> (Vec<Tree>, Vec<RegoProblem>) {
    let mut parsed: Vec<Tree> = modules.iter().cloned().zip(asts.iter().cloned()).collect();
    let empties = empties(&parsed);
    let mut names = Names::new(asts);
    let (found, more) = for_calls(asts, &names);
    let found: Vec<(&Tree, Rewriting)> = parsed.iter().zip(found).collect();
    let called = threads::map(&found, |(entry, found)| changed(entry, found));
    let mut problems: Vec<(usize, RegoProblem)> = Vec::new();
    parsed = gathered(called, &mut problems, 0);
    if let Some(more) = more.and_then(with_tree) {
        parsed.push(more);
        names = Names::new(&trees(&parsed));
    }
    for (number, steps) in [(1, APART), (1 + APART.len(), TOGETHER)] {
        let asts = trees(&parsed);
        let around = Around {
            names: &names,
            collections: &Collections::new(&asts),
        };
        let changed = threads::map(&parsed, |entry| through(steps, entry, &around));
        parsed = gathered(changed, &mut problems, number);
    }
    // As the steps come one after another, and within a step in the order of the modules.
    problems.sort_by_key(|(step, _)| *step);
    let mut problems: Vec<RegoProblem> = problems.into_iter().map(|(_, found)| found).collect();
    for made in empties {
        match with_tree(made.clone()) {
            Some(entry) => parsed.push(entry),
            None => problems.push(unreadable(&made)),
        }
    }
    // What was not changed has been looked at before.
    let before: BTreeSet<*const u8> = modules.iter().map(|module| module.text.as_ptr()).collect();
    let mut finished = Vec::with_capacity(parsed.len());
    for (module, tree) in parsed {
        if before.contains(&module.text.as_ptr()) || nesting::check(&module).is_ok() {
            finished.push((module.finished(), tree));
        } else {
            problems.push(unreadable(&module));
        }
    }
    (finished, problems)
}

/// A module after some steps, and what could not be changed with the number of the step.
type Changed = (Tree, Vec<(usize, RegoProblem)>);

/// The modules, and what could not be changed, the steps counted from a number on.
fn gathered(
    changed: Vec<Changed>,
    problems: &mut Vec<(usize, RegoProblem)>,
    number: usize,
) -> Vec<Tree> {
    let mut gathered = Vec::with_capacity(changed.len());
    for (entry, found) in changed {
        gathered.push(entry);
        problems.extend(
            found
                .into_iter()
                .map(|(step, found)| (number + step, found)),
        );
    }
    gathered
}

/// Takes a module through some steps, each as often as there is something left to change.
fn through(steps: &[Step], entry: &Tree, around: &Around<'_>) -> Changed {
    let mut entry = entry.clone();
    let mut problems = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        for depth in 0.. {
            let found = step(&entry, around);
            let more;
            (entry, more) = changed(&entry, &found);
            let is_stuck = !more.is_empty();
            problems.extend(more.into_iter().map(|(_, found)| (number, found)));
            if !found.is_unfinished || is_stuck {
                break;
            }
            if depth == MAX_DEPTH {
                problems.push((number, unreadable(&entry.0)));
                break;
            }
        }
    }
    (entry, problems)
}

/// A module after the changes of one step.
fn changed(entry: &Tree, found: &Rewriting) -> Changed {
    let refused = refused(&entry.0, found);
    if !refused.is_empty() || found.edits.is_empty() {
        let refused = refused.into_iter().map(|problem| (0, problem)).collect();
        return (entry.clone(), refused);
    }
    match entry.0.changed(found.edits.clone()).and_then(with_tree) {
        Some(changed) => (changed, Vec::new()),
        None => (entry.clone(), vec![(0, unreadable(&entry.0))]),
    }
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

fn trees(parsed: &[Tree]) -> Vec<NodeRef<Ast>> {
    parsed.iter().map(|(_, tree)| tree.clone()).collect()
}

fn for_calls(trees: &[NodeRef<Ast>], names: &Names) -> (Vec<Rewriting>, Option<Module>) {
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

fn for_members((_, tree): &Tree, _: &Around<'_>) -> Rewriting {
    members(tree)
}

fn for_every((_, tree): &Tree, around: &Around<'_>) -> Rewriting {
    every(tree, around.names)
}

fn for_patterns((module, tree): &Tree, around: &Around<'_>) -> Rewriting {
    patterns(tree, around.names, is_old(module))
}

fn for_values((module, tree): &Tree, around: &Around<'_>) -> Rewriting {
    values(tree, around.names, is_old(module))
}

/// Whether a module is Rego v0.
fn is_old(module: &Module) -> bool {
    module.version == Some(RegoVersion::V0)
}

fn for_statements((_, tree): &Tree, around: &Around<'_>) -> Rewriting {
    statements(tree, around.names, around.collections)
}

fn for_relations((_, tree): &Tree, around: &Around<'_>) -> Rewriting {
    relations(tree, around.names)
}

fn with_tree(module: Module) -> Option<Tree> {
    let tree = parse(&module).ok()?;
    Some((module, tree))
}
