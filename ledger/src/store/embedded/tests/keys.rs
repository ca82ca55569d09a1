//! Signatures: by the ledger's keys, one after the other, and by witnesses.

use super::*;
use crate::note::{Checkpoint, KeyKind, Signer};
use crate::record::Record;

/// The same keys and one more.
fn rotated(ring: &KeyRing) -> Arc<KeyRing> {
    let mut next = KeyRing::parse(&ring.to_secret().unwrap()).unwrap();
    next.rotate().unwrap();
    Arc::new(next)
}

fn open(folder: &Path, ring: &Arc<KeyRing>) -> Result<EmbeddedLedger, StoreError> {
    EmbeddedLedger::open(folder, Arc::clone(ring), Options::default())
}

#[test]
fn a_rotation_is_a_record_and_both_keys_sign_the_next_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let old = ring();
    let ledger = begin(folder.path(), &old, Options::default());
    ledger.append(vec![with_document("before")]).unwrap();
    let new = rotated(&old);
    let checkpoint = ledger
        .rotate_keys(Arc::clone(&new), time(), &actor())
        .unwrap();
    assert_eq!(checkpoint.checkpoint().size, 2);
    for key in [old.signer().verifier(), new.signer().verifier()] {
        checkpoint.note().verify(key).unwrap();
    }
    let (_, entry) = ledger.entries(1..2).unwrap().next().unwrap().unwrap();
    let Event::KeyRotation(rotation) = Record::parse(&entry).unwrap().event else {
        panic!("no rotation");
    };
    assert_eq!(rotation.added, new.signer().verifier().to_string());
    assert_eq!(rotation.retired, old.signer().verifier().to_string());
    // Again: nothing is left to do.
    ledger
        .rotate_keys(Arc::clone(&new), time(), &actor())
        .unwrap();
    assert_eq!(ledger.size().unwrap(), 2);

    ledger.append(vec![with_document("after")]).unwrap();
    let later = ledger.seal().unwrap();
    assert!(later.note().verify(old.signer().verifier()).is_err());
    later.note().verify(new.signer().verifier()).unwrap();
    assert_eq!(ledger.verifiers().unwrap(), new.verifiers());
    assert_eq!(verify(&ledger), 3);
    drop(ledger);
    assert!(matches!(
        open(folder.path(), &old),
        Err(StoreError::MissingKey)
    ));
    open(folder.path(), &new).unwrap().close().unwrap();
}

#[test]
fn a_rotation_that_was_interrupted_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let old = ring();
    begin(folder.path(), &old, Options::default())
        .close()
        .unwrap();
    let new = rotated(&old);
    // The new keys were kept, and nothing else was done: the old one signs on.
    let ledger = open(folder.path(), &new).unwrap();
    ledger.append(vec![record("x")]).unwrap();
    let checkpoint = ledger.seal().unwrap();
    checkpoint.note().verify(old.signer().verifier()).unwrap();
    assert!(checkpoint.note().verify(new.signer().verifier()).is_err());
    let before = std::fs::read(folder.path().join("ledger.json")).unwrap();
    ledger
        .rotate_keys(Arc::clone(&new), time(), &actor())
        .unwrap();
    drop(ledger);
    // The record was written, and the manifest was not.
    std::fs::write(folder.path().join("ledger.json"), before).unwrap();
    let checkpoint = std::fs::read(folder.path().join("checkpoint")).unwrap();
    let text = String::from_utf8(checkpoint).unwrap();
    assert_eq!(text.matches('\u{2014}').count(), 2);
    let ledger = open(folder.path(), &new).unwrap();
    ledger
        .rotate_keys(Arc::clone(&new), time(), &actor())
        .unwrap();
    assert_eq!(ledger.size().unwrap(), 2);
    assert_eq!(ledger.verifiers().unwrap(), new.verifiers());
    assert_eq!(verify(&ledger), 2);
}

#[test]
fn keys_that_do_not_continue_are_no_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = begin(folder.path(), &ring(), Options::default());
    let other = ledger.rotate_keys(ring(), time(), &actor());
    assert!(matches!(other, Err(StoreError::MissingKey)));
    assert_eq!(ledger.size().unwrap(), 0);
    ledger.append(vec![record("x")]).unwrap();
    ledger.seal().unwrap();
}

#[test]
fn cosignatures_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    let witness = |name| Signer::generate(name, KeyKind::Witness).unwrap();
    let (first, second) = (witness("one.example"), witness("two.example"));
    ledger.append(vec![record("a")]).unwrap();
    let plain = ledger.seal().unwrap();
    for signer in [&first, &second] {
        let mut cosigned = plain.clone();
        cosigned.cosign(signer, 7);
        ledger.add_cosignatures(&cosigned).unwrap();
    }
    let newest = ledger.checkpoint().unwrap().unwrap();
    for signer in [&first, &second] {
        assert_eq!(newest.note().verify(signer.verifier()), Ok(Some(7)));
    }
    // Sealing again does not lose them.
    assert_eq!(ledger.seal().unwrap(), newest);
    // An older one is kept among all, and the newest stays.
    ledger.append(vec![record("b")]).unwrap();
    let newer = ledger.seal().unwrap();
    let mut late = plain.clone();
    late.cosign(&first, 9);
    ledger.add_cosignatures(&late).unwrap();
    assert_eq!(ledger.checkpoint().unwrap().unwrap(), newer);
    drop(ledger);
    let ledger = open(folder.path(), &ring).unwrap();
    assert_eq!(ledger.checkpoint().unwrap().unwrap(), newer);
    let reader = EmbeddedReader::open(folder.path()).unwrap();
    let all: Vec<_> = reader.checkpoints().unwrap().map(Result::unwrap).collect();
    assert_eq!(all.last(), Some(&late));
}

#[test]
fn only_checkpoints_of_this_history_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let ring = ring();
    let ledger = begin(folder.path(), &ring, Options::default());
    ledger.append(vec![record("a")]).unwrap();
    let own = ledger.seal().unwrap();
    let refused = |checkpoint: Checkpoint, signer: &Signer| {
        let signed = checkpoint.sign(signer);
        assert!(matches!(
            ledger.add_cosignatures(&signed),
            Err(StoreError::Note(_))
        ));
    };
    let mut fork = own.checkpoint().clone();
    fork.root = Hash::of(b"another history");
    refused(fork, ring.signer());
    let mut ahead = own.checkpoint().clone();
    ahead.size = 2;
    refused(ahead, ring.signer());
    refused(own.checkpoint().clone(), self::ring().signer());
    assert_eq!(ledger.checkpoint().unwrap().unwrap(), own);
}
