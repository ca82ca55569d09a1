//! What a rule's head computes is a part of its body, in OPA: its compiler puts it there. So a value that is undefined
//! leaves a rule to its `else`, and a key that is undefined is one element less of a set. regorus takes the branch
//! whose body holds and then has no value, and loses the other elements or fails.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Module as Ast, Rule, RuleBody, RuleHead};

use super::extent::{Layout, insertion};
use super::names::Names;
use super::relations::is_walk;
use super::{Rewriting, next_number};
use crate::rego::edits::Edit;

/// What the name of a value that became a part of its body starts with.
pub(super) const PREFIX: &str = "soc2gate_value_";

/// The changes to each module, in their order. `old` says which are Rego v0, in which a body has no `if`.
pub(super) fn values(module: &Ast, names: &Names, is_old: bool) -> Rewriting {
    let text = module.package.span.source.contents();
    let mut search = Search {
        layout: Layout::new(text),
        rules: names.references(module),
        is_old,
        number: next_number(text, PREFIX),
        found: Rewriting::default(),
    };
    module.policy.iter().for_each(|rule| search.rule(rule));
    search.found
}

struct Search<'a> {
    layout: Layout<'a>,
    /// Names that are references though they look like variables.
    rules: BTreeSet<String>,
    is_old: bool,
    /// That of the next name.
    number: usize,
    found: Rewriting,
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
        let end = self.layout.end(span.end);
        self.move_into(&parts, &own, end);
        for (at, body) in bodies.iter().enumerate() {
            let is_followed = bodies.get(at + 1).is_some_and(|next| next.is_else);
            if let (true, Some(assign)) = (body.is_else, &body.assign)
                && (is_followed || iterates(&assign.value))
            {
                let own: &[&RuleBody] = if body.query.stmts.is_empty() {
                    &[]
                } else {
                    &[body]
                };
                self.move_into(&[&assign.value], own, self.layout.end(body.span.end));
            }
        }
    }

    /// Puts what a head computes at the end of bodies; where there is none, into a body behind `end`.
    fn move_into(&mut self, parts: &[&Expr], bodies: &[&RuleBody], end: Option<usize>) {
        let parts: Vec<&Expr> = parts
            .iter()
            .filter(|part| !self.is_defined(part))
            .copied()
            .collect();
        let Some(first) = parts.first() else {
            return;
        };
        match self.moved(&parts, bodies, end) {
            Some(edits) => self.found.edits.extend(edits),
            None => self.found.refuse(
                first.span().start,
                "give this a name in the body, `name := …`, and write the name here: it cannot be told apart here",
            ),
        }
    }

    fn moved(
        &mut self,
        parts: &[&Expr],
        bodies: &[&RuleBody],
        end: Option<usize>,
    ) -> Option<Vec<Edit>> {
        let mut edits = Vec::new();
        let mut statements = Vec::new();
        for part in parts {
            let name = format!("{PREFIX}{}", self.number);
            self.number += 1;
            statements.push(format!("{name} := {}", self.layout.flat(part)?));
            edits.push(self.layout.replaced(self.layout.extent(part)?, &name)?);
        }
        let statements = statements.join("; ");
        if bodies.is_empty() {
            let word = if self.is_old { "" } else { "if " };
            edits.push(insertion(end?, format!(" {word}{{ {statements} }}")));
        }
        for body in bodies {
            edits.extend(self.layout.at_end(body, &statements)?);
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
        Expr::Call { params, .. } => is_walk(expr) || params.iter().any(|param| iterates(param)),
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
            "f(x) := soc2gate_value_1 if { x; soc2gate_value_1 := x.y } else := soc2gate_value_2\n if {\n\tx.z; soc2gate_value_2 := [r, 1] # why\n} else := input.a"
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
