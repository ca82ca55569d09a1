//! Files that change while requests come.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::process::{CONFIG, Prepared, Webhook, swap_files, write_certificate};
use crate::service::review;

fn harmless() -> Value {
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}});
    review("CREATE", &object)
}

/// Clients that ask until they are told to stop, and count what was lost.
struct Load {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicU64>,
    tasks: Vec<JoinHandle<u64>>,
}

impl Load {
    fn start(webhook: &Webhook, client: impl Fn() -> Client) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answered = Arc::new(AtomicU64::new(0));
        let task = |_| {
            let (client, url) = (client(), webhook.url());
            let (stop, answered) = (Arc::clone(&stop), Arc::clone(&answered));
            tokio::spawn(async move {
                let mut lost = 0;
                while !stop.load(Ordering::Relaxed) {
                    match client.ask(&url, &harmless()).await {
                        Some(_) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        None => lost += 1,
                    }
                }
                lost
            })
        };
        let tasks = (0..8).map(task).collect();
        Self {
            stop,
            answered,
            tasks,
        }
    }

    /// Stops, and says how many were lost.
    async fn lost(self) -> u64 {
        let began = Instant::now();
        while self.answered.load(Ordering::Relaxed) < 100 {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "nothing is answered"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.stop.store(true, Ordering::Relaxed);
        let mut lost = 0;
        for task in self.tasks {
            lost += task.await.unwrap();
        }
        lost
    }
}

#[tokio::test]
async fn a_certificate_is_changed_and_no_request_is_lost() {
    let mut webhook = Prepared::new().start().await;
    let load = Load::start(&webhook, || webhook.client());
    let http2 = Load::start(&webhook, || Client::http2(&webhook.trusted));
    let before = webhook
        .metric("soc2gate_webhook_certificate_expiry_timestamp_seconds")
        .await;
    assert!(before > Some(1_700_000_000.0));
    let renewed = write_certificate(webhook.path());
    webhook
        .until("the certificate is taken", async || {
            webhook
                .metric("soc2gate_webhook_certificate_reloads_total")
                .await
                == Some(1.0)
        })
        .await;
    // Whoever connects anew sees the new one, and only that.
    webhook.trusted = vec![renewed];
    assert!(
        webhook
            .client()
            .ask(&webhook.url(), &harmless())
            .await
            .is_some()
    );
    assert_eq!((load.lost().await, http2.lost().await), (0, 0));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_changes_nothing() {
    let webhook = Prepared::new().start().await;
    swap_files(
        &webhook.path().join("tls"),
        &[("tls.crt", "broken"), ("tls.key", "broken")],
    );
    webhook
        .until("it is told", async || {
            webhook.metric("soc2gate_webhook_certificate_broken").await == Some(1.0)
        })
        .await;
    assert!(
        webhook
            .client()
            .ask(&webhook.url(), &harmless())
            .await
            .is_some()
    );
    let (status, detail) = webhook.probe("/readyz").await.unwrap();
    assert_eq!(status, 200);
    assert!(detail.contains("SG8002"), "{detail}");
    assert!(webhook.log().contains("SG8002"));
}

/// A policy that denies config maps of a name.
fn policy(name: &str) -> String {
    format!(
        "package main\n\nimport rego.v1\n\ndeny contains \"not this one\" if {{\n\tinput.kind == \"ConfigMap\"\n\tinput.metadata.name == \"{name}\"\n}}\n"
    )
}

#[tokio::test]
async fn policies_are_changed_and_no_request_is_lost() {
    let prepared = Prepared::new();
    swap_files(&prepared.path().join("own"), &[("own.rego", &policy("x"))]);
    let webhook = prepared.with(&["--policy", "own"]).start().await;
    let client = webhook.client();
    let load = Load::start(&webhook, || webhook.client());
    let ask = async || client.ask(&webhook.url(), &harmless()).await.unwrap();
    let before = ask().await;
    assert_eq!(before["allowed"], true, "{before:#}");
    swap_files(&webhook.path().join("own"), &[("own.rego", &policy("c"))]);
    webhook
        .until("the policy judges", async || {
            ask().await["allowed"] == false
        })
        .await;
    let after = ask().await;
    assert_ne!(
        before["auditAnnotations"]["policy-digest"],
        after["auditAnnotations"]["policy-digest"]
    );
    assert_eq!(load.lost().await, 0);
    // The new set is in the ledger before its first decision.
    let records = webhook.records();
    let changes = records
        .iter()
        .filter(|(_, record)| record.event.kind().as_str() == "policy_change");
    assert_eq!(changes.count(), 2);

    // What does not load changes nothing, and is told.
    swap_files(
        &webhook.path().join("own"),
        &[("own.rego", "package main\n\ndeny contains")],
    );
    webhook
        .until("it is told", async || {
            webhook.metric("soc2gate_webhook_policy_broken").await == Some(1.0)
        })
        .await;
    assert_eq!(
        ask().await["auditAnnotations"]["policy-digest"],
        after["auditAnnotations"]["policy-digest"]
    );
    let (status, detail) = webhook.probe("/readyz").await.unwrap();
    assert!(status == 200 && detail.contains("SG8003"), "{detail}");

    // And what is sound again judges again.
    swap_files(&webhook.path().join("own"), &[("own.rego", &policy("x"))]);
    webhook
        .until("the policy judges", async || ask().await["allowed"] == true)
        .await;
    assert_eq!(
        webhook.metric("soc2gate_webhook_policy_broken").await,
        Some(0.0)
    );
}

#[tokio::test]
async fn settings_and_exceptions_are_read_again() {
    let webhook = Prepared::new().start().await;
    let client = webhook.client();
    let ask = async || {
        client
            .ask(
                &webhook.url(),
                &review("CREATE", &crate::service::pod(true)),
            )
            .await
            .unwrap()
    };
    let failed = |response: &Value| {
        response["status"]["message"]
            .as_str()
            .unwrap_or_default()
            .contains("WRK-01")
    };
    assert!(failed(&ask().await));
    let config = format!("{CONFIG}controls:\n  WRK-01: {{enforcement: record}}\n");
    fs::write(webhook.path().join("soc2gate.yaml"), config).unwrap();
    webhook
        .until("the control is recorded only", async || {
            !failed(&ask().await)
        })
        .await;
    fs::write(
        webhook.path().join("soc2gate.yaml"),
        format!("{CONFIG}exceptions: exceptions.yaml\n"),
    )
    .unwrap();
    webhook
        .until("exceptions that are missing are told", async || {
            webhook.metric("soc2gate_webhook_policy_broken").await == Some(1.0)
        })
        .await;
    assert!(!failed(&ask().await));
    let exception = "version: 1\nexceptions:\n  - id: EXC-1\n    control: WRK-01\n    subjects: [\"kubernetes/Pod/prod/shell\"]\n    reason: The agent reads the disks of its node.\n    compensating_control: The node runs nothing else.\n    ticket: OPS-1\n    requested_by: alice\n    approved_by: bob\n    approved_at: 2026-11-01\n    expires_at: 2099-01-31\n";
    fs::write(webhook.path().join("exceptions.yaml"), exception).unwrap();
    webhook
        .until("the exception is used", async || {
            ask().await["auditAnnotations"]["exceptions"] == "EXC-1"
        })
        .await;
}
