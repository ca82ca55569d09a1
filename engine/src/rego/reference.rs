//! References as they are written: what they name, and what that is from the root.

use regorus::unstable::{Expr, Import, Module as Ast, Rule, RuleHead, Span};

use super::package_of;

/// Where an expression stands: its package, its imports, and the rule it belongs to.
pub(super) struct Scope<'a> {
    pub(super) package: Vec<String>,
    pub(super) imports: &'a [Import],
    pub(super) rule: Vec<String>,
}

/// The part of a reference that is written out: `data.lib.f`, `deny`, and `data.lib` of `data.lib[input.x].y`.
/// None where it starts with something else than a name.
pub(super) fn static_path(expr: &Expr) -> Option<Vec<String>> {
    written_path(expr).map(|(path, _)| path)
}

/// The same, and whether that is all of it.
fn written_path(expr: &Expr) -> Option<(Vec<String>, bool)> {
    match expr {
        Expr::Var { span, .. } => Some((vec![span.text().to_owned()], true)),
        Expr::RefDot { refr, field, .. } => {
            let (mut path, is_whole) = written_path(refr)?;
            if is_whole {
                path.push(field.0.text().to_owned());
            }
            Some((path, is_whole))
        }
        Expr::RefBrack { refr, index, .. } => {
            let (mut path, is_whole) = written_path(refr)?;
            match index.as_ref() {
                Expr::String { value, .. } | Expr::RawString { value, .. } if is_whole => {
                    path.push(value.as_string().ok()?.to_string());
                    Some((path, true))
                }
                _ => Some((path, false)),
            }
        }
        _ => None,
    }
}

/// The name of a rule, and how many arguments it takes where it is a function.
pub(super) fn head(rule: &Rule) -> (&Expr, Option<usize>) {
    match rule {
        Rule::Default { refr, args, .. } => (refr, (!args.is_empty()).then_some(args.len())),
        Rule::Spec { head, .. } => match head {
            RuleHead::Compr { refr, .. } | RuleHead::Set { refr, .. } => (refr, None),
            RuleHead::Func { refr, args, .. } => (refr, Some(args.len())),
        },
    }
}

/// The package of a module from the root: `data`, then its segments.
pub(super) fn package_path(module: &Ast) -> Vec<String> {
    let package = package_of(module);
    let mut path = vec!["data".to_owned()];
    path.extend(static_path(&module.package.refr).unwrap_or_else(|| vec![package]));
    path
}

/// A path as a reference: `data.a["b-c"]`.
pub(super) fn path_text(path: &[String]) -> String {
    let mut text = String::new();
    for (at, segment) in path.iter().enumerate() {
        let is_name = !segment.starts_with(|first: char| first.is_ascii_digit())
            && segment
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || character == '_');
        if at == 0 {
            text.push_str(segment);
        } else if is_name && !segment.is_empty() {
            text.push('.');
            text.push_str(segment);
        } else {
            text.push_str(&format!("[{}]", serde_json::Value::from(segment.as_str())));
        }
    }
    text
}

/// A path as it is from the root: through imports, or within the package.
pub(super) fn resolve(path: &[String], scope: &Scope<'_>) -> Vec<String> {
    let Some((first, rest)) = path.split_first() else {
        return Vec::new();
    };
    if first == "data" || first == "input" {
        return path.to_vec();
    }
    for import in scope.imports {
        if !has_alias(import, first) {
            continue;
        }
        if let Some(target) = static_path(&import.refr) {
            return [target, rest.to_vec()].concat();
        }
    }
    [scope.package.as_slice(), path].concat()
}

/// Whether an import has a name in its module; most are told apart by their last part, without reading the rest.
pub(super) fn has_alias(import: &Import, name: &str) -> bool {
    match (&import.r#as, import.refr.as_ref()) {
        (Some(alias), _) => alias.text() == name,
        (None, Expr::RefDot { field, .. }) if field.0.text() != name => false,
        (None, _) => import_alias(import).is_some_and(|alias| alias == name),
    }
}

/// The name that an import has in its module.
pub(super) fn import_alias(import: &Import) -> Option<String> {
    match &import.r#as {
        Some(alias) => Some(alias.text().to_owned()),
        None => static_path(&import.refr)?.pop(),
    }
}

/// Where a reference starts; its own span is that of its last part.
pub(super) fn start_of(expr: &Expr) -> &Span {
    match expr {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => start_of(refr),
        _ => expr.span(),
    }
}
