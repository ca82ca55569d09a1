//! Operations and subresources are judged as what they are.

use serde_json::{Value, json};

use crate::advisories::of_rules;
use crate::service::{Service, pod, review};

async fn allowed(review: &Value) -> bool {
    let response = Service::plain().ask(review).await;
    assert!(
        response["auditAnnotations"]["failure"].is_null(),
        "{response:#}"
    );
    response["allowed"].as_bool().unwrap()
}

fn on(sub: &str, mut review: Value) -> Value {
    review["request"]["subResource"] = json!(sub);
    review
}

#[tokio::test]
async fn an_ephemeral_container_is_judged_with_its_pod() {
    let mut changed = pod(false);
    changed["spec"]["ephemeralContainers"] =
        json!([{"name": "debug", "image": "x", "securityContext": {"privileged": true}}]);
    let mut request = on("ephemeralcontainers", review("UPDATE", &changed));
    request["request"]["oldObject"] = pod(false);
    assert!(!allowed(&request).await);
    assert!(allowed(&on("ephemeralcontainers", review("UPDATE", &pod(false)))).await);
}

#[tokio::test]
async fn a_resized_pod_is_judged() {
    assert!(!allowed(&on("resize", review("UPDATE", &pod(true)))).await);
}

/// What does not comply can be removed, unless a control judges removals: it sees what is removed.
#[tokio::test]
async fn of_a_removal_the_removed_object_is_judged_by_who_judges_removals() {
    assert!(allowed(&review("DELETE", &pod(true))).await);
    let privileged = "deny contains {\"message\": \"removed\"} if input.object.spec.containers[_].securityContext.privileged";
    let service = of_rules("Pod]\n#       operations: [DELETE", privileged);
    for (removed, expected) in [(pod(true), false), (pod(false), true)] {
        let response = service.ask(&review("DELETE", &removed)).await;
        assert_eq!(response["allowed"], expected, "{response:#}");
    }
}

/// What a control sees of requests that have an object of another kind than their resource.
#[tokio::test]
async fn options_and_scales_are_no_pods() {
    for (operation, sub, object) in [
        (
            "CONNECT",
            "exec",
            json!({"apiVersion": "v1", "kind": "PodExecOptions", "command": ["sh"]}),
        ),
        (
            "CONNECT",
            "attach",
            json!({"apiVersion": "v1", "kind": "PodAttachOptions"}),
        ),
        (
            "CONNECT",
            "portforward",
            json!({"apiVersion": "v1", "kind": "PodPortForwardOptions"}),
        ),
        (
            "CREATE",
            "eviction",
            json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "shell"}}),
        ),
        (
            "UPDATE",
            "scale",
            json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "shell"}}),
        ),
        (
            "CREATE",
            "token",
            json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}),
        ),
    ] {
        let mut request = on(sub, review(operation, &object));
        request["request"]["resource"] = json!({"group": "", "version": "v1", "resource": "pods"});
        request["request"]["name"] = json!("shell");
        assert!(allowed(&request).await, "{sub}");
        // The API server says of what kind the object is: one that is said to be another is not let in.
        request["request"]["kind"] = json!({"group": "", "version": "v1", "kind": "Pod"});
        let response = Service::plain().ask(&request).await;
        assert_eq!(response["allowed"], false, "{sub}");
    }
}
