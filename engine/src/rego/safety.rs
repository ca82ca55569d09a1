//! Unsafe variables: those that nothing binds. OPA refuses them when it compiles; regorus leaves the rule
//! undefined, so that a `deny` would quietly never fire.

use std::collections::BTreeSet;

use regorus::unstable::{BUILTINS, Expr, Literal, LiteralStmt, Query, Rule, RuleHead, Span};

/// A variable that nothing binds.
pub(super) struct Unsafe {
    pub(super) name: String,
    pub(super) span: Span,
}

/// The variables of a rule that nothing binds. `known`: the rules and imports of its module.
pub(super) fn unsafe_variables(rule: &Rule, known: &BTreeSet<String>) -> Vec<Unsafe> {
    let mut search = Search {
        known,
        found: Vec::new(),
    };
    match rule {
        Rule::Default { value, .. } => search.uses(value, &BTreeSet::new()),
        Rule::Spec { head, bodies, .. } => {
            let mut arguments = BTreeSet::new();
            let mut heads: Vec<&Expr> = Vec::new();
            match head {
                RuleHead::Compr { refr, assign, .. } => {
                    heads.extend(indexes(refr));
                    heads.extend(assign.iter().map(|assign| assign.value.as_ref()));
                }
                RuleHead::Set { refr, key, .. } => {
                    heads.extend(indexes(refr));
                    heads.extend(key.iter().map(AsRef::as_ref));
                }
                RuleHead::Func { args, assign, .. } => {
                    args.iter()
                        .for_each(|argument| pattern(argument, &mut arguments));
                    heads.extend(assign.iter().map(|assign| assign.value.as_ref()));
                }
            }
            if bodies.is_empty() {
                heads.iter().for_each(|head| search.uses(head, &arguments));
            }
            for (at, body) in bodies.iter().enumerate() {
                let mut bound = arguments.clone();
                bind_query(&body.query, &mut bound);
                search.query(&body.query, &bound);
                body.assign
                    .iter()
                    .for_each(|assign| search.uses(&assign.value, &bound));
                // A head belongs to every body but `else`, which has a value of its own.
                if at == 0 || !body.is_else {
                    heads.iter().for_each(|head| search.uses(head, &bound));
                }
            }
        }
    }
    search.found
}

/// The computed parts of a rule's name: `rule[key]`.
fn indexes(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::RefDot { refr, .. } => indexes(refr),
        Expr::RefBrack { refr, index, .. } => {
            let mut found = indexes(refr);
            found.push(index);
            found
        }
        _ => Vec::new(),
    }
}

/// The variables that a query binds.
fn bind_query(query: &Query, bound: &mut BTreeSet<String>) {
    for statement in &query.stmts {
        bind_statement(statement, bound);
    }
}

/// The variables that one statement of a query binds.
pub(super) fn bind_statement(statement: &LiteralStmt, bound: &mut BTreeSet<String>) {
    match &statement.literal {
        Literal::SomeIn {
            key,
            value,
            collection,
            ..
        } => {
            key.iter().for_each(|key| pattern(key, bound));
            pattern(value, bound);
            bind(collection, bound);
        }
        Literal::Expr { expr, .. } => bind(expr, bound),
        Literal::Every { domain, .. } => bind(domain, bound),
        Literal::SomeVars { .. } | Literal::NotExpr { .. } => {}
    }
}

/// Whether a statement uses a variable that is not bound.
pub(super) fn uses_unbound(
    statement: &LiteralStmt,
    bound: &BTreeSet<String>,
    known: &BTreeSet<String>,
) -> bool {
    let mut search = Search {
        known,
        found: Vec::new(),
    };
    search.statement(statement, bound);
    !search.found.is_empty()
}

/// The variables of a pattern: `x`, `[x, y]`, `{"k": x}`.
pub(super) fn pattern(expr: &Expr, bound: &mut BTreeSet<String>) {
    match expr {
        Expr::Var { span, .. } => {
            bound.insert(span.text().to_owned());
        }
        Expr::Array { items, .. } => items.iter().for_each(|item| pattern(item, bound)),
        Expr::Object { fields, .. } => fields
            .iter()
            .for_each(|(_, _, value)| pattern(value, bound)),
        _ => bind(expr, bound),
    }
}

/// The variables that an expression binds: those it assigns, and those it iterates with.
fn bind(expr: &Expr, bound: &mut BTreeSet<String>) {
    match expr {
        Expr::AssignExpr { lhs, rhs, .. } => {
            pattern(lhs, bound);
            // `=` binds either side, `:=` only the left.
            if is_unification(expr) {
                pattern(rhs, bound);
            } else {
                bind(rhs, bound);
            }
        }
        Expr::RefDot { refr, .. } => bind(refr, bound),
        Expr::RefBrack { refr, index, .. } => {
            bind(refr, bound);
            pattern(index, bound);
        }
        Expr::Call { fcn, params, .. } => {
            params.iter().for_each(|param| bind(param, bound));
            // OPA's out-parameter form, `f(x, y)` for `y = f(x)`.
            let arity = super::reference::static_path(fcn).and_then(|path| {
                BUILTINS
                    .get(path.join(".").as_str())
                    .map(|(_, arity)| usize::from(*arity))
            });
            if arity.is_some_and(|arity| params.len() == arity + 1)
                && let Some(last) = params.last()
            {
                pattern(last, bound);
            }
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| bind(item, bound));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                bind(key, bound);
                bind(value, bound);
            }
        }
        Expr::UnaryExpr { expr, .. } => bind(expr, bound),
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. } => {
            bind(lhs, bound);
            bind(rhs, bound);
        }
        Expr::Membership {
            key,
            value,
            collection,
            ..
        } => {
            key.iter().for_each(|key| bind(key, bound));
            bind(value, bound);
            bind(collection, bound);
        }
        // What a comprehension binds stays inside it.
        _ => {}
    }
}

fn is_unification(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::AssignExpr {
            op: regorus::unstable::AssignOp::Eq,
            ..
        }
    )
}

struct Search<'a> {
    known: &'a BTreeSet<String>,
    found: Vec<Unsafe>,
}

impl Search<'_> {
    fn query(&mut self, query: &Query, bound: &BTreeSet<String>) {
        for statement in &query.stmts {
            self.statement(statement, bound);
        }
    }

    fn statement(&mut self, statement: &LiteralStmt, bound: &BTreeSet<String>) {
        match &statement.literal {
            Literal::SomeVars { .. } => {}
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                key.iter().for_each(|key| self.uses(key, bound));
                self.uses(value, bound);
                self.uses(collection, bound);
            }
            Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                self.uses(expr, bound);
            }
            Literal::Every {
                key,
                value,
                domain,
                query,
                ..
            } => {
                self.uses(domain, bound);
                let mut inner = bound.clone();
                inner.extend(key.iter().map(|key| key.text().to_owned()));
                inner.insert(value.text().to_owned());
                bind_query(query, &mut inner);
                self.query(query, &inner);
            }
        }
        for modifier in &statement.with_mods {
            self.uses(&modifier.r#as, bound);
        }
    }

    fn inner(&mut self, terms: &[&Expr], query: &Query, bound: &BTreeSet<String>) {
        let mut inner = bound.clone();
        bind_query(query, &mut inner);
        self.query(query, &inner);
        terms.iter().for_each(|term| self.uses(term, &inner));
    }

    fn uses(&mut self, expr: &Expr, bound: &BTreeSet<String>) {
        match expr {
            Expr::Var { span, .. } => self.variable(span, bound),
            Expr::RefDot { refr, .. } => self.uses(refr, bound),
            Expr::RefBrack { refr, index, .. } => {
                self.uses(refr, bound);
                self.uses(index, bound);
            }
            Expr::Call { params, .. } => params.iter().for_each(|param| self.uses(param, bound)),
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.uses(item, bound));
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.uses(key, bound);
                    self.uses(value, bound);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.inner(&[term], query, bound);
            }
            Expr::ObjectCompr {
                key, value, query, ..
            } => self.inner(&[key, value], query, bound),
            Expr::UnaryExpr { expr, .. } => self.uses(expr, bound),
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.uses(lhs, bound);
                self.uses(rhs, bound);
            }
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                key.iter().for_each(|key| self.uses(key, bound));
                self.uses(value, bound);
                self.uses(collection, bound);
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    fn variable(&mut self, span: &Span, bound: &BTreeSet<String>) {
        let name = span.text();
        let is_known = matches!(name, "_" | "input" | "data")
            || bound.contains(name)
            || self.known.contains(name);
        if !is_known {
            self.found.push(Unsafe {
                name: name.to_owned(),
                span: span.clone(),
            });
        }
    }
}
