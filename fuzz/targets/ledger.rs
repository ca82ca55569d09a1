//! Any bytes as a file of a ledger: they are read as what was written, or refused with an error.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use soc2gate_fuzz::watch_panics;
use soc2gate_ledger::attest::{
    ChangeStatement, Envelope, ImageReference, STATEMENT_MEDIA_TYPE,
};
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::note::{KeyKind, SignedCheckpoint, Signer, Verifier};
use soc2gate_ledger::proof::RecordProof;
use soc2gate_ledger::record::{Record, canonical, is_canonical};
use soc2gate_ledger::store::Log;
use soc2gate_ledger::store::embedded::{EmbeddedLedger, EmbeddedReader};
use soc2gate_ledger::witness::CosignRequest;

/// A ledger without records, whose files are replaced. In memory where the system has a folder for that.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = PathBuf::from("/dev/shm");
    let above = if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    };
    let folder = above.join(format!("soc2gate-fuzz-{}", std::process::id()));
    let ring = KeyRing::generate("fuzz.example/ledger").expect("the system gives random numbers");
    EmbeddedLedger::init(&folder, &ring, Timestamp::UNIX_EPOCH).expect("a ledger can be made");
    folder
});

/// The key that statements are signed with.
static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    Signer::from_seed("fuzz.example/ledger", KeyKind::Log, &[7; 32]).expect("a key can be made")
});

/// The files of a ledger that are replaced.
const FILES: [&str; 5] = [
    "log/00000000000000000000.log",
    "checkpoint",
    "checkpoints.log",
    "ledger.json",
    "bulk/00000000.pack",
];

fuzz_target!(init: watch_panics(), |data: &[u8]| {
    let Some((choice, bytes)) = data.split_first() else {
        return;
    };
    if let Some(name) = FILES.get(usize::from(*choice % 10)) {
        let path = FOLDER.join(name);
        let before = fs::read(&path).ok();
        // Behind a header that is right, where there is one.
        let header = if *choice & 0x80 == 0 { 0 } else { 64 };
        let mut file = before.clone().unwrap_or_default();
        file.truncate(header);
        file.extend(bytes);
        fs::write(&path, file).expect("the folder can be written");
        read();
        match before {
            Some(before) => fs::write(&path, before).expect("the folder can be written"),
            None => fs::remove_file(&path).expect("the folder can be written"),
        }
        return;
    }
    if let Ok(record) = Record::parse(bytes)
        && is_canonical(bytes)
    {
        let value: serde_json::Value =
            serde_json::from_slice(bytes).expect("a record is JSON");
        assert_eq!(canonical(&value).expect("a value is written"), bytes);
        assert!(record.id.len() < bytes.len());
    }
    let _ = Envelope::parse(bytes);
    assert!(ChangeStatement::verify(bytes, &[SIGNER.verifier().clone()]).is_err());
    // What a known key signed may still be any bytes.
    let signed = Envelope::sign(STATEMENT_MEDIA_TYPE, bytes, &SIGNER);
    let signed = signed.to_json().expect("an envelope is written");
    if let Ok(statement) = ChangeStatement::verify(&signed, &[SIGNER.verifier().clone()]) {
        assert_eq!(statement.sign(&SIGNER).to_json().as_deref(), Ok(&*signed));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(checkpoint) = SignedCheckpoint::parse(text) {
        assert_eq!(checkpoint.to_string(), text);
    }
    if let Ok(key) = Verifier::parse(text) {
        assert_eq!(Verifier::parse(&key.to_string()), Ok(key));
    }
    if let Ok(image) = ImageReference::parse(text) {
        assert_eq!(ImageReference::parse(&image.to_string()), Ok(image));
    }
    let _ = Signer::parse(text);
    let _ = KeyRing::parse(text);
    let _ = RecordProof::parse(text);
    let _ = CosignRequest::parse(text);
});

/// Reads whatever can be read.
fn read() {
    let Ok(reader) = EmbeddedReader::open(&FOLDER) else {
        return;
    };
    let _ = reader.verifiers();
    let _ = reader.checkpoint();
    if let Ok(checkpoints) = reader.checkpoints() {
        let _ = checkpoints.take(100).count();
    }
    if let Ok(size) = reader.size()
        && let Ok(entries) = reader.entries(0..size)
    {
        let _ = entries.take(100).count();
    }
    let _ = reader.document(&soc2gate_ledger::Hash::of(b"none"));
}
