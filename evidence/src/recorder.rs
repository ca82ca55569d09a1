//! Decisions to records.

use std::sync::Arc;

use jiff::Timestamp;
use soc2gate_engine::{Decision, Exceptions, Finding, Gate, Subject, Unknown, Verdict};
use soc2gate_inputs::Withholder;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{
    Actor, ChangedPolicies, ChangedSettings, DecisionMade, Draft, EngineName, Event, ExceptionUsed,
    FindingRecord, RecordError, RecordSubject, VerdictRecord, canonical_value,
};
use soc2gate_ledger::store::Submission;
use soc2gate_source::{Path, display_path};

use crate::basis::{PolicySet, Settings, document, parameters_digest};
use crate::input::StoredInput;

/// The most characters of a message that are kept.
const MESSAGE: usize = 500;
/// The most reasons of a verdict that are kept at first; fewer where the record would be too long.
const REASONS: usize = 20;

/// An event of about so many bytes fits an entry, whatever stands around it.
const SHORT: usize = 32 * 1024;
/// More than the fields of a verdict or a reason take beside their texts.
const FIELDS: usize = 512;

/// What asked for a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrontEnd {
    /// `soc2gate check`.
    Check,
    /// The step of a workflow.
    Action,
    /// The admission webhook.
    Admission,
    /// The audit of what exists.
    Audit,
}

impl FrontEnd {
    /// The front end as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Action => "action",
            Self::Admission => "admission",
            Self::Audit => "audit",
        }
    }
}

/// Makes the records of a run. Shared between threads.
#[derive(Debug, Clone)]
pub struct Recorder {
    ring: Arc<KeyRing>,
    actor: Actor,
    front_end: FrontEnd,
    parameters: String,
}

impl Recorder {
    /// A recorder of the decisions of a gate.
    pub fn new(
        ring: Arc<KeyRing>,
        actor: Actor,
        front_end: FrontEnd,
        gate: &Gate,
    ) -> Result<Self, RecordError> {
        Ok(Self {
            ring,
            actor,
            front_end,
            parameters: parameters_digest(gate)?,
        })
    }

    /// The record of a policy set that was not recorded yet.
    pub fn policy_change(
        &self,
        gate: &Gate,
        policies: &PolicySet,
        digest: &str,
        previous: Option<String>,
        time: Timestamp,
    ) -> Result<Submission, RecordError> {
        let event = Event::PolicyChange(ChangedPolicies {
            policies: digest.to_owned(),
            previous,
            controls: gate
                .controls()
                .map(|control| control.id.0.clone())
                .collect(),
        });
        Ok(Submission {
            draft: Draft::new(time, self.actor.clone(), event)?,
            documents: vec![policies.document()?],
        })
    }

    /// The record of settings that were not recorded yet.
    pub fn settings_change(
        &self,
        settings: &Settings,
        digest: &str,
        previous: Option<String>,
        time: Timestamp,
    ) -> Result<Submission, RecordError> {
        let event = Event::ConfigurationChange(ChangedSettings {
            settings: digest.to_owned(),
            parameters: self.parameters.clone(),
            previous,
        });
        Ok(Submission {
            draft: Draft::new(time, self.actor.clone(), event)?,
            documents: vec![settings.document()?],
        })
    }

    /// The records of a decision: itself with the stored input, then each use of an exception.
    pub fn decision(
        &self,
        subject: &Subject,
        decision: &Decision,
        exceptions: &Exceptions,
        time: Timestamp,
    ) -> Result<Vec<Submission>, RecordError> {
        let commit = |bytes: &[u8]| self.ring.commit("value", bytes);
        let mut withholder = Withholder::new(&commit);
        let input = StoredInput::of(subject, &mut withholder);
        let documents = vec![document("input", &input)?];
        let draft = self.draft(subject, decision, &withholder, time)?;
        let mut submissions = Vec::new();
        for verdict in &decision.verdicts {
            let Some(used) = &verdict.exception else {
                continue;
            };
            let requested_by = exceptions
                .list()
                .iter()
                .find(|exception| exception.raw.id == used.id)
                .map(|exception| exception.raw.requested_by.clone())
                .unwrap_or_default();
            let event = Event::ExceptionUsed(ExceptionUsed {
                exception: used.id.clone(),
                control: verdict.control.0.clone(),
                decision: draft.id.clone(),
                requested_by,
                approved_by: used.approved_by.clone(),
                expires_at: used.expires_at,
                ticket: Some(used.ticket.clone()),
            });
            let mut draft_of_use = Draft::new(time, self.actor.clone(), event)?;
            draft_of_use.subject.clone_from(&draft.subject);
            submissions.push(Submission {
                draft: draft_of_use,
                documents: Vec::new(),
            });
        }
        submissions.insert(0, Submission { draft, documents });
        Ok(submissions)
    }

    /// The record of a decision, with as many reasons as fit.
    fn draft(
        &self,
        subject: &Subject,
        decision: &Decision,
        withholder: &Withholder<'_>,
        time: Timestamp,
    ) -> Result<Draft, RecordError> {
        let commitment = self
            .ring
            .commit("document", &canonical_value(&subject.document)?);
        let location = decision.subject.location.as_ref();
        let about = RecordSubject {
            kind: subject.kind.as_str().to_owned(),
            id: subject.id.clone(),
            resource: subject.resource.clone(),
            location: location
                .map(|place| format!("{}:{}:{}", place.file, place.line, place.column)),
            commitment: Some(commitment),
        };
        let mut most = REASONS;
        loop {
            let verdicts = decision
                .verdicts
                .iter()
                .map(|verdict| verdict_record(verdict, withholder, most))
                .collect();
            let event = Event::Decision(DecisionMade {
                outcome: decision.outcome.as_str().to_owned(),
                clock: decision.time,
                engine: EngineName {
                    name: decision.engine.name.clone(),
                    version: decision.engine.version.clone(),
                },
                policies: decision.policy_digest.clone(),
                settings: decision.settings_digest.clone(),
                parameters: self.parameters.clone(),
                front_end: self.front_end.as_str().to_owned(),
                verdicts,
                withheld: withholder.count(),
            });
            let is_short = length(&event) < SHORT;
            let mut draft = Draft::new(time, self.actor.clone(), event)?;
            draft.subject = Some(about.clone());
            if is_short {
                return Ok(draft);
            }
            match draft.prepare() {
                Err(RecordError::TooLarge) if most > 0 => most /= 4,
                Err(error) => return Err(error),
                Ok(_) => return Ok(draft),
            }
        }
    }
}

/// About how long an event is, in bytes.
fn length(event: &Event) -> usize {
    let Event::Decision(decision) = event else {
        return usize::MAX;
    };
    let reason = |reason: &FindingRecord| {
        // Each byte of a text takes at most six.
        6 * (reason.message.len() + reason.path.as_ref().map_or(0, String::len)) + FIELDS
    };
    let verdict =
        |verdict: &VerdictRecord| FIELDS + verdict.reasons.iter().map(reason).sum::<usize>();
    decision.verdicts.iter().map(verdict).sum()
}

fn verdict_record(verdict: &Verdict, withholder: &Withholder<'_>, most: usize) -> VerdictRecord {
    let findings = verdict.findings.iter().map(Reason::from);
    let unknowns = verdict.unknowns.iter().map(Reason::from);
    let all = verdict.findings.len() + verdict.unknowns.len() + verdict.omitted;
    let reasons: Vec<FindingRecord> = findings
        .chain(unknowns)
        .take(most)
        .map(|reason| reason.record(withholder))
        .collect();
    VerdictRecord {
        control: verdict.control.0.clone(),
        status: verdict.status.as_str().to_owned(),
        enforcement: verdict.enforcement.as_str().to_owned(),
        severity: verdict.severity.as_str().to_owned(),
        criteria: verdict.criteria.clone(),
        // A count of reasons always fits.
        reasons_left_out: u64::try_from(all - reasons.len()).unwrap_or(u64::MAX),
        reasons,
        exception: verdict.exception.as_ref().map(|used| used.id.clone()),
        known: verdict.known,
    }
}

/// What a finding and an unknown have in common.
struct Reason<'a> {
    message: &'a str,
    path: &'a Path,
    line: Option<u32>,
}

impl<'a> From<&'a Finding> for Reason<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            message: &finding.message,
            path: &finding.path,
            line: finding.location.as_ref().map(|place| place.line),
        }
    }
}

impl<'a> From<&'a Unknown> for Reason<'a> {
    fn from(unknown: &'a Unknown) -> Self {
        Self {
            message: &unknown.message,
            path: &unknown.path,
            line: unknown.location.as_ref().map(|place| place.line),
        }
    }
}

impl Reason<'_> {
    fn record(&self, withholder: &Withholder<'_>) -> FindingRecord {
        let message = withholder.message(self.message);
        FindingRecord {
            message: if message.chars().count() > MESSAGE {
                message.chars().take(MESSAGE).chain(['…']).collect()
            } else {
                message
            },
            path: (!self.path.is_empty()).then(|| display_path(self.path)),
            line: self.line.map(u64::from),
        }
    }
}
