//! `x in xs` as a value is a call: in OPA it is undefined where one of the two is, in regorus false. With a key,
//! `k, x in xs`, regorus finds what is undefined in its place, and nothing in a set.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use regorus::unstable::{Expr, Literal, LiteralStmt, Module as Ast};

use super::Rewriting;
use super::extent::{Layout, insertion};
use crate::rego::edits::Edit;
use crate::rego::walk::{Node, walk_rule};

/// The changes to each module, in their order.
pub(super) fn members(module: &Ast) -> Rewriting {
    let layout = OnceCell::new();
    let mut found = Rewriting::default();
    // Where what a statement asks for stands: that is undefined where it is false.
    let mut asked = BTreeSet::new();
    for rule in &module.policy {
        walk_rule(rule, &mut |node| match node {
            Node::Statement(statement) => asked.extend(question(statement)),
            Node::Expr(expr @ Expr::Membership { span, .. })
                if !asked.contains(&(span.start, span.end)) =>
            {
                let layout =
                    layout.get_or_init(|| Layout::new(module.package.span.source.contents()));
                match call(layout, expr) {
                    Some(edits) => found.edits.extend(edits),
                    None => found.refuse(
                        span.start,
                        "write this `in` as a statement of its own: it cannot be told apart here",
                    ),
                }
            }
            _ => {}
        });
    }
    found
}

/// Where a statement stands that is nothing but `x in xs`.
fn question(statement: &LiteralStmt) -> Option<(u32, u32)> {
    let (Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. }) = &statement.literal else {
        return None;
    };
    match expr.as_ref() {
        Expr::Membership {
            key: None, span, ..
        } => Some((span.start, span.end)),
        _ => None,
    }
}

/// The call that OPA makes of it.
fn call(layout: &Layout<'_>, expr: &Expr) -> Option<Vec<Edit>> {
    let Expr::Membership {
        key,
        value,
        collection,
        ..
    } = expr
    else {
        return None;
    };
    let (start, end) = layout.extent(expr)?;
    let (value, collection) = (layout.extent(value)?, layout.extent(collection)?);
    let (from, to) = layout.place_of("in", (value.1, collection.0))?;
    let name = if key.is_some() {
        "member_3"
    } else {
        "member_2"
    };
    Some(vec![
        insertion(start, format!("internal.{name}(")),
        Edit {
            start: from,
            end: to,
            text: ",".to_owned(),
        },
        insertion(end, ")".to_owned()),
    ])
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
    fn a_membership_as_a_value_is_a_call() {
        for (rule, expected) in [
            ("p := (1) in [2]", "p := internal.member_2((1) , [2])"),
            (
                "p := [1 in [2] in [3],\n\t(1, 2 in # c\n\t[3])]",
                "p := [internal.member_2(internal.member_2(1 , [2]) , [3]),\n\t(internal.member_3(1, 2 , # c\n\t[3]))]",
            ),
            ("p if 1, 2 in [3]", "p if internal.member_3(1, 2 , [3])"),
        ] {
            assert_eq!(rewritten(rule), expected);
        }
    }

    #[test]
    fn a_membership_that_is_asked_for_stays() {
        for rule in [
            "p if 1 in [2]",
            "p if not 1 in [2]",
            "p if {\n\t(1 in [2])\n}",
        ] {
            assert_eq!(rewritten(rule), rule);
        }
    }
}
