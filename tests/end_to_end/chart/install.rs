//! The chart in a cluster whose webhook does not answer: what is refused, and that everything can be mended.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use super::*;

/// A server that behaves as a Kubernetes API server does. It ends with its standard input.
struct Cluster {
    server: Child,
    folder: tempfile::TempDir,
    kubectl: String,
    kubeconfig: String,
}

impl Cluster {
    fn start(tools: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let description = json!({"namespaces": ["shop", "other"]});
        fs::write(folder.path().join("cluster.json"), description.to_string()).unwrap();
        let mut server = Process::new("node")
            .arg(root().join("tests/tools/kubernetes/server.mjs"))
            .args(["--state", "state", "--cluster", "cluster.json"])
            .current_dir(folder.path())
            .env("SOC2GATE_TEST_TOOLS", tools)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap();
        assert!(address.starts_with("https://"), "{address}");
        let kubeconfig = folder.path().join(lines.next().unwrap().unwrap());
        Self {
            server,
            kubectl: program(tools, "kubectl"),
            kubeconfig: kubeconfig.display().to_string(),
            folder,
        }
    }

    /// Whether kubectl succeeds, and what it says.
    fn kubectl(&self, arguments: &[&str]) -> (bool, String) {
        let output = Process::new(&self.kubectl)
            .args(arguments)
            .current_dir(self.folder.path())
            .env("KUBECONFIG", &self.kubeconfig)
            .env("HOME", self.folder.path())
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    fn apply(&self, manifest: &str) -> (bool, String) {
        fs::write(self.folder.path().join("manifest.yaml"), manifest).unwrap();
        self.kubectl(&["apply", "--filename", "manifest.yaml"])
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

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
    let cluster = Cluster::start(&tools);
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
