//! JSON to and from the evaluator's values.

use regorus::Value as Rego;
use serde_json::{Map, Value};

/// A value as the evaluator holds it. Cloning is cheap: the parts are shared.
#[derive(Debug, Clone)]
pub(crate) struct RegoValue(pub(super) Rego);

impl RegoValue {
    pub(crate) fn from_json(value: &Value) -> Self {
        Self(convert(value))
    }

    /// An object from its fields; shares the parts.
    pub(crate) fn object<'a>(fields: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let fields: std::collections::BTreeMap<Rego, Rego> = fields
            .into_iter()
            .map(|(key, value)| (Rego::from(key), value.0))
            .collect();
        Self(Rego::from(fields))
    }

    /// An object with more fields.
    pub(crate) fn with(&self, fields: &Map<String, Value>) -> Self {
        let mut value = self.0.clone();
        if !fields.is_empty()
            && let Ok(object) = value.as_object_mut()
        {
            object.extend(
                fields
                    .iter()
                    .map(|(key, value)| (Rego::from(key.as_str()), convert(value))),
            );
        }
        Self(value)
    }

    /// The value as JSON; a set becomes an array in the order of its elements.
    pub(crate) fn to_json(&self) -> Option<Value> {
        serde_json::to_value(&self.0).ok()
    }
}

fn convert(value: &Value) -> Rego {
    match value {
        Value::Null => Rego::Null,
        Value::Bool(value) => Rego::from(*value),
        Value::Number(number) => {
            if let Some(number) = number.as_i64() {
                Rego::from(number)
            } else if let Some(number) = number.as_u64() {
                Rego::from(number)
            } else {
                Rego::from(number.as_f64().unwrap_or_default())
            }
        }
        Value::String(text) => Rego::from(text.as_str()),
        Value::Array(items) => Rego::from(items.iter().map(convert).collect::<Vec<_>>()),
        Value::Object(fields) => Rego::from(
            fields
                .iter()
                .map(|(key, value)| (Rego::from(key.as_str()), convert(value)))
                .collect::<std::collections::BTreeMap<_, _>>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_survives_the_round_trip() {
        let value =
            json!({"a": [1, -2, 1.5, 18_446_744_073_709_551_615_u64, null, true, "ü"], "b": {}});
        assert_eq!(RegoValue::from_json(&value).to_json(), Some(value));
    }
}
