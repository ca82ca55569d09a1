//! The run of `soc2gate check`: files to units to subjects to decisions to outputs, in batches, so that no run
//! holds more than one batch.

mod outputs;
mod progress;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rayon::ThreadPool;
use rayon::prelude::*;
use soc2gate_engine::{Context, Decision, Gate, Siblings, SubjectKind};
use soc2gate_inputs::{Read, Unit};
use soc2gate_source::Diagnostic;

use crate::collect::{FileReader, FileSource};
use crate::output::Judged;
use crate::summary::Summary;

pub(crate) use outputs::{OutputError, Outputs, plan};
pub(crate) use progress::Progress;

/// Units that are worked on at a time.
const BATCH: usize = 128;
/// Bytes of text that are worked on at a time, beyond a single file.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// One run.
pub(crate) struct Run<'a> {
    pub(crate) gate: &'a Gate,
    pub(crate) pool: &'a ThreadPool,
    pub(crate) reader: &'a FileReader,
    pub(crate) kind: Option<SubjectKind>,
    pub(crate) now: Timestamp,
}

/// What a run came to.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) summary: Summary,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Uses of exceptions, by id.
    pub(crate) exception_uses: BTreeMap<String, usize>,
}

impl Run<'_> {
    /// Judges files in order and hands each decision to the outputs.
    pub(crate) fn judge(
        &self,
        sources: &[FileSource],
        outputs: &mut Outputs<'_>,
        progress: &Progress,
    ) -> Result<Totals, OutputError> {
        let context = Context::new(&self.siblings(sources));
        let mut totals = Totals::default();
        let mut units = Vec::new();
        let mut bytes = 0;
        for source in sources {
            match self.reader.read(source) {
                Ok(file) => {
                    bytes += file.text.len();
                    units.extend(soc2gate_inputs::units(&file));
                }
                Err(diagnostic) => totals.diagnostics.push(diagnostic),
            }
            if units.len() >= BATCH || bytes >= BATCH_BYTES {
                self.judge_units(&units, &context, outputs, progress, &mut totals)?;
                units.clear();
                bytes = 0;
            }
        }
        self.judge_units(&units, &context, outputs, progress, &mut totals)?;
        Ok(totals)
    }

    fn judge_units(
        &self,
        units: &[Unit],
        context: &Context,
        outputs: &mut Outputs<'_>,
        progress: &Progress,
        totals: &mut Totals,
    ) -> Result<(), OutputError> {
        for batch in units.chunks(BATCH) {
            let judged: Vec<(Read, Vec<Decision>)> = self.pool.install(|| {
                batch
                    .par_iter()
                    .map(|unit| self.judge_unit(unit, context))
                    .collect()
            });
            for (read, decisions) in judged {
                for (subject, decision) in read.subjects.iter().zip(&decisions) {
                    totals.add(decision);
                    outputs.decision(&Judged { decision, subject })?;
                }
                progress.advance(decisions.len());
                totals.diagnostics.extend(read.diagnostics);
            }
        }
        Ok(())
    }

    /// Reads a unit and judges what it holds; the items of a long list go to every thread.
    fn judge_unit(&self, unit: &Unit, context: &Context) -> (Read, Vec<Decision>) {
        let read = soc2gate_inputs::read(unit, self.kind);
        let decisions = read
            .subjects
            .par_iter()
            .map_init(
                || self.gate.judge(context),
                |judge, subject| judge.judge(subject, self.now),
            )
            .collect();
        (read, decisions)
    }

    /// The documents that controls read beside a subject: every file is looked at once before any is judged.
    fn siblings(&self, sources: &[FileSource]) -> Siblings {
        let wanted: BTreeSet<&str> = self.gate.context_resources(SubjectKind::Kubernetes);
        let mut all: Siblings = wanted
            .iter()
            .map(|resource| ((*resource).to_owned(), BTreeMap::new()))
            .collect();
        if wanted.is_empty() {
            return all;
        }
        for batch in sources.chunks(BATCH) {
            let found: Vec<Siblings> = self.pool.install(|| {
                batch
                    .par_iter()
                    .map(|source| {
                        let mut found = Siblings::new();
                        // A file that cannot be read is reported when it is judged.
                        if let Ok(file) = self.reader.read(source) {
                            for unit in soc2gate_inputs::units(&file) {
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

impl Totals {
    fn add(&mut self, decision: &Decision) {
        self.summary.add(decision);
        for exception in decision
            .verdicts
            .iter()
            .filter_map(|verdict| verdict.exception.as_ref())
        {
            *self.exception_uses.entry(exception.id.clone()).or_default() += 1;
        }
    }
}
