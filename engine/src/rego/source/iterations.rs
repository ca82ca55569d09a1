//! `some x in …` over something that is no collection has no results in OPA and is an error in regorus. Where it is
//! not plain from the text that there is a collection, a built-in makes anything else undefined.

use std::collections::BTreeMap;

use regorus::unstable::{Expr, Literal, LiteralStmt, Module as Ast, Rule, RuleHead};

use super::extent::{Layout, insertion};
use crate::rego::edits::Edit;
use crate::rego::reference::{Scope, head, package_path, resolve, static_path};

/// The built-in that is undefined for what is no collection.
const FUNCTION: &str = "internal.collection";

/// Built-ins of OPA that return nothing but collections.
const COLLECTIONS: &[&str] = &[
    "array.concat",
    "array.reverse",
    "array.slice",
    FUNCTION,
    "intersection",
    "net.cidr_expand",
    "numbers.range",
    "numbers.range_step",
    "object.filter",
    "object.keys",
    "object.remove",
    "object.union",
    "object.union_n",
    "regex.find_all_string_submatch_n",
    "regex.find_n",
    "regex.split",
    "sort",
    "split",
    "union",
];

/// How many rules are followed to tell what another one is.
const DEPTH: usize = 3;

/// The rules of a set of modules, to tell which are always collections.
pub(super) struct Collections<'a> {
    rules: BTreeMap<Vec<String>, Vec<(&'a Ast, &'a Rule)>>,
}

impl<'a> Collections<'a> {
    pub(super) fn new(modules: &'a [impl AsRef<Ast>]) -> Self {
        let mut rules: BTreeMap<Vec<String>, Vec<(&Ast, &Rule)>> = BTreeMap::new();
        for module in modules.iter().map(AsRef::as_ref) {
            for rule in &module.policy {
                let name = static_path(head(rule).0).unwrap_or_default();
                let path = [package_path(module), name].concat();
                rules.entry(path).or_default().push((module, rule));
            }
        }
        Self { rules }
    }

    /// The changes to a statement, if it goes through something that may be no collection; None where the place of that
    /// is not known.
    pub(super) fn edits(
        &self,
        layout: &Layout<'_>,
        module: &Ast,
        statement: &LiteralStmt,
    ) -> Option<Vec<Edit>> {
        let Literal::SomeIn { collection, .. } = &statement.literal else {
            return Some(Vec::new());
        };
        if self.is_collection(module, collection, DEPTH) {
            return Some(Vec::new());
        }
        let (start, end) = layout.extent(collection)?;
        Some(vec![
            insertion(start, format!("{FUNCTION}(")),
            insertion(end, ")".to_owned()),
        ])
    }

    fn is_collection(&self, module: &Ast, expr: &Expr, depth: usize) -> bool {
        match expr {
            Expr::Array { .. }
            | Expr::Set { .. }
            | Expr::Object { .. }
            | Expr::ArrayCompr { .. }
            | Expr::SetCompr { .. }
            | Expr::ObjectCompr { .. }
            | Expr::BinExpr { .. } => true,
            Expr::Call { fcn, .. } => {
                let path = static_path(fcn).unwrap_or_default();
                COLLECTIONS.contains(&path.join(".").as_str())
                    || self.is_rule_of_collections(module, &path, depth)
            }
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => static_path(expr)
                .is_some_and(|path| self.is_rule_of_collections(module, &path, depth)),
            _ => false,
        }
    }

    /// Whether every value of a rule is a collection.
    fn is_rule_of_collections(&self, module: &Ast, path: &[String], depth: usize) -> bool {
        let scope = Scope {
            package: package_path(module),
            imports: &module.imports,
            rule: Vec::new(),
        };
        let Some(rules) = self.rules.get(&resolve(path, &scope)) else {
            return false;
        };
        let Some(depth) = depth.checked_sub(1) else {
            return false;
        };
        rules.iter().all(|(module, rule)| {
            let (assign, bodies) = match rule {
                Rule::Default { value, .. } => return self.is_collection(module, value, depth),
                Rule::Spec {
                    head: RuleHead::Set { .. },
                    ..
                } => return true,
                Rule::Spec {
                    head: RuleHead::Compr { assign, .. } | RuleHead::Func { assign, .. },
                    bodies,
                    ..
                } => (assign, bodies),
            };
            let values = assign
                .iter()
                .chain(bodies.iter().filter_map(|body| body.assign.as_ref()));
            // A rule without a value is true; `else` without one too.
            let is_bare = assign.is_none()
                || bodies
                    .iter()
                    .any(|body| body.is_else && body.assign.is_none());
            !is_bare
                && values
                    .into_iter()
                    .all(|value| self.is_collection(module, &value.value, depth))
        })
    }
}
