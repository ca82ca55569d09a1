//! What the webhook counts, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// What tells requests apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// What was done; `unknown` of what could not be read.
    pub operation: &'static str,
    /// What was answered: `allowed`, `denied`, or why it was not judged.
    pub outcome: &'static str,
    /// Whether it was let in.
    pub allowed: &'static str,
}

/// Which policies judge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PolicyLabels {
    digest: String,
}

/// Seconds of a latency that are told apart.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// All that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    /// Requests in work.
    pub in_flight: Gauge,
    /// Requests that were one too many.
    pub shed: Counter,
    /// Panics while judging.
    pub panics: Counter,
    /// Decisions that could not be recorded.
    pub ledger_failures: Counter,
    /// Records that are durable.
    pub ledger_records: Counter,
    /// Groups of records that were made durable together.
    pub ledger_groups: Counter,
    /// Whether the ledger takes records.
    pub ledger_writable: Gauge,
    policy: Family<PolicyLabels, Gauge>,
    current: Mutex<Option<PolicyLabels>>,
    /// Sets of policies that were taken.
    pub policy_reloads: Counter,
    /// Whether the files hold a set that cannot be used.
    pub policy_broken: Gauge,
    /// When the certificate ends, in seconds since 1970.
    pub certificate_expiry: Gauge,
    /// Certificates that were taken.
    pub certificate_reloads: Counter,
    /// Whether the files hold a certificate that cannot be used.
    pub certificate_broken: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut all = Self {
            registry: Registry::with_prefix("soc2gate_webhook"),
            requests: Family::default(),
            seconds: Histogram::new(BUCKETS),
            in_flight: Gauge::default(),
            shed: Counter::default(),
            panics: Counter::default(),
            ledger_failures: Counter::default(),
            ledger_records: Counter::default(),
            ledger_groups: Counter::default(),
            ledger_writable: Gauge::default(),
            policy: Family::default(),
            current: Mutex::default(),
            policy_reloads: Counter::default(),
            policy_broken: Gauge::default(),
            certificate_expiry: Gauge::default(),
            certificate_reloads: Counter::default(),
            certificate_broken: Gauge::default(),
        };
        all.register();
        all
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register(
            "requests",
            "Requests that were answered",
            self.requests.clone(),
        );
        registry.register_with_unit(
            "request_duration",
            "Time from the first byte of a request to its answer",
            Unit::Seconds,
            self.seconds.clone(),
        );
        let counters: [(&str, &str, &Counter<u64, AtomicU64>); 7] = [
            ("shed", "Requests that were one too many", &self.shed),
            (
                "panics",
                "Panics while judging; each one is a defect",
                &self.panics,
            ),
            (
                "ledger_failures",
                "Decisions that could not be recorded",
                &self.ledger_failures,
            ),
            (
                "ledger_records",
                "Records that are durable",
                &self.ledger_records,
            ),
            (
                "ledger_groups",
                "Groups of records that were made durable together",
                &self.ledger_groups,
            ),
            (
                "policy_reloads",
                "Sets of policies that were taken",
                &self.policy_reloads,
            ),
            (
                "certificate_reloads",
                "Certificates that were taken",
                &self.certificate_reloads,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("in_flight", "Requests in work", &self.in_flight),
            (
                "ledger_writable",
                "1 where the ledger takes records",
                &self.ledger_writable,
            ),
            (
                "policy_broken",
                "1 where the files hold a set of policies that cannot be used; the last good one judges",
                &self.policy_broken,
            ),
            (
                "certificate_expiry_timestamp_seconds",
                "When the certificate ends, in seconds since 1970",
                &self.certificate_expiry,
            ),
            (
                "certificate_broken",
                "1 where the files hold a certificate that cannot be used; the last good one is served",
                &self.certificate_broken,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        registry.register(
            "policy",
            "1 for the policies that judge",
            self.policy.clone(),
        );
    }

    /// Counts an answer.
    pub fn answered(&self, labels: &RequestLabels, took: Duration) {
        self.requests.get_or_create(labels).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Says which policies judge.
    pub fn judges_by(&self, digest: &str) {
        let labels = PolicyLabels {
            digest: digest.to_owned(),
        };
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = current.take() {
            self.policy.remove(&before);
        }
        self.policy.get_or_create(&labels).set(1);
        *current = Some(labels);
    }

    /// All of it in the text format of OpenMetrics.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_of_policies_judges() {
        let metrics = Metrics::default();
        metrics.judges_by("sha256:a");
        metrics.judges_by("sha256:b");
        let text = metrics.to_text();
        assert!(
            text.contains(r#"soc2gate_webhook_policy{digest="sha256:b"} 1"#),
            "{text}"
        );
        assert!(!text.contains("sha256:a"), "{text}");
    }

    #[test]
    fn answers_are_counted() {
        let metrics = Metrics::default();
        let labels = RequestLabels {
            operation: "CREATE",
            outcome: "denied",
            allowed: "false",
        };
        metrics.answered(&labels, Duration::from_millis(2));
        let text = metrics.to_text();
        let count = r#"soc2gate_webhook_requests_total{operation="CREATE",outcome="denied",allowed="false"} 1"#;
        assert!(text.contains(count), "{text}");
        assert!(
            text.contains("soc2gate_webhook_request_duration_seconds_count 1"),
            "{text}"
        );
    }
}
