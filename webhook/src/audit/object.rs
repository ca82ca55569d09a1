//! An object of a list: read, and what stands for it.

use std::io::{self, Write};

use jiff::Timestamp;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
use soc2gate_engine::Decision;

use super::discovery::ServedKind;
use crate::weight;

/// What stands for something: half of a SHA-256.
pub type Fingerprint = u128;

/// Reads an object. Those of a list do not say of what kind they are, which is added.
pub fn parse(raw: &RawValue, kind: &ServedKind) -> Result<Value, &'static str> {
    if weight::is_too_heavy(raw.get().as_bytes()) {
        return Err("an object has too many values (200,000 are read)");
    }
    let mut object: Value =
        serde_json::from_str(raw.get()).map_err(|_| "an object cannot be read")?;
    let Some(fields) = object.as_object_mut() else {
        return Err("what is listed is no object");
    };
    fields
        .entry("apiVersion")
        .or_insert_with(|| kind.api_version.as_str().into());
    fields
        .entry("kind")
        .or_insert_with(|| kind.kind.as_str().into());
    Ok(object)
}

/// What an object is told apart by, and when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Its uid.
    pub uid: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// What its name was made of.
    pub generate_name: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// Its version.
    pub resource_version: String,
}

impl Names {
    /// The names of an object. Every object of a cluster has a name and a uid.
    pub fn of(object: &Value) -> Result<Self, &'static str> {
        let text = |key: &str| {
            let value = object
                .get("metadata")
                .and_then(|metadata| metadata.get(key));
            let text = value
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty());
            text.map(str::to_owned)
        };
        Ok(Self {
            uid: text("uid").ok_or("an object has no uid")?,
            namespace: text("namespace"),
            name: text("name").ok_or("an object has no name")?,
            generate_name: text("generateName"),
            created: text("creationTimestamp").and_then(|time| time.parse().ok()),
            resource_version: text("resourceVersion").unwrap_or_default(),
        })
    }
}

/// Sets a field of a document of ours. What lies on the way to it must be there, else nothing is set.
pub fn set(document: &mut Value, path: &[&str], value: Value) {
    let Some((name, parents)) = path.split_last() else {
        return;
    };
    let parent = parents
        .iter()
        .try_fold(document, |parent, name| parent.get_mut(name));
    if let Some(Value::Object(fields)) = parent {
        fields.insert((*name).to_owned(), value);
    }
}

/// What stands for some bytes.
pub fn fingerprint(parts: &[&[u8]]) -> Fingerprint {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_le_bytes());
        hasher.update(part);
    }
    shortened(hasher)
}

/// What stands for an object as somebody wrote it and for the decision on it. What controllers write at every moment (status,
/// version, who manages which field) does not count, unless a control decides otherwise for it.
pub fn fingerprint_of_decision(object: &mut Value, decision: &Decision) -> Fingerprint {
    let mut writer = Hashing(Sha256::new());
    let mut kept = Vec::new();
    if let Some(fields) = object.as_object_mut() {
        kept.push((None, "status", fields.remove("status")));
        if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
            for key in ["resourceVersion", "managedFields"] {
                kept.push((Some("metadata"), key, metadata.remove(key)));
            }
        }
    }
    // Hashing does not fail, and neither does a value as JSON.
    let _ = serde_json::to_writer(&mut writer, object);
    for (parent, key, value) in kept {
        let fields = match parent {
            Some(parent) => object.get_mut(parent),
            None => Some(&mut *object),
        };
        if let (Some(Value::Object(fields)), Some(value)) = (fields, value) {
            fields.insert(key.to_owned(), value);
        }
    }
    let mut hasher = writer.0;
    hasher.update(&decision.policy_digest);
    hasher.update(&decision.settings_digest);
    for verdict in &decision.verdicts {
        hasher.update(&verdict.control.0);
        hasher.update([0]);
        hasher.update(verdict.status.as_str());
        hasher.update(verdict.enforcement.as_str());
        for message in verdict
            .findings
            .iter()
            .map(|finding| &finding.message)
            .chain(verdict.unknowns.iter().map(|unknown| &unknown.message))
        {
            hasher.update(message);
            hasher.update([0]);
        }
        if let Some(used) = &verdict.exception {
            hasher.update(&used.id);
        }
    }
    shortened(hasher)
}

fn shortened(hasher: Sha256) -> Fingerprint {
    let digest = hasher.finalize();
    let half = digest.iter().take(16);
    half.fold(0, |number, byte| number << 8 | u128::from(*byte))
}

struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use soc2gate_engine::{Config, Context, Exceptions, Gate, Library, Siblings};

    use super::*;

    fn kind() -> ServedKind {
        ServedKind {
            resource: "apps/Deployment".to_owned(),
            api_version: "apps/v1".to_owned(),
            kind: "Deployment".to_owned(),
            plural: "deployments".to_owned(),
            is_namespaced: true,
        }
    }

    fn decision() -> Decision {
        let library = Library::default();
        let (gate, _) = Gate::new(&library, &Config::default(), Exceptions::default());
        let subject = soc2gate_inputs::kubernetes_subject(
            json!({"apiVersion": "v1", "kind": "Pod"}),
            "a".into(),
        );
        let mut judge = gate.judge(&Context::new(&Siblings::new()));
        judge.judge(&subject.unwrap(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn an_object_of_a_list_gets_its_kind() {
        let raw = RawValue::from_string(r#"{"metadata":{}}"#.to_owned()).unwrap();
        let object = parse(&raw, &kind()).unwrap();
        assert_eq!(object["apiVersion"], "apps/v1");
        assert_eq!(object["kind"], "Deployment");
        let raw = RawValue::from_string("[]".to_owned()).unwrap();
        assert!(parse(&raw, &kind()).is_err());
    }

    #[test]
    fn what_controllers_write_is_no_change() {
        let decision = decision();
        let mut before =
            json!({"metadata": {"name": "a", "resourceVersion": "1"}, "spec": 1, "status": 1});
        let mut after =
            json!({"metadata": {"name": "a", "resourceVersion": "2"}, "spec": 1, "status": 2});
        let mut changed = json!({"metadata": {"name": "a"}, "spec": 2});
        let whole = after.clone();
        let of = |object: &mut Value| fingerprint_of_decision(object, &decision);
        assert_eq!(of(&mut before), of(&mut after));
        assert_ne!(of(&mut before), of(&mut changed));
        assert_eq!(after, whole);
    }

    #[test]
    fn another_verdict_is_a_change() {
        let decision = decision();
        let mut other = decision.clone();
        other.settings_digest.push('0');
        let mut object = json!({"metadata": {"name": "a"}});
        assert_ne!(
            fingerprint_of_decision(&mut object, &decision),
            fingerprint_of_decision(&mut object, &other)
        );
    }

    #[test]
    fn an_object_without_a_uid_is_none_of_a_cluster() {
        assert!(Names::of(&json!({"metadata": {"name": "a"}})).is_err());
    }
}
