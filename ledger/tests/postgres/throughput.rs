//! Figures: `cargo xtask bench postgres`.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions};
use soc2gate_ledger::store::{Log, Store};

use crate::audit::audit;
use crate::cluster::Cluster;
use crate::{ledger, options, submissions};

/// How long each figure is measured.
const TIME: Duration = Duration::from_secs(5);

#[test]
#[ignore = "a measurement"]
fn figures() {
    let (cluster, ring, _) = ledger();
    println!("fdatasync of the disk: {:.0}/s", disk(cluster.path()));
    for writers in [1, 8] {
        let rate = bare_commits(&cluster, writers);
        println!(
            "PostgreSQL alone, {writers} connections, a row of 1 KB a commit: {rate:.0} commits/s"
        );
    }
    for (writers, batch) in [(1, 1), (8, 1), (8, 8), (8, 32), (8, 100)] {
        run(&cluster, &ring, writers, batch);
    }
    let begin = Instant::now();
    let records = audit(&cluster.address(), &ring.verifiers()).unwrap().len();
    println!(
        "audit of all {records} records: {:.1} s",
        begin.elapsed().as_secs_f64()
    );
}

/// Writers that each wait for their acknowledgement, while a sequencer seals ten times a second.
fn run(cluster: &Cluster, ring: &Arc<KeyRing>, writers: usize, batch: usize) {
    let options = PostgresOptions {
        sequencer: Some(Duration::from_millis(100)),
        ..options()
    };
    let ledger = PostgresLedger::open(&cluster.address(), Arc::clone(ring), &options).unwrap();
    let before = ledger.size().unwrap();
    let rate = counted(writers, |_| {
        let ledger = &ledger;
        move || ledger.append(submissions(batch)).unwrap().len()
    });
    let begin = Instant::now();
    let after = ledger.seal().unwrap().checkpoint().size;
    println!(
        "{writers} writers, {batch} records an append: {rate:.0} records/s acknowledged; {} sealed, the last {:.2} s after",
        after - before,
        begin.elapsed().as_secs_f64()
    );
    assert_eq!(ledger.sequencer_failure(), None);
}

/// Commits a second of single rows, without anything of ours.
fn bare_commits(cluster: &Cluster, connections: usize) -> f64 {
    cluster
        .superuser()
        .batch_execute(
            "CREATE TABLE IF NOT EXISTS public.bare (number bigserial PRIMARY KEY, row bytea)",
        )
        .unwrap();
    counted(connections, |_| {
        let mut client = Client::connect(&cluster.address(), NoTls).unwrap();
        let insert = client
            .prepare("INSERT INTO public.bare (row) VALUES ($1)")
            .unwrap();
        move || {
            let row: &[u8] = &[7; 1_024];
            client.execute(&insert, &[&row]).unwrap();
            1
        }
    })
}

/// How much threads get done a second, each with work of its own.
fn counted<W: FnMut() -> usize + Send>(threads: usize, work: impl Fn(usize) -> W) -> f64 {
    let done = AtomicUsize::new(0);
    let mut works: Vec<W> = (0..threads).map(work).collect();
    // Connections are made, and tables warm.
    works.iter_mut().for_each(|work| {
        work();
    });
    let begin = Instant::now();
    thread::scope(|scope| {
        for mut work in works {
            let done = &done;
            scope.spawn(move || {
                while begin.elapsed() < TIME {
                    done.fetch_add(work(), Ordering::Relaxed);
                }
            });
        }
    });
    done.into_inner() as f64 / begin.elapsed().as_secs_f64()
}

/// What the disk makes durable: 8 KB at a time, as the server writes its log.
fn disk(folder: &Path) -> f64 {
    let mut file = File::create(folder.join("disk")).unwrap();
    file.write_all(&vec![0; 16 << 20]).unwrap();
    file.sync_all().unwrap();
    drop(file);
    let file = File::options()
        .write(true)
        .open(folder.join("disk"))
        .unwrap();
    counted(1, |_| {
        let mut file = &file;
        move || {
            file.write_all(&[1; 8 << 10]).unwrap();
            file.sync_data().unwrap();
            1
        }
    })
}
