//! What `every` goes through is not known to regorus where something is unified: in `every x in xs { x = 1 }` it takes
//! any `x` for 1. So a name of its own goes through the elements, and `x` is what that is.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module as Ast, Query};

use super::extent::{Layout, index, insertion};
use super::names::Names;
use super::{Rewriting, next_number};
use crate::rego::edits::Edit;
use crate::rego::walk::{Node, walk_query, walk_rule};

/// What the name of an element starts with.
pub(super) const PREFIX: &str = "soc2gate_each_";

/// The changes to each module, in their order.
pub(super) fn every(module: &Ast, names: &Names) -> Rewriting {
    let text = module.package.span.source.contents();
    let layout = OnceCell::new();
    let rules = names.references(module);
    let mut number = next_number(text, PREFIX);
    let mut found = Rewriting::default();
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            if let Node::Statement(statement) = node
                && let Literal::Every {
                    key, value, query, ..
                } = &statement.literal
            {
                let unified = unified(query, &|call| names.functions.result(module, &rules, call));
                let variables = key.iter().chain([value]);
                let variables: Vec<_> = variables
                    .filter(|variable| {
                        unified.contains(variable.text()) && !variable.text().starts_with(PREFIX)
                    })
                    .collect();
                if variables.is_empty() {
                    return;
                }
                let mut edits = Vec::new();
                let mut statements = String::new();
                for variable in variables {
                    let name = format!("{PREFIX}{number}");
                    number += 1;
                    statements.push_str(&format!("{} := {name}; ", variable.text()));
                    edits.extend(renamed((variable.start, variable.end), name));
                }
                let layout = layout.get_or_init(|| Layout::new(text));
                let start = query.stmts.first().and_then(|first| start(layout, first));
                edits.extend(start.map(|start| insertion(start, statements)));
                found.edits.extend(edits);
            }
        });
    }
    found
}

fn renamed((start, end): (u32, u32), name: String) -> Option<Edit> {
    Some(Edit {
        start: index(start)?,
        end: index(end)?,
        text: name,
    })
}

fn start(layout: &Layout<'_>, statement: &LiteralStmt) -> Option<usize> {
    layout.statement(statement).map(|(start, _)| start)
}

/// The variables that are unified in a body.
fn unified<'q>(query: &'q Query, result: &dyn Fn(&Expr) -> Option<&Expr>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    walk_query(query, &mut |node| {
        let Node::Statement(statement) = node else {
            return;
        };
        let (Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. }) = &statement.literal
        else {
            return;
        };
        match expr.as_ref() {
            Expr::AssignExpr {
                op: AssignOp::Eq,
                lhs,
                rhs,
                ..
            } => {
                variables(lhs, &mut found);
                variables(rhs, &mut found);
            }
            other => {
                if let Some(result) = result(other) {
                    variables(result, &mut found);
                }
            }
        }
    });
    found
}

/// The variables of a pattern.
fn variables(pattern: &Expr, found: &mut BTreeSet<String>) {
    match pattern {
        Expr::Var { span, .. } => {
            found.insert(span.text().to_owned());
        }
        Expr::Array { items, .. } => items.iter().for_each(|item| variables(item, found)),
        Expr::Object { fields, .. } => {
            for (_, _, value) in fields {
                variables(value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    fn rewritten(rule: &str) -> String {
        let text = format!("package a\n\n{rule}");
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", &text)]);
        assert_eq!(problems, []);
        let text = parsed.modules[0].text.to_string();
        text.strip_prefix("package a\n\n").unwrap().to_owned()
    }

    #[test]
    fn what_is_unified_is_known() {
        for (rule, expected) in [
            (
                "p if every x in [1] { x = 1 }",
                "p if every soc2gate_each_1 in [1] { x := soc2gate_each_1; x = 1 }",
            ),
            (
                "p if every k, v in [1] {\n\tk >= 0 # a\n\tcount([1], v)\n}",
                "p if every k, soc2gate_each_1 in [1] {\n\tv := soc2gate_each_1; k >= 0 # a\n\tcount([1], v)\n}",
            ),
            (
                "p if every x in [1] { every y in [x] { x = y } }",
                "p if every soc2gate_each_1 in [1] { x := soc2gate_each_1; every soc2gate_each_2 in [x] { y := soc2gate_each_2; x = y } }",
            ),
            (
                "p if every x in [1] { x == 1; y := x; count([y]) == x }",
                "p if every x in [1] { x == 1; y := x; count([y]) == x }",
            ),
        ] {
            assert_eq!(rewritten(rule), expected);
        }
    }
}
