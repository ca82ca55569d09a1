//! Proof files there and back.

use proptest::prelude::*;

use super::*;
use crate::testing::{MemoryLog, decision};

#[test]
fn every_record_under_a_checkpoint_is_proved() {
    let mut log = MemoryLog::with_decisions(600);
    log.push(&decision(600));
    let keys = log.ring.verifiers();
    for index in [0, 1, 255, 256, 300, 600, 601] {
        let proof = RecordProof::of(&log, index).unwrap();
        let text = proof.to_string();
        let read = RecordProof::parse(&text).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.to_string(), text);
        assert_eq!(read.verify(&keys).unwrap().index, index);
        let entry = BASE64.encode(proof.entry.as_deref().unwrap());
        assert!(text.len() - entry.len() < 2_048, "{}", text.len());
    }
    assert!(matches!(
        RecordProof::of(&log, 602),
        Err(RecordProofError::NotSealed {
            index: 602,
            size: 602
        })
    ));
    log.checkpoints.clear();
    assert!(matches!(
        RecordProof::of(&log, 0),
        Err(RecordProofError::NoCheckpoint)
    ));
}

/// As large as the proof of a record among ten million is.
#[test]
fn a_long_proof_is_under_two_kilobytes_beside_its_record() {
    let log = MemoryLog::with_decisions(1);
    let proof = RecordProof {
        entry: None,
        index: 9_999_998,
        hashes: vec![Hash::of(b"x"); 24],
        checkpoint: log.checkpoints[0].clone(),
    };
    assert!(proof.to_string().len() < 2_048);
}

#[test]
fn the_form_is_that_of_c2sp() {
    let log = MemoryLog::with_decisions(1);
    let mut proof = RecordProof::of(&log, 2).unwrap();
    let text = proof.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
    assert!(lines[1].starts_with("extra "));
    assert_eq!(lines[2], "index 2");
    assert_eq!(lines[3].len(), 44);
    assert_eq!(lines[4..7], ["", "example.com/ledger", "3"]);
    // The extra data may be left out: then the record comes from elsewhere.
    let entry = proof.entry.take();
    let read = RecordProof::parse(&proof.to_string()).unwrap();
    let keys = log.ring.verifiers();
    assert!(matches!(read.verify(&keys), Err(RecordProofError::NoEntry)));
    assert!(RecordProof { entry, ..read }.verify(&keys).is_ok());
}

#[test]
fn no_changed_byte_of_a_proof_verifies() {
    let log = MemoryLog::with_decisions(5);
    let keys = log.ring.verifiers();
    let text = RecordProof::of(&log, 4).unwrap().to_string();
    for place in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1 << bit;
            let Ok(changed) = String::from_utf8(bytes) else {
                continue;
            };
            let verified = RecordProof::parse(&changed).and_then(|proof| proof.verify(&keys));
            assert!(verified.is_err(), "byte {place}, bit {bit}");
        }
    }
}

#[test]
fn a_proof_is_for_one_log_one_record_and_one_place() {
    let log = MemoryLog::with_decisions(5);
    let keys = log.ring.verifiers();
    let proof = RecordProof::of(&log, 4).unwrap();
    let other = MemoryLog::with_decisions(5);
    assert!(matches!(
        proof.verify(&other.ring.verifiers()),
        Err(RecordProofError::Note(NoteError::UnknownKey))
    ));
    assert!(proof.verify(&[]).is_err());
    let mut moved = proof.clone();
    moved.index = 5;
    assert!(matches!(
        moved.verify(&keys),
        Err(RecordProofError::Proof(_))
    ));
    let mut swapped = proof;
    swapped.entry = Some(log.entries[5].clone());
    assert!(matches!(
        swapped.verify(&keys),
        Err(RecordProofError::Proof(_))
    ));
    // A log whose record is not where it says.
    let mut wrong = MemoryLog::with_decisions(1);
    wrong.push_entry(decision(1).prepare().unwrap().at(9));
    wrong.seal();
    let proof = RecordProof::of(&wrong, 3).unwrap();
    assert!(matches!(
        proof.verify(&wrong.ring.verifiers()),
        Err(RecordProofError::Index(3))
    ));
}

#[test]
fn a_log_with_wrong_tiles_gives_no_proof() {
    let mut log = MemoryLog::with_decisions(5);
    log.change_node(0, 3, Hash::of(b"other"));
    assert!(matches!(
        RecordProof::of(&log, 2),
        Err(RecordProofError::Proof(_))
    ));
}

#[test]
fn what_is_no_proof_is_refused() {
    let log = MemoryLog::with_decisions(1);
    let text = RecordProof::of(&log, 0).unwrap().to_string();
    assert!(RecordProof::parse(&text).is_ok());
    let many = format!("{}\n", BASE64.encode(&[0; 32])).repeat(65);
    for changed in [
        String::new(),
        text.replace("@v1", "@v2"),
        text.replace("index 0", "index 00"),
        text.replace("index 0", "index +0"),
        text.replace("index 0\n", ""),
        text.replace("extra ", "extra  "),
        text.replace("extra ", "more "),
        text.replace("index 0\n", &format!("index 0\n{many}")),
        text.replace(
            "index 0\n",
            &format!("index 0\nextra {}\n", "A".repeat(200_000)),
        ),
        text.trim_end().to_owned(),
    ] {
        assert!(matches!(
            RecordProof::parse(&changed),
            Err(RecordProofError::Form)
        ));
    }
}

proptest! {
    /// Whatever is read is written alike, and nothing that can be read makes a panic.
    #[test]
    fn a_text_is_a_proof_in_one_way(
        lines in prop::collection::vec("(extra |index |)([0-9]{1,3}|[A-Za-z0-9+/]{43}=|)", 0..6),
        place: usize,
    ) {
        let log = MemoryLog::with_decisions(2);
        let text = format!("{HEADER}\n{}\n\n{}", lines.join("\n"), log.checkpoints[0]);
        let cut = text.char_indices().map(|(index, _)| index).nth(place % text.len());
        for text in [text.as_str(), text.get(..cut.unwrap_or(0)).unwrap_or_default()] {
            if let Ok(proof) = RecordProof::parse(text) {
                prop_assert_eq!(proof.to_string(), text);
                prop_assert!(proof.verify(&log.ring.verifiers()).is_err());
            }
        }
    }
}
