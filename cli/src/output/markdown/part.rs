//! The parts of the document: verdicts, the table, diagnostics.

use std::fmt::Write as _;

use soc2gate_engine::Verdict;
use soc2gate_source::{Diagnostic, Severity};

use crate::output::escape::markdown;
use crate::output::problem::{KNOWN, count, describe, problems};
use crate::output::tally::{Tally, columns};
use crate::summary::Standing;

/// Most characters of one part of it: one subject, the table, the diagnostics.
pub(super) const MOST_OF_PART: usize = 15_000;
/// Most characters of one message.
const MOST_OF_MESSAGE: usize = 500;
/// Most findings of one verdict.
const MOST_FINDINGS: usize = 20;
/// Text from inputs, cut to what a reader takes in.
pub(super) fn text(text: &str) -> String {
    let mut short: String = text.chars().take(MOST_OF_MESSAGE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    markdown(&short)
}

/// Text from inputs, as code.
pub(super) fn code(name: &str) -> String {
    format!("<code>{}</code>", text(name))
}

/// Joins parts until there is no more room, and counts those that are missing.
pub(super) fn bounded(parts: impl Iterator<Item = String>, most: usize) -> (String, usize) {
    let mut joined = String::new();
    let mut room = most;
    let mut cut = 0;
    for part in parts {
        match room.checked_sub(part.chars().count()) {
            Some(left) if cut == 0 => {
                room = left;
                joined.push_str(&part);
            }
            _ => cut += 1,
        }
    }
    (joined, cut)
}

/// How many verdicts of each kind: "2 fail, 1 unknown".
pub(super) fn words(verdicts: &[&Verdict]) -> String {
    let kinds = [Standing::Fail, Standing::Unknown, Standing::Excepted];
    let number = |kind| {
        verdicts
            .iter()
            .filter(|verdict| Standing::of(verdict) == kind)
            .count()
    };
    let kinds = kinds.map(|kind| (number(kind), kind.as_str()));
    let words: Vec<String> = kinds
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    words.join(", ")
}

pub(super) fn verdict_item(verdict: &Verdict, remediation: &str) -> String {
    let mut item = format!(
        "- **{}** {} {} ({}, {})\n",
        Standing::of(verdict).as_str(),
        code(&verdict.control.0),
        text(&verdict.title),
        verdict.severity.as_str(),
        verdict.enforcement.as_str()
    );
    for problem in problems(verdict).take(MOST_FINDINGS) {
        let _ = write!(item, "  - {}{}", problem.prefix(), text(problem.message));
        if let Some(location) = problem.location {
            let _ = write!(item, " {}", code(&location.to_string()));
        }
        item.push('\n');
    }
    let more = problems(verdict).count().saturating_sub(MOST_FINDINGS) + verdict.omitted;
    if more > 0 {
        let _ = writeln!(item, "  - _{} not listed_", count(more, "more finding"));
    }
    match &verdict.exception {
        Some(exception) => {
            let _ = writeln!(item, "  - Exception: {}", text(&describe(exception)));
        }
        None if verdict.known => {
            let _ = writeln!(item, "  - Known: {KNOWN}");
        }
        None if remediation.is_empty() => {}
        None => {
            let _ = writeln!(item, "  - Help: {}", text(remediation));
        }
    }
    if !verdict.criteria.is_empty() {
        let _ = writeln!(item, "  - Criteria: {}", text(&verdict.criteria.join(", ")));
    }
    item
}

pub(super) fn table(tally: &Tally) -> String {
    let rows = tally.table();
    if rows.is_empty() {
        return String::new();
    }
    let columns = columns(&rows);
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rules = vec!["---:"; columns.len()].join(" | ");
    let head = format!(
        "| control | title | {} |\n| --- | --- | {rules} |\n",
        names.join(" | ")
    );
    let rows = rows.iter().map(|row| {
        let id = if row.id.is_empty() {
            String::new()
        } else {
            code(&row.id)
        };
        let numbers = columns
            .iter()
            .map(|(_, standing)| row.count(*standing).to_string());
        let numbers: Vec<String> = numbers.collect();
        format!(
            "| {id} | {} | {} |\n",
            text(&row.title),
            numbers.join(" | ")
        )
    });
    let (rows, cut) = bounded(rows, MOST_OF_PART);
    let cut = if cut > 0 {
        format!("_{} cut here_\n\n", count(cut, "more row"))
    } else {
        String::new()
    };
    format!("{head}{rows}\n{cut}")
}

/// Errors and warnings; notes change nothing and are counted.
pub(super) fn diagnostics_list(diagnostics: &[Diagnostic]) -> String {
    let mut shown: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity > Severity::Note)
        .collect();
    shown.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let notes = diagnostics.len() - shown.len();
    let items = shown.into_iter().map(|diagnostic| {
        let word = if diagnostic.is_error() {
            "error"
        } else {
            "warning"
        };
        let place = diagnostic
            .location
            .as_ref()
            .map_or_else(String::new, |location| {
                format!(" {}", code(&location.to_string()))
            });
        format!(
            "- **{word}** {}: {}{place}\n  - Help: {}\n",
            diagnostic.code,
            text(&diagnostic.message),
            text(&diagnostic.help)
        )
    });
    let (mut list, cut) = bounded(items, MOST_OF_PART);
    if cut > 0 {
        let _ = writeln!(list, "- _{} cut here_", count(cut, "more diagnostic"));
    }
    if notes > 0 {
        let _ = writeln!(list, "- {}", count(notes, "note"));
    }
    if !list.is_empty() {
        list.push('\n');
    }
    list
}
