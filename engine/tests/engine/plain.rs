//! Plain policies: packages without METADATA whose rules judge the raw document.

use rstest::rstest;
use soc2gate_engine::{
    BaseDocuments, Enforcement, LoadOptions, Outcome, RegoVersion, Severity, Status, UnknownReason,
};
use soc2gate_source::Code;

use super::*;

fn file(name: &str, text: &str) -> PolicySource {
    PolicySource {
        file: name.to_owned(),
        text: text.to_owned(),
        prechecked: false,
    }
}

fn plain_gate(sources: &[PolicySource], options: &LoadOptions) -> Gate {
    let (library, problems) = Library::load_with(sources, options);
    let errors: Vec<_> = problems.into_iter().filter(Diagnostic::is_error).collect();
    assert_eq!(shown(&errors), Vec::<String>::new());
    Gate::new(&library, &Config::default(), Exceptions::default()).0
}

/// The decision by one file on a document.
fn decide(text: &str, document: Value) -> Decision {
    let gate = plain_gate(&[file("main.rego", text)], &LoadOptions::default());
    judge(&gate, document)
}

/// Verdicts as `id status message|message`.
fn told(decision: &Decision) -> Vec<String> {
    let verdict = |verdict: &Verdict| {
        let messages: Vec<&str> = verdict
            .findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        let text = format!(
            "{} {} {}",
            verdict.control,
            verdict.status.as_str(),
            messages.join("|")
        );
        text.trim_end().to_owned()
    };
    decision.verdicts.iter().map(verdict).collect()
}

fn problems_of(text: &str, options: &LoadOptions) -> Vec<String> {
    shown(&Library::load_with(&[file("main.rego", text)], options).1)
}

const NEW: &str = "package main\n\ndeny contains \"denied\" if input.bad\n\nwarn contains \"warned\" if input.odd\n";
const OLD: &str = "package main\n\ndeny[\"denied\"] {\n\tinput.bad\n}\n\nwarn[msg] {\n\tinput.odd\n\tmsg := \"warned\"\n}\n";

#[rstest]
#[case(NEW)]
#[case(OLD)]
fn a_package_is_a_control_and_its_warnings_a_second(#[case] text: &str) {
    let bad = decide(text, json!({"bad": true, "odd": true}));
    assert_eq!(told(&bad), ["main fail denied", "main:warn fail warned"]);
    let [deny, warn] = bad.verdicts.as_slice() else {
        panic!("{bad:?}")
    };
    assert_eq!(
        (
            deny.enforcement,
            deny.severity,
            warn.enforcement,
            warn.severity
        ),
        (
            Enforcement::Deny,
            Severity::High,
            Enforcement::Warn,
            Severity::Medium
        )
    );
    assert_eq!(bad.outcome, Outcome::Deny);
    let odd = decide(text, json!({"odd": true}));
    assert_eq!(told(&odd), ["main pass", "main:warn fail warned"]);
    assert_eq!(odd.outcome, Outcome::Allow);
    let fine = decide(text, json!({}));
    assert_eq!(told(&fine), ["main pass", "main:warn pass"]);
}

#[rstest]
#[case("deny contains \"x\" if input.bad", "main fail x")]
#[case("deny_run_as_root contains \"x\" if input.bad", "main fail x")]
#[case(
    "violation contains {\"msg\": \"x\", \"details\": {}} if input.bad",
    "main fail x"
)]
#[case("violation_a_b2 contains {\"msg\": \"x\"} if input.bad", "main fail x")]
#[case("warn_labels contains \"x\" if input.bad", "main:warn fail x")]
#[case(
    "deny contains {\"other\": \"x\"} if input.bad",
    "main fail the control gives no message"
)]
#[case(
    "deny contains \"\" if input.bad",
    "main fail the control gives no message"
)]
#[case("deny if input.bad", "main fail the control gives no message")]
#[case("deny := \"x\" if input.bad", "main fail x")]
#[case("deny[msg] if {\n\tinput.bad\n\tmsg := \"x\"\n}", "main fail x")]
#[case("deny := {\"msg\": \"x\"} if input.bad", "main fail x")]
fn every_rule_and_result_counts(#[case] rule: &str, #[case] expected: &str) {
    let text = format!("package main\n\n{rule}\n");
    assert_eq!(told(&decide(&text, json!({"bad": true}))), [expected]);
    let fine = decide(&text, json!({}));
    assert_eq!(fine.verdicts[0].status, Status::Pass, "{fine:?}");
}

#[test]
fn a_path_in_a_result_is_where_the_finding_is() {
    let text = "package main\n\ndeny contains {\"msg\": \"x\", \"path\": [\"spec\", \"ports\", 0]} if input.bad\n";
    let decision = decide(text, json!({"bad": true}));
    let path = &decision.verdicts[0].findings[0].path;
    assert_eq!(
        serde_json::to_value(path).unwrap(),
        json!(["spec", "ports", 0])
    );
}

#[test]
fn exceptions_of_the_policy_leave_rules_out() {
    let text = "package main\n\ndeny_root contains \"root\" if input.root\n\ndeny_ports contains \"ports\" if input.ports\n\nwarn_root contains \"w\" if input.root\n\nexception contains rules if {\n\tinput.trusted\n\trules := [\"root\"]\n}\n";
    let bad = json!({"root": true, "ports": true});
    assert_eq!(
        told(&decide(text, bad)),
        ["main fail ports|root", "main:warn fail w"]
    );
    let trusted = json!({"root": true, "ports": true, "trusted": true});
    assert_eq!(
        told(&decide(text, trusted)),
        ["main fail ports", "main:warn not_applicable"]
    );
    let bare = "package main\n\ndeny contains \"x\" if input.bad\n\nexception contains [\"\"] if input.trusted\n";
    assert_eq!(
        told(&decide(bare, json!({"bad": true, "trusted": true}))),
        ["main not_applicable"]
    );
}

#[test]
fn packages_may_be_chosen() {
    let sources = [
        file(
            "a.rego",
            "package a\n\nimport data.lib\n\ndeny contains \"a\" if lib.is_bad\n",
        ),
        file(
            "b.rego",
            "package kubernetes.security\n\ndeny contains \"b\" if input.bad\n",
        ),
        file("lib.rego", "package lib\n\nis_bad if input.bad\n"),
    ];
    let document = json!({"bad": true});
    let all = plain_gate(&sources, &LoadOptions::default());
    assert_eq!(
        told(&judge(&all, document.clone())),
        ["a fail a", "kubernetes.security fail b"]
    );
    let options = LoadOptions {
        namespaces: vec!["a".to_owned()],
        ..LoadOptions::default()
    };
    let one = plain_gate(&sources, &options);
    assert_eq!(told(&judge(&one, document)), ["a fail a"]);
    let (library, _) = Library::load_with(&sources, &options);
    let used = ["a.rego", "b.rego", "lib.rego"].map(|file| library.uses(file));
    assert_eq!(used, [true, false, true]);
    let options = LoadOptions {
        namespaces: vec!["nothing".to_owned()],
        ..LoadOptions::default()
    };
    let (_, problems) = Library::load_with(&sources, &options);
    assert_eq!(
        shown(&problems),
        ["SG4022 there is no plain policy of package nothing"]
    );
}

#[test]
fn controls_and_plain_policies_share_a_library_and_nothing_else() {
    let sources = [
        control(
            "TST-01",
            "deny contains {\"message\": \"control\"} if data.lib.is_bad(input.object)",
        ),
        file(
            "main.rego",
            "package main\n\ndeny contains \"plain\" if data.lib.is_bad(input)\n\ndeny contains \"data\" if data.bad\n",
        ),
        file("lib.rego", "package lib\n\nis_bad(object) if object.bad\n"),
    ];
    let mut data = BaseDocuments::default();
    data.add(&[], json!({"bad": true})).unwrap();
    let options = LoadOptions {
        data,
        ..LoadOptions::default()
    };
    let decision = judge(&plain_gate(&sources, &options), json!({"bad": true}));
    assert_eq!(
        told(&decision),
        ["TST-01 fail control", "main fail data|plain"]
    );
}

#[test]
fn data_is_what_was_put_there() {
    let text = "package main\n\nimport data.services\n\ndeny contains msg if {\n\tsome port in input.ports\n\tnot port in services.ports\n\tmsg := sprintf(\"port %d\", [port])\n}\n";
    let mut data = BaseDocuments::default();
    data.add(&[], json!({"services": {"ports": [22]}})).unwrap();
    let options = LoadOptions {
        data,
        ..LoadOptions::default()
    };
    let gate = plain_gate(&[file("main.rego", text)], &options);
    assert_eq!(
        told(&judge(&gate, json!({"ports": [22, 80]}))),
        ["main fail port 80"]
    );
    let without = plain_gate(&[file("main.rego", text)], &LoadOptions::default());
    let [with, without] = [&gate, &without].map(|gate| judge(gate, json!({})));
    assert_ne!(with.policy_digest, without.policy_digest);
    assert_eq!(with.settings_digest, without.settings_digest);
}

#[test]
fn data_may_lie_beside_the_rules_of_a_package_and_not_under_them() {
    let text = "package main\n\ndeny contains \"x\" if input.n > data.main.limit\n";
    let mut options = LoadOptions::default();
    options
        .data
        .add(&[], json!({"main": {"limit": 3}}))
        .unwrap();
    let gate = plain_gate(&[file("main.rego", text)], &options);
    assert_eq!(told(&judge(&gate, json!({"n": 4}))), ["main fail x"]);
    assert_eq!(told(&judge(&gate, json!({"n": 3}))), ["main pass"]);
    options.data.add(&["main"], json!({"deny": []})).unwrap();
    assert_eq!(
        problems_of(text, &options),
        ["SG4023 1:1 rule deny is a document below data too"]
    );
}

#[test]
fn a_failing_builtin_is_undefined_and_a_failing_rule_unknown() {
    let text = "package main\n\ndeny contains \"parsed\" if to_number(input.n) > 3\n\ndeny contains \"bad\" if input.bad\n";
    assert_eq!(
        told(&decide(text, json!({"n": "x", "bad": true}))),
        ["main fail bad"]
    );
    assert_eq!(told(&decide(text, json!({"n": "x"}))), ["main pass"]);
    let text = "package main\n\ndeny contains \"x\" if level == 1\n\nlevel := 1 if input.a\n\nlevel := 2 if input.b\n\ndeny_other contains \"other\" if input.c\n";
    let conflict = decide(text, json!({"a": true, "b": true}));
    assert_eq!(told(&conflict), ["main unknown"]);
    assert_eq!(
        conflict.verdicts[0].unknowns[0].reason,
        UnknownReason::EvaluationError
    );
    assert_eq!(conflict.outcome, Outcome::Error);
    let both = decide(text, json!({"a": true, "b": true, "c": true}));
    assert_eq!(told(&both), ["main fail other"]);
    assert_eq!(both.verdicts[0].unknowns.len(), 1);
}

#[test]
fn an_exception_that_fails_permits_nothing() {
    let text = "package main\n\ndeny contains \"x\" if input.bad\n\nlevel := 1 if input.bad\n\nlevel := 2 if input.bad\n\nexception contains [\"\"] if level == 1\n";
    let decision = decide(text, json!({"bad": true}));
    assert_eq!(told(&decision), ["main fail x"]);
    assert_eq!(decision.verdicts[0].unknowns.len(), 1);
}

#[test]
fn a_result_that_is_no_verdict_is_unknown() {
    let decision = decide(
        "package main\n\ndeny := 3 if input.bad\n",
        json!({"bad": true}),
    );
    assert_eq!(told(&decision), ["main unknown"]);
    assert_eq!(
        decision.verdicts[0].unknowns[0].reason,
        UnknownReason::InvalidResult
    );
}

#[test]
fn an_endless_rule_is_unknown() {
    let text = "package main\n\ndeny contains \"x\" if {\n\tsome a in numbers.range(1, 3000)\n\tsome b in numbers.range(1, 3000)\n\ta * b == -1\n}\n";
    let gate = plain_gate(&[file("main.rego", text)], &LoadOptions::default())
        .with_budget(std::time::Duration::from_millis(20));
    let decision = judge(&gate, json!({}));
    assert_eq!(
        decision.verdicts[0].unknowns[0].reason,
        UnknownReason::Timeout
    );
}

#[rstest]
#[case("deny contains \"x\" if nothing.here(input)", Code::UnknownFunction)]
#[case("deny contains \"x\" if http.send({}).body", Code::ForbiddenFunction)]
#[case("deny contains \"x\" if opa.runtime().env", Code::ForbiddenFunction)]
#[case("deny contains x if input.bad", Code::RegoInvalid)]
#[case("deny contains \"x\" if count(1, 2, 3)", Code::RegoInvalid)]
#[case("deny contains \"x\" if a\n\na if deny", Code::RecursivePolicy)]
#[case(
    "deny contains \"x\" if data.parameters.a.b",
    Code::UndeclaredParameter
)]
#[case("deny contains \"x\" if data.soc2.lib.x", Code::RegoInvalid)]
#[case("deny contains \"x\" if {", Code::RegoInvalid)]
#[case("deny contains \"x\" if not walk(input)", Code::RegoInvalid)]
#[case("deny contains \"x\"\n\ndeny := \"y\"", Code::ConflictingRules)]
#[case("deny contains \"x\"\n\ndefault deny := \"y\"", Code::ConflictingRules)]
#[case("deny contains \"x\"\n\ndefault a := input.a", Code::RegoInvalid)]
fn what_would_surprise_does_not_load(#[case] rule: &str, #[case] code: Code) {
    let found = problems_of(
        &format!("package main\n\n{rule}\n"),
        &LoadOptions::default(),
    );
    let code = code.to_string();
    assert!(
        !found.is_empty() && found.iter().all(|found| found.starts_with(&code)),
        "{found:?}"
    );
}

#[rstest]
#[case("[path, value] := walk(input)")]
#[case("[path, value] = walk(input)")]
#[case("walk(input, [path, value])")]
#[case("pair := walk(object.get(input, [], {}))\n\tpath := pair[0]\n\tvalue := pair[1]")]
fn walk_stands_for_one_pair_after_the_other(#[case] statement: &str) {
    for head in [
        "package main\n\ndeny contains msg if {",
        "package main\n\ndeny[msg] {",
    ] {
        let text = format!(
            "{head}\n\t{statement}\n\tvalue == \"x\"\n\tmsg := sprintf(\"%v\", [path])\n}}\n"
        );
        assert_eq!(
            told(&decide(&text, json!({"a": {"b": "x"}, "c": "y"}))),
            ["main fail [\"a\", \"b\"]"],
            "{text}"
        );
    }
}

/// OPA says that of them only where somebody asks for them.
#[test]
fn rules_that_contradict_each_other_load() {
    let text = "package main\n\ndeny contains \"x\" if input.bad\n\na := 1\n\na := 2\n";
    assert_eq!(
        problems_of(text, &LoadOptions::default()),
        Vec::<String>::new()
    );
    assert_eq!(told(&decide(text, json!({"bad": true}))), ["main fail x"]);
}

#[test]
fn references_to_data_from_outside_load() {
    let text = "package main\n\nimport data.teams\n\ndeny contains \"x\" if data.config.strict\n\ndeny contains \"y\" if teams[input.team].banned\n";
    assert_eq!(
        problems_of(text, &LoadOptions::default()),
        Vec::<String>::new()
    );
    assert_eq!(told(&decide(text, json!({"team": "a"}))), ["main pass"]);
}

#[test]
fn a_broken_package_hides_no_other() {
    let sources = [
        file(
            "a.rego",
            "package a\n\ndeny contains \"a\" if nothing.here(input)\n",
        ),
        file("b.rego", "package b\n\ndeny contains \"b\" if input.bad\n"),
        file("c.rego", "package c\n\ndeny contains {\n"),
    ];
    let (library, problems) = Library::load_with(&sources, &LoadOptions::default());
    assert_eq!(problems.len(), 2, "{problems:?}");
    let (gate, _) = Gate::new(&library, &Config::default(), Exceptions::default());
    assert_eq!(told(&judge(&gate, json!({"bad": true}))), ["b fail b"]);
}

#[test]
fn the_old_version_is_tried_second_and_said() {
    let tell = |text: &str, said| {
        let options = LoadOptions {
            rego_version: said,
            ..LoadOptions::default()
        };
        problems_of(text, &options)
    };
    assert_eq!(tell(OLD, None), ["SG4021 1:1 read as Rego v0"]);
    assert_eq!(tell(OLD, Some(RegoVersion::V0)), Vec::<String>::new());
    assert_eq!(tell(NEW, None), Vec::<String>::new());
    assert_eq!(
        tell(NEW, Some(RegoVersion::V0)),
        ["SG4003 3:6 `contains` is a keyword of Rego v1: import rego.v1"]
    );
    let old = tell(OLD, Some(RegoVersion::V1));
    assert!(old.len() == 1 && old[0].starts_with("SG4003 3:"), "{old:?}");
}

#[rstest]
#[case("deny[sprintf(\"%v\", [input.kind])] { input.kind }", "Pod")]
#[case(
    "deny[{\"msg\": m, \"details\": {\"x\": m}}] { m := input.name }",
    "web"
)]
#[case("deny[\"x\"] { not startswith(input.name, \"a\") }", "x")]
#[case("deny[\"x\"] { not startswith(input.nothing, \"a\") }", "")]
#[case("deny[m] { c := input.list[_]; not c.fine; m := c.name }", "b")]
#[case(
    "deny[\"x\"] { f(1) with input as {\"kind\": \"Q\"} }\n\nf(x) { input.kind == \"Q\" }",
    "x"
)]
#[case(
    "deny = m { m := f(\"a\") }\n\nf(k) = v { v := {\"a\": \"b\"}[k] }",
    "b"
)]
#[case(
    "deny[\"x\"] { all([true]); any([x | x := input.kind == \"Pod\"]) }",
    "x"
)]
#[case(
    "deny[m] { input.nothing; m := \"a\" }\n\nelse_ = \"a\" { input.nothing } else = \"b\" { true }\n\ndeny_else[else_]",
    "b"
)]
fn old_policies_mean_what_they_meant(#[case] rules: &str, #[case] expected: &str) {
    let document = json!({
        "kind": "Pod",
        "name": "web",
        "list": [{"name": "a", "fine": true}, {"name": "b"}]
    });
    let decision = decide(&format!("package main\n\n{rules}\n"), document);
    let status = if expected.is_empty() { "pass" } else { "fail " };
    assert_eq!(told(&decision), [format!("main {status}{expected}")]);
}

#[test]
fn controls_stay_rego_v1() {
    let source = control("TST-01", "deny[{\"message\": \"x\"}] { input.object.bad }");
    let text = source.text.replace("import rego.v1\n", "");
    let found = shown(&Library::load(&[PolicySource { text, ..source }]).1);
    assert!(
        found.len() == 1 && found[0].starts_with("SG4003"),
        "{found:?}"
    );
}

#[test]
fn metadata_gives_title_and_severity() {
    let text = format!(
        "# METADATA\n# title: No root\n# description: Why.\n# custom:\n#   severity: LOW\n{NEW}"
    );
    let (library, problems) = Library::load(&[file("main.rego", &text)]);
    assert_eq!(shown(&problems), Vec::<String>::new());
    let control = library.control("main").unwrap();
    assert_eq!(
        (
            control.title.as_str(),
            control.description.as_str(),
            control.severity
        ),
        ("No root", "Why.", Severity::Low)
    );
    assert_eq!(control.default_enforcement(), Enforcement::Deny);
}

#[test]
fn settings_and_exceptions_name_plain_policies() {
    let config =
        "version: 1\ncontrols:\n  main: {enforcement: record}\n  main:warn: {enforcement: deny}\n";
    let (config, problems) = Config::parse("soc2gate.yaml", config);
    assert_eq!(shown(&problems), Vec::<String>::new());
    let mut exceptions = Exceptions::default();
    let text = "version: 1\nexceptions:\n- id: E-1\n  control: main:warn\n  subjects: [kubernetes/Pod/shop/web]\n  reason: r\n  compensating_control: c\n  ticket: T-1\n  requested_by: ann\n  approved_by: bo\n  approved_at: 2026-11-01\n  expires_at: 2026-12-01\n";
    assert_eq!(
        shown(&exceptions.add_file("e.yaml", text)),
        Vec::<String>::new()
    );
    let (library, _) = Library::load(&[file("main.rego", NEW)]);
    let (gate, problems) = Gate::new(&library, &config, exceptions);
    assert_eq!(shown(&problems), Vec::<String>::new());
    let decision = judge(&gate, json!({"bad": true, "odd": true}));
    let [deny, warn] = decision.verdicts.as_slice() else {
        panic!("{decision:?}")
    };
    assert_eq!(deny.enforcement, Enforcement::Record);
    assert_eq!(warn.enforcement, Enforcement::Deny);
    assert_eq!(warn.exception.as_ref().unwrap().id, "E-1");
    assert_eq!(decision.outcome, Outcome::Allow);
}

#[test]
fn all_documents_may_be_judged_as_one_list() {
    let text = "package main\n\ndeny contains msg if {\n\tsome file in input\n\tfile.contents.kind == \"Deployment\"\n\tmsg := file.path\n}\n";
    let options = LoadOptions {
        combine: true,
        ..LoadOptions::default()
    };
    let gate = plain_gate(&[file("main.rego", text)], &options);
    assert!(gate.combines());
    assert_eq!(
        told(&judge(&gate, json!({"bad": true}))),
        Vec::<String>::new()
    );
    let list = json!([{"path": "a.yaml", "contents": {"kind": "Deployment"}}]);
    let decision = gate.judge(&no_context()).judge_combined(&pod(list), now());
    assert_eq!(told(&decision.unwrap()), ["main fail a.yaml"]);
    let apart = plain_gate(&[file("main.rego", text)], &LoadOptions::default());
    let none = apart
        .judge(&no_context())
        .judge_combined(&pod(json!([])), now());
    assert_eq!(none, None);
}

#[test]
fn pull_requests_are_none_of_their_business() {
    let gate = plain_gate(&[file("main.rego", NEW)], &LoadOptions::default());
    let subject = Subject {
        kind: SubjectKind::PullRequest,
        ..pod(json!({"bad": true}))
    };
    let decision = gate.judge(&no_context()).judge(&subject, now());
    assert_eq!(decision.verdicts, []);
}
