//! Which objects a constraint speaks of (Gatekeeper documentation, "The match field").

use schemars::JsonSchema;
use serde::Deserialize;

use super::NamespaceLabels;
use super::label_selector::LabelSelector;
use super::object::{Object, Scope};
use crate::Attention;

/// The label that every namespace has with its name.
const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The objects that a constraint speaks of: every part must hold, one that is not there always does.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Match {
    #[serde(default)]
    pub(super) source: Option<Source>,
    #[serde(default)]
    kinds: Vec<Kinds>,
    #[serde(default)]
    scope: Option<RawScope>,
    #[serde(default)]
    namespaces: Vec<String>,
    #[serde(default)]
    excluded_namespaces: Vec<String>,
    #[serde(default)]
    pub(super) label_selector: Option<LabelSelector>,
    #[serde(default)]
    pub(super) namespace_selector: Option<LabelSelector>,
    #[serde(default)]
    name: Option<String>,
}

/// Whether objects count that Gatekeeper makes of others (expansion), which are none here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Source {
    All,
    Generated,
    Original,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Kinds {
    #[serde(default)]
    api_groups: Vec<String>,
    #[serde(default)]
    kinds: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum RawScope {
    #[serde(rename = "*")]
    Any,
    Cluster,
    Namespaced,
}

/// Whether a constraint speaks of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Matched {
    Yes,
    No,
    /// It cannot be told; says why.
    Unknown(&'static str),
}

impl From<bool> for Matched {
    fn from(matches: bool) -> Self {
        if matches { Self::Yes } else { Self::No }
    }
}

impl Match {
    /// Whether the kind of an object is one that the constraint speaks of.
    pub(super) fn speaks_of(&self, object: &Object<'_>) -> bool {
        let is_listed = |list: &[String], name: &str| {
            list.is_empty() || list.iter().any(|known| known == "*" || known == name)
        };
        self.kinds.is_empty()
            || self.kinds.iter().any(|kinds| {
                is_listed(&kinds.kinds, object.kind) && is_listed(&kinds.api_groups, object.group)
            })
    }

    /// How the constraint speaks of the objects of a group and kind.
    pub(super) fn attention(&self, group: &str, kind: &str) -> Attention {
        let names = |list: &[String], name: &str| list.iter().any(|known| known == name);
        let is_any = |list: &[String]| list.is_empty() || names(list, "*");
        let listed = self.kinds.iter().filter(|listed| {
            (is_any(&listed.kinds) || names(&listed.kinds, kind))
                && (is_any(&listed.api_groups) || names(&listed.api_groups, group))
        });
        let mut attention = if self.kinds.is_empty() {
            Attention::General
        } else {
            Attention::None
        };
        for listed in listed {
            if names(&listed.kinds, kind) {
                return Attention::Named;
            }
            attention = Attention::General;
        }
        attention
    }

    /// Whether an object is meant. What cannot be told counts only where everything else holds.
    pub(super) fn matches(&self, object: &Object<'_>, namespaces: &NamespaceLabels) -> Matched {
        let parts = [
            self.speaks_of(object).into(),
            self.in_scope(object),
            self.in_namespaces(object).into(),
            self.has_labels(object).into(),
            self.is_named(object).into(),
            self.in_selected_namespace(object, namespaces),
        ];
        if parts.contains(&Matched::No) {
            return Matched::No;
        }
        let unknown = |part: &&Matched| matches!(part, Matched::Unknown(_));
        parts.iter().find(unknown).copied().unwrap_or(Matched::Yes)
    }

    fn in_scope(&self, object: &Object<'_>) -> Matched {
        let wanted = match self.scope {
            None | Some(RawScope::Any) => return Matched::Yes,
            Some(RawScope::Cluster) => Scope::Cluster,
            Some(RawScope::Namespaced) => Scope::Namespaced,
        };
        match object.scope() {
            Scope::NotKnown => {
                Matched::Unknown("whether objects of this kind lie in namespaces is not known")
            }
            scope => (scope == wanted).into(),
        }
    }

    /// An object without a namespace is not ruled out by its namespace.
    fn in_namespaces(&self, object: &Object<'_>) -> bool {
        let namespace = if object.is_namespace() {
            Some(object.name)
        } else {
            object.namespace
        };
        let Some(namespace) = namespace else {
            return true;
        };
        let is_listed = |list: &[String]| list.iter().any(|pattern| fits(pattern, namespace));
        (self.namespaces.is_empty() || is_listed(&self.namespaces))
            && !is_listed(&self.excluded_namespaces)
    }

    fn has_labels(&self, object: &Object<'_>) -> bool {
        let selector = self.label_selector.as_ref();
        selector.is_none_or(|selector| selector.matches(&object.labels))
    }

    fn is_named(&self, object: &Object<'_>) -> bool {
        match self.name.as_deref() {
            None | Some("") => true,
            Some(pattern) if !object.name.is_empty() => fits(pattern, object.name),
            // The name will start so; what follows is not known.
            Some(pattern) => pattern
                .strip_suffix('*')
                .is_some_and(|prefix| fits(&format!("{prefix}*"), object.generate_name)),
        }
    }

    fn in_selected_namespace(&self, object: &Object<'_>, namespaces: &NamespaceLabels) -> Matched {
        let Some(selector) = &self.namespace_selector else {
            return Matched::Yes;
        };
        if object.is_namespace() {
            let mut labels = object.labels.clone();
            labels.entry(NAME_LABEL).or_insert(object.name);
            return selector.matches(&labels).into();
        }
        let Some(namespace) = object.namespace else {
            return Matched::Yes;
        };
        let known = namespaces.get(namespace);
        if known.is_none() && selector.keys().any(|key| key != NAME_LABEL) {
            return Matched::Unknown("the labels of the object's namespace are not known");
        }
        let mut labels: std::collections::BTreeMap<&str, &str> = known
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        labels.entry(NAME_LABEL).or_insert(namespace);
        selector.matches(&labels).into()
    }
}

/// Whether a name fits a pattern: the name itself, or a part of it with `*` before, behind or around.
fn fits(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (Some(suffix), None) => name.ends_with(suffix),
        (None, Some(prefix)) => name.starts_with(prefix),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn matched(matching: Value, object: &Value) -> Matched {
        let matching: Match = serde_json::from_value(matching).unwrap();
        let shop = [("team".to_owned(), "a".to_owned())];
        let namespaces = NamespaceLabels::from([("shop".to_owned(), shop.into())]);
        matching.matches(&Object::read(object), &namespaces)
    }

    fn pod(namespace: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": namespace, "labels": {"app": "web"}}})
    }

    #[rstest]
    #[case(json!({}), Attention::General)]
    #[case(json!({"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}), Attention::Named)]
    #[case(json!({"kinds": [{"apiGroups": ["*"], "kinds": ["*"]}]}), Attention::General)]
    #[case(json!({"kinds": [{"apiGroups": [""], "kinds": ["*"]}, {"kinds": ["Pod"]}]}), Attention::Named)]
    #[case(json!({"kinds": [{"apiGroups": ["apps"], "kinds": ["Pod"]}]}), Attention::None)]
    fn a_constraint_names_kinds_or_speaks_of_all(
        #[case] matching: Value,
        #[case] expected: Attention,
    ) {
        let matching: Match = serde_json::from_value(matching).unwrap();
        assert_eq!(matching.attention("", "Pod"), expected);
    }

    #[rstest]
    #[case(json!({}), true)]
    #[case(json!({"kinds": [{"apiGroups": [""], "kinds": ["Pod"]}]}), true)]
    #[case(json!({"kinds": [{"apiGroups": ["*"], "kinds": ["*"]}]}), true)]
    #[case(json!({"kinds": [{"apiGroups": ["apps"], "kinds": ["Pod"]}]}), false)]
    #[case(json!({"kinds": [{"apiGroups": [""], "kinds": ["Service"]}]}), false)]
    #[case(json!({"kinds": [{"apiGroups": ["apps"]}, {"kinds": ["Pod"]}]}), true)]
    #[case(json!({"namespaces": ["shop"]}), true)]
    #[case(json!({"namespaces": ["sh*"]}), true)]
    #[case(json!({"namespaces": ["*op"]}), true)]
    #[case(json!({"namespaces": ["*ho*"]}), true)]
    #[case(json!({"namespaces": ["s*p"]}), false)]
    #[case(json!({"namespaces": ["kube-*"]}), false)]
    #[case(json!({"excludedNamespaces": ["sh*"]}), false)]
    #[case(json!({"excludedNamespaces": ["kube-*"]}), true)]
    #[case(json!({"scope": "*"}), true)]
    #[case(json!({"scope": "Namespaced"}), true)]
    #[case(json!({"scope": "Cluster"}), false)]
    #[case(json!({"labelSelector": {"matchLabels": {"app": "web"}}}), true)]
    #[case(json!({"labelSelector": {"matchLabels": {"app": "db"}}}), false)]
    #[case(json!({"namespaceSelector": {"matchLabels": {"team": "a"}}}), true)]
    #[case(json!({"namespaceSelector": {"matchLabels": {"team": "b"}}}), false)]
    #[case(json!({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}), true)]
    #[case(json!({"name": "web-*"}), true)]
    #[case(json!({"name": "web"}), false)]
    #[case(json!({"source": "Original"}), true)]
    fn every_field_of_match_counts(#[case] matching: Value, #[case] expected: bool) {
        assert_eq!(matched(matching, &pod("shop")), expected.into());
    }

    #[test]
    fn a_namespace_that_is_not_there_is_unknown_unless_it_does_not_matter() {
        let selector = json!({"matchLabels": {"team": "a"}});
        let elsewhere = pod("elsewhere");
        let unknown = matched(json!({"namespaceSelector": selector.clone()}), &elsewhere);
        assert!(matches!(unknown, Matched::Unknown(_)));
        let other_kind = json!({"namespaceSelector": selector, "kinds": [{"kinds": ["Service"]}]});
        assert_eq!(matched(other_kind, &elsewhere), Matched::No);
        let by_name = json!({"namespaceSelector": {"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]}]}});
        assert_eq!(matched(by_name, &elsewhere), Matched::Yes);
    }

    #[rstest]
    #[case(json!({"namespaces": ["shop"]}), true)]
    #[case(json!({"excludedNamespaces": ["shop"]}), true)]
    #[case(json!({"namespaceSelector": {"matchLabels": {"team": "b"}}}), true)]
    #[case(json!({"scope": "Cluster"}), true)]
    #[case(json!({"scope": "Namespaced"}), false)]
    fn objects_of_the_cluster_are_in_no_namespace(#[case] matching: Value, #[case] expected: bool) {
        let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "x"}});
        assert_eq!(matched(matching, &role), expected.into());
    }

    #[rstest]
    #[case(json!({"namespaces": ["shop"]}), true)]
    #[case(json!({"excludedNamespaces": ["shop"]}), false)]
    #[case(json!({"namespaceSelector": {"matchLabels": {"team": "a"}}}), false)]
    #[case(json!({"namespaceSelector": {"matchLabels": {"own": "x"}}}), true)]
    #[case(json!({"scope": "Cluster"}), true)]
    fn a_namespace_lies_in_itself(#[case] matching: Value, #[case] expected: bool) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"own": "x"}}});
        assert_eq!(matched(matching, &namespace), expected.into());
    }

    #[test]
    fn what_is_not_known_of_a_custom_resource_is_unknown() {
        let custom = json!({"apiVersion": "example.com/v1", "kind": "Database", "metadata": {"generateName": "d-"}});
        let scoped = matched(json!({"scope": "Namespaced"}), &custom);
        assert!(matches!(scoped, Matched::Unknown(_)));
        assert_eq!(matched(json!({"name": "d-*"}), &custom), Matched::Yes);
        assert_eq!(matched(json!({"name": "e-*"}), &custom), Matched::No);
        assert_eq!(matched(json!({"name": "d-1"}), &custom), Matched::No);
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}});
        assert_eq!(matched(json!({"scope": "Namespaced"}), &pod), Matched::Yes);
    }
}
