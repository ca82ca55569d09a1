//! The chart's audit: arguments that the program takes, and an account that may do what it needs and no more.

use std::path::Path;
use std::process::Command;

use clap::Parser as _;
use serde_json::{Value, json};
use soc2gate_engine::{Library, SubjectKind};
use soc2gate_webhook::args::{Cli, Command as Asked};

use crate::cluster::tools;
use crate::kubernetes::{Cluster, program};
use crate::report_definitions::report_definitions;

const NAMESPACE: &str = "soc2gate-system";
const ACCOUNT: &str = "system:serviceaccount:soc2gate-system:soc2gate-audit";

fn render(tools: &Path, values: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values.yaml");
    std::fs::write(&file, values).unwrap();
    let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("chart");
    let output = Command::new(program(tools, "helm"))
        .args(["template", "soc2gate"])
        .arg(chart)
        .args(["--namespace", NAMESPACE, "--values"])
        .arg(&file)
        .env("HELM_CACHE_HOME", folder.path())
        .env("HELM_CONFIG_HOME", folder.path())
        .env("HELM_DATA_HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    soc2gate_source::split_yaml(&String::from_utf8(output.stdout).unwrap())
        .into_iter()
        .filter_map(|document| soc2gate_source::parse_yaml(document).unwrap())
        .map(|document| document.value)
        .filter(|object| object["metadata"]["name"] == "soc2gate-audit")
        .collect()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects
        .iter()
        .find(|object| object["kind"] == kind)
        .unwrap()
}

fn arguments(objects: &[Value]) -> Vec<String> {
    let container = &of_kind(objects, "Deployment")["spec"]["template"]["spec"]["containers"][0];
    let arguments = container["args"].as_array().unwrap().iter();
    arguments
        .map(|argument| argument.as_str().unwrap().to_owned())
        .collect()
}

/// The name of a kind in paths.
fn plural(kind: &str) -> String {
    let name = kind.to_lowercase();
    if let Some(stem) = name.strip_suffix("cy") {
        format!("{stem}cies")
    } else if name.ends_with('s') {
        format!("{name}es")
    } else {
        format!("{name}s")
    }
}

#[test]
fn its_arguments_are_those_of_the_program() {
    let Some(tools) = tools() else { return };
    for (values, has_ledger) in [
        ("audit: {enabled: true}", false),
        (
            "audit: {enabled: true, interval: 30m, replicas: 2, excludedNamespaces: [kube-system], maxReports: 7}\n\
          ledger: {mode: postgresql, postgresql: {caSecret: {name: database-ca}}}\nnetworkPolicy: {enabled: true}\npolicies: {a.rego: package main}",
            true,
        ),
    ] {
        let objects = render(&tools, values);
        let arguments = arguments(&objects);
        let command = ["soc2gate-webhook".to_owned()].into_iter().chain(arguments);
        let Asked::Audit(audit) = Cli::try_parse_from(command).unwrap().command else {
            panic!("the audit is started");
        };
        assert!(audit.cluster.in_cluster && !audit.once);
        assert_eq!(audit.no_ledger, !has_ledger);
        assert_eq!(audit.exclude_kind, ["Secret"]);
        assert_eq!(audit.probes.port(), 8080);
    }
    assert_eq!(render(&tools, "{}"), Vec::<Value>::new());
}

#[test]
fn its_account_may_read_what_controls_name() {
    let Some(tools) = tools() else { return };
    let (library, _) = Library::load(&soc2gate_policies::sources());
    let inputs = library
        .controls()
        .iter()
        .flat_map(|control| &control.inputs);
    let inputs = inputs.filter(|input| input.kind == SubjectKind::Kubernetes);
    let mut named: Vec<&String> = inputs
        .flat_map(|input| input.resources.iter().flatten().chain(&input.context))
        // A file of the API server, which no cluster serves.
        .filter(|resource| *resource != "apiserver.config.k8s.io/EncryptionConfiguration")
        .collect();
    named.sort();
    named.dedup();
    assert!(named.len() > 15);
    for (values, reads_secrets) in [
        ("audit: {enabled: true}", false),
        ("audit: {enabled: true, excludedKinds: []}", true),
    ] {
        let objects = render(&tools, values);
        let rules = of_kind(&objects, "ClusterRole")["rules"]
            .as_array()
            .unwrap()
            .clone();
        for resource in &named {
            let (group, kind) = resource.rsplit_once('/').unwrap_or(("", resource));
            let plural = plural(kind);
            let has =
                |list: &Value, name: &str| list.as_array().unwrap().iter().any(|item| item == name);
            let is_read = rules.iter().any(|rule| {
                has(&rule["apiGroups"], group)
                    && has(&rule["resources"], &plural)
                    && has(&rule["verbs"], "list")
            });
            assert_eq!(
                is_read,
                reads_secrets || *resource != "Secret",
                "{resource}"
            );
        }
        for rule in &rules {
            assert!(!rule.to_string().contains('*'), "{rule}");
        }
    }
}

#[test]
fn its_account_is_enough_for_a_whole_scan() {
    let Some(tools) = tools() else { return };
    let digest = format!("sha256:{}", "0".repeat(64));
    let values = format!(
        "audit: {{enabled: true}}\nnetworkPolicy: {{enabled: true}}\nimage: {{digest: '{digest}'}}\n"
    );
    let mut objects = render(&tools, &values);
    objects.extend(report_definitions());
    objects.push(json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "pay"},
        "spec": {"containers": [{"name": "web", "image": "web", "securityContext": {"privileged": true}}]}}));
    let description = json!({"users": {"admin": {"groups": ["system:masters"]}, ACCOUNT: {}}, "namespaces": ["pay", NAMESPACE], "objects": objects});
    let cluster = Cluster::start(&tools, &description);
    let folder = tempfile::tempdir().unwrap();
    let scan = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_soc2gate-webhook"))
            .current_dir(folder.path())
            .env_clear()
            .args([
                "audit",
                "--once",
                "--no-ledger",
                "--kubeconfig",
                &cluster.kubeconfig,
                "--context",
                ACCOUNT,
            ])
            .args(["--namespace", NAMESPACE])
            .args(more)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, log) = scan(&["--exclude-kind", "Secret"]);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("scan complete"), "{log}");
    let (_, reports) = cluster.kubectl(&["get", "reports.openreports.io", "--namespace", "pay"]);
    assert!(reports.contains("soc2gate-"), "{reports}");
    // What the chart installs for it is not denied itself.
    for kind in ["reports.openreports.io", "clusterreports.openreports.io"] {
        let (done, text) = cluster.kubectl(&["get", kind, "--all-namespaces", "--output", "json"]);
        assert!(done, "{text}");
        let list: Value = serde_json::from_str(&text).unwrap();
        for report in list["items"].as_array().unwrap() {
            let is_own = report["scope"]["name"] == "soc2gate-audit";
            assert!(!is_own || report["summary"]["fail"] == 0, "{report}");
        }
    }
    // What it may not read it does not pass over.
    let (code, log) = scan(&[]);
    assert_eq!(code, Some(2), "{log}");
    assert!(
        log.contains("Secret could not be listed: 403 Forbidden"),
        "{log}"
    );
}
