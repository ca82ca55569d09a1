//! Diagnostics as SARIF notifications.

use std::collections::BTreeSet;

use soc2gate_source::{Code, Diagnostic, Severity};

use super::log::{Descriptor, DescriptorReference, Notification, Text};
use super::message;
use super::place::place;
use crate::output::problem::count;

/// Most notifications that are written.
const MOST: usize = 1_000;

/// Diagnostics as notifications, the worst first, and the descriptors of their codes.
pub(super) fn notifications(diagnostics: &[Diagnostic]) -> (Vec<Descriptor>, Vec<Notification>) {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| std::cmp::Reverse(diagnostic.severity));
    let left_out = sorted.len().saturating_sub(MOST);
    sorted.truncate(MOST);
    let codes: BTreeSet<Code> = sorted.iter().map(|diagnostic| diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let mut notifications: Vec<Notification> = sorted
        .into_iter()
        .map(|diagnostic| notification(diagnostic, &codes))
        .collect();
    if left_out > 0 {
        let text = format!(
            "{} left out here: {MOST} are written",
            count(left_out, "diagnostic")
        );
        notifications.push(plain("note", text));
    }
    (codes.into_iter().map(descriptor).collect(), notifications)
}

fn notification(diagnostic: &Diagnostic, codes: &[Code]) -> Notification {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let index = codes.binary_search(&diagnostic.code).ok();
    Notification {
        level,
        descriptor: index.map(|index| DescriptorReference {
            id: diagnostic.code.id(),
            index,
        }),
        message: message(&format!("{}; {}", diagnostic.message, diagnostic.help)),
        locations: diagnostic
            .location
            .iter()
            .map(|location| place(location, None))
            .collect(),
    }
}

fn descriptor(code: Code) -> Descriptor {
    Descriptor {
        id: code.id().to_owned(),
        // A code's variant is the Pascal-case name that viewers show.
        name: format!("{code:?}"),
        short_description: Text::from(code.title().to_owned()),
        full_description: Text::from(code.title().to_owned()),
        help: Text::from(code.help().to_owned()),
        ..Descriptor::default()
    }
}

/// Says that results were left out, and which.
pub(super) fn left_out(results: usize, most: usize) -> Option<Notification> {
    (results > 0).then(|| {
        let text = format!(
            "{} left out here: code scanning keeps {most} of a run. What is left out matters least by \
             enforcement and severity; the json format holds everything.",
            count(results, "result")
        );
        plain("warning", text)
    })
}

/// Says that verdicts had more findings than they list.
pub(super) fn not_listed(findings: usize) -> Option<Notification> {
    (findings > 0).then(|| {
        let text = format!(
            "{} not listed: a control lists at most 100 on one subject",
            count(findings, "finding")
        );
        plain("note", text)
    })
}

fn plain(level: &'static str, text: String) -> Notification {
    Notification {
        level,
        descriptor: None,
        message: Text::from(text),
        locations: Vec::new(),
    }
}
