//! `soc2gate check pull-request`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{IsTerminal as _, stderr};
use std::path::Path;
use std::sync::Arc;

use clap::ArgMatches;
use soc2gate_engine::{Control, Gate, SubjectKind};
use soc2gate_evidence::PolicySet;
use soc2gate_inputs::{Reading, SourceFile};
use soc2gate_source::{Code, Diagnostic};

use super::{Gathered, Job, client, complain, finish, variable};
use crate::args::{CheckPullRequestArgs, ExistingArgs};
use crate::collect::github::{Coordinates, Event, Limits, Wanted, collect};
use crate::collect::{FileReader, FileSource};
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
    let inputs: Vec<_> = args.from_file.iter().chain(&args.save).cloned().collect();
    let job = Job {
        judging: &args.judging,
        existing: &ExistingArgs::default(),
        allow_empty: false,
        inputs: &inputs,
        target: named.as_ref().map(target),
        github: &args.github,
        gather: &|gate, policies| gather(args, named.as_ref(), gate, policies),
    };
    finish(&job, matches)
}

fn gather(
    args: &CheckPullRequestArgs,
    named: Option<&Coordinates>,
    gate: &Gate,
    policies: &PolicySet,
) -> Gathered {
    let mut gathered = Gathered {
        sources: Vec::new(),
        reader: FileReader::new(args.judging.max_file_size),
        reading: Reading {
            kind: Some(SubjectKind::PullRequest),
            ..Reading::default()
        },
        diagnostics: Vec::new(),
    };
    if let Some(path) = &args.from_file {
        gathered.sources.push(FileSource::Path(path.clone()));
        return gathered;
    }
    match fetch(args, named, wanted(gate, policies)) {
        Ok(document) => gathered.sources.push(gathered.reader.take(document)),
        Err(diagnostic) => gathered.diagnostics.push(diagnostic),
    }
    gathered
}

/// Reads the pull request, and keeps the document where it is to be kept.
fn fetch(
    args: &CheckPullRequestArgs,
    named: Option<&Coordinates>,
    wanted: Wanted,
) -> Result<SourceFile, Diagnostic> {
    let pull = match named {
        Some(pull) => pull.clone(),
        None => of_event()?,
    };
    let github = client(&args.github)?;
    let document = collect(&github, &pull, wanted).map_err(|failure| failure.diagnostic());
    tell_limits(github.limits());
    let text = serde_json::to_string_pretty(&document?).map_err(|_| {
        let message = "the document of the pull request cannot be written";
        Diagnostic::new(Code::InternalError, message)
    })?;
    if let Some(path) = &args.save {
        save(path, &text)?;
    }
    Ok(SourceFile {
        name: Arc::from(pull.to_string()),
        text: Arc::from(text),
    })
}

/// The pull request as what results are shown on; which commit is judged is known when it is read.
fn target(pull: &Coordinates) -> Target {
    Target {
        repository: format!("{}/{}", pull.owner, pull.name),
        pull_request: Some(pull.number),
        commit: None,
    }
}

fn of_event() -> Result<Coordinates, Diagnostic> {
    match Event::find(variable)? {
        Some(event) => event.pull_request(),
        None => Err(Diagnostic::new(
            Code::EventInvalid,
            Code::EventInvalid.title(),
        )),
    }
}

/// What the controls read that judge pull requests; Rego that is no control is what controls share.
fn wanted(gate: &Gate, policies: &PolicySet) -> Wanted {
    let judges = |control: &Control| {
        let mut inputs = control.inputs.iter();
        inputs.any(|input| input.kind == SubjectKind::PullRequest)
    };
    let judging: BTreeSet<&str> = gate
        .controls()
        .filter(|control| judges(control))
        .map(|control| &*control.file)
        .collect();
    let texts = policies
        .sources
        .iter()
        .filter(|source| judging.contains(&*source.file) || !source.claims_control())
        .map(|source| source.text.as_str());
    Wanted::of_policies(texts)
}

fn save(path: &Path, text: &str) -> Result<(), Diagnostic> {
    fs::write(path, text).map_err(|error| {
        let message = format!("{} cannot be written: {}", path.display(), error.kind());
        Diagnostic::new(Code::OutputFailed, message)
    })
}

/// What is left of the rate limit, for whoever watches.
fn tell_limits(limits: Option<Limits>) {
    if let Some(limits) = limits
        && stderr().is_terminal()
    {
        complain(&format!(
            "GitHub: {} of {} requests are left until {}",
            limits.remaining, limits.limit, limits.resets
        ));
    }
}
