//! Statements on changes: what they bind, and everything that is refused.

use data_encoding::{BASE64, HEXLOWER};
use proptest::prelude::*;
use rstest::rstest;
use serde_json::{Value, json};

use super::*;
use crate::note::KeyKind;
use crate::record::EngineName;

const HEAD: &str = "1111111111111111111111111111111111111111";
const COMMIT: &str = "2222222222222222222222222222222222222222";
const TREE: &str = "3333333333333333333333333333333333333333";

fn signer() -> Signer {
    Signer::from_seed("example.com/gate", KeyKind::Log, &[7; 32]).unwrap()
}

fn keys() -> [Verifier; 1] {
    [signer().verifier().clone()]
}

fn image(name: &str, digit: char) -> ImageReference {
    let digits: String = std::iter::repeat_n(digit, 64).collect();
    ImageReference::parse(&format!("{name}@sha256:{digits}")).unwrap()
}

fn approval() -> ChangeApproval {
    let account = |id: u64, login: &str| Account {
        id,
        login: login.to_owned(),
    };
    ChangeApproval {
        repository: ChangeRepository {
            host: "github.com".to_owned(),
            id: 7,
            name: "acme/shop".to_owned(),
        },
        change: Change {
            base_ref: "main".to_owned(),
            head_commit: HEAD.to_owned(),
            id: 420,
            merge_commit: COMMIT.to_owned(),
            merged_at: "2026-11-20T09:30:00Z".parse().unwrap(),
            number: 42,
            tree: TREE.to_owned(),
        },
        author: Some(account(1, "alice")),
        approvers: vec![account(2, "bob")],
        decision: ChangeDecision {
            engine: EngineName {
                name: "soc2gate".to_owned(),
                version: "0.1.0".to_owned(),
            },
            ledger: DecisionEntry {
                id: "00112233445566778899aabbccddeeff".to_owned(),
                index: 2,
                leaf_hash: Hash::leaf(b"entry").to_string(),
                origin: "example.com/gate".to_owned(),
            },
            outcome: "allow".to_owned(),
            policies: "sha256:00aa".to_owned(),
            settings: "sha256:00bb".to_owned(),
            time: "2026-11-20T09:20:00Z".parse().unwrap(),
            verdicts: vec![ControlVerdict {
                control: "CHG-01".to_owned(),
                enforcement: "deny".to_owned(),
                exception: None,
                status: "pass".to_owned(),
            }],
        },
    }
}

fn statement() -> ChangeStatement {
    ChangeStatement::new(&approval(), [image("registry.example.com/shop", 'a')]).unwrap()
}

/// The statement after a change to its JSON, signed.
fn signed(change: impl Fn(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(&statement().payload).unwrap();
    change(&mut value);
    let payload = crate::record::canonical_value(&value).unwrap();
    let envelope = Envelope::sign(STATEMENT_MEDIA_TYPE, &payload, &signer());
    envelope.to_json().unwrap()
}

#[test]
fn a_statement_binds_commit_tree_and_images() {
    let envelope = statement().sign(&signer()).to_json().unwrap();
    let read = ChangeStatement::verify(&envelope, &keys()).unwrap();
    assert_eq!(read, statement());
    assert_eq!(read.approval(), &approval());
    assert!(read.is_of_commit(COMMIT));
    assert!(!read.is_of_commit(HEAD));
    assert!(!read.is_of_commit(""));
    assert!(read.is_of_image(&image("registry.example.com/shop", 'a')));
    assert!(!read.is_of_image(&image("registry.example.com/shop", 'b')));
    assert!(!read.is_of_image(&image("registry.example.com/other", 'a')));
    assert!(read.is_of_image_digest(&"a".repeat(64)));
    assert!(!read.is_of_image_digest(&"b".repeat(64)));
    assert!(!read.is_of_image_digest(&format!("sha256:{}", "a".repeat(64))));
    assert_eq!(
        read.digests(),
        [
            format!("gitCommit:{COMMIT}"),
            format!("gitTree:{TREE}"),
            format!("sha256:{}", "a".repeat(64))
        ]
    );
}

#[test]
fn the_same_change_and_images_make_the_same_bytes() {
    let (a, b) = (image("r.example/a", 'a'), image("r.example/b", 'b'));
    let of = |images: Vec<ImageReference>| ChangeStatement::new(&approval(), images).unwrap();
    let once = of(vec![a.clone(), b.clone()]);
    let again = of(vec![b.clone(), a.clone(), b]);
    assert_eq!(once.sign(&signer()), again.sign(&signer()));
    let key = keys()[0].clone();
    assert_eq!(once.record_id(&key), again.record_id(&key));
    assert_eq!(once.record_id(&key).len(), 32);
    assert_ne!(once.record_id(&key), of(vec![a]).record_id(&key));
    let other = Signer::from_seed("example.com/gate", KeyKind::Log, &[8; 32]).unwrap();
    assert_ne!(once.record_id(&key), once.record_id(other.verifier()));
}

/// Written once; whoever verifies without this program finds these bytes.
#[test]
fn the_form_does_not_change() {
    let payload = String::from_utf8(statement().payload).unwrap();
    assert!(payload.starts_with(
        r#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"approvers":[{"id":2,"login":"bob"}],"author":{"id":1,"login":"alice"},"change":{"baseRef":"main","headCommit":"11"#
    ));
    assert!(payload.contains(r#""predicateType":"https://soc2gate.dev/attestation/change/v1""#));
    assert!(payload.contains(&format!(
        r#""subject":[{{"digest":{{"gitCommit":"{COMMIT}"}},"name":"git+https://github.com/acme/shop"}},{{"digest":{{"gitTree":"{TREE}"}},"name":"git+https://github.com/acme/shop#tree"}},{{"digest":{{"sha256":"aa"#
    )));
    assert_eq!(
        statement().sha256().to_string(),
        HEXLOWER.encode(&Sha256::digest(statement().payload))
    );
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    let envelope = signed(|value| {
        value["predicate"]["later"] = json!(1);
        value["predicate"]["change"]["later"] = json!([{}]);
    });
    let read = ChangeStatement::verify(&envelope, &keys()).unwrap();
    assert_eq!(read.approval(), &approval());
    assert_ne!(
        read.sha256(),
        statement().sha256(),
        "what was signed is named"
    );
}

#[rstest]
#[case::other_statement("/_type", json!("https://in-toto.io/Statement/v0.1"), AttestError::StatementType)]
#[case::other_predicate("/predicateType", json!(crate::attest::DECISION_TYPE), AttestError::StatementType)]
#[case::denied("/predicate/decision/outcome", json!("deny"), AttestError::Shape)]
#[case::no_subject("/subject", json!([]), AttestError::Shape)]
#[case::other_commit("/predicate/change/mergeCommit", json!(HEAD), AttestError::Shape)]
#[case::other_tree("/predicate/change/tree", json!(HEAD), AttestError::Shape)]
#[case::short_commit("/predicate/change/headCommit", json!("1111111"), AttestError::Shape)]
#[case::other_subject("/subject/0/digest/gitCommit", json!(HEAD), AttestError::Shape)]
#[case::other_repository("/subject/0/name", json!("git+https://github.com/acme/other"), AttestError::Shape)]
#[case::name_of_repository("/predicate/repository/name", json!("acme"), AttestError::Shape)]
#[case::login("/predicate/approvers/0/login", json!("bob\u{1b}[2J"), AttestError::Shape)]
#[case::image_without_name("/subject/2/name", json!(""), AttestError::Shape)]
#[case::image_with_tag("/subject/2/name", json!("registry.example.com/shop:1"), AttestError::Shape)]
#[case::short_digest("/subject/2/digest/sha256", json!("aa"), AttestError::Shape)]
#[case::other_digest("/subject/2/digest", json!({"sha512": "aa"}), AttestError::Shape)]
#[case::two_digests("/subject/2/digest", json!({"sha256": "a".repeat(64), "sha512": "aa"}), AttestError::Shape)]
#[case::no_predicate("/predicate", Value::Null, AttestError::Shape)]
#[case::negative_id("/predicate/repository/id", json!(-1), AttestError::Shape)]
fn a_signed_statement_of_another_form_is_refused(
    #[case] pointer: &str,
    #[case] value: Value,
    #[case] error: AttestError,
) {
    let envelope = signed(|statement| *statement.pointer_mut(pointer).unwrap() = value.clone());
    assert_eq!(ChangeStatement::verify(&envelope, &keys()), Err(error));
}

#[test]
fn a_text_that_can_be_read_in_two_ways_is_refused() {
    let payload = String::from_utf8(statement().payload).unwrap();
    let doubled = payload.replace(
        r#""outcome":"allow""#,
        r#""outcome":"deny","outcome":"allow""#,
    );
    let spaced = payload.replace(r#""outcome":"#, r#""outcome": "#);
    for text in [doubled, spaced] {
        assert_ne!(text, payload);
        let envelope = Envelope::sign(STATEMENT_MEDIA_TYPE, text.as_bytes(), &signer());
        let read = ChangeStatement::verify(&envelope.to_json().unwrap(), &keys());
        assert_eq!(read, Err(AttestError::Shape));
    }
}

#[test]
fn only_a_known_key_of_a_log_counts() {
    let envelope = statement().sign(&signer()).to_json().unwrap();
    let verify = |keys: &[Verifier]| ChangeStatement::verify(&envelope, keys).map(|_| ());
    let other = Signer::from_seed("example.com/gate", KeyKind::Log, &[8; 32]).unwrap();
    let witness = Signer::from_seed("example.com/gate", KeyKind::Witness, &[7; 32]).unwrap();
    assert_eq!(verify(&[]), Err(AttestError::UnknownKey));
    assert_eq!(
        verify(&[other.verifier().clone()]),
        Err(AttestError::UnknownKey)
    );
    assert_eq!(
        verify(&[witness.verifier().clone()]),
        Err(AttestError::UnknownKey)
    );
    assert_eq!(
        verify(&[other.verifier().clone(), keys()[0].clone()]),
        Ok(())
    );
}

#[test]
fn what_is_too_much_is_refused() {
    let many = (0..=MAX_IMAGES).map(|at| image(&format!("r.example/i{at}"), 'a'));
    assert_eq!(
        ChangeStatement::new(&approval(), many),
        Err(AttestError::TooManyImages)
    );
    let mut envelope = statement().sign(&signer()).to_json().unwrap();
    envelope.resize(MAX_ENVELOPE + 1, b' ');
    assert_eq!(
        ChangeStatement::verify(&envelope, &keys()),
        Err(AttestError::Form)
    );
    let nested = BASE64.encode("[".repeat(100_000).as_bytes());
    let text = format!(r#"{{"payload":"{nested}","payloadType":"a","signatures":[]}}"#);
    assert!(ChangeStatement::verify(text.as_bytes(), &keys()).is_err());
    assert!(ChangeStatement::verify("[".repeat(100_000).as_bytes(), &keys()).is_err());
}

/// Every bit of every byte: what the statement says never changes. The hint which key signed is not signed.
#[test]
fn no_flipped_bit_changes_what_is_read() {
    let envelope = statement().sign(&signer()).to_json().unwrap();
    let mut accepted = 0;
    for place in 0..envelope.len() {
        for bit in 0..8 {
            let mut changed = envelope.clone();
            changed[place] ^= 1 << bit;
            if let Ok(read) = ChangeStatement::verify(&changed, &keys()) {
                assert_eq!(read, statement(), "byte {place} bit {bit}");
                accepted += 1;
            }
        }
    }
    let hint = crate::attest::key_id(&keys()[0]).len();
    assert!(accepted <= (hint + 6) * 8, "{accepted}");
}

#[rstest]
#[case("shop", "shop")]
#[case(
    "registry.example.com:5000/team/shop",
    "registry.example.com:5000/team/shop"
)]
#[case(
    "registry.example.com:5000/team/shop:v1.2",
    "registry.example.com:5000/team/shop"
)]
#[case("shop:latest", "shop")]
fn an_image_is_named_without_its_tag(#[case] name: &str, #[case] expected: &str) {
    assert_eq!(image(name, 'f').name(), expected);
    assert_eq!(image(name, 'f').sha256(), "f".repeat(64));
}

#[rstest]
#[case("shop")]
#[case("shop:latest")]
#[case("@sha256:DIGEST")]
#[case("shop@sha256:abc")]
#[case("shop@sha512:DIGEST")]
#[case("shop@sha256:DIGESTa")]
#[case("shop@sha256:DIGEST@sha256:DIGEST")]
#[case("sh op@sha256:DIGEST")]
#[case("a//b@sha256:DIGEST")]
#[case("a/../b@sha256:DIGEST")]
#[case("sh\u{f6}p@sha256:DIGEST")]
fn what_is_no_image_by_digest_is_refused(#[case] text: &str) {
    let text = text.replace("DIGEST", &"a".repeat(64));
    assert_eq!(ImageReference::parse(&text), Err(AttestError::Image));
    let upper = format!("shop@sha256:{}", "A".repeat(64));
    assert_eq!(ImageReference::parse(&upper), Err(AttestError::Image));
}

proptest! {
    #[test]
    fn no_bytes_are_verified_by_chance(bytes: Vec<u8>) {
        prop_assert!(ChangeStatement::verify(&bytes, &keys()).is_err());
    }
}
