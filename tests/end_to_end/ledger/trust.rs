//! Changes that are seen, keys, witnesses, checkpoints and exports.

use super::*;

#[test]
fn a_ledger_that_was_changed_does_not_verify() {
    let (folder, key) = ledger();
    let folder = folder.path();
    recorded(folder, &[]);
    done(
        folder,
        &["ledger", "checkpoint", "--ledger", "led", "-o", "kept"],
    );
    let verify = || {
        run(
            folder,
            &[
                "ledger",
                "verify",
                "led",
                "--key",
                &key,
                "--checkpoint",
                "kept",
            ],
        )
    };
    assert_eq!(verify().0, 0);
    let segment = folder.join("led/log/00000000000000000000.log");
    let sound = fs::read(&segment).unwrap();
    for place in [70, sound.len() / 2, sound.len() - 1] {
        let mut changed = sound.clone();
        changed[place] ^= 1;
        fs::write(&segment, &changed).unwrap();
        let (code, said) = verify();
        assert_eq!(code, 1, "byte {place}: {said}");
        assert!(said.contains("NOT VERIFIED"), "{said}");
    }
    fs::write(&segment, &sound[..sound.len() - 100]).unwrap();
    assert_eq!(verify().0, 1);
    // Nor does a writer go on with it.
    let (code, said) = run(folder, &["check", "pod.yaml", "--ledger", "led"]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("SG5003"), "{said}");
    fs::write(&segment, &sound).unwrap();
    assert_eq!(verify().0, 0);
    // Another ledger of the same keys is no continuation of the checkpoint that was kept.
    fs::remove_dir_all(folder.join("led")).unwrap();
    done(folder, &["ledger", "init", "--ledger", "led"]);
    recorded(folder, &[]);
    recorded(folder, &[]);
    assert_eq!(verify().0, 1);
    // Without any key nothing is verified.
    fs::remove_file(folder.join("led.keys")).unwrap();
    assert_eq!(run(folder, &["ledger", "verify", "led"]).0, 2);
}

#[test]
fn keys_rotate_and_whoever_trusts_the_old_one_follows() {
    let (folder, key) = ledger();
    let folder = folder.path();
    recorded(folder, &[]);
    done(
        folder,
        &["ledger", "checkpoint", "--ledger", "led", "-o", "kept"],
    );
    let said = done(folder, &["ledger", "keys", "rotate", "--ledger", "led"]);
    assert!(said.contains("signs from record"), "{said}");
    recorded(folder, &[]);
    let said = done(
        folder,
        &[
            "ledger",
            "verify",
            "led",
            "--key",
            &key,
            "--checkpoint",
            "kept",
        ],
    );
    assert!(said.contains("verified"), "{said}");
    let keys = done(folder, &["ledger", "keys", "show", "--ledger", "led"]);
    assert_eq!(keys.lines().count(), 2);
    assert_eq!(keys.lines().next(), Some(key.as_str()));
    done(folder, &["ledger", "replay", "3", "--ledger", "led"]);
}

#[test]
fn a_witness_cosigns_what_continues_and_nothing_else() {
    let (folder, key) = ledger();
    let folder = folder.path();
    recorded(folder, &[]);
    let witness = done(
        folder,
        &[
            "ledger",
            "keys",
            "witness",
            "witness.example",
            "-o",
            "w.key",
        ],
    );
    let witness = witness.trim();
    let cosign = || {
        run(
            folder,
            &[
                "ledger",
                "witness",
                "led",
                "--key",
                &key,
                "--witness-key",
                "w.key",
                "--state",
                "w.state",
                "-o",
                "cosigned",
            ],
        )
    };
    assert_eq!(cosign().0, 0, "{}", cosign().1);
    recorded(folder, &[]);
    assert_eq!(cosign().0, 0);
    assert!(
        fs::read_to_string(folder.join("cosigned"))
            .unwrap()
            .contains("\u{2014} witness.example ")
    );
    let said = done(
        folder,
        &[
            "ledger",
            "verify",
            "led",
            "--key",
            &key,
            "--checkpoint",
            "cosigned",
            "--witness",
            witness,
        ],
    );
    assert!(said.contains("witness.example"), "{said}");
    // A ledger made anew by the same keys is shorter, then forked: neither is cosigned.
    fs::remove_dir_all(folder.join("led")).unwrap();
    done(folder, &["ledger", "init", "--ledger", "led"]);
    recorded(folder, &[]);
    assert_ne!(cosign().0, 0);
    recorded(folder, &[]);
    recorded(folder, &[]);
    assert_ne!(cosign().0, 0);
}

#[test]
fn a_whole_export_becomes_the_same_ledger_again() {
    let (folder, key) = ledger();
    let folder = folder.path();
    recorded(folder, &[]);
    recorded(folder, &[]);
    done(
        folder,
        &["ledger", "checkpoint", "--ledger", "led", "-o", "kept"],
    );
    done(
        folder,
        &[
            "ledger",
            "export",
            "whole",
            "--whole",
            "--documents",
            "--ledger",
            "led",
        ],
    );
    let said = done(
        folder,
        &[
            "ledger",
            "verify",
            "whole",
            "--key",
            &key,
            "--checkpoint",
            "kept",
        ],
    );
    assert!(said.contains("verified"), "{said}");
    done(
        folder,
        &[
            "ledger",
            "import",
            "whole",
            "--ledger",
            "again",
            "--ledger-keys",
            "led.keys",
        ],
    );
    let said = done(
        folder,
        &[
            "ledger",
            "verify",
            "again",
            "--key",
            &key,
            "--checkpoint",
            "kept",
        ],
    );
    assert!(said.contains("verified"), "{said}");
    done(
        folder,
        &[
            "ledger",
            "replay",
            "2",
            "--ledger",
            "again",
            "--ledger-keys",
            "led.keys",
        ],
    );
    // The export does not verify once it was changed.
    let records = folder.join("whole/records.jsonl");
    let text = fs::read_to_string(&records).unwrap();
    fs::write(&records, text.replace("\"allow\"", "\"deny\"")).unwrap();
    assert_eq!(
        run(folder, &["ledger", "verify", "whole", "--key", &key]).0,
        1
    );
}

#[test]
fn a_checkpoint_is_committed_to_git() {
    let (folder, _) = ledger();
    let folder = folder.path();
    recorded(folder, &[]);
    fs::create_dir(folder.join("repository")).unwrap();
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git")
            .arg("-C")
            .arg(folder.join("repository"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    git(&["config", "user.name", "Gate"]);
    git(&["config", "user.email", "gate@example.com"]);
    for _ in 0..2 {
        let output = soc2gate(folder)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .args([
                "ledger",
                "checkpoint",
                "--ledger",
                "led",
                "--git",
                "repository",
            ])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert_eq!(git(&["log", "--format=%s"]), "Checkpoint of 4 records\n");
}
