//! Statements that are put into bodies.

use regorus::unstable::{Expr, LiteralStmt, RuleBody};

use super::extent::{Extent, Layout, index, insertion};
use crate::rego::edits::Edit;

impl Layout<'_> {
    /// Puts statements before those of a body.
    pub(super) fn at_start(&self, body: &RuleBody, statements: &str) -> Option<[Edit; 2]> {
        let (first, last) = (body.query.stmts.first()?, body.query.stmts.last()?);
        let extent = (index(first.span.start)?, self.end(last.span.end)?);
        Some(self.around(extent, &format!("{statements}; "), ""))
    }

    /// Puts statements behind those of a body.
    pub(super) fn at_end(&self, body: &RuleBody, statements: &str) -> Option<[Edit; 2]> {
        let (first, last) = (body.query.stmts.first()?, body.query.stmts.last()?);
        let extent = (index(first.span.start)?, self.end(last.span.end)?);
        Some(self.around(extent, "", &format!("; {statements}")))
    }

    /// Puts statements before another one. Each ends with a semicolon.
    pub(super) fn before(&self, statement: &LiteralStmt, statements: &str) -> Option<[Edit; 2]> {
        Some(self.around(self.statement(statement)?, statements, ""))
    }

    /// Puts statements before and behind another one. Each of the first ends with a semicolon, each of the others starts
    /// with one.
    pub(super) fn beside(
        &self,
        statement: &LiteralStmt,
        before: &str,
        behind: &str,
    ) -> Option<[Edit; 2]> {
        Some(self.around(self.statement(statement)?, before, behind))
    }

    /// Where a statement stands.
    pub(super) fn statement(&self, statement: &LiteralStmt) -> Option<Extent> {
        Some((index(statement.span.start)?, self.end(statement.span.end)?))
    }

    /// Where the `with` of a statement stand.
    pub(super) fn modifiers(&self, statement: &LiteralStmt) -> Option<Extent> {
        let first = statement.with_mods.first()?;
        Some((index(first.span.start)?, self.statement(statement)?.1))
    }

    /// The `with` of a statement on one line, with a space before them; empty where there are none.
    pub(super) fn flat_modifiers(&self, statement: &LiteralStmt) -> Option<String> {
        if statement.with_mods.is_empty() {
            return Some(String::new());
        }
        let values: Vec<&Expr> = statement
            .with_mods
            .iter()
            .map(|modifier| modifier.r#as.as_ref())
            .collect();
        let flat = self.flat_part(self.modifiers(statement)?, &values)?;
        Some(format!(" {flat}"))
    }

    /// Puts text before and behind statements; a body of one statement that has no braces gets them.
    fn around(&self, (start, end): Extent, before: &str, behind: &str) -> [Edit; 2] {
        let is_bare = self.word_before(start) == Some("if");
        let (open, close) = if is_bare { ("{ ", " }") } else { ("", "") };
        [
            insertion(start, format!("{open}{before}")),
            insertion(end, format!("{behind}{close}")),
        ]
    }
}
