//! A server that behaves as a Kubernetes API server does, for tests that start and stop it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};

use serde_json::Value;

/// A server that behaves as a Kubernetes API server does. It ends with its standard input.
pub(crate) struct Cluster {
    server: Child,
    pub(crate) folder: tempfile::TempDir,
    kubectl: String,
    pub(crate) kubeconfig: String,
}

impl Cluster {
    /// Starts one with what `tests/tools/kubernetes/README.md` calls a cluster.
    pub(crate) fn start(tools: &Path, description: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("cluster.json"), description.to_string()).unwrap();
        let mut server = Process::new("node")
            .arg(scripts().join("server.mjs"))
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
    pub(crate) fn kubectl(&self, arguments: &[&str]) -> (bool, String) {
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

    pub(crate) fn apply(&self, manifest: &str) -> (bool, String) {
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

/// The path of helm or kubectl.
pub(crate) fn program(tools: &Path, name: &str) -> String {
    let output = Process::new("node")
        .arg(scripts().join("program.mjs"))
        .arg(name)
        .env("SOC2GATE_TEST_TOOLS", tools)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The folder of the server.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/kubernetes")
}
