//! The run of `soc2gate check`: files to units to subjects to decisions to outputs, in batches, so that no run
//! holds more than one batch.

mod combine;
mod outputs;
mod progress;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, SyncSender};

use jiff::Timestamp;
use rayon::ThreadPool;
use rayon::prelude::*;
use serde_json::Value;
use soc2gate_engine::{
    Baseline, Context, Decision, Gate, Judge, Outcome, Siblings, Status, Subject, SubjectKind,
    Verdict,
};
use soc2gate_inputs::{Read, Reading, Unit};
use soc2gate_ledger::store::Submission;
use soc2gate_source::{Code, Diagnostic, Position, Span};

use crate::collect::{FileReader, FileSource};
use crate::ledger::Recording;
use crate::output::Judged;
use crate::summary::Summary;

pub(crate) use outputs::{OutputError, Outputs, plan};
pub(crate) use progress::Progress;

/// Units that are worked on at a time.
const BATCH: usize = 128;
/// Subjects of one unit from which on they are spread over the threads.
const LONG_LIST: usize = 32;
/// Bytes of text that are worked on at a time, beyond a single file.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) pool: &'a ThreadPool,
    pub(crate) reader: &'a FileReader,
    pub(crate) reading: Reading,
    pub(crate) now: Timestamp,
    /// Where decisions are recorded.
    pub(crate) recording: Option<&'a Recording>,
    /// Files that may hold documents about GitHub; `None`: all.
    pub(crate) documents: Option<&'a BTreeSet<String>>,
    /// What controls may read beside a subject.
    pub(crate) beside: &'a Beside,
    /// Whether it is kept what stands against subjects.
    pub(crate) keeps_shown: bool,
}

/// What controls may read beside a subject.
#[derive(Debug)]
pub(crate) enum Beside {
    /// The files that are judged.
    Judged,
    /// These files, among them those that are judged.
    Files(Vec<FileSource>),
    /// Not all could be read: then nothing, so that nobody takes what is missing for absent.
    Nothing,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) summary: Summary,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Decisions that allow.
    pub(crate) allowed: u64,
    /// Decisions that do not.
    pub(crate) denied: u64,
    /// What stands against subjects, where somebody asks.
    pub(crate) shown: Option<Baseline>,
    /// Uses of exceptions, by id.
    pub(crate) exception_uses: BTreeMap<String, usize>,
}

impl Run<'_> {
    /// Judges files in order and hands each decision to the outputs: while one batch is written, the next is
    /// judged.
    pub(crate) fn judge(
        &self,
        sources: &[FileSource],
        outputs: &mut Outputs<'_>,
        progress: &Progress,
    ) -> Result<Totals, OutputError> {
        let siblings = self.siblings(sources);
        if let Some(recording) = self.recording {
            recording.context(&siblings);
        }
        let context = self.context(&siblings, sources);
        let mut totals = Totals {
            shown: self.keeps_shown.then(Baseline::default),
            ..Totals::default()
        };
        std::thread::scope(|scope| {
            let (sender, batches) = mpsc::sync_channel(1);
            let context = &context;
            scope.spawn(move || self.judge_sources(sources, context, &sender));
            // Leaving early drops the receiver, which ends the other side.
            for mut batch in batches {
                if let Some(recording) = self.recording {
                    recording.append(std::mem::take(&mut batch.records));
                }
                totals.take(batch, outputs, progress)?;
            }
            self.judge_combined(sources, context, &mut totals, outputs)?;
            Ok(totals)
        })
    }

    /// What fails in files, without outputs and records.
    pub(crate) fn failures(&self, sources: &[FileSource], known: &mut Baseline) {
        let siblings = self.siblings(sources);
        let context = self.context(&siblings, sources);
        self.pool.install(|| {
            let mut judge = self.gate.judge(&context);
            // What cannot be read has no findings that could be known.
            let files = sources
                .iter()
                .filter_map(|source| self.reader.read(source).ok());
            for file in files {
                for unit in soc2gate_inputs::units(&file, self.reading) {
                    let (_, decisions) = self.judge_unit(&unit, &mut judge, &context);
                    for mut decision in decisions {
                        let failed = |verdict: &Verdict| verdict.status == Status::Fail;
                        decision.verdicts.retain(failed);
                        known.add(&decision);
                    }
                }
            }
        });
    }

    fn context(&self, siblings: &Siblings, sources: &[FileSource]) -> Context {
        let context = Context::new(siblings);
        if self.gate.reads_inventory() {
            return context.with_objects(&self.objects(self.beside(sources)));
        }
        context
    }

    /// The files that controls may read beside a subject.
    fn beside<'b>(&'b self, sources: &'b [FileSource]) -> &'b [FileSource] {
        match self.beside {
            Beside::Judged => sources,
            Beside::Files(files) => files,
            Beside::Nothing => &[],
        }
    }

    /// Judges the list of all documents, where plain policies judge that.
    fn judge_combined(
        &self,
        sources: &[FileSource],
        context: &Context,
        totals: &mut Totals,
        outputs: &mut Outputs<'_>,
    ) -> Result<(), OutputError> {
        let subject = self
            .gate
            .combines()
            .then(|| combine::combined(sources, self.reader, self.reading))
            .flatten();
        let Some(subject) = subject else {
            return Ok(());
        };
        let judge = || self.gate.judge(context).judge_combined(&subject, self.now);
        let Some(decision) = self.pool.install(judge) else {
            return Ok(());
        };
        if let Some(recording) = self.recording {
            recording.append(recording.records(&subject, &decision));
        }
        totals.add(&decision);
        outputs.decision(&Judged {
            decision: &decision,
            subject: &subject,
        })
    }

    /// Judges files in order, batch by batch, for as long as somebody receives them.
    fn judge_sources(&self, sources: &[FileSource], context: &Context, sender: &SyncSender<Batch>) {
        let mut units = Vec::new();
        let mut unread = Vec::new();
        let mut bytes = 0;
        for (at, source) in sources.iter().enumerate() {
            match self.reader.read(source) {
                Ok(file) => {
                    bytes += file.text.len();
                    units.extend(soc2gate_inputs::units(&file, self.reading));
                }
                Err(diagnostic) => unread.push(diagnostic),
            }
            let is_last = at + 1 == sources.len();
            if !is_last && units.len() < BATCH && bytes < BATCH_BYTES {
                continue;
            }
            for units in units.chunks(BATCH) {
                let done: Vec<(Read, Vec<Decision>, Vec<Submission>)> = self.pool.install(|| {
                    units
                        .par_iter()
                        .map_init(
                            || self.gate.judge(context),
                            |judge, unit| {
                                let (read, decisions) = self.judge_unit(unit, judge, context);
                                let records = self.records(&read.subjects, &decisions);
                                (read, decisions, records)
                            },
                        )
                        .collect()
                });
                let mut batch = Batch {
                    unread: std::mem::take(&mut unread),
                    judged: Vec::with_capacity(done.len()),
                    records: Vec::new(),
                };
                for (read, decisions, records) in done {
                    batch.judged.push((read, decisions));
                    batch.records.extend(records);
                }
                if sender.send(batch).is_err() {
                    return;
                }
            }
            units.clear();
            bytes = 0;
        }
        // Files that could not be read, behind the last unit. Nobody may be there to hear of them any more.
        let _ = sender.send(Batch {
            unread,
            judged: Vec::new(),
            records: Vec::new(),
        });
    }

    /// Reads a unit and judges what it holds; the items of a long list go to every thread.
    fn judge_unit(
        &self,
        unit: &Unit,
        judge: &mut Judge,
        context: &Context,
    ) -> (Read, Vec<Decision>) {
        let mut read = soc2gate_inputs::read(unit, self.reading);
        self.leave_out_forged(unit, &mut read);
        let decisions = if read.subjects.len() < LONG_LIST {
            read.subjects
                .iter()
                .map(|subject| judge.judge(subject, self.now))
                .collect()
        } else {
            read.subjects
                .par_iter()
                .map_init(
                    || self.gate.judge(context),
                    |judge, subject| judge.judge(subject, self.now),
                )
                .collect()
        };
        (read, decisions)
    }

    /// Takes out documents about GitHub that were not read from GitHub.
    fn leave_out_forged(&self, unit: &Unit, read: &mut Read) {
        let is_read = self
            .documents
            .is_none_or(|documents| documents.contains(&*unit.file.name));
        if is_read {
            return;
        }
        let is_told = |subject: &Subject| {
            matches!(
                subject.kind,
                SubjectKind::PullRequest
                    | SubjectKind::GithubRepository
                    | SubjectKind::GithubOrganization
                    | SubjectKind::GithubPush
            )
        };
        let before = read.subjects.len();
        read.subjects.retain(|subject| !is_told(subject));
        if read.subjects.len() < before {
            let what = "skipped: a document about GitHub that was not read from GitHub";
            let at = Span::at(Position::new(unit.first_line, 1));
            let note = Diagnostic::new(Code::NotASubject, what).at(&*unit.file.name, at);
            read.diagnostics.push(note);
        }
    }

    /// The records of decisions, where they are recorded.
    fn records(&self, subjects: &[Subject], decisions: &[Decision]) -> Vec<Submission> {
        let Some(recording) = self.recording else {
            return Vec::new();
        };
        let pairs = subjects.iter().zip(decisions);
        pairs
            .flat_map(|(subject, decision)| recording.records(subject, decision))
            .collect()
    }

    /// Every object of the run, for templates of Gatekeeper that look at others.
    fn objects(&self, sources: &[FileSource]) -> Vec<Value> {
        let of = |source: &FileSource| -> Vec<Value> {
            // A file that cannot be read is reported when it is judged.
            let Ok(file) = self.reader.read(source) else {
                return Vec::new();
            };
            let units = soc2gate_inputs::units(&file, self.reading);
            units.iter().flat_map(soc2gate_inputs::objects).collect()
        };
        let objects: Vec<Vec<Value>> = self.pool.install(|| sources.par_iter().map(of).collect());
        objects.into_iter().flatten().collect()
    }

    /// The documents that controls read beside a subject: every file is looked at once before any is judged.
    fn siblings(&self, sources: &[FileSource]) -> Siblings {
        if matches!(self.beside, Beside::Nothing) {
            return Siblings::new();
        }
        let wanted: BTreeSet<&str> = self.gate.context_resources(SubjectKind::Kubernetes);
        let mut all: Siblings = wanted
            .iter()
            .map(|resource| ((*resource).to_owned(), BTreeMap::new()))
            .collect();
        if wanted.is_empty() {
            return all;
        }
        for batch in self.beside(sources).chunks(BATCH) {
            let found: Vec<Siblings> = self.pool.install(|| {
                batch
                    .par_iter()
                    .map(|source| {
                        let mut found = Siblings::new();
                        // A file that cannot be read is reported when it is judged.
                        if let Ok(file) = self.reader.read(source) {
                            for unit in soc2gate_inputs::units(&file, self.reading) {
                                soc2gate_inputs::siblings(&unit, &wanted, &mut found);
                            }
                        }
                        found
                    })
                    .collect()
            });
            for siblings in found {
                for (resource, namespaces) in siblings {
                    let known = all.entry(resource).or_default();
                    for (namespace, documents) in namespaces {
                        known.entry(namespace).or_default().extend(documents);
                    }
                }
            }
        }
        all
    }
}

/// What is judged at a time.
struct Batch {
    /// Files that could not be read.
    unread: Vec<Diagnostic>,
    judged: Vec<(Read, Vec<Decision>)>,
    /// The records of all decisions.
    records: Vec<Submission>,
}

impl Totals {
    /// Counts a batch and hands its decisions to the outputs.
    fn take(
        &mut self,
        batch: Batch,
        outputs: &mut Outputs<'_>,
        progress: &Progress,
    ) -> Result<(), OutputError> {
        self.diagnostics.extend(batch.unread);
        for (read, decisions) in batch.judged {
            for (subject, decision) in read.subjects.iter().zip(&decisions) {
                self.add(decision);
                outputs.decision(&Judged { decision, subject })?;
            }
            progress.advance(decisions.len());
            self.diagnostics.extend(read.diagnostics);
        }
        Ok(())
    }

    fn add(&mut self, decision: &Decision) {
        self.summary.add(decision);
        if let Some(shown) = &mut self.shown {
            shown.add(decision);
        }
        if decision.outcome == Outcome::Allow {
            self.allowed += 1;
        } else {
            self.denied += 1;
        }
        for exception in decision
            .verdicts
            .iter()
            .filter_map(|verdict| verdict.exception.as_ref())
        {
            *self.exception_uses.entry(exception.id.clone()).or_default() += 1;
        }
    }
}
