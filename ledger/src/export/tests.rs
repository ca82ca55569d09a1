//! Exports are accepted as they were written and in no other way: by this crate and by the verifier in Python, which
//! shares nothing with it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::*;
use crate::Hash;
use crate::attest::{Envelope, PredicateKind};
use crate::keys::SealedDocument;
use crate::note::{KeyKind, SignedCheckpoint, Signer};
use crate::proof::RecordProof;
use crate::query::Query;
use crate::store::{Document, Log};
use crate::testing::{MemoryLog, ORIGIN, decision, time};
use crate::tree::Tile;
use crate::verify::{Checks, Code, Trust, verify};

fn tool() -> Tool {
    Tool {
        name: "soc2gate".to_owned(),
        version: "0.1.0".to_owned(),
    }
}

fn whole() -> ExportOptions {
    ExportOptions {
        query: None,
        documents: true,
        attestations: vec![PredicateKind::Summary],
        tiles: true,
        created: time(9_999),
        tool: tool(),
    }
}

fn population() -> ExportOptions {
    let query = Query {
        control: Some("WRK-01".to_owned()),
        status: Some("fail".to_owned()),
        ..Query::default()
    };
    ExportOptions {
        query: Some(query),
        attestations: PredicateKind::ALL.to_vec(),
        ..whole()
    }
}

/// A log with documents, a rotation and a record that is not sealed.
fn log() -> MemoryLog {
    let mut log = MemoryLog::with_decisions(300);
    for number in 300..303 {
        let document = Document {
            name: "input".to_owned(),
            media_type: "application/json".to_owned(),
            bytes: format!("{{\"number\":{number}}}").into_bytes(),
        };
        log.push_with_document(decision(number), &document);
    }
    log.rotate(303);
    log.push_all((304..310).map(decision));
    log.seal();
    log.push(&decision(310));
    log
}

fn trust(log: &MemoryLog) -> Trust {
    Trust {
        keys: vec![log.ring.verifiers()[0].clone()],
        ..Trust::default()
    }
}

/// Trusts the key that signs now: a population does not show how it came to be the log's.
fn trust_newest(log: &MemoryLog) -> Trust {
    Trust {
        keys: vec![log.ring.signer().verifier().clone()],
        ..Trust::default()
    }
}

/// An export in a folder of its own.
fn exported(log: &MemoryLog, options: &ExportOptions) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    export(log, folder.path(), options, log.ring.signer(), |_| {}).unwrap();
    folder
}

fn is_right(folder: &Path, trust: &Trust) -> bool {
    check(folder, trust, |_| {}).is_ok()
}

fn count_lines(folder: &Path, name: &str) -> usize {
    fs::read_to_string(folder.join(name))
        .unwrap()
        .lines()
        .count()
}

#[test]
fn a_whole_export_verifies_and_reads_as_the_log() {
    let log = log();
    let folder = exported(&log, &whole());
    let mut trust = trust(&log);
    trust.checkpoints = vec![log.checkpoints[0].clone()];
    let checked = check(folder.path(), &trust, |_| {}).unwrap();
    let report = checked.report.unwrap();
    assert_eq!(report.entries, 312);
    assert_eq!(report.continued, [302]);
    assert_eq!(report.documents.unwrap().sound, 3);
    let export = checked.export;
    let manifest = export.manifest();
    assert_eq!((manifest.count, manifest.size), (312, 312));
    assert_eq!((manifest.first, manifest.last), (Some(0), Some(311)));
    assert_eq!(manifest.period.unwrap().to, time(309));
    assert_eq!(export.verifiers().unwrap(), log.ring.verifiers());
    let kept: Vec<_> = export.checkpoints().unwrap().map(Result::unwrap).collect();
    assert_eq!(kept, log.checkpoints);
    for range in [0..312, 0..1, 255..258, 311..400, 5..5, 500..600] {
        let read: Vec<_> = export
            .entries(range.clone())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let there: Vec<_> = log.entries(range).unwrap().map(Result::unwrap).collect();
        let there: Vec<_> = there
            .into_iter()
            .filter(|(index, _)| *index < 312)
            .collect();
        assert_eq!(read, there);
    }
    for (level, index, width) in [(0, 0, 256), (0, 1, 56), (1, 0, 1), (3, 0, 1)] {
        let tile = Tile {
            level,
            index,
            width,
        };
        let read = export.tile(tile).unwrap();
        assert_eq!(read, Log::tile(&log, tile).unwrap(), "{tile:?}");
    }
    let proof = RecordProof::of(&export, 300).unwrap();
    assert_eq!(proof, RecordProof::of(&log, 300).unwrap());
    for (hash, sealed) in &log.documents {
        assert_eq!(export.document(hash).unwrap().as_ref(), Some(sealed));
    }
    assert_eq!(export.document(&Hash::of(b"x")).unwrap(), None);
    // The heading, and a line more for each of the 103 reasons with a line break.
    assert_eq!(count_lines(folder.path(), "records.csv"), 416);
    assert_eq!(count_lines(folder.path(), "attestations.jsonl"), 309);
}

#[test]
fn the_tiles_of_an_export_are_those_of_c2sp() {
    let log = log();
    let folder = exported(&log, &whole());
    let entries = &log.entries[..312];
    let level_0 = fs::read(folder.path().join("tile/0/000")).unwrap();
    assert_eq!(level_0.len(), 256 * 32);
    assert_eq!(level_0[32..64], Hash::leaf(&entries[1]).0);
    assert_eq!(
        fs::read(folder.path().join("tile/0/001.p/56"))
            .unwrap()
            .len(),
        56 * 32
    );
    assert_eq!(
        fs::read(folder.path().join("tile/1/000.p/1"))
            .unwrap()
            .len(),
        32
    );
    let mut bundles = fs::read(folder.path().join("tile/entries/000")).unwrap();
    bundles.extend(fs::read(folder.path().join("tile/entries/001.p/56")).unwrap());
    let mut expected = Vec::new();
    for entry in entries {
        expected.extend(u16::try_from(entry.len()).unwrap().to_be_bytes());
        expected.extend(entry);
    }
    assert_eq!(bundles, expected);
}

#[test]
fn a_population_verifies_and_holds_what_the_query_means() {
    let log = log();
    let options = population();
    let folder = exported(&log, &options);
    let trust = trust_newest(&log);
    let checked = check(folder.path(), &trust, |_| {}).unwrap();
    let manifest = checked.export.manifest();
    assert_eq!(manifest.shape, Shape::Population);
    assert_eq!(Some(&manifest.query), options.query.as_ref());
    // Every third of the decisions under the checkpoint.
    assert_eq!((manifest.count, manifest.size), (103, 312));
    assert_eq!((manifest.first, manifest.last), (Some(2), Some(311)));
    assert_eq!(count_lines(folder.path(), "attestations.jsonl"), 309);
    assert!(checked.export.size().is_err());
    let same = Trust {
        checkpoints: vec![log.checkpoints[2].clone()],
        ..trust.clone()
    };
    assert!(is_right(folder.path(), &same));
    let older = Trust {
        checkpoints: vec![log.checkpoints[0].clone()],
        ..trust
    };
    let refused = check(folder.path(), &older, |_| {});
    assert!(matches!(refused, Err(ExportError::Continuity)));
    let nothing = ExportOptions {
        query: Some(Query {
            first: Some(9),
            last: Some(3),
            ..Query::default()
        }),
        ..whole()
    };
    let empty = exported(&log, &nothing);
    let checked = check(empty.path(), &trust_newest(&log), |_| {}).unwrap();
    assert_eq!(checked.export.manifest().count, 0);
}

/// A ledger that takes an import into memory.
#[derive(Default)]
struct Target {
    entries: Vec<Vec<u8>>,
    documents: Vec<Hash>,
    checkpoints: Vec<SignedCheckpoint>,
}

impl ImportTarget for Target {
    fn import_document(&mut self, document: &SealedDocument) -> Result<(), StoreError> {
        self.documents.push(document.hash());
        Ok(())
    }

    fn import_entries(&mut self, first: u64, entries: Vec<Vec<u8>>) -> Result<(), StoreError> {
        assert_eq!(first, self.entries.len() as u64);
        self.entries.extend(entries);
        Ok(())
    }

    fn import_checkpoint(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        self.checkpoints.push(checkpoint.clone());
        Ok(())
    }
}

#[test]
fn an_import_is_the_log_byte_for_byte() {
    let mut log = log();
    log.push_all((311..1_500).map(decision));
    log.seal();
    let folder = exported(&log, &whole());
    let mut target = Target::default();
    import(folder.path(), &trust(&log), &mut target, |_| {}).unwrap();
    assert_eq!(target.entries, log.entries);
    assert_eq!(target.checkpoints, log.checkpoints);
    assert_eq!(target.documents.len(), 3);
    let population = exported(&log, &population());
    let mut target = Target::default();
    let refused = import(population.path(), &trust_newest(&log), &mut target, |_| {});
    assert!(matches!(refused, Err(ExportError::Shape)));
    assert!(target.entries.is_empty());
}

#[test]
fn what_cannot_be_shown_is_not_exported() {
    let log = log();
    let folder = tempfile::tempdir().unwrap();
    let export_with = |log: &MemoryLog, signer: &Signer| {
        let place = tempfile::tempdir_in(&folder).unwrap();
        let result = export(log, place.path(), &whole(), signer, |_| {});
        assert!(result.is_err() != place.path().join("manifest.json").exists());
        result
    };
    assert!(export_with(&log, log.ring.signer()).is_ok());
    let other = Signer::generate("example.com/other", KeyKind::Log).unwrap();
    assert!(matches!(
        export_with(&log, &other),
        Err(ExportError::OtherKey)
    ));
    let witness = Signer::generate(ORIGIN, KeyKind::Witness).unwrap();
    assert!(matches!(
        export_with(&log, &witness),
        Err(ExportError::OtherKey)
    ));
    let mut unsealed = MemoryLog::with_decisions(1);
    unsealed.checkpoints.clear();
    let signer = unsealed.ring.signer();
    assert!(matches!(
        export_with(&unsealed, signer),
        Err(ExportError::NoCheckpoint)
    ));
    let mut changed = MemoryLog::with_decisions(5);
    changed.entries[3] = decision(77).prepare().unwrap().at(3);
    let signer = changed.ring.signer();
    assert!(matches!(
        export_with(&changed, signer),
        Err(ExportError::NotTheCheckpoint)
    ));
    let mut short = MemoryLog::with_decisions(5);
    short.entries.pop();
    let signer = short.ring.signer();
    assert!(matches!(
        export_with(&short, signer),
        Err(ExportError::NotTheCheckpoint)
    ));
    fs::write(folder.path().join("file"), "x").unwrap();
    let refused = export(&log, folder.path(), &whole(), log.ring.signer(), |_| {});
    assert!(matches!(refused, Err(ExportError::NotEmpty)));
}

/// A change of the lines of a file.
type Change = fn(&mut Vec<String>);
/// A change of the manifest.
type ManifestChange = fn(&mut Value);

/// Ways to tamper with an export, each with a name.
type Tampering = (String, Box<dyn Fn(&Path)>);

/// Signs the manifest anew for the files as they are now, with one of its fields changed.
fn sign_again(folder: &Path, signer: &Signer, change: impl Fn(&mut Value)) {
    let path = folder.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for file in manifest["files"].as_array_mut().unwrap() {
        let bytes = fs::read(folder.join(file["path"].as_str().unwrap())).unwrap();
        file["sha256"] = json!(Hash::of(&bytes).to_string());
        file["size"] = json!(bytes.len());
    }
    change(&mut manifest);
    let text = crate::record::canonical(&manifest).unwrap();
    let envelope = Envelope::sign(MANIFEST_MEDIA_TYPE, &text, signer);
    fs::write(&path, text).unwrap();
    fs::write(
        folder.join("manifest.dsse.json"),
        envelope.to_json().unwrap(),
    )
    .unwrap();
}

fn change_lines(folder: &Path, name: &str, change: impl Fn(&mut Vec<String>)) {
    let path = folder.join(name);
    let text = fs::read_to_string(&path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").unwrap();
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        for item in fs::read_dir(current).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(
                    path.strip_prefix(folder)
                        .unwrap()
                        .to_str()
                        .unwrap()
                        .to_owned(),
                );
            }
        }
    }
    found.sort();
    found
}

/// Everything that is tried: without the key, and with it.
fn tamperings(folder: &Path, log: &MemoryLog, is_whole: bool) -> Vec<Tampering> {
    let mut all: Vec<Tampering> = Vec::new();
    let mut add =
        |name: &str, tampering: Box<dyn Fn(&Path)>| all.push((name.to_owned(), tampering));
    for name in files_below(folder) {
        let length = fs::read(folder.join(&name)).unwrap().len();
        // The envelope's hint which key signed is not signed itself.
        for place in [0, length / 2, length - 1] {
            let file = name.clone();
            add(
                &format!("byte {place} of {name}"),
                Box::new(move |folder| {
                    let mut bytes = fs::read(folder.join(&file)).unwrap();
                    bytes[place] ^= 1;
                    fs::write(folder.join(&file), bytes).unwrap();
                }),
            );
        }
        let file = name.clone();
        add(
            &format!("without {name}"),
            Box::new(move |folder| {
                fs::remove_file(folder.join(&file)).unwrap();
            }),
        );
    }
    add(
        "another file",
        Box::new(|folder| {
            fs::write(folder.join("more"), "x").unwrap();
        }),
    );
    add(
        "another document",
        Box::new(|folder| {
            fs::create_dir_all(folder.join("documents/00")).unwrap();
            fs::write(folder.join("documents/00/x"), "x").unwrap();
        }),
    );
    let secret = log.ring.to_secret().unwrap().to_string();
    let proofs = |change: Change| {
        move |folder: &Path| {
            if folder.join("proofs.jsonl").exists() {
                change_lines(folder, "proofs.jsonl", change);
            }
        }
    };
    let changes: [(&str, Change); 4] = [
        ("removed", |lines| {
            lines.remove(50);
        }),
        ("added", |lines| {
            let line = lines[50].clone();
            lines.insert(50, line);
        }),
        ("swapped", |lines| lines.swap(50, 51)),
        ("cut off", |lines| {
            lines.truncate(40);
        }),
    ];
    // Whoever changes the records and all hashes, but has not the key.
    for (name, change) in changes {
        let also = proofs(change);
        add(
            &format!("a record {name}, another key"),
            Box::new(move |folder| {
                change_lines(folder, "records.jsonl", change);
                also(folder);
                sign_again(
                    folder,
                    &Signer::generate(ORIGIN, KeyKind::Log).unwrap(),
                    |_| {},
                );
            }),
        );
    }
    // Whoever has the key cannot do this either: the checkpoint is another.
    for (name, change) in changes {
        let secret = secret.clone();
        add(
            &format!("a record {name}, signed"),
            Box::new(move |folder| {
                let ring = crate::keys::KeyRing::parse(&secret).unwrap();
                change_lines(folder, "records.jsonl", change);
                sign_again(folder, ring.signer(), |_| {});
            }),
        );
    }
    let fields: [(&str, ManifestChange); 8] = [
        ("count", |manifest| manifest["count"] = json!(99)),
        ("size", |manifest| manifest["size"] = json!(311)),
        ("root", |manifest| {
            manifest["root"] = json!(Hash::empty().to_string());
        }),
        ("origin", |manifest| {
            manifest["origin"] = json!("example.com/other");
        }),
        ("first", |manifest| manifest["first"] = json!(1)),
        ("last", |manifest| manifest["last"] = json!(310)),
        ("period", |manifest| {
            manifest["period"]["to"] = json!("2026-11-23T10:00:01Z");
        }),
        ("schema", |manifest| {
            manifest["schema"] = json!("soc2gate.dev/export/v2");
        }),
    ];
    for (name, change) in fields {
        let secret = secret.clone();
        add(
            &format!("another {name}, signed"),
            Box::new(move |folder| {
                let ring = crate::keys::KeyRing::parse(&secret).unwrap();
                sign_again(folder, ring.signer(), change);
            }),
        );
    }
    add(
        "no signature",
        Box::new(|folder| {
            let path = folder.join("manifest.dsse.json");
            let mut envelope: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            envelope["signatures"] = json!([]);
            fs::write(path, envelope.to_string()).unwrap();
        }),
    );
    if is_whole {
        let secret = secret.clone();
        add(
            "the checkpoint that both keys signed left out, signed",
            Box::new(move |folder| {
                let ring = crate::keys::KeyRing::parse(&secret).unwrap();
                change_lines(folder, "checkpoints.jsonl", |lines| {
                    lines.remove(1);
                });
                sign_again(folder, ring.signer(), |_| {});
            }),
        );
    }
    all
}

/// Tampers with a copy of an export, and hands it over.
fn with_each_tampering(
    log: &MemoryLog,
    options: &ExportOptions,
    mut look: impl FnMut(&str, &Path),
) {
    let folder = exported(log, options);
    for (name, tampering) in tamperings(folder.path(), log, options.query.is_none()) {
        let copy = tempfile::tempdir().unwrap();
        for file in files_below(folder.path()) {
            let to = copy.path().join(&file);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(folder.path().join(&file), to).unwrap();
        }
        tampering(copy.path());
        look(&name, copy.path());
    }
}

#[test]
fn no_changed_whole_export_is_accepted() {
    let log = log();
    let trust = trust(&log);
    with_each_tampering(&log, &whole(), |name, folder| {
        assert!(!is_right(folder, &trust), "{name}");
    });
}

#[test]
fn no_changed_population_is_accepted() {
    let log = log();
    let trust = trust_newest(&log);
    with_each_tampering(&log, &population(), |name, folder| {
        assert!(!is_right(folder, &trust), "{name}");
    });
}

#[test]
fn an_export_counts_for_those_who_trust_its_key_and_fits_what_they_kept() {
    let log = log();
    let folder = exported(&log, &whole());
    let other = MemoryLog::with_decisions(1);
    assert!(!is_right(folder.path(), &trust(&other)));
    assert!(!is_right(folder.path(), &Trust::default()));
    let mut forked = MemoryLog::with_decisions(310);
    forked.entries[7] = decision(77).prepare().unwrap().at(7);
    forked.ring = crate::keys::KeyRing::parse(&log.ring.to_secret().unwrap()).unwrap();
    let forked = forked.rewritten();
    let mut trust = trust(&log);
    trust.checkpoints = vec![forked.checkpoint_at(100)];
    let Err(ExportError::NotVerified(report)) = check(folder.path(), &trust, |_| {}) else {
        panic!("accepted");
    };
    assert_eq!(report.problems.items[0].code, Code::Root);
}

#[test]
fn a_name_that_leads_out_of_the_folder_is_refused() {
    let log = log();
    let folder = exported(&log, &whole());
    for name in ["../x", "/etc/hostname", "a//b", ".", "a/../b", "a\\b"] {
        let refused = files::open(folder.path(), name);
        assert!(matches!(refused, Err(ExportError::File { .. })), "{name}");
    }
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/etc/hostname", link).unwrap();
    assert!(matches!(
        files::open(folder.path(), "link"),
        Err(ExportError::File { .. })
    ));
}

#[test]
fn a_file_that_changes_under_the_reader_is_damage() {
    let log = log();
    let folder = exported(&log, &whole());
    let export = Export::open(folder.path()).unwrap();
    fs::write(folder.path().join("records.jsonl"), "x".repeat(300_000)).unwrap();
    let report = verify(&export, &trust(&log), Checks::default(), |_| {});
    assert!(!report.is_verified());
    assert_eq!(report.problems.items[0].code, Code::Damaged);
}

/// The verifier in Python, where the tests' tools are installed.
struct Python {
    tools: std::ffi::OsString,
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
    let by_first = crate::keys::KeyRing::parse(&log.ring.to_secret().unwrap()).unwrap();
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
