//! The index answers as reading the log does.

use std::ops::ControlFlow;
use std::thread;

use rstest::rstest;

use super::*;
use crate::record::{
    ChangedPolicies, Event, Gap, Kind, ObligationClosed, ObligationOpened, Record,
};
use crate::store::Document;
use crate::testing::{
    MemoryLog, POLICIES, SETTINGS, decision, draft, exception_used, large, processor_seconds, time,
};

/// A log with records of many kinds.
fn log() -> MemoryLog {
    let mut log = MemoryLog::with_decisions(40);
    let document = Document {
        name: "input".to_owned(),
        media_type: "application/json".to_owned(),
        bytes: vec![7; 100],
    };
    log.push_with_document(decision(40), &document);
    log.push(&exception_used(41, &decision(5).id));
    for (number, obligation) in [(42, "a"), (43, "b")] {
        log.push(&draft(
            number,
            Event::ObligationOpened(ObligationOpened {
                obligation: obligation.to_owned(),
                cause: decision(0).id,
                duty: "review".to_owned(),
                due: time(500 - number),
            }),
        ));
    }
    log.push(&draft(
        44,
        Event::ObligationClosed(ObligationClosed {
            obligation: "a".to_owned(),
            closed_by: "c".to_owned(),
            evidence: "OPS-2".to_owned(),
        }),
    ));
    log.push(&draft(
        2_000,
        Event::Gap(Gap {
            from: time(50),
            to: time(60),
            reason: "the disk was full".to_owned(),
            allowed: None,
            denied: None,
        }),
    ));
    log.push(&draft(
        2_001,
        Event::PolicyChange(ChangedPolicies {
            policies: "sha256:ff".to_owned(),
            previous: Some(POLICIES.to_owned()),
            controls: vec![],
        }),
    ));
    log.seal();
    log
}

fn index(log: &MemoryLog) -> Index {
    let mut index = Index::in_memory(log).unwrap();
    index.catch_up(log, |_| {}).unwrap();
    index
}

fn found(index: &Index, query: &Query) -> Vec<u64> {
    let mut found = Vec::new();
    index
        .search(query, |hit| {
            found.push(hit.index);
            ControlFlow::Continue(())
        })
        .unwrap();
    found
}

#[expect(clippy::unnecessary_wraps, reason = "what the fields of a query take")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[rstest]
#[case::all(Query::default(), 49)]
#[case::kind(Query { kind: Some(Kind::Gap), ..Query::default() }, 1)]
#[case::kind_that_is_not_there(Query { kind: Some(Kind::Canary), ..Query::default() }, 0)]
#[case::from(Query { from: Some(time(39)), ..Query::default() }, 8)]
#[case::until(Query { until: Some(time(1)), ..Query::default() }, 3)]
#[case::first(Query { first: Some(3), last: Some(5), ..Query::default() }, 3)]
#[case::last(Query { last: Some(0), ..Query::default() }, 1)]
#[case::control(Query { control: text("WRK-01"), ..Query::default() }, 41)]
#[case::control_with_uses(Query { control: text("ACC-16"), ..Query::default() }, 42)]
#[case::status(Query { status: text("fail"), ..Query::default() }, 20)]
#[case::same_verdict(Query { control: text("ACC-16"), status: text("fail"), ..Query::default() }, 9)]
#[case::enforcement(Query { enforcement: text("deny"), ..Query::default() }, 41)]
#[case::no_such_enforcement(Query { enforcement: text("warn"), ..Query::default() }, 0)]
#[case::exception(Query { exception: text("EXC-1"), ..Query::default() }, 10)]
#[case::other_verdict(Query { exception: text("EXC-1"), control: text("WRK-01"), ..Query::default() }, 0)]
#[case::outcome(Query { outcome: text("deny"), ..Query::default() }, 14)]
#[case::subject_kind(Query { subject_kind: text("kubernetes"), ..Query::default() }, 41)]
#[case::subject(Query { subject: text("*/shop/web-1?"), ..Query::default() }, 10)]
#[case::no_subject(Query { subject: text("*web"), ..Query::default() }, 0)]
#[case::actor(Query { actor: text("release"), ..Query::default() }, 49)]
#[case::no_actor(Query { actor: text("deny"), ..Query::default() }, 0)]
#[case::policies(Query { policies: text(POLICIES), ..Query::default() }, 42)]
#[case::many(
    Query { kind: Some(Kind::Decision), outcome: text("deny"), status: text("fail"), from: Some(time(10)),
        subject: text("kubernetes*"), ..Query::default() }, 10
)]
fn the_index_answers_as_the_records_do(#[case] query: Query, #[case] count: usize) {
    let log = log();
    let scanned: Vec<u64> = (0..)
        .zip(&log.entries)
        .filter(|(_, entry)| query.matches(&Record::parse(entry).unwrap()))
        .map(|(index, _)| index)
        .collect();
    let found = found(&index(&log), &query);
    assert_eq!(found, scanned);
    assert_eq!(found.len(), count);
    let written = serde_json::to_string(&query).unwrap();
    assert_eq!(serde_json::from_str::<Query>(&written).unwrap(), query);
}

#[test]
fn a_hit_says_what_was_found_and_a_search_can_be_broken_off() {
    let log = log();
    let index = index(&log);
    let mut hits = Vec::new();
    let query = Query {
        outcome: text("deny"),
        ..Query::default()
    };
    index
        .search(&query, |hit| {
            hits.push(hit);
            if hits.len() == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(hits.len(), 2);
    assert_eq!(
        hits[1],
        Hit {
            index: 5,
            id: decision(3).id,
            time: time(3),
            kind: "decision".to_owned(),
            actor: "release".to_owned(),
            subject_kind: text("kubernetes"),
            subject: text("kubernetes/apps/Deployment/shop/web-3"),
            outcome: text("deny"),
        }
    );
}

#[test]
fn records_are_found_by_id_and_by_digest() {
    let log = log();
    let index = index(&log);
    assert_eq!(index.record(&decision(3).id).unwrap(), Some(5));
    assert_eq!(index.record("none").unwrap(), None);
    let holder = |of, digest| index.holder(of, digest).unwrap();
    assert_eq!(holder(DocumentRecord::Policies, POLICIES), Some(0));
    assert_eq!(holder(DocumentRecord::Policies, "sha256:ff"), Some(48));
    assert_eq!(holder(DocumentRecord::Settings, SETTINGS), Some(1));
    assert_eq!(holder(DocumentRecord::Settings, POLICIES), None);
}

#[test]
fn figures() {
    let log = log();
    let stats = index(&log).stats().unwrap();
    assert_eq!(stats.records, 49);
    assert_eq!(
        stats.bytes,
        log.entries.iter().map(Vec::len).sum::<usize>() as u64
    );
    assert_eq!(
        (stats.first_time, stats.last_time),
        (Some(time(0)), Some(time(2_001)))
    );
    assert_eq!(stats.kinds["decision"], 41);
    assert_eq!(stats.kinds["policy_change"], 2);
    assert_eq!(stats.outcomes["deny"], 14);
    assert_eq!(stats.outcomes["allow"], 27);
    assert_eq!(stats.verdicts["ACC-16"]["fail"], 9);
    assert_eq!(stats.verdicts["WRK-01"]["pass"], 27);
    assert_eq!(stats.verdicts["WRK-01"].len(), 2);
    let days: Vec<_> = stats.days.keys().map(String::as_str).collect();
    assert_eq!(days, ["2026-11-23", "2026-11-24"]);
    let first = stats.days["2026-11-23"];
    assert_eq!(
        (first.records, first.decisions, first.not_allowed),
        (47, 41, 14)
    );
    assert_eq!((stats.documents, stats.document_bytes), (1, 116));
    assert_eq!(
        (stats.gap_count, stats.gaps[0].index, stats.gaps[0].to),
        (1, 47, time(60))
    );
    assert_eq!((stats.unmet_count, stats.unmet.len()), (1, 1));
    assert_eq!(stats.unmet[0].obligation, "b");
    assert_eq!(stats.unmet[0].due, time(457));
    let mut empty = Index::in_memory(&MemoryLog::new()).unwrap();
    assert_eq!(empty.stats().unwrap(), Stats::default());
}

#[test]
fn an_index_is_caught_up_and_made_anew_where_it_does_not_fit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.sqlite");
    let mut log = MemoryLog::with_decisions(10);
    let open = |log: &MemoryLog| {
        let mut index = Index::open(&path, log).unwrap();
        let before = index.size().unwrap();
        index.catch_up(log, |_| {}).unwrap();
        assert_eq!(index.size().unwrap(), log.entries.len() as u64);
        assert_eq!(found(&index, &Query::default()).len(), log.entries.len());
        before
    };
    assert_eq!(open(&log), 0);
    assert_eq!(open(&log), 12);
    log.push(&decision(10));
    assert_eq!(open(&log), 12);
    // Another log of the same name, longer or shorter.
    let mut other = MemoryLog::with_decisions(12);
    other.entries[12] = decision(77).prepare().unwrap().at(12);
    assert_eq!(open(&other), 0);
    assert_eq!(open(&MemoryLog::with_decisions(3)), 0);
    // A log of another name with the same records.
    let mut renamed = MemoryLog::with_decisions(3);
    renamed.origin = "example.com/other".to_owned();
    assert_eq!(open(&renamed), 0);
    // Another version, with tables of its own.
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("PRAGMA user_version = 99; CREATE TABLE \"a\"\"b\" (x); DROP TABLE facet")
        .unwrap();
    drop(connection);
    assert_eq!(open(&log), 0);
    // No database at all.
    for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
        let _ = fs::remove_file(folder.path().join(name));
    }
    fs::write(
        &path,
        "not a database, and longer than the header of one: ".repeat(10),
    )
    .unwrap();
    assert_eq!(open(&log), 0);
    fs::remove_file(&path).unwrap();
    assert_eq!(open(&log), 0);
}

#[test]
fn many_take_in_at_once_and_nothing_is_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.sqlite");
    let log = MemoryLog::with_decisions(500);
    let entries = log.entries.clone();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut log = MemoryLog::new();
                for entry in entries.clone() {
                    log.push_entry(entry);
                }
                let mut index = Index::open(&path, &log).unwrap();
                index.catch_up(&log, |_| {}).unwrap();
                assert_eq!(found(&index, &Query::default()).len(), 502);
            });
        }
    });
    assert_eq!(
        Index::open(&path, &log).unwrap().stats().unwrap().records,
        502
    );
}

#[test]
fn what_is_no_record_is_said_with_its_place() {
    let mut log = MemoryLog::with_decisions(1);
    log.push_entry(b"{}".to_vec());
    let mut index = Index::in_memory(&log).unwrap();
    let error = index.catch_up(&log, |_| {}).unwrap_err();
    assert!(
        matches!(error, QueryError::Record { index: 3, .. }),
        "{error}"
    );
    assert_eq!(index.size().unwrap(), 0);
}

/// A log that says that it has more records than it gives, or gives others.
struct Short {
    log: MemoryLog,
    shift: u64,
}

impl Log for Short {
    fn origin(&self) -> &str {
        &self.log.origin
    }

    fn verifiers(&self) -> Result<Vec<crate::note::Verifier>, StoreError> {
        self.log.verifiers()
    }

    fn size(&self) -> Result<u64, StoreError> {
        Ok(9)
    }

    fn checkpoint(&self) -> Result<Option<crate::note::SignedCheckpoint>, StoreError> {
        self.log.checkpoint()
    }

    fn entries(
        &self,
        range: std::ops::Range<u64>,
    ) -> Result<crate::store::Entries<'_>, StoreError> {
        let entries = self.log.entries(range)?;
        let shift = self.shift;
        Ok(Box::new(entries.map(move |item| {
            item.map(|(index, entry)| (index + shift, entry))
        })))
    }

    fn tile(&self, tile: crate::tree::Tile) -> Result<Vec<Hash>, StoreError> {
        Log::tile(&self.log, tile)
    }

    fn document(&self, _: &Hash) -> Result<Option<crate::keys::SealedDocument>, StoreError> {
        Ok(None)
    }
}

#[rstest]
#[case::fewer(0, 7)]
#[case::others(1, 0)]
fn a_log_that_does_not_give_its_records_is_damaged(#[case] shift: u64, #[case] at: u64) {
    let log = Short {
        log: MemoryLog::with_decisions(5),
        shift,
    };
    let mut index = Index::in_memory(&log).unwrap();
    let error = index.catch_up(&log, |_| {}).unwrap_err();
    let QueryError::Store(StoreError::Damaged { index, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!(index, at);
}

/// `cargo test --profile profiling -p soc2gate-ledger many_records -- --ignored --nocapture`.
#[test]
#[ignore = "measures"]
fn many_records_are_indexed() {
    let log = large(200_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index.sqlite");
    let start = processor_seconds();
    let mut index = Index::open(&path, &log).unwrap();
    index.catch_up(&log, |_| {}).unwrap();
    let took_in = processor_seconds();
    let query = Query {
        control: text("WRK-01"),
        status: text("fail"),
        subject: text("*web*"),
        ..Query::default()
    };
    assert_eq!(found(&index, &query).len(), 200_000);
    let searched = processor_seconds();
    assert_eq!(index.stats().unwrap().records, 200_002);
    println!(
        "200,000 records on the processor: taken in in {:.2} s, searched in {:.2} s, counted in {:.2} s; {} bytes each",
        took_in - start,
        searched - took_in,
        processor_seconds() - searched,
        fs::metadata(&path).unwrap().len() / 200_000,
    );
}
