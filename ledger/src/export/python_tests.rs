//! Exports before the verifier in Python, which shares nothing with this crate.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::tampering_tests::with_each_tampering;
use super::tests::{exported, log, population, whole};
use crate::keys::KeyRing;
use crate::note::{KeyKind, Signer};
use crate::testing::MemoryLog;

/// The verifier in Python, where the tests' tools are installed.
struct Python {
    tools: OsString,
}

impl Python {
    fn find() -> Option<Self> {
        let tools = std::env::var_os("SOC2GATE_TEST_TOOLS");
        if tools.is_none() {
            eprintln!("notice: skipped, run by cargo xtask test, which installs cryptography");
        }
        tools.map(|tools| Self { tools })
    }

    /// Whether it accepts an export, and what it says.
    fn run(&self, folder: &Path, arguments: &[&str]) -> (bool, String) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let output = Command::new(Path::new(&self.tools).join("python/bin/python"))
            .arg(root.join("tests/verifier/verify_export.py"))
            .arg(folder)
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let accepts = output.status.success();
        let expected = if accepts {
            "verified: "
        } else {
            "not verified: "
        };
        assert!(said.starts_with(expected), "{output:?}");
        (accepts, said)
    }
}

#[test]
fn the_verifier_in_python_accepts_exports() {
    let Some(python) = Python::find() else { return };
    let mut log = log();
    let witness = Signer::generate("witness.example", KeyKind::Witness).unwrap();
    log.checkpoints
        .last_mut()
        .unwrap()
        .cosign(&witness, 1_700_000_000);
    let oldest = log.ring.verifiers()[0].to_string();
    let newest = log.ring.signer().verifier().to_string();
    let folder = exported(&log, &whole());
    let kept = tempfile::tempdir().unwrap();
    let older = kept.path().join("older");
    fs::write(&older, log.checkpoints[0].to_string()).unwrap();
    let older = older.to_str().unwrap();
    let witness_key = witness.verifier().to_string();
    let (accepts, said) = python.run(
        folder.path(),
        &[
            "--key",
            &oldest,
            "--checkpoint",
            older,
            "--witness",
            &witness_key,
        ],
    );
    assert!(accepts, "{said}");
    assert_eq!(
        said,
        "verified: whole export of example.com/ledger: 312 records of 312\n\
         continues the checkpoint of 302 records\n\
         cosigned by witness.example at 1700000000\n"
    );
    assert!(python.run(folder.path(), &["--key", &newest]).0);
    let other = MemoryLog::new().ring.signer().verifier().to_string();
    assert!(!python.run(folder.path(), &["--key", &other]).0);
    assert!(!python.run(folder.path(), &[]).0);
    let forked = MemoryLog::with_decisions(20);
    let mut forked_root = forked.unsigned();
    forked_root.size = 17;
    let by_first = KeyRing::parse(&log.ring.to_secret().unwrap()).unwrap();
    fs::write(
        kept.path().join("forked"),
        forked_root.sign(by_first.signer()).to_string(),
    )
    .unwrap();
    let forked = kept.path().join("forked");
    let forked = forked.to_str().unwrap();
    assert!(
        !python
            .run(folder.path(), &["--key", &oldest, "--checkpoint", forked])
            .0
    );
    let part = exported(&log, &population());
    let (accepts, said) = python.run(part.path(), &["--key", &newest]);
    assert!(accepts, "{said}");
    assert!(said.starts_with("verified: population export of example.com/ledger: 103 records"));
    assert!(!python.run(part.path(), &["--key", &oldest]).0);
    assert!(
        !python
            .run(part.path(), &["--key", &newest, "--checkpoint", older])
            .0
    );
}

#[test]
fn the_verifier_in_python_refuses_changed_exports() {
    let Some(python) = Python::find() else { return };
    let log = log();
    let oldest = log.ring.verifiers()[0].to_string();
    let newest = log.ring.signer().verifier().to_string();
    for (options, key) in [(whole(), &oldest), (population(), &newest)] {
        with_each_tampering(&log, &options, |name, folder| {
            let (accepts, said) = python.run(folder, &["--key", key]);
            assert!(!accepts, "{name}: {said}");
        });
    }
}
