//! A verdict that is worth showing.

use std::io;

use soc2gate_engine::{Status, SubjectSource, Verdict};

use super::excerpt;
use super::page::{Line, Page, Tone};
use crate::output::problem::{KNOWN, Problem, describe, problems};
use crate::summary::Standing;

/// Columns before the first word of a verdict.
const VERDICT: usize = 4;
/// Columns before what a verdict says.
const DETAIL: usize = 6;

/// Writes a verdict with all that it says.
pub(super) fn write(
    page: &mut Page<'_>,
    verdict: &Verdict,
    remediation: &str,
    source: &SubjectSource,
) -> io::Result<()> {
    let standing = Standing::of(verdict);
    let tone = match standing {
        Standing::Fail => Tone::Bad,
        Standing::Unknown => Tone::Unsure,
        Standing::Known | Standing::Excepted => Tone::Faint,
        Standing::Pass | Standing::NotApplicable => Tone::Good,
    };
    let start = Line::indented(VERDICT)
        .put(tone, standing.as_str())
        .put(Tone::Plain, " ")
        .put(Tone::Strong, &verdict.control.0)
        .put(Tone::Plain, " ");
    let importance = format!(
        "({}, {})",
        verdict.severity.as_str(),
        verdict.enforcement.as_str()
    );
    page.paragraph(
        start,
        Tone::Plain,
        &format!("{} {importance}", verdict.title),
    )?;
    for problem in problems(verdict) {
        write_problem(page, &problem, standing, source)?;
    }
    if verdict.omitted > 0 {
        let more = format!("… and {} more", verdict.omitted);
        page.line(Line::indented(DETAIL).put(Tone::Plain, &more))?;
    }
    match &verdict.exception {
        Some(exception) => note(page, "exception", &describe(exception))?,
        None if verdict.known => note(page, "known", KNOWN)?,
        None if remediation.is_empty() => {}
        None => note(page, "help", remediation)?,
    }
    if verdict.criteria.is_empty() {
        return Ok(());
    }
    note(page, "criteria", &verdict.criteria.join(", "))
}

fn note(page: &mut Page<'_>, name: &str, text: &str) -> io::Result<()> {
    let start = Line::indented(DETAIL)
        .put(Tone::Faint, "= ")
        .put(Tone::Strong, name);
    page.paragraph(start.put(Tone::Plain, ": "), Tone::Plain, text)
}

fn write_problem(
    page: &mut Page<'_>,
    problem: &Problem<'_>,
    standing: Standing,
    source: &SubjectSource,
) -> io::Result<()> {
    // Under a verdict that is itself unknown the word would only be said twice.
    let prefix = if standing == Standing::Unknown {
        ""
    } else {
        problem.prefix()
    };
    let tone = if problem.status == Status::Fail {
        Tone::Strong
    } else {
        Tone::Plain
    };
    page.paragraph(
        Line::indented(DETAIL),
        tone,
        &format!("{prefix}{}", problem.message),
    )?;
    let Some(location) = problem.location else {
        return Ok(());
    };
    let gutter = location.line.to_string().len();
    let arrow = Line::indented(DETAIL + gutter).put(Tone::Faint, "--> ");
    page.line(arrow.put(Tone::Plain, &location.to_string()))?;
    // The first line of a whole document says nothing, also where the path names what the document lacks.
    if problem.path.is_empty() || source.locate(&[]).as_ref() == Some(location) {
        return Ok(());
    }
    match source.excerpt(location) {
        Some(shown) => excerpt::write(page, DETAIL, gutter, &shown),
        None => Ok(()),
    }
}
