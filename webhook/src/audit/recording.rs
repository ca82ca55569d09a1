//! The records of a scan: decisions that are new or differ, and the scan itself.

use std::sync::Arc;

use jiff::Timestamp;
use soc2gate_host::RecordingError;
use soc2gate_ledger::record::{Actor, Draft, Event, Gap, Kind, RecordError, Scan};
use soc2gate_ledger::store::Submission;

use crate::policies::PolicySnapshot;
use crate::recording::Ledger;

/// The most characters of the reason of a gap.
const REASON: usize = 2_000;

/// Records what a scan finds.
#[derive(Clone)]
pub struct ScanRecording {
    ledger: Arc<Ledger>,
    policies: Arc<PolicySnapshot>,
}

impl ScanRecording {
    /// Opens the ledger where it is not open, and records by what is judged.
    pub async fn start(
        ledger: Arc<Ledger>,
        policies: Arc<PolicySnapshot>,
    ) -> Result<Self, RecordingError> {
        let recording = Self { ledger, policies };
        recording
            .blocking(|ledger, policies| {
                ledger.open()?;
                ledger.introduce(policies)
            })
            .await?;
        Ok(recording)
    }

    /// Records decisions. They are durable when this returns.
    pub async fn append(&self, records: Vec<Submission>) -> Result<(), RecordingError> {
        self.blocking(|ledger, policies| ledger.append(policies, records).map(|_| ()))
            .await
    }

    /// Records the scan; what is not complete as a gap too.
    pub async fn finish(&self, scan: Scan, actor: &Actor) -> Result<(), RecordingError> {
        let records = records(scan, actor)?;
        self.append(records).await
    }

    /// A ledger waits for disks and databases, which no other work should.
    async fn blocking(
        &self,
        work: impl FnOnce(&Ledger, &PolicySnapshot) -> Result<(), RecordingError> + Send + 'static,
    ) -> Result<(), RecordingError> {
        let (ledger, policies) = (Arc::clone(&self.ledger), Arc::clone(&self.policies));
        let done = tokio::task::spawn_blocking(move || work(&ledger, &policies));
        done.await.unwrap_or(Err(RecordingError::Ended))
    }
}

/// The records of a scan, with as much as fits.
fn records(mut scan: Scan, actor: &Actor) -> Result<Vec<Submission>, RecordError> {
    let now = Timestamp::now();
    let mut records = Vec::new();
    if !scan.complete {
        let reason = format!("the audit is incomplete: {}", scan.problems.join("; "));
        records.push(Event::Gap(Gap {
            from: scan.started,
            to: scan.ended,
            reason: reason.chars().take(REASON).collect(),
            allowed: None,
            denied: None,
        }));
    }
    let fits = |scan: &Scan| {
        let draft = Draft::new(now, actor.clone(), Event::Scan(scan.clone()))?;
        match draft.prepare() {
            Ok(_) => Ok(true),
            Err(RecordError::TooLarge) => Ok(false),
            Err(error) => Err(error),
        }
    };
    if !fits(&scan)? {
        scan.verdicts.clear();
    }
    while !fits(&scan)? && !scan.kinds.is_empty() {
        // Kinds without objects are the least loss, then whatever comes last; both are said.
        let note = "not all kinds fit into the record of the scan".to_owned();
        if scan.problems.contains(&note) {
            scan.kinds.truncate(scan.kinds.len() / 2);
        } else {
            scan.problems.push(note);
            scan.kinds.retain(|kind| kind.judged > 0 || !kind.listed);
        }
    }
    records.push(Event::Scan(scan));
    records
        .into_iter()
        .map(|event| {
            debug_assert!(matches!(event.kind(), Kind::Gap | Kind::Scan));
            Ok(Submission {
                draft: Draft::new(now, actor.clone(), event)?,
                documents: Vec::new(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use soc2gate_ledger::record::{ActorKind, ScannedKind};

    use super::*;

    fn scan(complete: bool, kinds: usize) -> Scan {
        let kind = |at| ScannedKind {
            kind: format!("{}.example.com/Kind{at}", "x".repeat(100)),
            judged: at,
            excluded: 0,
            listed: true,
        };
        Scan {
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::UNIX_EPOCH,
            complete,
            problems: Vec::new(),
            policies: "sha256:1".to_owned(),
            settings: "sha256:2".to_owned(),
            kinds: (0..kinds).map(|at| kind(at as u64)).collect(),
            outcomes: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            drift: BTreeMap::new(),
            excluded_namespaces: Vec::new(),
            excluded_kinds: Vec::new(),
            recorded: 0,
        }
    }

    fn kinds_of(scan: Scan) -> Vec<Kind> {
        let actor = Actor {
            id: "audit".to_owned(),
            kind: ActorKind::Service,
        };
        let records = records(scan, &actor).unwrap();
        assert!(records.iter().all(|record| record.draft.prepare().is_ok()));
        records
            .iter()
            .map(|record| record.draft.event.kind())
            .collect()
    }

    #[test]
    fn what_is_incomplete_is_a_gap_too() {
        assert_eq!(kinds_of(scan(true, 3)), [Kind::Scan]);
        assert_eq!(kinds_of(scan(false, 3)), [Kind::Gap, Kind::Scan]);
    }

    #[test]
    fn a_scan_of_many_kinds_fits() {
        assert_eq!(kinds_of(scan(true, 5_000)), [Kind::Scan]);
    }
}
