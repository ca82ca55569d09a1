//! What a ledger holds about pull requests.

use std::ops::ControlFlow;
use std::sync::Arc;

use serde_json::Value;
use soc2gate_inputs::github::{RecordedDecision, RecordedOutcome};
use soc2gate_inputs::pull_request::Oid;
use soc2gate_ledger::query::{Index, Query};
use soc2gate_ledger::record::{Event, Kind, Record};
use soc2gate_ledger::store::Log;

use super::{Documents, Place};

/// Decisions on one pull request that are looked at, the latest first.
const MAX_LOOKED_AT: usize = 100;

/// The decisions of a ledger.
pub(crate) struct RecordedDecisions {
    log: Box<dyn Log>,
    index: Index,
    ring: Arc<soc2gate_ledger::keys::KeyRing>,
}

impl RecordedDecisions {
    /// Opens a ledger to read.
    pub(crate) fn open(place: &Place) -> anyhow::Result<Self> {
        let log = place.read()?;
        let index = place.index(log.as_ref())?;
        let ring = Arc::new(place.keys()?);
        Ok(Self { log, index, ring })
    }

    /// The last decision on a subject that is about this head, else the last one.
    pub(crate) fn find(
        &self,
        subject: &str,
        head: &str,
    ) -> anyhow::Result<Option<RecordedDecision>> {
        let query = Query {
            kind: Some(Kind::Decision),
            subject: Some(subject.to_owned()),
            ..Query::default()
        };
        let mut indexes = Vec::new();
        self.index.search(&query, |hit| {
            indexes.push(hit.index);
            ControlFlow::Continue(())
        })?;
        let mut last = None;
        for index in indexes.into_iter().rev().take(MAX_LOOKED_AT) {
            let decision = self.decision(index)?;
            if decision
                .head_oid
                .as_ref()
                .is_some_and(|oid| oid.as_str() == head)
            {
                return Ok(Some(decision));
            }
            last.get_or_insert(decision);
        }
        Ok(last)
    }

    fn decision(&self, index: u64) -> anyhow::Result<RecordedDecision> {
        let entry = self.log.entries(index..index + 1)?.next().transpose()?;
        let (_, entry) = entry.ok_or_else(|| anyhow::anyhow!("record {index} cannot be read"))?;
        let record = Record::parse(&entry)?;
        let Event::Decision(made) = &record.event else {
            anyhow::bail!("record {index} is no decision");
        };
        let documents = Documents {
            log: self.log.as_ref(),
            ring: Arc::clone(&self.ring),
        };
        let input: Option<Value> = documents.read(&record, "input")?;
        let head = input
            .as_ref()
            .and_then(|input| input.pointer("/object/head/oid")?.as_str());
        Ok(RecordedDecision {
            index,
            outcome: match made.outcome.as_str() {
                "allow" => RecordedOutcome::Allow,
                "deny" => RecordedOutcome::Deny,
                _ => RecordedOutcome::Error,
            },
            head_oid: head.map(Oid::from),
        })
    }
}
