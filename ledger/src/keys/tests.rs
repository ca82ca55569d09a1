//! Key rings and sealed documents.

use super::*;

fn ring() -> KeyRing {
    KeyRing::generate("example.com/ledger").unwrap()
}

#[test]
fn a_key_ring_goes_there_and_back() {
    let mut ring = ring();
    let before = SealedDocument::seal(b"before", &ring).unwrap();
    ring.rotate().unwrap();
    let read = KeyRing::parse(&ring.to_secret().unwrap()).unwrap();
    assert_eq!(read.verifiers(), ring.verifiers());
    assert_eq!(read.verifiers().len(), 2);
    assert_eq!(read.origin(), "example.com/ledger");
    assert_eq!(read.commit("a", b"b"), ring.commit("a", b"b"));
    assert_eq!(before.open(&read).unwrap(), b"before");
    let after = SealedDocument::seal(b"after", &read).unwrap();
    assert_eq!(after.open(&ring).unwrap(), b"after");
}

#[test]
fn commitments_keep_keys_meanings_and_values_apart() {
    let ring = ring();
    let of = |domain, bytes: &[u8]| ring.commit(domain, bytes);
    assert_eq!(of("a", b"value"), of("a", b"value"));
    assert_ne!(of("a", b"value"), of("b", b"value"));
    assert_ne!(of("a", b"value"), of("a", b"valuf"));
    assert_ne!(of("a", b"value"), self::ring().commit("a", b"value"));
    assert_eq!(of("a", b"value").len(), "hmac-sha256:".len() + 64);
}

#[test]
fn what_is_no_key_ring_is_refused() {
    let text = ring().to_secret().unwrap();
    assert_eq!(KeyRing::parse("").err(), Some(KeyRingError::Form));
    let other = text.replace("ledger-keys/v1", "ledger-keys/v2");
    assert_eq!(KeyRing::parse(&other).err(), Some(KeyRingError::Form));
    let more = text.replacen('{', "{\"more\":1,", 1);
    assert_eq!(KeyRing::parse(&more).err(), Some(KeyRingError::Form));
    let renamed = text.replace("example.com", "example.org");
    assert!(matches!(
        KeyRing::parse(&renamed).err(),
        Some(KeyRingError::Key(_))
    ));
}

#[test]
fn a_sealed_document_opens_only_as_it_was_sealed() {
    let ring = ring();
    let document = b"{\"kind\":\"Deployment\"}".repeat(100);
    let sealed = SealedDocument::seal(&document, &ring).unwrap();
    assert_eq!(sealed.open(&ring).unwrap(), document);
    assert_eq!(sealed.bytes.len(), document.len() + 16);
    assert_eq!(sealed.open(&self::ring()), Err(SealError::OtherKey));
    for place in [0, 3, 4, 15, 16, 63] {
        let mut changed = sealed.clone();
        changed.wrapped_key[place] ^= 1;
        assert!(changed.open(&ring).is_err(), "byte {place} of the key");
    }
    let mut changed = sealed.clone();
    changed.bytes[7] ^= 1;
    assert_eq!(changed.open(&ring), Err(SealError::Changed));
    let again = SealedDocument::seal(&document, &ring).unwrap();
    assert_ne!(again.hash(), sealed.hash());
    let mut erased = sealed.clone();
    erased.wrapped_key = [0; WRAPPED_KEY];
    assert_eq!(erased.open(&ring), Err(SealError::Erased));
    assert_eq!(erased.hash(), sealed.hash());
}

#[test]
fn secrets_are_not_shown() {
    let ring = ring();
    let shown = format!("{ring:?}");
    assert!(shown.contains("example.com/ledger+"));
    let secret = ring.to_secret().unwrap();
    for line in secret.lines().filter(|line| line.len() > 50) {
        let secret = line.trim().trim_matches([',', '"']);
        assert!(!shown.contains(secret));
    }
}
