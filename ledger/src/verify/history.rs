//! Checkpoints against the tree of the entries, as it grows.

use std::iter::Peekable;
use std::vec;

use jiff::Timestamp;

use super::key_trail::KeyTrail;
use super::report::{Code, Cosigned, Report, Sealed};
use super::{Trust, shown};
use crate::Hash;
use crate::note::{KeyKind, SignedCheckpoint, Verifier};
use crate::store::{Checkpoints, Log, StoreError};
use crate::tree::Frontier;

/// What a checkpoint is to whoever verifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The log's newest one.
    Newest,
    /// One of those that the log keeps.
    Kept,
    /// One that was kept elsewhere.
    Brought,
}

/// All checkpoints, to be met in the order of their sizes.
pub(super) struct History<'a> {
    pub(super) trail: KeyTrail,
    kept: Peekable<Checkpoints<'a>>,
    /// Sizes and roots of those that the log keeps, as they were met: 40 bytes each.
    met_kept: Vec<(u64, Hash)>,
    newest: Option<SignedCheckpoint>,
    /// The newest one's root was found right.
    newest_is_right: bool,
    brought: Peekable<vec::IntoIter<SignedCheckpoint>>,
    /// Those of which the root was right.
    met: Vec<SignedCheckpoint>,
    witnesses: Vec<(Verifier, Option<SignedCheckpoint>)>,
}

impl<'a> History<'a> {
    pub(super) fn new(
        kept: Checkpoints<'a>,
        newest: Option<SignedCheckpoint>,
        trust: &Trust,
        trail: KeyTrail,
        origin: &str,
        report: &mut Report,
    ) -> Self {
        if newest.is_none() {
            report.problem(
                None,
                Code::NoCheckpoint,
                "the log has no checkpoint, so nothing is signed".to_owned(),
            );
        }
        let of_this_log = |mark, signed: &SignedCheckpoint, report: &mut Report| {
            let is_of = signed.checkpoint().origin == origin;
            if !is_of {
                let text = format!("{} is of another log", shown(mark, signed));
                report.problem(None, Code::Origin, text);
            }
            is_of
        };
        let mut brought = trust.checkpoints.clone();
        brought.retain(|signed| of_this_log(Mark::Brought, signed, report));
        brought.sort_by_key(|signed| signed.checkpoint().size);
        Self {
            trail,
            kept: kept.peekable(),
            met_kept: Vec::new(),
            newest: newest.filter(|signed| of_this_log(Mark::Newest, signed, report)),
            newest_is_right: false,
            brought: brought.into_iter().peekable(),
            met: Vec::new(),
            witnesses: trust
                .witnesses
                .iter()
                .filter(|key| key.kind() == KeyKind::Witness)
                .map(|key| (key.clone(), None))
                .collect(),
        }
    }

    /// Compares the checkpoints of the size that the tree has now.
    pub(super) fn reached(&mut self, frontier: &Frontier, report: &mut Report) {
        let size = frontier.size();
        let mut root = None;
        let mut is_root = |signed: &SignedCheckpoint| {
            *root.get_or_insert_with(|| frontier.root()) == signed.checkpoint().root
        };
        while let Some(item) = self.kept.next_if(|item| due(item, size)) {
            match item {
                Ok(signed) if signed.checkpoint().origin != report.origin => {
                    let text = format!("{} is of another log", shown(Mark::Kept, &signed));
                    report.problem(None, Code::Origin, text);
                }
                Ok(signed) => {
                    report.checkpoints += 1;
                    let is_right = if signed.checkpoint().size == size {
                        is_root(&signed)
                    } else {
                        // It was kept again, once it was cosigned.
                        met_before(&self.met_kept, &signed, report)
                    };
                    if !is_right {
                        other_root(Mark::Kept, &signed, report);
                        continue;
                    }
                    let met = (size, signed.checkpoint().root);
                    if signed.checkpoint().size == size && self.met_kept.last() != Some(&met) {
                        self.met_kept.push(met);
                    }
                    self.trail.passes_on(&signed);
                    self.note_witnesses(&signed);
                }
                Err(error) => report.failed(&error),
            }
        }
        if let Some(newest) = &self.newest
            && newest.checkpoint().size == size
        {
            if is_root(newest) {
                let newest = newest.clone();
                self.newest_is_right = true;
                self.trail.passes_on(&newest);
                self.note_witnesses(&newest);
            } else {
                other_root(Mark::Newest, newest, report);
            }
        }
        while let Some(signed) = self
            .brought
            .next_if(|signed| signed.checkpoint().size <= size)
        {
            if is_root(&signed) {
                self.note_witnesses(&signed);
                self.met.push(signed);
            } else {
                other_root(Mark::Brought, &signed, report);
            }
        }
    }

    fn note_witnesses(&mut self, signed: &SignedCheckpoint) {
        for (witness, largest) in &mut self.witnesses {
            let signatures = signed.note().signatures();
            let size = signed.checkpoint().size;
            let is_largest = largest
                .as_ref()
                .is_none_or(|largest| largest.checkpoint().size <= size);
            if is_largest && signatures.iter().any(|signature| witness.is_of(signature)) {
                *largest = Some(signed.clone());
            }
        }
    }

    /// Checks signatures, now that all keys are known, and what was not reached.
    pub(super) fn finish<L: Log + ?Sized>(
        mut self,
        log: &L,
        frontier: &Frontier,
        witnesses_needed: usize,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        self.beyond(log, frontier, report)?;
        for signed in self.met.drain(..) {
            match self.trail.signer(&signed) {
                Ok(_) => report.continued.push(signed.checkpoint().size),
                Err((code, text)) => {
                    let text = format!("{} {text}", shown(Mark::Brought, &signed));
                    report.problem(None, code, text);
                }
            }
        }
        if let Some(newest) = &self.newest {
            match self.trail.signer(newest) {
                Ok(key) if self.newest_is_right => {
                    report.unsealed = frontier.size() - newest.checkpoint().size;
                    report.sealed = Some(Sealed {
                        size: newest.checkpoint().size,
                        root: newest.checkpoint().root.to_string(),
                        key: key.to_string(),
                    });
                }
                Ok(_) => {}
                Err((code, text)) => {
                    let text = format!("{} {text}", shown(Mark::Newest, newest));
                    report.problem(None, code, text);
                }
            }
        }
        self.witnessed(witnesses_needed, report);
        Ok(())
    }

    /// Checkpoints of more entries than the log has.
    fn beyond<L: Log + ?Sized>(
        &mut self,
        log: &L,
        frontier: &Frontier,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let mut truncated = |mark, signed: &SignedCheckpoint| {
            let text = format!(
                "{} covers more than the {} records that are there",
                shown(mark, signed),
                frontier.size()
            );
            report.problem(Some(frontier.size()), Code::Truncated, text);
        };
        for signed in self.brought.by_ref() {
            truncated(Mark::Brought, &signed);
        }
        if let Some(newest) = &self.newest
            && newest.checkpoint().size > frontier.size()
        {
            truncated(Mark::Newest, newest);
        }
        // The largest that the log keeps. A log that is written to may have got it since: then its newest one says so.
        let next = self.kept.next().transpose()?;
        let next = next.map(|signed| (signed.checkpoint().size, signed.checkpoint().root));
        let largest = next
            .or(self.met_kept.last().copied())
            .map_or(0, |(size, _)| size);
        if self
            .newest
            .as_ref()
            .is_some_and(|newest| newest.checkpoint().size < largest)
            && log
                .checkpoint()?
                .is_none_or(|now| now.checkpoint().size < largest)
        {
            let text = format!(
                "the log keeps a checkpoint of {largest} records, and its newest one has fewer"
            );
            report.problem(None, Code::History, text);
        }
        Ok(())
    }

    fn witnessed(&self, needed: usize, report: &mut Report) {
        for (witness, largest) in &self.witnesses {
            let Some(signed) = largest else { continue };
            match signed.note().verify(witness) {
                Ok(time) => report.cosigned.push(Cosigned {
                    witness: witness.name().to_owned(),
                    size: signed.checkpoint().size,
                    time: stated(time),
                }),
                Err(error) => report.problem(
                    None,
                    Code::Cosignature,
                    format!("the cosignature of {}: {error}", witness.name()),
                ),
            }
        }
        let mut sizes: Vec<u64> = report
            .cosigned
            .iter()
            .map(|cosigned| cosigned.size)
            .collect();
        sizes.sort_unstable_by(|first, second| second.cmp(first));
        match sizes.get(needed.max(1) - 1) {
            Some(size) => report.witnessed = *size,
            None if needed > 0 => report.problem(
                None,
                Code::NotWitnessed,
                format!(
                    "{} of {needed} witnesses cosigned a checkpoint",
                    sizes.len()
                ),
            ),
            None => {}
        }
    }
}

/// Whether a checkpoint that stands behind a larger one was met before.
fn met_before(met: &[(u64, Hash)], signed: &SignedCheckpoint, report: &mut Report) -> bool {
    let size = signed.checkpoint().size;
    let from = met.partition_point(|(other, _)| *other < size);
    match met.get(from) {
        Some((other, root)) if *other == size => *root == signed.checkpoint().root,
        _ => {
            let text = format!(
                "{} stands behind a larger one, and did not stand before it",
                shown(Mark::Kept, signed)
            );
            report.problem(None, Code::History, text);
            true
        }
    }
}

/// Whether a checkpoint is to be looked at when the tree has this size.
fn due(item: &Result<SignedCheckpoint, StoreError>, size: u64) -> bool {
    item.as_ref()
        .map_or(true, |signed| signed.checkpoint().size <= size)
}

fn other_root(mark: Mark, signed: &SignedCheckpoint, report: &mut Report) {
    let text = format!("{} was not made of these records", shown(mark, signed));
    report.problem(None, Code::Root, text);
}

/// The time of a cosignature; one that no clock can show counts as the latest.
fn stated(seconds: Option<u64>) -> Timestamp {
    seconds
        .and_then(|seconds| i64::try_from(seconds).ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_all_clocks_is_the_latest() {
        assert_eq!(stated(Some(u64::MAX)), Timestamp::MAX);
        assert_eq!(stated(Some(1_700_000_000)).as_second(), 1_700_000_000);
    }
}
