//! Ways to tamper with an export; none is accepted.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::tests::{exported, is_right, log, population, trust, trust_newest, whole};
use super::*;
use crate::Hash;
use crate::attest::{Envelope, STATEMENT_MEDIA_TYPE};
use crate::keys::KeyRing;
use crate::note::{KeyKind, Signer};
use crate::testing::{MemoryLog, ORIGIN};

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
                let ring = KeyRing::parse(&secret).unwrap();
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
                let ring = KeyRing::parse(&secret).unwrap();
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
    // A thief of the retired key.
    let secret_of_retired = log
        .retired
        .as_ref()
        .unwrap()
        .to_secret()
        .unwrap()
        .to_string();
    add(
        "the manifest signed by the retired key",
        Box::new(move |folder| {
            let retired = KeyRing::parse(&secret_of_retired).unwrap();
            sign_again(folder, retired.signer(), |_| {});
        }),
    );
    let secret_of_log = secret.clone();
    add(
        "attestations of another key, signed",
        Box::new(move |folder| {
            let ring = KeyRing::parse(&secret_of_log).unwrap();
            let other = Signer::generate(ORIGIN, KeyKind::Log).unwrap();
            let envelope = Envelope::sign(STATEMENT_MEDIA_TYPE, b"{}", &other);
            fs::write(
                folder.join("attestations.jsonl"),
                [&envelope.to_json().unwrap()[..], b"\n"].concat(),
            )
            .unwrap();
            sign_again(folder, ring.signer(), |_| {});
        }),
    );
    if is_whole {
        let secret = secret.clone();
        add(
            "the checkpoint that both keys signed left out, signed",
            Box::new(move |folder| {
                let ring = KeyRing::parse(&secret).unwrap();
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
pub(super) fn with_each_tampering(
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
