//! Every expression of a rule, also those within comprehensions and other expressions.

use regorus::unstable::{Expr, Literal, LiteralStmt, Query, Rule, RuleHead};

/// Calls `visit` with every expression of a rule, those around others first.
pub(in crate::rego) fn each_expr<'a>(rule: &'a Rule, visit: &mut dyn FnMut(&'a Expr)) {
    match rule {
        Rule::Default { refr, value, .. } => {
            expr(refr, visit);
            expr(value, visit);
        }
        Rule::Spec { head, bodies, .. } => {
            match head {
                RuleHead::Compr { refr, assign, .. } => {
                    expr(refr, visit);
                    assign.iter().for_each(|assign| expr(&assign.value, visit));
                }
                RuleHead::Set { refr, key, .. } => {
                    expr(refr, visit);
                    key.iter().for_each(|key| expr(key, visit));
                }
                RuleHead::Func {
                    refr, args, assign, ..
                } => {
                    expr(refr, visit);
                    args.iter().for_each(|argument| expr(argument, visit));
                    assign.iter().for_each(|assign| expr(&assign.value, visit));
                }
            }
            for body in bodies {
                body.assign
                    .iter()
                    .for_each(|assign| expr(&assign.value, visit));
                query(&body.query, visit);
            }
        }
    }
}

/// Calls `visit` with every statement of a rule, also of comprehensions in it.
pub(in crate::rego) fn each_statement<'a>(rule: &'a Rule, visit: &mut dyn FnMut(&'a LiteralStmt)) {
    let mut queries: Vec<&Query> = Vec::new();
    if let Rule::Spec { bodies, .. } = rule {
        queries.extend(bodies.iter().map(|body| body.query.as_ref()));
        bodies
            .iter()
            .flat_map(|body| &body.query.stmts)
            .for_each(|statement| nested(statement, &mut queries));
    }
    each_expr(rule, &mut |expr| match expr {
        Expr::ArrayCompr { query, .. }
        | Expr::SetCompr { query, .. }
        | Expr::ObjectCompr { query, .. } => {
            queries.push(query);
            query
                .stmts
                .iter()
                .for_each(|statement| nested(statement, &mut queries));
        }
        _ => {}
    });
    queries
        .into_iter()
        .flat_map(|query| &query.stmts)
        .for_each(visit);
}

/// The query of an `every`, and of those in it.
fn nested<'a>(statement: &'a LiteralStmt, queries: &mut Vec<&'a Query>) {
    if let Literal::Every { query, .. } = &statement.literal {
        queries.push(query);
        query
            .stmts
            .iter()
            .for_each(|statement| nested(statement, queries));
    }
}

fn query<'a>(query: &'a Query, visit: &mut dyn FnMut(&'a Expr)) {
    for statement in &query.stmts {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                key.iter().for_each(|key| expr(key, visit));
                expr(value, visit);
                expr(collection, visit);
            }
            Literal::Expr { expr: inner, .. } | Literal::NotExpr { expr: inner, .. } => {
                expr(inner, visit);
            }
            Literal::Every {
                domain,
                query: inner,
                ..
            } => {
                expr(domain, visit);
                self::query(inner, visit);
            }
        }
        for modifier in &statement.with_mods {
            expr(&modifier.refr, visit);
            expr(&modifier.r#as, visit);
        }
    }
}

fn expr<'a>(whole: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(whole);
    match whole {
        Expr::RefDot { refr, .. } => expr(refr, visit),
        Expr::RefBrack { refr, index, .. } => {
            expr(refr, visit);
            expr(index, visit);
        }
        Expr::Call { fcn, params, .. } => {
            expr(fcn, visit);
            params.iter().for_each(|param| expr(param, visit));
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| expr(item, visit));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                expr(key, visit);
                expr(value, visit);
            }
        }
        Expr::ArrayCompr {
            term, query: inner, ..
        }
        | Expr::SetCompr {
            term, query: inner, ..
        } => {
            expr(term, visit);
            query(inner, visit);
        }
        Expr::ObjectCompr {
            key,
            value,
            query: inner,
            ..
        } => {
            expr(key, visit);
            expr(value, visit);
            query(inner, visit);
        }
        Expr::UnaryExpr { expr: inner, .. } => expr(inner, visit),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            expr(lhs, visit);
            expr(rhs, visit);
        }
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            key.iter().for_each(|key| expr(key, visit));
            expr(value, visit);
            expr(collection, visit);
        }
        Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. }
        | Expr::Var { .. } => {}
    }
}
