use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_engine::SubjectKind;
use soc2gate_source::{Code, Segment, display_path};

use super::*;
use crate::{Read, Reading, SourceFile, Withholder, units};

const REPOSITORY: &str = include_str!("../../../examples/github/repository.json");
const ORGANIZATION: &str = include_str!("../../../examples/github/organization.json");

fn read_text(text: &str) -> Read {
    let file = SourceFile {
        name: "document.json".into(),
        text: text.into(),
    };
    crate::read(&units(&file, Reading::default())[0], Reading::default())
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Every document of these kinds in the cases of the controls and the examples.
fn documents() -> Vec<(PathBuf, Value)> {
    fn collect(folder: &Path, found: &mut Vec<(PathBuf, Value)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|end| end == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                if text.contains("\"soc2gate.dev/github-") {
                    found.push((path, parsed(&text)));
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    collect(&root.join("policies/controls"), &mut found);
    collect(&root.join("examples"), &mut found);
    found
}

#[test]
fn every_case_and_example_is_read_and_written_alike() {
    let documents = documents();
    assert!(documents.len() >= 2, "{}", documents.len());
    for (file, document) in documents {
        let written = if document["schema"] == "soc2gate.dev/github-repository/v1" {
            serde_json::from_value::<Repository>(document.clone()).map(serde_json::to_value)
        } else if document["schema"] == "soc2gate.dev/github-push/v1" {
            serde_json::from_value::<Push>(document.clone()).map(serde_json::to_value)
        } else {
            serde_json::from_value::<Organization>(document.clone()).map(serde_json::to_value)
        };
        assert_eq!(written.unwrap().unwrap(), document, "{}", file.display());
        let read = read_text(&document.to_string());
        assert_eq!(
            (read.subjects.len(), read.diagnostics.len()),
            (1, 0),
            "{}",
            file.display()
        );
    }
}

#[rstest]
#[case(
    REPOSITORY,
    SubjectKind::GithubRepository,
    "github_repository/acme/shop"
)]
#[case(
    ORGANIZATION,
    SubjectKind::GithubOrganization,
    "github_organization/acme"
)]
fn a_document_is_one_subject(#[case] text: &str, #[case] kind: SubjectKind, #[case] id: &str) {
    let read = read_text(text);
    assert_eq!(read.diagnostics, []);
    let subject = &read.subjects[0];
    assert_eq!((subject.kind, &*subject.id), (kind, id));
    assert_eq!(subject.document, parsed(text));
    let at = subject.source.locate(&["collected_at".into()]).unwrap();
    assert_eq!((at.line, at.column), (3, 3));
}

/// The examples hold every field that there is, so that the tests on them say something of each.
#[rstest]
#[case(REPOSITORY, repository_schema())]
#[case(ORGANIZATION, organization_schema())]
fn the_examples_hold_every_section(#[case] text: &str, #[case] schema: Value) {
    let document = parsed(text);
    let fields = schema["properties"].as_object().unwrap().keys();
    let missing: Vec<&String> = fields
        .filter(|field| *field != "unavailable" && document.get(field).is_none())
        .collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[rstest]
#[case(repository_schema(), "github-repository")]
#[case(organization_schema(), "github-organization")]
fn the_schemas_are_closed(#[case] schema: Value, #[case] name: &str) {
    fn look(value: &Value, field: &str) {
        match value {
            Value::Object(members) => {
                if members.contains_key("properties") {
                    assert_eq!(
                        members.get("additionalProperties"),
                        Some(&json!(false)),
                        "{field}"
                    );
                }
                for (key, member) in members {
                    look(member, key);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| look(item, field)),
            _ => {}
        }
    }
    look(&schema, "");
    assert_eq!(
        schema["$id"],
        json!(format!("https://soc2gate.dev/schema/{name}/v1.json"))
    );
}

/// A section that may be absent is one that can be unavailable.
#[rstest]
#[case(repository_schema(), "UnavailableOfRepository", &["source", "template", "unavailable"])]
#[case(organization_schema(), "UnavailableOfOrganization", &["source", "unavailable"])]
fn unavailable_names_the_sections(
    #[case] schema: Value,
    #[case] all: &str,
    #[case] others: &[&str],
) {
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap().keys().cloned().collect()
    };
    let mut sections = names(&schema["properties"]);
    for required in schema["required"].as_array().unwrap() {
        sections.remove(required.as_str().unwrap());
    }
    sections.retain(|section| !others.contains(&section.as_str()));
    assert_eq!(sections, names(&schema["$defs"][all]["properties"]));
}

#[rstest]
#[case("/archived", json!("no"))]
#[case("/collected_at", json!("2026-02-31T09:00:00Z"))]
#[case("/default_branch", json!(7))]
#[case("/visibility", json!("secret"))]
#[case("/branches", Value::Null)]
#[case("/branches/items/0/protection/bypass_pull_request", Value::Null)]
#[case("/security/secret_scanning", json!(true))]
fn what_does_not_follow_the_schema_is_not_judged(#[case] pointer: &str, #[case] value: Value) {
    let mut document = parsed(REPOSITORY);
    *document.pointer_mut(pointer).unwrap() = value;
    let read = read_text(&document.to_string());
    assert!(read.subjects.is_empty());
    assert!(!read.diagnostics.is_empty());
    assert!(
        read.diagnostics
            .iter()
            .all(|found| found.code == Code::InvalidDocument)
    );
}

#[test]
fn what_is_null_and_what_is_absent_differ() {
    let mut document = parsed(REPOSITORY);
    document["branches"]["items"][0]["protection"] = Value::Null;
    assert_eq!(read_text(&document.to_string()).diagnostics, []);
    let branch = document["branches"]["items"][0].as_object_mut().unwrap();
    branch.remove("protection");
    branch.insert(
        "unavailable".to_owned(),
        json!({"protection": {"reason": "403 from the API", "permission": "administration:read"}}),
    );
    assert_eq!(read_text(&document.to_string()).diagnostics, []);
    let repository: Repository = serde_json::from_value(document).unwrap();
    let branch = &repository.branches.unwrap().items[0];
    assert_eq!(branch.protection, None);
    assert_eq!(
        branch.unavailable.as_ref().unwrap().sections()[0].0,
        "protection"
    );
}

#[rstest]
#[case("/unavailable", json!({"actions": {"reason": "403"}}), "actions is named as unavailable, but the document has it")]
#[case("/branches/items/0/unavailable", json!({"rulesets": {"reason": "403"}}), "rulesets is named as unavailable, but the document has it")]
#[case("/branches/total", json!(3), "complete is true, but total is not the number of items")]
#[case("/branches/items/1/name", json!("main"), "name is the same as that of an earlier item")]
#[case("/default_branch", json!("trunk"), "branches does not hold the default branch")]
#[case("/rule_bypasses/since_at", json!("2026-11-23T09:00:01Z"), "since_at is later than until_at")]
#[case(
    "/rule_bypasses/items",
    json!([{"id": 1, "actor": "bob", "ref": "refs/heads/main", "at": "2026-01-01T00:00:00Z", "result": "bypass"}]),
    "at lies outside of the period"
)]
fn what_contradicts_itself_is_not_judged(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] message: &str,
) {
    let mut document = parsed(REPOSITORY);
    let (folder, key) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(folder).unwrap()[key] = value;
    let read = read_text(&document.to_string());
    assert!(read.subjects.is_empty());
    let found: Vec<(Code, &str)> = read
        .diagnostics
        .iter()
        .map(|found| (found.code, &*found.message))
        .collect();
    assert_eq!(found, [(Code::InconsistentDocument, message)]);
}

/// The paths of all values of a document but what is free text.
fn leaves(value: &Value, path: &mut Vec<Segment>, found: &mut Vec<Vec<Segment>>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                path.push(key.as_str().into());
                leaves(member, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.into());
                leaves(item, path, found);
                path.pop();
            }
        }
        _ => found.push(path.clone()),
    }
}

#[rstest]
#[case(REPOSITORY, &["host", "title"])]
#[case(ORGANIZATION, &["host", "issuer"])]
fn settings_and_names_are_kept_and_free_text_is_not(#[case] text: &str, #[case] free: &[&str]) {
    let mut all = Vec::new();
    leaves(&parsed(text), &mut Vec::new(), &mut all);
    let hidden: BTreeSet<String> = all
        .iter()
        .filter(|path| !visibility::stored(path))
        .map(|path| display_path(&path[path.len() - 1..]))
        .collect();
    assert_eq!(hidden, free.iter().map(|key| (*key).to_owned()).collect());
    let subject = read_text(text).subjects.remove(0);
    let commit = |_: &[u8]| "hmac-sha256:0123456789abcdef".to_owned();
    let mut withholder = Withholder::new(&commit);
    let kept = withholder.document(&subject.document, subject.source.stored);
    assert_eq!(withholder.count(), 2);
    assert_eq!(kept["schema"], subject.document["schema"]);
}
