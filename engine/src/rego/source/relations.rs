//! In OPA `walk(x)` stands for one pair of path and value after the other, in regorus for a list of all. With a second
//! argument, `walk(x, pair)`, both go through the pairs, so that is what every other call becomes.

use std::cell::OnceCell;

use regorus::unstable::{Expr, Literal, LiteralStmt, Module as Ast, Query, Rule, RuleHead};

use super::extent::{Extent, Layout, index, insertion};
use super::names::Names;
use super::{Rewriting, next_number};
use crate::rego::edits::Edit;
use crate::rego::walk::{Node, walk, walk_rule};

/// What the name of a pair of path and value starts with.
pub(super) const PREFIX: &str = "soc2gate_pair_";

/// What is said of a call that cannot be rewritten.
const REFUSED: &str =
    "write `walk(x, pair)` as a statement of its own before this one and go on with `pair`";

/// The changes to each module, in their order. What stands in a call that is taken out is left for the next time.
pub(super) fn relations(module: &Ast, names: &Names) -> Rewriting {
    let text = module.package.span.source.contents();
    if !text.contains("walk") || names.references(module).contains("walk") {
        return Rewriting::default();
    }
    let mut search = Search {
        text,
        layout: OnceCell::new(),
        number: next_number(text, PREFIX),
        found: Rewriting::default(),
        taken: Vec::new(),
    };
    for rule in &module.policy {
        search.head(rule);
        walk_rule(rule, &mut |node| match node {
            Node::Statement(statement) => search.statement(statement),
            Node::Expr(
                Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. },
            ) => {
                search.terms(&[term], query);
            }
            Node::Expr(Expr::ObjectCompr {
                key, value, query, ..
            }) => {
                search.terms(&[key, value], query);
            }
            _ => {}
        });
    }
    search.found
}

struct Search<'a> {
    text: &'a str,
    layout: OnceCell<Layout<'a>>,
    /// That of the next name.
    number: usize,
    found: Rewriting,
    /// What was taken out.
    taken: Vec<Extent>,
}

/// A call, as it is without its closing parenthesis on one line.
struct Call {
    extent: Extent,
    open: String,
}

impl<'a> Search<'a> {
    fn layout(&self) -> &Layout<'a> {
        self.layout.get_or_init(|| Layout::new(self.text))
    }

    /// A head has no calls left: they were made a part of its bodies.
    fn head(&mut self, rule: &Rule) {
        let Rule::Spec { head, bodies, .. } = rule else {
            return;
        };
        let (refr, value) = match head {
            RuleHead::Compr { refr, assign, .. } | RuleHead::Func { refr, assign, .. } => {
                (refr, assign.as_ref().map(|assign| &assign.value))
            }
            RuleHead::Set { refr, key, .. } => (refr, key.as_ref()),
        };
        let others = bodies.iter().filter_map(|body| body.assign.as_ref());
        for part in [refr]
            .into_iter()
            .chain(value)
            .chain(others.map(|assign| &assign.value))
        {
            if self.calls(part).is_none_or(|calls| !calls.is_empty()) {
                self.found.refuse(part.span().start, REFUSED);
            }
        }
    }

    fn statement(&mut self, statement: &LiteralStmt) {
        match self.changed(statement) {
            None => self.found.refuse(statement.span.start, REFUSED),
            Some(edits) if edits.is_empty() => {}
            Some(edits) => {
                let start = index(statement.span.start);
                self.apply(start, edits);
            }
        }
    }

    /// Edits of what starts at a place, if that was not taken out.
    fn apply(&mut self, start: Option<usize>, edits: Vec<Edit>) {
        let is_taken = start.is_none_or(|start| {
            self.taken
                .iter()
                .any(|(from, to)| (*from..*to).contains(&start))
        });
        if is_taken {
            self.found.is_unfinished = true;
            return;
        }
        self.taken
            .extend(edits.iter().map(|edit| (edit.start, edit.end)));
        self.found.edits.extend(edits);
        // A call may stand in the argument of another one.
        self.found.is_unfinished = true;
    }

    /// The changes to a statement; None where there is a call whose place is not known.
    fn changed(&mut self, statement: &LiteralStmt) -> Option<Vec<Edit>> {
        for modifier in &statement.with_mods {
            self.calls(&modifier.r#as)?.is_empty().then_some(())?;
        }
        let mut calls = Vec::new();
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::NotExpr { expr, .. } => match expr.as_ref() {
                // There always is a pair: OPA and regorus find it false.
                Expr::Call { params, .. } if is_walk(expr) && params.len() == 1 => {}
                Expr::Call { .. } if is_walk(expr) => return self.without(expr),
                _ => calls.extend(self.calls(expr)?),
            },
            Literal::Expr { expr, .. } => calls.extend(self.calls(expr)?),
            Literal::SomeIn { collection, .. } => calls.extend(self.calls(collection)?),
            Literal::Every { domain, .. } => calls.extend(self.calls(domain)?),
        }
        if calls.is_empty() {
            return Some(Vec::new());
        }
        let modifiers = self.layout().flat_modifiers(statement)?;
        let (statements, mut edits) = self.taken_out(&calls, &modifiers)?;
        let statements: String = statements
            .iter()
            .map(|statement| format!("{statement}; "))
            .collect();
        edits.extend(self.layout().before(statement, &statements)?);
        self.taken.extend(self.layout().modifiers(statement));
        Some(edits)
    }

    /// `not walk(x, pair)`, which regorus finds false whatever the pairs are.
    fn without(&self, call: &Expr) -> Option<Vec<Edit>> {
        let (start, end) = self.layout().extent(call)?;
        Some(vec![
            insertion(start, "{1 | ".to_owned()),
            insertion(end, "} != set()".to_owned()),
        ])
    }

    /// What a comprehension collects is computed in its body.
    fn terms(&mut self, terms: &[&Expr], query: &Query) {
        let Some(edits) = self.collected(terms, query) else {
            self.found.refuse(query.span.start, REFUSED);
            return;
        };
        if !edits.is_empty() {
            let start = terms.first().and_then(|term| self.layout().extent(term));
            self.apply(start.map(|(start, _)| start), edits);
        }
    }

    fn collected(&mut self, terms: &[&Expr], query: &Query) -> Option<Vec<Edit>> {
        let mut calls = Vec::new();
        for term in terms {
            calls.extend(self.calls(term)?);
        }
        if calls.is_empty() {
            return Some(Vec::new());
        }
        let (statements, mut edits) = self.taken_out(&calls, "")?;
        let end = self.layout().end(query.stmts.last()?.span.end)?;
        edits.push(insertion(end, format!("; {}", statements.join("; "))));
        Some(edits)
    }

    /// The statements that calls become, and the names in their places.
    fn taken_out(&mut self, calls: &[Call], modifiers: &str) -> Option<(Vec<String>, Vec<Edit>)> {
        let mut statements = Vec::new();
        let mut edits = Vec::new();
        for Call { extent, open } in calls {
            let name = format!("{PREFIX}{}", self.number);
            self.number += 1;
            statements.push(format!("{open}, {name}){modifiers}"));
            edits.push(self.layout().replaced(*extent, &name)?);
        }
        Some((statements, edits))
    }

    /// The calls that belong to the statement of an expression, not to those of a comprehension in it, and that stand in
    /// no other call.
    fn calls(&self, expr: &Expr) -> Option<Vec<Call>> {
        let mut found: Option<Vec<Call>> = Some(Vec::new());
        let mut apart: Vec<Extent> = Vec::new();
        walk(expr, &mut |node| {
            let Node::Expr(expr) = node else { return };
            let is_call =
                matches!(expr, Expr::Call { params, .. } if params.len() == 1) && is_walk(expr);
            let is_comprehension = matches!(
                expr,
                Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. }
            );
            if !is_call && !is_comprehension {
                return;
            }
            let Some(extent) = self.layout().extent(expr) else {
                found = None;
                return;
            };
            if apart
                .iter()
                .any(|(start, end)| *start <= extent.0 && extent.1 <= *end)
            {
                return;
            }
            apart.push(extent);
            if is_call {
                let flat = self.layout().flat(expr);
                let call = flat.and_then(|flat| {
                    let open = flat.strip_suffix(')')?.trim_end();
                    let open = open.strip_suffix(',').unwrap_or(open).to_owned();
                    Some(Call { extent, open })
                });
                found = found.take().zip(call).map(|(mut calls, call)| {
                    calls.push(call);
                    calls
                });
            }
        });
        found
    }
}

/// Whether an expression is a call of `walk`.
pub(super) fn is_walk(expr: &Expr) -> bool {
    let Expr::Call { fcn, .. } = expr else {
        return false;
    };
    matches!(fcn.as_ref(), Expr::Var { span, .. } if span.text() == "walk")
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
    fn pairs_come_one_after_the_other() {
        for (rule, expected) in [
            (
                "p if [_, v] := walk(input)",
                "p if { walk(input, soc2gate_pair_1); [_, v] := soc2gate_pair_1 }",
            ),
            (
                "p := [x |\n\tx := walk(\n\t\tinput, # a\n\t)[1] with input as 1\n]",
                "p := [x |\n\twalk( input, soc2gate_pair_1) with input as 1; x := soc2gate_pair_1\n\n[1] with input as 1\n]",
            ),
            (
                "p := {walk(x)[0]: 1 | x := walk(walk(input)[1])}",
                "p := {soc2gate_pair_1[0]: 1 | walk(input, soc2gate_pair_3); walk(soc2gate_pair_3[1], soc2gate_pair_2); x := soc2gate_pair_2; walk(x, soc2gate_pair_1)}",
            ),
            (
                "p contains walk(input)",
                "p contains soc2gate_value_1 if { walk(input, soc2gate_pair_1); soc2gate_value_1 := soc2gate_pair_1 }",
            ),
            (
                "p if not walk([], [_, 1])",
                "p if not {1 | walk([], [_, 1])} != set()",
            ),
            (
                "p if not walk(input) == 1",
                "p if { walk(input, soc2gate_pair_1); soc2gate_term_1 = soc2gate_pair_1; not soc2gate_term_1 == 1 }",
            ),
            (
                "p if walk(input)",
                "p if { walk(input, soc2gate_pair_1); soc2gate_pair_1 }",
            ),
            ("p if not walk([])", "p if not walk([])"),
            ("p if walk(input, [_, 1])", "p if walk(input, [_, 1])"),
            (
                "p if f.walk(input)\n\nf.walk(x) := x",
                "p if f.walk(input)\n\nf.walk(x) := x",
            ),
        ] {
            assert_eq!(rewritten(rule), expected);
        }
    }

    #[test]
    fn pairs_under_another_input_are_refused() {
        let text = "package a\n\np if {\n\ttrue\n\tinput.x with input as walk(data.y)\n}";
        let (_, problems) = Parsed::new(&[Module::new("a.rego", text)]);
        let places: Vec<(u32, u32)> = problems
            .iter()
            .map(|problem| (problem.line, problem.column))
            .collect();
        assert_eq!(places, [(5, 2)]);
    }
}
