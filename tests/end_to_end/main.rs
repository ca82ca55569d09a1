//! The real binary, as people run it: a scrubbed environment, no network, real files.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::cast_possible_truncation,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod action;
mod bad_input;
mod baseline;
mod bundle;
mod canary;
mod cases;
mod chart;
mod collection;
mod commands;
mod corpora;
mod documents;
mod eval;
mod examples;
mod gatekeeper;
mod github;
mod github_settings;
mod guide;
#[path = "../kubernetes/server.rs"]
mod kubernetes;
mod ledger;
mod lint;
mod load;
mod outputs;
mod plain;
#[allow(dead_code, reason = "the tests of the store use the rest")]
#[path = "../postgres/server.rs"]
mod server;
mod suite;

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

const NOW: &str = "2026-11-23T09:00:00Z";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// The binary in a folder, with nothing of the environment that could change what it does.
fn soc2gate(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_soc2gate"));
    command
        .current_dir(folder)
        .env_clear()
        .timeout(std::time::Duration::from_secs(120));
    command
}

/// A folder with files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// The json output of `check` with more arguments, and the exit code.
fn check(folder: &Path, arguments: &[&str]) -> (Value, i32) {
    let output = soc2gate(folder)
        .args(["check", "--format", "json", "--now", NOW])
        .args(arguments)
        .output()
        .unwrap();
    (report(&output), output.status.code().unwrap())
}

fn report(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{error}: {} {}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// Diagnostics as `code file:line:column`.
fn codes(report: &Value) -> Vec<String> {
    report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|diagnostic| {
            let at = &diagnostic["location"];
            let code = diagnostic["code"].as_str().unwrap();
            match at["file"].as_str() {
                Some(file) => format!("{code} {file}:{}:{}", at["line"], at["column"]),
                None => code.to_owned(),
            }
        })
        .collect()
}

/// A pod that passes every control that denies.
const POD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: fine\n  namespace: shop\ndata:\n  colour: blue\n";

/// A binding that CTL ACC-16 denies.
const ADMIN: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: admins\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: Group\n  name: everyone\n";
