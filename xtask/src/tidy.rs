//! `cargo xtask tidy`: what no compiler checks.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use ignore::WalkBuilder;
use serde_json::Value;
use soc2gate_engine::{Library, PolicySource, Status};
use soc2gate_policies::control_folders;

use crate::{docs, shell};

/// Longest line of a Rego file.
const REGO_WIDTH: usize = 120;
/// Rust files are rethought before they get this long.
const RUST_LINES: usize = 600;

/// Runs every check and reports everything they find.
pub(crate) fn run() -> anyhow::Result<()> {
    let files = text_files();
    let mut found = Vec::new();
    layers(&mut found)?;
    forbidden_names(&files, &mut found);
    sources(&files, &mut found);
    controls(&mut found)?;
    doc_paths(&files, &mut found);
    for path in docs::stale_files()?.keys() {
        found.push(format!(
            "{}: differs from its source; run cargo xtask docs",
            path.display()
        ));
    }
    if found.is_empty() {
        println!("tidy: {} files", files.len());
        return Ok(());
    }
    for problem in &found {
        println!("{problem}");
    }
    bail!("tidy found {} problems", found.len())
}

/// Every text file of the repository with its path from the root.
fn text_files() -> BTreeMap<PathBuf, String> {
    let root = shell::root();
    let walk = WalkBuilder::new(&root)
        .hidden(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .build();
    walk.flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| {
            let text = fs::read_to_string(entry.path()).ok()?;
            let path = entry.path().strip_prefix(&root).ok()?.to_path_buf();
            Some((path, text))
        })
        .collect()
}

/// Dependencies point one way.
fn layers(found: &mut Vec<String>) -> anyhow::Result<()> {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("soc2gate-source", &[][..]),
        ("soc2gate-engine", &["soc2gate-source"][..]),
        (
            "soc2gate-inputs",
            &["soc2gate-source", "soc2gate-engine"][..],
        ),
        ("soc2gate-ledger", &[][..]),
        (
            "soc2gate-evidence",
            &[
                "soc2gate-source",
                "soc2gate-engine",
                "soc2gate-inputs",
                "soc2gate-ledger",
                // Its tests record the cases.
                "soc2gate-policies",
            ][..],
        ),
        // The inputs are read by the cases only.
        (
            "soc2gate-policies",
            &["soc2gate-engine", "soc2gate-inputs"][..],
        ),
        (
            "soc2gate-host",
            &[
                "soc2gate-source",
                "soc2gate-engine",
                "soc2gate-inputs",
                "soc2gate-evidence",
                "soc2gate-ledger",
                "soc2gate-policies",
            ][..],
        ),
        (
            "soc2gate-webhook",
            &[
                "soc2gate-source",
                "soc2gate-engine",
                "soc2gate-inputs",
                "soc2gate-evidence",
                "soc2gate-host",
                "soc2gate-ledger",
            ][..],
        ),
        (
            "soc2gate",
            &[
                "soc2gate-host",
                "soc2gate-source",
                "soc2gate-engine",
                "soc2gate-inputs",
                "soc2gate-evidence",
                "soc2gate-ledger",
                "soc2gate-policies",
            ][..],
        ),
    ]);
    let output = Command::new(shell::cargo())
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(shell::root())
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    for package in metadata
        .get("packages")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = package
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let Some(allowed) = allowed.get(name) else {
            continue;
        };
        for dependency in package
            .get("dependencies")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let to = dependency
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let is_normal = dependency.get("kind").is_none_or(Value::is_null);
            if is_normal && to.starts_with("soc2gate") && !allowed.contains(&to) {
                found.push(format!("{name} must not depend on {to}"));
            }
        }
    }
    Ok(())
}

/// Names that only one place may use: `(what, where it may stand, where it is looked for)`.
const PLACES: &[(&str, &str, &str)] = &[
    ("regorus::", "engine/src/rego/", ""),
    ("std::fs", "", "engine/src/"),
    ("std::net", "", "engine/src/"),
    ("std::env::", "", "engine/src/"),
    ("std::process", "", "engine/src/"),
    ("Timestamp::now", "", "engine/src/"),
    ("Instant::now", "", "engine/src/"),
    ("SystemTime", "", "engine/src/"),
    ("std::fs", "", "inputs/src/"),
    ("std::net", "", "inputs/src/"),
    ("Timestamp::now", "", "inputs/src/"),
    ("std::fs", "", "source/src/"),
    ("AdmissionReview", "webhook/", ""),
    ("octocrab", "cli/src/collect/github", ""),
];

fn forbidden_names(files: &BTreeMap<PathBuf, String>, found: &mut Vec<String>) {
    for (path, text) in files.iter().filter(|(path, _)| is_rust(path)) {
        let shown = path.to_string_lossy().replace('\\', "/");
        // This folder names all of them; tests may read what they test.
        if shown.starts_with("xtask/")
            || shown.starts_with("tests/webhook/")
            || shown.ends_with("/tests.rs")
        {
            continue;
        }
        for (name, allowed, looked_in) in PLACES {
            let counts =
                shown.starts_with(looked_in) && (allowed.is_empty() || !shown.starts_with(allowed));
            if counts
                && text
                    .lines()
                    .any(|line| line.contains(name) && !line.trim_start().starts_with("//"))
            {
                found.push(format!("{shown}: {name} has no place here"));
            }
        }
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Lengths, unfinished work, and traces of the machine that the work was done on.
fn sources(files: &BTreeMap<PathBuf, String>, found: &mut Vec<String>) {
    let unfinished = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
    ];
    let traces = [
        ["/ro", "ot/"].concat(),
        ["/wo", "rk/"].concat(),
        ["/ho", "me/"].concat(),
        ["registry.npm", "js.org"].concat(),
    ];
    for (path, text) in files {
        let shown = path.display();
        if is_rust(path) && text.lines().count() > RUST_LINES {
            found.push(format!("{shown}: more than {RUST_LINES} lines"));
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "rego")
        {
            for (line, number) in text.lines().zip(1..) {
                if line.chars().count() > REGO_WIDTH {
                    found.push(format!(
                        "{shown}:{number}: longer than {REGO_WIDTH} columns"
                    ));
                }
            }
        }
        for word in unfinished
            .iter()
            .filter(|word| text.contains(word.as_str()))
        {
            found.push(format!("{shown}: holds {word}"));
        }
        let is_case = path.components().any(|part| part.as_os_str() == "cases");
        for trace in traces
            .iter()
            .filter(|trace| !is_case && text.contains(trace.as_str()))
        {
            found.push(format!("{shown}: names a place of one machine: {trace}"));
        }
    }
}

/// Each control has all its parts, loads under every check, and is described well.
fn controls(found: &mut Vec<String>) -> anyhow::Result<()> {
    let root = shell::root();
    let sources: Vec<PolicySource> = soc2gate_policies::sources()
        .into_iter()
        .map(|source| PolicySource {
            prechecked: false,
            ..source
        })
        .collect();
    let (library, problems) = Library::load(&sources);
    found.extend(problems.iter().map(ToString::to_string));
    for folder in control_folders(&root.join("policies/controls"))? {
        let shown = folder
            .path
            .strip_prefix(&root)
            .unwrap_or(&folder.path)
            .display()
            .to_string();
        if !folder.path.join("control_test.rego").is_file() {
            found.push(format!("{shown}: no control_test.rego"));
        }
        let expected: BTreeSet<Status> = folder.cases.iter().map(|case| case.expected).collect();
        for status in [Status::Pass, Status::Fail] {
            if !expected.contains(&status) {
                found.push(format!(
                    "{shown}: no case that shows it to {}",
                    status.as_str()
                ));
            }
        }
        let package = format!(
            "soc2.{}",
            shown
                .trim_start_matches("policies/controls/")
                .replace('/', ".")
        );
        let Some(control) = library
            .controls()
            .iter()
            .find(|control| control.package == package)
        else {
            found.push(format!("{shown}: its package is not {package}"));
            continue;
        };
        for (name, schema) in &control.parameters {
            if schema.get("description").is_none() {
                found.push(format!("{shown}: parameter {name} has no description"));
            }
        }
    }
    Ok(())
}

/// Paths that the documentation names exist.
fn doc_paths(files: &BTreeMap<PathBuf, String>, found: &mut Vec<String>) {
    let root = shell::root();
    let is_doc = |path: &Path| {
        path.extension().is_some_and(|extension| extension == "md")
            && !path.starts_with("docs/controls")
    };
    for (path, text) in files.iter().filter(|(path, _)| is_doc(path)) {
        let folder = path.parent().unwrap_or(Path::new(""));
        for target in links(text) {
            let file = target.split('#').next().unwrap_or_default();
            let outside = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
            if !outside && !root.join(folder).join(file).exists() {
                found.push(format!(
                    "{}: link to {file}, which does not exist",
                    path.display()
                ));
            }
        }
    }
}

/// The targets of Markdown links: `[text](target)`.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .collect()
}
