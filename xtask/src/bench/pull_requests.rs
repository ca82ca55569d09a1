//! Saved pull requests judged again, as for the period of an audit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{best_of, check, report};

/// How many are judged in one run.
const MANY: usize = 10_000;

/// What an ordinary pull request holds.
const COMMITS: usize = 10;
const FILES: usize = 40;

/// Judges many pull requests, and one.
pub(super) fn run(binary: &Path, parent: &Path) -> anyhow::Result<()> {
    let folder = generate(parent, MANY)?;
    let both = best_of(2, || check(binary, &folder, &[]))?;
    report("10,000 saved pull requests (wanted: 2,000/s)", MANY, &both);
    let one = folder.join(name(0));
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        Command::new(binary)
            .args(["check", "pull-request", "--from-file"])
            .arg(&one)
            .stdout(Stdio::null())
            .current_dir(parent)
            .status()?;
        times.push(start.elapsed());
    }
    times.sort();
    println!(
        "one saved pull request, process start to end (wanted: 150 ms): {:.1} ms (middle of 21)",
        times.get(10).copied().unwrap_or_default().as_secs_f64() * 1e3
    );
    fs::remove_dir_all(folder)?;
    Ok(())
}

fn name(number: usize) -> String {
    format!("pull-request-{number:05}.json")
}

fn generate(parent: &Path, count: usize) -> anyhow::Result<PathBuf> {
    let folder = parent.join("pull-requests");
    fs::create_dir_all(&folder)?;
    for number in 0..count {
        let text = serde_json::to_string(&pull_request(number)?)?;
        fs::write(folder.join(name(number)), text)?;
    }
    Ok(folder)
}

/// A pull request of one person with three reviews, ten commits that were pushed one by one, and forty files, made from the
/// one of the example.
fn pull_request(number: usize) -> anyhow::Result<Value> {
    let mut document: Value =
        serde_json::from_str(include_str!("../../../examples/shop/pull-request.json"))?;
    let head = document
        .pointer("/head/oid")
        .and_then(Value::as_str)
        .context("the example has no head")?
        .to_owned();
    let author = json!({"login": "ben-okafor", "type": "user", "id": 7_781_204});
    let oid = |at: usize| match at {
        0 => Value::Null,
        COMMITS => json!(head),
        _ => json!(format!("{:040x}", number * COMMITS + at)),
    };
    let at = |place: usize| format!("2026-11-20T0{}:{:02}:00Z", place / 60, place % 60);
    let commits = (1..=COMMITS).map(|place| {
        json!({
            "oid": oid(place),
            "tree_oid": format!("{:040x}", number * COMMITS + place + 1),
            "parents": [if place == 1 { document.pointer("/base/oid").cloned().unwrap_or_default() } else { oid(place - 1) }],
            "authors": [{"login": "ben-okafor", "name": "Ben Okafor", "type": "user"}],
            "committer": {"login": "ben-okafor", "name": "Ben Okafor", "type": "user"},
            "committed_via_web": false,
            "signature": {"verified": true, "reason": "valid", "signer": author, "by_github": false},
            "merges_base": false,
            "clean_merge": false,
            "message_headline": format!("Step {place} of change {number}")
        })
    });
    let pushes = (1..=COMMITS).map(|place| {
        json!({"actor": author, "before": oid(place - 1), "after": oid(place), "at": at(place), "forced": false})
    });
    let path = |file: usize| format!("services/checkout/part-{file:02}.ts");
    let files = (0..FILES).map(|file| {
        let patch = format!(
            "@@ -10,3 +10,4 @@ export function total\n   const a = {file};\n-  return a;\n+  const b = {number};\n+  return a + b;\n }}\n"
        );
        json!({"path": path(file), "status": "modified", "additions": 2, "deletions": 1, "patch": patch})
    });
    let owned =
        (0..FILES).map(|file| json!({"path": path(file), "line": 3, "owners": ["@acme/web"]}));
    let list = |items: Vec<Value>| json!({"complete": true, "total": items.len(), "items": items});
    let changes = json!({
        "number": number + 1,
        "title": format!("Add the total to part {number}"),
        "url": format!("https://github.com/acme/shop/pull/{}", number + 1),
        "author": author,
        "commits": list(commits.collect()),
        "pushes": {"complete": true, "items": pushes.collect::<Vec<_>>()},
        "files": list(files.collect()),
        "dependency_changes": list(Vec::new()),
        "labels": []
    });
    let owned = list(owned.collect());
    let document_fields = document
        .as_object_mut()
        .context("the example is no object")?;
    if let Value::Object(changes) = changes {
        document_fields.extend(changes);
    }
    if let Some(files) = document.pointer_mut("/code_owners/files") {
        *files = owned;
    }
    Ok(document)
}
