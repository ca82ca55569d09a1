//! A run as `JUnit` XML: a suite for each file, and one for what could not run.

use std::fmt::Write as _;

use super::human::expression;
use super::{Ending, Outcome, Report};
use crate::output::escape::xml;

/// The text.
pub(crate) fn junit(report: &Report) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"soc2gate test\">\n",
    );
    for outcomes in report.outcomes.chunk_by(|a, b| a.file == b.file) {
        let Some(first) = outcomes.first() else {
            continue;
        };
        let count = |ending| {
            outcomes
                .iter()
                .filter(|outcome| outcome.ending == ending)
                .count()
        };
        let seconds: f64 = outcomes
            .iter()
            .map(|outcome| outcome.milliseconds)
            .sum::<f64>()
            / 1_000.0;
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{seconds:.3}\">",
            xml(&first.file),
            outcomes.len(),
            count(Ending::Failed),
            count(Ending::Error),
            count(Ending::Skipped),
        );
        outcomes.iter().for_each(|outcome| case(outcome, &mut text));
        text.push_str("  </testsuite>\n");
    }
    let errors: Vec<_> = report
        .diagnostics
        .iter()
        .filter(|problem| problem.is_error())
        .collect();
    if !errors.is_empty() {
        let count = errors.len();
        let _ = writeln!(
            text,
            "  <testsuite name=\"soc2gate diagnostics\" tests=\"{count}\" failures=\"0\" errors=\"{count}\" skipped=\"0\" time=\"0.000\">"
        );
        for problem in errors {
            let _ = writeln!(
                text,
                "    <testcase classname=\"{}\" name=\"{}\"><error type=\"{}\" message=\"{}\"/></testcase>",
                problem.code,
                xml(&problem.to_string()),
                problem.code,
                xml(&problem.message),
            );
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(outcome: &Outcome, text: &mut String) {
    let _ = write!(
        text,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3}\">",
        xml(outcome.control.as_deref().unwrap_or("rego")),
        xml(&outcome.name),
        xml(&outcome.file),
        outcome.line,
        outcome.milliseconds / 1_000.0,
    );
    let element = match outcome.ending {
        Ending::Failed => Some("failure"),
        Ending::Error => Some("error"),
        Ending::Skipped => {
            text.push_str("<skipped/>");
            None
        }
        Ending::Passed => None,
    };
    if let Some(element) = element {
        let mut lines: Vec<String> = Vec::new();
        match &outcome.expression {
            Some(stop) => expression(stop, &mut |_, line| lines.push(line)),
            None => lines.extend(
                outcome
                    .failures
                    .iter()
                    .flat_map(|failure| failure.lines())
                    .map(str::to_owned),
            ),
        }
        let details: Vec<String> = lines.iter().map(|line| xml(line)).collect();
        let message = outcome
            .failures
            .first()
            .map_or("", |failure| failure.lines().next().unwrap_or_default());
        let _ = write!(
            text,
            "<{element} message=\"{}\">{}</{element}>",
            xml(message),
            details.join("\n")
        );
    }
    if !outcome.prints.is_empty() {
        let prints: Vec<String> = outcome.prints.iter().map(|print| xml(print)).collect();
        let _ = write!(text, "<system-out>{}</system-out>", prints.join("\n"));
    }
    text.push_str("</testcase>\n");
}
