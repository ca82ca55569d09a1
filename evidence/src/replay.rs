//! A recorded decision evaluated again.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use soc2gate_engine::{Decision, Gate, Library, Outcome, Verdict};
use soc2gate_ledger::record::{DecisionMade, VerdictRecord};
use soc2gate_source::display_path;
use thiserror::Error;

use crate::basis::Settings;
use crate::input::{StoredContext, StoredInput};

/// What stands in messages in place of values that were withheld.
const WITHHELD: [&str; 2] = ["(withheld)", soc2gate_inputs::WITHHELD];

/// A decision cannot be evaluated again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// The stored policies are not those that the decision names.
    #[error("the stored policies have another digest than the decision names")]
    OtherPolicies,
    /// The stored settings cannot be read, or are not those that the decision names.
    #[error("the stored settings have another digest than the decision names")]
    OtherSettings,
}

/// What evaluating again gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replay {
    /// The outcome as it was recorded.
    pub recorded: String,
    /// The outcome now.
    pub replayed: String,
    /// Verdicts that were compared.
    pub verdicts: usize,
    /// What is not the same.
    pub differences: Vec<Difference>,
    /// Values that the stored input does not have: a control that reads one may say something else now.
    pub withheld: u64,
    /// The version of the engine that judged, where it is not this one's.
    pub other_engine: Option<String>,
}

impl Replay {
    /// Whether the outcome and every verdict are the same.
    pub fn is_same(&self) -> bool {
        self.recorded == self.replayed && self.differences.is_empty()
    }
}

/// A verdict that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The control's id.
    pub control: String,
    /// What was recorded: a status, or reasons.
    pub recorded: String,
    /// What is now.
    pub replayed: String,
}

/// Evaluates a decision again, from what was stored with it. `library` is that of the stored
/// [`PolicySet`](crate::PolicySet). Without a context there was nothing beside the subject.
pub fn replay(
    decision: &DecisionMade,
    library: &Library,
    settings: &Settings,
    input: StoredInput,
    context: Option<&StoredContext>,
) -> Result<Replay, ReplayError> {
    if library.digest() != decision.policies {
        return Err(ReplayError::OtherPolicies);
    }
    let library = settings.choose(library.clone());
    let (config, exceptions) = settings.load().ok_or(ReplayError::OtherSettings)?;
    let (gate, _) = Gate::new(&library, &config, exceptions);
    if gate.settings_digest() != decision.settings {
        return Err(ReplayError::OtherSettings);
    }
    let subject = input.subject();
    let nothing = || StoredContext::nothing(&gate, subject.kind).context();
    let mut judge = gate.judge(&context.map_or_else(nothing, StoredContext::context));
    let mut now = judge
        .judge_combined(&subject, decision.clock)
        .filter(|_| gate.combines())
        .unwrap_or_else(|| judge.judge(&subject, decision.clock));
    keep_known(&decision.verdicts, &mut now);
    let version = &now.engine.version;
    Ok(Replay {
        recorded: decision.outcome.clone(),
        replayed: now.outcome.as_str().to_owned(),
        verdicts: decision.verdicts.len(),
        differences: differences(&decision.verdicts, &now.verdicts),
        withheld: decision.withheld + context.map_or(0, |context| context.withheld),
        other_engine: (*version != decision.engine.version)
            .then(|| decision.engine.version.clone()),
    })
}

/// What was there before a change is not judged again: it is taken as it was recorded.
fn keep_known(recorded: &[VerdictRecord], now: &mut Decision) {
    for verdict in &mut now.verdicts {
        let same = |recorded: &&VerdictRecord| {
            recorded.control == verdict.control.0 && recorded.status == verdict.status.as_str()
        };
        verdict.known = recorded
            .iter()
            .find(same)
            .is_some_and(|recorded| recorded.known);
    }
    now.outcome = Outcome::of(&now.verdicts);
}

fn differences(recorded: &[VerdictRecord], now: &[Verdict]) -> Vec<Difference> {
    let mut by_control: BTreeMap<&str, (Option<&VerdictRecord>, Option<&Verdict>)> =
        BTreeMap::new();
    for verdict in recorded {
        by_control.entry(&verdict.control).or_default().0 = Some(verdict);
    }
    for verdict in now {
        by_control.entry(&verdict.control.0).or_default().1 = Some(verdict);
    }
    let mut found = Vec::new();
    for (control, verdicts) in by_control {
        let status = (
            verdicts.0.map_or("absent", |verdict| &verdict.status),
            verdicts
                .1
                .map_or("absent", |verdict| verdict.status.as_str()),
        );
        let difference = |recorded: &str, replayed: &str| Difference {
            control: control.to_owned(),
            recorded: recorded.to_owned(),
            replayed: replayed.to_owned(),
        };
        if status.0 != status.1 {
            found.push(difference(status.0, status.1));
        } else if let (Some(recorded), Some(now)) = verdicts {
            let reasons = (recorded_reasons(recorded), reasons(now));
            let withheld = reasons
                .0
                .iter()
                .chain(&reasons.1)
                .any(|reason| WITHHELD.iter().any(|mark| reason.contains(mark)));
            if recorded.reasons_left_out == 0 && !withheld && reasons.0 != reasons.1 {
                let text = |reasons: &BTreeSet<String>| {
                    reasons.iter().cloned().collect::<Vec<_>>().join("; ")
                };
                found.push(difference(&text(&reasons.0), &text(&reasons.1)));
            }
        }
    }
    found
}

fn recorded_reasons(verdict: &VerdictRecord) -> BTreeSet<String> {
    verdict
        .reasons
        .iter()
        .map(|reason| {
            let path = reason.path.as_deref().unwrap_or_default();
            format!("{path}: {}", reason.message)
        })
        .collect()
}

fn reasons(verdict: &Verdict) -> BTreeSet<String> {
    let findings = verdict
        .findings
        .iter()
        .map(|finding| (&finding.path, &finding.message));
    let unknowns = verdict
        .unknowns
        .iter()
        .map(|unknown| (&unknown.path, &unknown.message));
    findings
        .chain(unknowns)
        .map(|(path, message)| format!("{}: {message}", display_path(path)))
        .collect()
}
