//! Statements that regorus reads otherwise than OPA.
//!
//! What stands inside of a negated call is evaluated before it, as OPA does: `not f(input.x)` is undefined where there
//! is no `input.x`, and `not input.x == 1` is true. regorus makes both true.
//!
//! OPA's compiler takes every reference and call among the operands out of an expression, into statements of their own
//! before it, which are not negated; but the two sides of an equality it leaves in their place.

use std::collections::BTreeSet;

use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Module as Ast};

use super::extent::{Extent, end_of, index, movable};
use super::iterations::Collections;
use super::tokens::{Kind, tokens};
use crate::rego::edits::Edit;
use crate::rego::reference::{import_alias, package_path};
use crate::rego::walk::{Node, walk_rule};

/// What the name of a term that was taken out starts with.
const PREFIX: &str = "soc2gate_term_";

/// The changes to the statements of each module, in their order: negations, and what `some … in` goes through.
pub(in crate::rego) fn statements(modules: &[impl AsRef<Ast>]) -> Vec<Vec<Edit>> {
    let names = super::calls::rule_names(modules);
    let collections = Collections::new(modules);
    modules
        .iter()
        .map(AsRef::as_ref)
        .map(|module| {
            let mut rules = names
                .get(&package_path(module))
                .cloned()
                .unwrap_or_default();
            rules.extend(module.imports.iter().filter_map(import_alias));
            let mut search = Search {
                text: module.package.span.source.contents(),
                rules,
                count: 0,
                edits: Vec::new(),
                taken: Vec::new(),
            };
            if !search.text.contains(PREFIX) {
                for rule in &module.policy {
                    walk_rule(rule, &mut |node| {
                        if let Node::Statement(statement) = node {
                            search.statement(statement);
                            search.iteration(module, &collections, statement);
                        }
                    });
                }
            }
            search.edits
        })
        .collect()
}

struct Search<'a> {
    text: &'a str,
    /// Names that are references though they look like variables.
    rules: BTreeSet<String>,
    count: usize,
    edits: Vec<Edit>,
    /// What was taken out: a negation inside of it goes along as it is.
    taken: Vec<Extent>,
}

impl Search<'_> {
    fn statement(&mut self, statement: &LiteralStmt) {
        let Literal::NotExpr { expr, .. } = &statement.literal else {
            return;
        };
        if self.is_taken(statement) {
            return;
        }
        let mut terms = Vec::new();
        if self.negated(expr, &mut terms).is_none() || terms.is_empty() {
            return;
        }
        if let Some(edits) = self.taken_out(statement, &terms) {
            self.edits.extend(edits);
            self.taken.extend(terms);
        }
    }

    fn iteration(&mut self, module: &Ast, collections: &Collections<'_>, statement: &LiteralStmt) {
        if !self.is_taken(statement) {
            let edits = collections.edits(module, statement);
            self.edits.extend(edits.into_iter().flatten());
        }
    }

    /// Whether a statement stands in what was taken out.
    fn is_taken(&self, statement: &LiteralStmt) -> bool {
        index(statement.span.start).is_none_or(|start| {
            self.taken
                .iter()
                .any(|(from, to)| (*from..*to).contains(&start))
        })
    }

    /// The terms of a negated expression that are evaluated before it; None where one has no plain place.
    fn negated(&self, expr: &Expr, terms: &mut Vec<Extent>) -> Option<()> {
        match expr {
            Expr::BoolExpr {
                op: BoolOp::Eq,
                lhs,
                rhs,
                ..
            }
            | Expr::AssignExpr {
                op: AssignOp::Eq,
                lhs,
                rhs,
                ..
            } => {
                self.side(lhs, terms)?;
                self.side(rhs, terms)
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } => self.side(expr, terms),
            Expr::Call { params, .. } => self.operands(params.iter().map(AsRef::as_ref), terms),
            Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::BinExpr { lhs, rhs, .. } => {
                self.operand(lhs, terms)?;
                self.operand(rhs, terms)
            }
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                self.operands(key.iter().map(AsRef::as_ref), terms)?;
                self.operand(value, terms)?;
                self.operand(collection, terms)
            }
            _ => Some(()),
        }
    }

    /// A side of an equality: a reference stays in its place, but for what is in its brackets.
    fn side(&self, expr: &Expr, terms: &mut Vec<Extent>) -> Option<()> {
        match expr {
            Expr::Var { .. } => Some(()),
            Expr::RefDot { refr, .. } => self.side(refr, terms),
            Expr::RefBrack { refr, index, .. } => {
                self.side(refr, terms)?;
                self.operand(index, terms)
            }
            _ => self.operand(expr, terms),
        }
    }

    fn operands<'e>(
        &self,
        operands: impl Iterator<Item = &'e Expr>,
        terms: &mut Vec<Extent>,
    ) -> Option<()> {
        for operand in operands {
            self.operand(operand, terms)?;
        }
        Some(())
    }

    fn operand(&self, expr: &Expr, terms: &mut Vec<Extent>) -> Option<()> {
        match expr {
            Expr::Var { span, .. } => {
                if self.rules.contains(span.text()) || span.text() == "input" {
                    terms.push((index(span.start)?, index(span.end)?));
                }
                Some(())
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } | Expr::Call { .. } => {
                terms.push(movable(self.text, expr)?);
                Some(())
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                self.operands(items.iter().map(AsRef::as_ref), terms)
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.operand(key, terms)?;
                    self.operand(value, terms)?;
                }
                Some(())
            }
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. } => {
                self.operand(lhs, terms)?;
                self.operand(rhs, terms)
            }
            Expr::UnaryExpr { expr, .. } => self.operand(expr, terms),
            _ => Some(()),
        }
    }

    /// A statement with its terms before it.
    fn taken_out(&mut self, statement: &LiteralStmt, terms: &[Extent]) -> Option<Vec<Edit>> {
        let start = index(statement.span.start)?;
        let end = end_of(self.text, start, statement.span.end)?;
        let modifiers = match statement.with_mods.first() {
            Some(first) => self.flat(index(first.span.start)?, end)?,
            None => String::new(),
        };
        let mut before = String::new();
        let mut edits = Vec::new();
        for (from, to) in terms {
            self.count += 1;
            let name = format!("{PREFIX}{}", self.count);
            before.push_str(&format!(
                "{name} = {} {modifiers}; ",
                self.flat(*from, *to)?
            ));
            let lines = self.text.get(*from..*to)?.matches('\n').count();
            edits.push(Edit {
                start: *from,
                end: *to,
                text: format!("{name}{}", "\n".repeat(lines)),
            });
        }
        // A body of one expression has no braces.
        let is_bare = self
            .text
            .get(..start)?
            .trim_end()
            .strip_suffix("if")
            .is_some_and(|rest| rest.ends_with(char::is_whitespace));
        if is_bare {
            before.insert_str(0, "{ ");
            edits.push(Edit {
                start: end,
                end,
                text: " }".to_owned(),
            });
        }
        edits.push(Edit {
            start,
            end: start,
            text: before,
        });
        Some(edits)
    }

    /// A part of the text on one line; None where a comment would take the rest of it.
    fn flat(&self, start: usize, end: usize) -> Option<String> {
        let text = self.text.get(start..end)?;
        let has_comment = tokens(text).iter().any(|token| token.kind == Kind::Comment);
        (!has_comment).then(|| text.replace('\n', " "))
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    fn rewritten(body: &str) -> String {
        let text = format!("package a\n\np if {body}\n\nf(x) := x\n\nr := 1");
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", &text)]);
        assert_eq!(problems, []);
        let text = parsed.modules[0].text.to_string();
        let body = text.strip_prefix("package a\n\np if ").unwrap();
        body.split("\n\nf(x)").next().unwrap().to_owned()
    }

    #[test]
    fn operands_are_evaluated_before_a_negation() {
        for (body, expected) in [
            (
                "not f(input.x)",
                "{ soc2gate_term_1 = input.x ; not f(soc2gate_term_1) }",
            ),
            (
                "{ x := 1; not x < input.y[f(2)].z with input as 3 }",
                "{ x := 1; soc2gate_term_1 = input.y[f(2)].z with input as 3; not x < soc2gate_term_1 with input as 3 }",
            ),
            (
                "{\n\tnot r in [input.a,\n\t\t{\"k\": f(1)}]\n}",
                "{\n\tsoc2gate_term_1 = r ; soc2gate_term_2 = input.a ; soc2gate_term_3 = f(1) ; not soc2gate_term_1 in [soc2gate_term_2,\n\t\t{\"k\": soc2gate_term_3}]\n}",
            ),
            (
                "not f(input.x) == \"a\"",
                "{ soc2gate_term_1 = f(input.x) ; not soc2gate_term_1 == \"a\" }",
            ),
            (
                "not startswith(input.x, \"a\") with input.x as \"b\"",
                "{ soc2gate_term_1 = input.x with input.x as \"b\"; not startswith(soc2gate_term_1, \"a\") with input.x as \"b\" }",
            ),
            (
                "{ not input.a[input.b] == 1 }",
                "{ soc2gate_term_1 = input.b ; not input.a[soc2gate_term_1] == 1 }",
            ),
            (
                "{ not f(1) == input.x }",
                "{ soc2gate_term_1 = f(1) ; not soc2gate_term_1 == input.x }",
            ),
        ] {
            assert_eq!(rewritten(body), expected);
        }
    }

    #[test]
    fn what_may_be_no_collection_is_asked() {
        for (body, expected) in [
            (
                "{ some x in input.a[f(1)] }",
                "{ some x in internal.collection(input.a[f(1)]) }",
            ),
            (
                "{ some x in f(1) }",
                "{ some x in internal.collection(f(1)) }",
            ),
            ("{ some x in r }", "{ some x in internal.collection(r) }"),
            ("{ some x in [1] }", "{ some x in [1] }"),
            (
                "{ some x in split(input.a, \"\") }",
                "{ some x in split(input.a, \"\") }",
            ),
            (
                "{ some x in data.a.s }\n\ns contains 1",
                "{ some x in data.a.s }\n\ns contains 1",
            ),
            (
                "{ some x in s }\n\ns := [] if input else := {1} if r",
                "{ some x in s }\n\ns := [] if input else := {1} if r",
            ),
            (
                "{ some x in s }\n\ns := [] if input else := r",
                "{ some x in internal.collection(s) }\n\ns := [] if input else := r",
            ),
        ] {
            assert_eq!(rewritten(body), expected);
        }
    }

    #[test]
    fn what_is_in_its_place_stays() {
        for body in [
            "not input.x == 1",
            "not input.x[_].y = input.z",
            "not input.x.y",
            "{ some x in [1]; not f(x) }",
            "{ some x in [1]; not x in [1, 2] }",
            "{ some i in [1]; not input.x[i].y }",
            "{\n\tnot f([x |\n\t\tx := 1\n\t\tx > 2\n\t]) == 1\n}",
            "not r",
            "f(input.x)",
        ] {
            assert_eq!(rewritten(body), body);
        }
    }
}
