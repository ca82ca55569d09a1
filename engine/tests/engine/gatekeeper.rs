//! Gatekeeper: templates and constraints, as people apply them to clusters.

use rstest::rstest;
use soc2gate_engine::{Enforcement, LoadOptions, Origin, Outcome, Status, UnknownReason};

use super::*;

/// A template in the shape of the public library, in Rego v0: labels that every object must have.
pub(super) const LABELS: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8srequiredlabels
  annotations:
    metadata.gatekeeper.sh/title: "Required Labels"
    description: >-
      Requires resources to contain specified labels.
spec:
  crd:
    spec:
      names:
        kind: K8sRequiredLabels
      validation:
        openAPIV3Schema:
          type: object
          properties:
            message:
              type: string
              default: "labels are missing"
            labels:
              type: array
              items:
                type: object
                properties:
                  key:
                    type: string
                  allowedRegex:
                    type: string
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8srequiredlabels

        violation[{"msg": msg, "details": {"missing_labels": missing}}] {
          provided := {label | input.review.object.metadata.labels[label]}
          required := {label | label := input.parameters.labels[_].key}
          missing := required - provided
          count(missing) > 0
          msg := sprintf("%v: %v", [input.parameters.message, missing])
        }

        violation[{"msg": msg}] {
          value := input.review.object.metadata.labels[key]
          expected := input.parameters.labels[_]
          expected.key == key
          not re_match(expected.allowedRegex, value)
          expected.allowedRegex != ""
          msg := sprintf("label <%v> does not satisfy %v", [key, expected.allowedRegex])
        }
"#;

const OWNER: &str = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sRequiredLabels\nmetadata:\n  name: owner\nspec:\n  match:\n    kinds:\n    - apiGroups: [\"\"]\n      kinds: [Pod]\n  parameters:\n    labels:\n    - key: owner\n      allowedRegex: ^[a-z]+$\n";

fn manifest(name: &str, text: &str) -> PolicySource {
    PolicySource {
        file: name.to_owned(),
        text: text.to_owned(),
        prechecked: false,
    }
}

fn load_manifests(texts: &[&str]) -> (Library, Vec<Diagnostic>) {
    let names = ["a.yaml", "b.yaml", "c.yaml", "d.yaml"];
    let manifests = names
        .iter()
        .zip(texts)
        .map(|(name, text)| manifest(name, text))
        .collect();
    Library::load_with(
        &[],
        &LoadOptions {
            manifests,
            ..LoadOptions::default()
        },
    )
}

fn constraint_gate(texts: &[&str]) -> Gate {
    let (library, problems) = load_manifests(texts);
    assert_eq!(shown(&problems), Vec::<String>::new());
    Gate::new(&library, &Config::default(), Exceptions::default()).0
}

fn problems(texts: &[&str]) -> Vec<String> {
    shown(&load_manifests(texts).1)
}

fn object(labels: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "labels": labels}})
}

/// A template of kind T with this Rego and no schema, and a constraint of it for everything.
fn rego(rego: &str) -> String {
    template("v1", &format!("      rego: |\n{}", indented(rego, 8)))
}

fn template(version: &str, code: &str) -> String {
    format!(
        "apiVersion: templates.gatekeeper.sh/{version}\nkind: ConstraintTemplate\nmetadata: {{name: t}}\nspec:\n  crd: {{spec: {{names: {{kind: T}}}}}}\n  targets:\n    - target: admission.k8s.gatekeeper.sh\n{code}"
    )
}

fn indented(text: &str, by: usize) -> String {
    text.lines()
        .map(|line| format!("{}{line}\n", " ".repeat(by)))
        .collect()
}

const ANY: &str = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: T\nmetadata: {name: any}\n";

fn messages(decision: &Decision) -> Vec<String> {
    let findings = decision
        .verdicts
        .iter()
        .flat_map(|verdict| &verdict.findings);
    findings.map(|finding| finding.message.clone()).collect()
}

#[test]
fn a_constraint_is_a_control() {
    let (library, problems) = load_manifests(&[LABELS, OWNER]);
    assert_eq!(shown(&problems), Vec::<String>::new());
    let control = library.control("K8sRequiredLabels/owner").unwrap();
    assert_eq!(
        (
            control.title.as_str(),
            control.description.as_str(),
            control.origin
        ),
        (
            "Required Labels",
            "Requires resources to contain specified labels.",
            Origin::Constraint
        )
    );
    assert!(library.uses("a.yaml") && library.uses("b.yaml"));
    let (gate, _) = Gate::new(&library, &Config::default(), Exceptions::default());
    let bad = judge(&gate, object(&json!({})));
    assert_eq!(messages(&bad), ["labels are missing: {\"owner\"}"]);
    assert_eq!(bad.outcome, Outcome::Deny);
    let odd = judge(&gate, object(&json!({"owner": "A1"})));
    assert_eq!(messages(&odd), ["label <owner> does not satisfy ^[a-z]+$"]);
    let fine = judge(&gate, object(&json!({"owner": "ann"})));
    assert_eq!(fine.verdicts[0].status, Status::Pass);
    let other = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}});
    assert_eq!(judge(&gate, other).verdicts, []);
}

/// As Gatekeeper is sent nothing but what is made and changed.
#[test]
fn what_is_removed_is_no_matter_of_constraints() {
    let gate = constraint_gate(&[LABELS, OWNER]);
    let verdicts = |operation: &str| {
        let mut subject = pod(object(&json!({})));
        subject.request = Some(json!({"operation": operation}));
        gate.judge(&no_context()).judge(&subject, now()).verdicts
    };
    assert_eq!(verdicts("DELETE"), []);
    assert_eq!(verdicts("CONNECT"), []);
    for written in ["CREATE", "UPDATE", "PATCH"] {
        assert_eq!(verdicts(written)[0].status, Status::Fail, "{written}");
    }
}

#[rstest]
#[case("", Enforcement::Deny)]
#[case("  enforcementAction: deny\n", Enforcement::Deny)]
#[case("  enforcementAction: warn\n", Enforcement::Warn)]
#[case("  enforcementAction: dryrun\n", Enforcement::Record)]
#[case(
    "  enforcementAction: scoped\n  scopedEnforcementActions:\n  - {action: warn, enforcementPoints: [{name: \"*\"}]}\n  - {action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}\n",
    Enforcement::Warn
)]
#[case(
    "  enforcementAction: scoped\n  scopedEnforcementActions:\n  - {action: deny, enforcementPoints: [{name: audit.gatekeeper.sh}]}\n",
    Enforcement::Record
)]
fn actions_are_enforcements(#[case] action: &str, #[case] expected: Enforcement) {
    let owner = OWNER.replace("spec:\n", &format!("spec:\n{action}"));
    let gate = constraint_gate(&[LABELS, &owner]);
    let decision = judge(&gate, object(&json!({})));
    assert_eq!(decision.verdicts[0].enforcement, expected);
}

#[test]
fn match_decides_whom_a_constraint_speaks_of() {
    let selector = OWNER.replace(
        "  match:\n",
        "  match:\n    excludedNamespaces: [kube-*]\n    namespaceSelector: {matchLabels: {team: a}}\n",
    );
    let gate = constraint_gate(&[LABELS, &selector]);
    let namespace = |labels: Value| {
        let document = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}});
        siblings("Namespace", vec![document])
    };
    assert_eq!(
        gate.context_resources(SubjectKind::Kubernetes),
        ["Namespace"].into()
    );
    let status = |context: &Context| {
        let decision = gate.judge(context).judge(&pod(object(&json!({}))), now());
        decision.verdicts[0].status
    };
    assert_eq!(status(&namespace(json!({"team": "a"}))), Status::Fail);
    assert_eq!(
        status(&namespace(json!({"team": "b"}))),
        Status::NotApplicable
    );
    assert_eq!(status(&no_context()), Status::Unknown);
    let decision = judge(&gate, object(&json!({})));
    assert_eq!(
        decision.verdicts[0].unknowns[0].reason,
        UnknownReason::MissingFact
    );
    assert_eq!(decision.outcome, Outcome::Error);
}

#[test]
fn the_review_is_made_of_the_object() {
    let text = rego(
        "package t\nviolation[{\"msg\": msg}] {\n  r := input.review\n  msg := sprintf(\"%v %v %v %v %v %v\", [r.operation, r.kind.group, r.kind.version, r.kind.kind, r.name, r.namespace])\n  not r.userInfo\n  r.object.spec\n}",
    );
    let gate = constraint_gate(&[&text, ANY]);
    let document = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}, "spec": {}});
    assert_eq!(
        messages(&judge(&gate, document)),
        ["CREATE apps v1 Deployment web shop"]
    );
}

#[test]
fn a_real_request_is_handed_on() {
    let text = rego(
        "package t\nviolation[{\"msg\": msg}] {\n  r := input.review\n  msg := sprintf(\"%v %v %v %v\", [r.operation, r.userInfo.username, r.object.a, r.oldObject.a])\n}",
    );
    let constraint = format!("{ANY}spec: {{match: {{namespaces: [requested]}}}}\n");
    let gate = constraint_gate(&[&text, &constraint]);
    let subject = Subject {
        old_document: Some(json!({"a": 1})),
        request: Some(
            json!({"operation": "UPDATE", "namespace": "requested", "userInfo": {"username": "ann"}}),
        ),
        ..pod(json!({"a": 2, "kind": "Pod", "apiVersion": "v1"}))
    };
    let decision = gate.judge(&no_context()).judge(&subject, now());
    assert_eq!(messages(&decision), ["UPDATE ann 2 1"]);
}

#[test]
fn templates_may_look_at_other_objects() {
    let text = rego(
        "package t\nviolation[{\"msg\": msg}] {\n  other := data.inventory.namespace[ns][_][\"Ingress\"][name]\n  name != input.review.object.metadata.name\n  other.spec.host == input.review.object.spec.host\n  msg := sprintf(\"host is that of %v/%v (%v)\", [ns, name, input.parameters.word])\n}",
    );
    let constraint = format!("{ANY}spec: {{parameters: {{word: fine}}}}\n");
    let gate = constraint_gate(&[&text, &constraint]);
    assert!(gate.reads_inventory());
    let ingress = |name: &str, host: &str| json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "namespace": "shop"}, "spec": {"host": host}});
    let all = [ingress("a", "x"), ingress("b", "x"), ingress("c", "y")];
    let context = no_context().with_objects(&all);
    let told = |document: &Value| {
        let decision = gate.judge(&context).judge(&pod(document.clone()), now());
        messages(&decision)
    };
    assert_eq!(told(&all[0]), ["host is that of shop/b (fine)"]);
    assert_eq!(told(&all[2]), Vec::<String>::new());
    assert!(!constraint_gate(&[LABELS, OWNER]).reads_inventory());
}

#[test]
fn libraries_and_both_versions_of_rego() {
    let libs = "      rego: |\n        package t\n        import data.lib.helpers\n        violation[{\"msg\": msg}] { helpers.is_bad(input.review.object); msg := \"bad\" }\n      libs:\n        - |\n          package lib.helpers\n          is_bad(object) { object.bad }\n";
    let code = "      code:\n      - engine: Rego\n        source:\n          version: v1\n          rego: |\n            package t\n            import data.lib.helpers\n            violation contains {\"msg\": \"bad\"} if helpers.is_bad(input.review.object)\n          libs:\n          - |\n            package lib.helpers\n            is_bad(object) if object.bad\n";
    let bad = json!({"apiVersion": "v1", "kind": "Pod", "bad": true});
    for text in [template("v1", libs), template("v1beta1", code)] {
        let gate = constraint_gate(&[&text, ANY]);
        assert_eq!(messages(&judge(&gate, bad.clone())), ["bad"]);
    }
    let both = code.replace(
        "      code:\n",
        "      code:\n      - {engine: K8sNativeValidation, source: {validations: []}}\n",
    );
    let (library, problems) = load_manifests(&[&template("v1", &both), ANY]);
    assert_eq!(
        shown(&problems),
        ["SG4030 8:7 judged by its Rego; the code for other engines is left out"]
    );
    assert!(library.control("T/any").is_some());
    let v1_in_v0 = libs.replace(
        "violation[{\"msg\": msg}] {",
        "violation contains {\"msg\": msg} if {",
    );
    assert_eq!(
        problems_of(&template("v1", &v1_in_v0)),
        ["SG4003 8:7 line 3 of the Rego: `contains` is a keyword of Rego v1: import rego.v1"]
    );
}

fn problems_of(template: &str) -> Vec<String> {
    problems(&[template, ANY])
}

#[test]
fn packages_of_one_name_do_not_meet() {
    let one = rego("package same\nviolation[{\"msg\": \"one\"}] { helper }\nhelper { true }");
    let two =
        rego("package same\nviolation[{\"msg\": \"two\"}] { helper }\nhelper = false { true }")
            .replace("kind: T}", "kind: U}");
    let any = ANY.replace("kind: T", "kind: U");
    let gate = constraint_gate(&[&one, &two, ANY, &any]);
    let decision = judge(&gate, object(&json!({})));
    assert_eq!(messages(&decision), ["one"]);
    assert_eq!(decision.verdicts.len(), 2);
}

#[rstest]
#[case(
    "  match: {kind: []}\n",
    "SG4026 5:11 spec.match.kind: unknown key \"kind\"; did you mean \"kinds\"?"
)]
#[case(
    "  match: {source: Generated}\n",
    "SG4026 5:11 objects that Gatekeeper generates are not there to be judged"
)]
#[case(
    "  match: {scope: cluster}\n",
    "SG4026 5:11 spec.match.scope: must be one of *, Cluster, Namespaced"
)]
#[case(
    "  match: {labelSelector: {matchExpressions: [{key: a, operator: In}]}}\n",
    "SG4026 5:11 operator In needs values"
)]
#[case(
    "  enforcementAction: block\n",
    "SG4026 5:3 spec.enforcementAction: must be one of deny, warn, dryrun, scoped"
)]
#[case(
    "  parameter: {}\n",
    "SG4026 5:3 spec.parameter: unknown key \"parameter\"; did you mean \"parameters\"?"
)]
#[case(
    "  parameters: {lables: []}\n",
    "SG4026 5:16 spec.parameters.lables: unknown key \"lables\"; did you mean \"labels\"?"
)]
#[case(
    "  parameters: {labels: [owner]}\n",
    "SG4026 5:25 spec.parameters.labels[0]: must be a mapping"
)]
fn broken_constraints_are_refused(#[case] spec: &str, #[case] expected: &str) {
    let constraint = format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sRequiredLabels\nmetadata: {{name: owner}}\nspec:\n{spec}"
    );
    assert_eq!(problems(&[LABELS, &constraint]), [expected]);
}

#[rstest]
#[case(
    "      rego: |\n        package t\n        violation[{\"msg\": \"x\"}] {\n",
    "SG4003 8:7 line "
)]
#[case(
    "      rego: |\n        package t\n        violation[{\"msg\": x}] { true }\n",
    "SG4003 8:7 line 2 of the Rego: "
)]
#[case(
    "      rego: |\n        package t\n        violation[{\"msg\": \"x\"}] { http.send({}).body }\n",
    "SG4005 8:7 line 2 of the Rego: http.send is not allowed"
)]
#[case(
    "      rego: |\n        package t\n        violation[{\"msg\": \"x\"}] { nothing.here(1) }\n",
    "SG4004 8:7 line 2 of the Rego: there is no function"
)]
#[case(
    "      rego: |\n        package t\n        violation[{\"msg\": \"x\"}] { data.soc2.lib.x }\n",
    "SG4003 8:7 line 2 of the Rego: there is nothing at"
)]
#[case(
    "      rego: |\n        package t\n        deny[{\"msg\": \"x\"}] { true }\n",
    "SG4025 8:7 the Rego has no rule `violation`"
)]
#[case(
    "      code: [{engine: K8sNativeValidation, source: {}}]\n",
    "SG4029 8:7 only engine Rego is supported"
)]
#[case("      regoo: x\n", "SG4025 8:7 unknown key \"regoo\"")]
#[case("      libs: []\n", "SG4025 7:7 the target has no Rego")]
#[case(
    "      operations: [DELETE]\n      rego: x\n",
    "SG4025 8:7 manifests are judged as what is created"
)]
fn broken_templates_are_refused(#[case] code: &str, #[case] expected: &str) {
    let found = problems_of(&template("v1", code));
    assert!(
        found.len() == 1 && found[0].starts_with(expected),
        "{found:?}"
    );
}

#[test]
fn what_does_not_belong_together_is_said() {
    assert_eq!(
        problems(&[LABELS]),
        ["SG4027 1:1 no constraint of kind K8sRequiredLabels makes use of the template"]
    );
    assert_eq!(
        problems(&[OWNER]),
        ["SG4028 2:1 there is no template of K8sRequiredLabels"]
    );
    assert_eq!(
        problems(&["a: 1\n", "broken: [\n"]),
        [
            "SG4024 1:1 skipped: no constraint template and no constraint",
            "SG4024 1:1 skipped: no constraint template and no constraint",
        ]
    );
    assert_eq!(
        problems(&[LABELS, OWNER, OWNER]),
        ["SG4006 1:1 K8sRequiredLabels/owner exists already"]
    );
    assert_eq!(
        problems(&[LABELS, &format!("---\n{LABELS}"), OWNER]),
        ["SG4006 2:1 a template of K8sRequiredLabels is in a.yaml already"]
    );
    let broken = format!("{OWNER}  x: [\n");
    assert_eq!(problems(&[LABELS, &broken]).len(), 2);
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}",
        indented(OWNER, 2).trim_start()
    );
    assert_eq!(problems(&[LABELS, &list]), Vec::<String>::new());
}

#[test]
fn a_rule_that_fails_is_unknown_and_a_builtin_undefined() {
    let text = rego(
        "package t\nviolation[{\"msg\": \"x\"}] { level == 1 }\nlevel = 1 { input.review.object.a }\nlevel = 2 { input.review.object.b }",
    );
    let gate = constraint_gate(&[&text, ANY]);
    let decision = judge(&gate, json!({"kind": "Pod", "a": true, "b": true}));
    assert_eq!(decision.verdicts[0].status, Status::Unknown);
    assert_eq!(
        decision.verdicts[0].unknowns[0].reason,
        UnknownReason::EvaluationError
    );
    let text = rego(
        "package t\nviolation[{\"msg\": \"x\"}] { to_number(input.review.object.n) > 1 }\nviolation[{\"other\": 1}] { input.review.object.bad }",
    );
    let gate = constraint_gate(&[&text, ANY]);
    let fine = judge(&gate, json!({"kind": "Pod", "n": "x"}));
    assert_eq!(fine.verdicts[0].status, Status::Pass);
    assert_eq!(
        messages(&judge(&gate, json!({"kind": "Pod", "bad": true}))),
        ["the control gives no message"]
    );
}

#[test]
fn legacy_templates_take_what_they_do_not_name() {
    let schema = "  crd: {spec: {names: {kind: T}, validation: {openAPIV3Schema: {properties: {a: {type: string}}}}}}";
    let old = rego("package t\nviolation[{\"msg\": msg}] { msg := input.parameters.b }")
        .replace("  crd: {spec: {names: {kind: T}}}", schema)
        .replace("/v1\n", "/v1beta1\n");
    let constraint = format!("{ANY}spec: {{parameters: {{b: word}}}}\n");
    let gate = constraint_gate(&[&old, &constraint]);
    assert_eq!(messages(&judge(&gate, json!({"kind": "Pod"}))), ["word"]);
    let new = old.replace("/v1beta1\n", "/v1\n");
    assert_eq!(
        problems(&[&new, &constraint]),
        ["SG4026 4:21 spec.parameters.b: unknown key \"b\""]
    );
}
