//! SARIF 2.1.0 for code scanning: a rule for each control, a result for each finding and unknown.
//!
//! Where the standard and GitHub's reading of it differ, GitHub's wins, because it is what shows the result:
//!
//! - An unknown is written with kind `fail`. Kind `open` would be the standard's word, but then the level
//!   must be `none` (3.27.10), while GitHub reads the level and ignores the kind: a control that could not
//!   be decided under `deny` would look harmless.
//! - An excepted result carries `suppressions` and has the level `note`: GitHub ignores suppressions, and
//!   must not fail its check over what was permitted.
//! - The fingerprint has a key of its own. `primaryLocationLineHash` is left to the upload, which computes
//!   it and warns about any other value.
//! - No source text is written, not as a snippet and not as a digest: either could give a secret away.

mod log;
mod notification;
mod place;
mod rule;

use std::collections::BTreeMap;
use std::io::{self, Write};

use soc2gate_engine::{ControlId, Enforcement, Status, Verdict, fingerprint};
use soc2gate_source::{Diagnostic, Location, Position, Span, display_path};

use super::escape::{neutral, write_json};
use super::problem::{KNOWN, Problem, Rank, describe, problems};
use super::ranked::Ranked;
use super::{Judged, Report, RunInfo};
use crate::summary::Summary;
use log::{
    Descriptor, Driver, Fingerprints, Invocation, Log, ResultItem, ResultProperties, Run,
    Suppression, Text, Tool,
};
use place::place;

/// GitHub keeps 5,000 results of a run.
const MOST_RESULTS: usize = 5_000;

/// The sarif format.
pub(super) struct Sarif<'a> {
    out: Box<dyn Write + 'a>,
    version: String,
    started: String,
    rules: Vec<Descriptor>,
    rule_index: BTreeMap<ControlId, usize>,
    results: Ranked<Rank, ResultItem>,
    /// Findings and unknowns that verdicts do not list.
    omitted: usize,
}

impl<'a> Sarif<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>) -> Self {
        Self {
            out,
            version: String::new(),
            started: String::new(),
            rules: Vec::new(),
            rule_index: BTreeMap::new(),
            results: Ranked::new(MOST_RESULTS),
            omitted: 0,
        }
    }

    fn result(&self, judged: &Judged<'_>, verdict: &Verdict, problem: &Problem<'_>) -> ResultItem {
        let subject = &judged.decision.subject;
        let start = || Location::new(&*judged.subject.source.file, Span::at(Position::START));
        let location = problem
            .location
            .or(subject.location.as_ref())
            .cloned()
            .unwrap_or_else(start);
        let level = match verdict.enforcement {
            _ if !verdict.is_open() => "note",
            Enforcement::Record => "note",
            Enforcement::Warn => "warning",
            Enforcement::Deny => "error",
        };
        let justification = match &verdict.exception {
            Some(exception) => Some(describe(exception)),
            None => verdict.known.then(|| KNOWN.to_owned()),
        };
        let suppression = justification.map(|justification| Suppression {
            kind: "external",
            status: "accepted",
            justification: neutral(&justification).into_owned(),
        });
        ResultItem {
            rule_id: verdict.control.0.clone(),
            rule_index: self.rule_index.get(&verdict.control).copied(),
            kind: "fail",
            level,
            message: message(&format!("{}{}", problem.prefix(), problem.message)),
            locations: [place(&location, Some(&subject.id))],
            partial_fingerprints: Fingerprints {
                v1: fingerprint(
                    &verdict.control.0,
                    &subject.id,
                    problem.status,
                    problem.path,
                    problem.message,
                ),
            },
            suppressions: suppression.into_iter().collect(),
            properties: ResultProperties {
                status: problem.status.as_str(),
                enforcement: verdict.enforcement.as_str(),
                path: neutral(&display_path(problem.path)).into_owned(),
            },
        }
    }
}

impl Report for Sarif<'_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        run.version.clone_into(&mut self.version);
        self.started = run.started.to_string();
        self.rules = run
            .controls
            .iter()
            .map(|control| rule::rule(control))
            .collect();
        self.rule_index = run
            .controls
            .iter()
            .enumerate()
            .map(|(index, control)| (control.id.clone(), index))
            .collect();
        Ok(())
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        let verdicts = judged.decision.verdicts.iter();
        for verdict in
            verdicts.filter(|verdict| matches!(verdict.status, Status::Fail | Status::Unknown))
        {
            self.omitted += verdict.omitted;
            for problem in problems(verdict) {
                let rank = Rank::of(verdict, problem.status);
                self.results
                    .add(rank, 1, self.result(judged, verdict, &problem));
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        let (descriptors, mut notifications) = notification::notifications(diagnostics);
        notifications.extend(notification::left_out(self.results.dropped(), MOST_RESULTS));
        notifications.extend(notification::not_listed(self.omitted));
        let run = Run {
            tool: Tool {
                driver: Driver {
                    name: "soc2gate",
                    semantic_version: &self.version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    rules: &self.rules,
                    notifications: descriptors,
                },
            },
            invocations: [Invocation {
                execution_successful: !diagnostics.iter().any(Diagnostic::is_error),
                start_time_utc: self.started.clone(),
                tool_execution_notifications: notifications,
            }],
            column_kind: "unicodeCodePoints",
            results: self.results.by_arrival().collect(),
        };
        let log = Log {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [run],
        };
        write_json(&mut self.out, &log)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

/// Text of a message: what looks like a link in it is none (3.11.6).
fn message(text: &str) -> Text {
    let text = neutral(text);
    let text = if text.contains("](") {
        text.replace('\\', "\\\\")
            .replace('[', "\\[")
            .replace(']', "\\]")
    } else {
        text.into_owned()
    };
    Text::from(text)
}

#[cfg(test)]
mod tests;
