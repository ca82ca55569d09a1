//! The recorded decision that an attestation rests on, and the approvals judged again.

use std::ops::ControlFlow;
use std::sync::Arc;

use soc2gate_engine::{Gate, Status, Subject, Verdict};
use soc2gate_evidence::{PolicySet, Settings, StoredContext, StoredInput};
use soc2gate_ledger::Hash;
use soc2gate_ledger::attest::{ChangeDecision, ControlVerdict, DecisionEntry};
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::proof::RecordProof;
use soc2gate_ledger::query::{DocumentRecord, Index, Query};
use soc2gate_ledger::record::{DecisionMade, Event, Kind, Record, VerdictRecord};
use soc2gate_ledger::store::Log;
use soc2gate_source::{Code, Diagnostic};

use super::ledger_failed;
use crate::ledger::Documents;

/// The control without whose word nothing was approved.
const APPROVAL: &str = "CHG-01";
/// The controls that count approvals. They judge again what was merged.
pub(super) const APPROVALS: [&str; 3] = [APPROVAL, "CHG-02", "CHG-03"];
/// Decisions on one pull request that are looked at, the latest first.
const MAX_LOOKED_AT: usize = 100;

/// A ledger, as it is asked for decisions.
pub(super) struct Decisions<'a> {
    pub(super) log: &'a dyn Log,
    pub(super) index: &'a Index,
    pub(super) ring: Arc<KeyRing>,
}

/// A decision in its record.
struct Found {
    entry: Vec<u8>,
    record: Record,
    made: DecisionMade,
}

impl Decisions<'_> {
    /// The decision that allowed what was merged, once its record is proved, and the approvals are found to hold still.
    pub(super) fn allowing(
        &self,
        subject: &Subject,
        head: &str,
        base_ref: &str,
        has_approvers: bool,
    ) -> Result<ChangeDecision, Diagnostic> {
        let found = self.last(&subject.id, head, base_ref)?;
        let not_allowed = |why: &str| {
            let index = found.record.index;
            let message = format!("{}: record {index} of the ledger {why}", subject.id);
            Diagnostic::new(Code::ChangeNotAllowed, message)
        };
        match found.made.outcome.as_str() {
            "allow" => {}
            "deny" => return Err(not_allowed("denies the change")),
            _ => {
                let message = format!(
                    "{}: record {} of the ledger could not decide",
                    subject.id, found.record.index
                );
                return Err(Diagnostic::new(Code::ChangeUndecided, message));
            }
        }
        let approval = found
            .made
            .verdicts
            .iter()
            .find(|verdict| verdict.control == APPROVAL);
        let Some(approval) = approval else {
            return Err(not_allowed(&format!("was made without {APPROVAL}")));
        };
        if !is_fulfilled(approval) {
            return Err(not_allowed(&format!(
                "allows the change although {APPROVAL} is not fulfilled"
            )));
        }
        if approval.status == "pass" && !has_approvers {
            return Err(not_allowed("counts approvals that are not there now"));
        }
        self.prove(&found)?;
        self.judge_again(&found, subject)?;
        Ok(self.named(&found))
    }

    /// The last decision on a subject that is about this head and branch.
    fn last(&self, subject: &str, head: &str, base_ref: &str) -> Result<Found, Diagnostic> {
        let query = Query {
            kind: Some(Kind::Decision),
            ..Query::default()
        };
        let mut indexes = Vec::new();
        self.index
            .search(&query, |hit| {
                if hit.subject.as_deref() == Some(subject) {
                    indexes.push(hit.index);
                }
                ControlFlow::Continue(())
            })
            .map_err(|error| ledger_failed(&error))?;
        if indexes.is_empty() {
            let message = format!("{subject}: the ledger holds no decision on it");
            return Err(Diagnostic::new(Code::ChangeUndecided, message));
        }
        for index in indexes.into_iter().rev().take(MAX_LOOKED_AT) {
            let found = self
                .decision(index)
                .map_err(|error| ledger_failed(&error))?;
            let input: Option<StoredInput> = self
                .documents()
                .read(&found.record, "input")
                .map_err(|error| ledger_failed(&error))?;
            let text = |pointer: &str| {
                let object = input.as_ref().map(|input| &input.object);
                object.and_then(|object| object.pointer(pointer)?.as_str())
            };
            if text("/head/oid") != Some(head) {
                continue;
            }
            if text("/base/ref") != Some(base_ref) {
                let message =
                    format!("{subject}: record {index} decides on a merge into another branch");
                return Err(Diagnostic::new(Code::ChangeNotDecidedOn, message));
            }
            return Ok(found);
        }
        let message =
            format!("{subject}: no decision in the ledger is about the commit that was merged");
        Err(Diagnostic::new(Code::ChangeNotDecidedOn, message))
    }

    fn decision(&self, index: u64) -> anyhow::Result<Found> {
        let (entry, record) = self.record(index)?;
        let Event::Decision(made) = record.event.clone() else {
            anyhow::bail!("record {index} is no decision");
        };
        Ok(Found {
            entry,
            record,
            made,
        })
    }

    fn record(&self, index: u64) -> anyhow::Result<(Vec<u8>, Record)> {
        let entry = self.log.entries(index..index + 1)?.next().transpose()?;
        let (_, entry) = entry.ok_or_else(|| anyhow::anyhow!("record {index} cannot be read"))?;
        let record = Record::parse_canonical(&entry)?;
        Ok((entry, record))
    }

    fn documents(&self) -> Documents<'_> {
        Documents {
            log: self.log,
            ring: Arc::clone(&self.ring),
        }
    }

    /// Shows that the record is under a checkpoint that the ledger's key signed.
    fn prove(&self, found: &Found) -> Result<(), Diagnostic> {
        let proved = RecordProof::of(self.log, found.record.index)
            .and_then(|proof| proof.verify(&self.ring.verifiers()))
            .map_err(|error| ledger_failed(&error))?;
        if proved == found.record {
            Ok(())
        } else {
            let message = "the record of the decision is not the one under the checkpoint";
            Err(ledger_failed(&message))
        }
    }

    /// Judges what was merged by the policies and settings of the decision. What counted then may have been taken back.
    fn judge_again(&self, found: &Found, subject: &Subject) -> Result<(), Diagnostic> {
        let gate = self
            .gate(&found.made)
            .map_err(|error| ledger_failed(&error))?;
        let nothing = StoredContext::nothing(&gate, subject.kind).context();
        let now = gate.judge(&nothing).judge(subject, found.made.clock);
        for recorded in &found.made.verdicts {
            let control = recorded.control.as_str();
            if !APPROVALS.contains(&control) || !is_fulfilled(recorded) {
                continue;
            }
            let verdict = now.verdicts.iter().find(|now| now.control.0 == control);
            let what = match verdict.map(again) {
                Some(Again::Holds) => continue,
                Some(Again::Failed) => Err((Code::ChangeNotAllowed, "is not fulfilled any more")),
                Some(Again::Unknown) | None => {
                    Err((Code::ChangeUndecided, "cannot be judged again"))
                }
            };
            return what.map_err(|(code, what)| {
                let message = format!("{}: {control} {what} by what was merged", subject.id);
                Diagnostic::new(code, message)
            });
        }
        Ok(())
    }

    /// The gate that decided, from what the ledger holds of it.
    fn gate(&self, made: &DecisionMade) -> anyhow::Result<Gate> {
        let document = |of: DocumentRecord, digest: &str| {
            let at = self.index.holder(of, digest)?;
            let at = at.ok_or_else(|| {
                anyhow::anyhow!("no record holds what the decision is based on: {digest}")
            })?;
            self.record(at)
        };
        let missing = || anyhow::anyhow!("what the decision is based on is not in the ledger");
        let (_, holder) = document(DocumentRecord::Policies, &made.policies)?;
        let policies: Option<PolicySet> = self.documents().read(&holder, "policies")?;
        let (_, holder) = document(DocumentRecord::Settings, &made.settings)?;
        let settings: Option<Settings> = self.documents().read(&holder, "settings")?;
        let (policies, settings) = policies.zip(settings).ok_or_else(missing)?;
        let library = policies.load();
        let (config, exceptions) = settings.load().ok_or_else(missing)?;
        let is_same = library.digest() == made.policies;
        let (gate, _) = Gate::new(&settings.choose(library), &config, exceptions);
        if !is_same || gate.settings_digest() != made.settings {
            anyhow::bail!("the stored policies or settings are not those that the decision names");
        }
        Ok(gate)
    }

    fn named(&self, found: &Found) -> ChangeDecision {
        let made = &found.made;
        let verdicts = made.verdicts.iter().map(|verdict| ControlVerdict {
            control: verdict.control.clone(),
            enforcement: verdict.enforcement.clone(),
            exception: verdict.exception.clone(),
            status: verdict.status.clone(),
        });
        ChangeDecision {
            engine: made.engine.clone(),
            ledger: DecisionEntry {
                id: found.record.id.clone(),
                index: found.record.index,
                leaf_hash: Hash::leaf(&found.entry).to_string(),
                origin: self.log.origin().to_owned(),
            },
            outcome: made.outcome.clone(),
            policies: made.policies.clone(),
            settings: made.settings.clone(),
            time: made.clock,
            verdicts: verdicts.collect(),
        }
    }
}

/// Whether a control was content: it passes, does not apply, or an exception permits that it fails. That a failure stops
/// nothing, because it only warns or was there before, is no approval.
fn is_fulfilled(verdict: &VerdictRecord) -> bool {
    match verdict.status.as_str() {
        "pass" | "not_applicable" => true,
        "fail" => verdict.exception.is_some(),
        _ => false,
    }
}

/// What a control says of what was merged.
enum Again {
    Holds,
    Failed,
    Unknown,
}

fn again(verdict: &Verdict) -> Again {
    match verdict.status {
        Status::Pass | Status::NotApplicable => Again::Holds,
        Status::Fail if verdict.exception.is_some() => Again::Holds,
        Status::Fail => Again::Failed,
        Status::Unknown => Again::Unknown,
    }
}
