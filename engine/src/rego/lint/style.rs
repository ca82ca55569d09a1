//! Names, tests, and what is written but not used.

use std::collections::BTreeMap;

use regorus::unstable::{AssignOp, Expr, Literal, Module as Ast, Rule, RuleHead, Span};
use soc2gate_source::{Code, Diagnostic};

use super::walk::{each_expr, each_statement};
use super::{Context, name_of, report};
use crate::rego::reference::{head, import_alias, start_of, static_path};

/// The rules that are a control's; all others are its helpers.
const RULES: &[&str] = &["deny", "unknown", "applicable"];

pub(super) fn lint(module: &Ast, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if context.is_control && !context.has_tests() {
        let message = format!("package {} has no Rego test", context.package);
        report(found, Code::LintNoTest, module.package.refr.span(), message);
    }
    imports(module, found);
    for rule in &module.policy {
        names(rule, context, found);
        variables(rule, found);
    }
}

fn imports(module: &Ast, found: &mut Vec<Diagnostic>) {
    let mut used: Vec<&str> = Vec::new();
    for rule in &module.policy {
        each_expr(rule, &mut |expr| {
            if let Expr::Var { span, .. } = expr {
                used.push(span.text());
            }
        });
    }
    for import in &module.imports {
        let path = static_path(&import.refr).unwrap_or_default();
        let is_syntax = matches!(path.first().map(String::as_str), Some("rego" | "future"));
        let Some(name) = import_alias(import).filter(|_| !is_syntax) else {
            continue;
        };
        if !used.contains(&name.as_str()) {
            let message = format!("the import {name} is not used");
            report(
                found,
                Code::LintUnusedImport,
                start_of(&import.refr),
                message,
            );
        }
    }
}

fn names(rule: &Rule, context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let Some(name) = name_of(rule) else { return };
    let span = start_of(head(rule).0);
    if !is_snake_case(&name) {
        report(
            found,
            Code::LintName,
            span,
            format!("{name} is not in snake_case"),
        );
    }
    let is_test = name.starts_with("test_") || name.starts_with("todo_test_");
    if context.is_control && !is_test && !name.starts_with('_') && !RULES.contains(&name.as_str()) {
        let message = format!("{name} is a helper of the control: call it _{name}");
        report(found, Code::LintHelper, span, message);
    }
    if let Rule::Spec {
        head: RuleHead::Func { args, .. },
        ..
    } = rule
    {
        for argument in args {
            if let Expr::Var { span, .. } = argument.as_ref()
                && !is_snake_case(span.text())
            {
                let message = format!("{} is not in snake_case", span.text());
                report(found, Code::LintName, span, message);
            }
        }
    }
}

fn is_snake_case(name: &str) -> bool {
    let name = name.trim_start_matches('_');
    name.chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Local variables that are given a value and never asked for it.
fn variables(rule: &Rule, found: &mut Vec<Diagnostic>) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    each_expr(rule, &mut |expr| {
        if let Expr::Var { span, .. } = expr {
            let count = counts.entry(span.text()).or_default();
            *count = count.saturating_add(1);
        }
    });
    let mut declared: Vec<(&Span, usize)> = Vec::new();
    each_statement(rule, &mut |statement| match &statement.literal {
        Literal::SomeVars { vars, .. } => declared.extend(vars.iter().map(|var| (var, 1))),
        Literal::SomeIn { key, value, .. } => {
            key.iter().for_each(|key| pattern(key, &mut declared));
            pattern(value, &mut declared);
        }
        Literal::Expr { expr, .. } => {
            if let Expr::AssignExpr {
                op: AssignOp::ColEq,
                lhs,
                ..
            } = expr.as_ref()
            {
                pattern(lhs, &mut declared);
            }
        }
        Literal::Every { key, value, .. } => {
            declared.extend(key.iter().map(|key| (key, 1)));
            declared.push((value, 1));
        }
        Literal::NotExpr { .. } => {}
    });
    for (span, needed) in declared {
        let name = span.text();
        if !is_snake_case(name) {
            report(
                found,
                Code::LintName,
                span,
                format!("{name} is not in snake_case"),
            );
        }
        let uses = counts.get(name).copied().unwrap_or_default();
        if uses < needed && !name.starts_with('_') {
            let message = format!("the variable {name} is not used");
            report(found, Code::LintUnusedVariable, span, message);
        }
    }
}

/// The variables of a pattern; their own place in it counts as a use.
fn pattern<'a>(expr: &'a Expr, declared: &mut Vec<(&'a Span, usize)>) {
    match expr {
        Expr::Var { span, .. } => declared.push((span, 2)),
        Expr::Array { items, .. } => items.iter().for_each(|item| pattern(item, declared)),
        Expr::Object { fields, .. } => fields
            .iter()
            .for_each(|(_, _, value)| pattern(value, declared)),
        _ => {}
    }
}
