//! A run as text for people: what fails, with why, then the counts.

use std::fmt::Write as _;

use soc2gate_engine::{Reason, Stop};
use soc2gate_source::Severity;

use super::difference::difference;
use super::{Ending, Kind, Outcome, Report};
use crate::output::escape::{neutral, no_command};

/// The text. `verbose`: what passes is listed too.
pub(crate) fn human(report: &Report, verbose: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for outcome in &report.outcomes {
        let is_bad = matches!(outcome.ending, Ending::Failed | Ending::Error);
        if is_bad || verbose {
            write_outcome(outcome, &mut lines);
        }
    }
    for diagnostic in &report.diagnostics {
        let word = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        lines.push(format!("{word}: {diagnostic}"));
    }
    if let Some(coverage) = &report.coverage {
        lines.extend(coverage.text().lines().map(str::to_owned));
    }
    lines.push(summary(report));
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(text, "{}", no_command(&neutral(&line)));
    }
    text
}

fn write_outcome(outcome: &Outcome, lines: &mut Vec<String>) {
    let word = match outcome.ending {
        Ending::Passed => "pass",
        Ending::Failed => "FAIL",
        Ending::Skipped => "skip",
        Ending::Error => "ERROR",
    };
    let control = outcome
        .control
        .as_ref()
        .map(|control| format!("  {control}"))
        .unwrap_or_default();
    lines.push(format!("{word} {}{control}", outcome.name));
    if let Some(stop) = &outcome.expression {
        expression(stop, &mut |line| lines.push(format!("  {line}")));
    } else {
        if outcome.kind == Kind::Test && outcome.ending == Ending::Failed {
            lines.push(format!("  {}:{}", outcome.file, outcome.line));
        }
        for line in outcome.failures.iter().flat_map(|failure| failure.lines()) {
            lines.push(format!("  {line}"));
        }
    }
    for line in outcome.prints.iter().flat_map(|print| print.lines()) {
        lines.push(format!("  print: {line}"));
    }
    if outcome.ending != Ending::Passed {
        lines.push(String::new());
    }
}

/// The expression that stops a body, with the values in it.
pub(crate) fn expression(stop: &Stop, write: &mut dyn FnMut(String)) {
    let why = match stop.reason {
        Reason::False => "is false",
        Reason::Undefined => "is undefined",
        Reason::Negated => "does not hold: what is negated holds",
        Reason::NoElement => "finds no element",
        Reason::Error => "ends with an error",
    };
    write(format!("{}: {why}", stop.location));
    for line in stop.expression.lines() {
        write(format!("  {}", line.trim_end().replace('\t', "  ")));
    }
    if let Some(sides) = &stop.sides {
        difference(sides)
            .into_iter()
            .for_each(|line| write(format!("  {line}")));
    }
    for term in &stop.terms {
        match (&term.value, &term.missing) {
            (Some(value), _) => write(format!("  {} = {}", term.text, shortened(value))),
            (None, Some(missing)) if *missing != term.text => {
                write(format!(
                    "  {} is undefined: there is no {missing}",
                    term.text
                ));
            }
            (None, _) => write(format!("  {} is undefined", term.text)),
        }
    }
    for bindings in stop.bindings.iter().filter(|bindings| !bindings.is_empty()) {
        let values: Vec<String> = bindings
            .iter()
            .map(|(name, value)| format!("{name} = {}", shortened(value)))
            .collect();
        write(format!("  with {}", values.join(", ")));
    }
    let more = stop.ways.saturating_sub(stop.bindings.len());
    if more > 0 {
        write(format!("  and {more} more"));
    }
}

/// A value of at most so many characters.
fn shortened(value: &str) -> String {
    const MOST: usize = 200;
    if value.chars().count() <= MOST {
        return value.to_owned();
    }
    let start: String = value.chars().take(MOST).collect();
    format!("{start} ...")
}

fn summary(report: &Report) -> String {
    let part = |kind: Kind, one: &str| {
        let count = |ending| report.count(kind, ending);
        let (passed, failed) = (count(Ending::Passed), count(Ending::Failed));
        let (skipped, errors) = (count(Ending::Skipped), count(Ending::Error));
        let all = passed + failed + skipped + errors;
        let mut text = format!(
            "{all} {one}{}: {passed} passed",
            if all == 1 { "" } else { "s" }
        );
        for (number, word) in [
            (failed, "failed"),
            (skipped, "skipped"),
            (errors, "not judged"),
        ] {
            if number > 0 {
                let _ = write!(text, ", {number} {word}");
            }
        }
        text
    };
    format!("{}; {}", part(Kind::Test, "test"), part(Kind::Case, "case"))
}
