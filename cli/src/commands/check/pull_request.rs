//! `soc2gate check pull-request`.

use std::fs;
use std::path::Path;

use clap::ArgMatches;
use soc2gate_engine::SubjectKind;
use soc2gate_evidence::FrontEnd;
use soc2gate_source::{Code, Diagnostic};

use super::change::Change;
use super::github::{client, variable};
use super::{Gathered, Job, complain, finish};
use crate::args::{CheckPullRequestArgs, ExistingArgs};
use crate::collect::github::{Coordinates, Event};
use crate::collect::{Base, FileSource};
use crate::exit::Exit;
use crate::publish::Target;

/// Runs the command.
pub(super) fn run(args: &CheckPullRequestArgs, matches: Option<&ArgMatches>) -> Exit {
    let named = args.pull_request.as_deref().map(Coordinates::parse);
    let named = match named.transpose() {
        Ok(named) => named,
        Err(what) => {
            complain(&format!("error: {what}"));
            return Exit::Usage;
        }
    };
    let has_event =
        variable("GITHUB_EVENT_NAME").is_some() || variable("GITHUB_EVENT_PATH").is_some();
    if named.is_none() && args.from_file.is_none() && !has_event {
        complain(
            "error: no pull request is named, and there is no event of a workflow\n\nFor more information, try '--help'.",
        );
        return Exit::Usage;
    }
    if let Some(path) = &args.from_file {
        return finish_with(args, None, matches, &|| {
            let mut gathered = Gathered::fetched(args.judging.max_file_size);
            gathered.sources.push(FileSource::Path(path.clone()));
            gathered.reading.kind = Some(SubjectKind::PullRequest);
            gathered
        });
    }
    let target = named.as_ref().map(target);
    let change = match fetch(args, named) {
        Ok(change) => change,
        Err(problem) => return failed(args, matches, &problem),
    };
    let inputs: Vec<_> = args.save.iter().cloned().collect();
    let job = Job {
        judging: &args.judging,
        existing: &ExistingArgs::default(),
        allow_empty: false,
        front_end: FrontEnd::Check,
        base: change.base.as_ref(),
        target,
        github: &args.github,
        inputs: &inputs,
        gather: &|gate, policies, _| {
            let mut gathered = change.gather(gate, policies, &args.judging, None);
            if let Some(path) = &args.save {
                save(path, &mut gathered);
            }
            gathered
        },
    };
    finish(&job, matches)
}

/// The pull request as what results are shown on; which commit is judged is known when it is read.
fn target(pull: &Coordinates) -> Target {
    Target {
        repository: format!("{}/{}", pull.owner, pull.name),
        pull_request: Some(pull.number),
        commit: None,
    }
}

/// Reads the pull request, and what it is judged by.
fn fetch(args: &CheckPullRequestArgs, named: Option<Coordinates>) -> Result<Change, Diagnostic> {
    let pull = match named {
        Some(pull) => pull,
        None => Event::find(variable)?
            .ok_or_else(|| Diagnostic::new(Code::EventInvalid, Code::EventInvalid.title()))?
            .pull_request()?,
    };
    let host = args.pull_request.as_deref().and_then(Coordinates::host);
    let github = client(&args.github, host.as_deref())?;
    Change::read(github, vec![pull], None, &args.judging)
}

/// Ends a run that could not read what it should judge. Nothing of the repository is used.
fn failed(args: &CheckPullRequestArgs, matches: Option<&ArgMatches>, problem: &Diagnostic) -> Exit {
    match Base::unread() {
        Ok(base) => finish_with(args, Some(&base), matches, &|| {
            let mut gathered = Gathered::fetched(args.judging.max_file_size);
            gathered.diagnostics.push(problem.clone());
            gathered
        }),
        Err(problem) => {
            complain(&problem.to_string());
            Exit::Error
        }
    }
}

fn finish_with(
    args: &CheckPullRequestArgs,
    base: Option<&Base>,
    matches: Option<&ArgMatches>,
    gather: &dyn Fn() -> Gathered,
) -> Exit {
    let inputs: Vec<_> = args.from_file.iter().chain(&args.save).cloned().collect();
    let named = args.pull_request.as_deref();
    let named = named.and_then(|named| Coordinates::parse(named).ok());
    let job = Job {
        judging: &args.judging,
        existing: &ExistingArgs::default(),
        allow_empty: false,
        front_end: FrontEnd::Check,
        base,
        target: named.as_ref().map(target),
        github: &args.github,
        inputs: &inputs,
        gather: &|_, _, _| gather(),
    };
    finish(&job, matches)
}

/// Keeps the document where it is to be kept.
fn save(path: &Path, gathered: &mut Gathered) {
    let Some(source) = gathered.sources.first() else {
        return;
    };
    let written = gathered.reader.read(source).and_then(|file| {
        fs::write(path, &*file.text).map_err(|error| {
            let message = format!("{} cannot be written: {}", path.display(), error.kind());
            Diagnostic::new(Code::OutputFailed, message)
        })
    });
    gathered.diagnostics.extend(written.err());
}
