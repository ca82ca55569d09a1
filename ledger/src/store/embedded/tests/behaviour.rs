//! What a store promises.

use std::collections::BTreeSet;
use std::fs;

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
