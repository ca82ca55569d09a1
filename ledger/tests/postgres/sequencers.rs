//! Many writers and sequencers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions};
use soc2gate_ledger::store::{Log, Store};

use crate::audit::assert_holds;
use crate::{ledger, options, submissions};

#[test]
fn eight_writers_and_two_sequencers_give_one_log() {
    let (cluster, ring, ledger) = ledger();
    let address = cluster.address();
    let open = || PostgresLedger::open(&address, Arc::clone(&ring), &options()).unwrap();
    let writing = AtomicBool::new(true);
    let (ids, rounds) = thread::scope(|scope| {
        let sequencers: Vec<_> = (0..2)
            .map(|_| {
                let (sequencer, writing) = (open(), &writing);
                scope.spawn(move || {
                    let mut sizes = Vec::new();
                    while writing.load(Ordering::SeqCst) {
                        sizes.push(sequencer.seal().unwrap().checkpoint().size);
                    }
                    sizes
                })
            })
            .collect();
        let writers: Vec<_> = (0..8_usize)
            .map(|writer| {
                let ledger = &ledger;
                scope.spawn(move || {
                    let mut ids = Vec::new();
                    for round in 0..12 {
                        let batch = submissions(1 + (writer * 5 + round) % 40);
                        let receipts = ledger.append(batch).unwrap();
                        ids.extend(receipts.into_iter().map(|receipt| receipt.id));
                    }
                    ids
                })
            })
            .collect();
        let ids: Vec<String> = writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect();
        writing.store(false, Ordering::SeqCst);
        let rounds: Vec<Vec<u64>> = sequencers
            .into_iter()
            .map(|sequencer| sequencer.join().unwrap())
            .collect();
        (ids, rounds)
    });
    for sizes in &rounds {
        assert!(sizes.is_sorted(), "a sequencer saw the log shrink");
    }
    ledger.seal().unwrap();
    assert_holds(&address, &ring.verifiers(), &ids);
}

#[test]
fn a_sequencer_that_lost_its_connection_cannot_commit() {
    let (cluster, ring, ledger) = ledger();
    ledger.append(submissions(3)).unwrap();
    let mut stale = cluster.superuser();
    let mut transaction = stale.transaction().unwrap();
    // As a sequencer does: the rows are taken, and then its process stands still while the server gives it up.
    transaction
        .batch_execute("SELECT size FROM frontier FOR UPDATE; DELETE FROM pending")
        .unwrap();
    let process: i32 = transaction
        .query_one("SELECT pg_backend_pid()", &[])
        .unwrap()
        .get(0);
    let sealing =
        thread::spawn(move || (ledger.seal().map(|sealed| sealed.checkpoint().size), ledger));
    cluster
        .superuser()
        .execute("SELECT pg_terminate_backend($1)", &[&process])
        .unwrap();
    let (sealed, ledger) = sealing.join().unwrap();
    assert_eq!(sealed.unwrap(), 3);
    assert!(transaction.commit().is_err());
    let ids = ledger_ids(&ledger);
    assert_eq!(ids.len(), 3);
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);
}

#[test]
fn a_thread_of_the_ledger_seals_where_that_is_asked_for() {
    let (cluster, ring, ledger) = ledger();
    let options = PostgresOptions {
        sequencer: Some(Duration::from_millis(20)),
        ..options()
    };
    let sealing = PostgresLedger::open(&cluster.address(), ring, &options).unwrap();
    ledger.append(submissions(5)).unwrap();
    let begin = Instant::now();
    while ledger.size().unwrap() < 5 {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "nothing is sealed"
        );
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(sealing.sequencer_failure(), None);
}

fn ledger_ids(ledger: &dyn Log) -> Vec<String> {
    let entries = ledger.entries(0..u64::MAX).unwrap();
    entries
        .map(|entry| {
            soc2gate_ledger::record::Record::parse(&entry.unwrap().1)
                .unwrap()
                .id
        })
        .collect()
}
