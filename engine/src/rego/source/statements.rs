//! Statements that regorus reads otherwise than OPA.
//!
//! What stands inside of a negated call is evaluated before it, as OPA does: `not f(input.x)` is undefined where there
//! is no `input.x`, and `not input.x == 1` is true. regorus makes both true.
//!
//! OPA's compiler takes every reference and call among the operands out of an expression, into statements of their own
//! before it, which are not negated; but the two sides of an equality it leaves in their place.

use std::collections::BTreeSet;

use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt, Module as Ast};

use super::extent::{Extent, Layout, index};
use super::iterations::Collections;
use super::names::Names;
use super::{Rewriting, next_number};
use crate::rego::edits::Edit;
use crate::rego::walk::{Node, walk_rule};

/// What the name of a term that was taken out starts with.
pub(super) const PREFIX: &str = "soc2gate_term_";

/// The changes to the statements of each module, in their order: negations, and what `some … in` goes through. What
/// stands in a term that is taken out is left for the next time.
pub(super) fn statements(module: &Ast, names: &Names, collections: &Collections<'_>) -> Rewriting {
    let text = module.package.span.source.contents();
    let mut search = Search {
        layout: Layout::new(text),
        rules: names.references(module),
        number: next_number(text, PREFIX),
        found: Rewriting::default(),
        taken: Vec::new(),
    };
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            if let Node::Statement(statement) = node {
                search.statement(module, collections, statement);
            }
        });
    }
    search.found
}

struct Search<'a> {
    layout: Layout<'a>,
    /// Names that are references though they look like variables.
    rules: BTreeSet<String>,
    /// That of the next name.
    number: usize,
    found: Rewriting,
    /// What was taken out.
    taken: Vec<Extent>,
}

/// A term that is evaluated before the statement it stands in.
struct Taken<'e> {
    expr: &'e Expr,
    extent: Extent,
}

impl Search<'_> {
    fn statement(&mut self, module: &Ast, collections: &Collections<'_>, statement: &LiteralStmt) {
        let edits = match &statement.literal {
            Literal::NotExpr { expr, .. } => {
                let mut terms = Vec::new();
                self.negated(expr, &mut terms)
                    .and_then(|()| self.taken_out(statement, &terms))
            }
            _ => collections.edits(&self.layout, module, statement),
        };
        match edits {
            Some(edits) if edits.is_empty() => {}
            Some(_) if self.is_taken(statement) => self.found.is_unfinished = true,
            Some(edits) => {
                self.taken
                    .extend(edits.iter().map(|edit| (edit.start, edit.end)));
                // They are written again with each term.
                self.taken.extend(self.layout.modifiers(statement));
                self.found.edits.extend(edits);
            }
            None => self
                .found
                .refuse(statement.span.start, "write the parts of this statement as statements of their own before it: they cannot be told apart here"),
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
    fn negated<'e>(&self, expr: &'e Expr, terms: &mut Vec<Taken<'e>>) -> Option<()> {
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
            Expr::Array { .. }
            | Expr::Set { .. }
            | Expr::Object { .. }
            | Expr::UnaryExpr { .. } => self.operand(expr, terms),
            _ => Some(()),
        }
    }

    /// A side of an equality: a reference stays in its place, but for what is in its brackets.
    fn side<'e>(&self, expr: &'e Expr, terms: &mut Vec<Taken<'e>>) -> Option<()> {
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
        terms: &mut Vec<Taken<'e>>,
    ) -> Option<()> {
        for operand in operands {
            self.operand(operand, terms)?;
        }
        Some(())
    }

    fn operand<'e>(&self, expr: &'e Expr, terms: &mut Vec<Taken<'e>>) -> Option<()> {
        match expr {
            Expr::Var { span, .. } => {
                if self.rules.contains(span.text()) || span.text() == "input" {
                    terms.push(self.taken_term(expr)?);
                }
                Some(())
            }
            Expr::RefDot { .. } | Expr::RefBrack { .. } | Expr::Call { .. } => {
                terms.push(self.taken_term(expr)?);
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

    fn taken_term<'e>(&self, expr: &'e Expr) -> Option<Taken<'e>> {
        let extent = self.layout.extent(expr)?;
        Some(Taken { expr, extent })
    }

    /// A statement with its terms before it.
    fn taken_out(&mut self, statement: &LiteralStmt, terms: &[Taken<'_>]) -> Option<Vec<Edit>> {
        if terms.is_empty() {
            return Some(Vec::new());
        }
        let modifiers = self.layout.flat_modifiers(statement)?;
        let mut before = String::new();
        let mut edits = Vec::new();
        for Taken { expr, extent } in terms {
            let name = format!("{PREFIX}{}", self.number);
            self.number += 1;
            let written = self.layout.flat(expr)?;
            before.push_str(&format!("{name} = {written}{modifiers}; "));
            edits.push(self.layout.replaced(*extent, &name)?);
        }
        edits.extend(self.layout.before(statement, &before)?);
        Some(edits)
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
                "{ soc2gate_term_1 = input.x; not f(soc2gate_term_1) }",
            ),
            (
                "{ x := 1; not x < input.y[f(2)].z with input as 3 }",
                "{ x := 1; soc2gate_term_1 = input.y[f(2)].z with input as 3; not x < soc2gate_term_1 with input as 3 }",
            ),
            (
                "{\n\tnot r in [input.a,\n\t\t{\"k\": f(1)}]\n}",
                "{\n\tsoc2gate_term_1 = r; soc2gate_term_2 = input.a; soc2gate_term_3 = f(1); not soc2gate_term_1 in [soc2gate_term_2,\n\t\t{\"k\": soc2gate_term_3}]\n}",
            ),
            (
                "not f(input.x) == \"a\"",
                "{ soc2gate_term_1 = f(input.x); not soc2gate_term_1 == \"a\" }",
            ),
            (
                "not startswith(input.x, \"a\") with input.x as \"b\"",
                "{ soc2gate_term_1 = input.x with input.x as \"b\"; not startswith(soc2gate_term_1, \"a\") with input.x as \"b\" }",
            ),
            (
                "{ not input.a[input.b] == 1 }",
                "{ soc2gate_term_1 = input.b; not input.a[soc2gate_term_1] == 1 }",
            ),
            (
                "{ not f(1) == input.x }",
                "{ soc2gate_term_1 = f(1); not soc2gate_term_1 == input.x }",
            ),
            (
                "{\n\tnot f([x | # a\n\t\tx := `b\n\t\t`; x > (2)\n\t\tx # c\n\t]) == 1 # d\n}",
                "{\n\tsoc2gate_term_1 = f([x | x := \"b\\n\\t\\t\"; x > (2); x ]); not soc2gate_term_1\n\n\n\n == 1 # d\n}",
            ),
            (
                "not [input.x]",
                "{ soc2gate_term_1 = input.x; not [soc2gate_term_1] }",
            ),
            (
                "not (f((input.x)))",
                "{ soc2gate_term_1 = input.x; not (f((soc2gate_term_1))) }",
            ),
            (
                "not ((input.x) + (1)) * 2 > {\"a\": f(2), \"b\": 1}.a",
                "{ soc2gate_term_1 = input.x; soc2gate_term_2 = {\"a\": f(2), \"b\": 1}.a; not ((soc2gate_term_1) + (1)) * 2 > soc2gate_term_2 }",
            ),
            (
                "not f(f([1 | not f(f([1 | not f(input.x)]))]))",
                "{ soc2gate_term_1 = f([1 | soc2gate_term_2 = f([1 | soc2gate_term_3 = input.x; not f(soc2gate_term_3)]); not f(soc2gate_term_2)]); not f(soc2gate_term_1) }",
            ),
            (
                "not f(r) with input as {1 | not f(r)}",
                "{ soc2gate_term_1 = r with input as {1 | soc2gate_term_2 = r; not f(soc2gate_term_2)}; not f(soc2gate_term_1) with input as {1 | soc2gate_term_3 = r; not f(soc2gate_term_3)} }",
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
            "not r",
            "f(input.x)",
        ] {
            assert_eq!(rewritten(body), body);
        }
    }
}
