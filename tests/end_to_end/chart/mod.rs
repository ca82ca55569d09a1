//! `webhook/chart` and the plain manifest that is rendered from it.

mod install;
mod render;
mod webhooks;

use std::fs;
use std::io::Write as _;
use std::process::{Command as Process, Stdio};

use serde_json::json;

use super::kubernetes::program;
use super::*;

/// The namespace of the release.
const NAMESPACE: &str = "soc2gate-system";

/// The tools that `cargo xtask test` installs.
fn tools() -> Option<PathBuf> {
    let tools = std::env::var_os("SOC2GATE_TEST_TOOLS").map(PathBuf::from);
    if tools.is_none() {
        eprintln!("notice: skipped, run by cargo xtask test, which installs helm");
    }
    tools
}

/// The objects of a stream of manifests.
fn objects(text: &str) -> Vec<Value> {
    soc2gate_source::split_yaml(text)
        .into_iter()
        .filter_map(|document| soc2gate_source::parse_yaml(document).unwrap())
        .map(|document| document.value)
        .collect()
}

/// The plain manifest.
fn plain_manifest() -> String {
    fs::read_to_string(root().join("webhook/install.yaml")).unwrap()
}

/// What helm makes of the chart with some values, or what it says is wrong with them.
fn render(tools: &Path, values: &str) -> Result<String, String> {
    helm(tools, &["template", "soc2gate"], values)
}

fn helm(tools: &Path, arguments: &[&str], values: &str) -> Result<String, String> {
    let values = folder(&[("values.yaml", values)]);
    let output = Process::new(program(tools, "helm"))
        .args(arguments)
        .arg(root().join("webhook/chart"))
        .args(["--namespace", NAMESPACE, "--values"])
        .arg(values.path().join("values.yaml"))
        .env("HELM_CACHE_HOME", values.path())
        .env("HELM_CONFIG_HOME", values.path())
        .env("HELM_DATA_HOME", values.path())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(text(output.stdout))
    } else {
        Err(text(output.stderr))
    }
}

/// The objects of one kind.
fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects
        .iter()
        .filter(|object| object["kind"] == kind)
        .collect()
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|text| text.as_str().unwrap()).collect()
}
