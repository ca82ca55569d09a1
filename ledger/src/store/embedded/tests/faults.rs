//! Whatever goes wrong with the disk, what was acknowledged is there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use rstest::rstest;

use super::disk::{Fault, MemoryDisk};
use super::*;
use crate::record::Record;
use crate::store::Receipt;

/// So small that a few records make segments, packs and checkpoints.
fn options() -> Arc<Options> {
    Arc::new(Options {
        segment_bytes: 1_500,
        pack_bytes: 400,
        checkpoint_records: 4,
        ..Options::default()
    })
}

/// A trial of the disk with one ledger.
struct Trial {
    disk: MemoryDisk,
    ring: Arc<KeyRing>,
    acknowledged: Mutex<Vec<Receipt>>,
}

impl Trial {
    fn new(ring: &Arc<KeyRing>) -> Self {
        Self {
            disk: MemoryDisk::default(),
            ring: Arc::clone(ring),
            acknowledged: Mutex::default(),
        }
    }

    fn path() -> PathBuf {
        PathBuf::from("/data/ledger")
    }

    fn init(&self) -> Result<(), StoreError> {
        create_on(&Arc::new(self.disk.again()), &Self::path(), &self.ring)
    }

    fn open(&self) -> Result<EmbeddedLedger, StoreError> {
        EmbeddedLedger::open_on(
            Arc::new(self.disk.again()),
            &Self::path(),
            Arc::clone(&self.ring),
            &options(),
        )
    }

    fn append(&self, ledger: &EmbeddedLedger, submissions: Vec<Submission>) {
        if let Ok(receipts) = ledger.append(submissions) {
            self.acknowledged.lock().unwrap().extend(receipts);
        }
    }

    /// Writers that do not stop for anything.
    fn write(&self, ledger: &EmbeddedLedger) {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    self.append(ledger, vec![record("alone")]);
                    self.append(ledger, vec![record("alone")]);
                    self.append(ledger, vec![with_document("a"), record("b")]);
                });
            }
        });
        let _ = ledger.seal();
        self.append(ledger, vec![with_document("late")]);
    }

    fn run(&self) {
        if self.init().is_ok()
            && let Ok(ledger) = self.open()
        {
            self.write(&ledger);
            let _ = ledger.close();
        }
    }

    /// Everything that was acknowledged is there once, and the log verifies.
    fn check(&self, log: &dyn Log) {
        let size = verify(log);
        let mut ids = BTreeSet::new();
        let mut records = Vec::new();
        for entry in log.entries(0..size).unwrap() {
            let record = Record::parse(&entry.unwrap().1).unwrap();
            assert!(ids.insert(record.id.clone()), "a record is doubled");
            for document in &record.bulk {
                let hash = Hash::from_hex(&document.sha256).unwrap();
                let document = log.document(&hash).unwrap().expect("a document is lost");
                document.open(&self.ring).unwrap();
            }
            records.push(record);
        }
        for receipt in self.acknowledged.lock().unwrap().iter() {
            let index = usize::try_from(receipt.index.unwrap()).unwrap();
            assert_eq!(records[index].id, receipt.id, "a record is lost");
        }
    }

    /// Opens what the fault left, writes on, and loses power once more.
    fn recover(&self, seed: u64) {
        let ledger = match self.open() {
            Err(StoreError::NotALedger(_)) if self.acknowledged.lock().unwrap().is_empty() => {
                self.init().unwrap();
                self.open().unwrap()
            }
            opened => opened.unwrap(),
        };
        self.check(&ledger);
        self.append(&ledger, vec![record("after"), with_document("the fault")]);
        self.check(&ledger);
        self.disk.reboot(seed);
        // It finds no disk any more.
        drop(ledger);
        let ledger = self.open().unwrap();
        self.check(&ledger);
        ledger.close().unwrap();
        let reader = EmbeddedReader::open_on(Arc::new(self.disk.again()), &Self::path()).unwrap();
        self.check(&reader);
        assert_eq!(
            reader.checkpoint().unwrap().unwrap().checkpoint().size,
            reader.size().unwrap()
        );
    }
}

#[test]
fn without_a_fault_all_is_acknowledged() {
    let trial = Trial::new(&ring());
    trial.run();
    assert_eq!(trial.acknowledged.lock().unwrap().len(), 17);
    trial.recover(1);
}

#[rstest]
fn no_fault_loses_what_was_acknowledged(
    #[values(
        Fault::Broken,
        Fault::ShortWrite,
        Fault::NoSpace,
        Fault::LostWrites,
        Fault::PowerLoss
    )]
    fault: Fault,
) {
    let ring = ring();
    let mut trials = 0;
    for repetition in 0..repetitions() {
        for calls in 0.. {
            let seed = (repetition << 32) + calls;
            let trial = Trial::new(&ring);
            trial.disk.fail_after(calls, fault);
            trial.run();
            if !trial.disk.has_failed() {
                break;
            }
            trials += 1;
            if fault == Fault::PowerLoss {
                trial.disk.reboot(seed);
            } else {
                trial.disk.mend();
            }
            trial.recover(seed);
        }
    }
    println!("{fault:?}: {trials} trials");
    assert!(trials > 50);
}

/// How often every call fails in turn: once, or as `cargo xtask torture` says. What is lost with the power, and which
/// thread comes first, is another time different.
fn repetitions() -> u64 {
    std::env::var("SOC2GATE_TORTURE_REPETITIONS").map_or(1, |number| number.parse().unwrap())
}

#[test]
fn a_failed_write_poisons_the_ledger() {
    for fault in [Fault::NoSpace, Fault::LostWrites] {
        let trial = Trial::new(&ring());
        trial.init().unwrap();
        let ledger = trial.open().unwrap();
        trial.append(&ledger, vec![record("before")]);
        trial.disk.fail_after(0, fault);
        let failed = ledger.append(vec![record("failed")]).unwrap_err();
        assert!(matches!(
            failed,
            StoreError::Io {
                action: "write the log",
                ..
            }
        ));
        trial.disk.mend();
        let append = || ledger.append(vec![record("later")]);
        assert!(matches!(append(), Err(StoreError::Poisoned)));
        assert!(matches!(ledger.seal(), Err(StoreError::Poisoned)));
        assert!(matches!(ledger.erase(&[]), Err(StoreError::Poisoned)));
        // What was acknowledged can still be read.
        assert_eq!(ledger.size().unwrap(), 1);
        assert_eq!(ledger.entries(0..9).unwrap().count(), 1);
        assert!(matches!(ledger.close(), Err(StoreError::Poisoned)));
        trial.recover(3);
    }
}
