//! Lints: each fires on what it is for, and not on what is near it.

use rstest::rstest;
use soc2gate_engine::{PolicySource, lint_rego};

/// The METADATA of a control.
const METADATA: &str = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{kind: kubernetes, resources: [apps/Deployment]}]\n#   frameworks: {soc2: [CC6.1]}\n#   remediation: r\npackage acme.own\n\nimport rego.v1\n\n";

fn source(file: &str, text: String) -> PolicySource {
    PolicySource {
        file: file.to_owned(),
        text,
        prechecked: false,
    }
}

/// What lint says of a tested control with these rules: `code line:column` each, lines counted from the first rule.
fn lint(rules: &str) -> Vec<String> {
    let test = "package acme.own_test\n\nimport data.acme.own\n\ntest_x if own.deny == set() with input as {}\n";
    let files = [
        source("own.rego", format!("{METADATA}{rules}\n")),
        source("own_test.rego", test.to_owned()),
    ];
    let lines = u32::try_from(METADATA.lines().count()).unwrap();
    lint_rego(&files)
        .iter()
        .map(|found| {
            let at = found.location.as_ref().unwrap();
            assert_eq!(at.file, "own.rego", "{found}");
            format!("{} {}:{}", found.code, at.line - lines, at.column)
        })
        .collect()
}

#[rstest]
#[case::camel_case("deny contains {\"message\": \"m\"} if _isBad\n\n_isBad if input.object.x == 1", &["SG6001 3:1"])]
#[case::public_helper("deny contains {\"message\": \"m\"} if bad\n\nbad if input.object.x == 1", &["SG6002 3:1"])]
#[case::unused_import("import data.acme.own\n\ndeny contains {\"message\": \"m\"} if input.object.x == 1", &["SG6006 1:8"])]
#[case::unused_variable("deny contains {\"message\": \"m\"} if {\n\tsome key, value in input.object.x\n\tvalue == 1\n}", &["SG6007 2:7"])]
#[case::unused_assignment("deny contains {\"message\": \"m\"} if {\n\tx := input.object.x\n}", &["SG6007 2:2"])]
#[case::not_equal("deny contains {\"message\": \"m\"} if input.object.spec.x != \"y\"", &["SG6008 1:35"])]
#[case::less("deny contains {\"message\": \"m\"} if input.object.spec.replicas < 2", &["SG6008 1:35"])]
#[case::empty("deny contains {\"message\": \"m\"} if count(input.object.spec.x) == 0", &["SG6008 1:35"])]
#[case::assigned("deny contains {\"message\": \"m\"} if {\n\tx := input.object.spec.x\n\tx != \"y\"\n}", &["SG6008 3:2"])]
#[case::through_a_rule("_spec := input.object.spec\n\ndeny contains {\"message\": \"m\"} if _spec.x != \"y\"", &["SG6008 3:35"])]
#[case::element("deny contains {\"message\": \"m\"} if {\n\tsome container in input.object.spec.containers\n\tcontainer.image != \"y\"\n}", &["SG6008 3:2"])]
#[case::negated_call("deny contains {\"message\": \"m\"} if not startswith(input.object.spec.x, \"y\")", &["SG6009 1:39"])]
#[case::negated_membership("deny contains {\"message\": \"m\"} if not input.object.spec.x in [\"y\"]", &["SG6009 1:39"])]
#[case::negated_less("deny contains {\"message\": \"m\"} if not input.object.spec.x > 1", &["SG6009 1:39"])]
#[case::never("deny contains {\"message\": \"m\"} if false", &["SG6010 1:35"])]
#[case::constants("deny contains {\"message\": \"m\"} if 1 > 2", &["SG6010 1:35"])]
#[case::two_values("deny contains {\"message\": \"m\"} if {\n\tinput.object.x == \"a\"\n\tinput.object.x == \"b\"\n}", &["SG6010 3:2"])]
#[case::ranges("deny contains {\"message\": \"m\"} if {\n\tinput.object.x > 5\n\t3 >= input.object.x\n}", &["SG6008 2:2", "SG6008 3:2", "SG6010 3:2"])]
#[case::unified("deny contains {\"message\": \"m\"} if {\n\tinput.object.x = \"a\"\n\tinput.object.x != \"a\"\n}", &["SG6008 3:2", "SG6010 3:2"])]
#[case::negated("deny contains {\"message\": \"m\"} if {\n\tnot input.object.x\n\tinput.object.x\n}", &["SG6010 3:2"])]
#[case::negated_value("deny contains {\"message\": \"m\"} if {\n\tinput.object.x == \"a\"\n\tnot input.object.x == \"a\"\n}", &["SG6010 3:2"])]
#[case::not_true("deny contains {\"message\": \"m\"} if not true", &["SG6010 1:35"])]
#[case::itself("deny contains {\"message\": \"m\"} if input.id != input.id", &["SG6010 1:35"])]
#[case::nothing_to_iterate("deny contains {\"message\": \"m\"} if {\n\tsome x in []\n\tx == 1\n}", &["SG6010 2:2"])]
#[case::in_nothing("deny contains {\"message\": \"m\"} if input.object.x in {}", &["SG6010 1:35"])]
#[case::local("deny contains {\"message\": \"m\"} if {\n\tx := 1\n\tx == 2\n}", &["SG6010 3:2"])]
#[case::other_kind("deny contains {\"message\": \"m\"} if input.kind == \"pull_request\"", &["SG6010 1:35"])]
#[case::other_object("deny contains {\"message\": \"m\"} if input.object.kind == \"Pod\"", &["SG6010 1:35"])]
#[case::other_resource("deny contains {\"message\": \"m\"} if \"apps/DaemonSet\" == input.resource", &["SG6010 1:35"])]
#[case::default_true("deny contains {\"message\": \"m\"} if not _good\n\ndefault _good := true\n\n_good := false if input.object.x == 1", &["SG6011 3:9"])]
#[case::else_true("deny contains {\"message\": \"m\"} if not _good\n\n_good := false if {\n\tinput.object.x == 1\n} else := true", &["SG6011 5:3"])]
fn a_lint_fires(#[case] rules: &str, #[case] expected: &[&str]) {
    assert_eq!(lint(rules), expected);
}

#[rstest]
#[case::two_elements(
    "deny contains {\"message\": \"m\"} if {\n\tsome a in input.object.spec.x\n\tsome b in input.object.spec.x\n\ta.y == 1\n\tb.y == 2\n}"
)]
#[case::any_element(
    "deny contains {\"message\": \"m\"} if {\n\tinput.object.spec.x[_] == 1\n\tinput.object.spec.x[_] == 2\n}"
)]
#[case::other_input(
    "deny contains {\"message\": \"m\"} if {\n\tinput.object.x == 1\n\tinput.object.x == 2 with input as {\"object\": {\"x\": 2}}\n}"
)]
#[case::within_bounds(
    "deny contains {\"message\": \"m\"} if {\n\tcount(input.object.spec.x) > 1\n\tx := 3\n\tx >= 3\n\tx == 3\n}"
)]
#[case::false_is_not_true(
    "deny contains {\"message\": \"m\"} if {\n\tnot input.object.x\n\tinput.object.x == false\n}"
)]
#[case::its_own_kind(
    "deny contains {\"message\": \"m\"} if {\n\tinput.kind == \"kubernetes\"\n\tinput.object.kind == \"Deployment\"\n\tinput.resource == \"apps/Deployment\"\n}"
)]
#[case::presence("deny contains {\"message\": \"m\"} if not input.object.metadata.labels.owner")]
#[case::equal("deny contains {\"message\": \"m\"} if input.object.spec.hostNetwork == true")]
#[case::not_equal_is_closed("deny contains {\"message\": \"m\"} if not input.object.spec.x == 1")]
#[case::with_a_default(
    "deny contains {\"message\": \"m\"} if object.get(input.object, [\"spec\", \"replicas\"], 1) < 2"
)]
#[case::always_there("deny contains {\"message\": \"m\"} if input.object.kind != \"Pod\"")]
#[case::unknown_says_so(
    "deny contains {\"message\": \"m\"} if input.object.spec.x != \"y\"\n\nunknown contains {\"message\": \"m\"} if not input.object.spec.x"
)]
#[case::asked_before(
    "deny contains {\"message\": \"m\"} if {\n\tinput.object.spec.x\n\tinput.object.spec.x != \"y\"\n}"
)]
#[case::type_asked_before(
    "deny contains {\"message\": \"m\"} if {\n\tis_number(input.object.spec.x)\n\tinput.object.spec.x < 2\n}"
)]
#[case::more("deny contains {\"message\": \"m\"} if count(input.object.spec.x) > 3")]
#[case::outside_deny(
    "deny contains {\"message\": \"m\"} if _bad\n\n_bad if input.object.spec.x != \"y\""
)]
#[case::wildcard(
    "deny contains {\"message\": \"m\"} if {\n\tinput.object.x[_] == \"a\"\n\tinput.object.x[_] == \"b\"\n}"
)]
#[case::default_false(
    "deny contains {\"message\": \"m\"} if not _good\n\ndefault _good := false\n\n_good if input.object.x == 1"
)]
#[case::default_applicable(
    "default applicable := true\n\ndeny contains {\"message\": \"m\"} if input.object.x == 1"
)]
#[case::used(
    "import data.lib.names\n\ndeny contains {\"message\": m} if {\n\tsome _, value in input.object.x\n\tm := names.of(value)\n}"
)]
fn a_lint_does_not_fire(#[case] rules: &str) {
    assert_eq!(lint(rules), [] as [&str; 0]);
}

#[test]
fn a_control_without_tests_is_found() {
    let rules = "deny contains {\"message\": \"m\"} if input.object.x == 1\n";
    let found = lint_rego(&[source("own.rego", format!("{METADATA}{rules}"))]);
    let codes: Vec<&str> = found.iter().map(|found| found.code.id()).collect();
    assert_eq!(codes, ["SG6003"]);
    // Rego of other people is no control.
    let plain = format!("package shop\n\n{rules}");
    assert_eq!(lint_rego(&[source("shop.rego", plain)]), []);
}
