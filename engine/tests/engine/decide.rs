//! From rules to verdicts, and from verdicts to an outcome.

use std::time::{Duration, Instant};

use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_engine::{Enforcement, Outcome, Status, UnknownReason};

use super::*;

#[test]
fn deny_comes_before_unknown_and_unknown_before_applicable() {
    let body = "deny contains {\"message\": \"bad\"} if input.object.bad\nunknown contains {\"message\": \"no fact\"} if input.object.missing\ndefault applicable := false\napplicable if input.object.mine";
    let status = |document| verdict(body, document).status;
    assert_eq!(
        status(json!({"bad": true, "missing": true, "mine": true})),
        Status::Fail
    );
    assert_eq!(status(json!({"missing": true})), Status::Unknown);
    assert_eq!(status(json!({"mine": true})), Status::Pass);
    assert_eq!(status(json!({})), Status::NotApplicable);
}

#[test]
fn findings_keep_their_unknowns() {
    let body = "deny contains {\"message\": \"bad\"} if true\nunknown contains {\"message\": \"no fact\"} if true";
    let verdict = verdict(body, empty());
    assert_eq!(verdict.status, Status::Fail);
    assert_eq!(verdict.unknowns[0].message, "no fact");
}

#[test]
fn an_error_is_unknown_and_does_not_say_what_it_read() {
    let verdict = verdict(
        "deny contains {\"message\": \"x\"} if to_number(input.object.secret) > 3",
        json!({"secret": "hunter2"}),
    );
    assert_eq!(verdict.status, Status::Unknown);
    assert_eq!(verdict.unknowns[0].reason, UnknownReason::EvaluationError);
    assert_eq!(
        verdict.unknowns[0].message,
        "the evaluation failed at tst_01.rego:16:44"
    );
    assert!(!format!("{verdict:?}").contains("hunter2"));
}

#[test]
fn an_error_in_unknown_or_applicable_is_unknown_too() {
    let fine = "deny contains {\"message\": \"x\"} if input.object.bad\n";
    for rule in [
        "unknown contains {\"message\": \"x\"} if to_number(\"a\") > 1",
        "applicable if to_number(\"a\") > 1",
    ] {
        assert_eq!(
            verdict(&format!("{fine}{rule}"), empty()).status,
            Status::Unknown,
            "{rule}"
        );
    }
}

#[test]
fn results_that_are_no_verdict_are_unknown() {
    let verdict = verdict(
        "deny contains {\"message\": \"x\"} if input.object.bad\napplicable := \"yes\"",
        empty(),
    );
    assert_eq!(
        (verdict.status, verdict.unknowns[0].reason),
        (Status::Unknown, UnknownReason::InvalidResult)
    );
}

#[test]
fn an_element_without_a_message_still_denies() {
    for element in [
        "3",
        "{\"msg\": \"x\"}",
        "{\"message\": 3}",
        "null",
        "\"text\"",
    ] {
        assert_eq!(
            verdict(&format!("deny contains {element} if true"), empty()).status,
            Status::Fail,
            "{element}"
        );
    }
}

#[test]
fn a_message_is_one_line_without_control_characters() {
    let verdict = verdict(
        "deny contains {\"message\": \"a\\u001b[31m\\n::error::b\"} if true",
        empty(),
    );
    assert_eq!(verdict.findings[0].message, "a [31m ::error::b");
}

#[test]
fn an_evaluation_that_takes_too_long_is_unknown() {
    let body = "deny contains {\"message\": \"x\"} if {\n\tsome a in numbers.range(1, 3000)\n\tsome b in numbers.range(1, 3000)\n\ta * b == -1\n}";
    let gate = gate(&[
        control("TST-01", body),
        control("TST-02", "deny contains {\"message\": \"x\"} if true"),
    ])
    .with_budget(Duration::from_millis(50));
    let start = Instant::now();
    let decision = judge(&gate, empty());
    assert_eq!(
        decision.verdicts[0].unknowns[0].reason,
        UnknownReason::Timeout
    );
    assert_eq!(
        decision.verdicts[1].status,
        Status::Fail,
        "the others are still judged"
    );
    assert!(
        start.elapsed() < Duration::from_secs(30),
        "the budget ended nothing"
    );
}

#[test]
fn a_panic_is_unknown_and_the_next_evaluation_is_sound() {
    // regorus 0.14 panics on a layout that is not ASCII.
    let body = "deny contains {\"message\": \"x\"} if time.parse_ns(input.object.layout, input.object.text) > 0";
    let gate = gate(&[control("TST-01", body)]);
    let mut judge = gate.judge(&no_context());
    let mut status = |layout: &str, text: &str| {
        judge
            .judge(&pod(json!({"layout": layout, "text": text})), now())
            .verdicts[0]
            .status
    };
    assert_eq!(status("é2006", "é2020"), Status::Unknown);
    assert_eq!(status("2006-01-02", "2020-01-01"), Status::Fail);
    assert_eq!(status("2006-01-02", "1960-01-01"), Status::Pass);
    assert!(!soc2gate_engine::is_evaluating());
}

#[test]
fn the_clock_and_chance_are_functions_of_the_decision() {
    let body = "deny contains {\"message\": sprintf(\"%d %s %s %d\", [time.now_ns(), input.now, uuid.rfc4122(\"k\"), rand.intn(\"k\", 1000)])} if true";
    let gate = gate(&[control("TST-01", body)]);
    let first = judge(&gate, empty());
    assert_eq!(first, judge(&gate, empty()));
    let message = &first.verdicts[0].findings[0].message;
    assert!(
        message.starts_with("1795424400000000000 2026-11-23T09:00:00Z "),
        "{message}"
    );
    let mut other = pod(empty());
    other.id.push('2');
    assert_ne!(
        gate.judge(&no_context()).judge(&other, now()).verdicts[0].findings[0].message,
        *message
    );
}

#[test]
fn the_clock_can_be_replaced_in_tests() {
    let body = "deny contains {\"message\": \"late\"} if time.now_ns() > 5\n\nfive if deny == set() with time.now_ns as 5\n\nunknown contains {\"message\": \"no\"} if not five";
    assert_eq!(verdict(body, empty()).unknowns, []);
}

#[test]
fn decisions_are_the_same_on_every_thread() {
    let gate = gate(&[control(
        "TST-01",
        "deny contains {\"message\": input.id, \"path\": [\"a\", i]} if some i, _ in input.object.a",
    )]);
    let expected = serde_json::to_string(&judge(&gate, json!({"a": [1, 2]}))).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert_eq!(
                        serde_json::to_string(&judge(&gate, json!({"a": [1, 2]}))).unwrap(),
                        expected
                    );
                }
            });
        }
    });
}

#[test]
fn controls_see_the_envelope_and_their_siblings() {
    let body = "deny contains {\"message\": sprintf(\"%s %s %s %v %v\", [input.kind, input.resource, input.id, input.object, input.context.siblings[\"v/K\"]])} if true";
    let gate = gate(&[control("TST-01", body)]);
    let context = siblings("v/K", vec![json!({"a": 1})]);
    let decision = gate.judge(&context).judge(&pod(json!({"x": 1})), now());
    assert_eq!(
        decision.verdicts[0].findings[0].message,
        r#"kubernetes Pod kubernetes/Pod/shop/web {"x": 1} {"default": [{"a": 1}]}"#
    );
}

#[test]
fn the_outcome_follows_the_worst_open_verdict() {
    let deny = "deny contains {\"message\": \"x\"} if true";
    let unknown = "deny contains {\"message\": \"x\"} if false\nunknown contains {\"message\": \"x\"} if true";
    let pass = "deny contains {\"message\": \"x\"} if false";
    let outcome = |controls: &[(&str, &str)]| {
        let sources: Vec<_> = controls
            .iter()
            .enumerate()
            .map(|(at, (severity, body))| control_with(&format!("TST-{at:02}"), severity, "", body))
            .collect();
        judge(&gate(&sources), empty()).outcome
    };
    assert_eq!(outcome(&[("high", pass)]), Outcome::Allow);
    assert_eq!(
        outcome(&[("medium", deny), ("low", unknown)]),
        Outcome::Allow
    );
    assert_eq!(
        outcome(&[("high", unknown), ("medium", deny)]),
        Outcome::Error
    );
    assert_eq!(
        outcome(&[("high", unknown), ("critical", deny)]),
        Outcome::Deny
    );
}

#[test]
fn severity_sets_the_default_enforcement() {
    let body = "deny contains {\"message\": \"x\"} if true";
    for (severity, expected) in [
        ("critical", Enforcement::Deny),
        ("high", Enforcement::Deny),
        ("medium", Enforcement::Warn),
        ("low", Enforcement::Record),
    ] {
        let gate = gate(&[control_with("TST-01", severity, "", body)]);
        assert_eq!(judge(&gate, empty()).verdicts[0].enforcement, expected);
    }
}

#[test]
fn more_findings_than_are_listed_are_counted() {
    let verdict = verdict(
        "deny contains {\"message\": sprintf(\"%d\", [n])} if some n in numbers.range(1, 250)",
        empty(),
    );
    assert_eq!((verdict.findings.len(), verdict.omitted), (100, 150));
}

#[test]
fn print_writes_nothing_and_changes_nothing() {
    assert_eq!(
        verdict(
            "deny contains {\"message\": \"x\"} if {\n\tprint(input.object)\n\tfalse\n}",
            json!({"a": 1})
        )
        .status,
        Status::Pass
    );
}

#[test]
fn a_control_that_does_not_speak_of_a_subject_gives_no_verdict() {
    let text = control("TST-01", "deny contains {\"message\": \"x\"} if true");
    let narrow = PolicySource {
        text: text.text.replace(
            "kind: kubernetes\n",
            "kind: kubernetes\n#       resources: [apps/Deployment]\n",
        ),
        ..text
    };
    let decision = judge(&gate(&[narrow]), empty());
    assert_eq!(
        (decision.verdicts.len(), decision.outcome),
        (0, Outcome::Allow)
    );
}

#[rstest]
#[case::what_follows_some_is_evaluated_without(
    "deny contains {\"message\": sprintf(\"%d\", [at])} if { some _ in [0] with input.object as {\"at\": 9}; at := input.object.at }",
    "1"
)]
#[case::rules_that_a_value_asks_for_are_kept(
    "limits := {\"days\": 7, \"list\": []}\n\ndue := input.object.at + limits.days\n\nlate if { input.object.at == 8; count(limits.list) == 0 }\n\ndeny contains {\"message\": \"late\"} if late with input.object.at as due",
    "late"
)]
fn a_value_of_with_is_evaluated_before(#[case] body: &str, #[case] message: &str) {
    let verdict = verdict(body, json!({"at": 1}));
    let found: Vec<&str> = verdict
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(found, [message], "{:?}", verdict.unknowns);
}

fn requested(operation: &Value) -> Subject {
    Subject {
        request: Some(json!({"operation": operation})),
        ..pod(empty())
    }
}

/// What does not comply can still be removed, unless a control says that it judges removals.
#[rstest]
#[case::create(json!("CREATE"), &["ALL-01", "TST-01"])]
#[case::update(json!("UPDATE"), &["ALL-01", "TST-01"])]
#[case::delete(json!("DELETE"), &["ALL-01", "DEL-01"])]
#[case::connect(json!("CONNECT"), &["ALL-01"])]
#[case::unheard_of(json!("PATCH"), &["ALL-01", "DEL-01", "TST-01"])]
#[case::not_said(Value::Null, &["ALL-01", "DEL-01", "TST-01"])]
fn a_control_judges_the_operations_that_it_names(
    #[case] operation: Value,
    #[case] expected: &[&str],
) {
    let body = "deny contains {\"message\": \"bad\"} if input.object == {}";
    let with = |id, operations| {
        let mut control = control(id, body);
        let line = format!("- kind: kubernetes\n#       operations: {operations}");
        control.text = control.text.replace("- kind: kubernetes", &line);
        control
    };
    let gate = gate(&[
        control("TST-01", body),
        with("DEL-01", "[DELETE]"),
        with("ALL-01", "[CREATE, UPDATE, DELETE, CONNECT]"),
    ]);
    let judged = |subject: &Subject| {
        let decision = gate.judge(&no_context()).judge(subject, now());
        let ids = decision
            .verdicts
            .into_iter()
            .map(|verdict| verdict.control.0);
        ids.collect::<Vec<_>>()
    };
    assert_eq!(judged(&requested(&operation)), expected);
    assert_eq!(judged(&pod(empty())), ["ALL-01", "DEL-01", "TST-01"]);
}
