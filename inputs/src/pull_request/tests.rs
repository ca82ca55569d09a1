use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, Schema, parse_json};

use super::*;

/// The cases of the controls of change approval, and the examples: each file and its text.
fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let entries = |folder: PathBuf| {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    let mut files: Vec<PathBuf> = entries(root.join("policies/controls/change"))
        .map(|control| control.join("cases"))
        .filter(|cases| cases.is_dir())
        .flat_map(entries)
        .collect();
    files.extend(entries(root.join("examples/shop")));
    files.extend(entries(root.join("examples/rejected")));
    files
        .into_iter()
        .filter(|file| {
            file.extension()
                .is_some_and(|extension| extension == "json")
        })
        .map(|file| {
            (
                file.display().to_string(),
                fs::read_to_string(&file).unwrap(),
            )
        })
        .filter(|(_, text)| text.contains("soc2gate.dev/pull-request/"))
        .collect()
}

fn documents() -> Vec<(String, Value)> {
    let read = |(file, text): (String, String)| (file, serde_json::from_str(&text).unwrap());
    texts().into_iter().map(read).collect()
}

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::compile(&schema()).unwrap());

fn problems(text: &str, file: &str) -> Vec<Diagnostic> {
    SCHEMA.validate(&parse_json(text).unwrap(), file, Code::InvalidDocument)
}

#[test]
fn every_case_and_example_holds_to_the_schema() {
    let texts = texts();
    assert!(texts.len() > 100, "only {} documents found", texts.len());
    for (file, text) in texts {
        assert!(
            problems(&text, &file).is_empty(),
            "{file}: {:#?}",
            problems(&text, &file)
        );
    }
}

#[test]
fn every_case_and_example_is_read_and_written_alike() {
    for (file, document) in documents() {
        let pull: PullRequest = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(serde_json::to_value(&pull).unwrap(), document, "{file}");
        assert_eq!(check(&document), [], "{file}");
    }
}

#[test]
fn the_schema_is_closed() {
    fn assert_closed(value: &Value, path: &str) {
        if let Value::Object(members) = value {
            if members.contains_key("properties") {
                assert_eq!(
                    members.get("additionalProperties"),
                    Some(&Value::Bool(false)),
                    "{path}"
                );
            }
            for (key, member) in members {
                assert_closed(member, &format!("{path}/{key}"));
            }
        }
    }
    let schema = schema();
    assert_closed(&schema, "#");
    assert_eq!(schema["$id"], SCHEMA_ID);
    assert_eq!(
        schema["$schema"],
        "https://json-schema.org/draft/2020-12/schema"
    );
}

/// The consistency check finds instants by their names.
#[test]
fn instants_are_named_at() {
    fn assert_named(value: &Value, field: &str) {
        match value {
            Value::Object(members) => {
                if members
                    .get("$ref")
                    .is_some_and(|target| target == "#/$defs/Timestamp")
                {
                    assert!(field == "at" || field.ends_with("_at"), "{field}");
                }
                for (key, member) in members {
                    let nested = ["anyOf", "items", "$ref"].contains(&key.as_str());
                    assert_named(member, if nested { field } else { key });
                }
            }
            Value::Array(items) => items.iter().for_each(|item| assert_named(item, field)),
            _ => {}
        }
    }
    assert_named(&schema(), "");
}

/// A section that can be unavailable is one that may be absent, and the other way round.
#[test]
fn unavailable_names_the_sections() {
    let schema = schema();
    let names = |pointer: &str| -> Vec<String> {
        schema
            .pointer(pointer)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    let required = schema["required"].as_array().unwrap();
    let mut sections = names("/properties");
    sections.retain(|name| {
        let plain = [
            "source",
            "id",
            "url",
            "body",
            "updated_at",
            "merged_at",
            "closed_at",
            "unavailable",
        ];
        !required.iter().any(|field| field == name) && !plain.contains(&name.as_str())
    });
    sections.sort();
    assert_eq!(names("/$defs/Unavailable/properties"), sections);
}

#[test]
fn values_of_other_shapes_are_refused() {
    let (file, sound) = documents().swap_remove(0);
    let refused = |document: &Value| !problems(&document.to_string(), &file).is_empty();
    assert!(!refused(&sound));
    let changes = [
        ("/head/oid", "\"1A954628A960AAEF81D7B2D4521929579F3541E6\""),
        ("/head/oid", "\"1a95462\""),
        ("/created_at", "\"2026-11-20\""),
        ("/author/login", "\"alice smith\""),
        ("/author/type", "\"User\""),
        ("/state", "\"OPEN\""),
        ("/number", "0"),
        ("/schema", "\"soc2gate.dev/pull-request/v2\""),
        ("/base", "null"),
    ];
    for (pointer, value) in changes {
        let mut document = sound.clone();
        *document.pointer_mut(pointer).unwrap() = serde_json::from_str(value).unwrap();
        assert!(refused(&document), "{pointer} {value}");
    }
    let mut document = sound.clone();
    document["timeline"] = Value::Null;
    assert!(refused(&document), "an absent section is not null");
    document["timeline"] = serde_json::json!({"complete": true, "items": []});
    assert!(!refused(&document));
}
