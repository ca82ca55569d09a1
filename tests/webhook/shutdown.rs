//! The end of the program.

use std::time::{Duration, Instant};

use crate::process::{Prepared, decisions};
use crate::service::{pod, review};

#[tokio::test]
async fn no_request_is_lost_while_it_ends() {
    let mut webhook = Prepared::new().with(&["--drain-delay", "1s"]).start().await;
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (client, url) = (webhook.client(), webhook.url());
        tasks.push(tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            // As endpoints go, no new request comes after a while.
            while began.elapsed() < Duration::from_millis(900) {
                let response = client
                    .ask(&url, &review("CREATE", &pod(true)))
                    .await
                    .expect("an answer");
                acknowledged.push(
                    response["auditAnnotations"]["decision-id"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                );
            }
            acknowledged
        }));
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    webhook.signal("TERM");
    webhook
        .until("it is not ready", async || {
            webhook.is_ready().await == Some(false)
        })
        .await;
    let mut acknowledged = Vec::new();
    for task in tasks {
        acknowledged.extend(task.await.unwrap());
    }
    assert_eq!(webhook.ended().await.code(), Some(0));
    let recorded = decisions(&webhook.records());
    assert!(acknowledged.len() > 8);
    for id in acknowledged {
        assert!(recorded.iter().any(|(_, recorded)| *recorded == id), "{id}");
    }
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut webhook = Prepared::new()
        .with(&["--drain-delay", "60s"])
        .start()
        .await;
    webhook.signal("TERM");
    webhook
        .until("it is not ready", async || {
            webhook.is_ready().await == Some(false)
        })
        .await;
    let began = Instant::now();
    webhook.signal("TERM");
    assert_eq!(webhook.ended().await.code(), Some(2));
    assert!(began.elapsed() < Duration::from_secs(5));
}
