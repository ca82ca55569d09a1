//! What is acknowledged is in the ledger.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use soc2gate_ledger::record::Event;

use crate::process::{Prepared, decisions, place, records};
use crate::service::{pod, review};

#[tokio::test]
async fn a_decision_is_recorded_before_it_is_answered() {
    let webhook = Prepared::new().start().await;
    let response = webhook
        .client()
        .ask(&webhook.url(), &review("CREATE", &pod(true)))
        .await
        .unwrap();
    assert_eq!(response["allowed"], false, "{response:#}");
    let causes = response["status"]["details"]["causes"].as_array().unwrap();
    assert!(
        causes
            .iter()
            .any(|cause| cause["field"] == "spec.containers[0].securityContext.privileged"),
        "{response:#}"
    );
    let annotations = &response["auditAnnotations"];
    let index: u64 = annotations["record-index"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let records = webhook.records();
    let (_, record) = records.iter().find(|(at, _)| *at == index).unwrap();
    assert_eq!(record.id, annotations["decision-id"].as_str().unwrap());
    let Event::Decision(decision) = &record.event else {
        panic!("{record:?}");
    };
    assert_eq!(decision.front_end, "admission");
    assert_eq!(decision.outcome, "deny");
    assert_eq!(
        decision.policies,
        annotations["policy-digest"].as_str().unwrap()
    );
    // What it was judged by comes before it.
    let before = records.iter().filter(|(at, _)| *at < index);
    let before: Vec<_> = before
        .map(|(_, record)| record.event.kind().as_str())
        .collect();
    assert!(
        before.contains(&"policy_change") && before.contains(&"configuration_change"),
        "{before:?}"
    );
}

#[tokio::test]
async fn a_dry_run_is_judged_and_not_recorded() {
    let webhook = Prepared::new().start().await;
    let mut request = review("CREATE", &pod(true));
    request["request"]["dryRun"] = json!(true);
    let response = webhook
        .client()
        .ask(&webhook.url(), &request)
        .await
        .unwrap();
    assert_eq!(response["allowed"], false);
    assert!(response["auditAnnotations"]["decision-id"].is_null());
    assert!(response["auditAnnotations"]["record-index"].is_null());
    assert_eq!(decisions(&webhook.records()), []);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_let_in() {
    let webhook = Prepared::new().start().await;
    let client = webhook.client();
    let mut request = review(
        "CREATE",
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}}),
    );
    let response = client.ask(&webhook.url(), &request).await.unwrap();
    assert_eq!(response["allowed"], true, "{response:#}");
    break_ledger(webhook.path());
    webhook
        .until("it is not let in", async || {
            request["request"]["name"] = json!("c");
            let response = client.ask(&webhook.url(), &request).await.unwrap();
            assert!(
                response["auditAnnotations"]["record-index"].is_null()
                    || response["allowed"] == true
            );
            response["allowed"] == false && response["status"]["code"] == 503
        })
        .await;
    webhook
        .until("it is not ready", async || {
            webhook.is_ready().await == Some(false)
        })
        .await;
    assert_eq!(
        webhook.metric("soc2gate_webhook_ledger_writable").await,
        Some(0.0)
    );
    assert!(
        webhook
            .metric("soc2gate_webhook_ledger_failures_total")
            .await
            >= Some(1.0)
    );
    // What is denied anyway is denied for what stands in the way.
    let response = client
        .ask(&webhook.url(), &review("CREATE", &pod(true)))
        .await
        .unwrap();
    assert_eq!(response["status"]["code"], 403);
    assert_eq!(response["auditAnnotations"]["failure"], "unrecorded");
    // It comes back by itself, and what was missed is a gap.
    mend_ledger(webhook.path());
    webhook
        .until("it is ready", async || {
            webhook.is_ready().await == Some(true)
        })
        .await;
    let response = client.ask(&webhook.url(), &request).await.unwrap();
    assert_eq!(response["allowed"], true);
    webhook
        .until("the gap is recorded", async || {
            let records = webhook.records();
            records.iter().any(|(_, record)| match &record.event {
                Event::Gap(gap) => gap.allowed == Some(0) && gap.denied >= Some(2),
                _ => false,
            })
        })
        .await;
}

#[tokio::test]
async fn where_that_was_asked_for_it_is_let_in_and_a_gap() {
    let webhook = Prepared::new()
        .with(&["--on-ledger-failure", "allow"])
        .start()
        .await;
    break_ledger(webhook.path());
    let client = webhook.client();
    let request = review(
        "CREATE",
        &json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}}),
    );
    webhook
        .until("the ledger fails", async || {
            let response = client.ask(&webhook.url(), &request).await.unwrap();
            assert_eq!(response["allowed"], true);
            response["auditAnnotations"]["failure"] == "unrecorded"
                && response["warnings"].is_array()
        })
        .await;
    assert_eq!(webhook.is_ready().await, Some(true));
    // A denial stays one.
    let response = client
        .ask(&webhook.url(), &review("CREATE", &pod(true)))
        .await
        .unwrap();
    assert_eq!(response["allowed"], false);
    mend_ledger(webhook.path());
    webhook
        .until("the gap is recorded", async || {
            let records = webhook.records();
            records.iter().any(|(_, record)| match &record.event {
                Event::Gap(gap) => gap.allowed >= Some(1),
                _ => false,
            })
        })
        .await;
}

#[tokio::test]
async fn sigkill_loses_no_acknowledged_decision() {
    let mut webhook = Prepared::new().start().await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (client, url) = (webhook.client(), webhook.url());
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            while let Some(response) = client.ask(&url, &review("CREATE", &pod(true))).await {
                let annotations = &response["auditAnnotations"];
                let index: u64 = annotations["record-index"]
                    .as_str()
                    .unwrap()
                    .parse()
                    .unwrap();
                acknowledged.push((
                    index,
                    annotations["decision-id"].as_str().unwrap().to_owned(),
                ));
            }
            acknowledged
        }));
    }
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    webhook.signal("KILL");
    assert!(!webhook.ended().await.success());
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    // Whoever opens the ledger next says what is durable.
    let folder = std::mem::replace(&mut webhook.folder, tempfile::tempdir().unwrap());
    let recorded = {
        let place = place(folder.path());
        let ring = Arc::new(place.keys().unwrap());
        place.open_for_service(ring).unwrap().seal().unwrap();
        decisions(&records(&place))
    };
    assert!(acknowledged.len() > 8, "{}", acknowledged.len());
    for decision in &acknowledged {
        assert!(recorded.contains(decision), "{decision:?}");
    }
}

#[tokio::test]
async fn no_secret_and_no_object_is_in_the_log() {
    let webhook = Prepared::new()
        .with(&["--log-level", "debug"])
        .start()
        .await;
    let mut object = pod(true);
    object["spec"]["containers"][0]["env"] =
        json!([{"name": "PASSWORD", "value": "Hunter2CanaryXq7"}]);
    object["metadata"]["labels"] = json!({"visible": "in-the-object"});
    webhook
        .client()
        .ask(&webhook.url(), &review("CREATE", &object))
        .await
        .unwrap();
    let log = webhook.log();
    assert!(
        log.contains("not let in") && log.contains("WRK-01"),
        "{log}"
    );
    assert!(
        !log.contains("Hunter2CanaryXq7") && !log.contains("in-the-object"),
        "{log}"
    );
    assert!(
        log.lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()),
        "{log}"
    );
}

#[test]
fn without_its_ledger_it_does_not_serve() {
    let prepared = Prepared::new();
    fs::remove_dir_all(prepared.path().join("ledger")).unwrap();
    let (code, log) = prepared.fails();
    assert_eq!(code, Some(2));
    assert!(log.contains("SG5003"), "{log}");
}

#[test]
fn wrong_settings_end_it_at_once() {
    let prepared = Prepared::new();
    fs::write(
        prepared.path().join("soc2gate.yaml"),
        "version: 1\nsurprise: true\n",
    )
    .unwrap();
    let (code, log) = prepared.fails();
    assert_eq!(code, Some(2));
    assert!(log.contains("soc2gate.yaml:2:1"), "{log}");

    let (code, log) = Prepared::new().with(&["--threads", "0"]).fails();
    assert_eq!(code, Some(64), "{log}");
}

/// Takes the ledger away from under the program; what it has open stays open until it seals.
fn break_ledger(folder: &Path) {
    fs::rename(folder.join("ledger"), folder.join("ledger.away")).unwrap();
}

fn mend_ledger(folder: &Path) {
    fs::rename(folder.join("ledger.away"), folder.join("ledger")).unwrap();
}
