//! One replica scans: the one that holds a lease (`coordination.k8s.io/v1`) and renews it.
//!
//! Clocks of replicas may differ, so nobody compares the times in a lease with their own: a lease is free when it has not
//! changed for as long as it lasts.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::api::{self, Content, Failure};
use super::object::set;
use super::reports::MANAGER;
use crate::cluster::Connection;

/// How long a lease lasts that nobody renews.
const LASTS: Duration = Duration::from_secs(15);
/// How long a leader leads that could not renew it: less, so that there are never two.
const LEADS: Duration = Duration::from_secs(10);
/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(4);

/// A replica that would lead.
pub struct Leader {
    leads: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What a replica knows of the lease.
struct Candidate {
    connection: Connection,
    name: String,
    path: String,
    /// What was seen last of the holder, and since when it is so.
    seen: Option<(Value, Instant)>,
    renewed: Option<Instant>,
}

impl Leader {
    /// Tries to lead from now on.
    pub fn start(connection: &Connection, name: &str) -> Self {
        let (sender, leads) = watch::channel(false);
        let (stop, stopped) = watch::channel(false);
        let namespace = &connection.namespace;
        let candidate = Candidate {
            connection: connection.clone(),
            name: name.to_owned(),
            path: format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"),
            seen: None,
            renewed: None,
        };
        let task = tokio::spawn(candidate.run(sender, stopped));
        Self { leads, stop, task }
    }

    /// Whether this replica leads.
    pub fn leads(&self) -> watch::Receiver<bool> {
        self.leads.clone()
    }

    /// Leads no more, and leaves the lease to others at once.
    pub async fn end(self) {
        // Who would receive it has ended.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

impl Candidate {
    async fn run(mut self, leads: watch::Sender<bool>, mut stopped: watch::Receiver<bool>) {
        loop {
            let held = timeout(TIMEOUT, self.hold()).await;
            match held.unwrap_or(Err(Failure::Timeout)) {
                Ok(true) => self.renewed = Some(Instant::now()),
                Ok(false) => self.renewed = None,
                Err(failure) => {
                    tracing::warn!(
                        lease = self.name,
                        reason = failure.reason(),
                        "the lease could not be looked at"
                    );
                }
            }
            let is_leading = self
                .renewed
                .is_some_and(|renewed| renewed.elapsed() < LEADS);
            leads.send_if_modified(|leads| {
                let changed = *leads != is_leading;
                if changed {
                    tracing::info!(
                        lease = self.name,
                        leads = is_leading,
                        "the lease changed hands"
                    );
                }
                *leads = is_leading;
                changed
            });
            tokio::select! {
                () = sleep(EVERY) => {}
                _ = stopped.wait_for(|is_stopped| *is_stopped) => break,
            }
        }
        leads.send_replace(false);
        if self.renewed.is_some() {
            // Others wait until it ends by itself otherwise.
            let _ = timeout(TIMEOUT, self.release()).await;
        }
    }

    /// Takes or renews the lease, where nobody else holds it.
    async fn hold(&mut self) -> Result<bool, Failure> {
        let path = format!("{}/{}", self.path, self.name);
        let lease = match api::get_json(&self.connection.client, &path).await {
            Err(Failure::Status(StatusCode::NOT_FOUND)) => {
                let lease = self.lease(None);
                return self.write(Method::POST, &self.path, &lease).await;
            }
            other => other?,
        };
        let spec = lease.get("spec").cloned().unwrap_or_default();
        let holder = spec.get("holderIdentity").and_then(Value::as_str);
        let holder = holder.unwrap_or_default();
        if holder != self.connection.identity && !holder.is_empty() && !self.is_over(&spec) {
            return Ok(false);
        }
        let taken = self.lease(Some(&lease));
        self.write(Method::PUT, &path, &taken).await
    }

    /// Whether a lease of another did not change for as long as it lasts.
    fn is_over(&mut self, spec: &Value) -> bool {
        match &self.seen {
            Some((seen, since)) if seen == spec => {
                let seconds = spec.get("leaseDurationSeconds").and_then(Value::as_u64);
                since.elapsed() >= seconds.map_or(LASTS, Duration::from_secs)
            }
            _ => {
                self.seen = Some((spec.clone(), Instant::now()));
                false
            }
        }
    }

    /// The lease as this replica holds it.
    fn lease(&self, before: Option<&Value>) -> Value {
        let now = Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S.%6fZ")
            .to_string();
        let part = |path: &str| before.and_then(|lease| lease.pointer(path)).cloned();
        let is_ours =
            part("/spec/holderIdentity") == Some(Value::from(self.connection.identity.as_str()));
        let transitions = part("/spec/leaseTransitions").and_then(|count| count.as_i64());
        let transitions = transitions.map_or(0, |count| count + i64::from(!is_ours));
        let acquired = part("/spec/acquireTime").filter(|_| is_ours);
        let mut lease = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.name, "namespace": self.connection.namespace},
            "spec": {
                "holderIdentity": self.connection.identity,
                "leaseDurationSeconds": LASTS.as_secs(),
                "acquireTime": acquired.unwrap_or_else(|| now.as_str().into()),
                "renewTime": now,
                "leaseTransitions": transitions,
            },
        });
        if let Some(version) = part("/metadata/resourceVersion") {
            // Written by another meanwhile: a conflict.
            set(&mut lease, &["metadata", "resourceVersion"], version);
        }
        lease
    }

    async fn write(&self, method: Method, path: &str, lease: &Value) -> Result<bool, Failure> {
        let path = format!("{path}?fieldManager={MANAGER}");
        let content = Content {
            media_type: "application/json",
            bytes: lease.to_string().into_bytes(),
        };
        match api::request(&self.connection.client, method, &path, Some(&content)).await {
            Ok(_) => Ok(true),
            Err(Failure::Status(StatusCode::CONFLICT)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    async fn release(&self) -> Result<(), Failure> {
        let path = format!("{}/{}", self.path, self.name);
        let lease = api::get_json(&self.connection.client, &path).await?;
        if lease
            .pointer("/spec/holderIdentity")
            .and_then(Value::as_str)
            != Some(self.connection.identity.as_str())
        {
            return Ok(());
        }
        let mut free = self.lease(Some(&lease));
        set(&mut free, &["spec", "holderIdentity"], Value::from(""));
        set(&mut free, &["spec", "leaseDurationSeconds"], Value::from(1));
        self.write(Method::PUT, &path, &free).await.map(|_| ())
    }
}
