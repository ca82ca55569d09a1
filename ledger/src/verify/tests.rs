//! Sound logs verify, and no others.

use jiff::Timestamp;
use rstest::rstest;

use super::*;
use crate::note::{KeyKind, Signer};
use crate::record::{Canary, Erasure, Event, Gap, Kind, ObligationClosed, ObligationOpened};
use crate::store::Document;
use crate::testing::{MemoryLog, decision, draft, exception_used, large, processor_seconds, time};
use crate::tree::{TILE_HEIGHT, Tile};

fn trust(log: &MemoryLog) -> Trust {
    Trust {
        keys: vec![log.ring.verifiers()[0].clone()],
        ..Trust::default()
    }
}

fn check(log: &MemoryLog, trust: &Trust) -> Report {
    let checks = Checks {
        documents: true,
        tiles: true,
    };
    verify(log, trust, checks, |_| {})
}

fn codes(report: &Report) -> Vec<Code> {
    report
        .problems
        .items
        .iter()
        .map(|problem| problem.code)
        .collect()
}

fn findings(report: &Report) -> Vec<(Option<u64>, Code)> {
    let findings = report.findings.items.iter();
    findings
        .map(|finding| (finding.index, finding.code))
        .collect()
}

#[test]
fn a_sound_log_verifies() {
    let mut log = MemoryLog::with_decisions(700);
    let older = log.checkpoints[0].clone();
    log.push_all((700..710).map(decision));
    log.seal();
    log.push(&decision(710));
    let mut trust = trust(&log);
    trust.checkpoints = vec![older, log.checkpoint_at(3), log.checkpoint_at(0)];
    let mut seen = 0;
    let report = verify(
        &log,
        &trust,
        Checks {
            documents: true,
            tiles: true,
        },
        |count| seen = count,
    );
    assert_eq!(codes(&report), []);
    assert_eq!(findings(&report), []);
    assert!(report.is_verified());
    assert_eq!(
        (report.entries, report.unsealed, report.checkpoints),
        (713, 1, 2)
    );
    assert_eq!(seen, 713);
    let sealed = report.sealed.unwrap();
    assert_eq!(sealed.size, 712);
    assert_eq!(
        sealed.root,
        log.checkpoints[1].checkpoint().root.to_string()
    );
    assert_eq!(sealed.key, log.ring.signer().verifier().to_string());
    assert_eq!(report.continued, [0, 3, 702]);
    assert_eq!(report.kinds[&Kind::Decision], 711);
    assert_eq!(report.first_time, Some(time(0)));
    assert_eq!(report.last_time, Some(time(710)));
    assert_eq!(report.documents, Some(DocumentCounts::default()));
}

#[test]
fn nothing_that_could_not_be_checked_counts_as_verified() {
    let sound = MemoryLog::with_decisions(3);
    let without_key = check(&sound, &Trust::default());
    assert_eq!(codes(&without_key), [Code::NoTrustedKey, Code::UnknownKey]);
    let other = Trust {
        keys: MemoryLog::new().ring.verifiers(),
        ..Trust::default()
    };
    assert_eq!(codes(&check(&sound, &other)), [Code::UnknownKey]);
    let named_otherwise = Signer::generate("example.com/other", KeyKind::Log).unwrap();
    let other = Trust {
        keys: vec![named_otherwise.verifier().clone()],
        ..Trust::default()
    };
    assert_eq!(
        codes(&check(&sound, &other)),
        [Code::NoTrustedKey, Code::UnknownKey]
    );
    let empty = MemoryLog::new();
    let report = check(&empty, &trust(&empty));
    assert_eq!(codes(&report), [Code::NoCheckpoint]);
    assert!(!report.is_verified());
    let mut unsealed = MemoryLog::with_decisions(3);
    unsealed.checkpoints.clear();
    assert_eq!(
        codes(&check(&unsealed, &trust(&unsealed))),
        [Code::NoCheckpoint]
    );
}

#[test]
fn every_flipped_bit_of_an_entry_is_found() {
    let mut log = MemoryLog::with_decisions(2);
    let trust = trust(&log);
    let place = log.entries.len() - 1;
    for byte in 0..log.entries[place].len() {
        for bit in 0..8 {
            log.entries[place][byte] ^= 1 << bit;
            let report = check(&log, &trust);
            assert!(!report.is_verified(), "byte {byte}, bit {bit}");
            assert!(
                codes(&report).contains(&Code::Root),
                "byte {byte}, bit {bit}"
            );
            log.entries[place][byte] ^= 1 << bit;
        }
    }
    assert!(check(&log, &trust).is_verified());
}

/// Ways to change a log of twelve records.
fn removed(log: &mut MemoryLog) {
    log.entries.remove(5);
}
fn swapped(log: &mut MemoryLog) {
    log.entries.swap(5, 6);
}
fn doubled(log: &mut MemoryLog) {
    let entry = log.entries[5].clone();
    log.entries.insert(6, entry);
}
fn cut_off(log: &mut MemoryLog) {
    log.entries.truncate(9);
}
fn spliced(log: &mut MemoryLog) {
    log.entries[7] = decision(90).prepare().unwrap().at(7);
}

#[rstest]
#[case::removed(removed)]
#[case::swapped(swapped)]
#[case::doubled(doubled)]
#[case::cut_off(cut_off)]
#[case::spliced(spliced)]
fn a_changed_log_does_not_verify(#[case] change: fn(&mut MemoryLog)) {
    let mut log = MemoryLog::with_decisions(10);
    let mut trust = trust(&log);
    let older = log.checkpoints[0].clone();
    change(&mut log);
    let report = check(&log, &trust);
    assert!(!report.is_verified());
    // Whoever holds the key can sign the changed log, and only a checkpoint that was kept elsewhere tells.
    let log = log.rewritten();
    trust.checkpoints = vec![older];
    let report = check(&log, &trust);
    let found = codes(&report);
    assert!(
        found.contains(&Code::Root) || found.contains(&Code::Truncated),
        "{found:?}"
    );
    assert_eq!(report.continued, Vec::<u64>::new());
}

#[test]
fn a_log_that_was_rewritten_soundly_is_told_only_by_an_older_checkpoint() {
    let mut log = MemoryLog::with_decisions(10);
    let older = log.checkpoints[0].clone();
    spliced(&mut log);
    let log = log.rewritten();
    let mut trust = trust(&log);
    assert!(check(&log, &trust).is_verified());
    assert!(continues(&log, &log.checkpoint_at(4), &trust.keys).is_ok());
    assert!(matches!(
        continues(&log, &older, &trust.keys),
        Err(ContinuityError::Proof(_))
    ));
    trust.checkpoints = vec![older];
    assert_eq!(codes(&check(&log, &trust)), [Code::Root]);
}

#[test]
fn a_log_shorter_than_a_checkpoint_does_not_continue_it() {
    let mut log = MemoryLog::with_decisions(10);
    let older = log.checkpoints[0].clone();
    cut_off(&mut log);
    let log = log.rewritten();
    let trust = Trust {
        checkpoints: vec![older.clone()],
        ..trust(&log)
    };
    assert_eq!(codes(&check(&log, &trust)), [Code::Truncated]);
    assert!(matches!(
        continues(&log, &older, &trust.keys),
        Err(ContinuityError::Shorter { has: 9, wanted: 12 })
    ));
}

#[test]
fn what_a_record_must_be_is_checked() {
    let mut log = MemoryLog::with_decisions(3);
    let trust = trust(&log);
    let changed = |from: &str, to: &str| {
        let mut log = MemoryLog::with_decisions(0);
        let entry = String::from_utf8(decision(0).prepare().unwrap().at(2)).unwrap();
        assert!(entry.contains(from), "{entry}");
        log.push_entry(entry.replace(from, to).into_bytes());
        log.seal();
        let trust = self::trust(&log);
        codes(&check(&log, &trust))
    };
    assert_eq!(changed("\"index\":2", "\"index\":2"), []);
    assert_eq!(changed("\"index\":2", "\"index\":3"), [Code::Index]);
    assert_eq!(changed("record/v1", "record/v2"), [Code::Record]);
    assert_eq!(changed("\"index\":2", "\"index\": 2"), [Code::Record]);
    assert_eq!(
        changed("\"kind\":\"decision\"", "\"kind\":\"other\""),
        [Code::Record]
    );
    assert_eq!(changed("\"id\":\"0000", "\"id\":\"000G"), [Code::IdForm]);
    assert_eq!(changed("\"id\":\"0000", "\"id\":\"000"), [Code::IdForm]);
    log.push(&decision(1));
    log.seal();
    let report = check(&log, &trust);
    assert_eq!(codes(&report), [Code::IdTwice]);
    assert_eq!(report.problems.items[0].index, Some(5));
    assert_eq!(report.problems.items[0].text, "the id is that of record 3");
}

#[test]
fn rotations_are_followed_from_the_oldest_key() {
    let mut log = MemoryLog::with_decisions(2);
    log.rotate(1);
    log.push(&decision(2));
    log.seal();
    log.rotate(2);
    log.push(&decision(3));
    log.seal();
    let report = check(&log, &trust(&log));
    assert_eq!(codes(&report), []);
    assert_eq!(
        report.sealed.unwrap().key,
        log.ring.signer().verifier().to_string()
    );
    assert_eq!(report.rotations.total, 2);
    let newest_only = Trust {
        keys: vec![log.ring.signer().verifier().clone()],
        ..Trust::default()
    };
    assert!(check(&log, &newest_only).is_verified());
    // Without the checkpoint that both keys signed nothing passes the trust on.
    let mut without = log;
    without.checkpoints.remove(1);
    assert_eq!(
        codes(&check(&without, &trust(&without))),
        [Code::UnknownKey]
    );
    assert!(check(&without, &newest_only).is_verified());
}

#[test]
fn a_retired_key_signs_no_more() {
    let mut log = MemoryLog::with_decisions(2);
    let old = crate::keys::KeyRing::parse(&log.ring.to_secret().unwrap()).unwrap();
    log.rotate(1);
    log.push(&decision(3));
    let by_old = log.unsigned().sign(old.signer());
    log.checkpoints.push(by_old.clone());
    assert_eq!(codes(&check(&log, &trust(&log))), [Code::RetiredKey]);
    log.checkpoints.pop();
    log.seal();
    assert!(check(&log, &trust(&log)).is_verified());
    let trust = Trust {
        checkpoints: vec![by_old],
        ..trust(&log)
    };
    assert_eq!(codes(&check(&log, &trust)), [Code::RetiredKey]);
}

#[test]
fn a_key_is_retired_once_and_for_a_key_of_this_log() {
    use crate::record::KeyRotation;
    let rotation = |log: &mut MemoryLog, added: String, retired: String| {
        let number = log.entries.len() as u64;
        log.push(&draft(
            number,
            Event::KeyRotation(KeyRotation { added, retired }),
        ));
    };
    let key = |name: &str| {
        Signer::generate(name, KeyKind::Log)
            .unwrap()
            .verifier()
            .to_string()
    };
    let mut log = MemoryLog::with_decisions(1);
    let first = log.ring.signer().verifier().to_string();
    rotation(&mut log, key("example.com/other"), first.clone());
    log.seal();
    assert_eq!(codes(&check(&log, &trust(&log))), [Code::Rotation]);
    let mut log = MemoryLog::with_decisions(1);
    let first = log.ring.signer().verifier().to_string();
    log.rotate(1);
    rotation(&mut log, key(crate::testing::ORIGIN), first);
    log.seal();
    assert_eq!(codes(&check(&log, &trust(&log))), [Code::Rotation]);
    // Keys that nobody trusts pass nothing on, and a chain without checkpoints has an end.
    let mut log = MemoryLog::with_decisions(1);
    rotation(
        &mut log,
        key(crate::testing::ORIGIN),
        key(crate::testing::ORIGIN),
    );
    log.seal();
    assert!(check(&log, &trust(&log)).is_verified());
    let mut last = log.ring.signer().verifier().to_string();
    for _ in 0..=key_trail::MAX_PENDING {
        let next = key(crate::testing::ORIGIN);
        rotation(&mut log, next.clone(), last);
        last = next;
    }
    log.seal();
    assert_eq!(
        codes(&check(&log, &trust(&log))),
        [Code::Rotation, Code::RetiredKey]
    );
    let mut log = MemoryLog::with_decisions(1);
    rotation(&mut log, "no key".to_owned(), "none".to_owned());
    log.seal();
    assert_eq!(codes(&check(&log, &trust(&log))), [Code::Rotation]);
}

#[test]
fn witnesses_bound_the_time_from_above() {
    let mut log = MemoryLog::with_decisions(2);
    let first = Signer::generate("w1.example", KeyKind::Witness).unwrap();
    let second = Signer::generate("w2.example", KeyKind::Witness).unwrap();
    log.checkpoints[0].cosign(&first, 1_700_000_000);
    log.checkpoints[0].cosign(&second, 1_700_000_100);
    log.push(&decision(2));
    log.seal();
    log.checkpoints[1].cosign(&second, 1_700_000_200);
    log.push(&decision(3));
    log.seal();
    let mut trust = trust(&log);
    trust.witnesses = vec![first.verifier().clone(), second.verifier().clone()];
    let report = check(&log, &trust);
    let cosigned = |witness: &str, size, time| Cosigned {
        witness: witness.to_owned(),
        size,
        time: Timestamp::from_second(time).unwrap(),
    };
    assert_eq!(
        report.cosigned,
        [
            cosigned("w1.example", 4, 1_700_000_000),
            cosigned("w2.example", 5, 1_700_000_200)
        ]
    );
    assert_eq!(report.witnessed, 5);
    trust.witnesses_needed = 2;
    assert_eq!(check(&log, &trust).witnessed, 4);
    trust.witnesses_needed = 3;
    assert_eq!(codes(&check(&log, &trust)), [Code::NotWitnessed]);
    trust.witnesses_needed = 0;
    let mut forged = log.checkpoints[2].clone();
    let text = log.unsigned().to_string() + "x";
    let signature = first.sign(&text, 1_700_000_300);
    forged = SignedCheckpoint::parse(&format!("{forged}{signature}\n")).unwrap();
    log.checkpoints[2] = forged;
    assert_eq!(codes(&check(&log, &trust)), [Code::Cosignature]);
}

#[test]
fn checkpoints_that_the_log_keeps_must_fit_too() {
    let mut log = MemoryLog::with_decisions(4);
    log.push(&decision(4));
    log.seal();
    let trust = trust(&log);
    let mut other = MemoryLog::with_decisions(0);
    other.push_all((5..9).map(decision));
    let mut wrong = other.unsigned();
    wrong.size = 6;
    log.checkpoints[0] = wrong.sign(log.ring.signer());
    assert_eq!(codes(&check(&log, &trust)), [Code::Root]);
    log.checkpoints.remove(0);
    assert!(check(&log, &trust).is_verified());
    // A smaller one is the newest: the log was rolled back.
    let mut rolled_back = MemoryLog::with_decisions(4);
    let small = rolled_back.checkpoint_at(3);
    rolled_back.checkpoints.push(small);
    let trust = self::trust(&rolled_back);
    assert_eq!(
        codes(&check(&rolled_back, &trust)),
        [Code::History, Code::History]
    );
    rolled_back.checkpoints.remove(0);
    assert!(check(&rolled_back, &trust).is_verified());
    let mut beyond = MemoryLog::with_decisions(4);
    let trust = self::trust(&beyond);
    let newest = beyond.checkpoint_at(3);
    beyond.entries.truncate(3);
    beyond.checkpoints.push(newest);
    let found = codes(&check(&beyond, &trust));
    assert_eq!(found, [Code::History]);
}

#[test]
fn a_checkpoint_is_kept_again_once_it_is_cosigned() {
    let mut log = MemoryLog::with_decisions(4);
    let witness = Signer::generate("w1.example", KeyKind::Witness).unwrap();
    let mut cosigned = log.checkpoints[0].clone();
    cosigned.cosign(&witness, 1_700_000_000);
    log.push(&decision(4));
    let newest = log.seal();
    log.checkpoints.extend([cosigned, newest]);
    let mut trust = trust(&log);
    trust.witnesses = vec![witness.verifier().clone()];
    let report = check(&log, &trust);
    assert_eq!(codes(&report), []);
    assert_eq!((report.checkpoints, report.witnessed), (4, 6));
    let mut other = log.checkpoint_at(5).checkpoint().clone();
    other.size = 6;
    log.checkpoints[2] = other.sign(log.ring.signer());
    assert_eq!(codes(&check(&log, &trust)), [Code::Root]);
}

#[test]
fn references_among_records_are_findings() {
    let mut log = MemoryLog::with_decisions(1);
    log.push(&exception_used(1, &decision(0).id));
    log.push(&exception_used(2, &decision(77).id));
    log.push(&exception_used(3, &exception_used(1, "").id));
    let mut unknown = decision(4);
    if let Event::Decision(decision) = &mut unknown.event {
        decision.policies = "sha256:ffff".to_owned();
    }
    log.push(&unknown);
    unknown.id.replace_range(..1, "f");
    log.push(&unknown);
    let obligation = |number, obligation: &str| {
        draft(
            number,
            Event::ObligationOpened(ObligationOpened {
                obligation: obligation.to_owned(),
                cause: decision(0).id,
                duty: "review".to_owned(),
                due: time(99),
            }),
        )
    };
    let closed = |number, obligation: &str| {
        draft(
            number,
            Event::ObligationClosed(ObligationClosed {
                obligation: obligation.to_owned(),
                closed_by: "c".to_owned(),
                evidence: "OPS-2".to_owned(),
            }),
        )
    };
    log.push_all([obligation(5, "a"), closed(6, "a"), closed(7, "b")]);
    log.push(&draft(
        8,
        Event::Canary(Canary {
            control: "WRK-01".to_owned(),
            expected: "deny".to_owned(),
            observed: "allow".to_owned(),
        }),
    ));
    log.push(&draft(
        9,
        Event::Gap(Gap {
            from: time(1),
            to: time(2),
            reason: "the disk was full".to_owned(),
            allowed: None,
            denied: None,
        }),
    ));
    log.push(&draft(
        10,
        Event::Erasure(Erasure {
            reason: "retention".to_owned(),
            first: 0,
            last: 3,
            documents: 2,
        }),
    ));
    log.seal();
    let report = check(&log, &trust(&log));
    assert!(report.is_verified(), "{:?}", report.problems);
    assert_eq!(
        findings(&report),
        [
            (Some(6), Code::Digest),
            (Some(10), Code::Obligation),
            (Some(11), Code::Canary),
            (Some(4), Code::Reference),
            (Some(5), Code::Reference),
        ]
    );
    assert_eq!(report.gaps.items[0].index, 12);
    assert_eq!(report.erasures.items[0].documents, 2);
}

#[test]
fn documents_must_be_those_that_records_name() {
    let mut log = MemoryLog::with_decisions(0);
    let document = |bytes: &[u8]| Document {
        name: "input".to_owned(),
        media_type: "application/json".to_owned(),
        bytes: bytes.to_vec(),
    };
    let hashes: Vec<_> = (0..3_u8)
        .map(|number| log.push_with_document(decision(number.into()), &document(&[number])))
        .collect();
    log.seal();
    let trust = trust(&log);
    let counts = |named, sound, erased, missing| {
        Some(DocumentCounts {
            named,
            sound,
            erased,
            missing,
        })
    };
    assert_eq!(check(&log, &trust).documents, counts(3, 3, 0, 0));
    log.documents.get_mut(&hashes[0]).unwrap().wrapped_key = [0; 64];
    log.documents.remove(&hashes[1]);
    let report = check(&log, &trust);
    assert!(report.is_verified());
    assert_eq!(report.documents, counts(3, 2, 1, 1));
    assert_eq!(findings(&report), [(Some(3), Code::DocumentMissing)]);
    log.documents.get_mut(&hashes[2]).unwrap().bytes[0] ^= 1;
    assert_eq!(codes(&check(&log, &trust)), [Code::Document]);
    assert_eq!(
        verify(&log, &trust, Checks::default(), |_| {}).documents,
        None
    );
}

#[test]
fn wrong_tiles_are_found() {
    let mut log = MemoryLog::with_decisions(600);
    let trust = trust(&log);
    assert!(check(&log, &trust).is_verified());
    for (level, index) in [(0, 3), (0, 300), (0, 601), (TILE_HEIGHT, 1)] {
        let right = log.change_node(level, index, Hash::of(b"other"));
        let report = check(&log, &trust);
        assert_eq!(codes(&report), [Code::Tile], "level {level}, {index}");
        assert!(verify(&log, &trust, Checks::default(), |_| {}).is_verified());
        log.change_node(level, index, right);
    }
    let name = Tile {
        level: 0,
        index: 2,
        width: 90,
    };
    assert_eq!(Log::tile(&log, name).unwrap().len(), 90);
}

/// One million records of 1 KB:
/// `cargo test --profile profiling -p soc2gate-ledger million -- --ignored --nocapture`.
#[test]
#[ignore = "measures; takes a gigabyte of memory"]
fn a_million_records() {
    let log = large(1_000_000);
    let trust = trust(&log);
    let (start, before) = (std::time::Instant::now(), processor_seconds());
    let report = verify(&log, &trust, Checks::default(), |_| {});
    let (took, processor) = (start.elapsed(), processor_seconds() - before);
    assert!(report.is_verified(), "{:?}", report.problems);
    println!(
        "{} records: {took:?}, {processor:.2} s on the processor",
        report.entries
    );
    assert!(processor < 10.0);
}
