//! What a statement is evaluated `with`.
//!
//! OPA evaluates the values of `with` before the statement, in statements of their own, and what follows the statement
//! without them. regorus loses what rules say that it evaluates for such a value, and evaluates what follows
//! `some x in xs with …` with it too. So the values are taken out, and so is what `some` goes through.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Literal, LiteralStmt, Module as Ast};

use super::extent::{Extent, Layout, index};
use super::names::Names;
use super::results::from_root;
use super::{Rewriting, next_number};
use crate::rego::builtins;
use crate::rego::edits::Edit;
use crate::rego::reference::static_path;
use crate::rego::walk::{Node, walk_rule};

/// What the name of a value that was taken out starts with.
pub(super) const PREFIX: &str = "soc2gate_with_";

/// The changes to the statements of a module that are evaluated `with` something. What stands in a value that is taken out
/// is left for the next time.
pub(super) fn modifiers(module: &Ast, names: &Names) -> Rewriting {
    let text = module.package.span.source.contents();
    // Most modules have none.
    if !text.contains("with") {
        return Rewriting::default();
    }
    let mut search = Search {
        module,
        names,
        layout: Layout::new(text),
        rules: names.references(module),
        number: next_number(text, PREFIX),
        changed: Vec::new(),
        found: Rewriting::default(),
    };
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            if let Node::Statement(statement) = node
                && !statement.with_mods.is_empty()
            {
                search.statement(statement);
            }
        });
    }
    search.found
}

struct Search<'a> {
    module: &'a Ast,
    names: &'a Names,
    layout: Layout<'a>,
    /// Names that are references though they look like variables.
    rules: BTreeSet<String>,
    /// That of the next name.
    number: usize,
    /// The statements that were changed.
    changed: Vec<Extent>,
    found: Rewriting,
}

impl Search<'_> {
    fn statement(&mut self, statement: &LiteralStmt) {
        let is_within = |start: usize| {
            self.changed
                .iter()
                .any(|(from, to)| (*from..*to).contains(&start))
        };
        if index(statement.span.start).is_none_or(is_within) {
            self.found.is_unfinished = true;
            return;
        }
        match self.edits(statement) {
            Some(edits) if edits.is_empty() => {}
            Some(edits) => {
                self.changed.extend(self.layout.statement(statement));
                // What `some` goes through is taken out once its values are.
                self.found.is_unfinished |= matches!(statement.literal, Literal::SomeIn { .. });
                self.found.edits.extend(edits);
            }
            None => self.found.refuse(
                statement.span.start,
                "write the parts of this statement as statements of their own before it: they cannot be told apart here",
            ),
        }
    }

    /// The changes to a statement; None where the place of one is not known.
    fn edits(&mut self, statement: &LiteralStmt) -> Option<Vec<Edit>> {
        let mut before = String::new();
        let mut edits = Vec::new();
        for modifier in &statement.with_mods {
            let value = modifier.r#as.as_ref();
            if self.is_plain(value) || self.is_function(value) {
                continue;
            }
            let name = self.name();
            before.push_str(&format!("{name} = {}; ", self.layout.flat(value)?));
            let extent = self.layout.extent(value)?;
            edits.push(self.layout.replaced(extent, &name)?);
        }
        if edits.is_empty() {
            return self.taken_out(statement);
        }
        edits.extend(self.layout.before(statement, &before)?);
        Some(edits)
    }

    /// `some x in xs with …` as two statements, of which only the first is evaluated with something.
    fn taken_out(&mut self, statement: &LiteralStmt) -> Option<Vec<Edit>> {
        let Literal::SomeIn {
            key,
            value,
            collection,
            ..
        } = &statement.literal
        else {
            return Some(Vec::new());
        };
        let patterns = key.iter().map(AsRef::as_ref).chain([value.as_ref()]);
        if !patterns.into_iter().all(|pattern| self.is_plain(pattern)) {
            return None;
        }
        let name = self.name();
        let written = self.layout.flat(collection)?;
        let modifiers = self.layout.flat_modifiers(statement)?;
        let mut edits = vec![
            self.layout
                .replaced(self.layout.extent(collection)?, &name)?,
            self.layout
                .replaced(self.layout.modifiers(statement)?, "")?,
        ];
        let before = format!("{name} = {written}{modifiers}; ");
        edits.extend(self.layout.before(statement, &before)?);
        Some(edits)
    }

    fn name(&mut self) -> String {
        let name = format!("{PREFIX}{}", self.number);
        self.number += 1;
        name
    }

    /// Whether no rule and no part of a document is looked at to know an expression.
    fn is_plain(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Var { span, .. } => {
                let name = span.text();
                name != "input" && name != "data" && !self.rules.contains(name)
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().all(|item| self.is_plain(item))
            }
            Expr::Object { fields, .. } => fields
                .iter()
                .all(|(_, key, value)| self.is_plain(key) && self.is_plain(value)),
            Expr::UnaryExpr { expr, .. } => self.is_plain(expr),
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => true,
            _ => false,
        }
    }

    /// Whether a value names a function, which stands in for another one.
    fn is_function(&self, value: &Expr) -> bool {
        static_path(value).is_some_and(|path| {
            self.names
                .functions
                .contains(&from_root(self.module, &path))
                || builtins::arity(&path.join(".")).is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    fn rewritten(body: &str) -> Result<String, String> {
        let text = format!("package a\n\np if {body}\n\nf(x) := x\n\ng(x) := x\n\nr := 1");
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", &text)]);
        if let Some(problem) = problems.first() {
            return Err(problem.message.clone());
        }
        let text = parsed.modules[0].text.to_string();
        let body = text.strip_prefix("package a\n\np if ").unwrap();
        Ok(body.split("\n\nf(x)").next().unwrap().to_owned())
    }

    #[test]
    fn values_are_evaluated_before_and_by_themselves() {
        for (body, expected) in [
            (
                "f(1) with input.x as r",
                "{ soc2gate_with_1 = r; f(1) with input.x as soc2gate_with_1 }",
            ),
            (
                "{ f(1) with input.x as input.y[0]\n\twith data.z as [r, 1] }",
                "{ soc2gate_with_1 = input.y[0]; soc2gate_with_2 = [r, 1]; f(1) with input.x as soc2gate_with_1\n\twith data.z as soc2gate_with_2 }",
            ),
            (
                "not f(1) with input.x as count([1 | f(2) with input as r])",
                "{ soc2gate_with_1 = count([1 | soc2gate_with_2 = r; f(2) with input as soc2gate_with_2]); not f(1) with input.x as soc2gate_with_1 }",
            ),
        ] {
            assert_eq!(rewritten(body).unwrap(), expected);
        }
    }

    #[test]
    fn what_some_goes_through_is_evaluated_alone() {
        for (body, expected) in [
            (
                "{ some i in [1] with input.x as 2; i == 1 }",
                "{ soc2gate_with_1 = [1] with input.x as 2; some i in internal.collection(soc2gate_with_1) ; i == 1 }",
            ),
            (
                "{\n\tsome k, [v, 1] in r with input.x as r\n\tv\n}",
                "{\n\tsoc2gate_with_1 = r; soc2gate_with_2 = r with input.x as soc2gate_with_1; some k, [v, 1] in internal.collection(soc2gate_with_2) \n\tv\n}",
            ),
        ] {
            assert_eq!(rewritten(body).unwrap(), expected);
        }
        assert!(rewritten("{ some {\"a\": input.b} in r with input.x as 2 }").is_err());
    }

    #[test]
    fn values_and_functions_stay_in_their_place() {
        for body in [
            "f(1) with input.x as {\"a\": [1, -2, null]}",
            "{ x := 1; f(1) with input.x as x }",
            "data.a.f(1) with data.a.f as g",
            "f(1) with count as data.a.g",
            "{ some i in [1]; i == 1 }",
        ] {
            assert_eq!(rewritten(body).unwrap(), body);
        }
    }
}
