//! One of several replicas leads, by a Lease of `coordination.k8s.io/v1`.
//!
//! Clocks of different machines are not compared: a lease is taken over when it has not changed for its own duration by the
//! clock of whoever watches it. Whoever cannot renew steps down before anyone else may take over.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta};
use kube::Api;
use kube::api::PostParams;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::Connection;
use super::connection::reason;

/// How long a lease holds without being renewed.
pub const DURATION: Duration = Duration::from_secs(15);

/// Whether this replica leads, followed by a task of its own.
#[derive(Debug)]
pub struct Leadership {
    leads: watch::Receiver<bool>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Leadership {
    /// Whether it leads now.
    pub fn is_held(&self) -> bool {
        *self.leads.borrow()
    }

    /// Tells whenever that changes.
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.leads.clone()
    }

    /// Leads no more, and leaves the lease to others at once.
    pub async fn end(self) {
        // Who would be told has ended.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

/// A lease as one candidate sees it.
struct Candidate {
    api: Api<Lease>,
    name: String,
    identity: String,
    duration: Duration,
    /// What was seen last, and since when it stands so.
    seen: Option<(LeaseSpec, Instant)>,
}

/// Follows a lease from now on, and holds it whenever nobody else does.
pub fn follow(connection: &Connection, name: &str, duration: Duration) -> Leadership {
    let mut candidate = Candidate {
        api: Api::namespaced(connection.client.clone(), &connection.namespace),
        name: name.to_owned(),
        identity: connection.identity.clone(),
        duration,
        seen: None,
    };
    let (sender, leads) = watch::channel(false);
    let (stop, mut stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        // Renewed early enough that some attempts may fail.
        let (every, patience) = (duration / 5, duration * 2 / 3);
        let mut renewed = None;
        loop {
            let began = Instant::now();
            match timeout(every, candidate.hold()).await {
                Ok(Ok(held)) => renewed = held.then_some(began),
                Ok(Err(error)) => candidate.failed(&reason(&error)),
                Err(_) => candidate.failed("the API server took too long"),
            }
            // Nobody else leads before the lease ends.
            let is_held = renewed.is_some_and(|renewed| renewed.elapsed() < patience);
            if sender.send_if_modified(|leads| std::mem::replace(leads, is_held) != is_held) {
                tracing::info!(lease = candidate.name, is_held, "the lease changed hands");
            }
            tokio::select! {
                () = sleep(every.saturating_sub(began.elapsed())) => {}
                // Whoever follows it is gone, too.
                _ = stopped.wait_for(|is_stopped| *is_stopped) => break,
            }
        }
        sender.send_replace(false);
        if renewed.is_some() {
            // Others would have to wait until it ends by itself.
            let _ = timeout(every, candidate.release()).await;
        }
    });
    Leadership { leads, stop, task }
}

impl Candidate {
    fn failed(&self, reason: &str) {
        tracing::warn!(lease = self.name, reason, "the lease cannot be looked at");
    }

    /// Takes or renews the lease where that may be done. Whether it is held.
    async fn hold(&mut self) -> kube::Result<bool> {
        let Some(mut lease) = self.api.get_opt(&self.name).await? else {
            let lease = Lease {
                metadata: ObjectMeta {
                    name: Some(self.name.clone()),
                    ..ObjectMeta::default()
                },
                spec: Some(self.spec(None)),
            };
            return won(self.api.create(&PostParams::default(), &lease).await);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        if !self.may_take(&spec) {
            return Ok(false);
        }
        lease.spec = Some(self.spec(Some(&spec)));
        // The version that was read stands in it: of two that try, one succeeds.
        let replaced = self
            .api
            .replace(&self.name, &PostParams::default(), &lease)
            .await;
        won(replaced)
    }

    /// Whether it is this candidate's, nobody's, or was not renewed for as long as it holds.
    fn may_take(&mut self, spec: &LeaseSpec) -> bool {
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        let seconds = spec.lease_duration_seconds.unwrap_or_default();
        let holds = Duration::from_secs(u64::try_from(seconds).unwrap_or_default());
        match &self.seen {
            Some((seen, since)) if seen == spec => {
                holder == self.identity || holder.is_empty() || since.elapsed() > holds
            }
            _ => {
                self.seen = Some((spec.clone(), Instant::now()));
                holder == self.identity || holder.is_empty()
            }
        }
    }

    /// The lease as this candidate holds it.
    fn spec(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        let is_renewed = before.is_some_and(|before| {
            before.holder_identity.as_deref() == Some(self.identity.as_str())
        });
        let acquired = before
            .filter(|_| is_renewed)
            .and_then(|before| before.acquire_time.clone());
        let transitions = before.and_then(|before| before.lease_transitions);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.duration.as_secs().max(1)).ok(),
            acquire_time: Some(acquired.unwrap_or_else(|| now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(
                transitions.unwrap_or_default() + i32::from(before.is_some() && !is_renewed),
            ),
            ..LeaseSpec::default()
        }
    }

    /// Lets the lease go, where it is held.
    async fn release(&self) -> kube::Result<()> {
        let mut lease = self.api.get(&self.name).await?;
        if let Some(spec) = &mut lease.spec
            && spec.holder_identity.as_deref() == Some(self.identity.as_str())
        {
            spec.holder_identity = None;
            self.api
                .replace(&self.name, &PostParams::default(), &lease)
                .await?;
        }
        Ok(())
    }
}

/// Whether a write won: it did not where another one came first.
fn won(written: kube::Result<Lease>) -> kube::Result<bool> {
    match written {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(false),
        Err(error) => Err(error),
    }
}
