//! What came of a scan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use soc2gate_engine::{ControlId, Outcome, Status};
use soc2gate_ledger::record::{Scan, ScannedKind};

use super::drift::Drift;
use super::judging::BatchJudged;
use super::reports::{Summary, Synced};
use crate::exit::Exit;

/// The most problems that are kept word for word.
const PROBLEMS: usize = 50;

/// What came of a scan.
#[derive(Debug, Clone)]
pub struct ScanSummary {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Why it is not complete.
    pub problems: BTreeSet<String>,
    /// Kinds that could not be listed whole.
    pub unlisted: BTreeSet<String>,
    /// What was read of each kind.
    pub kinds: Vec<ScannedKind>,
    /// Objects by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Verdicts by control and status.
    pub verdicts: BTreeMap<(ControlId, Status), u64>,
    /// Verdicts as reports count them.
    pub counts: Summary,
    /// Denied objects by how they came to exist.
    pub drift: BTreeMap<Drift, u64>,
    /// Namespaces that are left out.
    pub excluded_namespaces: Vec<String>,
    /// Kinds that are left out though controls speak of them.
    pub excluded_kinds: Vec<String>,
    /// Records that were made durable.
    pub recorded: u64,
    /// Reports that were written.
    pub reports_written: u64,
    /// Reports that were removed.
    pub reports_removed: u64,
    /// Reports that others had changed or removed.
    pub reports_altered: u64,
    /// Reports that are left out, since there are too many.
    pub reports_left_out: u64,
}

impl ScanSummary {
    /// A scan that begins.
    pub fn new(started: Timestamp) -> Self {
        Self {
            started,
            ended: started,
            took: Duration::ZERO,
            problems: BTreeSet::new(),
            unlisted: BTreeSet::new(),
            kinds: Vec::new(),
            outcomes: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            counts: Summary::default(),
            drift: BTreeMap::new(),
            excluded_namespaces: Vec::new(),
            excluded_kinds: Vec::new(),
            recorded: 0,
            reports_written: 0,
            reports_removed: 0,
            reports_altered: 0,
            reports_left_out: 0,
        }
    }

    /// Whether everything was read, judged, recorded and reported.
    pub fn is_complete(&self) -> bool {
        self.problems.is_empty()
    }

    /// Says why it is not.
    pub fn problem(&mut self, problem: impl Into<String>) {
        if self.problems.len() < PROBLEMS {
            self.problems.insert(problem.into());
        }
    }

    /// A kind was read, as far as it could be.
    pub fn kind(&mut self, resource: &str, judged: &BatchJudged, failure: Option<String>) {
        self.kinds.push(ScannedKind {
            kind: resource.to_owned(),
            judged: judged.judged,
            excluded: judged.excluded,
            listed: failure.is_none(),
        });
        if let Some(failure) = failure {
            self.unlisted.insert(resource.to_owned());
            self.problem(format!("{resource} could not be listed: {failure}"));
        }
        for problem in &judged.problems {
            self.problem(format!("{resource}: {problem}"));
        }
        self.counts.add(judged.counts);
        for (outcome, count) in &judged.outcomes {
            *self.outcomes.entry(*outcome).or_default() += count;
        }
        for (verdict, count) in &judged.verdicts {
            *self.verdicts.entry(verdict.clone()).or_default() += count;
        }
    }

    /// The reports of a group are as they should be, as far as they could be written.
    pub fn synced(&mut self, synced: &Synced) {
        self.reports_written += synced.written;
        self.reports_removed += synced.removed;
        self.reports_altered += synced.altered;
        self.reports_left_out += synced.left_out;
        for problem in &synced.problems {
            self.problem(problem.as_str());
        }
    }

    /// Objects that were judged.
    pub fn judged(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.judged).sum()
    }

    /// Objects with an outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or_default()
    }

    /// How a single scan ends: what could not be read may hide anything, and a denial stands whatever is unknown beside it.
    pub fn exit(&self) -> Exit {
        if !self.is_complete() {
            Exit::Error
        } else if self.count(Outcome::Deny) > 0 {
            Exit::Denied
        } else if self.count(Outcome::Error) > 0 {
            Exit::Error
        } else {
            Exit::Ended
        }
    }

    /// The scan in one line.
    pub fn sentence(&self) -> String {
        let state = if self.is_complete() {
            "complete"
        } else {
            "incomplete"
        };
        format!(
            "{state}: {} objects of {} kinds; {} denied, {} not known",
            self.judged(),
            self.kinds.len(),
            self.count(Outcome::Deny),
            self.count(Outcome::Error),
        )
    }

    /// The body of its record.
    pub fn record(&self, policies: &str, settings: &str) -> Scan {
        let mut verdicts: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
        for ((control, status), count) in &self.verdicts {
            let of_control = verdicts.entry(control.0.clone()).or_default();
            of_control.insert(status.as_str().to_owned(), *count);
        }
        let by_word = |word: &str, count: &u64| (word.to_owned(), *count);
        Scan {
            started: self.started,
            ended: self.ended,
            complete: self.is_complete(),
            problems: self.problems.iter().cloned().collect(),
            policies: policies.to_owned(),
            settings: settings.to_owned(),
            kinds: self.kinds.clone(),
            outcomes: self
                .outcomes
                .iter()
                .map(|(outcome, count)| by_word(outcome.as_str(), count))
                .collect(),
            verdicts,
            drift: self
                .drift
                .iter()
                .map(|(drift, count)| by_word(drift.as_str(), count))
                .collect(),
            excluded_namespaces: self.excluded_namespaces.clone(),
            excluded_kinds: self.excluded_kinds.clone(),
            recorded: self.recorded,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(&[], false, Exit::Ended)]
    #[case(&[(Outcome::Allow, 3)], false, Exit::Ended)]
    #[case(&[(Outcome::Allow, 3), (Outcome::Deny, 1), (Outcome::Error, 1)], false, Exit::Denied)]
    #[case(&[(Outcome::Error, 1)], false, Exit::Error)]
    #[case(&[(Outcome::Deny, 1)], true, Exit::Error)]
    fn what_is_incomplete_outweighs_what_is_denied(
        #[case] outcomes: &[(Outcome, u64)],
        #[case] is_cut: bool,
        #[case] expected: Exit,
    ) {
        let mut summary = ScanSummary::new(Timestamp::UNIX_EPOCH);
        summary.outcomes = outcomes.iter().copied().collect();
        if is_cut {
            let judged = BatchJudged::default();
            summary.kind("Secret", &judged, Some("403 Forbidden".to_owned()));
        }
        assert_eq!(summary.exit(), expected);
        assert_eq!(summary.record("p", "s").complete, !is_cut);
    }
}
