//! Notes, checkpoints and keys.

use rstest::rstest;

use super::*;
use crate::Hash;

/// The key, the note and the signature that Go's `golang.org/x/mod/sumdb/note` documents as its example.
const GO_VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SIGNER: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

fn log() -> Signer {
    Signer::from_seed("example.com/log", KeyKind::Log, &[7; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: "example.com/log".to_owned(),
        size: 20_852_163,
        root: Hash::of(b"root"),
    }
}

#[test]
fn a_note_of_go_verifies_and_is_made_alike() {
    let verifier = Verifier::parse(GO_VERIFIER).unwrap();
    assert_eq!(verifier.to_string(), GO_VERIFIER);
    let note = SignedNote::parse(GO_NOTE).unwrap();
    assert_eq!(note.verify(&verifier), Ok(None));
    assert_eq!(note.to_string(), GO_NOTE);
    let signer = Signer::parse(GO_SIGNER).unwrap();
    assert_eq!(signer.to_secret().as_str(), GO_SIGNER);
    assert_eq!(signer.sign(note.text(), 0), note.signatures()[0]);
}

#[test]
fn a_checkpoint_goes_there_and_back() {
    let mut signed = checkpoint().sign(&log());
    let witness = Signer::from_seed("witness.example", KeyKind::Witness, &[9; 32]).unwrap();
    signed.cosign(&witness, 1_700_000_000);
    let read = SignedCheckpoint::parse(&signed.to_string()).unwrap();
    assert_eq!(read, signed);
    read.verify(&[log().verifier().clone()]).unwrap();
    assert_eq!(
        read.note().verify(witness.verifier()),
        Ok(Some(1_700_000_000))
    );
    let key = Verifier::parse(&witness.verifier().to_string()).unwrap();
    assert_eq!(key.kind(), KeyKind::Witness);
}

#[test]
fn no_changed_byte_of_a_checkpoint_verifies() {
    let text = checkpoint().sign(&log()).to_string();
    let keys = [log().verifier().clone()];
    for place in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let verified = SignedCheckpoint::parse(&changed).and_then(|read| read.verify(&keys));
            assert!(verified.is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn a_checkpoint_of_another_log_is_not_this_ones() {
    let other = Signer::from_seed("example.com/other", KeyKind::Log, &[7; 32]).unwrap();
    let signed = checkpoint().sign(&other);
    assert!(signed.verify(&[other.verifier().clone()]).is_err());
    assert_eq!(
        signed.verify(&[log().verifier().clone()]),
        Err(NoteError::UnknownKey)
    );
}

#[rstest]
#[case::nothing("")]
#[case::no_signature("a\n1\nAAAA\n")]
#[case::leading_zero("a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
#[case::plus("a\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
#[case::short_root("a\n1\nAAAA\n")]
#[case::extension("a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\n")]
#[case::too_large("a\n18446744073709551616\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")]
#[case::no_end("a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")]
fn what_is_no_checkpoint_is_refused(#[case] text: &str) {
    assert_eq!(Checkpoint::parse(text), Err(NoteError::Checkpoint));
    assert!(SignedNote::parse(text).is_err());
}

#[rstest]
#[case::nothing("", KeyError::Form)]
#[case::other_id(
    "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    KeyError::Id
)]
#[case::other_name(
    "PeterPan+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    KeyError::Id
)]
#[case::other_kind(
    "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    KeyError::Kind
)]
#[case::short("PeterNeumann+c74f20a3+ARpc", KeyError::Form)]
#[case::a_space(
    "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    KeyError::Name
)]
fn what_is_no_key_is_refused(#[case] text: &str, #[case] error: KeyError) {
    assert_eq!(Verifier::parse(text), Err(error));
    let private = format!("PRIVATE+KEY+{text}");
    assert!(Signer::parse(&private).is_err());
}

#[test]
fn a_private_key_is_not_shown() {
    let shown = format!("{:?}", log());
    assert_eq!(shown, log().verifier().to_string());
    assert!(!log().to_secret().contains(&shown));
}
