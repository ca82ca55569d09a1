//! The whole library: it loads under every check, its Rego tests pass and reach every line, and its cases get
//! the verdicts they name.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use soc2gate_engine::{FileCoverage, Library, PolicySource, RegoTestResult, RegoTests, Status};
use soc2gate_policies::{control_folders, sources};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn unchecked() -> Vec<PolicySource> {
    sources()
        .into_iter()
        .map(|source| PolicySource {
            prechecked: false,
            ..source
        })
        .collect()
}

fn control_id(library: &Library, folder: &Path) -> String {
    let file = format!(
        "policies/{}",
        folder
            .strip_prefix(root())
            .unwrap()
            .join("control.rego")
            .display()
    );
    library
        .controls()
        .iter()
        .find(|control| *control.file == *file)
        .unwrap()
        .id
        .0
        .clone()
}

#[test]
fn the_library_loads_under_every_check() {
    let (library, problems) = Library::load(&unchecked());
    let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(
        library.controls().len(),
        control_folders(&root().join("controls")).unwrap().len()
    );
}

#[test]
fn rego_tests_pass_and_reach_every_line() {
    let mut files = Vec::new();
    collect(&root(), &mut files);
    let tests = RegoTests::load(&files).unwrap();
    let mut runner = tests.runner(true);
    let failed: Vec<(&str, RegoTestResult)> = tests
        .tests()
        .iter()
        .map(|test| (test.name.as_str(), runner.run(test)))
        .filter(|(_, result)| result.failure.is_some())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let count = tests.tests().len();
    assert!(count > 100, "only {count} tests ran");
    let missed: Vec<FileCoverage> = runner
        .coverage()
        .unwrap()
        .into_iter()
        .filter(|file| !file.missed.is_empty())
        .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

fn collect(folder: &Path, files: &mut Vec<PolicySource>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rego")
        {
            files.push(PolicySource {
                file: path.display().to_string(),
                text: fs::read_to_string(&path).unwrap(),
                prechecked: false,
            });
        }
    }
}

#[test]
fn every_case_gets_its_verdict() {
    let (library, _) = Library::load(&sources());
    let mut differences = Vec::new();
    let mut count = 0;
    for folder in control_folders(&root().join("controls")).unwrap() {
        let id = control_id(&library, &folder.path);
        for case in &folder.cases {
            count += 1;
            match case.judge(&library, &id) {
                Ok(decisions) => {
                    let found = case.differences(&decisions, &id).unwrap();
                    let name = case.file.display();
                    differences.extend(found.iter().map(|found| format!("{name}: {found}")));
                }
                Err(error) => differences.push(error),
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(count > 100, "only {count} cases");
}

#[test]
fn every_control_is_shown_to_pass_and_to_fail() {
    for folder in control_folders(&root().join("controls")).unwrap() {
        let shown: BTreeSet<Status> = folder.cases.iter().map(|case| case.expected).collect();
        assert!(
            shown.contains(&Status::Pass) && shown.contains(&Status::Fail),
            "{}",
            folder.path.display()
        );
    }
}
