//! What went wrong in other engines does not here: a test for each advisory that applies.

use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_engine::{Config, Exceptions, Gate, Library, PolicySource};
use soc2gate_webhook::judging::{Judged, Ruling};

use crate::service::{Service, Setup, UID, gate, pod, review};

/// A service that judges by one control with these rules.
pub(crate) fn of_rules(resource: &str, rules: &str) -> Service {
    let text = format!(
        "# METADATA\n# title: A rule of our own\n# description: A rule of our own.\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs:\n#     - kind: kubernetes\n#       resources: [{resource}]\n#   frameworks: {{soc2: [CC6.1]}}\n#   remediation: Change it.\npackage own.control\n\nimport rego.v1\n\n{rules}\n"
    );
    let source = PolicySource {
        file: "own.rego".to_owned(),
        text,
        prechecked: false,
    };
    let (library, problems) = Library::load(&[source]);
    assert_eq!(problems, []);
    let (gate, problems) = Gate::new(&library, &Config::default(), Exceptions::default());
    assert_eq!(problems, []);
    Service::new(gate, Setup::default())
}

/// The library's controls that deny here, with a configuration and exceptions.
fn with_exceptions(control: &str, exceptions: &str) -> Service {
    let config = format!("version: 1\ncontrols:\n  {control}: {{enforcement: deny}}\n");
    let (config, problems) = Config::parse("soc2gate.yaml", &config);
    assert_eq!(problems, []);
    let mut found = Exceptions::default();
    assert_eq!(found.add_file("exceptions.yaml", exceptions), []);
    let library = crate::service::LIBRARY.clone().only(&[control].into());
    let (gate, problems) = Gate::new(&library, &config, found);
    assert_eq!(problems, []);
    Service::new(gate, Setup::default())
}

fn exception(id: &str, subject: &str) -> String {
    format!(
        "  - id: {id}\n    control: WRK-01\n    subjects: [\"{subject}\"]\n    reason: The agent reads the disks of its node.\n    compensating_control: The node runs nothing else.\n    ticket: OPS-1\n    requested_by: alice\n    approved_by: bob\n    approved_at: 2026-11-01\n    expires_at: 2027-01-31\n"
    )
}

fn in_namespace(namespace: &str) -> Value {
    let mut pod = pod(true);
    pod["metadata"]["namespace"] = json!(namespace);
    pod
}

async fn allowed(service: &Service, request: &Value) -> bool {
    service.ask(request).await["allowed"].as_bool().unwrap()
}

#[tokio::test]
async fn an_exception_for_another_namespace_is_ignored() {
    let exceptions = format!(
        "version: 1\nexceptions:\n{}",
        exception("EXC-1", "kubernetes/Pod/prod/shell")
    );
    let service = with_exceptions("WRK-01", &exceptions);
    assert!(allowed(&service, &review("CREATE", &in_namespace("prod"))).await);
    assert!(!allowed(&service, &review("CREATE", &in_namespace("pay"))).await);
    // An object cannot borrow the namespace of an exception: the request says where it is.
    let mut request = review("CREATE", &in_namespace("prod"));
    request["request"]["namespace"] = json!("pay");
    assert!(!allowed(&service, &request).await);
}

#[tokio::test]
async fn two_exceptions_never_widen_each_other() {
    let exceptions = format!(
        "version: 1\nexceptions:\n{}{}",
        exception("EXC-1", "kubernetes/Pod/prod/shell"),
        exception("EXC-2", "kubernetes/apps/Deployment/pay/shell"),
    );
    let service = with_exceptions("WRK-01", &exceptions);
    assert!(allowed(&service, &review("CREATE", &in_namespace("prod"))).await);
    // The kind of the one with the namespace of the other.
    assert!(!allowed(&service, &review("CREATE", &in_namespace("pay"))).await);
}

#[tokio::test]
async fn what_cannot_be_looked_up_is_not_let_in() {
    let config = "version: 1\ncontrols:\n  NET-01: {enforcement: deny}\n";
    let id = crate::service::LIBRARY
        .controls()
        .iter()
        .find(|control| control.file.contains("pod_isolation"))
        .map(|control| control.id.0.clone())
        .unwrap();
    let service = Service::new(
        gate(&[&id], &config.replace("NET-01", &id)),
        Setup::default(),
    );
    let response = service.ask(&review("CREATE", &pod(false))).await;
    assert_eq!(response["allowed"], false);
    assert_eq!(response["auditAnnotations"]["outcome"], "error");
    assert_eq!(response["auditAnnotations"]["unknown"], id.as_str());
}

#[tokio::test]
async fn an_object_that_is_being_removed_is_judged() {
    let mut object = pod(true);
    object["metadata"]["deletionTimestamp"] = json!("2026-11-23T09:00:00Z");
    for operation in ["CREATE", "UPDATE"] {
        assert!(
            !allowed(&Service::plain(), &review(operation, &object)).await,
            "{operation}"
        );
    }
}

#[test]
fn an_unknown_field_of_a_policy_does_not_load() {
    let text = "# METADATA\n# title: T\n# description: D.\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   sevrity: low\n#   inputs: [{kind: kubernetes}]\n#   frameworks: {soc2: [CC6.1]}\n#   remediation: R.\npackage own.control\n\nimport rego.v1\n\ndeny contains {\"message\": \"x\"} if false\n";
    let source = PolicySource {
        file: "own.rego".to_owned(),
        text: text.to_owned(),
        prechecked: false,
    };
    let (library, problems) = Library::load(&[source]);
    assert!(problems.iter().any(soc2gate_source::Diagnostic::is_error));
    assert_eq!(library.controls().len(), 0);
}

#[rstest]
#[case::unset(json!(null), json!(null), false)]
#[case::of_the_pod(json!("RuntimeDefault"), json!(null), true)]
#[case::of_the_container(json!(null), json!("RuntimeDefault"), true)]
#[case::taken_back_by_the_container(json!("RuntimeDefault"), json!("Unconfined"), false)]
#[tokio::test]
async fn seccomp_counts_at_the_pod_and_at_every_container(
    #[case] of_pod: Value,
    #[case] of_container: Value,
    #[case] expected: bool,
) {
    let profile = |kind: &Value| {
        if kind.is_null() {
            json!(null)
        } else {
            json!({"type": kind})
        }
    };
    let settings = json!({
        "runAsNonRoot": true, "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true,
        "capabilities": {"drop": ["ALL"]}, "seccompProfile": profile(&of_container),
    });
    let container = json!({"name": "c", "image": "example.com/c:1", "securityContext": settings});
    let service = Service::new(
        gate(
            &["WRK-02"],
            "version: 1\ncontrols:\n  WRK-02: {enforcement: deny}\n",
        ),
        Setup::default(),
    );
    for list in ["initContainers", "ephemeralContainers"] {
        let mut object = pod(false);
        let mut hardened = container.clone();
        hardened["securityContext"]["seccompProfile"] = json!({"type": "RuntimeDefault"});
        object["spec"]["containers"] = json!([hardened]);
        object["spec"][list] = json!([container]);
        object["spec"]["securityContext"] = json!({"seccompProfile": profile(&of_pod)});
        assert_eq!(
            allowed(&service, &review("CREATE", &object)).await,
            expected,
            "{list}"
        );
    }
}

#[tokio::test]
async fn a_registry_allows_no_longer_name() {
    let config = "version: 1\ncontrols:\n  SUP-01: {enforcement: deny, parameters: {allowed_registries: [reg.io]}}\n";
    let service = Service::new(gate(&["SUP-01"], config), Setup::default());
    for (image, expected) in [
        ("reg.io/shop:1", true),
        ("reg.io.evil/shop:1", false),
        ("evil/reg.io/shop:1", false),
    ] {
        let mut object = pod(false);
        object["spec"]["containers"][0]["image"] = json!(image);
        assert_eq!(
            allowed(&service, &review("CREATE", &object)).await,
            expected,
            "{image}"
        );
    }
}

#[tokio::test]
async fn huge_and_wide_objects_are_answered() {
    let service = Service::plain();
    let mut object = pod(false);
    // A small text of many values.
    object["metadata"]["annotations"] = json!({"a": "x".repeat(1 << 20)});
    object["spec"]["wide"] = Value::Array(vec![json!([]); 500_000]);
    let response = service.ask(&review("CREATE", &object)).await;
    assert_eq!(response["uid"], UID);
    let mut object = pod(false);
    let container = object["spec"]["containers"][0].clone();
    object["spec"]["containers"] = Value::Array(vec![container; 2_000]);
    let response = service.ask(&review("CREATE", &object)).await;
    assert_eq!(response["uid"], UID);
}

#[tokio::test]
async fn a_panic_denies_and_the_next_request_is_judged() {
    let setup = Setup {
        judging: |body, policies, judge, now| {
            let judged: Judged = soc2gate_webhook::judging::judge_bytes(body, policies, judge, now);
            let is_denied =
                matches!(&judged.ruling, Ruling::Decided { answer, .. } if answer.denied.is_some());
            assert!(!is_denied, "a defect");
            judged
        },
        ..Setup::default()
    };
    let service = Service::new(gate(&["WRK-01"], "version: 1\n"), setup);
    let response = service.ask(&review("CREATE", &pod(true))).await;
    assert_eq!(
        (&response["uid"], &response["allowed"]),
        (&json!(UID), &json!(false))
    );
    assert_eq!(response["status"]["code"], 500);
    assert_eq!(service.metrics.panics.get(), 1);
    assert!(allowed(&service, &review("CREATE", &pod(false))).await);
}

#[tokio::test]
async fn external_addresses_in_the_status_of_a_service_are_seen() {
    let service = of_rules(
        "Service",
        "deny contains {\"message\": \"external addresses\"} if count(input.object.status.loadBalancer.ingress) > 0",
    );
    let object = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "n"},
        "spec": {}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}},
    });
    let mut request = review("UPDATE", &object);
    request["request"]["subResource"] = json!("status");
    assert!(!allowed(&service, &request).await);
}

#[tokio::test]
async fn a_change_of_a_node_is_judged_with_what_it_was() {
    let service = of_rules(
        "Node",
        "deny contains {\"message\": \"the label is taken off\"} if {\n\tinput.request.operation == \"UPDATE\"\n\tinput.old_object.metadata.labels.guarded\n\tnot input.object.metadata.labels.guarded\n}",
    );
    let node = |labels: Value| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": labels}});
    let mut request = review("UPDATE", &node(json!({})));
    assert!(allowed(&service, &request).await);
    request["request"]["oldObject"] = node(json!({"guarded": "yes"}));
    assert!(!allowed(&service, &request).await);
}

#[test]
fn no_policy_chooses_an_address_to_fetch() {
    let source = PolicySource {
        file: "own.rego".to_owned(),
        text: "package main\n\nimport rego.v1\n\ndeny contains \"x\" if http.send({\"url\": input.url}).status_code == 200\n".to_owned(),
        prechecked: false,
    };
    let (_, problems) = Library::load(&[source]);
    assert!(problems.iter().any(soc2gate_source::Diagnostic::is_error));
}
