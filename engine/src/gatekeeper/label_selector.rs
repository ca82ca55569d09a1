//! Label selectors (Kubernetes API, `LabelSelector` of meta/v1).

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// Labels that an object must have, and not have: every part must hold.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct LabelSelector {
    #[serde(default)]
    match_labels: BTreeMap<String, String>,
    #[serde(default)]
    match_expressions: Vec<Expression>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Expression {
    key: String,
    operator: Operator,
    #[serde(default)]
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

impl LabelSelector {
    /// Whether labels are selected.
    pub(super) fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let has_labels = self
            .match_labels
            .iter()
            .all(|(key, value)| labels.get(key.as_str()) == Some(&value.as_str()));
        has_labels
            && self
                .match_expressions
                .iter()
                .all(|expression| expression.matches(labels))
    }

    /// The labels that it looks at.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let expressions = self.match_expressions.iter().map(|part| &part.key);
        self.match_labels
            .keys()
            .chain(expressions)
            .map(String::as_str)
    }

    /// What the API server refuses.
    pub(super) fn problem(&self) -> Option<String> {
        self.match_expressions.iter().find_map(|expression| {
            let takes_values = matches!(expression.operator, Operator::In | Operator::NotIn);
            (takes_values == expression.values.is_empty()).then(|| {
                let needs = if takes_values { "needs" } else { "takes no" };
                format!("operator {:?} {needs} values", expression.operator)
            })
        })
    }
}

impl Expression {
    fn matches(&self, labels: &BTreeMap<&str, &str>) -> bool {
        let value = labels.get(self.key.as_str());
        let is_listed = value.is_some_and(|value| self.values.iter().any(|known| known == value));
        match self.operator {
            Operator::In => is_listed,
            Operator::NotIn => !is_listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"matchLabels": {"app": "web"}}), true)]
    #[case(json!({"matchLabels": {"app": "db"}}), false)]
    #[case(json!({"matchLabels": {"app": "web", "tier": "front"}}), false)]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "web"]}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "tier", "operator": "In", "values": ["a"]}]}), false)]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), false)]
    #[case(json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "Exists"}]}), true)]
    #[case(json!({"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}), false)]
    #[case(json!({"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "x", "operator": "Exists"}]}), false)]
    fn labels_are_selected(#[case] selector: Value, #[case] expected: bool) {
        let selector: LabelSelector = serde_json::from_value(selector).unwrap();
        let labels = BTreeMap::from([("app", "web"), ("env", "prod")]);
        assert_eq!(selector.matches(&labels), expected);
        assert_eq!(selector.problem(), None);
    }

    #[test]
    fn operators_need_values_or_take_none() {
        let problem = |operator: &str, values: &[&str]| {
            let expression = json!({"key": "a", "operator": operator, "values": values});
            let selector = json!({"matchExpressions": [expression]});
            serde_json::from_value::<LabelSelector>(selector)
                .unwrap()
                .problem()
        };
        assert_eq!(problem("In", &[]).unwrap(), "operator In needs values");
        assert_eq!(
            problem("Exists", &["a"]).unwrap(),
            "operator Exists takes no values"
        );
    }
}
