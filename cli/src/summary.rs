//! What a run came to: how many verdicts of each kind, and the outcome.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use soc2gate_engine::{Decision, Outcome, Status, Verdict};
use soc2gate_source::Diagnostic;

/// How a verdict counts: as its status, as excepted where an exception permits it, or as known where it is not new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Standing {
    /// The subject meets the control.
    Pass,
    /// The control does not speak of this subject.
    NotApplicable,
    /// A failure or an unknown that an exception permits.
    Excepted,
    /// A failure or an unknown that was there before.
    Known,
    /// It could not be decided, and no exception permits that.
    Unknown,
    /// The subject does not meet the control, and no exception permits that.
    Fail,
}

impl Standing {
    /// How a verdict counts.
    pub(crate) fn of(verdict: &Verdict) -> Self {
        match verdict.status {
            Status::Pass => Self::Pass,
            Status::NotApplicable => Self::NotApplicable,
            Status::Fail | Status::Unknown if verdict.exception.is_some() => Self::Excepted,
            Status::Fail | Status::Unknown if verdict.known => Self::Known,
            Status::Unknown => Self::Unknown,
            Status::Fail => Self::Fail,
        }
    }

    /// The word for it, as people read it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NotApplicable => "not applicable",
            Self::Excepted => "excepted",
            Self::Known => "known",
            Self::Unknown => "unknown",
            Self::Fail => "fail",
        }
    }

    /// Whether it is worth showing: not met, not decided, or let pass all the same.
    pub(crate) fn is_notable(self) -> bool {
        matches!(
            self,
            Self::Fail | Self::Unknown | Self::Known | Self::Excepted
        )
    }
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// How many subjects were judged: one decision each.
    pub subjects: usize,
    /// Verdicts that pass.
    pub pass: usize,
    /// Verdicts that fail, are new, and that no exception permits.
    pub fail: usize,
    /// Verdicts that could not be reached, are new, and that no exception permits.
    pub unknown: usize,
    /// Verdicts of controls that turned out not to speak of their subject.
    pub not_applicable: usize,
    /// Failures and unknowns that an exception permits.
    pub excepted: usize,
    /// Failures and unknowns that were there before.
    pub known: usize,
    /// What follows: `error` where the run could not decide (exit code 2), `deny` where a control that
    /// denies is failed (exit code 1), else `allow` (exit code 0).
    pub outcome: Outcome,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            subjects: 0,
            pass: 0,
            fail: 0,
            unknown: 0,
            not_applicable: 0,
            excepted: 0,
            known: 0,
            outcome: Outcome::Allow,
        }
    }
}

impl Summary {
    /// Counts a decision.
    pub(crate) fn add(&mut self, decision: &Decision) {
        self.subjects += 1;
        for verdict in &decision.verdicts {
            match Standing::of(verdict) {
                Standing::Pass => self.pass += 1,
                Standing::NotApplicable => self.not_applicable += 1,
                Standing::Excepted => self.excepted += 1,
                Standing::Known => self.known += 1,
                Standing::Unknown => self.unknown += 1,
                Standing::Fail => self.fail += 1,
            }
        }
        self.outcome = self.outcome.max(decision.outcome);
    }

    /// Sets the outcome of the whole run: an input that could not be read may hide anything, so an error
    /// outweighs what was decided about the rest.
    pub(crate) fn finish(&mut self, diagnostics: &[Diagnostic]) {
        if diagnostics.iter().any(Diagnostic::is_error) {
            self.outcome = Outcome::Error;
        }
    }

    /// How many verdicts were reached.
    pub(crate) fn verdicts(&self) -> usize {
        self.pass + self.fail + self.unknown + self.not_applicable + self.excepted + self.known
    }
}

#[cfg(test)]
mod tests {
    use soc2gate_source::Code;

    use super::*;
    use crate::output::fixture;

    fn summary(outcomes: &[Outcome], diagnostics: &[Diagnostic]) -> Outcome {
        let mut summary = Summary::default();
        for outcome in outcomes {
            let decision = Decision {
                outcome: *outcome,
                ..fixture::run().decisions[0].clone()
            };
            summary.add(&decision);
        }
        summary.finish(diagnostics);
        summary.outcome
    }

    #[test]
    fn every_verdict_counts_once() {
        let run = fixture::run();
        let summary = run.summary();
        let verdicts: usize = run
            .decisions
            .iter()
            .map(|decision| decision.verdicts.len())
            .sum();
        assert_eq!(summary.verdicts(), verdicts);
        insta::assert_json_snapshot!(summary, @r#"
        {
          "subjects": 3,
          "pass": 3,
          "fail": 1,
          "unknown": 1,
          "not_applicable": 1,
          "excepted": 1,
          "known": 0,
          "outcome": "error"
        }
        "#);
    }

    #[test]
    fn an_error_outweighs_a_denial_and_a_denial_an_unknown() {
        use Outcome::{Allow, Deny, Error};
        let warning = Diagnostic::new(Code::ExceptionUnused, "w");
        let error = Diagnostic::new(Code::Syntax, "e");
        assert_eq!(summary(&[], &[]), Allow);
        assert_eq!(summary(&[Allow, Allow], &[warning]), Allow);
        assert_eq!(summary(&[Allow, Error, Allow], &[]), Error);
        assert_eq!(summary(&[Error, Deny, Allow], &[]), Deny);
        assert_eq!(summary(&[Deny], &[error]), Error);
    }
}
