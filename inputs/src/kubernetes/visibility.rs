//! Which values of an object may be shown in an excerpt, and which may be kept as evidence. Everything else is
//! masked or withheld: environment values, arguments, annotations and the fields of kinds that nobody here knows can
//! hold secrets.

use soc2gate_source::Segment;

/// Nothing.
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
    is_shown(path) && !is_hidden(path)
}

fn is_shown(path: &[Segment]) -> bool {
    match path {
        [.., Segment::Key(list), Segment::Index(_)] => has(SHOWN_LISTS, list),
        [.., Segment::Key(key)] => has(SHOWN, key),
        _ => false,
    }
}

/// Whether a list of names, which is sorted, has one.
fn has(names: &[&str], name: &str) -> bool {
    names.binary_search(&name).is_ok()
}

fn is_hidden(path: &[Segment]) -> bool {
    path.iter()
        .any(|segment| matches!(segment, Segment::Key(key) if HIDDEN_BELOW.contains(&key.as_str())))
}

/// Further values that are kept, because controls decide by them: maps whose values choose or label objects.
const STORED_BELOW: &[&str] = &[
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "requests",
    "seLinuxOptions",
    "selector",
    "sysctls",
];

/// Further fields that are kept.
const STORED: &[&str] = &[
    "appProtocol",
    "cidr",
    "claimName",
    "clusterIP",
    "effect",
    "externalName",
    "failurePolicy",
    "fsGroup",
    "key",
    "loadBalancerClass",
    "loadBalancerIP",
    "localhostProfile",
    "matchPolicy",
    "reference",
    "scheme",
    "scope",
    "sectionName",
    "statusCode",
    "storage",
    "timeoutSeconds",
];

/// Further lists that are kept.
const STORED_LISTS: &[&str] = &[
    "accessModes",
    "apiVersions",
    "except",
    "loadBalancerSourceRanges",
    "operations",
    "values",
];

/// Annotations by which controls decide and which hold no secret.
const STORED_ANNOTATIONS: &[&str] = &[
    "alb.ingress.kubernetes.io/certificate-arn",
    "alb.ingress.kubernetes.io/listen-ports",
    "alb.ingress.kubernetes.io/ssl-redirect",
    "haproxy-ingress.github.io/ssl-redirect",
    "ingress.gcp.kubernetes.io/pre-shared-cert",
    "ingress.kubernetes.io/ssl-redirect",
    "kubernetes.io/ingress.allow-http",
    "networking.gke.io/managed-certificates",
    "nginx.ingress.kubernetes.io/force-ssl-redirect",
    "nginx.ingress.kubernetes.io/ssl-redirect",
    "service.beta.kubernetes.io/aws-load-balancer-ssl-cert",
    "service.beta.kubernetes.io/aws-load-balancer-ssl-ports",
    "storageclass.beta.kubernetes.io/is-default-class",
    "storageclass.kubernetes.io/is-default-class",
    "volume.beta.kubernetes.io/storage-class",
];

/// Annotations that name the profile of a container.
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Parameters of storage classes that say how a volume is encrypted.
const STORED_PARAMETERS: &[&str] = &[
    "diskEncryptionSetID",
    "disk-encryption-kms-key",
    "Encrypted",
    "encrypted",
    "encryptionKMSID",
    "kmsKeyId",
    "type",
];

/// The values of an object of a group of Kubernetes' own that are kept as evidence.
pub(super) fn stored(path: &[Segment]) -> bool {
    if let [.., Segment::Key(folder), Segment::Key(name)] = path {
        let known: &[&str] = match folder.as_str() {
            "annotations" if name.starts_with(APPARMOR) => return true,
            "annotations" => STORED_ANNOTATIONS,
            "parameters" if path.len() == 2 => STORED_PARAMETERS,
            _ => &[],
        };
        if known.contains(&name.as_str()) {
            return true;
        }
    }
    (is_shown(path) || is_stored(path)) && !is_hidden(path)
}

fn is_stored(path: &[Segment]) -> bool {
    let keys = || {
        path.iter().filter_map(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        })
    };
    let of_its_own = match path {
        [.., Segment::Key(list), Segment::Index(_)] => has(STORED_LISTS, list),
        [.., Segment::Key(key)] => has(STORED, key),
        _ => false,
    };
    of_its_own || keys().any(|key| has(STORED_BELOW, key))
}

/// The values of a kind that holds secrets: its names, and the resources that an EncryptionConfiguration encrypts.
pub(super) fn names(path: &[Segment]) -> bool {
    match path {
        [
            Segment::Key(outer),
            Segment::Index(_),
            Segment::Key(inner),
            Segment::Index(_),
        ] => outer == "resources" && inner == "resources",
        [Segment::Key(key)] => matches!(key.as_str(), "apiVersion" | "kind"),
        [Segment::Key(metadata), Segment::Key(key)] => {
            metadata == "metadata" && matches!(key.as_str(), "name" | "generateName" | "namespace")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_since_they_are_sorted() {
        for names in [SHOWN, SHOWN_LISTS, STORED, STORED_BELOW, STORED_LISTS] {
            assert!(names.is_sorted(), "{names:?}");
        }
    }
}
