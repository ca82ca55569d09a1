//! Every change of what is stored is seen by whoever holds an older checkpoint.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rstest::rstest;

use super::super::segment::{self, Frame, put_frame};
use super::disk::MemoryDisk;
use super::*;
use crate::note::{Checkpoint, Verifier};
use crate::record::Record;

/// A ledger is not what it was.
#[derive(Debug, PartialEq, Eq)]
struct Changed;

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A small ledger, and a checkpoint of it that was kept elsewhere.
struct Kept {
    files: Files,
    trusted: Checkpoint,
    keys: Vec<Verifier>,
}

fn path() -> PathBuf {
    PathBuf::from("/ledger")
}

/// A ledger with two segments, two packs and some checkpoints.
fn keep(ring: &Arc<KeyRing>, text: &str) -> Kept {
    let disk = Arc::new(MemoryDisk::default());
    create_on(&disk, &path(), ring).unwrap();
    let options = Arc::new(Options {
        segment_bytes: 900,
        pack_bytes: 100,
        ..Options::default()
    });
    let ledger =
        EmbeddedLedger::open_on(Arc::clone(&disk) as _, &path(), Arc::clone(ring), &options)
            .unwrap();
    let append = |submission| ledger.append(vec![submission]).unwrap();
    append(with_document(text));
    append(record(text));
    append(record(text));
    let trusted = ledger.seal().unwrap().checkpoint().clone();
    append(with_document(text));
    ledger.close().unwrap();
    let kept = Kept {
        files: disk.files(),
        trusted,
        keys: ring.verifiers(),
    };
    assert_eq!(segments(&kept.files).len(), 2);
    assert_eq!(kept.check(&kept.files), Ok(()));
    kept
}

fn segments(files: &Files) -> Vec<PathBuf> {
    with_extension(files, "log")
        .into_iter()
        .filter(|path| path.parent() == Some(Path::new("/ledger/log")))
        .collect()
}

fn with_extension(files: &Files, extension: &str) -> Vec<PathBuf> {
    files
        .keys()
        .filter(|path| path.extension().is_some_and(|own| own == extension))
        .cloned()
        .collect()
}

/// Files that hold what cannot be made anew.
fn evidence(files: &Files) -> Vec<PathBuf> {
    let mut paths = segments(files);
    paths.extend(with_extension(files, "pack"));
    paths.extend([path().join("checkpoint"), path().join("checkpoints.log")]);
    paths
}

impl Kept {
    /// Checks all that can be checked without secrets: trusts nothing but the public keys and a checkpoint.
    fn check(&self, files: &Files) -> Result<(), Changed> {
        self.look(files).map_err(|_| Changed).and_then(
            |sound| {
                if sound { Ok(()) } else { Err(Changed) }
            },
        )
    }

    fn look(&self, files: &Files) -> Result<bool, StoreError> {
        let disk = MemoryDisk::with(files);
        let reader = EmbeddedReader::open_on(Arc::new(disk), &path())?;
        let Some(newest) = reader.checkpoint()? else {
            return Ok(false);
        };
        newest.verify(&self.keys)?;
        let mut signed = vec![self.trusted.clone()];
        let mut last = None;
        for checkpoint in reader.checkpoints()? {
            let checkpoint = checkpoint?;
            checkpoint.verify(&self.keys)?;
            signed.push(checkpoint.checkpoint().clone());
            last = Some(checkpoint);
        }
        if last.as_ref() != Some(&newest) || newest.checkpoint().size < self.trusted.size {
            return Ok(false);
        }
        let mut tree = tree::Frontier::new();
        let mut roots = BTreeMap::from([(0, Hash::empty())]);
        for entry in reader.entries(0..reader.size()?)? {
            let (index, entry) = entry?;
            let record = Record::parse(&entry)?;
            for document in &record.bulk {
                let hash = Hash::from_hex(&document.sha256);
                if reader.document(&hash.unwrap_or(Hash::empty()))?.is_none() {
                    return Ok(false);
                }
            }
            if record.index != index {
                return Ok(false);
            }
            tree.append(Hash::leaf(&entry), |_| ());
            roots.insert(tree.size(), tree.root());
        }
        Ok(signed.iter().all(|checkpoint| {
            checkpoint.origin == ORIGIN && roots.get(&checkpoint.size) == Some(&checkpoint.root)
        }))
    }

    /// The check sees a change, and says nothing of the wrong kind.
    #[track_caller]
    fn sees(&self, change: impl FnOnce(&mut Files)) {
        let mut files = self.files.clone();
        change(&mut files);
        assert_ne!(files, self.files, "nothing was changed");
        assert_eq!(self.check(&files), Err(Changed));
    }
}

#[rstest]
fn every_flipped_bit_is_seen(#[values(0, 1, 2, 3)] part: usize) {
    let kept = keep(&ring(), "text");
    let mut flips = 0;
    for path in evidence(&kept.files) {
        for byte in (part..kept.files[&path].len()).step_by(4) {
            for bit in 0..8 {
                let mut files = kept.files.clone();
                files.get_mut(&path).unwrap()[byte] ^= 1 << bit;
                let seen = kept.check(&files);
                assert_eq!(seen, Err(Changed), "{} {byte} {bit}", path.display());
                flips += 1;
            }
        }
    }
    println!("{flips} bits flipped");
    assert!(flips > 4_000);
}

#[test]
fn every_truncation_is_seen() {
    let kept = keep(&ring(), "text");
    for path in evidence(&kept.files) {
        for length in 0..kept.files[&path].len() {
            kept.sees(|files| files.get_mut(&path).unwrap().truncate(length));
        }
    }
}

#[test]
fn every_missing_file_is_seen() {
    let kept = keep(&ring(), "text");
    for path in evidence(&kept.files) {
        kept.sees(|files| {
            files.remove(&path);
        });
    }
}

/// The frames of a segment.
fn frames(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut rest = &bytes[segment::HEADER..];
    let mut frames = Vec::new();
    while let Some(frame) = Frame::parse(rest) {
        frames.push((frame.index, frame.entry.to_vec()));
        rest = &rest[frame.length()..];
    }
    frames
}

/// A segment of frames, with checksums as they should be.
fn segment_of(frames: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = segment::header(ORIGIN, 0);
    for (index, entry) in frames {
        put_frame(&mut bytes, *index, 0, entry);
    }
    bytes
}

#[test]
fn records_taken_out_moved_or_doubled_are_seen() {
    let kept = keep(&ring(), "text");
    let first = segments(&kept.files).remove(0);
    let frames = frames(&kept.files[&first]);
    let entry = |place: usize| frames[place].1.clone();
    // By whoever can compute a checksum: places are renumbered.
    let variants: Vec<Vec<Vec<u8>>> = vec![
        vec![entry(1), entry(2)],
        vec![entry(0), entry(2)],
        vec![entry(0), entry(1)],
        vec![entry(1), entry(0), entry(2)],
        vec![entry(0), entry(2), entry(1)],
        vec![entry(0), entry(0), entry(1), entry(2)],
        vec![entry(0), entry(1), entry(2), entry(2)],
    ];
    for entries in variants {
        let numbered: Vec<_> = (0..).zip(entries.clone()).collect();
        kept.sees(|files| {
            files.insert(first.clone(), segment_of(&numbered));
        });
        // And the index in each record as well.
        let rewritten: Vec<_> = numbered
            .iter()
            .map(|(index, entry)| {
                let mut record = Record::parse(entry).unwrap();
                record.index = *index;
                (*index, crate::record::canonical(&record).unwrap())
            })
            .collect();
        kept.sees(|files| {
            files.insert(first.clone(), segment_of(&rewritten));
        });
    }
}

#[test]
fn another_history_under_the_same_key_is_seen() {
    let ring = ring();
    let kept = keep(&ring, "text");
    let other = keep(&ring, "TEXT");
    assert_eq!(other.check(&other.files), Ok(()));
    let paths = evidence(&kept.files);
    assert_eq!(paths, evidence(&other.files));
    // Any file of one in the other, any two, … and all of them.
    for chosen in 1..1_u32 << paths.len() {
        kept.sees(|files| {
            for (place, path) in paths.iter().enumerate() {
                if chosen >> place & 1 == 1 {
                    files.insert(path.clone(), other.files[path].clone());
                }
            }
        });
    }
}

#[test]
fn an_older_copy_is_seen() {
    let ring = ring();
    let kept = keep(&ring, "text");
    let disk = Arc::new(MemoryDisk::with(&kept.files));
    let ledger = EmbeddedLedger::open_on(
        Arc::clone(&disk) as _,
        &path(),
        ring,
        &Arc::new(Options::default()),
    )
    .unwrap();
    ledger.append(vec![record("newer")]).unwrap();
    ledger.close().unwrap();
    let newest = EmbeddedReader::open_on(disk, &path())
        .unwrap()
        .checkpoint()
        .unwrap()
        .unwrap();
    let newer = Kept {
        files: kept.files.clone(),
        trusted: newest.checkpoint().clone(),
        keys: kept.keys.clone(),
    };
    assert_eq!(newer.check(&kept.files), Err(Changed));
}
