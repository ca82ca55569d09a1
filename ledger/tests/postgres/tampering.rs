//! Whoever has all rights on the server can change everything, and is found out.

use std::sync::Arc;

use soc2gate_ledger::store::postgres::PostgresLedger;
use soc2gate_ledger::store::{Log, Store, StoreError};

use crate::audit::{assert_holds, audit, audit_in};
use crate::cluster::Cluster;
use crate::{ledger, ledger_in, options, submission, submissions};

/// What is done, and how.
const CHANGES: [(&str, &str); 9] = [
    (
        "an entry",
        "UPDATE entry SET entry = convert_to(replace(convert_from(entry, 'UTF8'), 'xxx', 'yyy'), 'UTF8') WHERE index = 2",
    ),
    ("a missing entry", "DELETE FROM entry WHERE index = 2"),
    ("the last entry", "DELETE FROM entry WHERE index = 9"),
    (
        "swapped entries",
        "UPDATE entry SET index = CASE index WHEN 2 THEN 100 ELSE 2 END WHERE index IN (2, 3); UPDATE entry SET index = 3 WHERE index = 100",
    ),
    (
        "a checkpoint",
        "UPDATE checkpoint SET note = replace(note, '10', '09') WHERE size = 10",
    ),
    (
        "a missing checkpoint",
        "DELETE FROM checkpoint WHERE size = 10",
    ),
    (
        "a tile",
        "UPDATE tile SET hashes = substring(hashes FOR 32) || substring(hashes FOR 32) || substring(hashes FROM 65)",
    ),
    (
        "a short tile",
        "UPDATE tile SET hashes = substring(hashes FOR 32)",
    ),
    (
        "the verifier",
        "UPDATE verifier SET key = 'ledger.example/test+00000000+AQ'",
    ),
];

#[test]
fn what_a_superuser_changes_is_found() {
    let cluster = Cluster::start();
    for (number, (name, statements)) in CHANGES.iter().enumerate() {
        let schema = format!("ledger_{number}");
        let (ring, ledger, options) = ledger_in(&cluster, &schema);
        for _ in 0..2 {
            ledger.append(submissions(5)).unwrap();
            ledger.seal().unwrap();
        }
        let trusted = ring.verifiers();
        audit_in(&cluster.address(), &options, &trusted).unwrap();
        cluster.tamper(&schema, statements);
        assert!(
            audit_in(&cluster.address(), &options, &trusted).is_err(),
            "{name}"
        );
    }
}

/// What is done, how, and what whoever seals says.
const TRAPS: [(&str, &str, &str); 7] = [
    (
        "the frontier",
        "UPDATE frontier SET subtrees = decode(repeat('11', 64), 'hex')",
        "the frontier is not that of the newest checkpoint",
    ),
    (
        "its form",
        "UPDATE frontier SET subtrees = ''",
        "the frontier has not the form of one",
    ),
    (
        "its size",
        "UPDATE frontier SET size = 12",
        "the frontier is not that of the newest checkpoint",
    ),
    (
        "a record",
        "UPDATE pending SET tail = '}'",
        "what waits to be sequenced is not a record in canonical JSON",
    ),
    (
        "no json",
        "UPDATE pending SET head = 'x'",
        "what waits to be sequenced is not a record",
    ),
    (
        "another id",
        "UPDATE pending SET id = repeat('0', 32)",
        "what waits to be sequenced is not a record in canonical JSON",
    ),
    (
        "a tile",
        "UPDATE tile SET hashes = substring(hashes FOR 64)",
        "a tile has not the hashes that it should",
    ),
];

#[test]
fn nothing_is_sealed_on_what_was_changed() {
    let cluster = Cluster::start();
    for (number, (name, statements, expected)) in TRAPS.iter().enumerate() {
        let schema = format!("ledger_{number}");
        let (_, ledger, _) = ledger_in(&cluster, &schema);
        ledger.append(submissions(10)).unwrap();
        ledger.seal().unwrap();
        ledger.append(vec![submission()]).unwrap();
        cluster.tamper(&schema, statements);
        let Err(StoreError::Damaged { what, .. }) = ledger.seal() else {
            panic!("sealed: {name}");
        };
        assert_eq!(what, *expected, "{name}");
        let newest = ledger.checkpoint().unwrap().unwrap();
        assert_eq!(newest.checkpoint().size, 10, "{name}");
    }
}

#[test]
fn a_database_that_was_set_back_is_not_sealed_by_who_saw_it_later() {
    let (cluster, ring, ledger) = ledger();
    ledger.append(submissions(4)).unwrap();
    ledger.seal().unwrap();
    cluster
        .superuser()
        .batch_execute(
            "CREATE TABLE public.kept_frontier AS SELECT * FROM frontier;
             CREATE TABLE public.kept_tile AS SELECT * FROM tile",
        )
        .unwrap();
    let lost = submissions(4);
    ledger.append(lost.clone()).unwrap();
    let later = ledger.seal().unwrap();
    // As a restored backup, or a standby that did not have everything, would have it.
    cluster.tamper(
        "soc2gate",
        "DELETE FROM soc2gate.entry WHERE index >= 4;
         DELETE FROM soc2gate.checkpoint WHERE size > 4;
         DELETE FROM soc2gate.frontier; INSERT INTO soc2gate.frontier SELECT * FROM public.kept_frontier;
         DELETE FROM soc2gate.tile; INSERT INTO soc2gate.tile SELECT * FROM public.kept_tile",
    );
    let error = ledger.seal().unwrap_err().to_string();
    assert!(
        error.contains("a checkpoint that was signed is not in the database any more"),
        "{error}"
    );
    // Another process cannot know, but whoever kept the checkpoint sees that the log has lost it.
    let other = PostgresLedger::open(&cluster.address(), Arc::clone(&ring), &options()).unwrap();
    other.append(submissions(6)).unwrap();
    other.seal().unwrap();
    let ids = audit(&cluster.address(), &ring.verifiers()).unwrap();
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);
    assert!(!ids.contains(&lost[0].draft.id));
    let kept = other
        .checkpoints()
        .unwrap()
        .map(Result::unwrap)
        .any(|checkpoint| checkpoint.checkpoint() == later.checkpoint());
    assert!(!kept);
    // The ids are known still, so a writer that tries again is told.
    let error = ledger.append(lost).unwrap_err().to_string();
    assert!(
        error.contains("taken in before is not in the database"),
        "{error}"
    );
}
