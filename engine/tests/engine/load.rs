//! What is refused when it is loaded, and where it says it is.

use rstest::rstest;
use soc2gate_source::Code;

use super::*;

const FINE: &str = "deny contains {\"message\": \"x\"} if input.object.bad";

fn problems(sources: &[PolicySource]) -> Vec<String> {
    shown(&Library::load(sources).1)
}

#[test]
fn metadata_is_a_closed_schema_with_positions() {
    let source = control("TST-01", FINE);
    let broken = source
        .text
        .replace("severity: high", "severity: hihg")
        .replace("#   remediation", "#   remedation");
    assert_eq!(
        problems(&[PolicySource {
            text: broken,
            ..source
        }]),
        [
            "SG4002 5:3 custom: missing key \"remediation\"",
            "SG4002 7:5 custom.severity: must be one of low, medium, high, critical",
            "SG4002 11:5 custom.remedation: unknown key \"remedation\"; did you mean \"remediation\"?",
        ]
    );
}

#[rstest]
#[case("#   id: TST-01\n", "", "SG4002 5:3 custom: missing key \"id\"")]
#[case(
    "id: TST-01",
    "id: tst1",
    "SG4002 6:5 custom.id: must be an id like CHG-01: letters, a dash, digits"
)]
#[case(
    "kind: kubernetes",
    "kind: kubernets",
    "SG4002 9:9 custom.inputs[0].kind: must be one of kubernetes, pull_request"
)]
#[case(
    "soc2: [CC6.1]",
    "soc2: []",
    "SG4002 10:18 custom.frameworks.soc2: must not be empty"
)]
#[case("# scope: package\n", "", "SG4002 2:3 missing key \"scope\"")]
#[case("# title: Title of TST-01", "# title: [", "SG4002 3:")]
#[case(
    "# METADATA\n",
    "# NO METADATA\n",
    "SG4001 12:1 package test.tst_01 reads input.object, which controls see, and has no METADATA"
)]
fn broken_metadata_is_refused(#[case] from: &str, #[case] to: &str, #[case] expected: &str) {
    let source = control("TST-01", FINE);
    let text = source.text.replace(from, to);
    assert_ne!(text, source.text);
    let found = problems(&[PolicySource { text, ..source }]);
    assert!(
        found.iter().any(|problem| problem.starts_with(expected)),
        "{found:#?}"
    );
}

#[rstest]
#[case("deny contains {\"message\": \"x\"} if {", Code::RegoInvalid)]
#[case(
    "deny contains {\"message\": x} if input.object.bad",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if {\n\tsome y\n\tinput.a == y\n}",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if not input.a[y]",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if count([z | some x in input.a; x == 1]) > 0",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if nosuch.function(input)",
    Code::UnknownFunction
)]
#[case(
    "deny contains {\"message\": \"x\"} if count(input, 1, 2) > 1",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if f(1, 2)\n\nf(x) := x",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if http.send({\"url\": input.object.url}).status_code == 200",
    Code::ForbiddenFunction
)]
#[case(
    "deny contains {\"message\": \"x\"} if opa.runtime().env.HOME",
    Code::ForbiddenFunction
)]
#[case(
    "deny contains {\"message\": \"x\"} if net.lookup_ip_addr(\"a\")",
    Code::ForbiddenFunction
)]
#[case(
    "deny contains {\"message\": \"x\"} if f(1)\n\nf(n) := f(n - 1)",
    Code::RecursivePolicy
)]
#[case(
    "deny contains {\"message\": \"x\"} if a\n\na if b\n\nb if a",
    Code::RecursivePolicy
)]
#[case(
    "deny contains {\"message\": \"x\"} if data.lib.nothing[input.object.a]",
    Code::RegoInvalid
)]
#[case(
    "import data.lib.nothing\n\ndeny contains {\"message\": \"x\"} if nothing.here",
    Code::RegoInvalid
)]
#[case(
    "deny contains {\"message\": \"x\"} if _a\n\n_a contains 1\n\n_a := 2",
    Code::ConflictingRules
)]
#[case(
    "deny contains {\"message\": \"x\"} if _a == 1\n\n_a := 1\n\n_a := 2",
    Code::ConflictingRules
)]
#[case(
    "deny contains {\"message\": \"x\"} if _f(1)\n\n_f(x) := x\n\n_f(x, y) := x",
    Code::ConflictingRules
)]
#[case(
    "deny contains {\"message\": \"x\"} if _a\n\ndefault _a := input.object.bad",
    Code::RegoInvalid
)]
#[case("deny if input.object.bad", Code::NoDenyRule)]
#[case("deny := {1}", Code::NoDenyRule)]
#[case(
    "deny contains {\"message\": \"x\"} if input.object.bad\n\nunknown if input.object.odd",
    Code::NoDenyRule
)]
#[case(
    "deny contains {\"message\": \"x\"} if input.n > _p.limit\n\n_p := data.parameters[\"TST-01\"]",
    Code::UndeclaredParameter
)]
#[case(
    "warn contains {\"message\": \"x\"} if input.object.bad",
    Code::NoDenyRule
)]
#[case(
    "deny contains {\"message\": \"x\"} if input.n > data.parameters[\"TST-01\"].limit",
    Code::UndeclaredParameter
)]
fn broken_rego_is_refused(#[case] body: &str, #[case] code: Code) {
    let (library, problems) = Library::load(&[control("TST-01", body), control("TST-02", FINE)]);
    assert_eq!(
        problems.first().map(|problem| problem.code),
        Some(code),
        "{:?}",
        shown(&problems)
    );
    assert!(
        problems[0]
            .location
            .as_ref()
            .is_some_and(|at| at.file == "tst_01.rego" && at.line >= 1)
    );
    let ids: Vec<&str> = library
        .controls()
        .iter()
        .map(|control| control.id.0.as_str())
        .collect();
    assert_eq!(ids, ["TST-02"], "the others are loaded");
}

#[test]
fn problems_stand_at_their_line() {
    let found = problems(&[control(
        "TST-01",
        "deny contains {\"message\": \"x\"} if {\n\tinput.object.bad\n\tno_such(input)\n}",
    )]);
    assert_eq!(found, ["SG4004 18:2 there is no function no_such"]);
}

#[test]
fn what_is_not_used_and_what_never_holds_is_said() {
    let library = PolicySource {
        file: "names.rego".to_owned(),
        text: "package lib.names\n\nnames contains \"a\"\n".to_owned(),
        prechecked: false,
    };
    let body = "import data.lib.names\n\ndeny contains {\"message\": \"x\"} if {\n\tsome key, value in input.object.spec\n\tvalue == 1\n\tinput.kind == \"pull_request\"\n}";
    let (loaded, found) = Library::load(&[control("TST-01", body), library.clone()]);
    assert_eq!(
        shown(&found),
        [
            "SG6006 16:8 the import names is not used",
            "SG6007 19:7 the variable key is not used",
            "SG6010 21:2 this never holds, so the rule denies nothing",
        ]
    );
    assert_eq!(loaded.controls().len(), 1);
    let checked = PolicySource {
        prechecked: true,
        ..control("TST-01", body)
    };
    let library = PolicySource {
        prechecked: true,
        ..library
    };
    assert_eq!(problems(&[checked, library]), Vec::<String>::new());
}

#[test]
fn a_rule_and_a_package_of_one_name_are_refused() {
    let library = PolicySource {
        file: "root.rego".to_owned(),
        text: "package test\n\ntst_01 := 1\n".to_owned(),
        prechecked: false,
    };
    assert_eq!(
        problems(&[control("TST-01", FINE), library]),
        [
            "SG4015 3:1 data.test.tst_01 is a complete rule with a rule below it: data.test.tst_01.deny at tst_01.rego:16"
        ]
    );
}

#[test]
fn one_id_and_one_package_are_one_control() {
    let twin = PolicySource {
        file: "twin.rego".to_owned(),
        ..control("TST-01", FINE)
    };
    assert_eq!(
        problems(&[control("TST-01", FINE), twin]),
        ["SG4006 1:1 control TST-01 (package test.tst_01) exists already as TST-01 in tst_01.rego"]
    );
}

#[test]
fn a_default_follows_its_schema() {
    let parameters = "#   parameters: {limit: {type: integer, minimum: 1, default: 0}, odd: {type: integer, minimum: x}}\n";
    let found = problems(&[control_with("TST-01", "high", parameters, FINE)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].starts_with("SG4002 12:") && found[0].contains("must be at least 1"),
        "{found:?}"
    );
    assert!(
        found[1].contains("parameter odd is not a JSON Schema"),
        "{found:?}"
    );
}

#[test]
fn long_lines_are_fine_and_libraries_need_no_metadata() {
    let library = PolicySource {
        file: "lib.rego".to_owned(),
        text: format!(
            "package lib.words\n\nimport rego.v1\n\nwords := {{{}}}\n",
            vec!["\"word\""; 2_000].join(", ")
        ),
        prechecked: false,
    };
    let body = "deny contains {\"message\": \"x\"} if data.lib.words.words[input.object.word]";
    let gate = gate(&[library, control("TST-01", body)]);
    assert_eq!(
        judge(&gate, json!({"word": "word"})).verdicts[0]
            .findings
            .len(),
        1
    );
}

#[test]
fn the_digest_changes_with_any_source() {
    let digest = |body: &str| load(&[control("TST-01", body)]).digest().to_owned();
    assert_eq!(digest(FINE), digest(FINE));
    assert_ne!(digest(FINE), digest(&format!("{FINE} # changed")));
    assert!(digest(FINE).starts_with("sha256:") && digest(FINE).len() == 71);
}

#[test]
fn packages_of_the_library_are_its_own() {
    let own = PolicySource {
        prechecked: true,
        ..control("TST-01", FINE)
    };
    let intruder = PolicySource {
        file: "mine.rego".to_owned(),
        text: "package soc2.lib.workload\n\nimport rego.v1\n\nexempt := true\n".to_owned(),
        prechecked: false,
    };
    let (library, problems) = Library::load(&[own, intruder]);
    assert_eq!(
        shown(&problems),
        ["SG4010 1:1 package soc2.lib.workload belongs to soc2gate"]
    );
    assert_eq!(library.controls().len(), 1);
}

#[rstest]
#[case("package soc2[\"lib\"].workload")]
#[case(" package soc2.lib.workload")]
#[case("package parameters[\"TST-01\"]")]
#[case("package soc2gate_routes")]
fn reserved_packages_are_known_in_every_spelling(#[case] package: &str) {
    let own = PolicySource {
        prechecked: true,
        ..control("TST-01", FINE)
    };
    let intruder = PolicySource {
        file: "mine.rego".to_owned(),
        text: format!("{package}\n\nimport rego.v1\n\nlimit := 3\n"),
        prechecked: false,
    };
    let (library, problems) = Library::load(&[own, intruder]);
    let codes: Vec<Code> = problems.iter().map(|problem| problem.code).collect();
    assert_eq!(
        (codes, library.controls().len()),
        (vec![Code::ReservedPackage], 1)
    );
}

#[rstest]
#[case(
    "Deployment",
    "SG4002 9:21 Deployment is of the group apps: write apps/Deployment"
)]
#[case("apps/v1/Deployment", "SG4002 9:21 \"apps/v1/Deployment\" is no type")]
#[case("apps/deployments", "SG4002 9:21 \"apps/deployments\" is no type")]
fn types_that_no_subject_has_are_refused(#[case] resource: &str, #[case] expected: &str) {
    let source = control("TST-01", FINE);
    let text = source.text.replace(
        "kind: kubernetes\n",
        "kind: kubernetes\n#       resources: []\n",
    );
    let text = text.replace(
        "- kind: kubernetes\n#       resources: []",
        &format!("- resources: [{resource}]\n#       kind: kubernetes"),
    );
    let found = problems(&[PolicySource { text, ..source }]);
    assert!(found[0].starts_with(expected), "{found:?}");
}

#[test]
fn a_digest_does_not_depend_on_where_policies_lie() {
    let source = control("TST-01", FINE);
    let moved = PolicySource {
        file: "./elsewhere.rego".to_owned(),
        ..source.clone()
    };
    assert_eq!(load(&[source]).digest(), load(&[moved]).digest());
}
