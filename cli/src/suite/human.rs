//! A run as text for people: what fails, with why, then the counts.

use std::fmt::Write as _;
use std::io;

use soc2gate_engine::{Reason, Stop};
use soc2gate_source::Severity;

use super::difference::difference;
use super::{Ending, Kind, Outcome, Report};
use crate::output::{Line, Tone, unwrapped};

/// The text. `verbose`: what passes is listed too.
pub(crate) fn human(report: &Report, verbose: bool, colour: bool) -> io::Result<String> {
    let mut lines: Vec<Line> = Vec::new();
    for outcome in &report.outcomes {
        let is_bad = matches!(outcome.ending, Ending::Failed | Ending::Error);
        if is_bad || verbose {
            write_outcome(outcome, &mut lines);
        }
    }
    for diagnostic in &report.diagnostics {
        let (tone, word) = severity(diagnostic.severity);
        let line = Line::default().put(tone, word);
        lines.push(line.put(Tone::Plain, &format!(": {diagnostic}")));
    }
    if let Some(coverage) = &report.coverage {
        lines.extend(coverage.text().lines().map(plain));
    }
    lines.push(plain(&summary(report)));
    unwrapped(lines, colour)
}

/// The word for a severity, and its colour.
pub(crate) fn severity(severity: Severity) -> (Tone, &'static str) {
    match severity {
        Severity::Error => (Tone::Bad, "error"),
        Severity::Warning => (Tone::Unsure, "warning"),
        Severity::Note => (Tone::Faint, "note"),
    }
}

fn plain(text: &str) -> Line {
    Line::default().put(Tone::Plain, text)
}

fn write_outcome(outcome: &Outcome, lines: &mut Vec<Line>) {
    let (tone, word) = match outcome.ending {
        Ending::Passed => (Tone::Good, "pass"),
        Ending::Failed => (Tone::Bad, "FAIL"),
        Ending::Skipped => (Tone::Unsure, "skip"),
        Ending::Error => (Tone::Bad, "ERROR"),
    };
    let control = outcome
        .control
        .as_ref()
        .map(|control| format!("  {control}"))
        .unwrap_or_default();
    let line = Line::default().put(tone, word).put(Tone::Plain, " ");
    let line = line.put(Tone::Strong, &outcome.name);
    lines.push(line.put(Tone::Plain, &control));
    if let Some(stop) = &outcome.expression {
        expression(stop, &mut |tone, line| {
            lines.push(Line::indented(2).put(tone, &line));
        });
    } else {
        if outcome.kind == Kind::Test && outcome.ending == Ending::Failed {
            let place = format!("{}:{}", outcome.file, outcome.line);
            lines.push(Line::indented(2).put(Tone::Faint, &place));
        }
        for line in outcome.failures.iter().flat_map(|failure| failure.lines()) {
            lines.push(Line::indented(2).put(Tone::Plain, line));
        }
    }
    for line in outcome.prints.iter().flat_map(|print| print.lines()) {
        lines.push(Line::indented(2).put(Tone::Plain, &format!("print: {line}")));
    }
    if outcome.ending != Ending::Passed {
        lines.push(Line::default());
    }
}

/// The expression that stops a body, with the values in it.
pub(crate) fn expression(stop: &Stop, write: &mut dyn FnMut(Tone, String)) {
    let why = match stop.reason {
        Reason::False => "is false",
        Reason::Undefined => "is undefined",
        Reason::Negated => "does not hold: what is negated holds",
        Reason::NoElement => "finds no element",
        Reason::Error => "ends with an error",
    };
    write(Tone::Faint, format!("{}: {why}", stop.location));
    for line in stop.expression.lines() {
        write(
            Tone::Plain,
            format!("  {}", line.trim_end().replace('\t', "  ")),
        );
    }
    if let Some(sides) = &stop.sides {
        for line in difference(sides) {
            let tone = match line.chars().next() {
                Some('-') => Tone::Bad,
                Some('+') => Tone::Good,
                _ => Tone::Plain,
            };
            write(tone, format!("  {line}"));
        }
    }
    for term in &stop.terms {
        match (&term.value, &term.missing) {
            (Some(value), _) => write(
                Tone::Plain,
                format!("  {} = {}", term.text, shortened(value)),
            ),
            (None, Some(missing)) if *missing != term.text => {
                write(
                    Tone::Plain,
                    format!("  {} is undefined: there is no {missing}", term.text),
                );
            }
            (None, _) => write(Tone::Plain, format!("  {} is undefined", term.text)),
        }
    }
    for bindings in stop.bindings.iter().filter(|bindings| !bindings.is_empty()) {
        let values: Vec<String> = bindings
            .iter()
            .map(|(name, value)| format!("{name} = {}", shortened(value)))
            .collect();
        write(Tone::Plain, format!("  with {}", values.join(", ")));
    }
    let more = stop.ways.saturating_sub(stop.bindings.len());
    if more > 0 {
        write(Tone::Plain, format!("  and {more} more"));
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
