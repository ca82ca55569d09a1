//! What terms, statements and rules are made of, one step down.

use regorus::unstable::{Expr, Literal, LiteralStmt, Query, Rule, RuleHead};

/// What a term or a statement is made of.
#[derive(Default)]
pub(super) struct Parts<'a> {
    pub(super) terms: Vec<&'a Expr>,
    pub(super) query: Option<&'a Query>,
}

/// The parts of a term.
pub(super) fn parts(term: &Expr) -> Parts<'_> {
    match term {
        Expr::RefDot { refr, .. } => only(vec![refr]),
        Expr::RefBrack { refr, index, .. } => only(vec![refr, index]),
        Expr::Call { params, .. } => only(params.iter().map(AsRef::as_ref).collect()),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            only(items.iter().map(AsRef::as_ref).collect())
        }
        Expr::Object { fields, .. } => {
            let fields = fields.iter();
            only(
                fields
                    .flat_map(|(_, key, value)| [key.as_ref(), value.as_ref()])
                    .collect(),
            )
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => Parts {
            terms: vec![term],
            query: Some(query),
        },
        Expr::ObjectCompr {
            key, value, query, ..
        } => Parts {
            terms: vec![key, value],
            query: Some(query),
        },
        Expr::UnaryExpr { expr, .. } => only(vec![expr]),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => only(vec![lhs, rhs]),
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            let key = key.iter().map(AsRef::as_ref);
            only(key.chain([value.as_ref(), collection.as_ref()]).collect())
        }
        Expr::Var { .. }
        | Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. } => Parts::default(),
    }
}

fn only(terms: Vec<&Expr>) -> Parts<'_> {
    Parts { terms, query: None }
}

/// The parts of a statement.
pub(super) fn statement_parts(statement: &LiteralStmt) -> Parts<'_> {
    let mut found = match &statement.literal {
        Literal::SomeVars { .. } => Parts::default(),
        Literal::SomeIn {
            key,
            value,
            collection,
            ..
        } => {
            let key = key.iter().map(AsRef::as_ref);
            only(key.chain([value.as_ref(), collection.as_ref()]).collect())
        }
        Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => only(vec![expr]),
        Literal::Every { domain, query, .. } => Parts {
            terms: vec![domain],
            query: Some(query),
        },
    };
    let modifiers = statement.with_mods.iter();
    found
        .terms
        .extend(modifiers.map(|modifier| modifier.r#as.as_ref()));
    found
}

/// The terms and the bodies of a rule.
pub(super) fn rule_parts(rule: &Rule) -> (Vec<&Expr>, Vec<&Query>) {
    let (head, bodies) = match rule {
        Rule::Default { value, .. } => return (vec![value], Vec::new()),
        Rule::Spec { head, bodies, .. } => (head, bodies),
    };
    let mut terms: Vec<&Expr> = match head {
        RuleHead::Compr { refr, assign, .. } => {
            let value = assign.iter().map(|assign| assign.value.as_ref());
            value.chain([refr.as_ref()]).collect()
        }
        RuleHead::Set { refr, key, .. } => {
            let key = key.iter().map(AsRef::as_ref);
            key.chain([refr.as_ref()]).collect()
        }
        RuleHead::Func { args, assign, .. } => {
            let value = assign.iter().map(|assign| assign.value.as_ref());
            value.chain(args.iter().map(AsRef::as_ref)).collect()
        }
    };
    for body in bodies {
        terms.extend(body.assign.iter().map(|assign| assign.value.as_ref()));
    }
    let queries = bodies.iter().map(|body| body.query.as_ref()).collect();
    (terms, queries)
}
