//! Where an expression stands in its text: the span of a reference is that of its last part only.

use regorus::unstable::Expr;

use super::tokens::{Kind, tokens};
use crate::rego::reference::start_of;

/// A part of a text, in bytes.
pub(super) type Extent = (usize, usize);

/// Where a variable, a reference or a call stands; None for what else there is.
pub(super) fn extent(text: &str, expr: &Expr) -> Option<Extent> {
    let end = match expr {
        Expr::Var { span, .. } | Expr::Call { span, .. } => index(span.end)?,
        Expr::RefDot { field, refr, .. } => {
            extent(text, refr)?;
            index(field.0.end)?
        }
        Expr::RefBrack { refr, .. } => closed(text, extent(text, refr)?.1)?,
        _ => return None,
    };
    // A call starts where its function does.
    let start = match expr {
        Expr::Call { fcn, .. } => start_of(fcn).start,
        _ => start_of(expr).start,
    };
    Some((index(start)?, end))
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
