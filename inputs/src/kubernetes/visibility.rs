//! Which values of an object may be shown in an excerpt. Everything else is masked: environment values,
//! arguments, annotations and the fields of kinds that nobody here knows can hold secrets.

use soc2gate_source::Segment;

/// Nothing: Secrets, ConfigMaps.
pub(super) fn none(_: &[Segment]) -> bool {
    false
}

/// Fields whose values name things or switch them on and off.
const SHOWN: &[&str] = &[
    "allowPrivilegeEscalation",
    "apiGroup",
    "apiVersion",
    "automountServiceAccountToken",
    "containerPort",
    "dnsPolicy",
    "gateway",
    "gatewayClassName",
    "generateName",
    "host",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "hostProcess",
    "hostname",
    "image",
    "imagePullPolicy",
    "ingressClassName",
    "kind",
    "medium",
    "mode",
    "mountPath",
    "name",
    "namespace",
    "nodePort",
    "number",
    "operator",
    "path",
    "pathType",
    "port",
    "privileged",
    "procMount",
    "protocol",
    "provisioner",
    "readOnly",
    "readOnlyRootFilesystem",
    "replicas",
    "restartPolicy",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "schedule",
    "secretName",
    "serviceAccount",
    "serviceAccountName",
    "storageClassName",
    "targetPort",
    "type",
    "volumeName",
];

/// Lists whose elements name things.
const SHOWN_LISTS: &[&str] = &[
    "add",
    "apiGroups",
    "drop",
    "hosts",
    "nonResourceURLs",
    "policyTypes",
    "resourceNames",
    "resources",
    "verbs",
];

/// Folders whose values are never shown, whatever they are called.
const HIDDEN_BELOW: &[&str] = &[
    "annotations",
    "args",
    "command",
    "data",
    "binaryData",
    "stringData",
    "parameters",
];

/// The values that may be shown.
pub(super) fn of_object(path: &[Segment]) -> bool {
    let hidden = path.iter().any(
        |segment| matches!(segment, Segment::Key(key) if HIDDEN_BELOW.contains(&key.as_str())),
    );
    if hidden {
        return false;
    }
    match path {
        [.., Segment::Key(list), Segment::Index(_)] => SHOWN_LISTS.contains(&list.as_str()),
        [.., Segment::Key(key)] => SHOWN.contains(&key.as_str()),
        _ => false,
    }
}
