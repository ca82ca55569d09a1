//! The webhook registers itself: a real kubectl is refused by it, with certificates that are renewed meanwhile.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cluster::tools;
use crate::kubernetes::{Cluster, program};
use crate::process::{Prepared, Webhook};
use crate::service::pod;

/// A webhook that registered itself in a cluster.
async fn registered(cluster: &Cluster, arguments: &[&str]) -> Webhook {
    let webhook = Prepared::new()
        .registered()
        .with(&["--kubeconfig", &cluster.kubeconfig])
        .with(arguments)
        .start()
        .await;
    webhook
        .until("it is registered", async || {
            webhook.log().contains("the webhook is registered")
        })
        .await;
    webhook
}

fn configuration(cluster: &Cluster) -> Value {
    let get = [
        "get",
        "validatingwebhookconfiguration",
        "soc2gate",
        "--output",
        "json",
    ];
    let (done, said) = cluster.kubectl(&get);
    assert!(done, "{said}");
    serde_json::from_str(&said).unwrap()
}

/// What came of the last call of a webhook.
fn last_call(cluster: &Cluster) -> Value {
    let (_, said) = cluster.kubectl(&["get", "--raw", "/_audit"]);
    let calls: Vec<Value> = serde_json::from_str(&said).unwrap();
    calls.last().cloned().unwrap_or_default()["error"].take()
}

/// A pod in a namespace of the cluster, with a name.
fn named_pod(name: &str, is_privileged: bool) -> String {
    let mut pod = pod(is_privileged);
    pod["metadata"] = json!({"name": name, "namespace": "shop"});
    pod.to_string()
}

fn config_map(name: &str) -> String {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "shop"}}).to_string()
}

#[tokio::test]
async fn kubectl_is_refused_by_a_webhook_outside_of_the_cluster() {
    let Some(tools) = tools() else { return };
    let cluster = Cluster::start(&tools, &json!({"namespaces": ["shop"]}));
    let webhook = registered(&cluster, &[]).await;
    let (done, said) = cluster.apply(&named_pod("web", true));
    assert!(!done, "{said}");
    assert!(
        said.contains("admission webhook") && said.contains("WRK-01"),
        "{said}"
    );
    let (done, said) = cluster.apply(&config_map("fine"));
    assert!(done, "{said}");
    // What was let in and what was not is recorded.
    let outcomes: Vec<bool> = crate::process::decisions(&webhook.records())
        .into_iter()
        .map(|(_, id)| !id.is_empty())
        .collect();
    assert_eq!(outcomes.len(), 2);

    // Somebody takes out what is asked for: it comes back.
    let patch = r#"[{"op": "replace", "path": "/webhooks/1/rules", "value": [{"apiGroups": ["batch"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["jobs"]}]}]"#;
    let (done, said) = cluster.kubectl(&[
        "patch",
        "validatingwebhookconfiguration",
        "soc2gate",
        "--type",
        "json",
        "--patch",
        patch,
    ]);
    assert!(done, "{said}");
    webhook
        .until("it is as it was", async || {
            configuration(&cluster)["webhooks"][1]["rules"]
                .as_array()
                .unwrap()
                .len()
                > 1
        })
        .await;
    assert!(webhook.log().contains("SG8007"));
    assert!(!webhook.log().contains("PRIVATE"));

    // It stays registered when it ends; it is taken away by a command.
    drop(webhook);
    configuration(&cluster);
    let (done, said) = cluster.apply(&config_map("let-in-without-it"));
    assert!(done, "{said}");
    for _ in 0..2 {
        let removed = std::process::Command::new(env!("CARGO_BIN_EXE_soc2gate-webhook"))
            .args(["unregister", "--kubeconfig", &cluster.kubeconfig])
            .output()
            .unwrap();
        assert_eq!(removed.status.code(), Some(0));
    }
    assert!(
        !cluster
            .kubectl(&["get", "validatingwebhookconfiguration", "soc2gate"])
            .0
    );
}

#[tokio::test]
async fn a_certificate_is_renewed_and_no_request_is_lost() {
    let Some(tools) = tools() else { return };
    let cluster = Cluster::start(&tools, &json!({"namespaces": ["shop"]}));
    let lifetimes = [
        "--ca-lifetime",
        "12s",
        "--certificate-lifetime",
        "6s",
        "--ca-overlap",
        "2s",
    ];
    let webhook = registered(&cluster, &lifetimes).await;
    // The webhook must answer: what it refuses only for want of a certificate would pass.
    let began = Instant::now();
    let (mut bundles, mut refused) = (std::collections::BTreeSet::new(), 0);
    while began.elapsed() < Duration::from_secs(25) {
        let (done, said) = cluster.apply(&named_pod("web", true));
        assert!(
            !done && said.contains("WRK-01"),
            "{said} {}",
            last_call(&cluster)
        );
        refused += 1;
        let bundle = &configuration(&cluster)["webhooks"][0]["clientConfig"]["caBundle"];
        bundles.insert(bundle.as_str().unwrap().to_owned());
    }
    assert!(
        refused > 10 && bundles.len() >= 3,
        "{refused} {}",
        bundles.len()
    );
    let renewed = webhook
        .metric("soc2gate_webhook_certificate_reloads_total")
        .await;
    assert!(renewed >= Some(3.0), "{renewed:?}");
}

#[tokio::test]
async fn a_secret_of_others_is_not_overwritten() {
    let Some(tools) = tools() else { return };
    let secret = json!({"apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "soc2gate-webhook-certificate", "namespace": "soc2gate-system"}, "stringData": {"tls.crt": "x"}});
    let cluster = Cluster::start(&tools, &json!({"namespaces": ["soc2gate-system"]}));
    let (done, said) = cluster.apply(&secret.to_string());
    assert!(done, "{said}");
    let prepared = Prepared::new()
        .registered()
        .with(&["--kubeconfig", &cluster.kubeconfig]);
    let (code, log) = prepared.fails();
    assert_eq!(code, Some(2), "{log}");
    assert!(
        log.contains("SG8006") && log.contains("not made by this program"),
        "{log}"
    );
}

#[tokio::test]
async fn of_two_replicas_one_writes_and_both_serve() {
    let Some(tools) = tools() else { return };
    let cluster = Cluster::start(&tools, &json!({"namespaces": ["shop"]}));
    let one = registered(&cluster, &["--replica", "one"]).await;
    let holder = || {
        let (_, said) = cluster.kubectl(&[
            "get",
            "lease",
            "soc2gate-webhook-certificates",
            "--namespace",
            "soc2gate-system",
            "--output",
            "jsonpath={.spec.holderIdentity}",
        ]);
        said
    };
    one.until("one holds the lease", async || holder() == "one")
        .await;
    let two = Prepared::new()
        .registered()
        .with(&["--kubeconfig", &cluster.kubeconfig, "--replica", "two"])
        .start()
        .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(holder(), "one");
    // A lease of somebody who is gone is taken over.
    drop(one);
    two.until("two holds the lease", async || holder() == "two")
        .await;
}

/// What helm makes of the chart with a certificate of the webhook's own making.
fn manifest(tools: &std::path::Path) -> String {
    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/chart");
    let rendered = std::process::Command::new(program(tools, "helm"))
        .args([
            "template",
            "soc2gate",
            chart,
            "--namespace",
            "soc2gate-system",
        ])
        .args([
            "--set",
            "certificate.mode=selfManaged,namespace.create=true,uninstall.enabled=false",
        ])
        .output()
        .unwrap();
    assert!(rendered.status.success(), "{rendered:?}");
    String::from_utf8(rendered.stdout).unwrap()
}

#[tokio::test]
async fn the_account_of_the_chart_may_do_what_it_must() {
    const ACCOUNT: &str = "system:serviceaccount:soc2gate-system:soc2gate";
    let Some(tools) = tools() else { return };
    let groups = ["system:serviceaccounts", "system:authenticated"];
    let users = json!({"admin": {"groups": ["system:masters"]}, ACCOUNT: {"groups": groups}});
    let cluster = Cluster::start(&tools, &json!({"namespaces": ["shop"], "users": users}));
    let (done, said) = cluster.apply(&manifest(&tools));
    assert!(done, "{said}");
    let webhook = Prepared::new()
        .behind("soc2gate")
        .with(&["--kubeconfig", &cluster.kubeconfig, "--context", ACCOUNT])
        .with(&[
            "--namespace",
            "soc2gate-system",
            "--stored-certificate",
            "soc2gate-tls",
        ])
        .start()
        .await;
    webhook
        .until("it is registered", async || {
            webhook.log().contains("the webhook is registered")
        })
        .await;
    let service = json!({"soc2gate-system/soc2gate": webhook.address()});
    std::fs::write(
        cluster.folder.path().join("services.json"),
        service.to_string(),
    )
    .unwrap();
    let (done, said) = cluster.kubectl(&[
        "create",
        "--raw",
        "/_services",
        "--filename",
        "services.json",
    ]);
    assert!(done, "{said}");
    let (done, said) = cluster.apply(&named_pod("web", true));
    assert!(
        !done && said.contains("WRK-01"),
        "{said} {}",
        last_call(&cluster)
    );
    let (done, said) = cluster.apply(&config_map("fine"));
    assert!(done, "{said}");
    // Nothing of it was forbidden, and it may do no more.
    assert!(!webhook.log().contains("Forbidden"), "{}", webhook.log());
    for arguments in [
        ["get", "secrets", "--namespace", "shop"],
        ["get", "secrets", "--namespace", "soc2gate-system"],
        [
            "get",
            "validatingwebhookconfigurations",
            "--context",
            ACCOUNT,
        ],
    ] {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--context", ACCOUNT]);
        let (done, said) = cluster.kubectl(&arguments);
        assert!(!done && said.contains("Forbidden"), "{said}");
    }
}
