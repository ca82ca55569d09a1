//! Decisions that are recorded: the ledger as people use it, and what becomes of it when somebody meddles with it.

mod postgres;
mod records;
mod trust;

use std::fs;
use std::path::PathBuf;

use super::*;

const CANARY: &str = "Hunter2CanaryXq7";

/// Runs `soc2gate` with arguments, and gives the exit code and what it said.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = soc2gate(folder).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// The same, where it must succeed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let (code, text) = run(folder, arguments);
    assert_eq!(code, 0, "{arguments:?}: {text}");
    text
}

/// A folder with manifests and a ledger `led`, and the ledger's public key.
fn ledger() -> (tempfile::TempDir, String) {
    let folder = folder(&[("pod.yaml", POD), ("admin.yaml", ADMIN)]);
    let said = done(
        folder.path(),
        &[
            "ledger",
            "init",
            "--ledger",
            "led",
            "--origin",
            "example.com/gate",
        ],
    );
    let key = said.lines().last().unwrap().to_owned();
    assert!(key.starts_with("example.com/gate+"), "{said}");
    (folder, key)
}

fn recorded(folder: &Path, more: &[&str]) -> i32 {
    let mut arguments = vec![
        "check",
        "pod.yaml",
        "admin.yaml",
        "--ledger",
        "led",
        "--now",
        NOW,
    ];
    arguments.extend(more);
    run(folder, &arguments).0
}

fn stats(folder: &Path) -> Value {
    let text = done(folder, &["ledger", "stats", "--ledger", "led", "--json"]);
    serde_json::from_str(&text).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}
