//! A witness cosigns what continues, and nothing else.

use std::path::PathBuf;
use std::thread;

use proptest::prelude::*;

use super::*;
use crate::testing::{MemoryLog, decision, time};

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("witness.sqlite")
    }

    /// Opened anew each time, so that only what was written counts.
    fn witness(&self) -> Witness {
        let signer = Signer::from_seed("witness.example", KeyKind::Witness, &[3; 32]).unwrap();
        Witness::open(&self.path(), signer).unwrap()
    }
}

#[test]
fn a_log_that_grows_is_cosigned_each_time() {
    let bench = Bench::new();
    let mut log = MemoryLog::with_decisions(3);
    let keys = log.ring.verifiers();
    for number in 3..300 {
        if number % 37 == 0 || number < 9 {
            let cosigned = bench
                .witness()
                .cosign_log(&log, &keys, time(number))
                .unwrap();
            let stated = cosigned.note().verify(bench.witness().verifier()).unwrap();
            assert_eq!(stated, Some(time(number).as_second().cast_unsigned()));
            cosigned.verify(&keys).unwrap();
            let seen = bench.witness().last_seen(&log.origin).unwrap().unwrap();
            assert_eq!(seen.checkpoint(), cosigned.checkpoint());
        }
        log.push(&decision(number));
        log.seal();
    }
}

#[test]
fn the_same_checkpoint_is_cosigned_again() {
    let bench = Bench::new();
    let log = MemoryLog::with_decisions(3);
    let keys = log.ring.verifiers();
    bench.witness().cosign_log(&log, &keys, time(0)).unwrap();
    let again = bench.witness().cosign_log(&log, &keys, time(9)).unwrap();
    let stated = again.note().verify(bench.witness().verifier()).unwrap();
    assert_eq!(stated, Some(time(9).as_second().cast_unsigned()));
}

#[test]
fn a_log_that_was_rewritten_or_cut_off_is_not_cosigned() {
    let bench = Bench::new();
    let mut log = MemoryLog::with_decisions(10);
    let keys = log.ring.verifiers();
    bench.witness().cosign_log(&log, &keys, time(0)).unwrap();
    let seen = bench.witness().last_seen(&log.origin).unwrap();
    log.entries[4] = decision(90).prepare().unwrap().at(4);
    let mut log = log.rewritten();
    let refused = bench.witness().cosign_log(&log, &keys, time(1));
    assert!(
        matches!(refused, Err(WitnessError::Forked { size: 12 })),
        "{refused:?}"
    );
    log.push(&decision(10));
    log.seal();
    let refused = bench.witness().cosign_log(&log, &keys, time(1));
    assert!(matches!(
        refused,
        Err(WitnessError::NotContinued(ProofError::Mismatch))
    ));
    log.entries.truncate(9);
    let log = log.rewritten();
    let refused = bench.witness().cosign_log(&log, &keys, time(1));
    assert!(matches!(
        refused,
        Err(WitnessError::Shorter {
            seen: 12,
            offered: 9
        })
    ));
    assert_eq!(bench.witness().last_seen(&log.origin).unwrap(), seen);
}

#[test]
fn a_request_can_be_carried_as_a_file() {
    let bench = Bench::new();
    let mut log = MemoryLog::with_decisions(5);
    let keys = log.ring.verifiers();
    let first = log.checkpoints[0].clone();
    log.push_all((5..50).map(decision));
    let second = log.seal();
    let tiles = LogTiles(&log);
    let proof = consistency_proof(7, 52, &TileNodes::new(&tiles, 52)).unwrap();
    let request = |old, proof: &[Hash], checkpoint: &SignedCheckpoint| {
        let request = CosignRequest {
            old,
            proof: proof.to_vec(),
            checkpoint: checkpoint.clone(),
        };
        let read = CosignRequest::parse(&request.to_string()).unwrap();
        assert_eq!(read, request);
        bench.witness().cosign(&read, &keys, time(0))
    };
    request(0, &[], &first).unwrap();
    assert!(matches!(
        request(0, &[], &second),
        Err(WitnessError::Conflict { seen: 7 })
    ));
    assert!(matches!(
        request(9, &proof, &second),
        Err(WitnessError::Conflict { seen: 7 })
    ));
    assert!(matches!(
        request(7, &[], &second),
        Err(WitnessError::NotContinued(_))
    ));
    assert!(matches!(
        request(7, &proof[1..], &second),
        Err(WitnessError::NotContinued(_))
    ));
    let signature = request(7, &proof, &second).unwrap();
    let witness = bench.witness();
    assert_eq!(
        witness.verifier().verify(second.note().text(), &signature),
        Ok(Some(time(0).as_second().cast_unsigned()))
    );
    assert!(matches!(
        request(7, &proof, &first),
        Err(WitnessError::Shorter { .. })
    ));
}

#[test]
fn only_known_logs_and_known_keys_count() {
    let bench = Bench::new();
    let log = MemoryLog::with_decisions(3);
    let other = MemoryLog::with_decisions(3);
    let cosign = |keys: &[Verifier]| bench.witness().cosign_log(&log, keys, time(0));
    assert!(matches!(cosign(&[]), Err(WitnessError::UnknownLog)));
    assert!(matches!(
        cosign(&other.ring.verifiers()),
        Err(WitnessError::Note(NoteError::UnknownKey))
    ));
    let named = Signer::generate("example.com/other", KeyKind::Log).unwrap();
    assert!(matches!(
        cosign(&[named.verifier().clone()]),
        Err(WitnessError::UnknownLog)
    ));
    assert!(bench.witness().last_seen(&log.origin).unwrap().is_none());
    let unsealed = MemoryLog::new();
    assert!(matches!(
        bench
            .witness()
            .cosign_log(&unsealed, &unsealed.ring.verifiers(), time(0)),
        Err(WitnessError::NoCheckpoint)
    ));
    let before: Timestamp = "1969-01-01T00:00:00Z".parse().unwrap();
    let keys = log.ring.verifiers();
    assert!(matches!(
        bench.witness().cosign_log(&log, &keys, before),
        Err(WitnessError::Clock)
    ));
    assert!(bench.witness().last_seen(&log.origin).unwrap().is_none());
}

#[test]
fn of_two_histories_at_once_one_is_cosigned() {
    let bench = Bench::new();
    let log = MemoryLog::with_decisions(3);
    let keys = log.ring.verifiers();
    let mut other = MemoryLog::with_decisions(3);
    other.entries[4] = decision(90).prepare().unwrap().at(4);
    other.ring = crate::keys::KeyRing::parse(&log.ring.to_secret().unwrap()).unwrap();
    let other = other.rewritten();
    bench.witness();
    let requests = [&log, &other].map(|log| CosignRequest {
        old: 0,
        proof: Vec::new(),
        checkpoint: log.checkpoints[0].clone(),
    });
    let (bench, keys) = (&bench, &keys);
    let cosigned: usize = thread::scope(|scope| {
        let threads: Vec<_> = requests
            .iter()
            .map(|request| scope.spawn(|| bench.witness().cosign(request, keys, time(0)).is_ok()))
            .collect();
        threads
            .into_iter()
            .map(|thread| usize::from(thread.join().unwrap()))
            .sum()
    });
    assert_eq!(cosigned, 1);
}

#[test]
fn a_memory_that_cannot_be_read_cosigns_nothing() {
    let bench = Bench::new();
    let log = MemoryLog::with_decisions(3);
    let keys = log.ring.verifiers();
    bench.witness().cosign_log(&log, &keys, time(0)).unwrap();
    let connection = Connection::open(bench.path()).unwrap();
    connection
        .execute_batch("UPDATE seen SET note = 'x'")
        .unwrap();
    assert!(matches!(
        bench.witness().cosign_log(&log, &keys, time(0)),
        Err(WitnessError::StateForm)
    ));
    connection.execute_batch("PRAGMA user_version = 7").unwrap();
    let signer = || Signer::from_seed("witness.example", KeyKind::Witness, &[3; 32]).unwrap();
    assert!(matches!(
        Witness::open(&bench.path(), signer()),
        Err(WitnessError::StateForm)
    ));
    drop(connection);
    std::fs::write(bench.path(), "x".repeat(5_000)).unwrap();
    assert!(matches!(
        Witness::open(&bench.path(), signer()),
        Err(WitnessError::State(_))
    ));
    let of_a_log = Signer::generate("witness.example", KeyKind::Log).unwrap();
    assert!(matches!(
        Witness::open(&bench.folder.path().join("w"), of_a_log),
        Err(WitnessError::NotAWitness)
    ));
}

#[test]
fn what_is_no_request_is_refused() {
    let log = MemoryLog::with_decisions(1);
    let text = format!("old 0\n\n{}", log.checkpoints[0]);
    assert!(CosignRequest::parse(&text).is_ok());
    for changed in [
        String::new(),
        text.replace("old 0", "old 01"),
        text.replace("old 0", "new 0"),
        text.replace("old 0\n", "old 0\nAAAA\n"),
        text.replace("old 0\n", ""),
        text.trim_end().to_owned(),
        text.clone() + &"x".repeat(80_000),
    ] {
        assert!(CosignRequest::parse(&changed).is_err());
    }
}

/// The example of the specification. The key that signed it is not published.
#[test]
fn the_request_of_the_specification_is_read() {
    let text = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";
    let request = CosignRequest::parse(text).unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
    assert_eq!(request.checkpoint.checkpoint().size, 20_852_163);
    assert_eq!(request.checkpoint.note().signatures().len(), 2);
    assert_eq!(request.to_string(), text);
}

proptest! {
    /// Whatever is read is written alike, and nothing that can be read makes a panic or a cosignature.
    #[test]
    fn a_text_is_a_request_in_one_way(
        old in "old [0-9]{1,2}",
        hashes in prop::collection::vec("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", 0..3),
        place: usize,
    ) {
        let log = MemoryLog::with_decisions(2);
        let lines: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
        let text = format!("{old}\n{lines}\n{}", log.checkpoints[0]);
        let cut = text.char_indices().map(|(index, _)| index).nth(place % text.len());
        for text in [text.as_str(), text.get(..cut.unwrap_or(0)).unwrap_or_default()] {
            let Ok(request) = CosignRequest::parse(text) else { continue };
            prop_assert_eq!(request.to_string(), text);
            let bench = Bench::new();
            let cosigned = bench.witness().cosign(&request, &log.ring.verifiers(), time(0));
            prop_assert_eq!(cosigned.is_ok(), request.old == 0 && request.proof.is_empty());
        }
    }
}
