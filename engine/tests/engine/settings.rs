//! soc2gate.yaml.

use soc2gate_engine::{Enforcement, Status};

use super::*;

const PARAMETERS: &str = "#   parameters: {limit: {type: integer, minimum: 1, default: 3}, list: {type: array, items: {type: string}}}\n";
const BODY: &str = "deny contains {\"message\": sprintf(\"over %d\", [_limit])} if input.object.n > _limit\n\n_limit := data.parameters[\"TST-01\"].limit\n\nunknown contains {\"message\": \"no list\"} if not data.parameters[\"TST-01\"].list";

fn with_config(text: &str) -> (Gate, Vec<String>) {
    let (config, problems) = Config::parse("soc2gate.yaml", text);
    let library = load(&[control_with("TST-01", "high", PARAMETERS, BODY)]);
    let (gate, more) = Gate::new(&library, &config, Exceptions::default());
    (gate, [shown(&problems), shown(&more)].concat())
}

#[test]
fn parameters_have_their_value_or_their_default_and_are_never_invented() {
    let (gate, problems) = with_config("version: 1\n");
    assert_eq!(problems, Vec::<String>::new());
    let verdict = judge(&gate, json!({"n": 4})).verdicts.remove(0);
    assert_eq!(
        (verdict.findings[0].message.as_str(), verdict.unknowns.len()),
        ("over 3", 1)
    );
    let (gate, problems) =
        with_config("version: 1\ncontrols: {TST-01: {parameters: {limit: 9, list: []}}}\n");
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        judge(&gate, json!({"n": 4})).verdicts[0].status,
        Status::Pass
    );
}

#[test]
fn every_problem_is_reported_at_once() {
    let text = "version: 2\nscop: {}\nscope: {criteria: [secrecy]}\ncontrols:\n  TST-01:\n    enforcement: block\n    parameters: {limit: 0, speed: 1}\n  NO-01: {}\n  nonsense: {}\n";
    let (_, mut problems) = with_config(text);
    problems.sort();
    insta::assert_snapshot!(problems.join("\n"), @r#"
    SG2001 1:1 version: must be 1
    SG2001 2:1 scop: unknown key "scop"; did you mean "scope"?
    SG2001 3:20 scope.criteria[0]: must be one of security, availability, confidentiality, processing_integrity, privacy
    SG2001 6:5 controls.TST-01.enforcement: must be one of record, warn, deny
    SG2002 8:3 there is no control NO-01
    SG2002 9:3 there is no control nonsense
    SG2003 7:18 controls.TST-01.parameters.limit: must be at least 1
    SG2003 7:28 TST-01 has no parameter speed
    "#);
}

#[test]
fn an_empty_configuration_lacks_its_version() {
    for text in ["", "# nothing\n", "{}\n"] {
        assert_eq!(
            with_config(text).1,
            ["SG2001 1:1 missing key \"version\""],
            "{text:?}"
        );
    }
    assert_eq!(with_config("- a\n").1, ["SG2001 1:1 must be a mapping"]);
    assert_eq!(
        with_config("version: 1\n---\nversion: 1\n").1,
        ["SG2001 1:1 a configuration is one document"]
    );
    assert!(
        with_config("version: [\n").1[0].starts_with("SG2001 2:1 "),
        "{:?}",
        with_config("version: [\n").1
    );
}

#[test]
fn enforcement_is_set_by_control_and_scope() {
    let text = "version: 1\ncontrols:\n  TST-01:\n    enforcement: warn\n    scopes:\n    - {subjects: [\"kubernetes/Pod/prod/*\"], enforcement: deny}\n    - {subjects: [\"kubernetes/**\"], enforcement: record}\n";
    let (gate, problems) = with_config(text);
    assert_eq!(problems, Vec::<String>::new());
    let enforcement = |id: &str| {
        let mut subject = pod(json!({"n": 4}));
        id.clone_into(&mut subject.id);
        gate.judge(&no_context()).judge(&subject, now()).verdicts[0].enforcement
    };
    assert_eq!(enforcement("kubernetes/Pod/prod/web"), Enforcement::Deny);
    assert_eq!(enforcement("kubernetes/Pod/dev/web"), Enforcement::Record);
    assert_eq!(enforcement("other/x"), Enforcement::Warn);
}

#[test]
fn a_broken_selector_is_reported() {
    let text = "version: 1\nledger: {location: .ledger}\ncontrols:\n  TST-01:\n    scopes: [{subjects: [\"a[\"], enforcement: warn}]\n";
    assert_eq!(
        with_config(text).1,
        ["SG2004 5:26 TST-01: \"a[\" is not a glob",]
    );
}

#[test]
fn the_digest_of_settings_changes_with_them() {
    let digest = |text: &str| judge(&with_config(text).0, empty()).settings_digest;
    let base = digest("version: 1\n");
    assert_eq!(base, digest("version: 1\n# a comment\n"));
    assert_ne!(
        base,
        digest("version: 1\ncontrols: {TST-01: {enforcement: warn}}\n")
    );
    assert_ne!(
        base,
        digest("version: 1\ncontrols: {TST-01: {parameters: {limit: 4}}}\n")
    );
}
