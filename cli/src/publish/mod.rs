//! Results where people look: the step's summary and outputs, a comment on the pull request, a check run.
//!
//! What is shown follows from the decisions and never changes them: what cannot be shown is a warning, and the exit code
//! stays. A [`Publication`] is told of a run like an output, and shows it when it is known how the run ended.

mod check_run;
mod code_host;
mod comment;
mod runner;
mod target;

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;

use jiff::Timestamp;
use soc2gate_engine::Outcome;
use soc2gate_source::{Code, Diagnostic};

use crate::args::PublishArgs;
use crate::output::{Annotations, Format, Judged, Report, RunInfo, Style, report};
use crate::summary::Summary;
use comment::Marker;
use runner::RunnerError;

pub(crate) use code_host::{Account, CheckOutput, CheckRun, CodeHost, Comment, HostError};
pub(crate) use target::Target;

/// Where variables of the environment are looked up.
type Variables<'a> = Box<dyn Fn(&str) -> Option<String> + 'a>;

/// Connects to the code host.
pub(crate) type Connect<'a> = Box<dyn Fn() -> Result<Box<dyn CodeHost>, Diagnostic> + 'a>;

/// What a run shows besides its outputs.
pub(crate) struct Publication<'a> {
    args: &'a PublishArgs,
    variable: Variables<'a>,
    started: Timestamp,
    markdown: Box<dyn Report>,
    document: Document,
    annotations: Annotations,
    summary: Summary,
    target: Option<(Target, Connect<'a>)>,
}

impl<'a> Publication<'a> {
    /// A publication, if anything is to be shown.
    pub(crate) fn new(
        args: &'a PublishArgs,
        variable: impl Fn(&str) -> Option<String> + 'a,
        started: Timestamp,
    ) -> Option<Self> {
        if !(args.github_outputs || args.comment || args.check_run) {
            return None;
        }
        let document = Document::default();
        let style = Style {
            colour: false,
            width: usize::MAX,
        };
        Some(Self {
            args,
            variable: Box::new(variable),
            started,
            markdown: report(Format::Markdown, Box::new(document.clone()), style),
            document,
            annotations: Annotations::new(check_run::MOST_OF_LEVEL),
            summary: Summary::default(),
            target: None,
        })
    }

    /// Says what comment and check run are about, and how the code host is reached.
    pub(crate) fn about(&mut self, target: Target, connect: Connect<'a>) {
        self.target = Some((target, connect));
    }

    pub(crate) fn begin(&mut self, run: &RunInfo<'_>) {
        self.annotations.begin(run);
        // Memory can always be written, here and below.
        let _ = self.markdown.begin(run);
    }

    pub(crate) fn decision(&mut self, judged: &Judged<'_>) {
        self.summary.add(judged.decision);
        self.annotations.decision(judged);
        if let Some((target, _)) = &mut self.target
            && let Some(commit) = target.judged_commit(judged)
        {
            target.commit = Some(commit.to_owned());
        }
        let _ = self.markdown.decision(judged);
    }

    /// Shows how the run ended. What could not be shown comes back.
    pub(crate) fn publish(
        &mut self,
        summary: &Summary,
        diagnostics: &[Diagnostic],
    ) -> Vec<Diagnostic> {
        self.annotations.diagnostics(diagnostics);
        let mut problems = Vec::new();
        let mut address = None;
        if self.args.comment || self.args.check_run {
            let document = self.document(summary, diagnostics);
            address = self.on_the_change(summary, &document, &mut problems);
        }
        if self.args.github_outputs {
            let all = [diagnostics, problems.as_slice()].concat();
            let document = self.document(summary, &all);
            problems.extend(self.in_the_step(summary, &document, address));
        }
        problems
    }

    /// Shows that the run ended early: whatever was decided before, it could not decide.
    pub(crate) fn publish_failure(&mut self, reason: Diagnostic) -> Vec<Diagnostic> {
        let summary = Summary {
            outcome: Outcome::Error,
            ..self.summary.clone()
        };
        self.publish(&summary, &[reason])
    }

    /// The run as Markdown.
    fn document(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> String {
        let _ = self.markdown.finish(summary, diagnostics);
        self.document.take()
    }

    /// Writes comment and check run; gives the address of the comment.
    fn on_the_change(
        &self,
        summary: &Summary,
        document: &str,
        problems: &mut Vec<Diagnostic>,
    ) -> Option<String> {
        let host = match &self.target {
            Some((target, connect)) => connect().map(|host| (target, host)),
            None => Err(unpublished("it is not known what the run is about")),
        };
        let (target, host) = match host {
            Ok(found) => found,
            Err(problem) => {
                problems.push(problem);
                return None;
            }
        };
        if self.args.check_run {
            let written = self.check_run(&*host, target, summary, document);
            problems.extend(written.err());
        }
        // A push has no pull request to comment on, in a workflow that runs on pull requests too.
        let pull_request = target.pull_request.filter(|_| self.args.comment)?;
        match self.comment(&*host, target, pull_request, document) {
            Ok(address) => Some(address),
            Err(problem) => {
                problems.push(problem);
                None
            }
        }
    }

    fn comment(
        &self,
        host: &dyn CodeHost,
        target: &Target,
        pull_request: u64,
        document: &str,
    ) -> Result<String, Diagnostic> {
        let marker = Marker {
            name: self.args.report_name.clone(),
            started: self.started,
        };
        let document = match &target.commit {
            Some(commit) => format!("{document}\n<sub>Judged at commit {commit}.</sub>\n"),
            None => document.to_owned(),
        };
        comment::put(host, &target.repository, pull_request, &marker, &document)
            .map_err(|error| unpublished(&format!("the comment: {error}")))
    }

    fn check_run(
        &self,
        host: &dyn CodeHost,
        target: &Target,
        summary: &Summary,
        document: &str,
    ) -> Result<(), Diagnostic> {
        let Some(commit) = &target.commit else {
            let what = "the check run: it is not known which commit was judged";
            return Err(unpublished(what));
        };
        let title = format!(
            "{}: {} fail, {} unknown",
            summary.outcome.as_str(),
            summary.fail,
            summary.unknown
        );
        let details_url = self.run_address();
        let facts = check_run::Facts {
            repository: &target.repository,
            commit,
            name: self.args.report_name.as_deref(),
            outcome: summary.outcome,
            title: &title,
            document,
            started: self.started,
            completed: Timestamp::now(),
            details_url: details_url.as_deref(),
        };
        check_run::put(host, &facts, &self.annotations)
            .map_err(|error| unpublished(&format!("the check run: {error}")))
    }

    /// Writes the step's summary and outputs.
    fn in_the_step(
        &self,
        summary: &Summary,
        document: &str,
        address: Option<String>,
    ) -> Vec<Diagnostic> {
        let mut outputs = vec![
            ("decision", summary.outcome.as_str().to_owned()),
            ("subjects", summary.subjects.to_string()),
            ("failed", summary.fail.to_string()),
            ("unknown", summary.unknown.to_string()),
            ("excepted", summary.excepted.to_string()),
            ("known", summary.known.to_string()),
        ];
        outputs.extend(address.map(|address| ("comment-url", address)));
        let written = [
            self.write("GITHUB_STEP_SUMMARY", |path| {
                runner::add_summary(path, document)
            }),
            self.write("GITHUB_OUTPUT", |path| runner::set_outputs(path, &outputs)),
        ];
        written.into_iter().filter_map(Result::err).collect()
    }

    fn write(
        &self,
        variable: &str,
        write: impl FnOnce(&Path) -> Result<(), RunnerError>,
    ) -> Result<(), Diagnostic> {
        let path = (self.variable)(variable).filter(|path| !path.is_empty());
        let Some(path) = path else {
            let what = format!("the variable {variable} is not set");
            return Err(Diagnostic::new(Code::NoRunner, what));
        };
        write(Path::new(&path)).map_err(|error| Diagnostic::new(Code::NoRunner, error.to_string()))
    }

    /// Where people see the run of the workflow.
    fn run_address(&self) -> Option<String> {
        let of = |name: &str| (self.variable)(name).filter(|value| !value.is_empty());
        let (server, repository, run) = (
            of("GITHUB_SERVER_URL")?,
            of("GITHUB_REPOSITORY")?,
            of("GITHUB_RUN_ID")?,
        );
        Some(format!("{server}/{repository}/actions/runs/{run}"))
    }
}

fn unpublished(what: &str) -> Diagnostic {
    Diagnostic::new(Code::NotPublished, what)
}

/// A text that a report writes and others read.
#[derive(Debug, Clone, Default)]
struct Document(Rc<RefCell<Vec<u8>>>);

impl Document {
    /// What was written since the last time.
    fn take(&self) -> String {
        String::from_utf8_lossy(&self.0.take()).into_owned()
    }
}

impl Write for Document {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
