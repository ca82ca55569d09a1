//! The webhook with an API server at its side.

use std::path::PathBuf;

use serde_json::json;

use crate::kubernetes::Cluster;
use crate::process::Prepared;

/// The tools that `cargo xtask test` installs.
pub(crate) fn tools() -> Option<PathBuf> {
    let tools = std::env::var_os("SOC2GATE_TEST_TOOLS").map(PathBuf::from);
    if tools.is_none() {
        eprintln!(
            "notice: skipped, run by cargo xtask test, which installs the schemas of Kubernetes"
        );
    }
    tools
}

#[tokio::test]
async fn it_connects_by_a_kubeconfig_file() {
    let Some(tools) = tools() else { return };
    let cluster = Cluster::start(&tools, &json!({}));
    let webhook = Prepared::new()
        .with(&["--kubeconfig", &cluster.kubeconfig])
        .start()
        .await;
    assert!(webhook.log().contains("connected to a cluster"));
}

#[test]
fn without_its_cluster_it_does_not_serve() {
    let nowhere = "apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n\
                   clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: a, user: {token: hidden-4711}}]\n";
    for (file, text, expected) in [
        ("absent", None, "no usable kubeconfig file"),
        (
            "broken",
            Some("users: [hidden-4711"),
            "no usable kubeconfig file",
        ),
        ("nowhere", Some(nowhere), "no connection"),
    ] {
        let prepared = Prepared::new().with(&["--kubeconfig", file]);
        if let Some(text) = text {
            std::fs::write(prepared.path().join(file), text).unwrap();
        }
        let (code, log) = prepared.fails();
        assert_eq!(code, Some(2), "{log}");
        assert!(log.contains("SG8005") && log.contains(expected), "{log}");
        assert!(!log.contains("hidden-4711"), "{log}");
    }
}
