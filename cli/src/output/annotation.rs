//! Annotations: the problems of a run that are shown beside the changed lines, the most important of them.

use std::collections::BTreeMap;
use std::path::Path;

use soc2gate_engine::{Control, ControlId, Enforcement, Status, SubjectKind, Verdict};
use soc2gate_source::{Diagnostic, Location, Severity};

use super::escape::neutral;
use super::problem::{Problem, Rank, problems};
use super::ranked::Ranked;
use super::{Judged, RunInfo};

/// Most characters of a message: a reader finds the rest in the summary.
const MOST_OF_MESSAGE: usize = 1_000;

/// How loud an annotation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warning,
}

/// A problem in the words of an annotation, which stands alone. Its texts are one line each and hold no control
/// characters.
#[derive(Debug)]
pub(crate) struct Annotation {
    pub(crate) level: Level,
    /// Where it is in a file of the repository.
    pub(crate) place: Option<Location>,
    pub(crate) title: String,
    pub(crate) message: String,
    /// What to do; empty where nobody says.
    pub(crate) help: String,
}

/// What is shown first: what kept the gate from deciding, then verdicts by rank.
type Standing = (bool, Option<Rank>);

/// The annotations of a run.
#[derive(Debug)]
pub(crate) struct Annotations {
    remediation: BTreeMap<ControlId, String>,
    errors: Ranked<Standing, Annotation>,
    warnings: Ranked<Standing, Annotation>,
}

impl Annotations {
    /// Keeps so many of each level.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            remediation: BTreeMap::new(),
            errors: Ranked::new(most),
            warnings: Ranked::new(most),
        }
    }

    pub(crate) fn begin(&mut self, run: &RunInfo<'_>) {
        let help = |control: &&Control| (control.id.clone(), control.remediation.clone());
        self.remediation = run.controls.iter().map(help).collect();
    }

    pub(crate) fn decision(&mut self, judged: &Judged<'_>) {
        for verdict in &judged.decision.verdicts {
            if matches!(verdict.status, Status::Fail | Status::Unknown) {
                self.verdict(judged, verdict);
            }
        }
    }

    pub(crate) fn diagnostics(&mut self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            let level = match diagnostic.severity {
                Severity::Error => Level::Error,
                Severity::Warning => Level::Warning,
                Severity::Note => continue,
            };
            let annotation = Annotation {
                level,
                place: diagnostic.location.clone().filter(is_in_repository),
                title: line(&format!("soc2gate {}", diagnostic.code)),
                message: line(&diagnostic.message),
                help: line(&diagnostic.help),
            };
            self.of_mut(level).add((true, None), 1, annotation);
        }
    }

    /// The annotations of a level, the most important first.
    pub(crate) fn of(&self, level: Level) -> impl Iterator<Item = &Annotation> {
        self.ranked(level).by_rank()
    }

    /// How many annotations of a level are not kept.
    pub(crate) fn dropped(&self, level: Level) -> usize {
        self.ranked(level).dropped()
    }

    fn verdict(&mut self, judged: &Judged<'_>, verdict: &Verdict) {
        // What is only recorded asks nothing of the person who reads the change.
        let level = match verdict.enforcement {
            _ if !verdict.is_open() => return,
            Enforcement::Deny => Level::Error,
            Enforcement::Warn => Level::Warning,
            Enforcement::Record => return,
        };
        let title = line(&format!("{} {}", verdict.control, verdict.title));
        let help = self.remediation.get(&verdict.control);
        let help = line(help.map_or("", String::as_str));
        for problem in problems(verdict) {
            let annotation = Annotation {
                level,
                place: place(judged, problem.location),
                title: title.clone(),
                message: line(&describe(judged, &problem)),
                help: help.clone(),
            };
            let standing = (false, Some(Rank::of(verdict, problem.status)));
            self.of_mut(level).add(standing, 1, annotation);
        }
    }

    fn ranked(&self, level: Level) -> &Ranked<Standing, Annotation> {
        match level {
            Level::Error => &self.errors,
            Level::Warning => &self.warnings,
        }
    }

    fn of_mut(&mut self, level: Level) -> &mut Ranked<Standing, Annotation> {
        match level {
            Level::Error => &mut self.errors,
            Level::Warning => &mut self.warnings,
        }
    }
}

/// A problem with the subject that it is about.
fn describe(judged: &Judged<'_>, problem: &Problem<'_>) -> String {
    let subject = &judged.decision.subject.id;
    format!("{}{} ({subject})", problem.prefix(), problem.message)
}

/// A place in a file of the repository: what was collected from GitHub is none.
fn place(judged: &Judged<'_>, location: Option<&Location>) -> Option<Location> {
    location
        .filter(|location| is_in_repository(location))
        .filter(|_| is_file(judged.decision.subject.kind))
        .cloned()
}

/// Whether subjects of a kind are files of the repository.
fn is_file(kind: SubjectKind) -> bool {
    match kind {
        SubjectKind::Kubernetes | SubjectKind::Document | SubjectKind::GithubWorkflow => true,
        SubjectKind::PullRequest
        | SubjectKind::GithubRepository
        | SubjectKind::GithubOrganization
        | SubjectKind::GithubPush => false,
    }
}

/// Whether an annotation can point there: standard input and what lies outside cannot be shown.
fn is_in_repository(place: &Location) -> bool {
    let file = &*place.file;
    file != "-" && !Path::new(file).is_absolute() && !file.split('/').any(|part| part == "..")
}

/// Text on one line, cut to what a reader takes in.
fn line(text: &str) -> String {
    let neutral = neutral(text);
    let mut characters = neutral.chars();
    let mut short: String = characters.by_ref().take(MOST_OF_MESSAGE).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use soc2gate_source::{Position, Span};

    use super::*;

    #[test]
    fn places_outside_of_the_repository_are_left_out() {
        let at = |file: &str| Location::new(file, Span::at(Position::new(1, 1)));
        for file in ["-", "/etc/x.yaml", "../x.yaml", "a/../../x.yaml"] {
            assert!(!is_in_repository(&at(file)), "{file}");
        }
        assert!(is_in_repository(&at("./deploy/web.yaml")));
    }

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        assert_eq!(line("a\nb\u{1b}"), r"a\nb\u{1b}");
        assert_eq!(
            line(&"ä".repeat(MOST_OF_MESSAGE)).chars().count(),
            MOST_OF_MESSAGE
        );
        let cut = line(&"ä".repeat(MOST_OF_MESSAGE + 1));
        assert!(cut.ends_with('…') && cut.chars().count() == MOST_OF_MESSAGE + 1);
    }
}
