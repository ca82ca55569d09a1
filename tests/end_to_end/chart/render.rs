//! What helm makes of the chart.

use std::collections::BTreeSet;

use super::*;

/// A certificate, which an API server parses when it is told of it.
const PEM: &str = include_str!("ca.pem");

/// Values that name a certificate which is there.
pub(super) fn provided_certificate() -> String {
    format!(
        "certificate:\n  mode: provided\n  provided:\n    secretName: own\n    caBundle: |\n      {}\n",
        PEM.trim_end().replace('\n', "\n      ")
    )
}

/// Values, and the kinds that they add to those of the defaults or take away.
fn cases() -> Vec<(
    &'static str,
    String,
    &'static [&'static str],
    &'static [&'static str],
)> {
    let everything = r#"
fullnameOverride: gate
image: {tag: 1.2.3, digest: "sha256:0123456789012345678901234567890123456789012345678901234567890123"}
imagePullSecrets: [{name: registry}]
replicas: 3
threads: 4
webhook:
  timeoutSeconds: 10
  operations: [CREATE, UPDATE]
  accessFailurePolicy: Ignore
  failClosedNamespaces: [shop, payments]
  excludedUsers: []
  additionalRules:
    - {apiGroups: [cloud.example.com], apiVersions: ["*"], operations: [CREATE], resources: [buckets]}
config: {version: 1, controls: {SUP-01: {parameters: {allowed_registries: [ghcr.io/soc2gate]}}}}
exceptions:
  - id: EXC-1
    control: WRK-01
    subjects: ["kubernetes/apps/DaemonSet/monitoring/node-exporter"]
    reason: It reads what the node does.
    compensating_control: Nobody but the platform team changes it.
    ticket: OPS-1
    requested_by: ana
    approved_by: ben
    approved_at: 2026-11-01T09:00:00Z
    expires_at: 2027-02-01T00:00:00Z
policies:
  owner.rego: |
    package main
    import rego.v1
    deny contains "no owner" if not input.metadata.labels.owner
ledger:
  mode: postgresql
  onFailure: allow
  postgresql: {passwordSecret: {name: database, key: password}, caSecret: {name: database-ca, key: ca.crt}}
serviceAccount: {annotations: {a: b}}
podAnnotations: {a: b}
podLabels: {a: b}
priorityClassName: system-cluster-critical
nodeSelector: {kubernetes.io/os: linux}
tolerations: [{operator: Exists}]
affinity: {nodeAffinity: {}}
networkPolicy: {enabled: true, metricsFrom: [{namespaceSelector: {}}]}
serviceMonitor: {enabled: true, labels: {release: prometheus}}
namespace: {create: true}
"#;
    let provided = provided_certificate();
    vec![
        ("defaults", "{}".to_owned(), &[], &[]),
        (
            "provided certificate",
            provided,
            &[],
            &["Certificate", "Issuer"],
        ),
        (
            "another issuer",
            "certificate: {certManager: {issuerRef: {name: company, kind: ClusterIssuer}}}"
                .to_owned(),
            &[],
            &["Issuer"],
        ),
        (
            "a certificate of its own making",
            "certificate: {mode: selfManaged}\nnetworkPolicy: {enabled: true}".to_owned(),
            &["NetworkPolicy", "Role", "RoleBinding"],
            &["Certificate", "Issuer"],
        ),
        (
            "no ledger",
            "ledger: {mode: none}\nreplicas: 2".to_owned(),
            &["PodDisruptionBudget"],
            &["PersistentVolumeClaim"],
        ),
        (
            "a claim of one's own",
            "ledger: {embedded: {existingClaim: evidence}, initialize: false}".to_owned(),
            &[],
            &["PersistentVolumeClaim"],
        ),
        (
            "postgresql",
            "ledger: {mode: postgresql}\nreplicas: 2".to_owned(),
            &["PodDisruptionBudget"],
            &["PersistentVolumeClaim"],
        ),
        (
            "postgresql with one replica",
            "ledger: {mode: postgresql}".to_owned(),
            &[],
            &["PersistentVolumeClaim"],
        ),
        (
            "nothing optional",
            "uninstall: {enabled: false}\nserviceAccount: {create: false, name: theirs}".to_owned(),
            &[],
            &["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Job"],
        ),
        (
            "everything",
            everything.to_owned(),
            &[
                "Namespace",
                "NetworkPolicy",
                "ServiceMonitor",
                "PodDisruptionBudget",
            ],
            &["PersistentVolumeClaim"],
        ),
    ]
}

/// Kinds of the defaults.
const KINDS: [&str; 11] = [
    "Certificate",
    "ClusterRole",
    "ClusterRoleBinding",
    "ConfigMap",
    "Deployment",
    "Issuer",
    "Job",
    "PersistentVolumeClaim",
    "Service",
    "ServiceAccount",
    "ValidatingWebhookConfiguration",
];

#[test]
fn helm_renders_what_the_values_ask_for() {
    let Some(tools) = tools() else { return };
    for (name, values, more, fewer) in cases() {
        let text = render(&tools, &values).unwrap_or_else(|error| panic!("{name}: {error}"));
        let objects = objects(&text);
        let kinds: BTreeSet<&str> = objects
            .iter()
            .map(|object| object["kind"].as_str().unwrap())
            .collect();
        let wanted: BTreeSet<&str> = KINDS
            .iter()
            .chain(more)
            .copied()
            .filter(|kind| !fewer.contains(kind))
            .collect();
        assert_eq!(kinds, wanted, "{name}");
        assert_sound(name, &objects);
        helm(&tools, &["lint", "--strict"], &values)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// What holds of every rendering.
fn assert_sound(name: &str, objects: &[Value]) {
    let deployment = of_kind(objects, "Deployment")[0];
    let (spec, pod) = (&deployment["spec"], &deployment["spec"]["template"]["spec"]);
    let container = &pod["containers"][0];
    let arguments = texts(&container["args"]);
    let is_embedded = arguments.contains(&"--ledger=/var/lib/soc2gate/ledger");
    // Two writers of one folder, even for a moment, are one too many.
    let strategy = if is_embedded {
        "Recreate"
    } else {
        "RollingUpdate"
    };
    assert_eq!(spec["strategy"]["type"], strategy, "{name}");
    assert!(!is_embedded || spec["replicas"] == 1, "{name}");
    assert_eq!(
        of_kind(objects, "PodDisruptionBudget").is_empty(),
        spec["replicas"] == 1,
        "{name}"
    );

    // It is not killed before it has ended.
    let seconds = |option: &str| -> u64 {
        let value = arguments
            .iter()
            .find_map(|argument| argument.strip_prefix(option))
            .unwrap();
        value.strip_suffix('s').unwrap().parse().unwrap()
    };
    let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(
        grace > seconds("--drain-delay=") + seconds("--drain-timeout="),
        "{name}"
    );

    // Probes are asked without TLS, of a port that the container has.
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(container[probe]["httpGet"]["port"], "probes", "{name}");
    }
    assert_eq!(
        container["ports"][1],
        json!({"name": "probes", "containerPort": 8080, "protocol": "TCP"})
    );

    // Selectors find the pods.
    let labels = &spec["template"]["metadata"]["labels"];
    let selectors = [
        &spec["selector"]["matchLabels"],
        &of_kind(objects, "Service")[0]["spec"]["selector"],
    ];
    let more = ["PodDisruptionBudget", "NetworkPolicy"]
        .iter()
        .flat_map(|kind| of_kind(objects, kind));
    let more = more.map(|object| match &object["spec"]["podSelector"] {
        Value::Null => &object["spec"]["selector"]["matchLabels"],
        selector => &selector["matchLabels"],
    });
    for selector in selectors.into_iter().chain(more) {
        for (key, value) in selector.as_object().unwrap() {
            assert_eq!(&labels[key], value, "{name}");
        }
    }

    // Every volume is there for a mount, and every mount has its volume; the certificate is where it is looked for.
    let names = |list: &Value| -> BTreeSet<String> {
        let list = list.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter()
            .map(|item| item["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let init = pod["initContainers"][0].clone();
    let mounted: BTreeSet<String> = names(&container["volumeMounts"])
        .union(&names(&init["volumeMounts"]))
        .cloned()
        .collect();
    assert_eq!(mounted, names(&pod["volumes"]), "{name}");
    for option in [
        "--certificate=",
        "--key=",
        "--config=",
        "--policies=",
        "--ledger-keys=",
    ] {
        let path = arguments
            .iter()
            .find_map(|argument| argument.strip_prefix(option));
        let is_mounted = |path: &str| {
            let mounts = container["volumeMounts"].as_array().unwrap();
            mounts
                .iter()
                .any(|mount| path.starts_with(mount["mountPath"].as_str().unwrap()))
        };
        assert!(path.is_none_or(is_mounted), "{name}: {option}");
    }
    // The program is shown a token, and its account has a role, only where it makes its certificate.
    let asks = arguments.contains(&"--in-cluster");
    assert_eq!(pod["automountServiceAccountToken"], asks, "{name}");
    for binding in of_kind(objects, "ClusterRoleBinding") {
        let is_its_own = binding["subjects"][0]["name"] == pod["serviceAccountName"];
        assert!(!is_its_own || asks, "{name}");
    }
    for role in of_kind(objects, "ClusterRole") {
        for rule in role["rules"].as_array().unwrap() {
            let configuration = of_kind(objects, "ValidatingWebhookConfiguration")[0];
            assert_eq!(
                rule["resourceNames"],
                json!([configuration["metadata"]["name"]]),
                "{name}"
            );
        }
    }
}

#[test]
fn renderings_are_valid_by_the_schemas_of_kubernetes() {
    let Some(tools) = tools() else { return };
    let mut files: Vec<(String, String)> = cases()
        .into_iter()
        .map(|(name, values, ..)| {
            (
                format!("{}.yaml", name.replace([' ', '\''], "-")),
                render(&tools, &values).unwrap(),
            )
        })
        .collect();
    files.push(("plain.yaml".to_owned(), plain_manifest()));
    files.push((
        "broken.yaml".to_owned(),
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n".to_owned(),
    ));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let folder = folder(&files);
    let output = Process::new(tools.join("python/bin/kubernetes-validate"))
        .args(["--strict", "--quiet"])
        .args(files.iter().map(|(name, _)| name))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said =
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    // What has no schema is of others than Kubernetes.
    let mut wrong: Vec<&str> = said
        .lines()
        .filter(|line| {
            !line.contains("cert-manager.io/v1") && !line.contains("monitoring.coreos.com/v1")
        })
        .collect();
    // The schemas judge something.
    let broken: Vec<&str> = wrong
        .iter()
        .copied()
        .filter(|line| line.contains("broken.yaml"))
        .collect();
    assert!(!broken.is_empty() && said.contains("prots"), "{said}");
    wrong.retain(|line| !line.contains("broken.yaml"));
    assert_eq!(wrong, Vec::<&str>::new());
}

#[rstest::rstest]
#[case::an_unknown_value("typo: 1", "typo")]
#[case::an_unknown_value_below("ledger: {mode: none, mood: x}", "mood")]
#[case::two_writers_of_a_folder("replicas: 2", "replicas")]
#[case::a_mode_that_is_not_there("certificate: {mode: self-managed}", "certificate/mode")]
#[case::a_certificate_without_its_ca(
    "certificate: {mode: provided, provided: {secretName: own, caBundle: \"\"}}",
    "caBundle"
)]
#[case::a_certificate_without_its_secret("certificate: {mode: provided}", "secretName")]
#[case::a_ledger_that_is_not_there("ledger: {mode: sqlite}", "ledger/mode")]
#[case::too_short_a_time("webhook: {timeoutSeconds: 1}", "timeoutSeconds")]
#[case::too_long_a_time("webhook: {timeoutSeconds: 30}", "timeoutSeconds")]
#[case::leases(
    "webhook: {additionalRules: [{apiGroups: [coordination.k8s.io], apiVersions: [v1], operations: [CREATE], resources: [leases]}]}",
    "apiGroups"
)]
#[case::every_group(
    "webhook: {additionalRules: [{apiGroups: [\"*\"], apiVersions: [v1], operations: [CREATE], resources: [things]}]}",
    "apiGroups"
)]
#[case::nodes(
    "webhook: {additionalRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [UPDATE], resources: [nodes/status]}]}",
    "resources"
)]
#[case::everything(
    "webhook: {additionalRules: [{apiGroups: [\"\"], apiVersions: [v1], operations: [CREATE], resources: [\"*\"]}]}",
    "resources"
)]
#[case::users_by_a_pattern(
    "webhook: {excludedUsers: [\"system:serviceaccount:kube-system:*\"]}",
    "excludedUsers"
)]
#[case::a_ledger_beside_the_value("config: {version: 1, ledger: {location: x}}", "config")]
#[case::a_file_that_is_no_policy("policies: {../x.rego: package x}", "propertyName")]
#[case::a_namespace_that_nodes_need(
    "webhook: {failClosedNamespaces: [kube-system]}",
    "failClosedNamespaces"
)]
#[case::no_digest("image: {digest: latest}", "digest")]
#[case::a_number_as_a_text("maxInFlight: many", "maxInFlight")]
fn values_that_cannot_be_right_are_refused(#[case] values: &str, #[case] told: &str) {
    let Some(tools) = tools() else { return };
    let error = render(&tools, values).unwrap_err();
    assert!(error.contains(told), "{error}");
}

#[test]
fn values_and_their_schema_name_the_same() {
    let schema = fs::read_to_string(root().join("webhook/chart/values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let values = objects(&fs::read_to_string(root().join("webhook/chart/values.yaml")).unwrap());
    assert!(
        jsonschema::validator_for(&schema)
            .unwrap()
            .is_valid(&values[0])
    );
    assert_closed(&schema, &values[0], "");
}

/// A value that only the schema knows would do nothing, and one that it does not know could not be set.
fn assert_closed(schema: &Value, values: &Value, path: &str) {
    // The gate holds its configuration to a schema of its own; an issuer is named where there is one.
    if schema["properties"].is_null() || path == "/config" || path.ends_with("/issuerRef") {
        return;
    }
    assert_eq!(schema["additionalProperties"], false, "{path}");
    for (name, below) in schema["properties"].as_object().unwrap() {
        if name != "global" && path != "/resources" {
            assert!(
                !values[name].is_null() || name == "threads",
                "{path}/{name}"
            );
        }
        assert_closed(below, &values[name], &format!("{path}/{name}"));
    }
}

#[test]
fn the_image_is_what_the_chart_runs() {
    let dockerfile = fs::read_to_string(root().join("webhook/Dockerfile")).unwrap();
    let (_, last) = dockerfile.rsplit_once("\nFROM ").unwrap();
    assert!(last.starts_with("scratch\n"));
    let objects = objects(&plain_manifest());
    let pod = &of_kind(&objects, "Deployment")[0]["spec"]["template"]["spec"];
    let user = &pod["securityContext"]["runAsUser"];
    assert!(last.contains(&format!("\nUSER {user}:{user}\n")));
    let program = pod["initContainers"][0]["command"][0].as_str().unwrap();
    assert!(last.contains(&format!("RUN [\"{program}\", \"--version\"]")));
    assert!(
        last.contains("ENTRYPOINT [\"/soc2gate-webhook\"]")
            && pod["containers"][0]["command"].is_null()
    );
    // The version of the program, of the chart and of the image are one.
    let chart = fs::read_to_string(root().join("webhook/chart/Chart.yaml")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(chart.contains(&format!("\nappVersion: {version}\n")));
    assert!(last.contains(&format!("ARG VERSION={version}\n")));
    let image = pod["containers"][0]["image"].as_str().unwrap();
    assert!(image.ends_with(&format!(":{version}")), "{image}");
}

#[test]
fn settings_exceptions_and_policies_are_read_by_the_gate() {
    let Some(tools) = tools() else { return };
    let (_, values, ..) = cases().pop().unwrap();
    let objects = objects(&render(&tools, &values).unwrap());
    let mut files = vec![("pod.yaml".to_owned(), POD.to_owned())];
    for (map, place) in of_kind(&objects, "ConfigMap")
        .into_iter()
        .zip(["config", "policies"])
    {
        for (name, text) in map["data"].as_object().unwrap() {
            files.push((format!("{place}/{name}"), text.as_str().unwrap().to_owned()));
        }
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert_eq!(files.len(), 4);
    let folder = folder(&files);
    let (report, code) = check(
        folder.path(),
        &[
            "pod.yaml",
            "--config",
            "config/soc2gate.yaml",
            "--policies",
            "policies",
        ],
    );
    // The exception is read: it matches nothing here. The policy is: it denies.
    let unused = codes(&report);
    assert!(
        unused.len() == 1 && unused[0].contains("config/exceptions.yaml"),
        "{unused:?}"
    );
    assert_eq!(code, 1, "{report:#}");
    assert!(report.to_string().contains("no owner"));
}

#[test]
fn renderings_pass_the_controls_of_the_gate() {
    let Some(tools) = tools() else { return };
    let class = encrypted_class();
    for (name, values, ..) in cases() {
        let text = render(&tools, &values).unwrap();
        let folder = folder(&[("all.yaml", &text), ("class.yaml", &class)]);
        let (report, _) = check(folder.path(), &["all.yaml", "class.yaml"]);
        let mut open = open(&report);
        // Without the network policy of the chart pods are isolated by another one or not at all; what is named by tags
        // and where images come from is for whoever installs.
        open.retain(|(control, _)| !["NET-05", "SUP-01", "SUP-02"].contains(&control.as_str()));
        assert_eq!(open, vec![], "{name}");
    }
}

#[test]
fn the_plain_manifest_passes_the_controls_of_the_gate() {
    let class = encrypted_class();
    let manifest = plain_manifest();
    let folder = folder(&[("install.yaml", &manifest), ("class.yaml", &class)]);
    let (report, code) = check(folder.path(), &["install.yaml", "class.yaml"]);
    assert_eq!((codes(&report), code), (vec![], 0), "{report:#}");
    let named = |control: &str, status: &str| (control.to_owned(), status.to_owned());
    // A digest is there when an image is, and registries are allowed by whoever installs. Both warn.
    assert_eq!(
        open(&report),
        vec![named("SUP-01", "unknown"), named("SUP-02", "fail")]
    );
    // Nobody knows what the volume is encrypted with where the default class is not shown.
    let (report, code) = check(folder.path(), &["install.yaml"]);
    assert_eq!(
        (open(&report).first(), code),
        (Some(&named("ENC-12", "unknown")), 2)
    );
}

/// A default class of volumes that are encrypted.
fn encrypted_class() -> String {
    fs::read_to_string(root().join("tests/end_to_end/chart/storage-class.yaml")).unwrap()
}

/// Controls that did not pass, and why.
fn open(report: &Value) -> Vec<(String, String)> {
    let verdicts = report["decisions"].as_array().unwrap().iter();
    let verdicts = verdicts.flat_map(|decision| decision["verdicts"].as_array().unwrap());
    let open: BTreeSet<(String, String)> = verdicts
        .filter(|verdict| ["fail", "unknown"].contains(&verdict["status"].as_str().unwrap()))
        .map(|verdict| {
            let text = |key: &str| verdict[key].as_str().unwrap().to_owned();
            (text("control"), text("status"))
        })
        .collect();
    open.into_iter().collect()
}
