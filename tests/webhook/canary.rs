//! No secret is in an answer.

use serde_json::json;

use crate::service::{LIBRARY, Service, Setup, gate, review};

const CANARY: &str = "Hunter2CanaryXq7";

#[tokio::test]
async fn no_secret_is_in_an_answer() {
    let all: Vec<&str> = LIBRARY
        .controls()
        .iter()
        .map(|control| control.id.0.as_str())
        .collect();
    let service = Service::new(gate(&all, "version: 1\n"), Setup::default());
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "p", "namespace": "n", "annotations": {"note": CANARY}},
        "spec": {"hostPID": true, "hostNetwork": true, "containers": [{
            "name": "c", "image": "nginx", "command": ["run", format!("--password={CANARY}"), CANARY],
            "securityContext": {"privileged": true, "x": CANARY},
            "env": [{"name": "PASSWORD", "value": CANARY}, {"name": "API_TOKEN", "value": format!("ghp_{CANARY}0123456789012345678901")}],
        }]},
    });
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"},
        "data": {"password": CANARY}, "stringData": {"image": CANARY},
    });
    let config = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"},
        "data": {"PASSWORD": CANARY, "app.properties": format!("password={CANARY}")},
    });
    let storage = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "s"},
        "provisioner": "ebs.csi.aws.com", "parameters": {"encrypted": "false", "secret": CANARY},
    });
    let mut denied = 0;
    for object in [pod, secret, config, storage] {
        for operation in ["CREATE", "UPDATE", "DELETE"] {
            let mut request = review(operation, &object);
            request["request"]["userInfo"]["extra"] = json!({"token": [CANARY]});
            let response = service.ask(&request).await;
            assert!(!response.to_string().contains(CANARY), "{response:#}");
            denied += usize::from(response["allowed"] == false);
        }
    }
    assert!(denied > 0);
}
