//! Every query that the collector sends is one of GitHub's schema.

use super::server::{node, tools};
use super::*;

/// All query files of the collector.
fn queries() -> Vec<PathBuf> {
    let folder = root().join("cli/src/collect/github/queries");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn every_query_is_one_of_the_published_schema() {
    let Some(tools) = tools() else { return };
    let files = queries();
    assert!(!files.is_empty());
    let output = node(&tools, "validate.mjs").args(files).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors, "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_field_that_the_schema_lacks_is_found() {
    let Some(tools) = tools() else { return };
    let folder = folder(&[("a.graphql", "query A { viewer { logins } }\n")]);
    let output = node(&tools, "validate.mjs")
        .arg(folder.path().join("a.graphql"))
        .output()
        .unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors.contains("1:20 Cannot query field \"logins\""),
        "{errors}"
    );
    assert_eq!(output.status.code(), Some(1));
}
