//! A value of a rule that is undefined leaves the rule to what stands behind `else`, in OPA: its compiler makes the
//! value a part of the body. regorus takes the branch whose body holds, and then has no value.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Module as Ast, Rule, RuleAssign, RuleBody, RuleHead};

use super::calls::rule_names;
use super::extent::index;
use super::tokens::{Kind, tokens};
use crate::rego::edits::Edit;
use crate::rego::reference::{import_alias, package_path};

/// What the name of a value that became a part of its body starts with.
const PREFIX: &str = "soc2gate_value_";

/// The changes to each module, in their order.
pub(in crate::rego) fn values(modules: &[impl AsRef<Ast>]) -> Vec<Vec<Edit>> {
    let names = rule_names(modules);
    modules
        .iter()
        .map(AsRef::as_ref)
        .map(|module| {
            let text = module.package.span.source.contents();
            let mut rules = names
                .get(&package_path(module))
                .cloned()
                .unwrap_or_default();
            rules.extend(module.imports.iter().filter_map(import_alias));
            if text.contains(PREFIX) {
                return Vec::new();
            }
            let branches = module.policy.iter().flat_map(|rule| branches(rule));
            branches
                .filter(|(assign, _)| !is_defined(&assign.value, &rules))
                .enumerate()
                .filter_map(|(count, (assign, body))| edits(text, count + 1, assign, body))
                .flatten()
                .collect()
        })
        .collect()
}

/// The value and the body of each branch that an `else` follows.
fn branches(rule: &Rule) -> Vec<(&RuleAssign, &RuleBody)> {
    let Rule::Spec { head, bodies, .. } = rule else {
        return Vec::new();
    };
    let first = match head {
        RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. } => assign.as_ref(),
        RuleHead::Set { .. } => return Vec::new(),
    };
    let followed = bodies
        .iter()
        .zip(bodies.iter().skip(1))
        .enumerate()
        .filter(|(_, (_, next))| next.is_else);
    followed
        .filter_map(|(at, (body, _))| {
            let assign = if at == 0 { first } else { body.assign.as_ref() };
            Some((assign?, body))
        })
        .collect()
}

/// Whether an expression has a value wherever its variables do.
fn is_defined(expr: &Expr, rules: &BTreeSet<String>) -> bool {
    match expr {
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => true,
        Expr::Var { span, .. } => !rules.contains(span.text()) && span.text() != "input",
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().all(|item| is_defined(item, rules))
        }
        Expr::Object { fields, .. } => fields
            .iter()
            .all(|(_, key, value)| is_defined(key, rules) && is_defined(value, rules)),
        _ => false,
    }
}

/// The value as the last statement of the body.
fn edits(text: &str, count: usize, assign: &RuleAssign, body: &RuleBody) -> Option<Vec<Edit>> {
    let (first, last) = (body.query.stmts.first()?, body.query.stmts.last()?);
    let (start, end) = (index(first.span.start)?, index(last.span.end)?);
    let (from, to) = (index(assign.span.start)?, index(assign.span.end)?);
    let written = text.get(from..to)?;
    let value = written.trim_start_matches([':', '=']);
    let from = from + (written.len() - value.len());
    if tokens(value)
        .iter()
        .any(|token| token.kind == Kind::Comment)
    {
        return None;
    }
    let name = format!("{PREFIX}{count}");
    let lines = "\n".repeat(value.matches('\n').count());
    // A body of one expression has no braces.
    let is_bare = text
        .get(..start)?
        .trim_end()
        .strip_suffix("if")
        .is_some_and(|rest| rest.ends_with(char::is_whitespace));
    let (open, close) = if is_bare { ("{ ", " }") } else { ("", "") };
    Some(vec![
        Edit {
            start: from,
            end: to,
            text: format!(" {name}{lines}"),
        },
        Edit {
            start,
            end: start,
            text: open.to_owned(),
        },
        Edit {
            start: end,
            end,
            text: format!("; {name} := {}{close}", value.trim().replace('\n', " ")),
        },
    ])
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    fn rewritten(rule: &str) -> String {
        let text = format!("package a\n\n{rule}\n\nr := 1");
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", &text)]);
        assert_eq!(problems, []);
        let text = parsed.modules[0].text.to_string();
        let rule = text.strip_prefix("package a\n\n").unwrap();
        rule.strip_suffix("\n\nr := 1").unwrap().to_owned()
    }

    #[test]
    fn a_value_before_an_else_is_part_of_its_body() {
        assert_eq!(
            rewritten("f(x) := x.y if x else := [r,\n\t1] if {\n\tx.z # why\n} else := input.a"),
            "f(x) := soc2gate_value_1 if { x; soc2gate_value_1 := x.y } else := soc2gate_value_2\n if {\n\tx.z; soc2gate_value_2 := [r, \t1] # why\n} else := input.a"
        );
    }

    #[test]
    fn a_value_that_is_there_stays() {
        for rule in [
            "p := input.a if input.b",
            "p := 1 if input.b else := input.c",
            "f(x) := [x, {\"k\": null}] if x else := input.c",
            "p := [x | x := input.y] if input.b else := 2",
        ] {
            assert_eq!(rewritten(rule), rule);
        }
    }
}
