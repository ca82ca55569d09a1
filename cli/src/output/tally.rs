//! The verdicts of a run by control, and its outcome in words.

use std::collections::BTreeMap;

use soc2gate_engine::{ControlId, Decision, Outcome};
use soc2gate_source::Diagnostic;

use super::problem::count;
use crate::summary::{Standing, Summary};

/// A row of the summary table: the verdicts of one control, or of several together.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// The control's id; empty for several controls.
    pub(super) id: String,
    pub(super) title: String,
    counts: BTreeMap<Standing, usize>,
}

impl Row {
    /// How many verdicts stand so.
    pub(super) fn count(&self, standing: Standing) -> usize {
        self.counts.get(&standing).copied().unwrap_or(0)
    }

    /// Whether any verdict is worth showing.
    pub(super) fn is_notable(&self) -> bool {
        self.counts.keys().any(|standing| standing.is_notable())
    }
}

/// The columns of a summary table; that of what was there before only where something was.
pub(super) fn columns(rows: &[Row]) -> Vec<(&'static str, Standing)> {
    let is_used = |standing| rows.iter().any(|row| row.count(standing) > 0);
    let columns = COLUMNS.iter().copied();
    columns
        .filter(|(_, standing)| *standing != Standing::Known || is_used(*standing))
        .collect()
}

const COLUMNS: &[(&str, Standing)] = &[
    ("pass", Standing::Pass),
    ("fail", Standing::Fail),
    ("unknown", Standing::Unknown),
    ("n.a.", Standing::NotApplicable),
    ("excepted", Standing::Excepted),
    ("known", Standing::Known),
];

/// The verdicts of a run by control.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rows: BTreeMap<ControlId, Row>,
    denied: usize,
    undecided: usize,
}

impl Tally {
    /// Counts a decision.
    pub(super) fn add(&mut self, decision: &Decision) {
        match decision.outcome {
            Outcome::Deny => self.denied += 1,
            Outcome::Error => self.undecided += 1,
            Outcome::Allow => {}
        }
        for verdict in &decision.verdicts {
            if !self.rows.contains_key(&verdict.control) {
                let (id, title) = (verdict.control.0.clone(), verdict.title.clone());
                let row = Row {
                    id,
                    title,
                    counts: BTreeMap::new(),
                };
                self.rows.insert(verdict.control.clone(), row);
            }
            if let Some(row) = self.rows.get_mut(&verdict.control) {
                *row.counts.entry(Standing::of(verdict)).or_default() += 1;
            }
        }
    }

    /// The summary table: a row for each control with a verdict worth showing and one for all others.
    /// Empty where there is none worth showing.
    pub(super) fn table(&self) -> Vec<Row> {
        let (mut table, others): (Vec<Row>, Vec<Row>) =
            self.rows.values().cloned().partition(Row::is_notable);
        if table.is_empty() || others.is_empty() {
            return table;
        }
        let mut row = Row {
            title: count(others.len(), "other control"),
            ..Row::default()
        };
        for (standing, count) in others.iter().flat_map(|other| &other.counts) {
            *row.counts.entry(*standing).or_default() += count;
        }
        table.push(row);
        table
    }

    /// The outcome in words, with what the exit code means.
    pub(super) fn conclusion(&self, summary: &Summary, diagnostics: &[Diagnostic]) -> String {
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count();
        let of = |part: usize| format!("{part} of {}", count(summary.subjects, "subject"));
        let verb = |count: usize, one: &'static str, many: &'static str| {
            if count == 1 { one } else { many }
        };
        let mut reasons = Vec::new();
        if self.denied > 0 {
            let fails = verb(self.denied, "fails", "fail");
            reasons.push(format!("{} {fails} a control that denies", of(self.denied)));
        }
        if self.undecided > 0 {
            reasons.push(format!("{} could not be decided", of(self.undecided)));
        }
        if errors > 0 {
            let stands = verb(errors, "stands", "stand");
            reasons.push(format!(
                "{} {stands} in the way of a decision",
                count(errors, "error")
            ));
        }
        let reason = match summary.outcome {
            Outcome::Deny | Outcome::Error => reasons.join("; "),
            Outcome::Allow if summary.subjects == 0 => "nothing was judged".to_owned(),
            Outcome::Allow if summary.fail + summary.unknown + summary.excepted == 0 => {
                "nothing stands against any subject".to_owned()
            }
            Outcome::Allow => "no control that denies stands in the way".to_owned(),
        };
        let exit_code = match summary.outcome {
            Outcome::Allow => 0,
            Outcome::Deny => 1,
            Outcome::Error => 2,
        };
        format!("{reason} (exit code {exit_code})")
    }
}

/// The counts of a run in words.
pub(super) fn counts(summary: &Summary) -> String {
    let parts = [
        (summary.pass, Standing::Pass),
        (summary.fail, Standing::Fail),
        (summary.unknown, Standing::Unknown),
        (summary.not_applicable, Standing::NotApplicable),
        (summary.excepted, Standing::Excepted),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, standing)| format!("{count} {}", standing.as_str()))
        .collect();
    let subjects = count(summary.subjects, "subject");
    let verdicts = count(summary.verdicts(), "verdict");
    if parts.is_empty() {
        format!("{subjects}, {verdicts}")
    } else {
        format!("{subjects}, {verdicts}: {}", parts.join(", "))
    }
}
