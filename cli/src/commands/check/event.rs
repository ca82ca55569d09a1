//! `soc2gate check event`.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::env;

use clap::ArgMatches;
use soc2gate_engine::SubjectKind;
use soc2gate_evidence::FrontEnd;
use soc2gate_source::{Code, Diagnostic};

use super::change::{Change, Touched, base_of};
use super::github::{client, tell_limits, variable, written};
use super::{Gathered, Job, finish, settings};
use crate::args::{CheckEventArgs, ExistingArgs};
use crate::collect::github::{
    Event, GitHub, Occasion, PushEvent, Snapshot, collect_push, is_protected, members,
};
use crate::collect::{Base, LocalRepository};
use crate::exit::Exit;
use crate::ledger::{Place, RecordedDecisions};

/// Runs the command.
pub(super) fn run(args: &CheckEventArgs, matches: Option<&ArgMatches>) -> Exit {
    match judge(args, matches) {
        Ok(exit) => exit,
        Err(problem) => tell(args, matches, &problem),
    }
}

fn judge(args: &CheckEventArgs, matches: Option<&ArgMatches>) -> Result<Exit, Diagnostic> {
    let event = Event::find(variable)?.ok_or_else(|| {
        let message = "GITHUB_EVENT_NAME and GITHUB_EVENT_PATH are not set";
        Diagnostic::new(Code::EventInvalid, message)
    })?;
    let (pulls, group, github) = match event.occasion()? {
        Occasion::PullRequest(pull) => (vec![pull], None, client(&args.github, None)?),
        Occasion::MergeGroup(group) => {
            let github = client(&args.github, None)?;
            (members(&github, &group)?, Some(group.head_oid), github)
        }
        Occasion::Push(push) => return self::push(args, matches, &push),
        Occasion::Asked => return settings::judge_event(args, matches, &event),
        Occasion::Nothing(why) => return Ok(tell(args, matches, &nothing(why))),
    };
    let change = Change::read(github, pulls, group, &args.judging)?;
    let touched = Touched {
        paths: &args.paths,
        new_only: args.new_only,
    };
    Ok(finish(
        &Job {
            judging: &args.judging,
            existing: &ExistingArgs::default(),
            allow_empty: false,
            front_end: FrontEnd::Action,
            base: change.base.as_ref(),
            target: None,
            github: &args.github,
            inputs: &args.paths,
            gather: &|gate, policies, _| {
                change.gather(gate, policies, &args.judging, Some(&touched))
            },
        },
        matches,
    ))
}

/// Judges what a push brought to the default branch or a protected one.
fn push(
    args: &CheckEventArgs,
    matches: Option<&ArgMatches>,
    push: &PushEvent,
) -> Result<Exit, Diagnostic> {
    let github = client(&args.github, None)?;
    let failed = |failure: crate::collect::github::Failure| failure.diagnostic();
    let is_judged = push.branch == push.default_branch
        || is_protected(&github, &push.repository, &push.branch).map_err(failed)?;
    if !is_judged {
        let why = "the push is to a branch that is neither the default branch nor protected";
        return Ok(tell(args, matches, &nothing(why)));
    }
    let here = env::current_dir().unwrap_or_default();
    let local = LocalRepository::find(&here);
    // What the push itself brings cannot loosen its own judgement.
    let base = match &push.before {
        Some(before) => {
            let snapshot =
                Snapshot::read("base", local.as_ref(), &github, &push.repository, before)?;
            base_of(&snapshot, local.as_ref(), &args.judging, &here)?
        }
        None => Base::unread()?,
    };
    let job = Job {
        judging: &args.judging,
        existing: &ExistingArgs::default(),
        allow_empty: false,
        front_end: FrontEnd::Action,
        base: Some(&base),
        target: None,
        github: &args.github,
        inputs: &[],
        gather: &|_, _, place| {
            let mut gathered = Gathered::fetched(args.judging.max_file_size);
            gathered.reading.kind = Some(SubjectKind::GithubPush);
            let name = format!(
                "{}@{}",
                push.repository,
                push.after
                    .as_ref()
                    .or(push.before.as_ref())
                    .map_or("", |oid| oid)
            );
            let read = read_push(&github, push, place).and_then(|push| written(&name, &push));
            match read {
                Ok(document) => gathered.sources.push(gathered.reader.take(document)),
                Err(problem) => gathered.diagnostics.push(problem),
            }
            gathered.documents = Some(BTreeSet::from([name]));
            tell_limits(github.limits());
            gathered
        },
    };
    Ok(finish(&job, matches))
}

/// The push, with what the ledger says of its pull requests.
fn read_push(
    github: &GitHub,
    push: &PushEvent,
    place: Option<&Place>,
) -> Result<soc2gate_inputs::github::Push, Diagnostic> {
    let failed = |error: String| Diagnostic::new(Code::LedgerFailed, error);
    let decisions = place
        .map(|place| {
            RecordedDecisions::open(place)
                .map_err(|error| failed(format!("{}: {error}", place.name())))
        })
        .transpose()?;
    let trouble = RefCell::new(None);
    let look_up = |number: u64, head: &str| {
        let decisions = decisions.as_ref()?;
        let subject = format!("pull_request/{}/{number}", push.repository);
        decisions.find(&subject, head).unwrap_or_else(|error| {
            *trouble.borrow_mut() = Some(error.to_string());
            None
        })
    };
    let judged = decisions.is_some().then_some(&look_up as _);
    let read = collect_push(github, push, judged).map_err(|failure| failure.diagnostic())?;
    match trouble.into_inner() {
        Some(error) => Err(failed(error)),
        None => Ok(read),
    }
}

fn nothing(why: &str) -> Diagnostic {
    Diagnostic::new(Code::NothingToJudge, why)
}

/// Ends a run that judges nothing, with all its outputs. Nothing of the repository is used.
fn tell(args: &CheckEventArgs, matches: Option<&ArgMatches>, problem: &Diagnostic) -> Exit {
    let base = match Base::unread() {
        Ok(base) => base,
        Err(problem) => {
            super::complain(&problem.to_string());
            return Exit::Error;
        }
    };
    let job = Job {
        judging: &args.judging,
        existing: &ExistingArgs::default(),
        allow_empty: true,
        front_end: FrontEnd::Action,
        base: Some(&base),
        target: None,
        github: &args.github,
        inputs: &[],
        gather: &|_, _, _| {
            let mut gathered = Gathered::fetched(args.judging.max_file_size);
            gathered.diagnostics.push(problem.clone());
            gathered
        },
    };
    finish(&job, matches)
}
