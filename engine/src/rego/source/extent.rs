//! Where an expression stands in its text: the span of a reference is that of its last part only.

use regorus::unstable::Expr;

use super::tokens::{Kind, tokens};
use crate::rego::walk::{Node, walk};

/// A part of a text, in bytes.
pub(super) type Extent = (usize, usize);

/// Where an expression stands; None where that is not plain, as with parentheses at its start or end.
pub(super) fn extent(text: &str, expr: &Expr) -> Option<Extent> {
    let (start, end) = match expr {
        Expr::RefDot { field, refr, .. } => (extent(text, refr)?.0, index(field.0.end)?),
        Expr::RefBrack { refr, .. } => {
            let (start, end) = extent(text, refr)?;
            (start, closed(text, end)?)
        }
        // A call starts where its function does.
        Expr::Call { span, fcn, .. } => (extent(text, fcn)?.0, index(span.end)?),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. } => (extent(text, lhs)?.0, extent(text, rhs)?.1),
        // The span of a collection may be that of its last element.
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            around(text, extent(text, items.first()?)?.0)?
        }
        Expr::Object { fields, .. } => around(text, extent(text, &fields.first()?.1)?.0)?,
        Expr::UnaryExpr { .. }
        | Expr::AssignExpr { .. }
        | Expr::Membership { .. }
        | Expr::ArrayCompr { .. }
        | Expr::SetCompr { .. }
        | Expr::ObjectCompr { .. } => return None,
        // The span of a string is what is between its quotes.
        Expr::String { span, .. } | Expr::RawString { span, .. } => {
            let start = index(span.start)?.checked_sub(1)?;
            (start, end_of(text, start, span.end)?)
        }
        other => (index(other.span().start)?, index(other.span().end)?),
    };
    is_balanced(text.get(start..end)?).then_some((start, end))
}

/// Where an expression stands that can be written on one line elsewhere.
pub(super) fn movable(text: &str, expr: &Expr) -> Option<Extent> {
    let (start, end) = extent(text, expr)?;
    let is_on_one_line = !text.get(start..end)?.contains('\n');
    (is_on_one_line || !has_comprehension(expr)).then_some((start, end))
}

/// Whether there is a comprehension in an expression. Its statements may stand on lines of their own, which cannot
/// become one.
fn has_comprehension(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        found |= matches!(
            node,
            Node::Expr(Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. })
        );
    });
    found
}

/// The brackets around what starts with an element at a place.
fn around(text: &str, first: usize) -> Option<Extent> {
    let before = text.get(..first)?.trim_end();
    let open = before.strip_suffix(['[', '{'])?.len();
    Some((open, closed(text, open)?))
}

/// The end of what a span ends with, which started at `start`: the span of a string ends before its quote.
pub(super) fn end_of(text: &str, start: usize, end: u32) -> Option<usize> {
    let end = index(end)?;
    let rest = text.get(start..)?;
    let last = tokens(rest)
        .into_iter()
        .filter(|token| token.kind != Kind::Comment)
        .take_while(|token| start + token.start < end)
        .last();
    Some(last.map_or(end, |token| end.max(start + token.end)))
}

/// Whether every bracket in a text is closed in it.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0_usize;
    for token in tokens(text) {
        if token.kind != Kind::Sign {
            continue;
        }
        match text.get(token.start..token.end) {
            Some("[" | "(" | "{") => depth += 1,
            Some("]" | ")" | "}") => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    depth == 0
}

/// A place in bytes.
pub(super) fn index(at: u32) -> Option<usize> {
    usize::try_from(at).ok()
}

/// Where the bracket closes that opens at a place.
fn closed(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for token in tokens(text.get(open..)?) {
        if token.kind != Kind::Sign {
            continue;
        }
        match text.get(open + token.start..open + token.end)? {
            "[" | "(" | "{" => depth += 1,
            "]" | ")" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + token.end);
                }
            }
            _ => {}
        }
    }
    None
}
