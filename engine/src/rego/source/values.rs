//! What a rule's head computes is a part of its body, in OPA: its compiler puts it there. So a value that is undefined
//! leaves a rule to its `else`, and a key that is undefined is one element less of a set. regorus takes the branch
//! whose body holds and then has no value, and loses the other elements or fails.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Module as Ast, Rule, RuleBody, RuleHead};

use super::calls::rule_names;
use super::extent::{Extent, end_of, index, movable};
use super::tokens::{Kind, tokens};
use crate::rego::edits::Edit;
use crate::rego::reference::{import_alias, package_path};

/// What the name of a value that became a part of its body starts with.
const PREFIX: &str = "soc2gate_value_";

/// The changes to each module, in their order. `old` says which are Rego v0, in which a body has no `if`.
pub(in crate::rego) fn values(modules: &[impl AsRef<Ast>], old: &[bool]) -> Vec<Vec<Edit>> {
    let names = rule_names(modules);
    modules
        .iter()
        .map(AsRef::as_ref)
        .zip(old)
        .map(|(module, is_old)| {
            let mut rules = names
                .get(&package_path(module))
                .cloned()
                .unwrap_or_default();
            rules.extend(module.imports.iter().filter_map(import_alias));
            let mut search = Search {
                text: module.package.span.source.contents(),
                rules,
                is_old: *is_old,
                count: 0,
                edits: Vec::new(),
            };
            if !search.text.contains(PREFIX) {
                module.policy.iter().for_each(|rule| search.rule(rule));
            }
            search.edits
        })
        .collect()
}

struct Search<'a> {
    text: &'a str,
    /// Names that are references though they look like variables.
    rules: BTreeSet<String>,
    is_old: bool,
    count: usize,
    edits: Vec<Edit>,
}

impl Search<'_> {
    fn rule(&mut self, rule: &Rule) {
        let Rule::Spec { span, head, bodies } = rule else {
            return;
        };
        let mut parts: Vec<&Expr> = Vec::new();
        let is_followed = bodies.get(1).is_some_and(|next| next.is_else);
        match head {
            RuleHead::Set { refr, key, .. } => {
                parts.extend(indexes(refr));
                parts.extend(key.iter().map(AsRef::as_ref));
            }
            RuleHead::Compr { refr, assign, .. } => {
                let keys = indexes(refr);
                let value = assign.iter().map(|assign| assign.value.as_ref());
                let is_partial = !keys.is_empty();
                parts.extend(keys);
                parts.extend(value.filter(|value| is_partial || is_followed || iterates(value)));
            }
            RuleHead::Func { assign, .. } => {
                let value = assign.iter().map(|assign| assign.value.as_ref());
                parts.extend(value.filter(|value| is_followed || iterates(value)));
            }
        }
        // The head belongs to every body that is no `else`.
        let own: Vec<&RuleBody> = bodies.iter().filter(|body| !body.is_else).collect();
        let end = index(span.start).and_then(|start| end_of(self.text, start, span.end));
        self.move_into(&parts, &own, end);
        for (body, next) in bodies.iter().zip(bodies.iter().skip(1)) {
            if let (true, true, Some(assign)) = (body.is_else, next.is_else, &body.assign) {
                self.move_into(&[&assign.value], &[body], None);
            }
        }
    }

    /// Puts what a head computes at the end of bodies; where there is none, into a body behind `end`.
    fn move_into(&mut self, parts: &[&Expr], bodies: &[&RuleBody], end: Option<usize>) {
        let parts: Option<Vec<Extent>> = parts
            .iter()
            .filter(|part| !self.is_defined(part))
            .map(|part| movable(self.text, part))
            .collect();
        let Some(parts) = parts.filter(|parts| !parts.is_empty()) else {
            return;
        };
        if let Some(edits) = self.moved(&parts, bodies, end) {
            self.edits.extend(edits);
        }
    }

    fn moved(
        &mut self,
        parts: &[Extent],
        bodies: &[&RuleBody],
        end: Option<usize>,
    ) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        let mut statements = Vec::new();
        for (from, to) in parts {
            let written = self.text.get(*from..*to)?;
            // A comment would take the rest of the line.
            if tokens(written)
                .iter()
                .any(|token| token.kind == Kind::Comment)
            {
                return None;
            }
            self.count += 1;
            let name = format!("{PREFIX}{}", self.count);
            statements.push(format!("{name} := {}", written.replace('\n', " ")));
            let lines = "\n".repeat(written.matches('\n').count());
            edits.push(Edit {
                start: *from,
                end: *to,
                text: format!("{name}{lines}"),
            });
        }
        let statements = statements.join("; ");
        if bodies.is_empty() {
            let end = end?;
            edits.push(Edit {
                start: end,
                end,
                text: format!(
                    " {}{{ {statements} }}",
                    if self.is_old { "" } else { "if " }
                ),
            });
        }
        for body in bodies {
            let (first, last) = (body.query.stmts.first()?, body.query.stmts.last()?);
            let start = index(first.span.start)?;
            let end = end_of(self.text, index(last.span.start)?, last.span.end)?;
            // A body of one expression has no braces.
            let is_bare = self
                .text
                .get(..start)?
                .trim_end()
                .strip_suffix("if")
                .is_some_and(|rest| rest.ends_with(char::is_whitespace));
            let (open, close) = if is_bare { ("{ ", " }") } else { ("", "") };
            edits.push(Edit {
                start,
                end: start,
                text: open.to_owned(),
            });
            edits.push(Edit {
                start: end,
                end,
                text: format!("; {statements}{close}"),
            });
        }
        Some(edits)
    }

    /// Whether an expression has a value wherever its variables do.
    fn is_defined(&self, expr: &Expr) -> bool {
        match expr {
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. }
            | Expr::ArrayCompr { .. }
            | Expr::SetCompr { .. }
            | Expr::ObjectCompr { .. } => true,
            Expr::Var { span, .. } => !self.rules.contains(span.text()) && span.text() != "input",
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().all(|item| self.is_defined(item))
            }
            Expr::Object { fields, .. } => fields
                .iter()
                .all(|(_, key, value)| self.is_defined(key) && self.is_defined(value)),
            _ => false,
        }
    }
}

/// The computed parts of a rule's name.
fn indexes(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::RefDot { refr, .. } => indexes(refr),
        Expr::RefBrack { refr, index, .. } => {
            let mut found = indexes(refr);
            found.push(index);
            found
        }
        _ => Vec::new(),
    }
}

/// Whether an expression goes through the elements of something, `input.list[_].name`; what a comprehension goes through
/// is its own.
fn iterates(expr: &Expr) -> bool {
    match expr {
        Expr::RefDot { .. } | Expr::RefBrack { .. } => indexes(expr)
            .iter()
            .any(|index| matches!(index, Expr::Var { .. }) || iterates(index)),
        Expr::Call { params, .. } => params.iter().any(|param| iterates(param)),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().any(|item| iterates(item))
        }
        Expr::Object { fields, .. } => fields
            .iter()
            .any(|(_, key, value)| iterates(key) || iterates(value)),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. } => iterates(lhs) || iterates(rhs),
        Expr::UnaryExpr { expr, .. } => iterates(expr),
        _ => false,
    }
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
    fn what_a_head_computes_is_part_of_every_body() {
        for (rule, expected) in [
            (
                "p contains x.a if some x in [r]",
                "p contains soc2gate_value_1 if { some x in [r]; soc2gate_value_1 := x.a }",
            ),
            (
                "p[x.a] := [x.b] if {\n\tsome x in [r]\n}",
                "p[soc2gate_value_1] := soc2gate_value_2 if {\n\tsome x in [r]; soc2gate_value_1 := x.a; soc2gate_value_2 := [x.b]\n}",
            ),
            (
                "p contains {\"a\": input.a}",
                "p contains soc2gate_value_1 if { soc2gate_value_1 := {\"a\": input.a} }",
            ),
            (
                "p contains x[\"a\"] if x := input[\"b\"] # c",
                "p contains soc2gate_value_1 if { x := input[\"b\"]; soc2gate_value_1 := x[\"a\"] } # c",
            ),
            (
                "p contains input.x if r == \"b\"",
                "p contains soc2gate_value_1 if { r == \"b\"; soc2gate_value_1 := input.x }",
            ),
            (
                "p := input.l[_].a",
                "p := soc2gate_value_1 if { soc2gate_value_1 := input.l[_].a }",
            ),
        ] {
            assert_eq!(rewritten(rule), expected);
        }
    }

    #[test]
    fn a_value_that_is_there_stays() {
        for rule in [
            "p := input.a if input.b",
            "p contains x if some x in [input.l]",
            "p[i] := x if some i, x in [input.l]",
            "p.q := 1 if input.b else := input.c",
            "f(x) := [x, {\"k\": null}] if x else := input.c",
            "p := [x | x := input.y] if input.b else := 2",
        ] {
            assert_eq!(rewritten(rule), rule);
        }
    }
}
