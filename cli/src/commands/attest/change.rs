//! `soc2gate attest change`.

use std::path::Path;
use std::sync::Arc;

use soc2gate_engine::{Subject, SubjectKind};
use soc2gate_inputs::pull_request::PullRequest;
use soc2gate_inputs::{Reading, SourceFile};
use soc2gate_ledger::attest::{ChangeApproval, ChangeStatement};
use soc2gate_ledger::record::RecordSubject;
use soc2gate_source::{Code, Diagnostic};

use super::decision::{APPROVALS, Decisions};
use super::ledger_failed;
use super::merged::Merged;
use super::record::record;
use crate::args::AttestChangeArgs;
use crate::collect::github::{Coordinates, Event, GitHub, Occasion, PushEvent, collect, merged_as};
use crate::collect::{FileReader, FileSource};
use crate::commands::check::github::{client, tell_limits, variable, wanted_by_library, written};
use crate::commands::complain;
use crate::commands::ledger::{place, write};
use crate::exit::Exit;
use crate::ledger::actor;

/// Largest document that is read, in bytes.
const MAX_BYTES: u64 = 33_554_432;

/// Runs the command.
pub(super) fn run(args: &AttestChangeArgs) -> Result<Exit, Diagnostic> {
    let named = args.pull_request.as_deref().map(Coordinates::parse);
    let named = match named.transpose() {
        Ok(named) => named,
        Err(what) => {
            complain(&format!("error: {what}"));
            return Ok(Exit::Usage);
        }
    };
    let (file, pushed) = match (&args.from_file, named) {
        (Some(path), _) => {
            let source = FileSource::Path(path.clone());
            (FileReader::new(MAX_BYTES).read(&source)?, None)
        }
        (None, Some(pull)) => (collected(args, &pull)?, None),
        (None, None) => {
            let Some(event) = Event::find(variable)? else {
                complain(
                    "error: no pull request is named, and there is no event of a workflow\n\nFor more information, try '--help'.",
                );
                return Ok(Exit::Usage);
            };
            of_event(args, &event)?
        }
    };
    let (subject, pull) = read(&file)?;
    let merged = Merged::of(&pull)?;
    if pushed.is_some_and(|pushed| pushed != merged.change.merge_commit) {
        let message =
            "the commit that was pushed is not the one that the pull request was merged as";
        return Err(Diagnostic::new(Code::ChangeWithoutPullRequest, message));
    }
    attest(args, &subject, merged)?;
    Ok(Exit::Allow)
}

/// Finds what was decided, records the statement and writes it.
fn attest(args: &AttestChangeArgs, subject: &Subject, merged: Merged) -> Result<(), Diagnostic> {
    let place = place(&args.place).map_err(|error| ledger_failed(&format!("{error:#}")))?;
    let failed = |error: anyhow::Error| ledger_failed(&format!("{}: {error:#}", place.name()));
    let ring = Arc::new(place.keys().map_err(|error| failed(error.into()))?);
    let store = place
        .open(Arc::clone(&ring))
        .map_err(|error| failed(error.into()))?;
    // What is durable and under no checkpoint yet is proved like everything else.
    store.seal().map_err(|error| failed(error.into()))?;
    let index = place
        .index(store.as_ref())
        .map_err(|error| failed(error.into()))?;
    let decisions = Decisions {
        log: store.as_ref(),
        index: &index,
        ring: Arc::clone(&ring),
    };
    let decision = decisions.allowing(
        subject,
        &merged.change.head_commit,
        &merged.change.base_ref,
        !merged.approvers.is_empty(),
    )?;
    let mut approvers = merged.approvers;
    approvers.sort();
    let approval = ChangeApproval {
        repository: merged.repository,
        change: merged.change,
        author: merged.author,
        approvers,
        decision,
    };
    let statement = ChangeStatement::new(&approval, args.images.iter().cloned())
        .map_err(|error| Diagnostic::new(Code::ChangeUnclear, error.to_string()))?;
    let about = RecordSubject {
        commitment: None,
        id: subject.id.clone(),
        kind: subject.kind.as_str().to_owned(),
        location: None,
        resource: None,
    };
    let actor = actor(args.actor.as_deref());
    let (envelope, is_new) =
        record(store.as_ref(), &index, &ring, &statement, about, actor).map_err(failed)?;
    drop(store);
    let text = String::from_utf8(envelope)
        .map_err(|_| Diagnostic::new(Code::InternalError, "an envelope is not text"))?;
    let output = args
        .output
        .as_deref()
        .filter(|path| *path != Path::new("-"));
    write(output, &format!("{text}\n"))
        .map_err(|error| Diagnostic::new(Code::OutputFailed, error.to_string()))?;
    let what = if is_new {
        "recorded"
    } else {
        "recorded before"
    };
    complain(&format!(
        "{}: attested, {what} in {}",
        subject.id,
        place.name()
    ));
    Ok(())
}

/// The pull request that the event is about, and the commit of a push.
fn of_event(
    args: &AttestChangeArgs,
    event: &Event,
) -> Result<(SourceFile, Option<String>), Diagnostic> {
    let unclear = || Diagnostic::new(Code::EventInvalid, Code::EventInvalid.title());
    match event.occasion()? {
        Occasion::PullRequest(pull) => Ok((collected(args, &pull)?, None)),
        Occasion::MergeGroup(group) => {
            let pull = Coordinates::new(&group.repository, group.last).ok_or_else(unclear)?;
            Ok((collected(args, &pull)?, None))
        }
        Occasion::Push(push) => {
            let github = client(&args.github, None)?;
            let (pull, after) = of_push(&github, &push)?;
            Ok((document(&github, &pull)?, Some(after)))
        }
        Occasion::Asked | Occasion::Nothing(_) => Err(Diagnostic::new(
            Code::EventUnsupported,
            Code::EventUnsupported.title(),
        )),
    }
}

/// The pull request that a push merged. A commit that was pushed directly has none.
fn of_push(github: &GitHub, push: &PushEvent) -> Result<(Coordinates, String), Diagnostic> {
    let after = push.after.clone().ok_or_else(|| {
        let message = "the push deleted the branch";
        Diagnostic::new(Code::EventUnsupported, message)
    })?;
    let numbers = merged_as(github, &push.repository, &push.branch, &after)
        .map_err(|failure| failure.diagnostic())?;
    let Some(numbers) = numbers else {
        let message = format!("{after}: whether a pull request was merged as it cannot be read");
        return Err(Diagnostic::new(Code::ChangeUnclear, message));
    };
    match numbers.as_slice() {
        [number] => Coordinates::new(&push.repository, *number)
            .map(|pull| (pull, after))
            .ok_or_else(|| Diagnostic::new(Code::EventInvalid, Code::EventInvalid.title())),
        [] => {
            let message = format!("no pull request was merged into the branch as {after}");
            Err(Diagnostic::new(Code::ChangeWithoutPullRequest, message))
        }
        _ => {
            let message = format!("several pull requests were merged as {after}");
            Err(Diagnostic::new(Code::ChangeUnclear, message))
        }
    }
}

fn collected(args: &AttestChangeArgs, pull: &Coordinates) -> Result<SourceFile, Diagnostic> {
    let host = args.pull_request.as_deref().and_then(Coordinates::host);
    document(&client(&args.github, host.as_deref())?, pull)
}

/// The pull request as GitHub shows it now, with what the controls read that judge again.
fn document(github: &GitHub, pull: &Coordinates) -> Result<SourceFile, Diagnostic> {
    let wanted = wanted_by_library(&APPROVALS.map(str::to_owned));
    let collected = collect(github, pull, wanted).map_err(|failure| failure.diagnostic())?;
    tell_limits(github.limits());
    written(&pull.to_string(), &collected.document)
}

/// The pull request of a document, and the document as controls see it. It follows the schema and does not contradict
/// itself.
fn read(file: &SourceFile) -> Result<(Subject, PullRequest), Diagnostic> {
    let reading = Reading {
        kind: Some(SubjectKind::PullRequest),
        ..Reading::default()
    };
    let mut subjects = Vec::new();
    for unit in soc2gate_inputs::units(file, reading) {
        let read = soc2gate_inputs::read(&unit, reading);
        if let Some(problem) = read.diagnostics.into_iter().find(Diagnostic::is_error) {
            return Err(problem);
        }
        subjects.extend(read.subjects);
    }
    let invalid = || {
        let message = format!("{} is not one pull request", file.name);
        Diagnostic::new(Code::InvalidDocument, message)
    };
    let (Some(subject), true) = (subjects.pop(), subjects.is_empty()) else {
        return Err(invalid());
    };
    let pull = serde_json::from_value(subject.document.clone()).map_err(|_| invalid())?;
    Ok((subject, pull))
}
