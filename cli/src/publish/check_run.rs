//! The check run on the judged commit.

use jiff::Timestamp;
use soc2gate_engine::Outcome;

use super::code_host::{CheckAnnotation, CheckOutput, CheckRun, CodeHost, HostError};
use crate::output::{Annotation, Annotations, Level};

/// Most annotations of one request (GitHub, "Create a check run").
const MOST_OF_REQUEST: usize = 50;
/// Most annotations of each level that a check run gets: ten requests in all.
pub(super) const MOST_OF_LEVEL: usize = 250;
/// Most characters of a title.
const MOST_OF_TITLE: usize = 255;

/// What a check run is about.
pub(super) struct Facts<'a> {
    pub(super) repository: &'a str,
    pub(super) commit: &'a str,
    pub(super) name: Option<&'a str>,
    pub(super) outcome: Outcome,
    /// The outcome in words.
    pub(super) title: &'a str,
    /// Markdown.
    pub(super) document: &'a str,
    pub(super) started: Timestamp,
    pub(super) completed: Timestamp,
    pub(super) details_url: Option<&'a str>,
}

/// Writes the check run.
pub(super) fn put(
    host: &dyn CodeHost,
    facts: &Facts<'_>,
    annotations: &Annotations,
) -> Result<(), HostError> {
    let annotations: Vec<CheckAnnotation> = [Level::Error, Level::Warning]
        .into_iter()
        .flat_map(|level| annotations.of(level))
        .filter_map(annotation)
        .collect();
    let output = |annotations: &[CheckAnnotation]| CheckOutput {
        title: facts.title.chars().take(MOST_OF_TITLE).collect(),
        summary: facts.document.to_owned(),
        annotations: annotations.to_vec(),
    };
    let mut requests = annotations.chunks(MOST_OF_REQUEST);
    let run = CheckRun {
        name: match facts.name {
            Some(name) => format!("soc2gate {name}"),
            None => "soc2gate".to_owned(),
        },
        head_sha: facts.commit.to_owned(),
        status: "completed",
        conclusion: conclusion(facts.outcome),
        started_at: facts.started,
        completed_at: facts.completed.max(facts.started),
        details_url: facts.details_url.map(str::to_owned),
        output: output(requests.next().unwrap_or_default()),
    };
    let id = host.add_check_run(facts.repository, &run)?;
    for more in requests {
        host.add_annotations(facts.repository, id, &output(more))?;
    }
    Ok(())
}

/// A gate that could not decide has not let anything pass.
fn conclusion(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "success",
        Outcome::Deny | Outcome::Error => "failure",
    }
}

/// An annotation with a place: GitHub takes no other.
fn annotation(annotation: &Annotation) -> Option<CheckAnnotation> {
    let place = annotation.place.as_ref()?;
    let is_one_line = place.end_line <= place.line;
    let help = match annotation.help.as_str() {
        "" => String::new(),
        help => format!("\nHelp: {help}"),
    };
    Some(CheckAnnotation {
        path: place.file.trim_start_matches("./").to_owned(),
        start_line: place.line,
        end_line: place.end_line.max(place.line),
        start_column: is_one_line.then_some(place.column),
        end_column: is_one_line.then_some(place.end_column.max(place.column)),
        annotation_level: match annotation.level {
            Level::Error => "failure",
            Level::Warning => "warning",
        },
        title: annotation.title.chars().take(MOST_OF_TITLE).collect(),
        message: format!("{}{help}", annotation.message),
    })
}
