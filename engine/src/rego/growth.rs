//! How deep the values of a rule can become beyond the documents that it reads, and how many numbers one of its numbers
//! is the product of: bounds, found without evaluating.

use std::collections::BTreeMap;

use regorus::unstable::{ArithOp, Expr, Literal, LiteralStmt, Query, Rule, RuleHead};

use super::builtins::arity;
use super::chains::{Graph, Written};
use super::parts::{parts, rule_parts, statement_parts};
use super::reference::{resolve, static_path};

/// Through how many variables and terms a value is followed.
const LONGEST_WAY: usize = 400;

/// Bounds on the values of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// How deep they are.
    pub(super) depth: usize,
    /// How many numbers are multiplied in one of them.
    pub(super) factors: usize,
}

impl Size {
    /// What is not followed: more than any bound.
    const UNKNOWN: Self = Self {
        depth: usize::MAX / 4,
        factors: usize::MAX / 4,
    };

    fn max(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            factors: self.factors.max(other.factors),
        }
    }

    fn deeper(self, by: usize) -> Self {
        Self {
            depth: self.depth.saturating_add(by),
            ..self
        }
    }
}

impl Default for Size {
    /// Of a document, or a literal.
    fn default() -> Self {
        Self {
            depth: 0,
            factors: 1,
        }
    }
}

/// The sizes of rules, as far as they are known.
pub(super) struct Sizes<'a> {
    graph: &'a Graph<'a>,
    sizes: Vec<Option<Size>>,
}

impl<'a> Sizes<'a> {
    pub(super) fn new(graph: &'a Graph<'a>) -> Self {
        let sizes = vec![None; graph.paths.len()];
        Self { graph, sizes }
    }

    /// Notes the size of the rule with a number.
    pub(super) fn set(&mut self, rule: usize, size: Size) {
        if let Some(known) = self.sizes.get_mut(rule) {
            *known = Some(size);
        }
    }

    /// The size of the rule with a path.
    fn of(&self, path: &[String]) -> Option<Size> {
        self.numbered(*self.graph.numbers.get(path)?)
    }

    /// The size of all that a path leads to.
    fn around(&self, path: &[String]) -> Size {
        let rules = self.graph.numbers.around(path).into_iter();
        largest(rules.filter_map(|rule| {
            let below = self
                .graph
                .paths
                .get(*rule)?
                .len()
                .saturating_sub(path.len());
            Some(self.numbered(*rule)?.deeper(below))
        }))
    }

    fn numbered(&self, rule: usize) -> Option<Size> {
        self.sizes.get(rule).copied().flatten()
    }
}

/// The largest of some sizes.
pub(super) fn largest(sizes: impl IntoIterator<Item = Size>) -> Size {
    sizes.into_iter().fold(Size::default(), Size::max)
}

/// How much deeper a built-in makes a value.
const BY_BUILTIN: usize = 2;

/// The same for those that take in a document, or put values where a path leads.
const BY_DOCUMENT: usize = 128;
const DOCUMENTS: &[&str] = &[
    "graphql.",
    "io.jwt.",
    "json.patch",
    "json.unmarshal",
    "yaml.unmarshal",
];

/// The size of the values of a rule, where that of `others` is known.
pub(super) fn growth(written: &Written<'_>, others: &Sizes<'_>) -> Size {
    let mut growth = Growth {
        written,
        others,
        bound: BTreeMap::new(),
        known: BTreeMap::new(),
        products: Vec::new(),
    };
    let (terms, queries) = rule_parts(written.rule);
    for term in &terms {
        growth.term(term);
    }
    for query in queries {
        growth.query(query);
    }
    let mut brackets = 0;
    if let Rule::Spec { head, .. } = written.rule {
        let (RuleHead::Compr { refr, .. }
        | RuleHead::Set { refr, .. }
        | RuleHead::Func { refr, .. }) = head;
        brackets = brackets_of(refr);
        if let RuleHead::Func { args, .. } = head {
            // What a function is called with is counted where it is called.
            for argument in args {
                growth.bind(argument, None);
            }
        }
    }
    // A product of a body need not be part of the value to be made.
    let products = growth.products.clone().into_iter();
    let products = largest(products.map(|term| growth.of(term, 0)));
    let value = largest(terms.into_iter().map(|term| growth.of(term, 0)));
    let with = growth.replaced();
    Size {
        depth: value.depth,
        factors: value.factors.max(products.factors),
    }
    .deeper(brackets)
    .deeper(with)
}

/// How many brackets and dots a head has.
fn brackets_of(head: &Expr) -> usize {
    match head {
        Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } => 1 + brackets_of(refr),
        _ => 0,
    }
}

struct Growth<'a> {
    written: &'a Written<'a>,
    others: &'a Sizes<'a>,
    /// What each variable may be bound to.
    bound: BTreeMap<&'a str, Vec<&'a Expr>>,
    /// Of the variables that were followed.
    known: BTreeMap<&'a str, Size>,
    /// Every multiplication.
    products: Vec<&'a Expr>,
}

impl<'a> Growth<'a> {
    /// Notes what the variables of a body are bound to.
    fn query(&mut self, query: &'a Query) {
        for statement in &query.stmts {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a LiteralStmt) {
        match &statement.literal {
            Literal::SomeIn {
                key,
                value,
                collection,
                ..
            } => {
                for pattern in key.iter().chain([value]) {
                    self.bind(pattern, Some(collection));
                }
            }
            Literal::Every {
                key, value, domain, ..
            } => {
                for name in key.iter().chain([value]) {
                    self.bound.entry(name.text()).or_default().push(domain);
                }
            }
            Literal::SomeVars { .. } | Literal::Expr { .. } | Literal::NotExpr { .. } => {}
        }
        let found = statement_parts(statement);
        for term in found.terms {
            self.term(term);
        }
        if let Some(query) = found.query {
            self.query(query);
        }
    }

    fn term(&mut self, term: &'a Expr) {
        match term {
            Expr::AssignExpr { lhs, rhs, .. } => {
                self.bind(lhs, Some(rhs));
                self.bind(rhs, Some(lhs));
            }
            // One more operand than a built-in takes is where its value goes.
            Expr::Call { fcn, params, .. } => {
                let arity = static_path(fcn).and_then(|path| arity(&path.join(".")));
                if let Some(last) = params.last()
                    && arity.is_some_and(|arity| params.len() > arity)
                {
                    self.bind(last, Some(term));
                }
            }
            Expr::RefBrack { refr, index, .. } => self.bind(index, Some(refr)),
            Expr::ArithExpr {
                op: ArithOp::Mul, ..
            } => self.products.push(term),
            _ => {}
        }
        let found = parts(term);
        for part in found.terms {
            self.term(part);
        }
        if let Some(query) = found.query {
            self.query(query);
        }
    }

    /// Binds the variables of a pattern.
    fn bind(&mut self, pattern: &'a Expr, value: Option<&'a Expr>) {
        match pattern {
            Expr::Var { span, .. } => {
                self.bound.entry(span.text()).or_default().extend(value);
            }
            Expr::Array { .. } | Expr::Object { .. } | Expr::Set { .. } => {
                for part in parts(pattern).terms {
                    self.bind(part, value);
                }
            }
            _ => {}
        }
    }

    /// The size that a term can have.
    fn of(&mut self, term: &'a Expr, way: usize) -> Size {
        if way > LONGEST_WAY {
            return Size::UNKNOWN;
        }
        let way = way + 1;
        match term {
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.reference(term, way)
            }
            Expr::Call { fcn, params, .. } => {
                let operands = largest(params.iter().map(|operand| self.of(operand, way)));
                let call = self.call(fcn);
                Size {
                    depth: operands.depth.saturating_add(call.depth),
                    factors: operands.factors.saturating_mul(call.factors),
                }
            }
            Expr::ArithExpr {
                op: ArithOp::Mul,
                lhs,
                rhs,
                ..
            } => Size {
                depth: 0,
                factors: (self.of(lhs, way).factors).saturating_add(self.of(rhs, way).factors),
            },
            Expr::Array { .. }
            | Expr::Set { .. }
            | Expr::Object { .. }
            | Expr::ArrayCompr { .. }
            | Expr::SetCompr { .. }
            | Expr::ObjectCompr { .. } => self.largest_part(term, way).deeper(1),
            _ => self.largest_part(term, way),
        }
    }

    fn largest_part(&mut self, term: &'a Expr, way: usize) -> Size {
        let terms = parts(term).terms.into_iter();
        largest(terms.map(|part| self.of(part, way)))
    }

    fn call(&self, function: &Expr) -> Size {
        let Some(path) = static_path(function) else {
            return Size::UNKNOWN;
        };
        let full = resolve(&path, &self.written.scope);
        if let Some(growth) = self.others.of(&full) {
            return growth;
        }
        let name = path.join(".");
        if DOCUMENTS.iter().any(|start| name.starts_with(start)) {
            return Size::default().deeper(BY_DOCUMENT);
        }
        Size::default().deeper(BY_BUILTIN)
    }

    fn reference(&mut self, term: &'a Expr, way: usize) -> Size {
        let mut start = term;
        while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = start {
            start = refr;
        }
        let Expr::Var { span, .. } = start else {
            return self.of(start, way);
        };
        let name = span.text();
        if let Some(values) = self.bound.get(name).cloned() {
            if let Some(known) = self.known.get(name) {
                return *known;
            }
            // A variable that comes by itself adds nothing the second time.
            self.known.insert(name, Size::default());
            let size = largest(values.into_iter().map(|value| self.of(value, way)));
            self.known.insert(name, size);
            return size;
        }
        let Some(path) = static_path(term) else {
            return Size::default();
        };
        self.others.around(&resolve(&path, &self.written.scope))
    }

    /// What `with` puts in the place of documents.
    fn replaced(&mut self) -> usize {
        let (_, queries) = rule_parts(self.written.rule);
        let mut open: Vec<&Query> = queries;
        let mut terms: Vec<&Expr> = Vec::new();
        let mut sum = 0_usize;
        while let Some(query) = open.pop() {
            for statement in &query.stmts {
                for modifier in &statement.with_mods {
                    sum = sum.saturating_add(self.of(&modifier.r#as, 0).depth);
                }
                let found = statement_parts(statement);
                open.extend(found.query);
                terms.extend(found.terms);
                while let Some(term) = terms.pop() {
                    let found = parts(term);
                    open.extend(found.query);
                    terms.extend(found.terms);
                }
            }
        }
        sum
    }
}
