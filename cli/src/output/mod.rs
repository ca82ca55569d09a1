//! The output formats of `soc2gate check`.
//!
//! A [`Report`] is told of a run as it goes: once what it judges with, then every decision, then how it
//! ended. No format holds more than a bounded part of a run. Decisions of one file are expected one after
//! the other. Text from inputs reaches an output only through [`escape`], source text only through
//! [`SubjectSource::excerpt`](soc2gate_engine::SubjectSource::excerpt), which masks what may be secret.

mod annotation;
mod colour;
pub(crate) mod escape;
#[cfg(test)]
pub(crate) mod fixture;
mod github;
mod human;
mod json;
mod junit;
mod markdown;
mod problem;
mod ranked;
mod sarif;
mod tally;

use std::io::{self, Write};

use clap::ValueEnum;
use soc2gate_engine::{Control, Decision, Subject};
use soc2gate_source::Diagnostic;

use crate::summary::Summary;

pub(crate) use annotation::{Annotation, Annotations, Level};
pub(crate) use colour::colour;
pub(crate) use human::{Line, Tone, unwrapped};
pub use json::JsonReport;

/// What a run judges with; known before the first decision.
#[derive(Debug)]
pub(crate) struct RunInfo<'a> {
    /// The controls that are loaded.
    pub(crate) controls: Vec<&'a Control>,
    /// The version of soc2gate.
    pub(crate) version: &'a str,
    /// When the run started: the clock of its decisions.
    pub(crate) started: jiff::Timestamp,
    /// Whether subjects are listed that no control has anything to say against.
    pub(crate) show_passing: bool,
}

/// A decision with the subject that it is about.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    /// What was decided.
    pub(crate) decision: &'a Decision,
    /// What was judged.
    pub(crate) subject: &'a Subject,
}

/// An output that follows a run. Every method fails only where its writer does.
pub(crate) trait Report {
    /// The run starts.
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()>;

    /// A subject was judged.
    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()>;

    /// The run is over; `summary` is finished.
    fn finish(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()>;
}

/// The output formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Text for people, with source excerpts.
    Human,
    /// One JSON document with every decision: docs/schemas/report.v1.json.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// `JUnit` XML, for test reports: a test case for each control and subject.
    Junit,
    /// Markdown, for step summaries and comments of at most 60,000 characters.
    Markdown,
    /// Annotations of GitHub Actions: the ten most important errors and warnings of a step.
    Github,
}

/// How text for people is laid out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Whether ANSI colours are written.
    pub(crate) colour: bool,
    /// How many columns a line has.
    pub(crate) width: usize,
}

/// The report of a format. It writes in small pieces: `out` should buffer. `style` matters to [`Format::Human`] only.
pub(crate) fn report<'a>(
    format: Format,
    out: Box<dyn Write + 'a>,
    style: Style,
) -> Box<dyn Report + 'a> {
    match format {
        Format::Human => Box::new(human::Human::new(out, style)),
        Format::Json => Box::new(json::Json::new(out)),
        Format::Sarif => Box::new(sarif::Sarif::new(out)),
        Format::Junit => Box::new(junit::Junit::new(out)),
        Format::Markdown => Box::new(markdown::Markdown::new(out)),
        Format::Github => Box::new(github::Github::new(out)),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    const FORMATS: &[Format] = &[
        Format::Human,
        Format::Json,
        Format::Sarif,
        Format::Junit,
        Format::Markdown,
        Format::Github,
    ];

    #[test]
    fn no_format_shows_a_hidden_value() {
        let run = fixture::run();
        assert!(run.subjects[0].source.text.contains(fixture::CANARY));
        for format in FORMATS {
            let output = run.render(*format);
            assert!(
                output.contains("kubernetes/apps/Deployment/shop/web"),
                "{format:?}"
            );
            assert!(!output.contains(fixture::CANARY), "{format:?}: {output}");
        }
    }

    #[test]
    fn no_format_lets_control_characters_or_workflow_commands_through() {
        let hostile = "\u{1b}[2J\n::error::x\r##[set-output name=a]b\u{9b}\u{202e}";
        let run = fixture::hostile(hostile);
        // Those of the format for workflow commands have a test of their own.
        for format in FORMATS.iter().filter(|format| **format != Format::Github) {
            let output = run.render(*format);
            let bad = |c: char| c != '\n' && (c.is_control() || c == '\u{202e}');
            assert!(!output.contains(bad), "{format:?}: {output:?}");
            assert!(!output.contains("##["), "{format:?}: {output}");
            let command = output
                .lines()
                .find(|line| line.trim_start().starts_with("::"));
            assert_eq!(command, None, "{format:?}");
        }
    }

    #[test]
    fn a_run_without_subjects_is_a_whole_document() {
        let run = fixture::Run {
            decisions: Vec::new(),
            ..fixture::run()
        };
        for format in FORMATS {
            assert!(!run.render(*format).is_empty(), "{format:?}");
        }
    }

    /// Takes some bytes, then fails as a full disk does.
    struct Full<'a>(&'a Cell<usize>);

    impl Write for Full<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let room = self.0.get().min(bytes.len());
            self.0.set(self.0.get() - room);
            if room == 0 {
                Err(io::ErrorKind::StorageFull.into())
            } else {
                Ok(room)
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_format_says_when_its_output_cannot_be_written() {
        let run = fixture::run();
        for format in FORMATS {
            let length = run.render(*format).len();
            for room in (0..length).step_by(length / 20 + 1).chain([length - 1]) {
                let room = Cell::new(room);
                let mut full = report(*format, Box::new(Full(&room)), fixture::STYLE);
                assert!(
                    run.drive(&mut *full).is_err(),
                    "{format:?} with room for {room:?}"
                );
            }
        }
    }
}
