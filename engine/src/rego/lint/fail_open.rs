//! Shapes in which a fact that is missing keeps `deny` from firing.

use std::collections::BTreeMap;

use regorus::Value;
use regorus::unstable::{BoolOp, Expr, Literal, Module as Ast, Query, Rule};
use soc2gate_source::{Code, Diagnostic};

use super::never_true::{Demands, PossibleValues};
use super::walk::each_statement;
use super::{Context, name_of, report};
use crate::rego::reference::{head, start_of, static_path};
use crate::rego::terms::{Reference, reference};

/// What every subject has: the envelope, and what an object or a pull request is refused without.
const PRESENT: &[&str] = &[
    "input.kind",
    "input.id",
    "input.now",
    "input.resource",
    "input.object",
    "input.object.apiVersion",
    "input.object.kind",
    "input.object.metadata",
    "input.object.schema",
    "input.object.number",
    "input.object.title",
    "input.object.state",
    "input.object.draft",
    "input.object.repository",
    "input.object.head",
    "input.object.base",
];

/// Calls that ask whether something is there, and of what type.
const GUARDS: &[&str] = &[
    "is_array",
    "is_boolean",
    "is_null",
    "is_number",
    "is_object",
    "is_set",
    "is_string",
    "type_name",
    "count",
];

pub(super) fn lint(module: &Ast, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let package = Package::new(context);
    let none = PossibleValues::new();
    let possible = context.possible.get(&context.package).unwrap_or(&none);
    for rule in &module.policy {
        if name_of(rule).as_deref() == Some("deny")
            && let Rule::Spec { bodies, .. } = rule.as_ref()
        {
            for body in bodies {
                package.body(&body.query, possible, found);
            }
        }
    }
    for rule in &module.policy {
        package.fallback(rule, found);
    }
}

/// What the rules of a package say about what may be missing.
struct Package {
    /// Rules that stand for a part of the input.
    aliases: BTreeMap<String, String>,
    /// References that some rule asks for with `not`, so that somebody thought of their absence.
    considered: Vec<String>,
    /// Rules that a `deny` asks for with `not`.
    negated: Vec<String>,
}

impl Package {
    fn new(context: &Context<'_>) -> Self {
        let mut package = Self {
            aliases: BTreeMap::new(),
            considered: Vec::new(),
            negated: Vec::new(),
        };
        for rule in context.siblings().flat_map(|module| &module.policy) {
            if let Some((name, target)) = alias(rule) {
                package.aliases.insert(name, target);
            }
        }
        let mut considered = Vec::new();
        for rule in context.siblings().flat_map(|module| &module.policy) {
            let is_deny = name_of(rule).as_deref() == Some("deny");
            each_statement(rule, &mut |statement| {
                if let Literal::NotExpr { expr, .. } = &statement.literal
                    && let Some(reference) = reference(expr)
                {
                    if is_deny {
                        package.negated.push(reference.text.clone());
                    }
                    considered.push(reference);
                }
            });
        }
        let none = BTreeMap::new();
        package.considered = considered
            .iter()
            .map(|reference| package.full(reference, &none))
            .collect();
        package
    }

    /// A reference from the input, through the names that stand for parts of it.
    fn full(&self, reference: &Reference, locals: &BTreeMap<String, String>) -> String {
        let root = reference.parts.first().map_or("", String::as_str);
        let rest = reference.text.strip_prefix(root).unwrap_or_default();
        match locals.get(root).or_else(|| self.aliases.get(root)) {
            Some(target) => format!("{target}{rest}"),
            None => reference.text.clone(),
        }
    }

    /// One body of a `deny`.
    fn body(&self, query: &Query, possible: &PossibleValues, found: &mut Vec<Diagnostic>) {
        let locals = locals(query, self);
        let guarded = guards(query, self, &locals);
        let full = |reference: &Reference| self.full(reference, &locals);
        let mut demands = Demands::new(&full, possible);
        for statement in &query.stmts {
            if demands.add(statement) {
                let message = "this never holds, so the rule denies nothing".to_owned();
                report(found, Code::LintNeverTrue, &statement.span, message);
            }
            let (Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. }) = &statement.literal
            else {
                continue;
            };
            let is_negated = matches!(statement.literal, Literal::NotExpr { .. });
            let missing = operands(expr, is_negated)
                .into_iter()
                .filter_map(reference)
                // A name alone has a value, or the body did not come this far.
                .filter(|reference| !(is_negated && locals.contains_key(&reference.text)))
                .map(|reference| self.full(&reference, &locals))
                .find(|path| is_uncertain(path) && !self.is_known(path, &guarded));
            match missing {
                Some(path) if is_negated => {
                    let message = format!(
                        "where {path} is missing, this `not` is undefined and nothing is denied"
                    );
                    report(found, Code::LintNegation, start_of(expr), message);
                }
                Some(path) => {
                    let message =
                        format!("where {path} is missing, this is undefined and nothing is denied");
                    report(found, Code::LintComparison, &statement.span, message);
                }
                None => {}
            }
        }
    }

    /// Whether it was decided what the absence of a path means.
    fn is_known(&self, path: &str, guarded: &[String]) -> bool {
        let covers = |known: &String| {
            path == known
                || path
                    .strip_prefix(known.as_str())
                    .is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        self.considered.iter().any(covers) || guarded.iter().any(|guard| guard == path)
    }

    /// A rule that is true where nothing else is known, and that a `deny` negates.
    fn fallback(&self, rule: &Rule, found: &mut Vec<Diagnostic>) {
        let Some(name) = name_of(rule).filter(|name| self.negated.contains(name)) else {
            return;
        };
        let is_true = |expr: &Expr| {
            matches!(
                expr,
                Expr::Bool {
                    value: Value::Bool(true),
                    ..
                }
            )
        };
        let message =
            format!("{name} is true where a fact is missing, and `deny` asks for `not {name}`");
        match rule {
            Rule::Default { value, .. } if is_true(value) => {
                report(found, Code::LintDefault, start_of(head(rule).0), message);
            }
            Rule::Spec { bodies, .. } => {
                let last = bodies.iter().filter(|body| body.is_else).find(|body| {
                    body.assign.as_ref().is_none_or(|assign| is_true(&assign.value)) && body.query.stmts.iter().all(|statement| {
                        matches!(&statement.literal, Literal::Expr { expr, .. } if is_true(expr))
                    })
                });
                if let Some(body) = last {
                    report(found, Code::LintDefault, &body.span, message);
                }
            }
            Rule::Default { .. } => {}
        }
    }
}

/// A rule that is nothing but a name for a part of the input.
fn alias(rule: &Rule) -> Option<(String, String)> {
    let Rule::Spec { head, bodies, .. } = rule else {
        return None;
    };
    let regorus::unstable::RuleHead::Compr {
        refr,
        assign: Some(assign),
        ..
    } = head
    else {
        return None;
    };
    let target = reference(&assign.value)?;
    let is_input = bodies.is_empty() && target.parts.first().is_some_and(|root| root == "input");
    is_input.then_some((static_path(refr)?.join("."), target.text))
}

/// Local names of a body for parts of the input and for elements of its lists.
fn locals(query: &Query, package: &Package) -> BTreeMap<String, String> {
    let mut locals = BTreeMap::new();
    for statement in &query.stmts {
        match &statement.literal {
            Literal::Expr { expr, .. } => {
                if let Expr::AssignExpr { lhs, rhs, .. } = expr.as_ref()
                    && let Expr::Var { span, .. } = lhs.as_ref()
                    && let Some(target) = reference(rhs)
                {
                    let path = package.full(&target, &locals);
                    locals.insert(span.text().to_owned(), path);
                }
            }
            Literal::SomeIn {
                value, collection, ..
            } => {
                if let Expr::Var { span, .. } = value.as_ref()
                    && let Some(reference) = reference(collection)
                {
                    let path = package.full(&reference, &locals);
                    // Elements of what a rule made have the fields that it gave them.
                    if path.starts_with("input.") {
                        locals.insert(span.text().to_owned(), format!("{path}[_]"));
                    }
                }
            }
            _ => {}
        }
    }
    locals
}

/// References that a body asks for by themselves, or by their type.
fn guards(query: &Query, package: &Package, locals: &BTreeMap<String, String>) -> Vec<String> {
    let mut guards = Vec::new();
    for statement in &query.stmts {
        let Literal::Expr { expr, .. } = &statement.literal else {
            continue;
        };
        let asked = match expr.as_ref() {
            Expr::Call { fcn, params, .. } if is_call_of(fcn, GUARDS) => {
                params.first().map(AsRef::as_ref)
            }
            other => Some(other),
        };
        if let Some(reference) = asked.and_then(reference) {
            guards.push(package.full(&reference, locals));
        }
    }
    guards
}

fn is_call_of(function: &Expr, names: &[&str]) -> bool {
    static_path(function).is_some_and(|path| names.contains(&path.join(".").as_str()))
}

/// Whether a path is a field that a subject need not have.
fn is_uncertain(path: &str) -> bool {
    path.starts_with("input.") && !PRESENT.contains(&path) && !path.ends_with("[_]")
}

/// The terms of a statement whose absence leaves it undefined, where that matters.
fn operands(expr: &Expr, is_negated: bool) -> Vec<&Expr> {
    match expr {
        Expr::BoolExpr { op, lhs, rhs, .. } => {
            let is_empty = |expr: &Expr| match expr {
                Expr::Bool {
                    value: Value::Bool(value),
                    ..
                } => !value,
                Expr::Null { .. } => true,
                Expr::String { value, .. } => value.as_string().is_ok_and(|text| text.is_empty()),
                Expr::Array { items, .. } | Expr::Set { items, .. } => items.is_empty(),
                Expr::Object { fields, .. } => fields.is_empty(),
                Expr::Number { value, .. } => *value == Value::from(0_u64),
                _ => false,
            };
            let counts =
                |expr: &Expr| matches!(expr, Expr::Call { fcn, .. } if is_call_of(fcn, &["count"]));
            let matters = match op {
                BoolOp::Ne | BoolOp::Lt | BoolOp::Le => true,
                // More of something than allowed: nothing is not more.
                BoolOp::Gt | BoolOp::Ge => !counts(lhs),
                BoolOp::Eq => is_empty(lhs) || is_empty(rhs),
            };
            // Not equal to something is true where there is nothing.
            let is_closed = is_negated && matches!(op, BoolOp::Eq);
            if is_closed || !(matters || is_negated) {
                return Vec::new();
            }
            [lhs, rhs]
                .into_iter()
                .flat_map(|side| arguments(side))
                .collect()
        }
        Expr::Call { .. } if is_negated => arguments(expr),
        Expr::Membership {
            value, collection, ..
        } if is_negated => vec![value, collection],
        _ => Vec::new(),
    }
}

/// A term, or the arguments of a call; those of `object.get` say themselves what absence means.
fn arguments(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Call { fcn, .. } if is_call_of(fcn, &["object.get"]) => Vec::new(),
        Expr::Call { params, .. } => params.iter().flat_map(|param| arguments(param)).collect(),
        other => vec![other],
    }
}
