//! What was wrong before stands in nobody's way; what is new does.

use soc2gate_engine::{Baseline, Outcome, Status};

use super::*;

const BODY: &str = "deny contains {\"message\": m} if some m in input.object.bad\n\nunknown contains {\"message\": \"odd\"} if input.object.odd\n\nunknown contains {\"message\": \"bent\"} if input.object.bent";

/// A gate that knows what stands against a document.
fn knowing(body: &str, document: Value) -> Gate {
    let gate = gate(&[control("TST-01", body)]);
    let mut known = Baseline::default();
    known.add(&judge(&gate, document));
    // What is written is what is read.
    gate.with_baseline(Baseline::parse("baseline.json", &known.to_text()).unwrap())
}

#[test]
fn what_was_there_before_is_shown_and_does_not_deny() {
    let gate = knowing(BODY, json!({"bad": ["a", "b"]}));
    let decision = judge(&gate, json!({"bad": ["a"]}));
    assert_eq!(decision.outcome, Outcome::Allow);
    let verdict = &decision.verdicts[0];
    assert_eq!((verdict.status, verdict.known), (Status::Fail, true));
    assert_eq!(verdict.findings.len(), 1);
}

#[test]
fn one_new_finding_makes_the_whole_verdict_count() {
    let gate = knowing(BODY, json!({"bad": ["a"]}));
    let decision = judge(&gate, json!({"bad": ["a", "b"]}));
    assert_eq!(
        (decision.outcome, decision.verdicts[0].known),
        (Outcome::Deny, false)
    );
}

#[test]
fn unknowns_are_known_by_what_they_say_and_are_no_findings() {
    let gate = knowing(BODY, json!({"odd": true}));
    assert_eq!(judge(&gate, json!({"odd": true})).outcome, Outcome::Allow);
    assert_eq!(judge(&gate, json!({"bent": true})).outcome, Outcome::Error);
    assert_eq!(judge(&gate, json!({"bad": ["odd"]})).outcome, Outcome::Deny);
}

#[test]
fn another_subject_and_another_control_are_not_covered() {
    let gate = knowing(BODY, json!({"bad": ["a"]}));
    let mut other = pod(json!({"bad": ["a"]}));
    other.id = "kubernetes/Pod/shop/other".to_owned();
    let decision = gate.judge(&no_context()).judge(&other, now());
    assert_eq!(decision.outcome, Outcome::Deny);
}

#[test]
fn what_could_not_be_evaluated_is_never_known() {
    let body = "deny contains {\"message\": m} if m := to_number(input.object.bad)";
    let gate = knowing(body, json!({"bad": "x"}));
    let decision = judge(&gate, json!({"bad": "x"}));
    assert_eq!(
        (decision.outcome, decision.verdicts[0].known),
        (Outcome::Error, false)
    );
}

#[test]
fn reasons_that_are_not_listed_may_be_new() {
    let many: Vec<String> = (0..101).map(|at| format!("m{at:03}")).collect();
    let gate = knowing(BODY, json!({ "bad": many }));
    let decision = judge(&gate, json!({ "bad": many }));
    assert_eq!(
        (decision.outcome, decision.verdicts[0].known),
        (Outcome::Deny, false)
    );
}

#[test]
fn what_is_gone_is_counted() {
    let gate = knowing(BODY, json!({"bad": ["a", "b", "c"]}));
    let mut shown = Baseline::default();
    shown.add(&judge(&gate, json!({"bad": ["b", "d"]})));
    assert_eq!(gate.baseline().count(&shown), (3, 1));
}

#[test]
fn a_file_that_is_no_baseline_is_refused_with_its_place() {
    for (text, expected) in [
        ("{", "SG1006 1:1 "),
        ("[]", "SG3011 1:1 "),
        (
            "{\"schema\": \"soc2gate.dev/baseline/v2\", \"known\": {}}",
            "SG3011 1:2 ",
        ),
        (
            "{\"schema\": \"soc2gate.dev/baseline/v1\", \"known\": {}, \"all\": true}",
            "SG3011 1:",
        ),
    ] {
        let problems = shown(&Baseline::parse("baseline.json", text).unwrap_err());
        assert!(problems[0].starts_with(expected), "{text}: {problems:?}");
    }
}
