//! Whether an export is what it says.

use std::path::Path;

use super::ExportError;
use super::files::wrong;
use super::manifest::{ATTESTATIONS, FileEntry, Manifest, PROOFS, Period, RECORDS, Shape};
use super::proofs::ProofLine;
use super::read::Export;
use crate::Hash;
use crate::attest::{Envelope, STATEMENT_MEDIA_TYPE};
use crate::note::Verifier;
use crate::query::Query;
use crate::record::Record;
use crate::store::Log as _;
use crate::tree::verify_inclusion;
use crate::verify::{Checks, Report, Trust, verify};

/// An export that is what it says.
#[derive(Debug)]
pub struct CheckedExport {
    /// The export.
    pub export: Export,
    /// What was found of its records, where it is whole.
    pub report: Option<Report>,
}

/// Verifies an export with what whoever verifies brings along: files, signature of the manifest, the checkpoint, and
/// every record. Of a whole export the tree is made again; of a population each record is proved, and its query asked
/// again. That a population leaves nothing out is the claim of whoever signed it.
pub fn check(
    folder: &Path,
    trust: &Trust,
    progress: impl FnMut(u64),
) -> Result<CheckedExport, ExportError> {
    let export = Export::open(folder)?;
    let report = match export.manifest().shape {
        Shape::Whole => {
            let (report, key) = whole(&export, trust, progress)?;
            check_signatures(&export, &[key])?;
            Some(report)
        }
        Shape::Population => {
            let keys = population(&export, trust, progress)?;
            check_signatures(&export, &keys)?;
            None
        }
    };
    Ok(CheckedExport { export, report })
}

/// The manifest, and the attestations where there are some.
fn check_signatures(export: &Export, keys: &[Verifier]) -> Result<(), ExportError> {
    export.check_signature(keys)?;
    let has_attestations = |entry: &FileEntry| entry.path == ATTESTATIONS;
    if export.manifest().files.iter().any(has_attestations) {
        for line in export.lines(ATTESTATIONS)? {
            Envelope::parse(&line?)?.verify(STATEMENT_MEDIA_TYPE, keys)?;
        }
    }
    Ok(())
}

/// Gives also the key that the checkpoint counts by: the manifest must be signed by the same one.
fn whole(
    export: &Export,
    trust: &Trust,
    progress: impl FnMut(u64),
) -> Result<(Report, Verifier), ExportError> {
    let manifest = export.manifest();
    let checks = Checks {
        documents: true,
        tiles: false,
    };
    let report = verify(export, trust, checks, progress);
    let key = report
        .sealed
        .as_ref()
        .and_then(|sealed| Verifier::parse(&sealed.key).ok());
    let Some(key) = key.filter(|_| report.is_verified()) else {
        return Err(ExportError::NotVerified(Box::new(report)));
    };
    let period = report
        .first_time
        .zip(report.last_time)
        .map(|(from, to)| Period { from, to });
    let last = manifest.count.checked_sub(1);
    let is_right = manifest.count == manifest.size
        && manifest.query == Query::default()
        && (manifest.first, manifest.last) == (last.map(|_| 0), last)
        && manifest.period == period;
    if is_right {
        Ok((report, key))
    } else {
        Err(wrong(RECORDS, "are not those that the manifest speaks of"))
    }
}

/// Gives the keys that the checkpoint is signed with, of those that are trusted.
fn population(
    export: &Export,
    trust: &Trust,
    mut progress: impl FnMut(u64),
) -> Result<Vec<Verifier>, ExportError> {
    let manifest = export.manifest();
    let signed = export.checkpoint()?.ok_or(ExportError::NoCheckpoint)?;
    signed.verify(&trust.keys)?;
    let has_signed = |key: &&Verifier| signed.note().verify(key).is_ok();
    let keys = trust.keys.iter().filter(has_signed).cloned().collect();
    let checkpoint = signed.checkpoint();
    for older in &trust.checkpoints {
        if older.checkpoint() != checkpoint {
            return Err(ExportError::Continuity);
        }
    }
    let mut proofs = export.lines(PROOFS)?;
    let mut seen = Seen::default();
    for entry in export.lines(RECORDS)? {
        let entry = entry?;
        let line = proofs
            .next()
            .transpose()?
            .ok_or_else(|| wrong(PROOFS, "has fewer proofs than there are records"))?;
        let proof: ProofLine = serde_json::from_slice(&line)
            .map_err(|_| wrong(PROOFS, "has a line that is no proof"))?;
        let hashes = proof
            .hashes()
            .ok_or_else(|| wrong(PROOFS, "has a line that is no proof"))?;
        let leaf = Hash::leaf(&entry);
        verify_inclusion(
            &leaf,
            proof.index,
            checkpoint.size,
            &hashes,
            &checkpoint.root,
        )?;
        let record = Record::parse_canonical(&entry)?;
        seen.record(&record, proof.index, manifest)?;
        if seen.count.is_multiple_of(1 << 12) {
            progress(seen.count);
        }
    }
    if proofs.next().is_some() {
        return Err(wrong(PROOFS, "has more proofs than there are records"));
    }
    let is_right = seen.count == manifest.count
        && seen.first == manifest.first
        && seen.last == manifest.last
        && seen.period == manifest.period;
    if is_right {
        progress(seen.count);
        Ok(keys)
    } else {
        Err(wrong(RECORDS, "are not those that the manifest speaks of"))
    }
}

#[derive(Default)]
struct Seen {
    count: u64,
    first: Option<u64>,
    last: Option<u64>,
    period: Option<Period>,
}

impl Seen {
    fn record(
        &mut self,
        record: &Record,
        proved: u64,
        manifest: &Manifest,
    ) -> Result<(), ExportError> {
        let index = record.index;
        let fails = |what| Err(ExportError::Entry { index, what });
        if index != proved {
            return fails("stands at another index");
        }
        if self.last.is_some_and(|last| last >= index) {
            return fails("does not stand behind the one before");
        }
        if !manifest.query.matches(record) {
            return fails("is not what the query asks for");
        }
        self.count += 1;
        self.first.get_or_insert(index);
        self.last = Some(index);
        let period = self.period.get_or_insert(Period {
            from: record.time,
            to: record.time,
        });
        period.from = period.from.min(record.time);
        period.to = period.to.max(record.time);
        Ok(())
    }
}
