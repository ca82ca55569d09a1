//! What Gatekeeper looks at in an object before it asks any rule.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Subject;

/// Kinds of the Kubernetes API that have no namespace.
const CLUSTER_SCOPED: &[&str] = &[
    "APIService",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterTrustBundle",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingAdmissionPolicyBinding",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "ResourceSlice",
    "RuntimeClass",
    "ServiceCIDR",
    "StorageClass",
    "StorageVersion",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

/// Groups of the Kubernetes API whose names have no domain.
const BUILT_IN_GROUPS: &[&str] = &["", "apps", "autoscaling", "batch", "extensions", "policy"];

/// Whether objects of a kind lie in namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    Cluster,
    Namespaced,
    /// A custom resource that names no namespace may be either.
    NotKnown,
}

/// The names and labels of an object.
#[derive(Debug, Clone)]
pub(super) struct Object<'a> {
    pub(super) group: &'a str,
    pub(super) version: &'a str,
    pub(super) kind: &'a str,
    pub(super) name: &'a str,
    pub(super) generate_name: &'a str,
    pub(super) namespace: Option<&'a str>,
    pub(super) labels: BTreeMap<&'a str, &'a str>,
}

impl<'a> Object<'a> {
    /// The object of a subject. What an admission request says of it counts for more than the object itself.
    pub(super) fn of(subject: &'a Subject) -> Self {
        let document = if subject.document.is_null() {
            subject.old_document.as_ref().unwrap_or(&Value::Null)
        } else {
            &subject.document
        };
        let mut object = Self::read(document);
        let said = |pointer: &str| {
            let request = subject.request.as_ref()?;
            let text = request.pointer(pointer)?.as_str()?;
            (!text.is_empty()).then_some(text)
        };
        object.namespace = said("/namespace").or(object.namespace);
        if object.name.is_empty() {
            object.name = said("/name").unwrap_or_default();
        }
        object
    }

    pub(super) fn read(document: &'a Value) -> Self {
        let text = |pointer: &str| {
            let text = document.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_default()
        };
        let (group, version) = text("/apiVersion")
            .split_once('/')
            .unwrap_or(("", text("/apiVersion")));
        Self {
            group,
            version,
            kind: text("/kind"),
            name: text("/metadata/name"),
            generate_name: text("/metadata/generateName"),
            namespace: Some(text("/metadata/namespace")).filter(|name| !name.is_empty()),
            labels: labels(document),
        }
    }

    /// Whether it is a Namespace, which lies in itself.
    pub(super) fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// Whether it lies in a namespace.
    pub(super) fn scope(&self) -> Scope {
        let is_built_in = BUILT_IN_GROUPS.contains(&self.group) || self.group.ends_with(".k8s.io");
        if is_built_in && CLUSTER_SCOPED.contains(&self.kind) {
            Scope::Cluster
        } else if self.namespace.is_some() || is_built_in {
            Scope::Namespaced
        } else {
            Scope::NotKnown
        }
    }
}

/// The labels of an object; one that is no text is none.
pub(super) fn labels(document: &Value) -> BTreeMap<&str, &str> {
    let labels = document
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    labels
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}
