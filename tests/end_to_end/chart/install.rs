//! The chart in a cluster whose webhook does not answer: what is refused, and that everything can be mended.

use super::*;
use crate::kubernetes::Cluster;

fn config_map(namespace: &str) -> String {
    format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, namespace: {namespace}}}}}")
}

fn role(name: &str) -> String {
    format!(
        "{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: {name}}}, rules: []}}"
    )
}

#[test]
fn a_webhook_that_does_not_answer_locks_nobody_out() {
    let Some(tools) = tools() else { return };
    let cluster = Cluster::start(&tools, &json!({"namespaces": ["shop", "other"]}));
    let values = format!(
        "{}\nnamespace: {{create: true}}\nwebhook: {{failClosedNamespaces: [shop], timeoutSeconds: 3}}\n",
        render::provided_certificate()
    );
    let manifest = render(&tools, &values).unwrap();
    let (done, said) = cluster.apply(&manifest);
    assert!(done, "{said}");

    // Nothing listens behind the service.
    for (manifest, passes) in [
        (config_map("other"), true),
        (config_map("shop"), false),
        (config_map(NAMESPACE), true),
        (config_map("kube-system"), true),
        (role("reader"), false),
        // The chart can be mended.
        (manifest.replace("replicas: 1", "replicas: 0"), true),
        (role("soc2gate-uninstall"), true),
    ] {
        let (done, said) = cluster.apply(&manifest);
        assert_eq!(done, passes, "{said}");
        assert!(done || said.contains("failed calling webhook"), "{said}");
    }

    // The command of the guide and of the notes.
    let command = "delete validatingwebhookconfiguration soc2gate";
    for text in ["docs/install-kubernetes.md", "docs/webhook.md"] {
        assert!(
            fs::read_to_string(root().join(text))
                .unwrap()
                .contains(&format!("kubectl {command}"))
        );
    }
    let arguments: Vec<&str> = command.split(' ').collect();
    let (done, said) = cluster.kubectl(&arguments);
    assert!(done, "{said}");
    for manifest in [role("reader"), config_map("shop")] {
        let (done, said) = cluster.apply(&manifest);
        assert!(done, "{said}");
    }
}
