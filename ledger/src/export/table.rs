//! Records as rows of a table, for auditors' spreadsheets.

use crate::record::{Event, Record};

pub(super) const COLUMNS: [&str; 19] = [
    "index",
    "time",
    "kind",
    "id",
    "actor_kind",
    "actor",
    "subject_kind",
    "subject",
    "resource",
    "location",
    "outcome",
    "passed",
    "failed",
    "unknown",
    "not_applicable",
    "exceptions",
    "reasons",
    "policies",
    "settings",
];

/// The row of a record. Controls stand in the column of their status.
pub(super) fn row(record: &Record) -> [String; COLUMNS.len()] {
    let subject = record.subject.as_ref();
    let optional = |text: Option<&String>| text.cloned().unwrap_or_default();
    let decision = match &record.event {
        Event::Decision(decision) => Some(decision),
        _ => None,
    };
    let verdicts = decision
        .map(|decision| decision.verdicts.as_slice())
        .unwrap_or_default();
    let with_status = |status: &str| {
        let controls = verdicts
            .iter()
            .filter(|verdict| verdict.status == status)
            .map(|verdict| verdict.control.as_str());
        controls.collect::<Vec<_>>().join(" ")
    };
    let exceptions = match &record.event {
        Event::ExceptionUsed(used) => used.exception.clone(),
        _ => verdicts
            .iter()
            .filter_map(|verdict| verdict.exception.as_deref())
            .collect::<Vec<_>>()
            .join(" "),
    };
    let reasons = verdicts
        .iter()
        .flat_map(|verdict| {
            verdict
                .reasons
                .iter()
                .map(|reason| format!("{}: {}", verdict.control, reason.message))
        })
        .collect::<Vec<_>>()
        .join("; ");
    let policies = match &record.event {
        Event::Decision(decision) => decision.policies.clone(),
        Event::PolicyChange(change) => change.policies.clone(),
        _ => String::new(),
    };
    let settings = match &record.event {
        Event::Decision(decision) => decision.settings.clone(),
        Event::ConfigurationChange(change) => change.settings.clone(),
        _ => String::new(),
    };
    [
        record.index.to_string(),
        record.time.to_string(),
        record.event.kind().as_str().to_owned(),
        record.id.clone(),
        match record.actor.kind {
            crate::record::ActorKind::User => "user",
            crate::record::ActorKind::Workflow => "workflow",
            crate::record::ActorKind::Service => "service",
        }
        .to_owned(),
        record.actor.id.clone(),
        optional(subject.map(|subject| &subject.kind)),
        optional(subject.map(|subject| &subject.id)),
        optional(subject.and_then(|subject| subject.resource.as_ref())),
        optional(subject.and_then(|subject| subject.location.as_ref())),
        optional(decision.map(|decision| &decision.outcome)),
        with_status("pass"),
        with_status("fail"),
        with_status("unknown"),
        with_status("not_applicable"),
        exceptions,
        reasons,
        policies,
        settings,
    ]
    .map(harmless)
}

/// A spreadsheet takes a cell that begins so for a formula, and runs it; an apostrophe before makes it a text.
pub fn harmless(cell: String) -> String {
    if cell.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]) {
        format!("'{cell}")
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::testing::{decision, exception_used};

    #[rstest]
    #[case("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0")]
    #[case("+1", "'+1")]
    #[case("-1", "'-1")]
    #[case("@SUM(A1)", "'@SUM(A1)")]
    #[case("\t=1", "'\t=1")]
    #[case("\u{ff1d}1", "'\u{ff1d}1")]
    #[case("a=b", "a=b")]
    #[case("", "")]
    fn formulas_become_texts(#[case] cell: &str, #[case] expected: &str) {
        assert_eq!(harmless(cell.to_owned()), expected);
    }

    #[test]
    fn a_decision_is_a_row() {
        let record = Record::parse(&decision(15).prepare().unwrap().at(17)).unwrap();
        let row = row(&record);
        let cell = |name: &str| {
            let place = COLUMNS.iter().position(|column| *column == name).unwrap();
            row[place].as_str()
        };
        assert_eq!(cell("index"), "17");
        assert_eq!(cell("time"), "2026-11-23T10:15:00Z");
        assert_eq!(cell("kind"), "decision");
        assert_eq!(cell("subject"), "kubernetes/apps/Deployment/shop/web-15");
        assert_eq!(cell("outcome"), "deny");
        assert_eq!((cell("passed"), cell("failed")), ("", "WRK-01 ACC-16"));
        assert_eq!(cell("exceptions"), "EXC-1");
        assert_eq!(cell("reasons"), "WRK-01: =runs as root, \"as\" it\nseems");
    }

    #[test]
    fn another_kind_is_a_row_too() {
        let entry = exception_used(1, "00").prepare().unwrap().at(0);
        let row = row(&Record::parse(&entry).unwrap());
        assert_eq!(row[2], "exception_used");
        assert_eq!(row[10], "");
        assert_eq!(row[15], "EXC-1");
    }
}
