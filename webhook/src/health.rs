//! Whether the webhook can do its work, and what somebody should look at.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::policies::Policies;
use crate::recording::Writer;

/// What is wrong with a part that goes on with what it had.
#[derive(Debug, Default)]
pub struct Trouble(Mutex<Option<String>>);

impl Trouble {
    /// Says what is wrong; nothing where all is well again.
    pub fn set(&self, what: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = what;
    }

    fn get(&self) -> Option<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// What readiness is made of.
pub struct Health {
    policies: Arc<Policies>,
    writer: Option<Writer>,
    /// Whether decisions are answered without a record where the ledger fails.
    needs_ledger: bool,
    is_draining: AtomicBool,
    /// When the certificate ends, in seconds of the epoch.
    certificate_end: AtomicI64,
    /// What is wrong with the policies in the files.
    pub policy_trouble: Trouble,
    /// What is wrong with the certificate in the files or the Secret.
    pub certificate_trouble: Trouble,
    /// What is wrong with what the API server knows of the webhook.
    pub registration_trouble: Trouble,
}

impl Health {
    /// Policies judge and a certificate is served, else there would be no server.
    pub fn new(policies: Arc<Policies>, writer: Option<Writer>, needs_ledger: bool) -> Self {
        Self {
            policies,
            writer,
            needs_ledger,
            is_draining: AtomicBool::new(false),
            certificate_end: AtomicI64::new(i64::MAX),
            policy_trouble: Trouble::default(),
            certificate_trouble: Trouble::default(),
            registration_trouble: Trouble::default(),
        }
    }

    /// From now on no new requests should come.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// When the certificate that is served ends, where that can be read.
    pub fn certificate_ends(&self, end: Option<Timestamp>) {
        let end = end.map_or(i64::MAX, Timestamp::as_second);
        self.certificate_end.store(end, Ordering::Release);
    }

    /// Whether requests should come at some time, and why or why not.
    pub fn ready(&self, now: Timestamp) -> (bool, Value) {
        // The API server trusts no certificate that has ended.
        let has_ended = now.as_second() >= self.certificate_end.load(Ordering::Acquire);
        let is_draining = self.is_draining.load(Ordering::Acquire);
        let is_open = self.writer.as_ref().map(|writer| writer.ledger().is_open());
        let is_ready = !is_draining && !has_ended && (is_open != Some(false) || !self.needs_ledger);
        let kept = |trouble: &Trouble| trouble.get().map_or(json!("ok"), Value::from);
        let detail = json!({
            "ready": is_ready,
            "draining": is_draining,
            "policies": {
                "digest": self.policies.current().digest,
                "files": kept(&self.policy_trouble),
            },
            "certificate": {"files": kept(&self.certificate_trouble), "ended": has_ended},
            "registration": kept(&self.registration_trouble),
            "ledger": match is_open {
                None => "none",
                Some(true) => "ok",
                Some(false) => "takes no records",
            },
        });
        (is_ready, detail)
    }
}
