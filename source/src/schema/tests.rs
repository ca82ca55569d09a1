use serde_json::json;

use super::*;
use crate::{parse_yaml, split_yaml};

fn problems(schema: &Value, text: &str) -> Vec<String> {
    let document = parse_yaml(split_yaml(text)[0]).unwrap().unwrap();
    Schema::compile(schema)
        .unwrap()
        .validate(&document, "f.yaml", Code::ConfigSyntax)
        .into_iter()
        .map(|d| format!("{}: {}", d.location.unwrap(), d.message))
        .collect()
}

fn schema() -> Value {
    json!({
        "type": "object",
        "required": ["version"],
        "additionalProperties": false,
        "properties": {
            "version": {"const": 1},
            "enforcement": {"enum": ["deny", "warn"]},
            "until": {"type": "string", "format": "date-time"},
            "names": {"type": "array", "items": {"type": "string", "minLength": 1}},
            "id": {"type": "string", "pattern": "^[A-Z]+-[0-9]+$", "x-expects": "an id like CHG-01"},
            "maybe": {"anyOf": [
                {"type": "object", "additionalProperties": false, "properties": {"a": {"type": "integer"}}},
                {"type": "null"}
            ]}
        }
    })
}

#[test]
fn all_problems_are_reported_at_once_and_placed() {
    let text = "enforcment: deny\nenforcement: hunter2\nuntil: hunter2\nnames:\n- x\n- ''\n- 3\nid: hunter2\nmaybe:\n  a: hunter2\n  c: 1\n";
    let mut found = problems(&schema(), text);
    found.sort();
    insta::assert_snapshot!(found.join("\n"), @r#"
    f.yaml:10:3: maybe.a: must be a whole number
    f.yaml:11:3: maybe.c: unknown key "c"
    f.yaml:1:1: enforcment: unknown key "enforcment"; did you mean "enforcement"?
    f.yaml:1:1: missing key "version"
    f.yaml:2:1: enforcement: must be one of deny, warn
    f.yaml:3:1: until: must be a date and time like 2026-11-23T09:00:00Z (RFC 3339)
    f.yaml:6:3: names[1]: must not be empty
    f.yaml:7:3: names[2]: must be a string
    f.yaml:8:1: id: must be an id like CHG-01
    "#);
}

#[test]
fn what_follows_the_schema_has_no_problem() {
    assert_eq!(
        problems(&schema(), "version: 1\nmaybe: null\nid: CHG-01\n"),
        Vec::<String>::new()
    );
}

#[test]
fn a_schema_that_is_none_is_refused() {
    assert!(Schema::compile(&json!({"type": "integr"})).is_err());
}
