//! Replicas that share a ledger in PostgreSQL.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};
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

/// What came of one request.
struct Asked {
    /// The id of its record; none where nobody answered, or nothing was recorded.
    id: Option<String>,
    time: Duration,
}

/// Asks until told to stop or nobody answers.
fn measured(
    webhook: &Webhook,
    request: &Arc<Value>,
    stop: &Arc<AtomicBool>,
) -> JoinHandle<Vec<Asked>> {
    let (client, url) = (webhook.client(), webhook.url());
    let (request, stop) = (Arc::clone(request), Arc::clone(stop));
    tokio::spawn(async move {
        let mut asked = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let began = Instant::now();
            let response = client.ask(&url, &request).await;
            let id = response.and_then(|response| {
                let id = response["auditAnnotations"]["decision-id"].as_str();
                id.map(str::to_owned)
            });
            let is_over = id.is_none();
            asked.push(Asked {
                id,
                time: began.elapsed(),
            });
            if is_over {
                break;
            }
        }
        asked
    })
}

/// A request that an API server sent, where the corpora are.
fn recorded(name: &str) -> Option<Value> {
    let corpora = std::env::var_os("SOC2GATE_CORPORA")?;
    let path = std::path::Path::new(&corpora)
        .join("admission-reviews")
        .join(name);
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Run by `cargo xtask bench webhook`, which builds for speed.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn figures() {
    const CONNECTIONS: usize = 16;
    let Some(server) = Server::find() else { return };
    let (mut one, two, place) = replicas(&server).await;
    let request = recorded("create-deployments.json");
    let request = Arc::new(request.unwrap_or_else(|| review("CREATE", &pod(true))));
    let stop = Arc::new(AtomicBool::new(false));
    let began = Instant::now();
    let start = |webhook: &Webhook| -> Vec<_> {
        (0..CONNECTIONS)
            .map(|_| measured(webhook, &request, &stop))
            .collect()
    };
    let (of_one, of_two) = (start(&one), start(&two));
    tokio::time::sleep(Duration::from_secs(10)).await;
    one.signal("KILL");
    let both = began.elapsed();
    one.ended().await;
    let mut asked = Vec::new();
    for task in of_one {
        asked.extend(task.await.unwrap());
    }
    let lost = asked.iter().filter(|asked| asked.id.is_none()).count();
    assert!(lost <= CONNECTIONS, "{lost} requests were lost");
    let of_first = asked.len();
    tokio::time::sleep(Duration::from_secs(3)).await;
    stop.store(true, Ordering::Relaxed);
    let all = began.elapsed();
    for task in of_two {
        asked.extend(task.await.unwrap());
    }
    let unanswered = asked.iter().filter(|asked| asked.id.is_none()).count();
    assert_eq!(unanswered, lost, "the other replica lost a request");
    let acknowledged: Vec<String> = asked.iter().filter_map(|asked| asked.id.clone()).collect();
    let recorded = spawn_blocking(move || {
        let ring = Arc::new(place.keys().unwrap());
        place.open_for_service(ring).unwrap().seal().unwrap();
        let found = decisions(&records(&place));
        found
            .into_iter()
            .map(|(_, id)| id)
            .collect::<BTreeSet<String>>()
    });
    let recorded = recorded.await.unwrap();
    assert!(acknowledged.iter().all(|id| recorded.contains(id)));
    let mut times: Vec<Duration> = asked.iter().map(|asked| asked.time).collect();
    times.sort();
    let per_mille = |part: usize| times[times.len() * part / 1_000].as_secs_f64() * 1e3;
    // The second answered alone for the rest of the time: its share of that is not counted for both.
    let per_second = |count: usize, time: Duration| {
        f64::from(u32::try_from(count).unwrap()) / time.as_secs_f64()
    };
    let rate = per_second(of_first, both) + per_second(asked.len() - of_first, all);
    println!(
        "two replicas on PostgreSQL: about {:.0} reviews a second by both, p50 {:.1} ms, p99 {:.1} ms; one was killed: \
         {lost} requests lost, those in work on it; {} acknowledged, all of them recorded",
        rate,
        per_mille(500),
        per_mille(990),
        acknowledged.len(),
    );
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
        let ring = Arc::new(place.keys().unwrap());
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
