//! Which kinds of object the cluster has, and which of them are scanned.

use std::collections::{BTreeMap, BTreeSet};

use kube::Client;
use serde_json::Value;
use soc2gate_engine::{Attention, Gate};

use super::api::{Failure, get_json};

/// Kinds that come and go by the thousand or are made of others: policies that speak of all kinds do not mean them. They are
/// scanned where a policy names them.
const PASSING: &[&str] = &[
    "Event",
    "events.k8s.io/Event",
    "coordination.k8s.io/Lease",
    "coordination.k8s.io/LeaseCandidate",
    "Endpoints",
    "discovery.k8s.io/EndpointSlice",
    "ComponentStatus",
];
/// Groups of reports, of which the same holds.
const REPORT_GROUPS: &[&str] = &["wgpolicyk8s.io", "openreports.io", "reports.kyverno.io"];

/// A kind of object as the cluster serves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedKind {
    /// Its type: `apps/Deployment`, `Pod`.
    pub resource: String,
    /// The version of its group: `apps/v1`, `v1`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its name in paths.
    pub plural: String,
    /// Whether its objects lie in namespaces.
    pub is_namespaced: bool,
}

impl ServedKind {
    /// The path below which its objects are listed.
    pub fn path(&self) -> String {
        self.path_in(None)
    }

    /// The same of one namespace.
    pub fn path_in(&self, namespace: Option<&str>) -> String {
        let version = &self.api_version;
        let root = if version.contains('/') { "apis" } else { "api" };
        match namespace {
            Some(namespace) => format!("/{root}/{version}/namespaces/{namespace}/{}", self.plural),
            None => format!("/{root}/{version}/{}", self.plural),
        }
    }
}

/// What the cluster serves.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Kinds that can be listed, by type.
    pub kinds: BTreeMap<String, ServedKind>,
    /// Every version of them: `apps/v1` and `Deployment`.
    pub served: BTreeSet<(String, String)>,
    /// Versions of groups that could not be asked for their kinds.
    pub unread: Vec<(String, Failure)>,
}

/// Kinds of which objects are scanned, and those that are not.
#[derive(Debug, Default)]
pub struct Selection {
    /// Those that are scanned.
    pub scanned: Vec<ServedKind>,
    /// Those of which controls speak and that are left out on demand.
    pub excluded: Vec<String>,
}

impl Discovery {
    /// Asks the cluster. A group that does not answer hides no other.
    pub async fn ask(client: &Client) -> Result<Self, Failure> {
        let mut discovery = Self::default();
        let groups = get_json(client, "/apis").await?;
        let mut versions = vec!["v1".to_owned()];
        let groups = groups.get("groups").and_then(Value::as_array);
        for group in groups.ok_or(Failure::Unreadable)? {
            versions.extend(versions_of(group));
        }
        for version in versions {
            let root = if version.contains('/') { "apis" } else { "api" };
            match get_json(client, &format!("/{root}/{version}")).await {
                Ok(list) => discovery.add(&version, &list),
                Err(failure) => discovery.unread.push((version, failure)),
            }
        }
        Ok(discovery)
    }

    /// Adds what a version of a group serves. The first version that serves a kind is the one that the server prefers.
    fn add(&mut self, version: &str, list: &Value) {
        let resources = list.get("resources").and_then(Value::as_array);
        let Some(resources) = resources else {
            self.unread.push((version.to_owned(), Failure::Unreadable));
            return;
        };
        for resource in resources {
            let text = |key: &str| resource.get(key).and_then(Value::as_str);
            let (Some(plural), Some(kind)) = (text("name"), text("kind")) else {
                continue;
            };
            let verbs = resource.get("verbs").and_then(Value::as_array);
            let is_listed = verbs.is_some_and(|verbs| verbs.iter().any(|verb| verb == "list"));
            if plural.contains('/') || !is_listed {
                continue;
            }
            let served = ServedKind {
                resource: match version.split_once('/') {
                    Some((group, _)) => format!("{group}/{kind}"),
                    None => kind.to_owned(),
                },
                api_version: version.to_owned(),
                kind: kind.to_owned(),
                plural: plural.to_owned(),
                is_namespaced: resource.get("namespaced") == Some(&Value::Bool(true)),
            };
            self.served.insert((version.to_owned(), kind.to_owned()));
            self.kinds.entry(served.resource.clone()).or_insert(served);
        }
    }

    /// The kinds that controls speak of.
    pub fn select(&self, gate: &Gate, excluded: &[String]) -> Selection {
        let mut selection = Selection::default();
        for kind in self.kinds.values() {
            let is_meant = match gate.attention(&kind.resource) {
                Attention::Named => true,
                Attention::General => !passes(&kind.resource),
                Attention::None => false,
            };
            if !is_meant {
                continue;
            }
            if excluded.contains(&kind.resource) {
                selection.excluded.push(kind.resource.clone());
            } else {
                selection.scanned.push(kind.clone());
            }
        }
        selection
    }

    /// Versions of groups that could not be asked and may serve kinds that controls speak of.
    pub fn missed(&self, gate: &Gate) -> Vec<(&str, Failure)> {
        let named = named_groups(gate);
        let unread = self.unread.iter();
        let unread = unread.filter(|(version, _)| {
            let group = version.split_once('/').map_or("", |(group, _)| group);
            named.as_ref().is_none_or(|named| named.contains(group))
        });
        unread
            .map(|(version, failure)| (version.as_str(), *failure))
            .collect()
    }
}

/// The groups that controls name; none where a control speaks of any.
fn named_groups(gate: &Gate) -> Option<BTreeSet<String>> {
    let inputs = gate.controls().flat_map(|control| &control.inputs);
    let inputs = inputs.filter(|input| input.kind == soc2gate_engine::SubjectKind::Kubernetes);
    let mut groups = BTreeSet::new();
    for input in inputs {
        for resource in input.resources.as_ref()? {
            let group = resource.rsplit_once('/').map_or("", |(group, _)| group);
            groups.insert(group.to_owned());
        }
    }
    Some(groups)
}

/// The versions of a group, the one that the server prefers first.
fn versions_of(group: &Value) -> Vec<String> {
    let name = |version: &Value| {
        let name = version.get("groupVersion").and_then(Value::as_str);
        name.map(str::to_owned)
    };
    let preferred = group.get("preferredVersion").and_then(name);
    let versions = group.get("versions").and_then(Value::as_array);
    let others = versions.into_iter().flatten().filter_map(name);
    let others: Vec<String> = others
        .filter(|version| Some(version) != preferred.as_ref())
        .collect();
    preferred.into_iter().chain(others).collect()
}

fn passes(resource: &str) -> bool {
    let group = resource.split_once('/').map_or("", |(group, _)| group);
    PASSING.contains(&resource) || REPORT_GROUPS.contains(&group)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resources(list: &[(&str, &str, &[&str])]) -> Value {
        let resources: Vec<Value> = list
            .iter()
            .map(|(name, kind, verbs)| json!({"name": name, "kind": kind, "namespaced": true, "verbs": verbs}))
            .collect();
        json!({ "resources": resources })
    }

    #[test]
    fn the_preferred_version_of_a_kind_is_listed() {
        let group = json!({"name": "batch", "versions": [{"groupVersion": "batch/v1"}, {"groupVersion": "batch/v2"}],
            "preferredVersion": {"groupVersion": "batch/v2"}});
        assert_eq!(versions_of(&group), ["batch/v2", "batch/v1"]);
        let mut discovery = Discovery::default();
        discovery.add("batch/v2", &resources(&[("jobs", "Job", &["list"])]));
        discovery.add(
            "batch/v1",
            &resources(&[
                ("jobs", "Job", &["list"]),
                ("cronjobs", "CronJob", &["list"]),
            ]),
        );
        let versions: Vec<&str> = discovery
            .kinds
            .values()
            .map(|kind| kind.api_version.as_str())
            .collect();
        assert_eq!(versions, ["batch/v1", "batch/v2"]);
    }

    #[test]
    fn what_cannot_be_listed_is_no_kind() {
        let mut discovery = Discovery::default();
        let list = resources(&[
            ("pods/log", "Pod", &["get"]),
            ("bindings", "Binding", &["create"]),
            ("pods", "Pod", &["get", "list"]),
        ]);
        discovery.add("v1", &list);
        let kinds: Vec<String> = discovery.kinds.values().map(ServedKind::path).collect();
        assert_eq!(kinds, ["/api/v1/pods"]);
    }

    #[test]
    fn a_list_without_resources_is_unread() {
        let mut discovery = Discovery::default();
        discovery.add("apps/v1", &json!({}));
        assert_eq!(
            discovery.unread,
            [("apps/v1".to_owned(), Failure::Unreadable)]
        );
    }
}
