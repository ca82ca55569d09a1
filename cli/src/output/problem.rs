//! What a verdict has to say against its subject, findings and unknowns alike.

use soc2gate_engine::{Enforcement, ExceptionUse, Severity, Status, Verdict};
use soc2gate_source::{Location, Segment};

/// A finding or an unknown of a verdict.
#[derive(Debug, Clone, Copy)]
pub(super) struct Problem<'a> {
    /// [`Status::Fail`] for a finding, [`Status::Unknown`] for an unknown.
    pub(super) status: Status,
    pub(super) message: &'a str,
    pub(super) path: &'a [Segment],
    pub(super) location: Option<&'a Location>,
}

impl Problem<'_> {
    /// What stands before the message, so that an unknown is not read as a finding.
    pub(super) fn prefix(&self) -> &'static str {
        if self.status == Status::Unknown {
            "could not decide: "
        } else {
            ""
        }
    }
}

/// The findings of a verdict, then its unknowns.
pub(super) fn problems(verdict: &Verdict) -> impl Iterator<Item = Problem<'_>> {
    let findings = verdict.findings.iter().map(|finding| Problem {
        status: Status::Fail,
        message: &finding.message,
        path: &finding.path,
        location: finding.location.as_ref(),
    });
    let unknowns = verdict.unknowns.iter().map(|unknown| Problem {
        status: Status::Unknown,
        message: &unknown.message,
        path: &unknown.path,
        location: unknown.location.as_ref(),
    });
    findings.chain(unknowns)
}

/// How much a verdict matters: the greater, the sooner it is shown where not all can be. The order of the
/// fields is the order of their weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    is_open: bool,
    enforcement: Enforcement,
    status: Status,
    severity: Severity,
}

impl Rank {
    /// How much a verdict matters, or a part of it that has a status of its own.
    pub(super) fn of(verdict: &Verdict, status: Status) -> Self {
        Self {
            is_open: verdict.is_open(),
            enforcement: verdict.enforcement,
            status,
            severity: verdict.severity,
        }
    }
}

/// What is said of a verdict that was there before.
pub(super) const KNOWN: &str = "there before this change";

/// The use of an exception in words.
pub(super) fn describe(exception: &ExceptionUse) -> String {
    format!(
        "{} ({}), approved by {} until {}",
        exception.id,
        exception.ticket,
        exception.approved_by,
        exception.expires_at.strftime("%Y-%m-%d %H:%M UTC")
    )
}

/// A count with its noun.
pub(super) fn count(count: usize, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}
