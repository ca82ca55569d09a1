//! The pages of the documentation that name facts and cases by hand name those that there are.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use soc2gate_policies::control_folders;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// What stands between backticks.
fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Control -> the names of its cases.
fn cases() -> BTreeMap<String, BTreeSet<String>> {
    let folders = control_folders(&root().join("policies/controls")).unwrap();
    let of = |folder: &soc2gate_policies::ControlFolder| {
        let text = fs::read_to_string(folder.path.join("control.rego")).unwrap();
        let id = text.lines().find_map(|line| line.strip_prefix("#   id: "));
        let names = folder
            .cases
            .iter()
            .map(|case| case.file.file_stem().unwrap().to_str().unwrap().to_owned());
        (id.unwrap().to_owned(), names.collect())
    };
    folders.iter().map(of).collect()
}

/// Every behaviour is shown by cases, `CHG-01 `case`, `case`; CHG-02 `case``, in the last column.
#[test]
fn cases_that_show_how_approvals_are_counted_exist() {
    let known = cases();
    let page = read("docs/approval-counting.md");
    let rows = page.lines().filter(|line| {
        line.starts_with("| ") && !line.starts_with("| policy-bot") && !line.starts_with("|--")
    });
    let (mut behaviours, mut missing) = (0, Vec::new());
    for row in rows {
        behaviours += 1;
        let shown_by = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for part in shown_by.split("; ") {
            let id = part.split(' ').next().unwrap();
            let named = code(part);
            assert!(!named.is_empty(), "no case in: {row}");
            missing.extend(named.into_iter().filter_map(|case| {
                let exists = known.get(id).is_some_and(|cases| cases.contains(case));
                (!exists).then(|| format!("{id} {case}"))
            }));
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(behaviours > 40, "only {behaviours} behaviours were found");
}

/// Each fact of a pull request document has its row, and no row is about something else.
#[test]
fn every_fact_of_a_pull_request_says_where_it_comes_from() {
    let schema: Value = serde_json::from_str(&read("docs/schemas/pull-request.v1.json")).unwrap();
    let facts: BTreeSet<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let page = read("docs/github.md");
    let (_, after) = page.split_once("| fact | where from |").unwrap();
    let (table, _) = after.split_once("\n\n").unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .collect();
    for row in &rows {
        let columns = row.trim_matches('|').split('|').count();
        assert_eq!(columns, 5, "a row of other columns: {row}");
    }
    let named: Vec<&str> = rows.iter().map(|row| code(row)[0]).collect();
    assert_eq!(named.iter().copied().collect::<BTreeSet<_>>(), facts);
    assert_eq!(named.len(), facts.len(), "a fact has two rows");
}
