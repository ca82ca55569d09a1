//! A way through the syntax tree of a rule: every expression, and every name that is bound by being written.

use regorus::unstable::{Expr, Literal, LiteralStmt, Query, Rule, RuleHead, Span, WithModifier};

/// What a walk comes by.
pub(super) enum Node<'a> {
    /// An expression. A reference comes once, as a whole, before the expressions in its brackets.
    Expr(&'a Expr),
    /// A name that `some` or `every` declares.
    Declared(&'a Span),
    /// What `some … in` matches: its key, its value. Comes as an expression too.
    Pattern(&'a Expr),
    /// A `with`; its value comes as an expression too.
    With(&'a WithModifier),
    /// A body, of a rule or within an expression, before its statements.
    Body(&'a Query),
    /// A statement of a body, before what it is made of.
    Statement(&'a LiteralStmt),
}

/// Goes through a rule: its head, then its bodies.
pub(super) fn walk_rule(rule: &Rule, visit: &mut dyn FnMut(&Node<'_>)) {
    match rule {
        Rule::Default {
            refr, args, value, ..
        } => {
            walk(refr, visit);
            args.iter().for_each(|argument| walk(argument, visit));
            walk(value, visit);
        }
        Rule::Spec { head, bodies, .. } => {
            let (RuleHead::Compr { refr, .. }
            | RuleHead::Set { refr, .. }
            | RuleHead::Func { refr, .. }) = head;
            walk(refr, visit);
            match head {
                RuleHead::Compr { assign, .. } => {
                    assign.iter().for_each(|assign| walk(&assign.value, visit));
                }
                RuleHead::Set { key, .. } => key.iter().for_each(|key| walk(key, visit)),
                RuleHead::Func { args, assign, .. } => {
                    args.iter().for_each(|argument| walk(argument, visit));
                    assign.iter().for_each(|assign| walk(&assign.value, visit));
                }
            }
            for body in bodies {
                body.assign
                    .iter()
                    .for_each(|assign| walk(&assign.value, visit));
                walk_query(&body.query, visit);
            }
        }
    }
}

/// Goes through the statements of a body.
pub(super) fn walk_query(query: &Query, visit: &mut dyn FnMut(&Node<'_>)) {
    visit(&Node::Body(query));
    for statement in &query.stmts {
        visit(&Node::Statement(statement));
        match &statement.literal {
            Literal::SomeVars { vars, .. } => {
                vars.iter().for_each(|name| visit(&Node::Declared(name)));
            }
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                for pattern in key.iter().chain([value]) {
                    visit(&Node::Pattern(pattern));
                    walk(pattern, visit);
                }
                walk(collection, visit);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => walk(expr, visit),
            Literal::Every {
                key,
                value,
                domain,
                query,
                ..
            } => {
                key.iter().for_each(|key| visit(&Node::Declared(key)));
                visit(&Node::Declared(value));
                walk(domain, visit);
                walk_query(query, visit);
            }
        }
        for modifier in &statement.with_mods {
            visit(&Node::With(modifier));
            walk(&modifier.r#as, visit);
        }
    }
}

/// Goes through an expression and all that it is made of.
pub(super) fn walk(expr: &Expr, visit: &mut dyn FnMut(&Node<'_>)) {
    visit(&Node::Expr(expr));
    match expr {
        Expr::RefDot { .. } | Expr::RefBrack { .. } => walk_brackets(expr, visit),
        Expr::Call { fcn, params, .. } => {
            walk(fcn, visit);
            params.iter().for_each(|param| walk(param, visit));
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| walk(item, visit));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                walk(key, visit);
                walk(value, visit);
            }
        }
        Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
            walk(term, visit);
            walk_query(query, visit);
        }
        Expr::ObjectCompr {
            key, value, query, ..
        } => {
            walk(key, visit);
            walk(value, visit);
            walk_query(query, visit);
        }
        Expr::UnaryExpr { expr, .. } => walk(expr, visit),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            walk(lhs, visit);
            walk(rhs, visit);
        }
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            key.iter().for_each(|key| walk(key, visit));
            walk(value, visit);
            walk(collection, visit);
        }
        Expr::Var { .. }
        | Expr::String { .. }
        | Expr::RawString { .. }
        | Expr::Number { .. }
        | Expr::Bool { .. }
        | Expr::Null { .. } => {}
    }
}

/// The computed parts of a reference, and what it starts with where that is no name.
fn walk_brackets(expr: &Expr, visit: &mut dyn FnMut(&Node<'_>)) {
    match expr {
        Expr::RefDot { refr, .. } => walk_brackets(refr, visit),
        Expr::RefBrack { refr, index, .. } => {
            walk_brackets(refr, visit);
            walk(index, visit);
        }
        Expr::Var { .. } => {}
        other => walk(other, visit),
    }
}
