//! Annotations of GitHub Actions: workflow commands that the runner shows beside the changed lines.
//!
//! A step shows ten error and ten warning annotations (GitHub, "Usage limits for annotations"); what is beyond
//! is lost without a word. So the most important are written, and a line says how many are not.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use soc2gate_engine::{Control, ControlId, Enforcement, Status, SubjectKind, Verdict};
use soc2gate_source::{Diagnostic, Location, Severity};

use super::escape::{neutral, no_inline_command};
use super::problem::{Problem, Rank, count, problems};
use super::ranked::Ranked;
use super::tally::Tally;
use super::{Judged, Report, RunInfo};
use crate::summary::Summary;

/// Most annotations of a level that a step shows.
const MOST: usize = 10;
/// Most characters of a message: a reader finds the rest in the summary.
const MOST_OF_MESSAGE: usize = 1_000;

/// The github format.
pub(super) struct Github<'a> {
    out: Box<dyn Write + 'a>,
    remediation: BTreeMap<ControlId, String>,
    tally: Tally,
    errors: Level,
    warnings: Level,
}

/// What an annotation says.
struct Text<'a> {
    title: &'a str,
    message: &'a str,
    /// What to do.
    help: &'a str,
}

/// The annotations of one level.
struct Level {
    command: &'static str,
    annotations: Ranked<Standing, String>,
}

/// What is shown first: what kept the gate from deciding, then verdicts by rank.
type Standing = (bool, Option<Rank>);

impl Level {
    fn new(command: &'static str) -> Self {
        Self {
            command,
            annotations: Ranked::new(MOST),
        }
    }

    fn add(&mut self, standing: Standing, place: Option<&Location>, text: &Text<'_>) {
        let command = command(self.command, place, text);
        self.annotations.add(standing, 1, command);
    }
}

impl<'a> Github<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>) -> Self {
        Self {
            out,
            remediation: BTreeMap::new(),
            tally: Tally::default(),
            errors: Level::new("error"),
            warnings: Level::new("warning"),
        }
    }

    fn verdict(&mut self, judged: &Judged<'_>, verdict: &Verdict) {
        // What is only recorded asks nothing of the person who reads the change.
        let level = match verdict.enforcement {
            _ if !verdict.is_open() => return,
            Enforcement::Deny => &mut self.errors,
            Enforcement::Warn => &mut self.warnings,
            Enforcement::Record => return,
        };
        let title = format!("{} {}", verdict.control, verdict.title);
        let help = self.remediation.get(&verdict.control);
        let help = help.map_or("", String::as_str);
        for problem in problems(verdict) {
            let standing = (false, Some(Rank::of(verdict, problem.status)));
            let text = Text {
                title: &title,
                message: &describe(judged, &problem),
                help,
            };
            level.add(standing, place(judged, problem.location), &text);
        }
    }
}

/// A problem in the words of an annotation, which stands alone: with the subject that it is about.
fn describe(judged: &Judged<'_>, problem: &Problem<'_>) -> String {
    let subject = &judged.decision.subject.id;
    format!("{}{} ({subject})", problem.prefix(), problem.message)
}

/// A place in a file of the repository: what was collected from GitHub is none.
fn place<'a>(judged: &Judged<'_>, location: Option<&'a Location>) -> Option<&'a Location> {
    location.filter(|_| judged.decision.subject.kind != SubjectKind::PullRequest)
}

impl Report for Github<'_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        let help = |control: &&Control| (control.id.clone(), control.remediation.clone());
        self.remediation = run.controls.iter().map(help).collect();
        Ok(())
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        self.tally.add(judged.decision);
        for verdict in &judged.decision.verdicts {
            if matches!(verdict.status, Status::Fail | Status::Unknown) {
                self.verdict(judged, verdict);
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        for diagnostic in diagnostics {
            let level = match diagnostic.severity {
                Severity::Error => &mut self.errors,
                Severity::Warning => &mut self.warnings,
                Severity::Note => continue,
            };
            let text = Text {
                title: &format!("soc2gate {}", diagnostic.code),
                message: &diagnostic.message,
                help: &diagnostic.help,
            };
            level.add((true, None), diagnostic.location.as_ref(), &text);
        }
        for level in [&self.errors, &self.warnings] {
            for command in level.annotations.by_rank() {
                writeln!(self.out, "{command}")?;
            }
        }
        for level in [&self.errors, &self.warnings] {
            let dropped = level.annotations.dropped();
            if dropped > 0 {
                let more = count(dropped, &format!("more {}", level.command));
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

/// A workflow command: `::error file=…,line=…,title=…::message`.
fn command(name: &str, place: Option<&Location>, text: &Text<'_>) -> String {
    let mut properties = Vec::new();
    if let Some(place) = place.filter(|place| is_in_repository(&place.file)) {
        let file = place.file.trim_start_matches("./");
        properties.push(format!("file={}", property(file)));
        properties.push(format!("line={}", place.line));
        properties.push(format!("endLine={}", place.end_line.max(place.line)));
        // The runner refuses columns of an annotation that covers more than one line.
        if place.end_line <= place.line {
            properties.push(format!("col={}", place.column));
            let end = place.end_column.max(place.column.saturating_add(1));
            properties.push(format!("endColumn={end}"));
        }
    }
    properties.push(format!("title={}", property(text.title)));
    // An escaped line feed is one line to the runner and two to the reader.
    let help = match text.help {
        "" => String::new(),
        help => format!("%0AHelp: {}", data(help)),
    };
    let message = data(text.message);
    format!("::{name} {}::{message}{help}", properties.join(","))
}

/// Whether an annotation can point to the file: standard input and what lies outside cannot be shown.
fn is_in_repository(file: &str) -> bool {
    file != "-" && !Path::new(file).is_absolute() && !file.split('/').any(|part| part == "..")
}

/// The message of a command, as the runner's toolkit escapes it: control characters are gone before.
fn data(text: &str) -> String {
    let mut short: String = neutral(text).chars().take(MOST_OF_MESSAGE).collect();
    if short.len() < text.len() && text.chars().count() > MOST_OF_MESSAGE {
        short.push('…');
    }
    no_inline_command(&short).replace('%', "%25")
}

/// The value of a property of a command: `:` and `,` would end it.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn places_outside_of_the_repository_are_left_out() {
        for file in ["-", "/etc/x.yaml", "../x.yaml", "a/../../x.yaml"] {
            assert!(!is_in_repository(file), "{file}");
        }
        assert!(is_in_repository("./deploy/web.yaml"));
    }
}
