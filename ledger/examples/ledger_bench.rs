//! Measures the ledger in a folder on the disk that holds a given path; `cargo xtask bench ledger` runs it.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program for developers, with figures for people"
)]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use soc2gate_ledger::Hash;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Actor, ActorKind, Draft, Event, Gap};
use soc2gate_ledger::store::embedded::{EmbeddedLedger, EmbeddedReader, Options};
use soc2gate_ledger::store::{Log, Store, Submission};
use soc2gate_ledger::tree::Frontier;

/// Bytes of an entry.
const RECORD: usize = 1_024;
/// Threads that append.
const WRITERS: usize = 64;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["verify", folder] => verify(Path::new(folder)),
        [folder] => run(Path::new(folder), false),
        [folder, "--short"] => run(Path::new(folder), true),
        _ => println!("usage: ledger_bench FOLDER [--short]"),
    }
}

fn run(parent: &Path, short: bool) {
    let parent = parent.join(format!("ledger-bench-{}", std::process::id()));
    fs::create_dir_all(&parent).unwrap();
    let time = Duration::from_secs(if short { 3 } else { 10 });
    latency(&parent, if short { 3 } else { 10 });
    for (tickets, what) in [
        (1, "each waits for every record"),
        (4, "four tickets in flight each"),
    ] {
        throughput(&parent, time, tickets, what);
    }
    many(&parent, if short { 100_000 } else { 1_000_000 });
    fs::remove_dir_all(parent).unwrap();
}

fn submission() -> Submission {
    let time = Timestamp::UNIX_EPOCH;
    let event = Event::Gap(Gap {
        from: time,
        to: time,
        reason: "x".repeat(RECORD - 280),
        allowed: None,
        denied: None,
    });
    let actor = Actor {
        kind: ActorKind::Service,
        id: "bench".to_owned(),
    };
    Submission {
        draft: Draft::new(time, actor, event).unwrap(),
        documents: Vec::new(),
    }
}

fn new_ledger(parent: &Path, name: &str) -> (PathBuf, Arc<KeyRing>, EmbeddedLedger) {
    let folder = parent.join(name);
    let ring = Arc::new(KeyRing::generate("bench.example/ledger").unwrap());
    EmbeddedLedger::init(&folder, &ring, Timestamp::UNIX_EPOCH).unwrap();
    let ledger = EmbeddedLedger::open(&folder, Arc::clone(&ring), Options::default()).unwrap();
    (folder, ring, ledger)
}

fn middle(times: &mut [Duration]) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// One thread that writes 1 kB to the end of a file and waits for the disk, for some time: times of the fdatasync.
fn disk(parent: &Path, count: usize, until: Option<Instant>) -> Vec<Duration> {
    let mut file = File::create(parent.join(format!("{:?}", thread::current().id()))).unwrap();
    let mut times = Vec::new();
    while times.len() < count && until.is_none_or(|until| Instant::now() < until) {
        let start = Instant::now();
        file.write_all(&[b'x'; RECORD]).unwrap();
        file.sync_data().unwrap();
        times.push(start.elapsed());
    }
    times
}

/// One writer, in turns with the bare disk, so that both meet the same disk.
fn latency(parent: &Path, rounds: usize) {
    let (folder, _, ledger) = new_ledger(parent, "latency");
    let (mut bare, mut appended) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        bare.extend(disk(parent, 100, None));
        for _ in 0..100 {
            let one = vec![submission()];
            let start = Instant::now();
            ledger.append(one).unwrap();
            appended.push(start.elapsed());
        }
    }
    ledger.close().unwrap();
    fs::remove_dir_all(folder).unwrap();
    let (bare, appended) = (middle(&mut bare), middle(&mut appended));
    println!(
        "one writer: {:.2} ms a record, one write and fdatasync {:.2} ms (medians): ratio {:.2}",
        appended.as_secs_f64() * 1e3,
        bare.as_secs_f64() * 1e3,
        appended.as_secs_f64() / bare.as_secs_f64()
    );
}

/// Many writers for some time.
fn throughput(parent: &Path, time: Duration, tickets: usize, what: &str) {
    let until = Instant::now() + Duration::from_secs(2);
    let alone = disk(parent, usize::MAX, Some(until)).len() as f64 / 2.0;
    let until = Instant::now() + Duration::from_secs(2);
    let two: usize = thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| scope.spawn(|| disk(parent, usize::MAX, Some(until)).len()))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .sum()
    });
    let (folder, _, ledger) = new_ledger(parent, "throughput");
    let stop = AtomicBool::new(false);
    let records = AtomicU64::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                let mut waiting = std::collections::VecDeque::new();
                while !stop.load(Ordering::Relaxed) {
                    waiting.push_back(ledger.submit(vec![submission()]).unwrap());
                    if waiting.len() == tickets
                        && let Some(ticket) = waiting.pop_front()
                    {
                        ticket.wait().unwrap();
                        records.fetch_add(1, Ordering::Relaxed);
                    }
                }
                for ticket in waiting {
                    ticket.wait().unwrap();
                    records.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        thread::sleep(time);
        stop.store(true, Ordering::Relaxed);
    });
    let seconds = start.elapsed().as_secs_f64();
    let (records, batches) = (records.into_inner() as f64, ledger.batches() as f64);
    ledger.close().unwrap();
    fs::remove_dir_all(folder).unwrap();
    println!(
        "{WRITERS} writers, {what}: {:.0} durable records of 1 kB a second, {:.0} fdatasync of the log a second, {:.1} records each; the disk alone: {alone:.0} fdatasync a second by one thread, {:.0} by two",
        records / seconds,
        batches / seconds,
        records / batches,
        two as f64 / 2.0
    );
}

/// Many records: opening and checking them.
fn many(parent: &Path, count: usize) {
    let (folder, ring, ledger) = new_ledger(parent, "many");
    let start = Instant::now();
    let mut last = None;
    for _ in 0..count / 1_000 {
        let ticket = ledger
            .submit((0..1_000).map(|_| submission()).collect())
            .unwrap();
        if let Some(before) = last.replace(ticket) {
            before.wait().unwrap();
        }
    }
    if let Some(ticket) = last {
        ticket.wait().unwrap();
    }
    ledger.close().unwrap();
    println!(
        "{count} records of 1 kB by one writer, 1,000 at a time: {:.1} s",
        start.elapsed().as_secs_f64()
    );
    let open = |what: &str| {
        let start = Instant::now();
        let ledger = EmbeddedLedger::open(&folder, Arc::clone(&ring), Options::default()).unwrap();
        println!(
            "opening it for writing{what}: {:.2} s",
            start.elapsed().as_secs_f64()
        );
        ledger.close().unwrap();
    };
    open("");
    fs::remove_dir_all(folder.join("tile")).unwrap();
    open(", its tiles made anew");
    let ended = Command::new(std::env::current_exe().unwrap())
        .arg("verify")
        .arg(&folder)
        .status()
        .unwrap();
    assert!(ended.success());
}

/// Reads everything and computes the root again: a process of its own, to see its memory.
fn verify(folder: &Path) {
    let start = Instant::now();
    let reader = EmbeddedReader::open(folder).unwrap();
    let verifiers = reader.verifiers().unwrap();
    let newest = reader.checkpoint().unwrap().unwrap();
    for checkpoint in reader.checkpoints().unwrap() {
        checkpoint.unwrap().verify(&verifiers).unwrap();
    }
    let size = reader.size().unwrap();
    let mut tree = Frontier::new();
    for entry in reader.entries(0..size).unwrap() {
        tree.append(Hash::leaf(&entry.unwrap().1), |_| ());
    }
    assert_eq!(tree.root(), newest.checkpoint().root);
    let peak = fs::read_to_string("/proc/self/status")
        .unwrap_or_default()
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmHWM:")
                .map(|peak| peak.trim().to_owned())
        })
        .unwrap_or_default();
    println!(
        "checksums, root and checkpoints of {size} records: {:.2} s on one core, peak memory {peak}",
        start.elapsed().as_secs_f64()
    );
}
