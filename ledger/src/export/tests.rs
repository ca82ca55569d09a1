//! Exports are accepted as they were written and in no other way: by this crate and by the verifier in Python, which
//! shares nothing with it.

use std::fs;
use std::path::Path;

use super::*;
use crate::Hash;
use crate::attest::PredicateKind;
use crate::keys::SealedDocument;
use crate::note::{KeyKind, SignedCheckpoint, Signer};
use crate::proof::RecordProof;
use crate::query::Query;
use crate::store::{Document, Log};
use crate::testing::{MemoryLog, ORIGIN, decision, time};
use crate::tree::Tile;
use crate::verify::{Checks, Code, Trust, verify};

fn tool() -> Tool {
    Tool {
        name: "soc2gate".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

pub(super) fn whole() -> ExportOptions {
    ExportOptions {
        query: None,
        documents: true,
        attestations: vec![PredicateKind::Summary],
        tiles: true,
        created: time(9_999),
        tool: tool(),
    }
}

pub(super) fn population() -> ExportOptions {
    let query = Query {
        control: Some("WRK-01".to_owned()),
        status: Some("fail".to_owned()),
        ..Query::default()
    };
    ExportOptions {
        query: Some(query),
        attestations: PredicateKind::ALL.to_vec(),
        ..whole()
    }
}

/// A log with documents, a rotation and a record that is not sealed.
pub(super) fn log() -> MemoryLog {
    let mut log = MemoryLog::with_decisions(300);
    for number in 300..303 {
        let document = Document {
            name: "input".to_owned(),
            media_type: "application/json".to_owned(),
            bytes: format!("{{\"number\":{number}}}").into_bytes(),
        };
        log.push_with_document(decision(number), &document);
    }
    log.rotate(303);
    log.push_all((304..310).map(decision));
    log.seal();
    log.push(&decision(310));
    log
}

pub(super) fn trust(log: &MemoryLog) -> Trust {
    Trust {
        keys: vec![log.ring.verifiers()[0].clone()],
        ..Trust::default()
    }
}

/// Trusts the key that signs now: a population does not show how it came to be the log's.
pub(super) fn trust_newest(log: &MemoryLog) -> Trust {
    Trust {
        keys: vec![log.ring.signer().verifier().clone()],
        ..Trust::default()
    }
}

/// An export in a folder of its own.
pub(super) fn exported(log: &MemoryLog, options: &ExportOptions) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    export(log, folder.path(), options, log.ring.signer(), |_| {}).unwrap();
    folder
}

pub(super) fn is_right(folder: &Path, trust: &Trust) -> bool {
    check(folder, trust, |_| {}).is_ok()
}

fn count_lines(folder: &Path, name: &str) -> usize {
    fs::read_to_string(folder.join(name))
        .unwrap()
        .lines()
        .count()
}

#[test]
fn a_whole_export_verifies_and_reads_as_the_log() {
    let log = log();
    let folder = exported(&log, &whole());
    let mut trust = trust(&log);
    trust.checkpoints = vec![log.checkpoints[0].clone()];
    let checked = check(folder.path(), &trust, |_| {}).unwrap();
    let report = checked.report.unwrap();
    assert_eq!(report.entries, 312);
    assert_eq!(report.continued, [302]);
    assert_eq!(report.documents.unwrap().sound, 3);
    let export = checked.export;
    let manifest = export.manifest();
    assert_eq!((manifest.count, manifest.size), (312, 312));
    assert_eq!((manifest.first, manifest.last), (Some(0), Some(311)));
    assert_eq!(manifest.period.unwrap().to, time(309));
    assert_eq!(export.verifiers().unwrap(), log.ring.verifiers());
    let kept: Vec<_> = export.checkpoints().unwrap().map(Result::unwrap).collect();
    assert_eq!(kept, log.checkpoints);
    for range in [0..312, 0..1, 255..258, 311..400, 5..5, 500..600] {
        let read: Vec<_> = export
            .entries(range.clone())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let there: Vec<_> = log.entries(range).unwrap().map(Result::unwrap).collect();
        let there: Vec<_> = there
            .into_iter()
            .filter(|(index, _)| *index < 312)
            .collect();
        assert_eq!(read, there);
    }
    for (level, index, width) in [(0, 0, 256), (0, 1, 56), (1, 0, 1), (3, 0, 1)] {
        let tile = Tile {
            level,
            index,
            width,
        };
        let read = export.tile(tile).unwrap();
        assert_eq!(read, Log::tile(&log, tile).unwrap(), "{tile:?}");
    }
    let proof = RecordProof::of(&export, 300).unwrap();
    assert_eq!(proof, RecordProof::of(&log, 300).unwrap());
    for (hash, sealed) in &log.documents {
        assert_eq!(export.document(hash).unwrap().as_ref(), Some(sealed));
    }
    assert_eq!(export.document(&Hash::of(b"x")).unwrap(), None);
    // The heading, and a line more for each of the 103 reasons with a line break.
    assert_eq!(count_lines(folder.path(), "records.csv"), 416);
    assert_eq!(count_lines(folder.path(), "attestations.jsonl"), 309);
}

#[test]
fn the_tiles_of_an_export_are_those_of_c2sp() {
    let log = log();
    let folder = exported(&log, &whole());
    let entries = &log.entries[..312];
    let level_0 = fs::read(folder.path().join("tile/0/000")).unwrap();
    assert_eq!(level_0.len(), 256 * 32);
    assert_eq!(level_0[32..64], Hash::leaf(&entries[1]).0);
    assert_eq!(
        fs::read(folder.path().join("tile/0/001.p/56"))
            .unwrap()
            .len(),
        56 * 32
    );
    assert_eq!(
        fs::read(folder.path().join("tile/1/000.p/1"))
            .unwrap()
            .len(),
        32
    );
    let mut bundles = fs::read(folder.path().join("tile/entries/000")).unwrap();
    bundles.extend(fs::read(folder.path().join("tile/entries/001.p/56")).unwrap());
    let mut expected = Vec::new();
    for entry in entries {
        expected.extend(u16::try_from(entry.len()).unwrap().to_be_bytes());
        expected.extend(entry);
    }
    assert_eq!(bundles, expected);
}

#[test]
fn a_population_verifies_and_holds_what_the_query_means() {
    let log = log();
    let options = population();
    let folder = exported(&log, &options);
    let trust = trust_newest(&log);
    let checked = check(folder.path(), &trust, |_| {}).unwrap();
    let manifest = checked.export.manifest();
    assert_eq!(manifest.shape, Shape::Population);
    assert_eq!(Some(&manifest.query), options.query.as_ref());
    // Every third of the decisions under the checkpoint.
    assert_eq!((manifest.count, manifest.size), (103, 312));
    assert_eq!((manifest.first, manifest.last), (Some(2), Some(311)));
    assert_eq!(count_lines(folder.path(), "attestations.jsonl"), 309);
    assert!(checked.export.size().is_err());
    let same = Trust {
        checkpoints: vec![log.checkpoints[2].clone()],
        ..trust.clone()
    };
    assert!(is_right(folder.path(), &same));
    let older = Trust {
        checkpoints: vec![log.checkpoints[0].clone()],
        ..trust
    };
    let refused = check(folder.path(), &older, |_| {});
    assert!(matches!(refused, Err(ExportError::Continuity)));
    let nothing = ExportOptions {
        query: Some(Query {
            first: Some(9),
            last: Some(3),
            ..Query::default()
        }),
        ..whole()
    };
    let empty = exported(&log, &nothing);
    let checked = check(empty.path(), &trust_newest(&log), |_| {}).unwrap();
    assert_eq!(checked.export.manifest().count, 0);
}

/// A ledger that takes an import into memory.
#[derive(Default)]
struct Target {
    entries: Vec<Vec<u8>>,
    documents: Vec<Hash>,
    checkpoints: Vec<SignedCheckpoint>,
}

impl ImportTarget for Target {
    fn import_document(&mut self, document: &SealedDocument) -> Result<(), StoreError> {
        self.documents.push(document.hash());
        Ok(())
    }

    fn import_entries(&mut self, first: u64, entries: Vec<Vec<u8>>) -> Result<(), StoreError> {
        assert_eq!(first, self.entries.len() as u64);
        self.entries.extend(entries);
        Ok(())
    }

    fn import_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        self.checkpoints.push(checkpoint.clone());
        Ok(())
    }
}

#[test]
fn an_import_is_the_log_byte_for_byte() {
    let mut log = log();
    log.push_all((311..1_500).map(decision));
    log.seal();
    let folder = exported(&log, &whole());
    let mut target = Target::default();
    import(folder.path(), &trust(&log), &mut target, |_| {}).unwrap();
    assert_eq!(target.entries, log.entries);
    assert_eq!(target.checkpoints, log.checkpoints);
    assert_eq!(target.documents.len(), 3);
    let population = exported(&log, &population());
    let mut target = Target::default();
    let refused = import(population.path(), &trust_newest(&log), &mut target, |_| {});
    assert!(matches!(refused, Err(ExportError::Shape)));
    assert!(target.entries.is_empty());
}

#[test]
fn what_cannot_be_shown_is_not_exported() {
    let log = log();
    let folder = tempfile::tempdir().unwrap();
    let export_with = |log: &MemoryLog, signer: &Signer| {
        let place = tempfile::tempdir_in(&folder).unwrap();
        let result = export(log, place.path(), &whole(), signer, |_| {});
        assert!(result.is_err() != place.path().join("manifest.json").exists());
        result
    };
    assert!(export_with(&log, log.ring.signer()).is_ok());
    let other = Signer::generate("example.com/other", KeyKind::Log).unwrap();
    assert!(matches!(
        export_with(&log, &other),
        Err(ExportError::OtherKey)
    ));
    let witness = Signer::generate(ORIGIN, KeyKind::Witness).unwrap();
    assert!(matches!(
        export_with(&log, &witness),
        Err(ExportError::OtherKey)
    ));
    let mut unsealed = MemoryLog::with_decisions(1);
    unsealed.checkpoints.clear();
    let signer = unsealed.ring.signer();
    assert!(matches!(
        export_with(&unsealed, signer),
        Err(ExportError::NoCheckpoint)
    ));
    let mut changed = MemoryLog::with_decisions(5);
    changed.entries[3] = decision(77).prepare().unwrap().at(3);
    let signer = changed.ring.signer();
    assert!(matches!(
        export_with(&changed, signer),
        Err(ExportError::NotTheCheckpoint)
    ));
    let mut short = MemoryLog::with_decisions(5);
    short.entries.pop();
    let signer = short.ring.signer();
    assert!(matches!(
        export_with(&short, signer),
        Err(ExportError::NotTheCheckpoint)
    ));
    fs::write(folder.path().join("file"), "x").unwrap();
    let refused = export(&log, folder.path(), &whole(), log.ring.signer(), |_| {});
    assert!(matches!(refused, Err(ExportError::NotEmpty)));
}

#[test]
fn an_export_counts_for_those_who_trust_its_key_and_fits_what_they_kept() {
    let log = log();
    let folder = exported(&log, &whole());
    let other = MemoryLog::with_decisions(1);
    assert!(!is_right(folder.path(), &trust(&other)));
    assert!(!is_right(folder.path(), &Trust::default()));
    let mut forked = MemoryLog::with_decisions(310);
    forked.entries[7] = decision(77).prepare().unwrap().at(7);
    forked.ring = crate::keys::KeyRing::parse(&log.ring.to_secret().unwrap()).unwrap();
    let forked = forked.rewritten();
    let mut trust = trust(&log);
    trust.checkpoints = vec![forked.checkpoint_at(100)];
    let Err(ExportError::NotVerified(report)) = check(folder.path(), &trust, |_| {}) else {
        panic!("accepted");
    };
    assert_eq!(report.problems.items[0].code, Code::Root);
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_refused() {
    let log = log();
    let folder = exported(&log, &whole());
    for name in ["../x", "/etc/hostname", "a//b", ".", "a/../b", "a\\b"] {
        let refused = files::open(folder.path(), name);
        assert!(matches!(refused, Err(ExportError::File { .. })), "{name}");
    }
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/etc/hostname", link).unwrap();
    assert!(matches!(
        files::open(folder.path(), "link"),
        Err(ExportError::File { .. })
    ));
}

#[test]
fn a_file_that_changes_under_the_reader_is_damage() {
    let log = log();
    let folder = exported(&log, &whole());
    let export = Export::open(folder.path()).unwrap();
    fs::write(folder.path().join("records.jsonl"), "x".repeat(300_000)).unwrap();
    let report = verify(&export, &trust(&log), Checks::default(), |_| {});
    assert!(!report.is_verified());
    assert_eq!(report.problems.items[0].code, Code::Damaged);
}

#[test]
fn only_a_file_that_is_there_and_cannot_be_read_is_unreadable() {
    let failed = |kind: io::ErrorKind| ExportError::Io {
        action: "read",
        path: "records.jsonl".to_owned(),
        source: kind.into(),
    };
    assert!(failed(io::ErrorKind::PermissionDenied).is_unreadable());
    assert!(!failed(io::ErrorKind::NotFound).is_unreadable());
    let from_store = ExportError::Store(StoreError::Io {
        action: "read",
        source: io::ErrorKind::InvalidData.into(),
    });
    assert!(from_store.is_unreadable());
    assert!(!ExportError::OtherKey.is_unreadable());
}
