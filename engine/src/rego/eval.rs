//! One evaluation for an author: the results of a query with everything that explains them.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use regorus::unstable::Expr;
use regorus::{LimitError, Value as Rego};
use serde::Serialize;
use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::authored::Authored;
use super::builtins::budget;
use super::lint::walk::each_expr;
use super::reference::static_path;
use super::trace::{BUDGET, BodyTrace, Explainer};
use super::version::{RegoVersion, modules_of};
use super::{Module, Moment, Parsed, RegoProblem, RegoValue, check, conflicts, source, term};
use crate::library::code_of;
use crate::{BaseDocuments, Bundle, DataConflict, PolicySource};

/// Most rules that are explained.
const MOST_RULES: usize = 20;

/// What a query sees, and the query.
#[derive(Debug, Clone)]
pub struct RegoEval<'a> {
    /// The policies.
    pub modules: &'a [PolicySource],
    /// Bundles of OPA, whose policies and documents lie beside the others.
    pub bundles: &'a [Bundle],
    /// The version of policies that are no controls; None: v1, or v0 where a file parses in no other.
    pub rego_version: Option<RegoVersion>,
    /// The documents below `data`.
    pub data: Option<&'a Value>,
    /// `input`; None leaves it undefined.
    pub input: Option<&'a Value>,
    /// The query: `data.main.deny`, `x = data.main.deny; count(x) > 0`.
    pub query: &'a str,
    /// What `time.now_ns()` returns.
    pub now: Timestamp,
    /// Whether it is explained why rules of the query hold or do not.
    pub trace: bool,
}

/// What a query came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RegoEvaluation {
    /// Each way in which the query holds; none: it is undefined.
    pub results: Vec<RegoResult>,
    /// What `print` wrote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prints: Vec<String>,
    /// The bodies of the rules that the query names, and of rules that those depend on where they do not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<BodyTrace>,
}

/// One way in which a query holds.
#[derive(Debug, Clone, Serialize)]
pub struct RegoResult {
    /// Its expressions.
    pub expressions: Vec<RegoExpression>,
    /// Its variables.
    pub bindings: Value,
}

/// An expression of a query.
#[derive(Debug, Clone, Serialize)]
pub struct RegoExpression {
    /// As it is written.
    pub text: String,
    /// Its value; a set is an array.
    pub value: Value,
    /// Its value as Rego writes it, over several lines.
    #[serde(skip)]
    pub term: String,
}

/// Evaluates a query.
///
/// # Errors
/// Policies or a query that do not load, and an evaluation that fails. The texts may quote data and input.
pub fn eval_rego(request: &RegoEval<'_>) -> Result<RegoEvaluation, Vec<Diagnostic>> {
    let moment = Moment::new(request.now, request.query);
    moment
        .during(|| catch_unwind(AssertUnwindSafe(|| run(request))))
        .unwrap_or_else(|_| {
            Err(vec![Diagnostic::new(
                Code::InternalError,
                "the evaluator failed",
            )])
        })
}

fn run(request: &RegoEval<'_>) -> Result<RegoEvaluation, Vec<Diagnostic>> {
    let mut modules = modules_of(request.modules);
    modules.extend(request.bundles.iter().flat_map(Bundle::modules));
    let versions = RegoVersion::order(request.rego_version);
    let (parsed, mut problems) = Parsed::new_in(versions, &modules);
    problems.extend(check::recursive_functions(&parsed));
    let mut problems: Vec<Diagnostic> = problems.into_iter().map(placed).collect();
    let conflicts = conflicts(&parsed).into_iter();
    problems.extend(conflicts.map(|(kind, problem)| coded(code_of(kind), problem)));
    if !problems.is_empty() {
        return Err(problems);
    }
    let engine = parsed.engine().map_err(|problem| vec![placed(problem)])?;
    let data = data_of(request).map_err(|problem| vec![problem])?;
    if let Some(data) = &data {
        engine
            .clone()
            .add_data(data.clone())
            .map_err(|error| vec![invalid(&error)])?;
    }
    let input = request.input.map(|input| RegoValue::from_json(input).0);
    let explainer = Explainer::new(parsed, engine, Authored::new(&modules)).seeing(data, input);
    let query = source::prepare(&Module::new("query", request.query))
        .and_then(|query| source::nesting::check(&query).map(|()| query))
        .map_err(|problem| vec![placed(problem)])?;
    let mut engine = explainer.engine();
    // The query is no part of any policy.
    engine.set_rego_v0(false);
    let results = engine
        .eval_query(query.text.to_string(), false)
        .map_err(|error| vec![invalid(&error)])?;
    let is_writable = results.result.iter().all(|result| {
        let values = result.expressions.iter();
        let mut values = values.map(|expression| &expression.value);
        values.all(budget::is_writable) && budget::is_writable(&result.bindings)
    });
    if budget::is_exceeded() || !is_writable {
        let message = "the values of this evaluation are too large";
        return Err(vec![Diagnostic::new(Code::EvalFailed, message)]);
    }
    let is_true = |result: &regorus::QueryResult| {
        let several = result.expressions.len() > 1;
        !several
            || result
                .expressions
                .iter()
                .all(|expression| expression.value != Rego::Bool(false))
    };
    let is_defined = |result: &regorus::QueryResult| {
        let mut values = result
            .expressions
            .iter()
            .map(|expression| &expression.value);
        !values.any(|value| *value == Rego::Undefined)
    };
    let results = results
        .result
        .into_iter()
        .filter(|result| is_true(result) && is_defined(result))
        .map(|result| RegoResult {
            expressions: result
                .expressions
                .into_iter()
                .map(|expression| RegoExpression {
                    text: expression.text.to_string(),
                    term: term::pretty(&expression.value),
                    value: json(expression.value),
                })
                .collect(),
            bindings: json(result.bindings),
        })
        .collect();
    let prints = engine.take_prints().unwrap_or_default();
    let trace = if request.trace {
        explain(&explainer, request.query)
    } else {
        Vec::new()
    };
    Ok(RegoEvaluation {
        results,
        prints: prints
            .into_iter()
            .map(|print| print.trim_end().to_owned())
            .collect(),
        trace,
    })
}

/// The documents below `data`, those of bundles among them.
fn data_of(request: &RegoEval<'_>) -> Result<Option<Rego>, Diagnostic> {
    if request.bundles.is_empty() {
        return Ok(request.data.map(|data| RegoValue::from_json(data).0));
    }
    let mut whole = BaseDocuments::default();
    let conflict =
        |conflict: DataConflict| Diagnostic::new(Code::DataInvalid, conflict.to_string());
    if let Some(data) = request.data {
        whole.add(&[], data.clone()).map_err(conflict)?;
    }
    for bundle in request.bundles {
        whole.merge(bundle.data()).map_err(conflict)?;
    }
    Ok(Some(RegoValue::from_json(&whole.to_value()).0))
}

fn json(value: Rego) -> Value {
    RegoValue(value).to_json().unwrap_or_default()
}

fn invalid(error: &anyhow::Error) -> Diagnostic {
    if error.downcast_ref::<LimitError>().is_some() {
        let message = format!("the query takes longer than {} seconds", BUDGET.as_secs());
        return Diagnostic::new(Code::EvalFailed, message);
    }
    placed(RegoProblem::parse(&error.to_string()))
}

fn placed(problem: RegoProblem) -> Diagnostic {
    coded(Code::EvalFailed, problem)
}

fn coded(code: Code, problem: RegoProblem) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, problem.message);
    if problem.file.is_empty() {
        return diagnostic;
    }
    diagnostic.at(
        problem.file,
        Span::at(Position::new(problem.line, problem.column)),
    )
}

/// The bodies of every rule that a query names; then of the rules that stopped those.
fn explain(explainer: &Explainer, query: &str) -> Vec<BodyTrace> {
    let mut open = named(query);
    let mut seen: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut traces = Vec::new();
    while !open.is_empty() && seen.len() < MOST_RULES {
        let path = open.remove(0);
        // The rule is the path, or what the path leads into.
        for length in 2..=path.len() {
            let rule = path.iter().take(length).cloned().collect::<Vec<_>>();
            if !seen.insert(rule.clone()) {
                continue;
            }
            let (bodies, asked) = explainer.trace(&rule);
            traces.extend(bodies);
            open.extend(asked);
        }
    }
    traces
}

/// The paths below `data` that a query names.
fn named(query: &str) -> Vec<Vec<String>> {
    let text =
        format!("package soc2gate_eval\n\nimport rego.v1\n\nsoc2gate_query if {{\n{query}\n}}\n");
    let authored = Authored::new(&[Module::new("query", &text)]);
    let mut paths = Vec::new();
    for module in authored.trees() {
        for rule in &module.policy {
            each_expr(rule, &mut |expr| {
                if let Expr::RefDot { .. } | Expr::RefBrack { .. } = expr
                    && let Some(path) = static_path(expr)
                    && path.first().is_some_and(|root| root == "data")
                {
                    paths.push(path);
                }
            });
        }
    }
    paths
}
