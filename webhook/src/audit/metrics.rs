//! What the audit counts, for Prometheus.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::drift::Drift;
use super::summary::ScanSummary;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabels {
    control: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DriftLabels {
    reason: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// All that is counted.
#[derive(Debug)]
pub struct AuditMetrics {
    registry: Registry,
    scans: Family<ResultLabels, Counter>,
    objects: Family<OutcomeLabels, Gauge>,
    verdicts: Family<VerdictLabels, Gauge>,
    unlisted: Family<KindLabels, Gauge>,
    drift: Family<DriftLabels, Gauge>,
    seconds: Gauge<f64, AtomicU64>,
    incomplete: Gauge,
    last_complete: Gauge,
    records: Counter,
    reports_written: Counter,
    reports_removed: Counter,
    reports_altered: Counter,
    reports_left_out: Gauge,
    /// Whether this replica scans.
    pub leader: Gauge,
    /// Whether the files hold a set of policies that cannot be used.
    pub policy_broken: Gauge,
    /// Held while gauges are set anew, so that nobody reads half of them.
    setting: Mutex<()>,
}

impl Default for AuditMetrics {
    fn default() -> Self {
        let mut all = Self {
            registry: Registry::with_prefix("soc2gate_audit"),
            scans: Family::default(),
            objects: Family::default(),
            verdicts: Family::default(),
            unlisted: Family::default(),
            drift: Family::default(),
            seconds: Gauge::default(),
            incomplete: Gauge::default(),
            last_complete: Gauge::default(),
            records: Counter::default(),
            reports_written: Counter::default(),
            reports_removed: Counter::default(),
            reports_altered: Counter::default(),
            reports_left_out: Gauge::default(),
            leader: Gauge::default(),
            policy_broken: Gauge::default(),
            setting: Mutex::default(),
        };
        all.register();
        all
    }
}

impl AuditMetrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("scans", "Scans by how they ended", self.scans.clone());
        registry.register(
            "objects",
            "Objects of the last scan by outcome",
            self.objects.clone(),
        );
        registry.register(
            "verdicts",
            "Verdicts of the last scan by control and status",
            self.verdicts.clone(),
        );
        registry.register(
            "kind_unlisted",
            "1 for a kind that the last scan could not list whole",
            self.unlisted.clone(),
        );
        registry.register(
            "drift",
            "Denied objects of the last scan by how they came to exist",
            self.drift.clone(),
        );
        registry.register_with_unit(
            "scan_duration",
            "Time that the last scan took",
            Unit::Seconds,
            self.seconds.clone(),
        );
        let gauges = [
            (
                "incomplete",
                "1 where the last scan is incomplete",
                &self.incomplete,
            ),
            (
                "last_complete_timestamp_seconds",
                "When the last complete scan ended, in seconds since 1970",
                &self.last_complete,
            ),
            (
                "reports_left_out",
                "Reports of the last scan beyond the most that are written",
                &self.reports_left_out,
            ),
            ("leader", "1 where this replica scans", &self.leader),
            (
                "policy_broken",
                "1 where the files hold a set of policies that cannot be used; the last good one judges",
                &self.policy_broken,
            ),
        ];
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        let counters = [
            (
                "ledger_records",
                "Records of decisions that are durable",
                &self.records,
            ),
            (
                "reports_written",
                "Reports that were written",
                &self.reports_written,
            ),
            (
                "reports_removed",
                "Reports that were removed",
                &self.reports_removed,
            ),
            (
                "reports_altered",
                "Reports that others had changed or removed",
                &self.reports_altered,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
    }

    /// A scan ended.
    pub fn ended(&self, scan: &ScanSummary) {
        let _alone = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let is_complete = scan.is_complete();
        let result = if is_complete {
            "complete"
        } else {
            "incomplete"
        };
        self.scans.get_or_create(&ResultLabels { result }).inc();
        self.incomplete.set(i64::from(!is_complete));
        self.seconds.set(scan.took.as_secs_f64());
        if is_complete {
            self.last_complete.set(scan.ended.as_second());
        }
        self.objects.clear();
        for (outcome, count) in &scan.outcomes {
            let outcome = outcome.as_str();
            let gauge = self.objects.get_or_create(&OutcomeLabels { outcome });
            gauge.set(number(*count));
        }
        self.verdicts.clear();
        for ((control, status), count) in &scan.verdicts {
            let labels = VerdictLabels {
                control: control.0.clone(),
                status: status.as_str(),
            };
            self.verdicts.get_or_create(&labels).set(number(*count));
        }
        self.unlisted.clear();
        for kind in &scan.unlisted {
            let labels = KindLabels { kind: kind.clone() };
            self.unlisted.get_or_create(&labels).set(1);
        }
        self.drift.clear();
        for drift in Drift::ALL {
            let reason = drift.as_str();
            let count = scan.drift.get(&drift).copied().unwrap_or_default();
            let gauge = self.drift.get_or_create(&DriftLabels { reason });
            gauge.set(number(count));
        }
        self.records.inc_by(scan.recorded);
        self.reports_written.inc_by(scan.reports_written);
        self.reports_removed.inc_by(scan.reports_removed);
        self.reports_altered.inc_by(scan.reports_altered);
        self.reports_left_out.set(number(scan.reports_left_out));
    }

    /// All of it in the text format of OpenMetrics.
    pub fn to_text(&self) -> String {
        let _alone = self.setting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
