//! A run as one JSON document.

use serde::Serialize;

use super::{Ending, Kind, Report};
use crate::output::escape::write_json;

#[derive(Serialize)]
struct Document<'a> {
    /// The version of the format.
    schema: &'static str,
    #[serde(flatten)]
    report: &'a Report,
    summary: Summary,
}

#[derive(Serialize)]
struct Summary {
    passed: usize,
    failed: usize,
    skipped: usize,
    errors: usize,
    exit_code: u8,
}

/// The text.
pub(crate) fn json(report: &Report) -> anyhow::Result<String> {
    let count = |ending| {
        let of = |kind| report.count(kind, ending);
        of(Kind::Test) + of(Kind::Case)
    };
    let document = Document {
        schema: "soc2gate.dev/test/v1",
        report,
        summary: Summary {
            passed: count(Ending::Passed),
            failed: count(Ending::Failed),
            skipped: count(Ending::Skipped),
            errors: count(Ending::Error),
            exit_code: report.exit().code(),
        },
    };
    let mut text = Vec::new();
    write_json(&mut text, &document)?;
    text.push(b'\n');
    Ok(String::from_utf8(text)?)
}
