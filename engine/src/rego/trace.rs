//! Why a rule does not hold: for each of its bodies, the first expression that is undefined or false.
//!
//! The evaluator says only whether a rule has a value. So each expression of a body is asked for in turn, as the last
//! one of a query of its own in the same package: the first that leaves the query without a result is where the body
//! stops. What it cannot show: bodies of functions, whose arguments it does not know, and which of the elements of an
//! `every` or a comprehension was the one.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::time::Duration;

use regorus::unstable::{
    Expr, Literal, LiteralStmt, Module as Ast, NodeRef, Rule, RuleBody, RuleHead, Span,
};
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde::Serialize;
use soc2gate_source::Location;

use super::authored::Authored;
use super::place::{self, locate, offset, slice, statement_text};
use super::reference::{Scope, head, import_alias, package_path, resolve, static_path};
use super::safety::{bind_statement, pattern, uses_unbound};
use super::term::{compact, pretty_pair};
use super::{Module, Parsed, package_of, terms};

/// Most results of the expressions before the one that stops a body which are shown.
const MOST_BINDINGS: usize = 3;
/// The name of the rule that is asked for.
const NAME: &str = "soc2gate_trace";

/// One body of a rule, and how far its evaluation comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BodyTrace {
    /// The rule, from `data`.
    pub rule: String,
    /// Where the body's rule stands.
    pub location: Location,
    /// How far it comes.
    #[serde(flatten)]
    pub ending: BodyEnding,
}

/// How far the evaluation of a body comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyEnding {
    /// To its end, in so many ways.
    Holds(usize),
    /// To an expression that is undefined or false.
    Stops(Box<Stop>),
    /// Nobody knows, and why.
    Unseen(String),
}

/// The expression at which a body stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// Where it stands.
    pub location: Location,
    /// Its text.
    pub expression: String,
    /// What it is.
    pub reason: Reason,
    /// Both sides, where it compares or unifies two values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sides: Option<Sides>,
    /// The references in it, with their values.
    pub terms: Vec<Term>,
    /// The variables before it, for each of the first ways to come there.
    pub bindings: Vec<Bindings>,
    /// In how many ways the expressions before it hold.
    pub ways: usize,
}

/// Variables and their values, on one line each.
pub type Bindings = std::collections::BTreeMap<String, String>;

/// What stops a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is false.
    False,
    /// It is undefined: something in it is not there.
    Undefined,
    /// It is a `not`, and what follows it holds.
    Negated,
    /// There is no element that fits.
    NoElement,
    /// It ended with an error.
    Error,
}

/// Both sides of a comparison, as Rego writes them, over several lines; None where a side is undefined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named by what they are")]
pub struct Sides {
    pub left: Option<String>,
    pub right: Option<String>,
}

/// A reference and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Term {
    /// The reference as it is written.
    pub text: String,
    /// Its value on one line; None where it is undefined.
    pub value: Option<String>,
    /// Where it is undefined: the first part of it that is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
}

/// How long one evaluation for an author may take.
pub(super) const BUDGET: Duration = Duration::from_secs(30);

/// Policies with what they see, ready to be asked why a rule does not hold.
#[derive(Debug, Clone)]
pub(super) struct Explainer {
    parsed: Parsed,
    /// An engine of the policies.
    engine: Engine,
    authored: Authored,
    data: Option<Value>,
    input: Option<Value>,
}

impl Explainer {
    pub(super) fn new(parsed: Parsed, engine: Engine, authored: Authored) -> Self {
        Self {
            parsed,
            engine,
            authored,
            data: None,
            input: None,
        }
    }

    /// The same with documents below `data` and with an `input`.
    pub(super) fn seeing(self, data: Option<Value>, input: Option<Value>) -> Self {
        Self {
            data,
            input,
            ..self
        }
    }

    /// An engine with the policies and what they see. Documents that do not fit the policies are left out.
    pub(super) fn engine(&self) -> Engine {
        self.prepared(self.engine.clone())
    }

    fn prepared(&self, mut engine: Engine) -> Engine {
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: BUDGET,
            check_interval: NonZeroU32::new(64).unwrap_or(NonZeroU32::MIN),
        });
        if let Some(data) = &self.data {
            // Whoever shows results adds the documents first, and says what is wrong with them.
            let _ = engine.add_data(data.clone());
        }
        if let Some(input) = &self.input {
            engine.set_input(input.clone());
        }
        engine
    }

    /// An engine with one module more.
    fn with(&self, text: &str) -> Option<Engine> {
        let mut modules = self.parsed.modules.clone();
        modules.push(Module::new(&format!("{NAME}.rego"), text));
        let (parsed, problems) = self.parsed.again(&modules);
        let engine = parsed.engine().ok()?;
        problems.is_empty().then(|| self.prepared(engine))
    }

    /// Every body of the rules with this path, in the order of the files; and the rules that those which stop depend on
    /// at that place.
    pub(super) fn trace(&self, rule: &[String]) -> (Vec<BodyTrace>, Vec<Vec<String>>) {
        let modules = self.authored.trees();
        let mut traces = Vec::new();
        let mut asked = Vec::new();
        for module in modules {
            let package = package_path(module);
            let mut tracer = Tracer {
                explainer: self,
                module,
                known: known_names(module, modules),
                asked: Vec::new(),
            };
            for candidate in &module.policy {
                let name = static_path(head(candidate).0).unwrap_or_default();
                if [package.as_slice(), &name].concat() == rule {
                    traces.extend(tracer.rule(candidate, &rule.join(".")));
                }
            }
            asked.append(&mut tracer.asked);
        }
        (traces, asked)
    }

    fn locate(&self, span: &Span) -> Location {
        self.authored.original(locate(span))
    }
}

/// The names of a module that are no variables: the rules of its package, and its imports.
fn known_names(module: &Ast, modules: &[NodeRef<Ast>]) -> BTreeSet<String> {
    let package = package_of(module);
    let rules = modules
        .iter()
        .filter(|other| package_of(other) == package)
        .flat_map(|other| &other.policy)
        .filter_map(|rule| static_path(head(rule).0)?.into_iter().next());
    rules
        .chain(module.imports.iter().filter_map(import_alias))
        .collect()
}

struct Tracer<'a> {
    explainer: &'a Explainer,
    module: &'a Ast,
    known: BTreeSet<String>,
    /// What stops a body, where that may be a rule.
    asked: Vec<Vec<String>>,
}

impl Tracer<'_> {
    fn rule(&mut self, rule: &Rule, name: &str) -> Vec<BodyTrace> {
        let location = self.explainer.locate(rule.span());
        let trace = |location: &Location, ending| BodyTrace {
            rule: name.to_owned(),
            location: location.clone(),
            ending,
        };
        let Rule::Spec { head, bodies, .. } = rule else {
            return Vec::new();
        };
        if matches!(head, RuleHead::Func { .. }) {
            let why =
                "a function: its body depends on its arguments, so ask for a call of it".to_owned();
            return vec![trace(&location, BodyEnding::Unseen(why))];
        }
        if bodies.is_empty() {
            return vec![trace(&location, BodyEnding::Holds(1))];
        }
        bodies
            .iter()
            .map(|body| {
                let place = if body.is_else {
                    self.explainer.locate(&body.span)
                } else {
                    location.clone()
                };
                trace(&place, self.body(body))
            })
            .collect()
    }

    fn body(&mut self, body: &RuleBody) -> BodyEnding {
        let mut waiting: Vec<&LiteralStmt> = body.query.stmts.iter().collect();
        let mut bound = BTreeSet::new();
        let mut before: Vec<String> = Vec::new();
        let mut ways = Vec::from([Value::new_object()]);
        while !waiting.is_empty() {
            // An expression waits for those that bind its variables, wherever they stand.
            let next = waiting.iter().position(|statement| {
                let mut bound = bound.clone();
                bind_statement(statement, &mut bound);
                !uses_unbound(statement, &bound, &self.known)
            });
            let statement = waiting.remove(next.unwrap_or(0));
            let text = place::text(&statement.span);
            let mut bound_after = bound.clone();
            bind_statement(statement, &mut bound_after);
            let mut query = before.clone();
            query.push(text.to_owned());
            match self.ask(&query, &variables(&bound_after, &self.known)) {
                Ok(found) if !found.is_empty() => ways = found,
                ended => {
                    let reason = ended.is_err().then_some(Reason::Error);
                    let stop = self.stop(statement, &before, &bound, &ways, reason);
                    self.ask_for(&stop);
                    return BodyEnding::Stops(Box::new(stop));
                }
            }
            bound = bound_after;
            before = query;
        }
        BodyEnding::Holds(ways.len())
    }

    /// Notes the rules among the references of an expression that stops a body.
    fn ask_for(&mut self, stop: &Stop) {
        let scope = Scope {
            package: package_path(self.module),
            imports: &self.module.imports,
            rule: Vec::new(),
        };
        for term in &stop.terms {
            let path: Vec<String> = term.text.split('.').map(str::to_owned).collect();
            let is_name = |part: &String| part.chars().all(|c| c.is_alphanumeric() || c == '_');
            let is_bad = stop.reason == Reason::Negated
                || matches!(term.value.as_deref(), None | Some("false"));
            let is_rule = path
                .first()
                .is_some_and(|root| self.known.contains(root) || root == "data");
            if is_bad && is_rule && path.iter().all(is_name) {
                self.asked.push(resolve(&path, &scope));
            }
        }
    }

    /// Everything about the expression that stops a body.
    fn stop(
        &self,
        statement: &LiteralStmt,
        before: &[String],
        bound: &BTreeSet<String>,
        ways: &[Value],
        reason: Option<Reason>,
    ) -> Stop {
        let text = statement_text(statement);
        let (_, end) = place::ends(&statement.span);
        let modifiers = slice(&statement.span, text.end, end);
        let ask = |term: &str| self.value(before, term, modifiers);
        let (expression, sides) = match &statement.literal {
            // With several ways, one of them would be shown.
            Literal::Expr { expr, .. } if ways.len() > 1 => (Some(expr), None),
            Literal::Expr { expr, .. } => (Some(expr), sides(expr, text.end, &ask)),
            Literal::NotExpr { expr, .. } => (Some(expr), None),
            Literal::SomeIn { collection, .. } => (Some(collection), None),
            Literal::Every { domain, .. } => (Some(domain), None),
            Literal::SomeVars { .. } => (None, None),
        };
        let found = match &statement.literal {
            // What a negated call is made of is evaluated before it.
            Literal::NotExpr { .. } if ask(text.text).is_none() => Reason::Undefined,
            Literal::NotExpr { .. } => Reason::Negated,
            Literal::SomeIn { .. } => Reason::NoElement,
            Literal::Every { .. } => Reason::False,
            _ if ask(text.text) == Some(Value::Bool(false)) => Reason::False,
            _ => Reason::Undefined,
        };
        let is_free = |name: &str| {
            !bound.contains(name) && !self.known.contains(name) && !matches!(name, "input" | "data")
        };
        // The sides of a comparison are shown in full.
        let expression_sides: Vec<String> = match expression.map(AsRef::as_ref) {
            Some(Expr::BoolExpr { lhs, rhs, .. }) => [lhs, rhs]
                .into_iter()
                .filter_map(|side| terms::reference(side))
                .map(|reference| reference.text)
                .collect(),
            _ => Vec::new(),
        };
        let terms = expression
            .map(|expression| terms::references(expression))
            .unwrap_or_default()
            .into_iter()
            .filter(|reference| !reference.variables.iter().any(|name| is_free(name)))
            .filter(|reference| !bound.contains(&reference.text))
            .filter_map(|reference| {
                let value = ask(&reference.text);
                let missing = match &value {
                    Some(_) => None,
                    None => reference
                        .parts
                        .iter()
                        .find(|part| ask(part).is_none())
                        .cloned(),
                };
                let is_side = sides.is_some()
                    && value.is_some()
                    && expression_sides.contains(&reference.text);
                let is_worth = !is_side;
                is_worth.then(|| Term {
                    text: reference.text,
                    value: value.as_ref().map(compact),
                    missing,
                })
            })
            .collect();
        let location = self.explainer.locate(&statement.span);
        Stop {
            expression: self
                .explainer
                .authored
                .text(&location)
                .unwrap_or_else(|| place::text(&statement.span).to_owned()),
            location,
            reason: reason.unwrap_or(found),
            sides,
            terms,
            bindings: ways
                .iter()
                .take(MOST_BINDINGS)
                .filter_map(|way| way.as_object().ok())
                .map(|way| {
                    way.iter()
                        .map(|(name, value)| {
                            (
                                name.as_string()
                                    .map_or_else(|_| compact(name), ToString::to_string),
                                compact(value),
                            )
                        })
                        .collect()
                })
                .collect(),
            ways: ways.len(),
        }
    }

    /// The value of a term behind some expressions, in the first way that they hold.
    fn value(&self, before: &[String], term: &str, modifiers: &str) -> Option<Value> {
        let mut query = before.to_vec();
        query.push(format!(
            "soc2gate_value := [soc2gate_each | soc2gate_each := {term}] {modifiers}"
        ));
        let ways = self.ask(&query, &["soc2gate_value".to_owned()]).ok()?;
        let way = ways.first()?.as_object().ok()?;
        let values = way.values().next()?.as_array().ok()?;
        values.first().cloned()
    }

    /// The variables in each way that a query holds.
    fn ask(&self, query: &[String], variables: &[String]) -> anyhow::Result<Vec<Value>> {
        let fields: Vec<String> = variables
            .iter()
            .map(|name| format!("{name:?}: {name}"))
            .collect();
        let mut lines = query.to_vec();
        lines.push(format!("soc2gate_way := {{{}}}", fields.join(", ")));
        let package = package_of(self.module);
        let imports: Vec<String> = self
            .module
            .imports
            .iter()
            .map(|import| import_text(import.span.source.contents(), import))
            .collect();
        let text = format!(
            "package {package}\n\n{}\n\n{NAME} := [soc2gate_way |\n{}\n]\n",
            imports.join("\n"),
            lines.join("\n"),
        );
        let mut engine = self
            .explainer
            .with(&text)
            .ok_or_else(|| anyhow::anyhow!("the expressions do not stand alone"))?;
        let value = engine.eval_rule(format!("data.{package}.{NAME}"))?;
        Ok(value
            .as_array()
            .map(regorus::value::Array::to_vec)
            .unwrap_or_default())
    }
}

/// Both sides of a comparison or a unification.
fn sides(expression: &Expr, end: u32, ask: &dyn Fn(&str) -> Option<Value>) -> Option<Sides> {
    let (Expr::BoolExpr { span, .. } | Expr::AssignExpr { span, .. }) = expression else {
        return None;
    };
    let mut fresh = BTreeSet::new();
    if let Expr::AssignExpr { lhs, .. } = expression {
        pattern(lhs, &mut fresh);
    }
    if !fresh.is_empty() {
        return None;
    }
    // The line and the column of such an expression are those of its operator.
    let operator = offset(span)?;
    let (start, _) = place::ends(span);
    let left = slice(span, start, operator).trim();
    let right = slice(span, operator, end)
        .trim_start_matches(['=', '!', '<', '>', ':'])
        .trim();
    let [left, right] = pretty_pair([ask(left), ask(right)]);
    Some(Sides { left, right })
}

fn import_text(contents: &str, import: &regorus::unstable::Import) -> String {
    let start = usize::try_from(import.span.start).unwrap_or(0);
    let end = usize::try_from(import.span.end).unwrap_or(0);
    let text = contents.get(start..end).unwrap_or_default();
    if text.starts_with("import") {
        text.to_owned()
    } else {
        format!("import {text}")
    }
}

/// The variables that a query binds, without the names that are none.
fn variables(bound: &BTreeSet<String>, known: &BTreeSet<String>) -> Vec<String> {
    bound
        .iter()
        .filter(|name| {
            *name != "_" && !known.contains(*name) && !matches!(name.as_str(), "input" | "data")
        })
        .cloned()
        .collect()
}
