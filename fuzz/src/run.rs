//! One policy and one input through the engine, as the command line does it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use soc2gate_engine::{
    Config, Context, Exceptions, Gate, Library, LoadOptions, PolicySource, RegoQuery, Siblings,
    Subject, SubjectKind, SubjectSource, run_rego_query,
};

/// The budget of an evaluation: less than it is for users, so that more of them fit into a run.
const BUDGET: Duration = Duration::from_secs(1);

/// Loads a text as a policy: a control or a plain policy, as it says itself.
pub fn load(text: &str, options: &LoadOptions) -> Library {
    let source = PolicySource {
        file: "policy.rego".to_owned(),
        text: text.to_owned(),
        prechecked: false,
    };
    Library::load_with(&[source], options).0
}

/// Evaluates a policy on an input twice.
///
/// # Panics
/// Where the two answers differ and no time ran out.
pub fn evaluate(text: &str, input: &Value, strict: bool) {
    let queried = [(); 2].map(|()| query(text, input, strict));
    if let [Some(first), Some(second)] = &queried {
        assert_eq!(first, second, "the same query has two answers");
    }
    let gate = Gate::new(
        &load(text, &LoadOptions::default()),
        &Config::default(),
        Exceptions::default(),
    )
    .0
    .with_budget(BUDGET);
    let decided = [(); 2].map(|()| decide(&gate, input));
    let is_complete = |decision: &String| !decision.contains("\"timeout\"");
    if let [first, second] = &decided
        && decided.iter().all(is_complete)
    {
        assert_eq!(first, second, "the same subject has two decisions");
    }
}

/// Everything that a policy says of an input; None where the time ran out.
fn query(text: &str, input: &Value, strict: bool) -> Option<String> {
    let modules = [("policy.rego".to_owned(), text.to_owned())];
    let answer = run_rego_query(&RegoQuery {
        modules: &modules,
        input: Some(input),
        query: "everything = data",
        strict,
        now: Timestamp::UNIX_EPOCH,
        budget: Some(BUDGET),
        ..RegoQuery::default()
    });
    let answer = format!("{answer:?}");
    (!answer.contains("execution exceeded time limit")).then_some(answer)
}

fn decide(gate: &Gate, input: &Value) -> String {
    let subject = Subject {
        kind: SubjectKind::Document,
        id: "document/input".to_owned(),
        resource: None,
        document: input.clone(),
        old_document: None,
        request: None,
        context: Map::new(),
        source: SubjectSource::unplaced("input"),
    };
    let mut judge = gate.judge(&Context::new(&Siblings::new()));
    let decision = judge.judge(&subject, Timestamp::UNIX_EPOCH);
    serde_json::to_string(&decision).expect("a decision is JSON")
}
