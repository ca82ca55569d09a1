//! Records go in, get their places, and come out.

use soc2gate_ledger::Hash;
use soc2gate_ledger::note::{KeyKind, Signer};
use soc2gate_ledger::record::Record;
use soc2gate_ledger::store::postgres::PostgresReader;
use soc2gate_ledger::store::{Document, Log, Store};
use soc2gate_ledger::tree::Tile;

use crate::audit::assert_holds;
use crate::{ledger, options, submission, submissions};

#[test]
fn records_go_in_and_out() {
    let (cluster, ring, ledger) = ledger();
    let empty = ledger.checkpoint().unwrap().unwrap();
    assert_eq!((empty.checkpoint().size, ledger.size().unwrap()), (0, 0));
    assert_eq!(ledger.seal().unwrap(), empty);

    // More than one statement takes, more than one round takes, and more than one tile holds.
    let mut ids = Vec::new();
    for _ in 0..3 {
        let receipts = ledger.append(submissions(1_100)).unwrap();
        assert!(receipts.iter().all(|receipt| receipt.index.is_none()));
        ids.extend(receipts.into_iter().map(|receipt| receipt.id));
    }
    assert_eq!(ledger.size().unwrap(), 0, "pending is not in the log yet");
    let checkpoint = ledger.seal().unwrap();
    assert_eq!(checkpoint.checkpoint().size, 3_300);
    assert_eq!(ledger.checkpoint().unwrap(), Some(checkpoint));
    let in_log: Vec<String> = ledger
        .entries(0..u64::MAX)
        .unwrap()
        .map(|entry| Record::parse(&entry.unwrap().1).unwrap().id)
        .collect();
    assert_eq!(in_log, ids, "records of one writer keep their order");
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);

    let indexes = |range| -> Vec<u64> {
        let entries = ledger.entries(range).unwrap();
        entries.map(|entry| entry.unwrap().0).collect()
    };
    assert_eq!(indexes(250..260), (250..260).collect::<Vec<_>>());
    assert_eq!(indexes(3_299..4_000), [3_299]);
    assert_eq!(indexes(3_300..4_000), [0_u64; 0]);
    let missing = Tile {
        level: 0,
        index: 12,
        width: 256,
    };
    assert!(
        ledger
            .tile(missing)
            .unwrap_err()
            .to_string()
            .contains("tile")
    );
}

#[test]
fn a_record_that_comes_again_is_acknowledged_and_not_doubled() {
    let (cluster, ring, ledger) = ledger();
    let mut first = submission();
    first.documents.push(Document {
        name: "input".to_owned(),
        media_type: "application/json".to_owned(),
        bytes: b"{}".to_vec(),
    });
    let second = submission();
    // Twice in one call, and again while it waits.
    let pending = ledger.append(vec![first.clone(), first.clone()]).unwrap();
    assert_eq!(pending.len(), 2);
    assert_eq!(ledger.append(vec![first.clone()]).unwrap(), pending[..1]);
    ledger.seal().unwrap();
    // And again once it has its place, together with a new one.
    let again = ledger.append(vec![second.clone(), first.clone()]).unwrap();
    assert_eq!(again[0].index, None);
    assert_eq!((&again[1].id, again[1].index), (&first.draft.id, Some(0)));
    ledger.seal().unwrap();
    let ids = [first.draft.id, second.draft.id];
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);
    // The second tries sealed the document again, under other keys; nothing of that is kept.
    let row = cluster
        .superuser()
        .query_one("SELECT count(*) FROM document", &[])
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 1);
}

#[test]
fn documents_are_sealed_opened_and_erased() {
    let (cluster, ring, ledger) = ledger();
    let mut submission = submission();
    for number in 0..2_u8 {
        submission.documents.push(Document {
            name: format!("input {number}"),
            media_type: "application/json".to_owned(),
            bytes: vec![number; 100_000],
        });
    }
    ledger.append(vec![submission]).unwrap();
    ledger.seal().unwrap();
    let reader = PostgresReader::open(&cluster.address(), &options()).unwrap();
    let (_, entry) = reader.entries(0..1).unwrap().next().unwrap().unwrap();
    let hashes: Vec<Hash> = Record::parse(&entry)
        .unwrap()
        .bulk
        .iter()
        .map(|bulk| Hash::from_hex(&bulk.sha256).unwrap())
        .collect();
    let open = |hash| reader.document(hash).unwrap().unwrap().open(&ring);
    assert_eq!(open(&hashes[0]).unwrap(), vec![0; 100_000]);
    assert_eq!(open(&hashes[1]).unwrap(), vec![1; 100_000]);
    assert_eq!(reader.document(&Hash::empty()).unwrap(), None);

    assert_eq!(ledger.erase(&[hashes[0], Hash::empty()]).unwrap(), 1);
    assert_eq!(ledger.erase(&hashes[..1]).unwrap(), 0);
    let error = open(&hashes[0]).unwrap_err();
    assert_eq!(error.to_string(), "the document was erased");
    assert_eq!(open(&hashes[1]).unwrap(), vec![1; 100_000]);
}

#[test]
fn cosignatures_are_kept() {
    let (_cluster, ring, ledger) = ledger();
    ledger.append(submissions(1)).unwrap();
    let checkpoint = ledger.seal().unwrap();
    let witnesses = ["w.example/1", "w.example/2"]
        .map(|name| Signer::generate(name, KeyKind::Witness).unwrap());
    // Each witness saw the checkpoint without the other's signature.
    for (time, witness) in (7..).zip(&witnesses) {
        let mut signed = checkpoint.clone();
        signed.cosign(witness, time);
        ledger.add_cosignatures(&signed).unwrap();
        ledger.add_cosignatures(&signed).unwrap();
    }
    let kept = ledger.checkpoint().unwrap().unwrap();
    kept.verify(&ring.verifiers()).unwrap();
    let times = witnesses
        .each_ref()
        .map(|witness| kept.note().verify(witness.verifier()).unwrap());
    assert_eq!(times, [Some(7), Some(8)]);
    let all: Vec<_> = ledger.checkpoints().unwrap().map(Result::unwrap).collect();
    assert_eq!(all.len(), 2);
    assert_eq!(all.last(), Some(&kept));

    // One that the ledger never signed.
    let mut other = soc2gate_ledger::note::Checkpoint {
        root: Hash::empty(),
        ..kept.checkpoint().clone()
    }
    .sign(ring.signer());
    other.cosign(&witnesses[0], 9);
    assert!(ledger.add_cosignatures(&other).is_err());
}
