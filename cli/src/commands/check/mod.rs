//! `soc2gate check`: what is common to files and to what is fetched.

mod change;
mod event;
mod files;
pub(super) mod github;
mod pull_request;
mod settings;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use jiff::Timestamp;
use soc2gate_engine::{Baseline, Config, Control, Gate, Library};
use soc2gate_evidence::{FrontEnd, PolicySet, Settings};
use soc2gate_inputs::Reading;
use soc2gate_source::{Code, Diagnostic};

use self::github::{client, variable};
use super::{complain, pool};
use crate::args::{
    CheckArgs, CheckCommand, ExistingArgs, GitHubArgs, JudgingArgs, OnLedgerFailure,
};
use crate::check::{Beside, OutputError, Outputs, Progress, Run, Totals, plan};
use crate::collect::{Base, FileReader, FileSource, Loaded, leave_out, load, read_baseline};
use crate::exit::Exit;
use crate::ledger::{self, Gaps, Missed, Place, Recording, RecordingError, actor};
use crate::output::{Format, RunInfo};
use crate::publish::{CodeHost, Publication, Target};

/// Runs the command.
pub(super) fn run(args: &CheckArgs, matches: Option<&ArgMatches>) -> Exit {
    match &args.command {
        None => files::run(&args.files, matches),
        Some(CheckCommand::Event(args)) => {
            let matches = matches.and_then(|matches| matches.subcommand_matches("event"));
            event::run(args, matches)
        }
        Some(CheckCommand::GitHub(args)) => {
            let matches = matches.and_then(|matches| matches.subcommand_matches("github"));
            settings::run(args, matches)
        }
        Some(CheckCommand::PullRequest(args)) => {
            let matches = matches.and_then(|matches| matches.subcommand_matches("pull-request"));
            pull_request::run(args, matches)
        }
    }
}

/// What a run judges, however it is come by.
struct Job<'a> {
    judging: &'a JudgingArgs,
    existing: &'a ExistingArgs,
    /// Whether a run without subjects passes.
    allow_empty: bool,
    /// Who is recorded as having asked.
    front_end: FrontEnd,
    /// The gate's own files at the base of the change, where a change is judged in its repository.
    base: Option<&'a Base>,
    /// Files that are inputs, by the command line.
    inputs: &'a [PathBuf],
    /// What results are shown on, where the event of the workflow does not say it.
    target: Option<Target>,
    /// How GitHub is asked.
    github: &'a GitHubArgs,
    /// Finds what is judged, when it is known by what.
    gather: &'a dyn Fn(&Gate, &PolicySet, Option<&Place>) -> Gathered,
}

impl Gathered {
    /// Nothing yet, of what was fetched.
    fn fetched(max_file_size: u64) -> Self {
        Self {
            sources: Vec::new(),
            reader: FileReader::new(max_file_size),
            reading: Reading::default(),
            beside: Beside::Judged,
            before: None,
            documents: None,
            is_part: true,
            diagnostics: Vec::new(),
        }
    }
}

/// What was found to judge.
struct Gathered {
    sources: Vec<FileSource>,
    reader: FileReader,
    reading: Reading,
    /// What controls may read beside a subject.
    beside: Beside,
    /// What is judged first, so that what fails there is known.
    before: Option<Before>,
    /// Files that may hold documents about GitHub; `None`: all. Whoever writes a change could forge one.
    documents: Option<BTreeSet<String>>,
    /// Whether this is a part of what the gate speaks of: what does not show here may well be there.
    is_part: bool,
    diagnostics: Vec<Diagnostic>,
}

/// The files of a change as they were.
struct Before {
    sources: Vec<FileSource>,
    reader: FileReader,
    beside: Beside,
}

/// Judges, and shows what came of it.
fn finish(job: &Job<'_>, matches: Option<&ArgMatches>) -> Exit {
    let args = job.judging;
    let formats: Vec<(usize, Format)> = positions(matches, "format")
        .zip(args.format.iter().copied())
        .collect();
    let files: Vec<(usize, PathBuf)> = positions(matches, "output")
        .zip(args.output.iter().cloned())
        .collect();
    let plans = match plan(&formats, &files) {
        Ok(plans) => plans,
        Err(what) => {
            complain(&format!(
                "error: {what}\n\nFor more information, try '--help'."
            ));
            return Exit::Usage;
        }
    };
    // Opening an output empties its file.
    if let Some(path) = args.output.iter().find(|path| job.inputs.contains(path)) {
        complain(&format!(
            "error: {} is an input and an output",
            path.display()
        ));
        return Exit::Usage;
    }
    let mut outputs = Outputs::new(publication(job));
    let ended = outputs
        .open(&plans, args.color)
        .and_then(|()| judge(job, &mut outputs));
    let (exit, problems) = ended.unwrap_or_else(|error| {
        complain(&error.diagnostic().to_string());
        (Exit::Error, outputs.fail(error.diagnostic()))
    });
    for problem in problems {
        complain(&problem.to_string());
    }
    exit
}

/// What is shown on GitHub, where something is.
fn publication<'a>(job: &'a Job<'_>) -> Option<Publication<'a>> {
    let mut publication = Publication::new(&job.judging.publish, variable, Timestamp::now())?;
    let target = job.target.clone();
    if let Some(target) = target.or_else(|| Target::of_event(variable)) {
        let connect = || Ok(Box::new(client(job.github, None)?) as Box<dyn CodeHost>);
        publication.about(target, Box::new(connect));
    }
    Some(publication)
}

/// Where on the command line the values of an argument stand.
fn positions<'a>(matches: Option<&'a ArgMatches>, name: &str) -> impl Iterator<Item = usize> + 'a {
    matches
        .and_then(|matches| matches.indices_of(name))
        .into_iter()
        .flatten()
}

/// Judges, and gives how the run ends with what could not be shown.
fn judge(job: &Job<'_>, outputs: &mut Outputs<'_>) -> Result<(Exit, Vec<Diagnostic>), OutputError> {
    let args = job.judging;
    let now = args.now.unwrap_or_else(whole_second);
    let Loaded {
        library,
        policies,
        config,
        exceptions,
        baseline,
        mut diagnostics,
        mut files,
    } = match job.base {
        Some(base) => base.load(job.existing),
        None => load(&args.policies, job.existing),
    };
    let (library, unknown) = chosen(library, &args.controls);
    diagnostics.extend(unknown);
    diagnostics.extend(exceptions.review(now));
    let settings = Settings::new(&config, &exceptions, &args.controls);
    let (gate, problems) = Gate::new(&library, &config, exceptions);
    diagnostics.extend(problems);
    let named = job.base.map_or(&args.baseline, |base| &base.baseline);
    let baseline = named.clone().or(baseline);
    // What is written anew is not read.
    let baseline = baseline.filter(|_| args.write_baseline.is_none());
    let mut known = Baseline::default();
    match baseline.as_deref().map(read_baseline).transpose() {
        Ok(read) => known = read.unwrap_or_default(),
        Err(problems) => diagnostics.extend(match job.base {
            Some(base) => base.renamed(problems),
            None => problems,
        }),
    }
    let config_path = job.base.map_or(files.first(), |base| base.config.as_ref());
    let place = place(args, &config, config_path.map(PathBuf::as_path));

    let Gathered {
        mut sources,
        mut reader,
        reading,
        beside,
        before,
        documents,
        is_part,
        diagnostics: problems,
    } = (job.gather)(&gate, &policies, place.as_ref());
    diagnostics.extend(problems);
    files.extend(args.output.iter().cloned());
    files.extend(baseline.iter().chain(&args.write_baseline).cloned());
    files.extend(place.iter().flat_map(Place::files));
    leave_out(&mut sources, &files);
    if sources.contains(&FileSource::Stdin) {
        reader.read_stdin();
    }

    let pool = pool(args.jobs);
    if let (Some(before), Ok(pool)) = (&before, &pool) {
        let run = Run {
            recording: None,
            keeps_shown: false,
            gate: &gate,
            pool,
            reader: &before.reader,
            reading,
            beside: &before.beside,
            documents: documents.as_ref(),
            now,
        };
        run.failures(&before.sources, &mut known);
    }
    let gate = gate.with_baseline(known);

    let controls: Vec<&Control> = gate.controls().collect();
    outputs.begin(&RunInfo {
        controls,
        version: env!("CARGO_PKG_VERSION"),
        started: now,
        show_passing: args.show_passing,
    })?;
    let recording = place.as_ref().map(|place| {
        let run = ledger::Run {
            gate: gate.clone(),
            policies,
            policies_digest: library.digest().to_owned(),
            settings,
            actor: actor(args.record.actor.as_deref()),
            front_end: job.front_end,
            now: Timestamp::now(),
        };
        Recording::start(place.clone(), run)
    });
    let (recording, unrecorded) = match recording.transpose() {
        Ok(recording) => (recording, None),
        Err(error) => (None, Some(error)),
    };
    let mut totals = match pool {
        Ok(pool) => {
            let run = Run {
                recording: recording.as_ref(),
                keeps_shown: baseline.is_some() || args.write_baseline.is_some(),
                gate: &gate,
                pool: &pool,
                reader: &reader,
                reading,
                beside: &beside,
                documents: documents.as_ref(),
                now,
            };
            run.judge(&sources, outputs, &Progress::new())?
        }
        Err(diagnostic) => Totals {
            diagnostics: vec![diagnostic],
            ..Totals::default()
        },
    };
    diagnostics.append(&mut totals.diagnostics);
    let told = diagnostics.iter().any(Diagnostic::is_error);
    if totals.summary.subjects == 0 && !job.allow_empty && !told {
        diagnostics.push(Diagnostic::new(
            Code::NoSubject,
            "nothing was found to judge",
        ));
    }
    let unrecorded =
        unrecorded.or_else(|| recording.and_then(|recording| recording.finish().err()));
    if let (Some(error), Some(place)) = (unrecorded, &place) {
        diagnostics.extend(not_recorded(args, place, &error, &totals, now));
    }
    if let (Some(path), Some(shown)) = (&args.write_baseline, &totals.shown) {
        diagnostics.extend(write_baseline(path, shown));
    }
    if let (Some(path), Some(shown), false) = (&baseline, &totals.shown, is_part) {
        diagnostics.extend(stale_baseline(path, gate.baseline().count(shown)));
    }
    if args.controls.is_empty() && !is_part {
        diagnostics.extend(gate.exceptions().unused(&totals.exception_uses, now));
    }
    totals.summary.finish(&diagnostics);
    let unshown = outputs.finish(&totals.summary, &diagnostics)?;
    Ok((Exit::from(totals.summary.outcome), unshown))
}

/// Where decisions are recorded: by the command line, else by the configuration.
fn place(args: &JudgingArgs, config: &Config, config_path: Option<&Path>) -> Option<Place> {
    if args.record.no_ledger {
        return None;
    }
    let keys = args.record.ledger_keys.as_deref();
    if let Some(ledger) = &args.record.ledger {
        return Some(Place::new(ledger, keys, Path::new("")));
    }
    let ledger = config.raw().ledger.as_ref()?;
    let base = config_path.and_then(Path::parent).unwrap_or(Path::new(""));
    Some(Place::new(&ledger.location, keys, base))
}

/// What follows where decisions are not recorded: the run could not decide, unless it was told to go on; then the gap is
/// noted for the next run that can record.
fn not_recorded(
    args: &JudgingArgs,
    place: &Place,
    error: &RecordingError,
    totals: &Totals,
    started: Timestamp,
) -> Vec<Diagnostic> {
    let what = format!("{}: {error}", place.name());
    if args.record.on_ledger_failure == OnLedgerFailure::Deny {
        return vec![Diagnostic::new(Code::LedgerFailed, what)];
    }
    let mut told = vec![Diagnostic::new(Code::LedgerGap, what)];
    let missed = Missed {
        from: started,
        to: Timestamp::now(),
        reason: error.to_string(),
        allowed: totals.allowed,
        denied: totals.denied,
    };
    match Gaps::of(place) {
        None => told.push(Diagnostic::new(
            Code::LedgerGap,
            "a ledger in a database has no place for a note of the gap: keep the output of this run",
        )),
        Some(gaps) => {
            if let Err(error) = gaps.note(&missed) {
                let what = format!("the gap cannot be noted in {}: {error}", gaps.path().display());
                told.push(Diagnostic::new(Code::LedgerFailed, what));
            }
        }
    }
    told
}

/// Writes what stands against subjects.
fn write_baseline(path: &Path, shown: &Baseline) -> Option<Diagnostic> {
    let error = fs::write(path, shown.to_text()).err()?;
    let what = format!("{} cannot be written: {error}", path.display());
    Some(Diagnostic::new(Code::OutputFailed, what))
}

/// A baseline that names what is gone: it could come back unseen.
fn stale_baseline(path: &Path, (all, still): (usize, usize)) -> Option<Diagnostic> {
    let what = format!(
        "{} of {all} findings in {} are gone",
        all - still,
        path.display()
    );
    (still < all).then(|| Diagnostic::new(Code::BaselineStale, what))
}

/// The system's time, without the fraction that nobody reads.
fn whole_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The controls that were named, or all.
fn chosen(library: Library, ids: &[String]) -> (Library, Vec<Diagnostic>) {
    if ids.is_empty() {
        return (library, Vec::new());
    }
    let unknown = ids
        .iter()
        .filter(|id| library.control(id).is_none())
        .map(|id| Diagnostic::new(Code::UnknownControl, format!("there is no control {id}")))
        .collect();
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    (library.only(&ids), unknown)
}
