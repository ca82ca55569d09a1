//! Replicas that share a ledger in PostgreSQL.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use soc2gate_host::Place;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::process::{Prepared, Webhook, decisions, records};
use crate::server::{PASSWORD, Server};
use crate::service::{pod, review};

/// Replicas with the same keys, and the ledger that they share.
async fn replicas(server: &Server) -> (Webhook, Webhook, Place) {
    let address = server.address();
    let with = ["--ledger", &address, "--ledger-keys", "ledger.keys"];
    let (one, two) = (Prepared::new().with(&with), Prepared::new().with(&with));
    let keys = one.path().join("ledger.keys");
    fs::copy(&keys, two.path().join("ledger.keys")).unwrap();
    let place = Place::new(&address, Some(&keys.to_string_lossy()), one.path());
    let made = place.clone();
    spawn_blocking(move || made.init("soc2gate.dev/test", Timestamp::now()).unwrap())
        .await
        .unwrap();
    (one.start().await, two.start().await, place)
}

/// Asks until nobody answers or nothing is recorded any more, and gives the ids that were acknowledged.
fn load(webhook: &Webhook) -> JoinHandle<Vec<String>> {
    let (client, url) = (webhook.client(), webhook.url());
    tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        while let Some(response) = client.ask(&url, &review("CREATE", &pod(true))).await {
            match response["auditAnnotations"]["decision-id"].as_str() {
                Some(id) => acknowledged.push(id.to_owned()),
                None => break,
            }
        }
        acknowledged
    })
}

#[tokio::test]
async fn killing_a_replica_loses_no_acknowledged_decision() {
    let Some(server) = Server::find() else { return };
    let (mut one, mut two, place) = replicas(&server).await;
    let tasks: Vec<_> = (0..4).flat_map(|_| [load(&one), load(&two)]).collect();
    tokio::time::sleep(Duration::from_millis(500)).await;
    one.signal("KILL");
    one.ended().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    two.signal("KILL");
    two.ended().await;
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    let recorded = spawn_blocking(move || {
        let ring = std::sync::Arc::new(place.keys().unwrap());
        place.open_for_service(ring).unwrap().seal().unwrap();
        decisions(&records(&place))
    });
    let recorded: BTreeSet<String> = recorded
        .await
        .unwrap()
        .into_iter()
        .map(|(_, id)| id)
        .collect();
    assert!(acknowledged.len() > 8, "{}", acknowledged.len());
    assert!(acknowledged.iter().all(|id| recorded.contains(id)));
    for webhook in [&one, &two] {
        assert!(!webhook.log().contains(PASSWORD));
    }
}

#[tokio::test]
async fn a_database_that_is_gone_lets_nothing_in_until_it_is_back() {
    let Some(server) = Server::find() else { return };
    let (webhook, _other, _) = replicas(&server).await;
    let client = webhook.client();
    let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}});
    let request = review("CREATE", &object);
    let ask = async || client.ask(&webhook.url(), &request).await.unwrap();
    assert_eq!(ask().await["allowed"], true);
    server.stop("immediate");
    let response = ask().await;
    assert_eq!(
        (&response["allowed"], &response["status"]["code"]),
        (&json!(false), &json!(503))
    );
    webhook
        .until("it is not ready", async || {
            webhook.is_ready().await == Some(false)
        })
        .await;
    server.restart();
    webhook
        .until("it is let in again", async || {
            ask().await["allowed"] == true
        })
        .await;
    assert!(!webhook.log().contains(PASSWORD));
}
