//! Statements, their envelopes, and what other implementations say of them.

use std::path::Path;
use std::process::Command;

use data_encoding::{BASE64, BASE64URL};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::Hash;
use crate::note::{KeyKind, Signer};
use crate::record::Event;
use crate::testing::{ORIGIN, beginning, decision};

fn signer() -> Signer {
    Signer::from_seed(ORIGIN, KeyKind::Log, &[5; 32]).unwrap()
}

fn entry(number: u64) -> Vec<u8> {
    decision(number).prepare().unwrap().at(number)
}

fn statement(kind: PredicateKind, number: u64) -> Statement {
    Statement::of_decision(kind, ORIGIN, &entry(number), None).unwrap()
}

/// The example of the specification's protocol page.
#[test]
fn what_is_signed_is_encoded_as_the_specification_shows() {
    assert_eq!(
        dsse::encode("http://example.com/HelloWorld", b"hello world"),
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    );
    assert_eq!(dsse::encode("\u{e9}", b""), "DSSEv1 2 \u{e9} 0 ".as_bytes());
}

#[test]
fn an_envelope_gives_what_a_known_key_signed() {
    let signer = signer();
    let keys = [signer.verifier().clone()];
    let mut envelope = Envelope::sign("text/plain", b"hello \xff?>", &signer);
    let read = Envelope::parse(&envelope.to_json().unwrap()).unwrap();
    assert_eq!(read, envelope);
    assert_eq!(read.verify("text/plain", &keys).unwrap(), b"hello \xff?>");
    assert_eq!(
        read.verify("text/html", &keys),
        Err(AttestError::PayloadType)
    );
    assert_eq!(read.verify("text/plain", &[]), Err(AttestError::UnknownKey));
    let other = Signer::generate(ORIGIN, KeyKind::Log).unwrap();
    assert_eq!(
        read.verify("text/plain", &[other.verifier().clone()]),
        Err(AttestError::UnknownKey)
    );
    let witness = Signer::from_seed(ORIGIN, KeyKind::Witness, &[5; 32]).unwrap();
    assert_eq!(
        read.verify("text/plain", &[witness.verifier().clone()]),
        Err(AttestError::UnknownKey)
    );
    envelope.payload = BASE64URL.encode(b"hello \xff?>");
    assert!(envelope.verify("text/plain", &keys).is_ok());
    envelope.payload = BASE64.encode(b"hello \xff?<");
    assert_eq!(
        envelope.verify("text/plain", &keys),
        Err(AttestError::Signature)
    );
    envelope.payload = "?".to_owned();
    assert_eq!(envelope.verify("text/plain", &keys), Err(AttestError::Form));
    envelope.signatures.clear();
    envelope.payload = BASE64.encode(b"");
    assert_eq!(
        envelope.verify("text/plain", &keys),
        Err(AttestError::UnknownKey)
    );
    assert_eq!(Envelope::parse(b"{}"), Err(AttestError::Form));
}

#[test]
fn a_signature_over_a_note_is_none_over_an_envelope() {
    let signer = signer();
    let note = signer.sign("text\n", 0);
    let mut envelope = Envelope::sign("text/plain", b"text\n", &signer);
    envelope.signatures[0].sig = BASE64.encode(&note.bytes);
    assert_eq!(
        envelope.verify("text/plain", &[signer.verifier().clone()]),
        Err(AttestError::Signature)
    );
}

#[test]
fn a_subject_is_named_without_a_digest_of_its_document() {
    let commitment = format!("{:064x}", 1);
    let of_entry = statement(PredicateKind::Summary, 1);
    assert_eq!(
        of_entry.subject[0].name,
        "kubernetes/apps/Deployment/shop/web-1"
    );
    assert_eq!(
        json!(of_entry.subject[0].digest),
        json!({COMMITMENT_DIGEST: commitment})
    );
    let of = |commit| Statement::of_decision(PredicateKind::Summary, ORIGIN, &entry(1), commit);
    let commit = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(
        json!(of(Some(commit)).unwrap().subject[0].digest),
        json!({COMMITMENT_DIGEST: commitment, "gitCommit": commit})
    );
    assert_eq!(of(Some("main")), Err(AttestError::Commit));
    assert_eq!(of(Some(&commit.to_uppercase())), Err(AttestError::Commit));
    let mut without = decision(1);
    without.subject = None;
    let entry = without.prepare().unwrap().at(1);
    let named = Statement::of_decision(PredicateKind::Summary, ORIGIN, &entry, None).unwrap();
    assert_eq!(
        named.subject[0].name,
        "soc2gate-ledger:example.com/ledger/1"
    );
    assert_eq!(
        json!(named.subject[0].digest),
        json!({"sha256": Hash::of(&entry).to_string()})
    );
}

#[test]
fn only_decisions_are_attested() {
    let change = beginning().remove(0).prepare().unwrap().at(0);
    let of = |entry: &[u8]| Statement::of_decision(PredicateKind::Decision, ORIGIN, entry, None);
    assert_eq!(of(&change), Err(AttestError::NotADecision));
    assert!(matches!(of(b"{ }"), Err(AttestError::Record(_))));
}

#[test]
fn our_predicate_is_the_record() {
    let statement = statement(PredicateKind::Decision, 4);
    assert_eq!(statement.predicate["ledger"]["index"], 4);
    assert_eq!(
        statement.predicate["ledger"]["leafHash"],
        Hash::leaf(&entry(4)).to_string()
    );
    let record: Value = serde_json::from_slice(&entry(4)).unwrap();
    assert_eq!(statement.predicate["record"], record);
}

#[rstest]
#[case::all_pass(1, "PASSED", json!(["SOC2GATE_WRK-01", "SOC2GATE_ACC-16"]))]
#[case::denied(3, "FAILED", json!(["FAILED"]))]
#[case::by_exception(5, "PASSED", json!(["SOC2GATE_WRK-01"]))]
fn summaries(#[case] number: u64, #[case] result: &str, #[case] levels: Value) {
    let predicate = statement(PredicateKind::Summary, number).predicate;
    assert_eq!(predicate["verificationResult"], result);
    assert_eq!(predicate["verifiedLevels"], levels);
    assert_eq!(predicate["policy"]["digest"], json!({"sha256": "00aa"}));
    assert_eq!(
        predicate["resourceUri"],
        format!("soc2gate:kubernetes/apps/Deployment/shop/web-{number}")
    );
}

#[test]
fn what_is_not_allowed_is_never_passed() {
    for outcome in ["deny", "error", "", "Allow"] {
        let mut draft = decision(1);
        if let Event::Decision(decision) = &mut draft.event {
            decision.outcome = outcome.to_owned();
        }
        let entry = draft.prepare().unwrap().at(0);
        let of = |kind| {
            Statement::of_decision(kind, ORIGIN, &entry, None)
                .unwrap()
                .predicate
        };
        assert_eq!(of(PredicateKind::Summary)["verificationResult"], "FAILED");
        assert_eq!(of(PredicateKind::TestResult)["result"], "FAILED");
    }
}

#[rstest]
#[case::all_pass(1, json!(["PASSED", ["WRK-01", "ACC-16"], [], []]))]
#[case::denied(3, json!(["FAILED", ["ACC-16"], [], ["WRK-01"]]))]
#[case::by_exception(5, json!(["WARNED", ["WRK-01"], ["ACC-16"], []]))]
#[case::both(15, json!(["FAILED", [], ["ACC-16"], ["WRK-01"]]))]
fn test_results(#[case] number: u64, #[case] expected: Value) {
    let predicate = statement(PredicateKind::TestResult, number).predicate;
    let seen = ["result", "passedTests", "warnedTests", "failedTests"];
    assert_eq!(json!(seen.map(|name| predicate[name].clone())), expected);
    assert_eq!(predicate["configuration"][1]["name"], "settings");
}

/// The Python packages of in-toto and securesystemslib, which share no code with this crate.
#[test]
fn other_implementations_accept_the_statements_and_refuse_changed_ones() {
    let Some(tools) = std::env::var_os("SOC2GATE_TEST_TOOLS") else {
        eprintln!("notice: skipped, run by cargo xtask test, which installs in-toto's packages");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let accepts = |envelopes: &[Envelope], key: &Signer| {
        let path = folder.path().join("attestations.jsonl");
        let mut lines = Vec::new();
        for envelope in envelopes {
            lines.extend(envelope.to_json().unwrap());
            lines.push(b'\n');
        }
        std::fs::write(&path, lines).unwrap();
        let output = Command::new(Path::new(&tools).join("python/bin/python"))
            .arg(root.join("tests/tools/attestations.py"))
            .arg(path)
            .arg(key_id(key.verifier()))
            .arg(data_encoding::HEXLOWER.encode(&key.verifier().public_key()))
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.code() == Some(0) || shown.starts_with("refused"),
            "{output:?}"
        );
        shown
    };
    let signer = signer();
    let envelopes: Vec<Envelope> = (0..16)
        .flat_map(|number| PredicateKind::ALL.map(|kind| statement(kind, number)))
        .map(|statement| statement.sign(&signer).unwrap())
        .collect();
    assert_eq!(accepts(&envelopes, &signer), "accepted 48\n");
    let mut changed = envelopes[0].clone();
    let payload = BASE64.decode(changed.payload.as_bytes()).unwrap();
    let text = String::from_utf8(payload).unwrap().replace("deny", "warn");
    changed.payload = BASE64.encode(text.as_bytes());
    assert!(accepts(&[changed], &signer).starts_with("refused"));
    let mut without_digest = statement(PredicateKind::Decision, 1);
    without_digest.subject[0].digest.clear();
    assert!(accepts(&[without_digest.sign(&signer).unwrap()], &signer).starts_with("refused"));
    let mut other_field = statement(PredicateKind::Summary, 1);
    other_field.predicate["verificationOutcome"] = json!("PASSED");
    assert!(accepts(&[other_field.sign(&signer).unwrap()], &signer).starts_with("refused"));
}

proptest! {
    #[test]
    fn no_changed_byte_of_an_envelope_verifies_as_something_else(place: usize, byte: u8) {
        let signer = signer();
        let envelope = Envelope::sign("text/plain", b"some text of a payload", &signer);
        let mut text = envelope.to_json().unwrap();
        let place = place % text.len();
        text[place] = byte;
        let payload = Envelope::parse(&text)
            .and_then(|read| read.verify("text/plain", &[signer.verifier().clone()]));
        if let Ok(payload) = payload {
            // The hint which key signed is not signed.
            prop_assert_eq!(payload, b"some text of a payload");
        }
    }
}
