//! Keys that are the ledger's, were, and are not.

use std::sync::Arc;

use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Event, Record};
use soc2gate_ledger::store::postgres::PostgresLedger;
use soc2gate_ledger::store::{Log, Store, StoreError};

use crate::audit::assert_holds;
use crate::{ORIGIN, actor, ledger, now, options, submissions};

fn copy(ring: &KeyRing) -> KeyRing {
    KeyRing::parse(&ring.to_secret().unwrap()).unwrap()
}

#[test]
fn a_rotation_is_a_record_and_the_next_checkpoint_has_both_signatures() {
    let (cluster, old, ledger) = ledger();
    let address = cluster.address();
    let mut ids: Vec<String> = Vec::new();
    let mut append = |ledger: &PostgresLedger| {
        let receipts = ledger.append(submissions(3)).unwrap();
        ids.extend(receipts.into_iter().map(|receipt| receipt.id));
    };
    append(&ledger);
    ledger.seal().unwrap();
    let mut new = copy(&old);
    new.rotate().unwrap();
    new.rotate().unwrap();
    let new = Arc::new(new);
    let rotated = PostgresLedger::open(&address, Arc::clone(&new), &options()).unwrap();
    append(&rotated);
    let error = rotated.seal().unwrap_err().to_string();
    assert!(error.contains("must be rotated"), "{error}");

    let first = rotated.rotate(now(), actor()).unwrap();
    assert_eq!(
        first.checkpoint().size,
        8,
        "three, three, and a record for each key"
    );
    first.verify(&old.verifiers()).unwrap();
    for key in new.verifiers() {
        first.note().verify(&key).unwrap();
    }
    assert_eq!(rotated.verifiers().unwrap(), new.verifiers());
    let rotations: Vec<(String, String)> = rotated
        .entries(6..8)
        .unwrap()
        .map(
            |entry| match Record::parse(&entry.unwrap().1).unwrap().event {
                Event::KeyRotation(rotation) => (rotation.retired, rotation.added),
                other => panic!("{other:?}"),
            },
        )
        .collect();
    let keys: Vec<String> = new.verifiers().iter().map(ToString::to_string).collect();
    let expected = [(&keys[0], &keys[1]), (&keys[1], &keys[2])];
    assert_eq!(
        rotations,
        expected.map(|(old, new)| (old.clone(), new.clone()))
    );

    // Again: nothing is left to do.
    assert_eq!(rotated.rotate(now(), actor()).unwrap(), first);
    append(&rotated);
    let next = rotated.seal().unwrap();
    assert!(
        next.verify(&old.verifiers()).is_err(),
        "only the new key signs now"
    );
    assert_eq!(next.note().signatures().len(), 1);

    // A process with the old keys still appends, and does not seal.
    append(&ledger);
    assert!(matches!(ledger.seal(), Err(StoreError::MissingKey)));
    rotated.seal().unwrap();
    let records = rotated.entries(6..8).unwrap();
    ids.extend(records.map(|entry| Record::parse(&entry.unwrap().1).unwrap().id));
    assert_holds(&address, &new.verifiers(), &ids);
    let reopened = PostgresLedger::open(&address, old, &options());
    assert!(matches!(reopened, Err(StoreError::MissingKey)));
}

#[test]
fn other_keys_are_refused() {
    let (cluster, _, _) = ledger();
    let address = cluster.address();
    let same_name = Arc::new(KeyRing::generate(ORIGIN).unwrap());
    let other_name = Arc::new(KeyRing::generate("ledger.example/other").unwrap());
    let open = |ring| PostgresLedger::open(&address, ring, &options()).err();
    assert!(matches!(
        open(Arc::clone(&same_name)),
        Some(StoreError::MissingKey)
    ));
    assert!(matches!(
        open(Arc::clone(&other_name)),
        Some(StoreError::OtherKeys { .. })
    ));
    let init = |ring: &KeyRing| PostgresLedger::init(&address, ring, now(), &options()).err();
    assert!(matches!(init(&same_name), Some(StoreError::MissingKey)));
    assert!(matches!(
        init(&other_name),
        Some(StoreError::OtherKeys { .. })
    ));
}
