//! Exceptions.

use rstest::rstest;
use soc2gate_engine::{Outcome, Status};

use super::*;

const BODY: &str = "deny contains {\"message\": \"x\"} if input.object.bad\n\nunknown contains {\"message\": \"y\"} if input.object.odd";

fn exception(changes: &[(&str, &str)]) -> String {
    let mut text = "version: 1\nexceptions:\n- id: EXC-1\n  control: TST-01\n  subjects: [kubernetes/Pod/shop/web]\n  reason: because\n  compensating_control: a guard\n  ticket: SEC-1\n  requested_by: alice\n  approved_by: bob\n  approved_at: 2026-11-01\n  expires_at: 2027-01-31\n".to_owned();
    for (from, to) in changes {
        assert!(text.contains(from));
        text = text.replace(from, to);
    }
    text
}

fn judged(text: &str, document: Value) -> (Decision, Vec<String>) {
    let mut exceptions = Exceptions::default();
    let mut problems = exceptions.add_file("exceptions.yaml", text);
    problems.extend(exceptions.review(now()));
    let (gate, more) = Gate::new(
        &load(&[control("TST-01", BODY)]),
        &Config::default(),
        exceptions,
    );
    problems.extend(more);
    (judge(&gate, document), shown(&problems))
}

#[test]
fn an_exception_permits_a_failure_and_says_so() {
    let (decision, problems) = judged(&exception(&[]), json!({"bad": true}));
    assert_eq!(problems, Vec::<String>::new());
    let verdict = &decision.verdicts[0];
    assert_eq!(
        (verdict.status, decision.outcome),
        (Status::Fail, Outcome::Allow)
    );
    let used = verdict.exception.as_ref().unwrap();
    assert_eq!(
        (
            used.id.as_str(),
            used.approved_by.as_str(),
            used.expires_at.to_string().as_str()
        ),
        ("EXC-1", "bob", "2027-02-01T00:00:00Z")
    );
}

#[test]
fn an_exception_permits_an_unknown_and_is_not_used_on_a_pass() {
    let (decision, _) = judged(&exception(&[]), json!({"odd": true}));
    assert_eq!(
        (decision.verdicts[0].status, decision.outcome),
        (Status::Unknown, Outcome::Allow)
    );
    assert_eq!(
        judged(&exception(&[]), json!({})).0.verdicts[0].exception,
        None
    );
}

#[rstest]
#[case(&[("2027-01-31", "2026-11-22")], "SG3005")] // ended with yesterday
#[case(&[("2026-11-01", "2026-11-24")], "SG3003")] // approved tomorrow
#[case(&[("shop/web", "shop/other")], "")]
#[case(&[("control: TST-01", "control: TST-02")], "SG3009")]
#[case(&[("approved_by: bob", "approved_by: \" @Alice \"")], "SG3002")]
#[case(&[("2027-01-31", "2026-10-31")], "SG3003")]
#[case(&[("2027-01-31", "2026-13-31")], "SG3003")]
#[case(&[("2027-01-31", "soon")], "SG3001")]
#[case(&[("  ticket: SEC-1\n", "")], "SG3001")]
#[case(&[("ticket: SEC-1", "ticket: ''")], "SG3001")]
#[case(&[("ticket: SEC-1", "ticket: SEC-1\n  extra: 1")], "SG3001")]
#[case(&[("subjects: [kubernetes/Pod/shop/web]", "subjects: []")], "SG3001")]
#[case(&[("kubernetes/Pod/shop/web", "\"shop/{web\"")], "SG2004")]
fn what_is_no_exception_permits_nothing(#[case] changes: &[(&str, &str)], #[case] code: &str) {
    let (decision, problems) = judged(&exception(changes), json!({"bad": true}));
    assert_eq!(decision.outcome, Outcome::Deny);
    assert_eq!(
        problems
            .first()
            .map_or("", |problem| &problem[..6.min(problem.len())]),
        code,
        "{problems:?}"
    );
}

#[rstest]
#[case(&[("2027-01-31", "2026-12-01")], "SG3006 3:3 exception EXC-1 expires at 2026-12-02T00:00:00Z")]
#[case(&[("2027-01-31", "2028-01-31")], "SG3010 3:3 exception EXC-1 is valid for more than a year")]
#[case(&[("kubernetes/Pod/shop/web", "\"kubernetes/Pod/**\"")], "SG3008 3:3 exception EXC-1 selects \"kubernetes/Pod/**\", which names no subject")]
fn exceptions_worth_a_look_hold_and_are_reported(
    #[case] changes: &[(&str, &str)],
    #[case] problem: &str,
) {
    let (decision, problems) = judged(&exception(changes), json!({"bad": true}));
    assert_eq!(
        (decision.outcome, problems),
        (Outcome::Allow, vec![problem.to_owned()])
    );
}

#[test]
fn a_day_ends_at_midnight_utc_and_a_time_ends_when_it_says() {
    assert_eq!(
        judged(
            &exception(&[("2027-01-31", "2026-11-23")]),
            json!({"bad": true})
        )
        .0
        .outcome,
        Outcome::Allow
    );
    let outcome = |expires: &str| {
        judged(&exception(&[("2027-01-31", expires)]), json!({"bad": true}))
            .0
            .outcome
    };
    assert_eq!(outcome("2026-11-23T09:00:00Z"), Outcome::Deny);
    assert_eq!(outcome("2026-11-23T09:00:01Z"), Outcome::Allow);
    assert_eq!(outcome("2026-11-23T09:30:00+01:00"), Outcome::Deny);
}

#[test]
fn one_broken_exception_leaves_the_others() {
    let text = exception(&[])
        + "- id: EXC-2\n  control: TST-01\n"
        + exception(&[]).split_once("exceptions:\n").unwrap().1;
    let (decision, problems) = judged(&text, json!({"bad": true}));
    assert_eq!(decision.outcome, Outcome::Allow);
    assert!(
        problems
            .iter()
            .any(|problem| problem.starts_with("SG3001 13:3 exceptions[1]: missing key")),
        "{problems:?}"
    );
    assert!(
        problems.contains(&"SG3004 15:3 exception EXC-1 exists already".to_owned()),
        "{problems:?}"
    );
}

#[test]
fn two_exceptions_never_widen_each_other() {
    let other = exception(&[
        ("EXC-1", "EXC-2"),
        ("control: TST-01", "control: TST-02"),
        ("shop/web", "shop/*"),
    ]);
    let text = exception(&[("shop/web", "shop/db")]) + other.split_once("exceptions:\n").unwrap().1;
    assert_eq!(judged(&text, json!({"bad": true})).0.outcome, Outcome::Deny);
}

#[test]
fn unused_exceptions_are_reported() {
    let mut exceptions = Exceptions::default();
    exceptions.add_file("exceptions.yaml", &exception(&[]));
    assert_eq!(
        shown(&exceptions.unused(&BTreeMap::new(), now())),
        ["SG3007 3:3 exception EXC-1 matched nothing"]
    );
    assert_eq!(
        exceptions.unused(&BTreeMap::from([("EXC-1".to_owned(), 1)]), now()),
        []
    );
}
