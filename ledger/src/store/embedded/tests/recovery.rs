//! What a writer makes of a ledger that was left in some state.

use std::path::PathBuf;

use super::super::segment::{self, put_frame};
use super::disk::MemoryDisk;
use super::*;

fn path() -> PathBuf {
    PathBuf::from("/ledger")
}

fn first_segment() -> PathBuf {
    path().join("log/00000000000000000000.log")
}

/// A ledger in memory that no timer seals.
fn in_memory(ring: &Arc<KeyRing>) -> Arc<MemoryDisk> {
    let disk = Arc::new(MemoryDisk::default());
    create_on(&disk, &path(), ring).unwrap();
    disk
}

fn open(disk: &Arc<MemoryDisk>, ring: &Arc<KeyRing>) -> Result<EmbeddedLedger, StoreError> {
    let options = Options {
        checkpoint_interval: std::time::Duration::from_secs(3_600),
        ..Options::default()
    };
    EmbeddedLedger::open_on(
        Arc::clone(disk) as _,
        &path(),
        Arc::clone(ring),
        &Arc::new(options),
    )
}

fn read(disk: &Arc<MemoryDisk>) -> EmbeddedReader {
    EmbeddedReader::open_on(Arc::clone(disk) as _, &path()).unwrap()
}

/// A ledger with three records under a checkpoint and two behind it, each acknowledged before the next was written.
fn unsealed(ring: &Arc<KeyRing>) -> Arc<MemoryDisk> {
    let disk = in_memory(ring);
    let ledger = open(&disk, ring).unwrap();
    ledger.append(vec![record("a"), record("b")]).unwrap();
    ledger.append(vec![record("c")]).unwrap();
    ledger.seal().unwrap();
    ledger.append(vec![record("d")]).unwrap();
    ledger.append(vec![record("e")]).unwrap();
    let copy = Arc::new(MemoryDisk::with(&disk.files()));
    ledger.close().unwrap();
    copy
}

/// Where the frames of the first segment end.
fn ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = vec![segment::HEADER];
    while let Some(frame) = segment::Frame::parse(&bytes[ends[ends.len() - 1]..]) {
        ends.push(ends[ends.len() - 1] + frame.length());
    }
    ends
}

#[test]
fn a_torn_tail_is_passed_over_and_cut_off() {
    let ring = ring();
    let disk = unsealed(&ring);
    let files = disk.files();
    let bytes = &files[&first_segment()];
    let ends = ends(bytes);
    assert_eq!(ends.len(), 6);
    // Cut anywhere behind the third record, and with rubbish where the rest was.
    for length in ends[3]..bytes.len() {
        for rubbish in [0, 30] {
            let mut files = files.clone();
            let mut torn = bytes[..length].to_vec();
            torn.extend(vec![0x5A; rubbish]);
            files.insert(first_segment(), torn);
            let disk = Arc::new(MemoryDisk::with(&files));
            let whole = ends.iter().filter(|end| **end <= length).count() as u64 - 1;
            assert_eq!(read(&disk).size().unwrap(), whole);
            assert_eq!(disk.files(), files, "a reader writes nothing");
            let ledger = open(&disk, &ring).unwrap();
            assert_eq!(ledger.size().unwrap(), whole);
            let receipt = ledger.append(vec![record("next")]).unwrap();
            assert_eq!(receipt[0].index, Some(whole));
            ledger.close().unwrap();
            assert_eq!(verify(&read(&disk)), whole + 1);
        }
    }
}

#[test]
fn nothing_is_cut_off_below_a_checkpoint() {
    let ring = ring();
    let disk = unsealed(&ring);
    let files = disk.files();
    let bytes = &files[&first_segment()];
    let ends = ends(bytes);
    for length in ends[0]..ends[3] {
        let mut files = files.clone();
        files.insert(first_segment(), bytes[..length].to_vec());
        let disk = Arc::new(MemoryDisk::with(&files));
        let index = ends.iter().filter(|end| **end <= length).count() as u64 - 1;
        let refused = |error| matches!(error, StoreError::Damaged { index: at, .. } if at == index);
        assert!(refused(open(&disk, &ring).unwrap_err()));
        assert!(refused(read(&disk).size().unwrap_err()));
        assert_eq!(disk.files()[&first_segment()].len(), length);
    }
}

#[test]
fn a_record_that_a_later_one_calls_durable_is_no_torn_write() {
    let ring = ring();
    let disk = unsealed(&ring);
    let mut files = disk.files();
    let ends = ends(&files[&first_segment()]);
    // The fourth record is under no checkpoint, but the fifth was written after it was durable.
    files.get_mut(&first_segment()).unwrap()[ends[4] - 1] ^= 1;
    let disk = Arc::new(MemoryDisk::with(&files));
    let refused = |error| matches!(error, StoreError::Damaged { index: 3, .. });
    assert!(refused(open(&disk, &ring).unwrap_err()));
    assert!(refused(read(&disk).size().unwrap_err()));
    assert_eq!(disk.files()[&first_segment()], files[&first_segment()]);
    // What stands before can be read.
    let reader = read(&disk);
    let entries: Vec<_> = reader.entries(0..5).unwrap().collect();
    assert_eq!(entries.iter().filter(|entry| entry.is_ok()).count(), 3);
    assert!(entries.last().unwrap().is_err());
}

#[test]
fn a_batch_that_was_torn_before_another_is_cut_off_with_it() {
    let ring = ring();
    let disk = in_memory(&ring);
    let mut files = disk.files();
    // Two batches in flight at once, of which only the second reached the disk.
    let bytes = files.get_mut(&first_segment()).unwrap();
    put_frame(bytes, 0, 0, br#"{"a":1}"#);
    let end = bytes.len();
    put_frame(bytes, 1, 0, br#"{"b":2}"#);
    bytes[end - 3] = 0;
    let disk = Arc::new(MemoryDisk::with(&files));
    assert_eq!(read(&disk).size().unwrap(), 0);
    let ledger = open(&disk, &ring).unwrap();
    assert_eq!(ledger.append(vec![record("x")]).unwrap()[0].index, Some(0));
    ledger.close().unwrap();
    assert_eq!(verify(&read(&disk)), 1);
}

#[test]
fn documents_of_records_that_were_never_written_are_cut_off() {
    let ring = ring();
    let disk = in_memory(&ring);
    let pack = path().join("bulk/00000000.pack");
    let ledger = open(&disk, &ring).unwrap();
    ledger.append(vec![with_document("kept")]).unwrap();
    let kept = disk.files()[&pack].len();
    ledger.append(vec![with_document("lost")]).unwrap();
    let mut files = disk.files();
    ledger.close().unwrap();
    let segment = files.get_mut(&first_segment()).unwrap();
    segment.truncate(ends(segment)[1]);
    let disk = Arc::new(MemoryDisk::with(&files));
    open(&disk, &ring).unwrap().close().unwrap();
    assert_eq!(disk.files()[&pack].len(), kept);
    verify(&read(&disk));
}

/// A ledger of so many records that there is a full tile of the second level.
fn large(ring: &Arc<KeyRing>) -> Arc<MemoryDisk> {
    let disk = in_memory(ring);
    let ledger = open(&disk, ring).unwrap();
    for _ in 0..67 {
        let many = (0..1_000).map(|_| record("")).collect();
        ledger.append(many).unwrap();
    }
    ledger.close().unwrap();
    disk
}

/// Proofs of some entries verify with the newest checkpoint.
fn verify_some(log: &dyn Log, indexes: &[u64]) {
    let newest = log.checkpoint().unwrap().unwrap();
    let sealed = newest.checkpoint();
    let tiles = TilesOf(log);
    let nodes = TileNodes::new(&tiles, sealed.size);
    assert_eq!(tree::root(sealed.size, &nodes).unwrap(), sealed.root);
    for index in indexes {
        let (_, entry) = log
            .entries(*index..index + 1)
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        let proof = tree::inclusion_proof(*index, sealed.size, &nodes).unwrap();
        let leaf = Hash::leaf(&entry);
        tree::verify_inclusion(&leaf, *index, sealed.size, &proof, &sealed.root).unwrap();
    }
}

#[test]
fn tiles_that_are_wrong_are_computed_anew() {
    let ring = ring();
    let disk = large(&ring);
    let sound = disk.files();
    let tile = |name: &str| path().join("tile").join(name);
    let tiles = sound.keys().filter(|path| path.starts_with("/ledger/tile"));
    assert_eq!(tiles.count(), 67_000 / 256 + 1);
    // The first is looked at only when a proof needs it; the others show in the root, and are written anew.
    for (name, mended) in [("0/000", false), ("0/260", true), ("1/000", true)] {
        let missing = name == "1/000";
        let mut files = sound.clone();
        if missing {
            files.remove(&tile(name)).unwrap();
        } else {
            files.get_mut(&tile(name)).unwrap()[100] ^= 1;
        }
        let disk = Arc::new(MemoryDisk::with(&files));
        verify_some(&read(&disk), &[3, 66_600]);
        let ledger = open(&disk, &ring).unwrap();
        ledger.append(vec![record("one more")]).unwrap();
        ledger.close().unwrap();
        verify_some(&read(&disk), &[3, 67_000]);
        assert_eq!(
            disk.files().get(&tile(name)) == sound.get(&tile(name)),
            mended
        );
    }
}

#[test]
fn records_that_are_not_those_under_the_checkpoint_are_refused() {
    let ring = ring();
    let disk = unsealed(&ring);
    let mut files = disk.files();
    let segment = &files[&first_segment()];
    let mut changed = segment::header(ORIGIN, 0);
    let mut rest = &segment[segment::HEADER..];
    while let Some(frame) = segment::Frame::parse(rest) {
        let entry = String::from_utf8(frame.entry.to_vec()).unwrap();
        let entry = entry.replace(r#""reason":"b""#, r#""reason":"B""#);
        put_frame(&mut changed, frame.index, frame.durable, entry.as_bytes());
        rest = &rest[frame.length()..];
    }
    files.insert(first_segment(), changed);
    let disk = Arc::new(MemoryDisk::with(&files));
    let refused = open(&disk, &ring).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }));
    let tile = Tile {
        level: 0,
        index: 0,
        width: 3,
    };
    assert!(matches!(
        read(&disk).tile(tile),
        Err(StoreError::Damaged { .. })
    ));
}

#[test]
fn an_unfinished_ledger_is_made_again() {
    let ring = ring();
    let disk = in_memory(&ring);
    let mut files = disk.files();
    files.remove(&path().join("ledger.json"));
    files.insert(path().join("ledger.json.tmp"), b"{".to_vec());
    let disk = Arc::new(MemoryDisk::with(&files));
    assert!(matches!(open(&disk, &ring), Err(StoreError::NotALedger(_))));
    create_on(&disk, &path(), &ring).unwrap();
    open(&disk, &ring).unwrap().close().unwrap();
    // But not where there are records.
    let mut files = unsealed(&ring).files();
    files.remove(&path().join("ledger.json"));
    let disk = Arc::new(MemoryDisk::with(&files));
    let again = create_on(&disk, &path(), &ring);
    assert!(matches!(again, Err(StoreError::Io { .. })));
}
