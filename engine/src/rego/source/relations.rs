//! `[path, value] := walk(x)` as `walk(x, [path, value])`: in OPA `walk(x)` stands for one pair after the other, in
//! regorus for a list of all, which no `[path, value]` fits.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, Module as Ast, NodeRef};

use super::calls::rule_names;
use super::extent::index;
use crate::rego::edits::Edit;
use crate::rego::reference::{import_alias, package_path, start_of};
use crate::rego::walk::{Node, walk, walk_rule};

/// The edits of each module.
pub(in crate::rego) fn relations(modules: &[NodeRef<Ast>]) -> Vec<Vec<Edit>> {
    let rules: BTreeMap<Vec<String>, BTreeSet<String>> = rule_names(modules);
    modules
        .iter()
        .map(|module| {
            let mut names = rules
                .get(&package_path(module))
                .cloned()
                .unwrap_or_default();
            names.extend(module.imports.iter().filter_map(import_alias));
            module_edits(module, &names)
        })
        .collect()
}

fn module_edits(module: &Ast, names: &BTreeSet<String>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            if let Node::Statement(statement) = node
                && let Literal::Expr { expr, .. } = &statement.literal
                && let Expr::AssignExpr { lhs, rhs, .. } = expr.as_ref()
            {
                edits.extend(relation(lhs, rhs, names).into_iter().flatten());
            }
        });
    }
    edits
}

/// The edits of one statement; None where it is another, or cannot be rewritten within its line.
fn relation(pattern: &Expr, call: &Expr, names: &BTreeSet<String>) -> Option<[Edit; 2]> {
    let Expr::Call {
        span, fcn, params, ..
    } = call
    else {
        return None;
    };
    let is_walk = matches!(fcn.as_ref(), Expr::Var { span, .. } if span.text() == "walk");
    if !is_walk || params.len() != 1 || names.contains("walk") {
        return None;
    }
    if !matches!(pattern, Expr::Var { .. } | Expr::Array { .. }) {
        return None;
    }
    // What `:=` declares would be the rule of that name in a pattern.
    let mut is_plain = true;
    walk(pattern, &mut |node| {
        if let Node::Expr(Expr::Var { span, .. }) = node {
            is_plain &= !names.contains(span.text());
        }
    });
    let text = span.source.contents();
    let start = index(start_of(pattern).start)?;
    let function = index(start_of(fcn).start)?;
    let close = index(span.end)?.checked_sub(1)?;
    let written = text.get(start..function)?.trim_end();
    let written = written.strip_suffix(":=").or(written.strip_suffix('='))?;
    let is_one_line = !text.get(start..close)?.contains('\n');
    if !is_plain || !is_one_line || text.get(close..=close)? != ")" {
        return None;
    }
    let removed = Edit {
        start,
        end: function,
        text: String::new(),
    };
    let added = Edit {
        start: close,
        end: close,
        text: format!(", {}", written.trim_end()),
    };
    Some([removed, added])
}
