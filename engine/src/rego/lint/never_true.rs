//! Statements of a `deny` that no input can make true, by themselves or beside those before them.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::unstable::{AssignOp, BoolOp, Expr, Literal, LiteralStmt};

use crate::rego::terms::{Reference, reference};
use crate::{ControlInput, SubjectKind};

/// The values that some paths of the input can have in a control: its METADATA names the subjects that it judges.
pub(super) type PossibleValues = BTreeMap<String, BTreeSet<String>>;

/// The values that follow from the subjects of a control.
pub(super) fn possible_values(inputs: &[ControlInput]) -> PossibleValues {
    let mut possible = PossibleValues::new();
    let kinds = inputs.iter().map(|input| input.kind.as_str().to_owned());
    possible.insert("input.kind".to_owned(), kinds.collect());
    let is_typed =
        |input: &ControlInput| input.kind == SubjectKind::Kubernetes && input.resources.is_some();
    if inputs.iter().all(is_typed) {
        let resources = inputs.iter().filter_map(|input| input.resources.as_ref());
        let resources: BTreeSet<String> = resources.flatten().cloned().collect();
        let kinds = resources
            .iter()
            .filter_map(|resource| resource.rsplit('/').next());
        possible.insert(
            "input.object.kind".to_owned(),
            kinds.map(str::to_owned).collect(),
        );
        possible.insert("input.resource".to_owned(), resources);
    }
    possible
}

/// What the statements of one body ask of a path.
enum Demand {
    /// A comparison with a value.
    Is(BoolOp, Value),
    /// Neither false nor absent.
    Holds,
    /// False or absent.
    HoldsNot,
}

/// The statements of one body so far.
pub(super) struct Demands<'a> {
    /// What a reference stands for from the input.
    full: &'a dyn Fn(&Reference) -> String,
    /// The values that some paths can have.
    possible: &'a PossibleValues,
    known: BTreeMap<String, Vec<Demand>>,
}

impl<'a> Demands<'a> {
    pub(super) fn new(
        full: &'a dyn Fn(&Reference) -> String,
        possible: &'a PossibleValues,
    ) -> Self {
        Self {
            full,
            possible,
            known: BTreeMap::new(),
        }
    }

    /// Whether a statement never holds beside those that were added before it.
    pub(super) fn add(&mut self, statement: &LiteralStmt) -> bool {
        // Another input is another matter.
        if !statement.with_mods.is_empty() {
            return false;
        }
        match &statement.literal {
            Literal::Expr { expr, .. } => self.expression(expr),
            Literal::NotExpr { expr, .. } => self.negation(expr),
            Literal::SomeIn { collection, .. } => is_empty(collection),
            Literal::SomeVars { .. } | Literal::Every { .. } => false,
        }
    }

    fn expression(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Bool { value, .. } => *value == Value::Bool(false),
            Expr::BoolExpr { op, lhs, rhs, .. } => self.comparison(op, lhs, rhs),
            Expr::AssignExpr { op, lhs, rhs, .. } => match op {
                AssignOp::Eq => self.comparison(&BoolOp::Eq, lhs, rhs),
                AssignOp::ColEq => {
                    if let (Expr::Var { .. }, Some(value)) = (lhs.as_ref(), scalar(rhs)) {
                        self.demand(lhs, Demand::Is(BoolOp::Eq, value.clone()));
                    }
                    false
                }
            },
            Expr::Membership { collection, .. } => is_empty(collection),
            Expr::RefBrack { refr, .. } if is_empty(refr) => true,
            _ => self.demand(expr, Demand::Holds),
        }
    }

    fn negation(&mut self, expr: &Expr) -> bool {
        match expr {
            Expr::Bool { value, .. } => *value == Value::Bool(true),
            Expr::BoolExpr {
                op: BoolOp::Eq,
                lhs,
                rhs,
                ..
            } => match (scalar(lhs), scalar(rhs)) {
                (Some(left), Some(right)) => left == right,
                (None, Some(value)) => self.demand(lhs, Demand::Is(BoolOp::Ne, value.clone())),
                (Some(value), None) => self.demand(rhs, Demand::Is(BoolOp::Ne, value.clone())),
                (None, None) => false,
            },
            _ => self.demand(expr, Demand::HoldsNot),
        }
    }

    fn comparison(&mut self, op: &BoolOp, lhs: &Expr, rhs: &Expr) -> bool {
        match (scalar(lhs), scalar(rhs)) {
            (Some(left), Some(right)) => !holds(op, left, right),
            (None, Some(value)) => self.demand(lhs, Demand::Is(op.clone(), value.clone())),
            (Some(value), None) => self.demand(rhs, Demand::Is(turned(op), value.clone())),
            (None, None) => {
                let is_strict = matches!(op, BoolOp::Ne | BoolOp::Lt | BoolOp::Gt);
                let same = |a: Reference, b: Reference| a.text == b.text && !is_any(&a);
                is_strict
                    && reference(lhs)
                        .zip(reference(rhs))
                        .is_some_and(|(a, b)| same(a, b))
            }
        }
    }

    /// Notes what is asked of a reference. Whether it cannot be had.
    fn demand(&mut self, expr: &Expr, demand: Demand) -> bool {
        let Some(reference) = reference(expr).filter(|reference| !is_any(reference)) else {
            return false;
        };
        let full = (self.full)(&reference);
        // Two names for elements of one list are two elements.
        let path = if full.contains("[_]") {
            reference.text
        } else {
            full
        };
        if let Demand::Is(BoolOp::Eq, Value::String(value)) = &demand
            && let Some(possible) = self.possible.get(&path)
            && !possible.contains(&**value)
        {
            return true;
        }
        let known = self.known.entry(path).or_default();
        let is_impossible = known.iter().any(|other| excludes(other, &demand));
        known.push(demand);
        is_impossible
    }
}

/// Whether a reference stands for another element each time.
fn is_any(reference: &Reference) -> bool {
    reference.variables.iter().any(|name| name == "_")
}

/// Whether nothing meets two demands.
fn excludes(one: &Demand, other: &Demand) -> bool {
    match (one, other) {
        (Demand::Holds, Demand::HoldsNot) | (Demand::HoldsNot, Demand::Holds) => true,
        (Demand::Is(BoolOp::Eq, value), Demand::HoldsNot)
        | (Demand::HoldsNot, Demand::Is(BoolOp::Eq, value)) => *value != Value::Bool(false),
        (Demand::Is(BoolOp::Eq, value), Demand::Holds)
        | (Demand::Holds, Demand::Is(BoolOp::Eq, value)) => *value == Value::Bool(false),
        (Demand::Is(BoolOp::Eq, value), Demand::Is(op, bound))
        | (Demand::Is(op, bound), Demand::Is(BoolOp::Eq, value)) => !holds(op, value, bound),
        (Demand::Is(one, low), Demand::Is(other, high)) => {
            gap(one, low, other, high) || gap(other, high, one, low)
        }
        _ => false,
    }
}

/// Whether nothing is above one value and below the other.
fn gap(above: &BoolOp, low: &Value, below: &BoolOp, high: &Value) -> bool {
    match (above, below) {
        (BoolOp::Ge, BoolOp::Le) => low > high,
        (BoolOp::Gt | BoolOp::Ge, BoolOp::Lt | BoolOp::Le) => low >= high,
        _ => false,
    }
}

/// A collection that is written out and has no element.
fn is_empty(expr: &Expr) -> bool {
    match expr {
        Expr::Array { items, .. } | Expr::Set { items, .. } => items.is_empty(),
        Expr::Object { fields, .. } => fields.is_empty(),
        _ => false,
    }
}

fn scalar(expr: &Expr) -> Option<&Value> {
    match expr {
        Expr::String { value, .. }
        | Expr::RawString { value, .. }
        | Expr::Number { value, .. }
        | Expr::Bool { value, .. }
        | Expr::Null { value, .. } => Some(value),
        _ => None,
    }
}

fn holds(op: &BoolOp, left: &Value, right: &Value) -> bool {
    match op {
        BoolOp::Lt => left < right,
        BoolOp::Le => left <= right,
        BoolOp::Eq => left == right,
        BoolOp::Ge => left >= right,
        BoolOp::Gt => left > right,
        BoolOp::Ne => left != right,
    }
}

/// The comparison as it reads from the other side.
fn turned(op: &BoolOp) -> BoolOp {
    match op {
        BoolOp::Lt => BoolOp::Gt,
        BoolOp::Le => BoolOp::Ge,
        BoolOp::Eq => BoolOp::Eq,
        BoolOp::Ge => BoolOp::Le,
        BoolOp::Gt => BoolOp::Lt,
        BoolOp::Ne => BoolOp::Ne,
    }
}
