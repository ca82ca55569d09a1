//! One evaluation outside of any gate: modules, data, an input and a query, as `soc2gate eval` and the conformance
//! runner ask for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;
use regorus::utils::limits::ExecutionTimerConfig;
use serde_json::Value;

use super::builtins::budget;
use super::{Module, Moment, Parsed, RegoValue, builtins, check, conflicts, new_engine, source};

/// How long an evaluation takes at most.
const LONGEST: Duration = Duration::from_secs(30);

/// What a query sees, and the query.
#[derive(Debug, Clone, Default)]
pub struct RegoQuery<'a> {
    /// Files and their texts.
    pub modules: &'a [(String, String)],
    /// The documents below `data`.
    pub data: Option<&'a Value>,
    /// `input`; None leaves it undefined.
    pub input: Option<&'a Value>,
    /// `input` as a Rego term, for what JSON cannot say, such as a set.
    pub input_term: Option<&'a str>,
    /// The query: `data.main.deny`, `x = data.main.deny; count(x) > 0`.
    pub query: &'a str,
    /// Whether the failure of a built-in is an error; it is undefined otherwise.
    pub strict: bool,
    /// What `time.now_ns()` returns.
    pub now: Timestamp,
    /// How long the evaluation may take; 30 seconds where it is not said.
    pub budget: Option<Duration>,
}

/// Why a query has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegoQueryError {
    /// OPA's code of the error, such as `eval_type_error`; `rego_parse_error` and `rego_compile_error` where the
    /// modules or the query do not load.
    pub code: &'static str,
    /// What is wrong. It may quote data and input.
    pub message: String,
}

/// The variables of a query in each of its results; empty where the query is undefined.
///
/// # Errors
/// Where the modules or the query do not load, or the evaluation fails.
pub fn run_rego_query(request: &RegoQuery<'_>) -> Result<Vec<Value>, RegoQueryError> {
    let moment = Moment::new(request.now, request.query);
    let moment = if request.strict {
        moment
    } else {
        moment.lenient()
    };
    moment
        .during(|| catch_unwind(AssertUnwindSafe(|| run(request))))
        .unwrap_or_else(|_| Err(error("eval_internal_error", &"the evaluator failed")))
}

fn error(code: &'static str, message: &dyn std::fmt::Display) -> RegoQueryError {
    RegoQueryError {
        code,
        message: message.to_string(),
    }
}

fn run(request: &RegoQuery<'_>) -> Result<Vec<Value>, RegoQueryError> {
    let modules: Vec<Module> = request
        .modules
        .iter()
        .map(|(file, text)| Module::new(file, text))
        .collect();
    let (parsed, problems) = Parsed::new(&modules);
    if let Some(problem) = problems.first() {
        return Err(error("rego_parse_error", problem));
    }
    if let Some(problem) = check::recursive_functions(&parsed).first() {
        return Err(error("rego_recursion_error", problem));
    }
    if let Some((_, problem)) = conflicts(&parsed).first() {
        return Err(error("rego_type_error", problem));
    }
    let mut engine = parsed
        .engine()
        .map_err(|problem| error("rego_parse_error", &problem))?;
    engine.set_strict_builtin_errors(request.strict);
    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: request.budget.unwrap_or(LONGEST),
        check_interval: std::num::NonZeroU32::MIN,
    });
    let query = source::prepare(&Module::new("query", request.query))
        .and_then(|query| source::nesting::check(&query).map(|()| query))
        .map_err(|problem| error("rego_parse_error", &problem))?;
    if let Some(data) = request.data {
        engine
            .add_data(RegoValue::from_json(data).0)
            .map_err(|problem| error("eval_internal_error", &problem))?;
    }
    if let Some(input) = request.input {
        engine.set_input(RegoValue::from_json(input).0);
    } else if let Some(term) = request.input_term {
        engine.set_input(term_value(term)?);
    }
    let results = engine
        .eval_query(query.text.to_string(), false)
        .map_err(|problem| error(code_of(&problem.to_string()), &problem))?;
    let bindings = results.result.iter().map(|result| &result.bindings);
    if budget::is_exceeded() || !bindings.clone().all(budget::is_writable) {
        let message = "the values of this evaluation are too large";
        return Err(error(builtins::BUILTIN_ERROR, &message));
    }
    Ok(results
        .result
        .into_iter()
        .filter(|result| {
            result
                .expressions
                .iter()
                .all(|expression| expression.value != regorus::Value::Bool(false))
        })
        .filter_map(|result| RegoValue(result.bindings).to_json())
        .collect())
}

/// The value of a term without variables.
fn term_value(term: &str) -> Result<regorus::Value, RegoQueryError> {
    let mut engine = new_engine();
    let results = engine
        .eval_query(format!("x = {term}"), false)
        .map_err(|problem| error("rego_parse_error", &problem))?;
    let value = results
        .result
        .first()
        .map(|result| result.bindings["x"].clone());
    value.ok_or_else(|| error("rego_parse_error", &"the input is undefined"))
}

/// OPA's code of an error that came up while a query ran.
fn code_of(message: &str) -> &'static str {
    const TYPE_MARKS: &[&str] = &[
        "expects string",
        "expects numeric",
        "expects array",
        "expects object",
        "expects set",
        "expects collection",
    ];
    const CONFLICT_MARKS: &[&str] = &[
        "multiple outputs",
        "generated multiple times",
        "conflict",
        "multiple values",
    ];
    // A built-in of this crate says its code first, and what follows may quote anything.
    let said = [builtins::TYPE_ERROR, builtins::BUILTIN_ERROR]
        .into_iter()
        .filter_map(|code| Some((message.find(code)?, code)))
        .min();
    if let Some((_, code)) = said {
        return code;
    }
    let has = |marks: &[&str]| marks.iter().any(|mark| message.contains(mark));
    if has(CONFLICT_MARKS) {
        "eval_conflict_error"
    } else if has(TYPE_MARKS) {
        "eval_type_error"
    } else {
        "eval_builtin_error"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_that_calls_itself_is_refused_before_it_takes_the_stack() {
        let text = "package t\n\nf(x) := g(x)\n\ng(x) := f(x + 1)\n\np := f(1)";
        let modules = [("t.rego".to_owned(), text.to_owned())];
        let found = run_rego_query(&RegoQuery {
            modules: &modules,
            query: "data.t.p",
            ..RegoQuery::default()
        });
        assert_eq!(found.unwrap_err().code, "rego_recursion_error");
    }
}
