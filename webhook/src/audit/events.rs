//! Events in the cluster, for people who look there: few of them, whatever a scan finds.

use axum::http::Method;
use jiff::Timestamp;
use kube::Client;
use serde_json::{Value, json};

use super::api::{self, Content};
use super::object::set;
use super::reports::MANAGER;

/// The most events of a scan.
const MOST: usize = 20;
/// The most bytes of a note that the API server takes.
const NOTE: usize = 1_024;

/// What an event is about.
#[derive(Debug, Clone)]
pub struct Regarding {
    /// Its version.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// Its uid, where that is known.
    pub uid: Option<String>,
}

/// Writes the events of a scan.
pub struct Events {
    client: Client,
    identity: String,
    now: Timestamp,
    written: usize,
}

impl Events {
    /// The events of a scan that begins.
    pub fn new(client: Client, identity: &str, now: Timestamp) -> Self {
        Self {
            client,
            identity: identity.to_owned(),
            now,
            written: 0,
        }
    }

    /// Writes an event, where there were not too many. It is told to people only, so a failure changes nothing.
    pub async fn warn(&mut self, regarding: &Regarding, reason: &str, action: &str, note: &str) {
        if self.written >= MOST {
            return;
        }
        self.written += 1;
        let namespace = regarding.namespace.as_deref().unwrap_or("default");
        let event = self.event(regarding, namespace, (reason, action, note));
        let path =
            format!("/apis/events.k8s.io/v1/namespaces/{namespace}/events?fieldManager={MANAGER}");
        let content = Content {
            media_type: "application/json",
            bytes: event.to_string().into_bytes(),
        };
        if let Err(failure) = api::request(&self.client, Method::POST, &path, Some(&content)).await
        {
            tracing::warn!(reason = failure.reason(), "an event could not be written");
        }
    }

    fn event(
        &self,
        regarding: &Regarding,
        namespace: &str,
        (reason, action, note): (&str, &str, &str),
    ) -> Value {
        let mut about = json!({"apiVersion": regarding.api_version, "kind": regarding.kind, "name": regarding.name});
        if let Some(of) = &regarding.namespace {
            set(&mut about, &["namespace"], Value::from(of.as_str()));
        }
        if let Some(uid) = &regarding.uid {
            set(&mut about, &["uid"], Value::from(uid.as_str()));
        }
        let note: String = note
            .char_indices()
            .take_while(|(at, letter)| at + letter.len_utf8() <= NOTE)
            .map(|(_, letter)| letter)
            .collect();
        let instance: String = self.identity.chars().take(128).collect();
        json!({
            "apiVersion": "events.k8s.io/v1",
            "kind": "Event",
            "metadata": {"generateName": "soc2gate-audit-", "namespace": namespace},
            "eventTime": self.now.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string(),
            "type": "Warning",
            "reason": reason,
            "action": action,
            "note": note,
            "regarding": about,
            "reportingController": "soc2gate.dev/audit",
            "reportingInstance": instance,
        })
    }
}
