//! Annotations of GitHub Actions: workflow commands that the runner shows beside the changed lines.
//!
//! A step shows ten error and ten warning annotations (GitHub, "Usage limits for annotations"); what is beyond
//! is lost without a word. So the most important are written, and a line says how many are not.

use std::io::{self, Write};

use soc2gate_source::{Diagnostic, Location};

use super::annotation::{Annotation, Annotations, Level};
use super::escape::{neutral, no_inline_command};
use super::problem::count;
use super::tally::Tally;
use super::{Judged, Report, RunInfo};
use crate::summary::Summary;

/// Most annotations of a level that a step shows.
const MOST: usize = 10;

/// The github format.
pub(super) struct Github<'a> {
    out: Box<dyn Write + 'a>,
    tally: Tally,
    annotations: Annotations,
}

impl<'a> Github<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>) -> Self {
        Self {
            out,
            tally: Tally::default(),
            annotations: Annotations::new(MOST),
        }
    }
}

impl Report for Github<'_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        self.annotations.begin(run);
        Ok(())
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        self.tally.add(judged.decision);
        self.annotations.decision(judged);
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        self.annotations.diagnostics(diagnostics);
        for level in [Level::Error, Level::Warning] {
            for annotation in self.annotations.of(level) {
                writeln!(self.out, "{}", command(annotation))?;
            }
        }
        for level in [Level::Error, Level::Warning] {
            let dropped = self.annotations.dropped(level);
            if dropped > 0 {
                let more = count(dropped, &format!("more {}", name(level)));
                writeln!(
                    self.out,
                    "soc2gate: {more} without an annotation, since a step shows {MOST}"
                )?;
            }
        }
        let conclusion = self.tally.conclusion(summary, diagnostics);
        writeln!(
            self.out,
            "soc2gate: {}: {}",
            summary.outcome.as_str(),
            neutral(&conclusion)
        )?;
        self.out.flush()
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

/// A workflow command: `::error file=…,line=…,title=…::message`.
fn command(annotation: &Annotation) -> String {
    let mut properties = annotation.place.as_ref().map(lines).unwrap_or_default();
    properties.push(format!("title={}", property(&annotation.title)));
    // An escaped line feed is one line to the runner and two to the reader.
    let help = match annotation.help.as_str() {
        "" => String::new(),
        help => format!("%0AHelp: {}", data(help)),
    };
    let (name, message) = (name(annotation.level), data(&annotation.message));
    format!("::{name} {}::{message}{help}", properties.join(","))
}

/// The properties that say where an annotation is shown.
fn lines(place: &Location) -> Vec<String> {
    let file = place.file.trim_start_matches("./");
    let mut properties = vec![
        format!("file={}", property(&neutral(file))),
        format!("line={}", place.line),
        format!("endLine={}", place.end_line.max(place.line)),
    ];
    // The runner refuses columns of an annotation that covers more than one line.
    if place.end_line <= place.line {
        let end = place.end_column.max(place.column.saturating_add(1));
        properties.push(format!("col={}", place.column));
        properties.push(format!("endColumn={end}"));
    }
    properties
}

/// The message of a command, as the runner's toolkit escapes it: control characters are gone before.
fn data(line: &str) -> String {
    no_inline_command(line).replace('%', "%25")
}

/// The value of a property of a command: `:` and `,` would end it.
fn property(line: &str) -> String {
    data(line).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use soc2gate_engine::Enforcement;

    use super::*;
    use crate::output::{Format, fixture};

    #[test]
    fn annotations_stand_beside_the_lines_and_the_outcome_below() {
        insta::assert_snapshot!(fixture::run().render(Format::Github), @r#"
        ::error file=deploy/bad file.yaml,line=3,endLine=3,col=7,endColumn=8,title=soc2gate SG1006::a mapping value is not allowed here%0AHelp: correct the syntax; a Helm or Kustomize source must be rendered first: `helm template … | soc2gate check -`
        ::error file=deploy/web.yaml,line=10,endLine=10,col=39,endColumn=55,title=WRK-04 Containers are not privileged::container "web" is privileged (kubernetes/apps/Deployment/shop/web)%0AHelp: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.
        ::error file=deploy/web.yaml,line=13,endLine=13,col=29,endColumn=45,title=WRK-04 Containers are not privileged::container "log" has a secret in its environment (kubernetes/apps/Deployment/shop/web)%0AHelp: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.
        ::error file=deploy/web.yaml,line=1,endLine=13,title=WRK-04 Containers are not privileged::could not decide: the seccomp profile is not known (kubernetes/apps/Deployment/shop/web)%0AHelp: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.
        ::error file=deploy/web.yaml,line=1,endLine=3,title=WRK-04 Containers are not privileged::could not decide: the pod template is missing (kubernetes/batch/Job/shop/migrate)%0AHelp: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.
        ::warning file=exceptions.yaml,line=4,endLine=4,col=5,endColumn=6,title=soc2gate SG3007::exception EXC-2026-001 matched nothing%0AHelp: remove it if its subjects comply or are gone
        soc2gate: error: 1 of 3 subjects fails a control that denies; 1 of 3 subjects could not be decided; 1 error stands in the way of a decision (exit code 2)
        "#);
    }

    #[test]
    fn a_passing_run_has_no_annotations() {
        insta::assert_snapshot!(fixture::passing().render(Format::Github), @r#"
        soc2gate: allow: nothing stands against any subject (exit code 0)
        "#);
    }

    #[test]
    fn the_most_important_ten_are_shown_and_the_others_counted() {
        let mut run = fixture::run();
        let warn = fixture::many_findings(&run, 20, Enforcement::Warn);
        let deny = fixture::many_findings(&run, 3, Enforcement::Deny);
        run.decisions = warn.into_iter().chain(deny).collect();
        run.subjects = vec![run.subjects[0].clone(); run.decisions.len()];
        let output = run.render(Format::Github);
        let annotations = |level: &str| {
            let lines = output.lines();
            lines
                .filter(|line| line.starts_with(&format!("::{level} ")))
                .count()
        };
        assert_eq!((annotations("error"), annotations("warning")), (MOST, MOST));
        assert!(
            output.starts_with("::error file=deploy/bad file.yaml,"),
            "{output}"
        );
        assert!(
            output.contains("more errors without an annotation"),
            "{output}"
        );
        assert!(
            output.contains("more warnings without an annotation"),
            "{output}"
        );
    }

    #[test]
    fn names_and_messages_end_no_command() {
        for hostile in [
            "\n::stop-commands::x",
            "a,b:c%0A::error::d",
            "##[error]x",
            "::add-mask::y",
        ] {
            let run = fixture::hostile(hostile);
            let output = run.render(Format::Github);
            for line in output.lines() {
                let is_ours = ["::error ", "::warning ", "soc2gate: "]
                    .iter()
                    .any(|start| line.starts_with(start));
                assert!(is_ours && !line.contains("##["), "{output}");
                let Some(command) = line.strip_prefix("::") else {
                    continue;
                };
                let (head, _) = command.split_once("::").unwrap();
                let (_, properties) = head.split_once(' ').unwrap();
                for property in properties.split(',') {
                    let (name, value) = property.split_once('=').unwrap();
                    let known = ["file", "line", "endLine", "col", "endColumn", "title"];
                    assert!(known.contains(&name), "{line}");
                    assert!(!value.contains(':'), "{line}");
                }
            }
        }
    }
}
