//! Base documents: what policies find below `data` beside rules (OPA documentation, "The OPA document model").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Documents that people put below `data`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BaseDocuments {
    root: Map<String, Value>,
}

/// Why a document cannot be put below `data`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataConflict {
    /// At the root only a mapping can be.
    NotAMapping,
    /// There is something at this path already.
    Taken(String),
    /// What is at this path belongs to soc2gate.
    Reserved(String),
}

impl std::fmt::Display for DataConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotAMapping => f.write_str("a document at the root of data must be a mapping"),
            Self::Taken(path) => write!(f, "there is something at data.{path} already"),
            Self::Reserved(path) => write!(f, "data.{path} belongs to soc2gate"),
        }
    }
}

/// What belongs to soc2gate: parameters and rules of its own.
fn is_reserved(root: &str) -> bool {
    root == "parameters" || root == "soc2" || root.starts_with("soc2gate_")
}

impl BaseDocuments {
    /// Puts a document below `data`, at the folders it lies in. Mappings of several documents are merged.
    ///
    /// # Errors
    /// Where it cannot be put there; nothing of it is, then.
    pub fn add(&mut self, folders: &[&str], document: Value) -> Result<(), DataConflict> {
        let mut value = document;
        for folder in folders.iter().rev() {
            value = Value::Object(Map::from_iter([((*folder).to_owned(), value)]));
        }
        let Value::Object(fields) = value else {
            return Err(DataConflict::NotAMapping);
        };
        if let Some(root) = fields.keys().find(|root| is_reserved(root)) {
            return Err(DataConflict::Reserved(root.clone()));
        }
        conflict(&self.root, &fields, "").map_or(Ok(()), Err)?;
        merge(&mut self.root, fields);
        Ok(())
    }

    /// Adds other documents.
    ///
    /// # Errors
    /// Where there is something at one of their places already; nothing of them is added, then.
    pub fn merge(&mut self, other: &Self) -> Result<(), DataConflict> {
        self.add(&[], other.to_value())
    }

    /// The value that stands at a path.
    pub(crate) fn get(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.root.get(first)?, |value, key| value.get(key))
    }

    /// All of them, as one value.
    pub fn to_value(&self) -> Value {
        Value::Object(self.root.clone())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}

/// What stands in the way of merging fields into others.
fn conflict(
    into: &Map<String, Value>,
    fields: &Map<String, Value>,
    at: &str,
) -> Option<DataConflict> {
    fields.iter().find_map(|(key, value)| {
        let known = into.get(key)?;
        let path = if at.is_empty() {
            key.clone()
        } else {
            format!("{at}.{key}")
        };
        match (known, value) {
            (Value::Object(known), Value::Object(more)) => conflict(known, more, &path),
            _ => Some(DataConflict::Taken(path)),
        }
    })
}

/// Merges fields into others where nothing stands in the way.
fn merge(into: &mut Map<String, Value>, fields: Map<String, Value>) {
    for (key, value) in fields {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(known)), Value::Object(more)) => merge(known, more),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_merged_by_folder() {
        let mut data = BaseDocuments::default();
        data.add(&[], json!({"services": {"ports": [22]}})).unwrap();
        data.add(&[], json!({"services": {"names": ["a"]}}))
            .unwrap();
        data.add(&["teams", "shop"], json!(["ann"])).unwrap();
        assert_eq!(
            data.to_value(),
            json!({"services": {"ports": [22], "names": ["a"]}, "teams": {"shop": ["ann"]}})
        );
        let path = ["services".to_owned(), "ports".to_owned()];
        assert_eq!(data.get(&path), Some(&json!([22])));
    }

    #[test]
    fn what_cannot_be_put_there_changes_nothing() {
        let mut data = BaseDocuments::default();
        data.add(&[], json!({"a": {"b": 1}})).unwrap();
        let before = data.clone();
        let refused = |data: &mut BaseDocuments, folders: &[&str], value| {
            data.add(folders, value).unwrap_err().to_string()
        };
        assert_eq!(
            refused(&mut data, &[], json!([1])),
            "a document at the root of data must be a mapping"
        );
        assert_eq!(
            refused(&mut data, &["a"], json!({"c": 1, "b": 2})),
            "there is something at data.a.b already"
        );
        for root in ["parameters", "soc2", "soc2gate_plain"] {
            assert_eq!(
                refused(&mut data, &[root], json!({"x": 1})),
                format!("data.{root} belongs to soc2gate")
            );
        }
        assert_eq!(data, before);
    }
}
