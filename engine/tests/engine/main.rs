//! The engine from outside: what loads, what is refused, and what is decided.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod baseline;
mod decide;
mod except;
mod gatekeeper;
mod lint;
mod load;
mod plain;
mod policy_digest;
mod settings;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use soc2gate_engine::{
    Config, Context, Decision, Exceptions, Gate, Library, PolicySource, Siblings, Subject,
    SubjectKind, SubjectSource, Verdict,
};
use soc2gate_source::Diagnostic;

const NOW: &str = "2026-11-23T09:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// A control with a body, and METADATA that every control here shares.
fn control(id: &str, body: &str) -> PolicySource {
    control_with(id, "high", "", body)
}

fn control_with(id: &str, severity: &str, parameters: &str, body: &str) -> PolicySource {
    let package = id.to_lowercase().replace('-', "_");
    let text = format!(
        "# METADATA\n# title: Title of {id}\n# description: Tests something.\n# scope: package\n# custom:\n#   id: {id}\n#   severity: {severity}\n#   inputs:\n#     - kind: kubernetes\n#   frameworks: {{soc2: [CC6.1]}}\n#   remediation: Mend it.\n{parameters}package test.{package}\n\nimport rego.v1\n\n{body}\n"
    );
    PolicySource {
        file: format!("{package}.rego"),
        text,
        prechecked: false,
    }
}

fn load(sources: &[PolicySource]) -> Library {
    let (library, mut problems) = Library::load(sources);
    // A test may well have a rule that never holds.
    problems.retain(Diagnostic::is_error);
    assert_eq!(shown(&problems), Vec::<String>::new());
    library
}

fn shown(diagnostics: &[Diagnostic]) -> Vec<String> {
    diagnostics
        .iter()
        .map(|d| match &d.location {
            Some(at) => format!("{} {}:{} {}", d.code, at.line, at.column, d.message),
            None => format!("{} {}", d.code, d.message),
        })
        .collect()
}

fn gate(sources: &[PolicySource]) -> Gate {
    Gate::new(&load(sources), &Config::default(), Exceptions::default()).0
}

fn pod(document: Value) -> Subject {
    Subject {
        kind: SubjectKind::Kubernetes,
        id: "kubernetes/Pod/shop/web".to_owned(),
        resource: Some("Pod".to_owned()),
        document,
        old_document: None,
        request: None,
        context: Map::new(),
        source: SubjectSource::unplaced("pod.yaml"),
    }
}

fn judge(gate: &Gate, document: Value) -> Decision {
    gate.judge(&no_context()).judge(&pod(document), now())
}

fn no_context() -> Context {
    Context::new(&Siblings::new())
}

/// The verdict of one control with a body on a document.
fn verdict(body: &str, document: Value) -> Verdict {
    judge(&gate(&[control("TST-01", body)]), document)
        .verdicts
        .remove(0)
}

fn siblings(resource: &str, documents: Vec<Value>) -> Context {
    Context::new(&BTreeMap::from([(
        resource.to_owned(),
        BTreeMap::from([("default".to_owned(), documents)]),
    )]))
}

fn empty() -> Value {
    json!({})
}
