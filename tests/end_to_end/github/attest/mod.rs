//! `soc2gate attest`: a change from the decision on its pull request to the image that is built from it.

mod made;
mod refused;
mod verified;

use std::fs;

use super::run::{TOKEN, command, files_below, holds_no_token_below};
use super::*;

/// In titles, bodies, files and diffs of the pull request.
const SECRET: &str = "Hunter2CanaryXq7";
const IMAGE: &str = "registry.example.com/shop@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const OTHER_IMAGE: &str = "registry.example.com/shop@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// The pull request before and after the merge.
fn open() -> World {
    World::ordinary().pull_request(json!({
        "title": format!("Round {SECRET}"), "body": format!("password: {SECRET}"), "labels": [SECRET],
    }))
}

fn merged() -> World {
    open().pull_request(json!({"state": "MERGED"}))
}

/// A ledger in a folder, and the server that attestations are made from.
struct Gate {
    server: Server,
    folder: tempfile::TempDir,
    key: String,
}

impl Gate {
    /// A ledger without records.
    fn new(world: &World) -> Option<Self> {
        let server = Server::start(world)?;
        let folder = folder(&[]);
        let output = soc2gate(folder.path())
            .args(["ledger", "init", "--ledger", "ledger"])
            .args(["--origin", "example.com/gate"])
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let key = said.lines().last().unwrap().to_owned();
        assert!(key.starts_with("example.com/gate+"), "{said}");
        Some(Self {
            server,
            folder,
            key,
        })
    }

    /// A ledger with the decision on the pull request as it is in one world, which is then as in another.
    fn decided(before: &World, after: &World, code: i32) -> Option<Self> {
        let gate = Self::new(before)?;
        gate.decide(&[], code);
        gate.server.begin(after);
        Some(gate)
    }

    fn decide(&self, arguments: &[&str], code: i32) {
        let output = command(&self.server, self.folder.path())
            .args(["check", "pull-request", "acme/shop#42", "--now", NOW])
            .args(["--ledger", "ledger"])
            .args(arguments)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}");
    }

    /// Runs a command: its exit code, what it printed and what it complained about. The token is nowhere.
    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        let output = command(&self.server, self.folder.path())
            .args(arguments)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        holds_no_token_below(self.folder.path());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let (shown, errors) = (text(&output.stdout), text(&output.stderr));
        for said in [&shown, &errors] {
            assert!(!said.contains(TOKEN) && !said.contains(SECRET), "{said}");
        }
        (output.status.code().unwrap(), shown, errors)
    }

    fn attest(&self, more: &[&str]) -> (i32, String, String) {
        let arguments = ["attest", "change", "acme/shop#42", "--ledger", "ledger"];
        self.run(&[&arguments[..], more].concat(), &[])
    }

    /// An attestation that is made, as a file of this name.
    fn attested(&self, file: &str, more: &[&str]) -> Vec<u8> {
        let (code, shown, errors) = self.attest(&[&["--output", file], more].concat());
        assert_eq!((code, shown.as_str()), (0, ""), "{errors}");
        fs::read(self.folder.path().join(file)).unwrap()
    }

    /// An attestation that is refused: nothing is written, nothing is recorded.
    fn refused(&self, code: i32, id: &str, more: &[&str]) {
        let before = self.attestations();
        let (found, shown, errors) = self.attest(&[&["--output", "none.json"], more].concat());
        assert_eq!((found, shown.as_str()), (code, ""), "{errors}");
        assert!(errors.contains(id), "{errors}");
        assert!(!self.folder.path().join("none.json").exists());
        assert_eq!(self.attestations(), before);
    }

    fn verify(&self, file: &str, more: &[&str]) -> (i32, String, String) {
        let key = self.key.clone();
        self.run(
            &[&["attest", "verify", file, "--key", &key][..], more].concat(),
            &[],
        )
    }

    /// Records of attestations.
    fn attestations(&self) -> usize {
        let arguments = ["ledger", "query", "--ledger", "ledger", "--kind"];
        let (code, shown, errors) = self.run(
            &[&arguments[..], &["attestation", "--format", "jsonl"]].concat(),
            &[],
        );
        assert_eq!(code, 0, "{errors}");
        shown.lines().count()
    }
}

/// The payload of an envelope.
fn payload(envelope: &[u8]) -> Value {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let payload = envelope["payload"].as_str().unwrap();
    let bytes = data_encoding::BASE64.decode(payload.as_bytes()).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains(SECRET));
    assert!(!String::from_utf8_lossy(&bytes).contains(TOKEN));
    serde_json::from_slice(&bytes).unwrap()
}

/// What the packages of in-toto and securesystemslib say.
fn python(envelope: &[u8], key: &str) -> String {
    let tools = server::tools().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("attestation.jsonl");
    fs::write(&path, envelope).unwrap();
    let parts: Vec<&str> = key.splitn(3, '+').collect();
    let public = data_encoding::BASE64.decode(parts[2].as_bytes()).unwrap();
    let output = std::process::Command::new(tools.join("python/bin/python"))
        .arg(root().join("tests/tools/attestations.py"))
        .arg(path)
        .arg(format!("{}+{}", parts[0], parts[1]))
        // The first byte says that the key is Ed25519.
        .arg(data_encoding::HEXLOWER.encode(&public[1..]))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Writes an event of a workflow, and gives its path.
fn event(gate: &Gate, fields: Value) -> String {
    let mut event = json!({
        "repository": {"full_name": "acme/shop", "default_branch": "main"},
        "sender": {"login": "alice", "type": "User"},
    });
    let Value::Object(fields) = fields else {
        panic!("no fields");
    };
    event.as_object_mut().unwrap().extend(fields);
    let path = gate.folder.path().join("event.json");
    fs::write(&path, event.to_string()).unwrap();
    path.display().to_string()
}
