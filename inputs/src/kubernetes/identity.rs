//! What an object is called.

use serde_json::Value;

/// The names of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) api_version: String,
    pub(super) kind: String,
    namespace: Option<String>,
    name: String,
}

/// What an object lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Missing(pub(super) &'static str);

/// Groups whose kinds are read by tools and never sent to a cluster.
const CLIENT_SIDE_GROUPS: &[&str] = &[
    "kustomize.config.k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
    "kubecontrollermanager.config.k8s.io",
    "client.authentication.k8s.io",
    "kind.x-k8s.io",
    "skaffold",
    "k3d.io",
    "eksctl.io",
    "ctlptl.dev",
    "tilt.dev",
    "helmfile.dev",
];

impl Identity {
    pub(super) fn of(value: &Value) -> Result<Self, Missing> {
        let object = value
            .as_object()
            .ok_or(Missing("an object must be a mapping"))?;
        let api_version = match object.get("apiVersion") {
            Some(Value::String(version)) if is_api_version(version) => version.clone(),
            Some(_) => return Err(Missing("apiVersion must be a version like v1 or apps/v1")),
            None => return Err(Missing("an object without apiVersion")),
        };
        let kind = match object.get("kind") {
            Some(Value::String(kind)) if !kind.is_empty() && !kind.contains('/') => kind.clone(),
            Some(_) => return Err(Missing("kind must be the name of a kind")),
            None => return Err(Missing("an object without kind")),
        };
        let metadata = match object.get("metadata") {
            None | Some(Value::Null) => None,
            Some(Value::Object(metadata)) => Some(metadata),
            Some(_) => return Err(Missing("metadata must be a mapping")),
        };
        let text = |key: &str| match metadata.and_then(|metadata| metadata.get(key)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(Missing(
                "metadata.name, generateName and namespace must be texts",
            )),
        };
        let name = match (text("name")?, text("generateName")?) {
            (Some(name), _) => name,
            (None, Some(prefix)) => format!("{prefix}*"),
            (None, None) => "(unnamed)".to_owned(),
        };
        Ok(Self {
            api_version,
            kind,
            namespace: text("namespace")?,
            name,
        })
    }

    pub(super) fn group(&self) -> &str {
        self.api_version
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// The type for routing: `apps/Deployment`, `Pod`. The version does not count.
    pub(super) fn resource(&self) -> String {
        match self.group() {
            "" => self.kind.clone(),
            group => format!("{group}/{}", self.kind),
        }
    }

    /// The id of the subject: `kubernetes/[group/]Kind/[namespace/]name`.
    pub(super) fn id(&self) -> String {
        let resource = self.resource();
        match &self.namespace {
            Some(namespace) => format!("kubernetes/{resource}/{namespace}/{}", self.name),
            None => format!("kubernetes/{resource}/{}", self.name),
        }
    }

    /// Whether it is a file for a tool.
    pub(super) fn is_client_side(&self) -> bool {
        CLIENT_SIDE_GROUPS.contains(&self.group())
            // A kubeconfig.
            || (self.api_version == "v1" && self.kind == "Config")
    }

    /// Whether none of its values may be shown.
    pub(super) fn holds_secrets(&self) -> bool {
        matches!(
            self.resource().as_str(),
            "Secret" | "ConfigMap" | "apiserver.config.k8s.io/EncryptionConfiguration"
        ) || self.kind.contains("Secret")
    }
}

/// Whether a group is one of Kubernetes' own, whose fields are known.
pub(super) fn is_own_group(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}

/// `v1` or `group/v1`.
fn is_api_version(version: &str) -> bool {
    let mut parts = version.split('/');
    let fits = |part: Option<&str>| part.is_some_and(|part| !part.is_empty());
    fits(parts.next()) && parts.next().is_none_or(|part| !part.is_empty()) && parts.next().is_none()
}
