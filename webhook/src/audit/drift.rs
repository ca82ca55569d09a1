//! How what is denied came to exist all the same: what exists, held against the decisions of the webhook.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use soc2gate_engine::Subject;
use soc2gate_host::{Place, PlaceError};
use soc2gate_ledger::record::{DecisionMade, Event, Record};

use super::object::{Fingerprint, Names, fingerprint};

/// How far the clocks of the API server and of the webhook may be apart.
const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// The most subjects whose admission is remembered: about 100 bytes each.
const MOST_SUBJECTS: usize = 500_000;
/// What only decisions of the webhook hold, in canonical JSON.
const OF_ADMISSION: &[u8] = br#""front_end":"admission""#;

/// How an object that is denied came to exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drift {
    /// It was admitted by other policies or settings.
    PolicyChanged,
    /// It was admitted by an exception, which permits it no longer.
    ExceptionEnded,
    /// These policies and settings admitted it, so it is not what it was then, or what it is judged with is not.
    Altered,
    /// It is younger than the oldest decision of the webhook, and no decision admitted it.
    Bypassed,
    /// It is older than every decision of the webhook.
    OlderThanGate,
    /// It cannot be told: the ledger could not be read whole.
    Unknown,
}

impl Drift {
    /// The word for reports, records and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PolicyChanged => "policy_changed",
            Self::ExceptionEnded => "exception_ended",
            Self::Altered => "altered",
            Self::Bypassed => "bypassed",
            Self::OlderThanGate => "older_than_gate",
            Self::Unknown => "unknown",
        }
    }

    /// Every word.
    pub const ALL: [Self; 6] = [
        Self::PolicyChanged,
        Self::ExceptionEnded,
        Self::Altered,
        Self::Bypassed,
        Self::OlderThanGate,
        Self::Unknown,
    ];
}

/// An object that is denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// What stands for the ids under which it may have been admitted: its own, and that of a name that was still to be made.
    subjects: Vec<Fingerprint>,
    created: Option<Timestamp>,
}

impl Denied {
    /// What an object is known by in the ledger.
    pub fn of(subject: &Subject, names: &Names) -> Self {
        let mut subjects = vec![fingerprint(&[subject.id.as_bytes()])];
        if let Some(prefix) = &names.generate_name
            && let Some(parent) = subject.id.strip_suffix(names.name.as_str())
        {
            subjects.push(fingerprint(&[format!("{parent}{prefix}*").as_bytes()]));
        }
        Self {
            subjects,
            created: names.created,
        }
    }
}

/// The last decision that admitted a subject.
#[derive(Debug, Clone, Copy)]
struct Admission {
    time: Timestamp,
    basis: Fingerprint,
    used_exception: bool,
    has_verdicts: bool,
}

/// What the webhook admitted, as its ledger tells. Only what is new in it is read again.
#[derive(Debug, Default)]
pub struct Admissions {
    origin: String,
    next: u64,
    first: Option<Timestamp>,
    by_subject: HashMap<Fingerprint, Admission>,
    is_full: bool,
    is_broken: bool,
}

impl Admissions {
    /// Reads on. After an error, what is known is not whole.
    pub fn read(&mut self, place: &Place) -> Result<(), PlaceError> {
        self.is_broken = true;
        let log = place.read()?;
        let size = log.size()?;
        if log.origin() != self.origin || size < self.next {
            *self = Self {
                origin: log.origin().to_owned(),
                is_broken: true,
                ..Self::default()
            };
        }
        for entry in log.entries(self.next..size)? {
            let (index, bytes) = entry?;
            self.next = index + 1;
            let is_of_admission = bytes
                .windows(OF_ADMISSION.len())
                .any(|window| window == OF_ADMISSION);
            if is_of_admission && let Ok(record) = Record::parse(&bytes) {
                self.note(&record);
            }
        }
        self.is_broken = false;
        Ok(())
    }

    fn note(&mut self, record: &Record) {
        let (Event::Decision(decision), Some(subject)) = (&record.event, &record.subject) else {
            return;
        };
        if decision.front_end != "admission" {
            return;
        }
        self.first = Some(
            self.first
                .map_or(record.time, |first| first.min(record.time)),
        );
        if decision.outcome != "allow" {
            return;
        }
        let admission = Admission::of(record.time, decision);
        let key = fingerprint(&[subject.id.as_bytes()]);
        if let Some(before) = self.by_subject.get_mut(&key) {
            // A removal is allowed without a verdict, and says nothing of the object that was admitted before.
            if admission.has_verdicts {
                *before = admission;
            }
        } else if self.by_subject.len() < MOST_SUBJECTS {
            self.by_subject.insert(key, admission);
        } else {
            self.is_full = true;
        }
    }

    /// How an object came to exist that policies and settings deny now.
    pub fn explain(&self, denied: &Denied, policies: &str, settings: &str) -> Drift {
        if self.is_broken {
            return Drift::Unknown;
        }
        let admissions = denied
            .subjects
            .iter()
            .filter_map(|subject| self.by_subject.get(subject));
        // A decision before the object was made is about another object of its name.
        let is_of_it = |admission: &&Admission| {
            let earliest = denied.created.and_then(|made| made.checked_sub(SKEW).ok());
            earliest.is_none_or(|earliest| admission.time >= earliest)
        };
        if let Some(admission) = admissions.filter(is_of_it).max_by_key(|found| found.time) {
            return if admission.used_exception {
                Drift::ExceptionEnded
            } else if admission.basis == basis(policies, settings) {
                Drift::Altered
            } else {
                Drift::PolicyChanged
            };
        }
        let is_older = match (denied.created, self.first) {
            // The API server writes down whole seconds.
            (Some(created), Some(first)) => {
                let latest = created.checked_add(SignedDuration::from_secs(1));
                latest.is_ok_and(|latest| latest <= first)
            }
            (_, None) => true,
            (None, Some(_)) => return Drift::Unknown,
        };
        if is_older {
            Drift::OlderThanGate
        } else if self.is_full {
            Drift::Unknown
        } else {
            Drift::Bypassed
        }
    }
}

impl Admission {
    fn of(time: Timestamp, decision: &DecisionMade) -> Self {
        let mut verdicts = decision.verdicts.iter();
        Self {
            time,
            basis: basis(&decision.policies, &decision.settings),
            used_exception: verdicts.any(|verdict| verdict.exception.is_some()),
            has_verdicts: !decision.verdicts.is_empty(),
        }
    }
}

fn basis(policies: &str, settings: &str) -> Fingerprint {
    fingerprint(&[policies.as_bytes(), settings.as_bytes()])
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;

    fn record(
        time: &str,
        subject: &str,
        outcome: &str,
        policies: &str,
        verdicts: &Value,
    ) -> Record {
        let record = json!({"schema": "soc2gate.dev/record/v1", "index": 0, "id": "0", "time": time,
            "actor": {"id": "a", "kind": "service"}, "subject": {"kind": "kubernetes", "id": subject}, "kind": "decision",
            "body": {"clock": time, "engine": {"name": "soc2gate", "version": "1"}, "front_end": "admission", "outcome": outcome,
                "parameters": "p", "policies": policies, "settings": "s", "verdicts": verdicts}});
        Record::parse(record.to_string().as_bytes()).unwrap()
    }

    fn verdict(exception: Option<&str>) -> Value {
        json!([{"control": "WRK-01", "enforcement": "deny", "severity": "high", "status": "pass", "exception": exception}])
    }

    fn denied(subjects: &[&str], created: &str) -> Denied {
        Denied {
            subjects: subjects
                .iter()
                .map(|subject| fingerprint(&[subject.as_bytes()]))
                .collect(),
            created: Some(created.parse().unwrap()),
        }
    }

    #[rstest]
    #[case::by_other_policies(&["other"], "2026-01-02T00:00:00Z", Drift::PolicyChanged)]
    #[case::by_the_same_policies(&["same"], "2026-01-02T00:00:00Z", Drift::Altered)]
    #[case::by_an_exception(&["excepted"], "2026-01-02T00:00:00Z", Drift::ExceptionEnded)]
    #[case::refused(&["refused"], "2026-01-02T00:00:00Z", Drift::Bypassed)]
    #[case::never_seen(&["absent"], "2026-01-02T00:00:00Z", Drift::Bypassed)]
    #[case::before_the_gate(&["absent"], "2025-01-01T00:00:00Z", Drift::OlderThanGate)]
    #[case::within_the_first_second(&["absent"], "2026-01-01T00:00:00Z", Drift::Bypassed)]
    #[case::of_an_object_before(&["same"], "2026-02-01T00:00:00Z", Drift::Bypassed)]
    #[case::with_a_clock_that_is_slow(&["same"], "2026-01-02T00:00:30Z", Drift::Altered)]
    #[case::by_a_name_to_be_made(&["web-x", "other"], "2026-01-02T00:00:00Z", Drift::PolicyChanged)]
    #[case::removed_in_vain(&["removed"], "2026-01-02T00:00:00Z", Drift::PolicyChanged)]
    fn what_is_denied_is_explained(
        #[case] subjects: &[&str],
        #[case] created: &str,
        #[case] expected: Drift,
    ) {
        let mut admissions = Admissions::default();
        let at = "2026-01-02T00:00:00Z";
        for record in [
            record(
                "2026-01-01T00:00:00Z",
                "first",
                "allow",
                "now",
                &verdict(None),
            ),
            record(at, "other", "allow", "before", &verdict(None)),
            record(at, "same", "allow", "now", &verdict(None)),
            record(at, "excepted", "allow", "now", &verdict(Some("EX-1"))),
            record(at, "refused", "deny", "now", &verdict(None)),
            record(at, "removed", "allow", "before", &verdict(None)),
            record(at, "removed", "allow", "now", &json!([])),
        ] {
            admissions.note(&record);
        }
        assert_eq!(
            admissions.explain(&denied(subjects, created), "now", "s"),
            expected
        );
    }

    #[test]
    fn a_ledger_that_cannot_be_read_explains_nothing() {
        let mut admissions = Admissions::default();
        let folder = tempfile::tempdir().unwrap();
        let place = Place::new("absent", None, folder.path());
        assert!(admissions.read(&place).is_err());
        let object = denied(&["a"], "2026-01-02T00:00:00Z");
        assert_eq!(admissions.explain(&object, "now", "s"), Drift::Unknown);
    }
}
