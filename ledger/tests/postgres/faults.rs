//! Connections break, servers crash: nothing acknowledged is lost, and nothing is doubled.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rstest::rstest;
use soc2gate_ledger::store::Store;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions};

use crate::audit::assert_holds;
use crate::cluster::Cluster;
use crate::proxy::{Moment, Proxy};
use crate::server::Server;
use crate::{ledger, options, submissions};

#[test]
fn a_connection_that_is_cut_mid_commit_loses_and_doubles_nothing() {
    let (cluster, ring, _) = ledger();
    let proxy = Proxy::start(cluster.port());
    let address = Server::address_at(proxy.port());
    let ledger = PostgresLedger::open(&address, Arc::clone(&ring), &options()).unwrap();
    let mut ids = Vec::new();
    for moment in [Moment::Before, Moment::Sent, Moment::Answered] {
        proxy.cut_at(b"INSERT INTO record_id", moment);
        let receipts = ledger.append(submissions(20)).unwrap();
        ids.extend(receipts.into_iter().map(|receipt| receipt.id));
        proxy.cut_at(b"COMMIT", moment);
        let size = ledger.seal().unwrap().checkpoint().size;
        assert_eq!(size, ids.len() as u64, "{moment:?}");
    }
    assert_eq!(proxy.cuts(), 6, "each cut took place");
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);
}

/// Writers and two sequencers at work while `disturb` does harm. Gives how often it did.
fn under_load(cluster: &Cluster, address: &str, disturb: impl Fn() -> bool) -> usize {
    let ring = crate::ring();
    PostgresLedger::init(&cluster.address(), &ring, crate::now(), &options()).unwrap();
    let open = || PostgresLedger::open(address, Arc::clone(&ring), &options()).unwrap();
    let running = AtomicBool::new(true);
    let written = AtomicUsize::new(0);
    let (ids, harm) = thread::scope(|scope| {
        for _ in 0..2 {
            let (sequencer, running) = (open(), &running);
            scope.spawn(move || {
                while running.load(Ordering::SeqCst) {
                    sequencer.seal().unwrap();
                }
            });
        }
        let ledger = Arc::new(open());
        let writers: Vec<_> = (0..4_usize)
            .map(|writer| {
                let (ledger, running, written) = (Arc::clone(&ledger), &running, &written);
                scope.spawn(move || {
                    let mut ids = Vec::new();
                    while running.load(Ordering::SeqCst) {
                        let receipts = ledger.append(submissions(1 + writer * 3)).unwrap();
                        written.fetch_add(receipts.len(), Ordering::SeqCst);
                        ids.extend(receipts.into_iter().map(|receipt| receipt.id));
                    }
                    ids
                })
            })
            .collect();
        let mut harm = 0;
        while disturb() {
            harm += 1;
            // Between two disturbances something must succeed.
            let (before, begin) = (written.load(Ordering::SeqCst), Instant::now());
            while written.load(Ordering::SeqCst) == before {
                assert!(
                    begin.elapsed() < Duration::from_secs(50),
                    "nothing is written any more"
                );
                thread::sleep(Duration::from_millis(5));
            }
        }
        running.store(false, Ordering::SeqCst);
        let ids: Vec<String> = writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect();
        (ids, harm)
    });
    let ledger = PostgresLedger::open(&cluster.address(), Arc::clone(&ring), &options()).unwrap();
    ledger.seal().unwrap();
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);
    harm
}

#[test]
fn connections_cut_at_random_under_load_lose_and_double_nothing() {
    let cluster = Cluster::start();
    let proxy = Proxy::start(cluster.port());
    let left = AtomicUsize::new(30);
    let harm = under_load(&cluster, &Server::address_at(proxy.port()), || {
        thread::sleep(Duration::from_millis(left.load(Ordering::SeqCst) as u64));
        proxy.cut_all();
        left.fetch_sub(1, Ordering::SeqCst) > 1
    });
    assert_eq!(harm, 29);
    assert!(proxy.cuts() > harm, "{} connections were cut", proxy.cuts());
}

#[test]
fn a_server_that_crashes_under_load_loses_and_doubles_nothing() {
    let cluster = Cluster::start();
    let left = AtomicUsize::new(4);
    let harm = under_load(&cluster, &cluster.address(), || {
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            return false;
        }
        thread::sleep(Duration::from_millis(500));
        cluster.stop("immediate");
        cluster.restart();
        true
    });
    assert_eq!(harm, 3);
}

#[test]
fn what_a_synchronous_standby_does_not_have_is_not_acknowledged() {
    let (cluster, ring, ledger) = ledger();
    let mut superuser = cluster.superuser();
    let mut standbys = |names: &str| {
        superuser
            .batch_execute(&format!(
                "ALTER SYSTEM SET synchronous_standby_names = '{names}'"
            ))
            .unwrap();
        superuser.batch_execute("SELECT pg_reload_conf()").unwrap();
    };
    standbys("nobody");
    let acknowledged = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&acknowledged);
    let mut watcher = cluster.superuser();
    let appending = thread::spawn(move || {
        // The reload takes a moment to reach everyone.
        thread::sleep(Duration::from_millis(500));
        let receipts = ledger.append(submissions(2)).unwrap();
        set.store(true, Ordering::SeqCst);
        (ledger, receipts)
    });
    // Someone cancels the wait: the server then tells of a commit that no standby has. Twice, since the second try must
    // wait in the same way.
    for _ in 0..2 {
        let begin = Instant::now();
        loop {
            let cancelled = watcher
                .query(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
                    &[],
                )
                .unwrap();
            if !cancelled.is_empty() {
                break;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "nobody waits");
            thread::sleep(Duration::from_millis(20));
        }
        thread::sleep(Duration::from_millis(300));
        assert!(!acknowledged.load(Ordering::SeqCst));
    }
    standbys("");
    let (ledger, receipts) = appending.join().unwrap();
    ledger.seal().unwrap();
    let ids: Vec<String> = receipts.into_iter().map(|receipt| receipt.id).collect();
    assert_holds(&cluster.address(), &ring.verifiers(), &ids);
}

#[rstest]
#[case::stopped(true)]
#[case::stuck(false)]
fn a_server_that_stays_away_is_an_error_at_the_deadline(#[case] stopped: bool) {
    let (cluster, ring, _) = ledger();
    let short = PostgresOptions {
        deadline: Duration::from_secs(2),
        connections: 1,
        ..options()
    };
    let ledger = PostgresLedger::open(&cluster.address(), ring, &short).unwrap();
    if stopped {
        cluster.stop("fast");
    } else {
        // A lock that is never given back.
        let mut superuser = cluster.superuser();
        superuser
            .batch_execute("BEGIN; LOCK TABLE record_id IN ACCESS EXCLUSIVE MODE")
            .unwrap();
        std::mem::forget(superuser);
    }
    let begin = Instant::now();
    let error = ledger.append(submissions(1)).unwrap_err().to_string();
    assert!(error.starts_with("could not append records: "), "{error}");
    assert_eq!(
        error.ends_with("(tried again until the deadline)"),
        stopped,
        "{error}"
    );
    assert!(begin.elapsed() < Duration::from_secs(30));
}
