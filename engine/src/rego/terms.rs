//! The references in an expression, written out.

use regorus::unstable::Expr;

/// A reference such as `input.object.spec.containers[i]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// Its text.
    pub(super) text: String,
    /// The text of each of its beginnings, the shortest first, the whole last.
    pub(super) parts: Vec<String>,
    /// The names in it: what it starts with, and those that index it.
    pub(super) variables: Vec<String>,
}

/// The longest references in an expression, in the order in which they are written; not those within comprehensions,
/// which have variables of their own.
pub(super) fn references(expr: &Expr) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(expr, &mut found);
    found
}

fn collect(expr: &Expr, found: &mut Vec<Reference>) {
    match expr {
        Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
            if let Some(reference) = reference(expr)
                && !found.contains(&reference)
            {
                found.push(reference);
            }
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| collect(item, found));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                collect(key, found);
                collect(value, found);
            }
        }
        Expr::Call { params, .. } => params.iter().for_each(|param| collect(param, found)),
        Expr::UnaryExpr { expr, .. } => collect(expr, found),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            collect(lhs, found);
            collect(rhs, found);
        }
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            key.iter().for_each(|key| collect(key, found));
            collect(value, found);
            collect(collection, found);
        }
        _ => {}
    }
}

/// A reference whose every part can be written out.
pub(super) fn reference(expr: &Expr) -> Option<Reference> {
    match expr {
        Expr::Var { span, .. } => {
            let name = span.text().to_owned();
            Some(Reference {
                text: name.clone(),
                parts: vec![name.clone()],
                variables: vec![name],
            })
        }
        Expr::RefDot { refr, field, .. } => {
            let base = reference(refr)?;
            let text = format!("{}.{}", base.text, field.0.text());
            Some(longer(base, text, Vec::new()))
        }
        Expr::RefBrack { refr, index, .. } => {
            let base = reference(refr)?;
            let (index, variables) = match index.as_ref() {
                Expr::String { value, .. }
                | Expr::RawString { value, .. }
                | Expr::Number { value, .. } => (value.to_string(), Vec::new()),
                other => {
                    let inner = reference(other)?;
                    (inner.text, inner.variables)
                }
            };
            let text = format!("{}[{index}]", base.text);
            Some(longer(base, text, variables))
        }
        _ => None,
    }
}

fn longer(base: Reference, text: String, variables: Vec<String>) -> Reference {
    let mut parts = base.parts;
    parts.push(text.clone());
    Reference {
        text,
        parts,
        variables: [base.variables, variables].concat(),
    }
}
