//! Documents as they may be kept as evidence: of an allow-list of fields the values, of all others that there is
//! one, and a commitment to it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde_json::{Map, Value};
use soc2gate_source::{Path, Segment, Visibility};

use crate::{kubernetes, workflow};

/// What a withheld value starts with.
pub const WITHHELD: &str = "withheld:";

/// The shortest text that is looked for in messages; a shorter one is part of too many words.
const SHORTEST: usize = 4;

/// Takes values out of documents and remembers them, so that no message can repeat them.
pub struct Withholder<'a> {
    /// Gives a commitment to a value: equal values have equal ones, and nobody can guess a value from one.
    commit: &'a dyn Fn(&[u8]) -> String,
    /// The longest first: one may be a part of another.
    values: BTreeSet<(Reverse<usize>, String)>,
    count: u64,
    /// Whether the expressions in a text that is withheld are kept.
    keeps_expressions: bool,
}

impl<'a> Withholder<'a> {
    /// A withholder that replaces values by `withheld:` and their commitment.
    pub fn new(commit: &'a dyn Fn(&[u8]) -> String) -> Self {
        Self {
            commit,
            values: BTreeSet::new(),
            count: 0,
            keeps_expressions: false,
        }
    }

    /// A document with only the values that may be kept. Keys, true, false and null are kept.
    pub fn document(&mut self, document: &Value, stored: Visibility) -> Value {
        self.value(document, stored, &mut Vec::new())
    }

    /// A workflow with only the values that may be kept, and of all others the expressions (`${{ … }}`): controls
    /// decide by the names in them, and the texts in them are masked.
    pub fn workflow(&mut self, document: &Value, stored: Visibility) -> Value {
        self.keeps_expressions = true;
        let kept = self.document(document, stored);
        self.keeps_expressions = false;
        kept
    }

    /// A Kubernetes object with only the values that may be kept.
    pub fn object(&mut self, object: &Value) -> Value {
        self.document(object, kubernetes::stored_fields_of(object))
    }

    /// Values that were withheld.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// A message without the values that were withheld.
    pub fn message(&self, message: &str) -> String {
        let mut message = message.to_owned();
        for (_, value) in &self.values {
            if message.contains(value.as_str()) {
                message = message.replace(value.as_str(), "(withheld)");
            }
        }
        message
    }

    fn value(&mut self, value: &Value, stored: Visibility, path: &mut Path) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => {
                if stored(path) {
                    value.clone()
                } else {
                    self.withhold(&number.to_string())
                }
            }
            Value::String(text) => {
                if stored(path) || text.is_empty() {
                    value.clone()
                } else {
                    self.withhold(text)
                }
            }
            Value::Array(items) => {
                let mut kept = Vec::with_capacity(items.len());
                for (at, item) in items.iter().enumerate() {
                    path.push(Segment::Index(at));
                    kept.push(self.value(item, stored, path));
                    path.pop();
                }
                Value::Array(kept)
            }
            Value::Object(fields) => {
                let mut kept = Map::new();
                for (key, field) in fields {
                    path.push(Segment::Key(key.clone()));
                    kept.insert(key.clone(), self.value(field, stored, path));
                    path.pop();
                }
                Value::Object(kept)
            }
        }
    }

    fn withhold(&mut self, text: &str) -> Value {
        self.count += 1;
        if text.len() >= SHORTEST {
            self.values.insert((Reverse(text.len()), text.to_owned()));
        }
        // A commitment is sixteen characters of it here: enough to tell values apart.
        let commitment = (self.commit)(text.as_bytes());
        let short: String = commitment
            .trim_start_matches("hmac-sha256:")
            .chars()
            .take(16)
            .collect();
        let mut kept = format!("{WITHHELD}{short}");
        if self.keeps_expressions {
            for expression in workflow::expressions(text) {
                kept.push(' ');
                kept.push_str(&expression);
            }
        }
        Value::String(kept)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn commit(bytes: &[u8]) -> String {
        format!("hmac-sha256:{:016x}{}", bytes.len(), "0".repeat(48))
    }

    #[test]
    fn of_an_object_what_decides_is_kept() {
        let object = json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "web",
                "labels": {"app": "web"},
                "annotations": {
                    "note": "hunter2",
                    "nginx.ingress.kubernetes.io/ssl-redirect": "true",
                },
            },
            "spec": {"replicas": 2, "template": {"spec": {"containers": [{
                "image": "nginx",
                "args": ["--password=hunter2"],
                "env": [{"name": "PASSWORD", "value": "hunter2"}],
                "resources": {"limits": {"cpu": "1"}},
                "securityContext": {"privileged": true, "runAsUser": 0},
            }]}}},
        });
        let mut withholder = Withholder::new(&commit);
        let kept = withholder.object(&object);
        let container = &kept["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["args"][0], json!("withheld:0000000000000012"));
        assert_eq!(container["env"][0]["name"], json!("PASSWORD"));
        assert_eq!(
            container["env"][0]["value"],
            json!("withheld:0000000000000007")
        );
        assert_eq!(
            kept["metadata"]["annotations"]["note"],
            json!("withheld:0000000000000007")
        );
        assert_eq!(withholder.count(), 3);
        let mut expected = object;
        for pointer in [
            "/spec/template/spec/containers/0/args/0",
            "/spec/template/spec/containers/0/env/0/value",
            "/metadata/annotations/note",
        ] {
            let value = kept.pointer(pointer).unwrap().clone();
            *expected.pointer_mut(pointer).unwrap() = value;
        }
        assert_eq!(kept, expected);
    }

    #[test]
    fn of_secrets_the_names_are_kept() {
        for kind in ["Secret", "ConfigMap", "SealedSecret"] {
            let object = json!({
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": "a", "labels": {"app": "hunter2"}},
                "type": "hunter2",
                "data": {"image": "hunter2", "pin": 123_456},
                "immutable": true,
            });
            let kept = Withholder::new(&commit).object(&object);
            let text = kept.to_string();
            assert!(
                !text.contains("hunter2") && !text.contains("123456"),
                "{text}"
            );
            assert_eq!(kept["metadata"]["name"], json!("a"));
            assert_eq!(kept["immutable"], json!(true));
            assert_eq!(kept["data"].as_object().unwrap().len(), 2);
        }
    }

    #[test]
    fn fields_of_kinds_that_nobody_knows_are_withheld() {
        let object = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "a"},
            "spec": {"values": "password: hunter2", "key": "hunter2", "selector": {"x": "hunter2"}},
        });
        let kept = Withholder::new(&commit).object(&object);
        assert!(!kept.to_string().contains("hunter2"));
        let nothing = Withholder::new(&commit).object(&json!({"password": "hunter2"}));
        assert!(!nothing.to_string().contains("hunter2"));
    }

    #[test]
    fn messages_do_not_repeat_what_was_withheld() {
        let mut withholder = Withholder::new(&commit);
        withholder.document(&json!(["hunter2", "hunter2 and more", "a"]), |_| false);
        assert_eq!(
            withholder.message("a password hunter2 and more, hunter2"),
            "a password (withheld), (withheld)"
        );
    }
}
