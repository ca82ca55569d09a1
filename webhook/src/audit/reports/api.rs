//! The kinds of report that a cluster may have.

use super::super::discovery::{Discovery, ServedKind};

/// A group of report kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportApi {
    /// Reports on objects of namespaces.
    pub namespaced: ServedKind,
    /// Reports on other objects.
    pub cluster: ServedKind,
    /// Whether severities are those of the older group, which knew none above `high`.
    pub is_older: bool,
}

impl ReportApi {
    /// The groups that a cluster has.
    pub fn of(discovery: &Discovery) -> Vec<Self> {
        let policy = Self::new(
            "wgpolicyk8s.io/v1alpha2",
            ("PolicyReport", "policyreports"),
            ("ClusterPolicyReport", "clusterpolicyreports"),
            true,
        );
        let open = Self::new(
            "openreports.io/v1alpha1",
            ("Report", "reports"),
            ("ClusterReport", "clusterreports"),
            false,
        );
        let is_served = |kind: &ServedKind| {
            let key = (kind.api_version.clone(), kind.kind.clone());
            discovery.served.contains(&key)
        };
        let both = [policy, open].into_iter();
        both.filter(|api| is_served(&api.namespaced) && is_served(&api.cluster))
            .collect()
    }

    /// Whether a version of a group is one of those.
    pub fn is_report_version(version: &str) -> bool {
        matches!(
            version,
            "wgpolicyk8s.io/v1alpha2" | "openreports.io/v1alpha1"
        )
    }

    fn new(version: &str, namespaced: (&str, &str), cluster: (&str, &str), is_older: bool) -> Self {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        let kind = |(kind, plural): (&str, &str), is_namespaced| ServedKind {
            resource: format!("{group}/{kind}"),
            api_version: version.to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            is_namespaced,
        };
        Self {
            namespaced: kind(namespaced, true),
            cluster: kind(cluster, false),
            is_older,
        }
    }

    /// The kind of a report on an object of a namespace, or on another.
    pub fn kind(&self, namespace: Option<&str>) -> &ServedKind {
        if namespace.is_some() {
            &self.namespaced
        } else {
            &self.cluster
        }
    }
}
