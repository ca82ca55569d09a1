//! A writer is killed at random moments under load: every record that it acknowledged is there, once, and the log
//! verifies. `cargo xtask torture` does it a thousand times.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use soc2gate_ledger::Hash;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Actor, ActorKind, Draft, Event, Gap, Record};
use soc2gate_ledger::store::embedded::{EmbeddedLedger, EmbeddedReader, Options};
use soc2gate_ledger::store::{Document, Log, Store, Submission};
use soc2gate_ledger::tree::Frontier;

/// Where the writer process finds the ledger.
const FOLDER: &str = "SOC2GATE_TORTURE_LEDGER";
/// How many rounds are asked for.
const ROUNDS: &str = "SOC2GATE_TORTURE_ROUNDS";
/// Rounds in the ordinary tests.
const FEW_ROUNDS: u32 = 25;
/// Rounds on one ledger; all of its records are looked at after each.
const ROUNDS_PER_LEDGER: u32 = 20;
/// Threads that append in the writer process.
const THREADS: usize = 24;

fn options() -> Options {
    Options {
        checkpoint_interval: Duration::from_millis(20),
        checkpoint_records: 100,
        segment_bytes: 64 * 1024,
        pack_bytes: 16 * 1024,
        ..Options::default()
    }
}

/// A record of about 400 bytes; every third has a document.
fn submission(number: usize) -> Submission {
    let time = Timestamp::UNIX_EPOCH;
    let event = Event::Gap(Gap {
        from: time,
        to: time,
        reason: "x".repeat(number % 300),
        allowed: None,
        denied: None,
    });
    let actor = Actor {
        kind: ActorKind::Service,
        id: "torture".to_owned(),
    };
    let documents = (number.is_multiple_of(3)).then(|| Document {
        name: "input".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: vec![b'x'; number % 500],
    });
    Submission {
        draft: Draft::new(time, actor, event).unwrap(),
        documents: documents.into_iter().collect(),
    }
}

#[test]
#[ignore = "the other test runs it as a process of its own, and kills it"]
fn writer_process() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("run by the other test"));
    let ring = KeyRing::parse(&fs::read_to_string(folder.with_extension("keys")).unwrap());
    let ledger = EmbeddedLedger::open(&folder, Arc::new(ring.unwrap()), options()).unwrap();
    writeln!(std::io::stdout()).unwrap();
    thread::scope(|scope| {
        for first in 0..THREADS {
            let ledger = &ledger;
            scope.spawn(move || {
                for number in first.. {
                    let many = (0..=number % 3)
                        .map(|more| submission(number + more))
                        .collect();
                    let receipts = ledger.append(many).unwrap();
                    let lines: String = receipts
                        .iter()
                        .map(|receipt| format!("ack {} {}\n", receipt.index.unwrap(), receipt.id))
                        .collect();
                    std::io::stdout()
                        .lock()
                        .write_all(lines.as_bytes())
                        .unwrap();
                }
            });
        }
    });
}

/// One ledger through many rounds.
struct Victim {
    _parent: tempfile::TempDir,
    folder: PathBuf,
    ring: Arc<KeyRing>,
    acknowledged: HashMap<u64, String>,
}

impl Victim {
    fn new() -> Self {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("ledger");
        let ring = Arc::new(KeyRing::generate("torture.example/ledger").unwrap());
        EmbeddedLedger::init(&folder, &ring, Timestamp::UNIX_EPOCH).unwrap();
        let secret = ring.to_secret().unwrap();
        fs::write(folder.with_extension("keys"), secret.as_bytes()).unwrap();
        Self {
            _parent: parent,
            folder,
            ring,
            acknowledged: HashMap::new(),
        }
    }

    /// Lets a writer run for some time, kills it, and keeps what it acknowledged. How many records that were.
    fn round(&mut self, time: Duration) -> usize {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["writer_process", "--exact", "--ignored", "--nocapture"])
            .env(FOLDER, &self.folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let reading = thread::spawn(move || {
            let mut acknowledged = Vec::new();
            let mut line = String::new();
            // A line that the kill cut off was not read by anyone.
            while output.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
                if let Some((index, id)) = line
                    .trim()
                    .strip_prefix("ack ")
                    .and_then(|rest| rest.split_once(' '))
                {
                    acknowledged.push((index.parse::<u64>().unwrap(), id.to_owned()));
                }
                line.clear();
            }
            acknowledged
        });
        thread::sleep(time);
        child.kill().unwrap();
        let acknowledged = reading.join().unwrap();
        let mut complaint = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut complaint)
            .unwrap();
        assert!(
            child.wait().unwrap().code().is_none(),
            "the writer ended by itself: {complaint}"
        );
        let count = acknowledged.len();
        self.acknowledged.extend(acknowledged);
        count
    }

    /// Bytes of the last segment behind its last whole frame. With `tear`, what no one was told of is cut at a
    /// random byte before: a disk that lost power may show that.
    fn torn_tail(&self, tear: Option<u64>) -> u64 {
        let mut segments: Vec<PathBuf> = fs::read_dir(self.folder.join("log"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect();
        segments.sort();
        let last = segments.last().unwrap();
        let mut bytes = fs::read(last).unwrap();
        // A checkpoint stands there before it is the newest.
        let sealed = EmbeddedReader::open(&self.folder)
            .unwrap()
            .checkpoints()
            .unwrap()
            .map(|checkpoint| checkpoint.unwrap().checkpoint().size)
            .max()
            .unwrap_or(0);
        let known = self.acknowledged.keys().map(|index| index + 1).max();
        let known = known.unwrap_or(0).max(sealed);
        if let Some(random) = tear {
            let safe = frames(&bytes)
                .filter(|(index, _)| *index < known)
                .map(|(_, end)| end)
                .last()
                .unwrap_or(64);
            let length = safe + usize::try_from(random).unwrap() % (bytes.len() - safe + 1);
            bytes.truncate(length);
            fs::write(last, &bytes).unwrap();
        }
        let end = frames(&bytes).map(|(_, end)| end).last().unwrap_or(64);
        u64::try_from(bytes.len() - end).unwrap()
    }

    /// Records that are lost and records that are doubled.
    fn check(&self, log: &dyn Log) -> (usize, usize) {
        let newest = log.checkpoint().unwrap().unwrap();
        newest.verify(&self.ring.verifiers()).unwrap();
        let mut tree = Frontier::new();
        let mut root = tree.root();
        let mut ids: HashMap<String, u64> = HashMap::new();
        let mut doubled = 0;
        let size = log.size().unwrap();
        for entry in log.entries(0..size).unwrap() {
            let (index, entry) = entry.unwrap();
            let record = Record::parse(&entry).unwrap();
            assert_eq!(record.index, index);
            for document in &record.bulk {
                let hash = Hash::from_hex(&document.sha256).unwrap();
                let document = log.document(&hash).unwrap().expect("a document is lost");
                document.open(&self.ring).unwrap();
            }
            tree.append(Hash::leaf(&entry), |_| ());
            if tree.size() == newest.checkpoint().size {
                root = tree.root();
            }
            doubled += usize::from(ids.insert(record.id, index).is_some());
        }
        assert_eq!(tree.size(), size);
        assert_eq!(root, newest.checkpoint().root);
        let lost = self
            .acknowledged
            .iter()
            .filter(|(index, id)| ids.get(*id) != Some(index))
            .count();
        (lost, doubled)
    }
}

/// The frames of a segment: index, and where it ends.
fn frames(bytes: &[u8]) -> impl Iterator<Item = (u64, usize)> {
    let mut start = 64;
    std::iter::from_fn(move || {
        let frame = bytes.get(start..)?;
        let length = u32::from_le_bytes(*frame.first_chunk()?) as usize;
        let checksum = u32::from_le_bytes(*frame.get(4..)?.first_chunk()?);
        let rest = frame.get(8..24 + length)?;
        if length == 0 || crc32c::crc32c(rest) != checksum {
            return None;
        }
        start += 24 + length;
        Some((u64::from_le_bytes(*rest.first_chunk()?), start))
    })
}

/// Numbers that nobody planned: xorshift.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn a_killed_writer_loses_nothing() {
    let rounds = std::env::var(ROUNDS).map_or(FEW_ROUNDS, |rounds| rounds.parse().unwrap());
    let mut random = Random(u64::from(std::process::id()) << 20 | 1);
    println!("seed {}", random.0);
    let (mut acknowledged, mut torn, mut lost, mut doubled) = (0, 0, 0, 0);
    let mut victim = Victim::new();
    for round in 0..rounds {
        if round > 0 && round.is_multiple_of(ROUNDS_PER_LEDGER) {
            victim = Victim::new();
        }
        acknowledged += victim.round(Duration::from_millis(20 + random.next() % 150));
        let tear = (round.is_multiple_of(2)).then(|| random.next());
        torn += u32::from(victim.torn_tail(tear) > 0);
        // As it was left, without anyone who mends it.
        let reader = EmbeddedReader::open(&victim.folder).unwrap();
        let outcome = victim.check(&reader);
        lost += outcome.0;
        doubled += outcome.1;
        if (round + 1).is_multiple_of(5) {
            let ledger = open(&victim.folder, &victim.ring);
            let outcome = victim.check(&ledger);
            lost += outcome.0;
            doubled += outcome.1;
            ledger.close().unwrap();
        }
    }
    println!(
        "{rounds} rounds, {acknowledged} records acknowledged, {torn} torn tails met, {lost} lost, {doubled} doubled"
    );
    assert_eq!((lost, doubled), (0, 0));
    assert!(acknowledged > 0);
}

fn open(folder: &Path, ring: &Arc<KeyRing>) -> EmbeddedLedger {
    let ledger = EmbeddedLedger::open(folder, Arc::clone(ring), options()).unwrap();
    ledger.seal().unwrap();
    ledger
}
