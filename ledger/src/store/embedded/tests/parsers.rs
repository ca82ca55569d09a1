//! Whatever stands in the files of a ledger: nothing panics, hangs or reserves memory without bound.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::super::manifest::Manifest;
use super::super::{history, ids, pack, segment};
use super::disk::MemoryDisk;
use super::*;

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn path() -> PathBuf {
    PathBuf::from("/ledger")
}

/// A small ledger and its keys.
static LEDGER: LazyLock<(Arc<KeyRing>, Files)> = LazyLock::new(|| {
    let ring = ring();
    let disk = Arc::new(MemoryDisk::default());
    create_on(&disk, &path(), &ring).unwrap();
    let ledger = open(&disk, &ring).unwrap();
    for text in ["a", "b", "c"] {
        ledger.append(vec![with_document(text)]).unwrap();
        ledger.seal().unwrap();
    }
    ledger.append(vec![record("d")]).unwrap();
    let files = disk.files();
    (ring, files)
});

fn open(disk: &Arc<MemoryDisk>, ring: &Arc<KeyRing>) -> Result<EmbeddedLedger, StoreError> {
    let options = Options {
        segment_bytes: 700,
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

/// Reads all there is, whatever comes of it. How many entries were read.
fn read_all(log: &dyn Log) -> Result<u64, StoreError> {
    log.checkpoint()?;
    let size = log.size()?;
    let mut count = 0;
    for entry in log.entries(0..size)? {
        let (index, entry) = entry?;
        assert_eq!(index, count);
        assert!(entry.len() <= crate::record::MAX_ENTRY);
        count += 1;
    }
    log.document(&Hash::empty())?;
    for level in 0..2 {
        log.tile(Tile {
            level,
            index: 0,
            width: 1,
        })?;
    }
    Ok(count)
}

/// Opens a ledger for reading and for writing. What can be opened for writing takes records and verifies, unless
/// reading it tells of damage.
fn try_all(files: &Files) {
    let disk = Arc::new(MemoryDisk::with(files));
    if let Ok(reader) = EmbeddedReader::open_on(Arc::clone(&disk) as _, &path()) {
        let _ = read_all(&reader);
        if let Ok(checkpoints) = reader.checkpoints() {
            assert!(checkpoints.take(1_000).count() < 1_000);
        }
    }
    if let Ok(ledger) = open(&disk, &LEDGER.0) {
        let receipt = ledger.append(vec![with_document("next")]).unwrap();
        ledger.seal().unwrap();
        if let Ok(count) = read_all(&ledger) {
            assert_eq!(Some(count - 1), receipt[0].index);
            assert_eq!(verify(&ledger), count);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_files_are_read_or_refused(
        file in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        removed in 0..80_usize,
        inserted in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut files = LEDGER.1.clone();
        let name = files.keys().nth(file.index(files.len())).unwrap().clone();
        let bytes = files.get_mut(&name).unwrap();
        let at = at.index(bytes.len() + 1);
        let end = (at + removed).min(bytes.len());
        bytes.splice(at..end, inserted);
        try_all(&files);
    }

    #[test]
    fn files_of_anything_are_read_or_refused(
        file in any::<prop::sample::Index>(),
        header in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut files = LEDGER.1.clone();
        let name = files.keys().nth(file.index(files.len())).unwrap().clone();
        let old = files.get_mut(&name).unwrap();
        old.truncate(if header { segment::HEADER } else { 0 });
        old.extend(bytes);
        try_all(&files);
    }

    #[test]
    fn parsers_take_anything(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Manifest::parse(&bytes);
        let _ = history::parse_frame(&bytes);
        let _ = pack::Name::parse(&bytes);
        let _ = ids::of_entry(&bytes, 7);
        if let Some(frame) = segment::Frame::parse(&bytes) {
            prop_assert!(frame.length() <= bytes.len());
        }
    }

    #[test]
    fn frames_are_read_as_they_were_written(
        index in any::<u64>(),
        durable in any::<u64>(),
        entry in prop::collection::vec(any::<u8>(), 1..300),
        after in prop::collection::vec(any::<u8>(), 0..30),
    ) {
        let mut bytes = Vec::new();
        segment::put_frame(&mut bytes, index, durable, &entry);
        let length = bytes.len();
        bytes.extend(after);
        let frame = segment::Frame::parse(&bytes).unwrap();
        prop_assert_eq!(frame.length(), length);
        prop_assert_eq!((frame.index, frame.durable, frame.entry), (index, durable, entry.as_slice()));
        prop_assert!(segment::Frame::parse(&bytes[..length - 1]).is_none());
    }
}

#[test]
fn a_length_that_cannot_be_reserves_nothing() {
    let mut files = LEDGER.1.clone();
    let pack = path().join("bulk/00000000.pack");
    let mut bytes = pack::header().to_vec();
    let mut name = u32::MAX.to_le_bytes().to_vec();
    name.extend(Hash::of(b"x").0);
    bytes.extend(&name);
    bytes.extend(crc32c::crc32c(&name).to_le_bytes());
    bytes.extend([0; 64]);
    bytes.extend(crc32c::crc32c(&[0; 64]).to_le_bytes());
    files.insert(pack, bytes);
    let disk = Arc::new(MemoryDisk::with(&files));
    let reader = EmbeddedReader::open_on(Arc::clone(&disk) as _, &path()).unwrap();
    assert_eq!(reader.document(&Hash::of(b"x")).unwrap(), None);
    // Even where the place is known.
    let folder = folder::Folder::new(disk, &path());
    let place = pack::Place {
        pack: 0,
        offset: pack::HEADER,
    };
    let cut_off = pack::read(&folder, &Hash::of(b"x"), place);
    assert!(matches!(cut_off, Err(StoreError::Damaged { .. })));
}

#[test]
fn a_manifest_is_read_strictly() {
    let name = path().join("ledger.json");
    let text = String::from_utf8(LEDGER.1[&name].clone()).unwrap();
    Manifest::parse(text.as_bytes()).unwrap();
    let key = LEDGER.0.verifiers()[0].to_string();
    for (from, to) in [
        ("\"created\"", "\"made\""),
        ("{\n", "{\n\"more\": 1,\n"),
        ("{\n", "{\n\"origin\": \"ledger.example/test\",\n"),
        (ORIGIN, "another.example"),
        (&format!("\"{key}\""), ""),
        (&format!("\"{key}\""), &format!("\"{key}\",\"{key}\"")),
        ("2026-11-23T10", "2026-11-23T99"),
        ("}", "} "),
        ("}", "}x"),
        ("soc2gate.dev/ledger/v1", "else"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        // Space at the end is all that may be there besides.
        assert_eq!(
            Manifest::parse(changed.as_bytes()).is_ok(),
            to == "} ",
            "{to}"
        );
    }
    let newer = text.replace("ledger/v1", "ledger/v2");
    assert!(matches!(
        Manifest::parse(newer.as_bytes()),
        Err(StoreError::Version(version)) if version.ends_with("v2")
    ));
}
