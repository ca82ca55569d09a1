//! What a store promises.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::*;
use crate::record::Record;

#[test]
fn what_is_appended_is_there_and_verifies_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    let receipts = ledger
        .append((0..700).map(|number| record(&number.to_string())).collect())
        .unwrap();
    let indexes: Vec<_> = receipts
        .iter()
        .filter_map(|receipt| receipt.index)
        .collect();
    assert_eq!(indexes, (0..700).collect::<Vec<u64>>());
    assert_eq!(ledger.size().unwrap(), 700);
    let sealed = ledger.seal().unwrap();
    assert_eq!(sealed.checkpoint().size, 700);
    assert_eq!(verify(&ledger), 700);
    ledger.append(vec![record("one more")]).unwrap();
    ledger.close().unwrap();

    let reader = EmbeddedReader::open(folder.path()).unwrap();
    assert_eq!(reader.checkpoint().unwrap().unwrap().checkpoint().size, 701);
    assert_eq!(verify(&reader), 701);
    for (receipt, entry) in receipts.iter().zip(reader.entries(0..700).unwrap()) {
        let (index, entry) = entry.unwrap();
        let record = Record::parse(&entry).unwrap();
        assert_eq!((&record.id, Some(index)), (&receipt.id, receipt.index));
        assert_eq!(record.index, index);
    }
    let ledger =
        EmbeddedLedger::open(folder.path(), Arc::clone(&ring), Options::default()).unwrap();
    let receipt = ledger.append(vec![record("after")]).unwrap();
    assert_eq!(receipt[0].index, Some(701));
    ledger.close().unwrap();
    assert_eq!(verify(&reader), 702);
}

#[test]
fn records_of_one_caller_stay_in_their_order_handed_over_or_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = begin(folder.path(), &ring(), Options::default());
    let mut indexes = Vec::new();
    for round in 0..100 {
        // Sometimes nothing is on its way when the second comes, and it is written by this thread.
        let ticket = ledger.submit(vec![record("handed over")]).unwrap();
        if round % 3 == 0 {
            indexes.extend(ticket.wait().unwrap());
            indexes.extend(ledger.append(vec![record("waited for")]).unwrap());
        } else {
            let waited = ledger.append(vec![record("waited for")]).unwrap();
            indexes.extend(ticket.wait().unwrap());
            indexes.extend(waited);
        }
    }
    let indexes: Vec<_> = indexes.iter().filter_map(|receipt| receipt.index).collect();
    assert_eq!(indexes, (0..200).collect::<Vec<u64>>());
    ledger.close().unwrap();
}

#[test]
fn many_threads_get_an_index_each() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = begin(folder.path(), &ring(), Options::default());
    let indexes: BTreeSet<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|_| {
                scope.spawn(|| {
                    (0..50)
                        .map(|_| ledger.append(vec![record("x")]).unwrap()[0].index.unwrap())
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(indexes, (0..800).collect());
    assert!(ledger.batches() < 800);
    ledger.seal().unwrap();
    assert_eq!(verify(&ledger), 800);
}

#[test]
fn documents_can_be_read_and_erased() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    ledger
        .append(vec![with_document("one"), with_document("two")])
        .unwrap();
    let hashes: Vec<Hash> = ledger
        .entries(0..2)
        .unwrap()
        .map(|entry| {
            let record = Record::parse(&entry.unwrap().1).unwrap();
            Hash::from_hex(&record.bulk[0].sha256).unwrap()
        })
        .collect();
    let open = |hash| ledger.document(hash).unwrap().unwrap().open(&ring);
    assert_eq!(open(&hashes[1]).unwrap(), b"two");
    assert_eq!(ledger.erase(&hashes[..1]).unwrap(), 1);
    assert_eq!(ledger.erase(&hashes[..1]).unwrap(), 0);
    assert_eq!(open(&hashes[0]), Err(crate::keys::SealError::Erased));
    assert_eq!(open(&hashes[1]).unwrap(), b"two");
    assert_eq!(ledger.document(&Hash::empty()).unwrap(), None);
    ledger.seal().unwrap();
    verify(&ledger);
}

#[test]
fn an_erasure_that_was_interrupted_is_seen_and_completed() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = begin(folder.path(), &ring(), Options::default());
    ledger.append(vec![with_document("one")]).unwrap();
    let (_, entry) = ledger.entries(0..1).unwrap().next().unwrap().unwrap();
    let hash = Hash::from_hex(&Record::parse(&entry).unwrap().bulk[0].sha256).unwrap();
    let path = folder.path().join("bulk/00000000.pack");
    let mut pack = fs::read(&path).unwrap();
    // The magic and the name of the document stand before its key.
    pack[48..80].fill(0);
    fs::write(&path, pack).unwrap();
    assert!(matches!(
        ledger.document(&hash),
        Err(StoreError::Damaged { .. })
    ));
    assert_eq!(ledger.erase(&[hash]).unwrap(), 1);
    let document = ledger.document(&hash).unwrap().unwrap();
    assert_eq!(document.wrapped_key, [0; crate::keys::WRAPPED_KEY]);
    assert_eq!(document.hash(), hash);
}

#[test]
fn a_second_try_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    let (first, second) = (with_document("first"), record("second"));
    let before = ledger.append(vec![first.clone()]).unwrap();
    // Within one list, too.
    let receipts = ledger
        .append(vec![first.clone(), second.clone(), second.clone()])
        .unwrap();
    let indexes: Vec<_> = receipts.iter().map(|receipt| receipt.index).collect();
    assert_eq!(indexes, [Some(0), Some(1), Some(1)]);
    drop(ledger);
    let ledger = EmbeddedLedger::open(folder.path(), ring, Options::default()).unwrap();
    assert_eq!(ledger.append(vec![first]).unwrap(), before);
    assert_eq!(ledger.size().unwrap(), 2);
    let pack = fs::read(folder.path().join("bulk/00000000.pack")).unwrap();
    let documents = pack
        .windows(4)
        .filter(|window| *window == 21_u32.to_le_bytes());
    assert_eq!(documents.count(), 1);
}

#[test]
fn there_is_one_writer() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    let second = EmbeddedLedger::open(folder.path(), Arc::clone(&ring), Options::default());
    assert!(matches!(second, Err(StoreError::Locked)));
    drop(ledger);
    EmbeddedLedger::open(folder.path(), ring, Options::default()).unwrap();
}

#[test]
fn other_keys_and_other_folders_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let open = |ring| EmbeddedLedger::open(folder.path(), ring, Options::default());
    assert!(matches!(
        open(Arc::clone(&ring)),
        Err(StoreError::NotALedger(_))
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    EmbeddedLedger::init(folder.path(), &ring, time()).unwrap();
    let again = EmbeddedLedger::init(folder.path(), &ring, time());
    assert!(matches!(again, Err(StoreError::Io { .. })));
    let other = Arc::new(KeyRing::generate("other.example").unwrap());
    assert!(matches!(open(other), Err(StoreError::OtherKeys { .. })));
    let same_name = Arc::new(KeyRing::generate(ORIGIN).unwrap());
    assert!(matches!(open(same_name), Err(StoreError::MissingKey)));
}

#[test]
fn checkpoints_come_by_themselves() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        checkpoint_interval: Duration::from_millis(50),
        checkpoint_records: 10,
        ..Options::default()
    };
    let ledger = begin(folder.path(), &ring(), options);
    let sealed = |size| {
        let start = Instant::now();
        while ledger.checkpoint().unwrap().unwrap().checkpoint().size < size {
            assert!(start.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    // By time, then by number.
    ledger.append(vec![record("one")]).unwrap();
    sealed(1);
    ledger
        .append((0..10).map(|_| record("many")).collect())
        .unwrap();
    sealed(11);
}

#[test]
fn a_reader_beside_a_writer_sees_a_log_that_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        checkpoint_records: 20,
        segment_bytes: 5_000,
        ..Options::default()
    };
    let ledger = begin(folder.path(), &ring(), options);
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    ledger
                        .append(vec![with_document("x"), record("y")])
                        .unwrap();
                }
            });
        }
        scope.spawn(|| {
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                let sealed = reader.checkpoint().unwrap().unwrap();
                let size = reader.size().unwrap();
                assert!(size >= last && size >= sealed.checkpoint().size);
                let entries = reader.entries(last..size).unwrap();
                assert_eq!(entries.map(Result::unwrap).count() as u64, size - last);
                last = size;
                if size == 800 {
                    done.store(true, Ordering::Relaxed);
                }
            }
        });
    });
    ledger.close().unwrap();
    assert_eq!(verify(&reader), 800);
}

#[test]
fn more_than_fits_at_once_waits() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        queue_bytes: 1,
        ..Options::default()
    };
    let ledger = begin(folder.path(), &ring(), options);
    let tickets: Vec<Ticket> = (0..3)
        .map(|_| {
            ledger
                .submit((0..1_500).map(|_| record("x")).collect())
                .unwrap()
        })
        .collect();
    for (place, ticket) in (0..).zip(tickets) {
        let receipts = ticket.wait().unwrap();
        let indexes: Vec<_> = receipts
            .iter()
            .filter_map(|receipt| receipt.index)
            .collect();
        assert_eq!(
            indexes,
            (place * 1_500..(place + 1) * 1_500).collect::<Vec<_>>()
        );
    }
    assert!(ledger.append(Vec::new()).unwrap().is_empty());
}

#[test]
fn what_is_no_record_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = begin(folder.path(), &ring(), Options::default());
    let too_large = ledger.append(vec![record("fits"), record(&"x".repeat(70_000))]);
    assert!(matches!(
        too_large,
        Err(StoreError::Record(crate::record::RecordError::TooLarge))
    ));
    let mut named = record("named");
    named.draft.id = "NOT-AN-ID".to_owned();
    assert!(matches!(
        ledger.append(vec![named]),
        Err(StoreError::Record(crate::record::RecordError::Id))
    ));
    assert_eq!(ledger.size().unwrap(), 0);
    ledger.append(vec![record("x")]).unwrap();
    assert_eq!(ledger.size().unwrap(), 1);
}

#[test]
fn what_was_acknowledged_is_there_when_the_writer_is_dropped_or_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    let ticket = ledger.submit(vec![record("x")]).unwrap();
    drop(ledger);
    assert_eq!(ticket.wait().unwrap()[0].index, Some(0));
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    assert_eq!(reader.checkpoint().unwrap().unwrap().checkpoint().size, 1);
    assert_eq!(verify(&reader), 1);
}
