//! The ledger in a folder, as others see it and as it is written.

mod behaviour;
mod damage;
mod disk;
mod faults;
mod keys;
mod parsers;
mod recovery;

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;

use self::disk::MemoryDisk;
use super::*;
use crate::Hash;
use crate::keys::KeyRing;
use crate::record::{Actor, ActorKind, Draft, Event, Gap};
use crate::store::{Document, Log, Store, StoreError, Submission};
use crate::tree::{self, Tile, TileNodes, Tiles};

const ORIGIN: &str = "ledger.example/test";

fn time() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn ring() -> Arc<KeyRing> {
    Arc::new(KeyRing::generate(ORIGIN).unwrap())
}

fn actor() -> Actor {
    Actor {
        kind: ActorKind::Service,
        id: "test".to_owned(),
    }
}

/// A record with some text.
fn record(text: &str) -> Submission {
    let event = Event::Gap(Gap {
        from: time(),
        to: time(),
        reason: text.to_owned(),
        allowed: None,
        denied: None,
    });
    Submission {
        draft: Draft::new(time(), actor(), event).unwrap(),
        documents: Vec::new(),
    }
}

/// A record with a document.
fn with_document(text: &str) -> Submission {
    let mut submission = record(text);
    submission.documents.push(Document {
        name: "input".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: text.as_bytes().to_vec(),
    });
    submission
}

/// A new ledger on a disk in memory.
fn create_on(disk: &Arc<MemoryDisk>, path: &Path, ring: &KeyRing) -> Result<(), StoreError> {
    let folder = folder::Folder::new(Arc::clone(disk) as _, path);
    create::create(&folder, ring, time())
}

/// A new ledger in a folder.
fn begin(folder: &Path, ring: &Arc<KeyRing>, options: Options) -> EmbeddedLedger {
    EmbeddedLedger::init(folder, ring, time()).unwrap();
    EmbeddedLedger::open(folder, Arc::clone(ring), options).unwrap()
}

struct TilesOf<'a>(&'a dyn Log);

impl Tiles for TilesOf<'_> {
    type Error = StoreError;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        self.0.tile(tile)
    }
}

/// Every inclusion proof of a log verifies with its newest checkpoint, and so does the root of its entries.
fn verify(log: &dyn Log) -> u64 {
    let newest = log.checkpoint().unwrap().unwrap();
    newest.verify(&log.verifiers().unwrap()).unwrap();
    let sealed = newest.checkpoint();
    let size = log.size().unwrap();
    let mut leaves = Vec::new();
    for (place, entry) in log.entries(0..size).unwrap().enumerate() {
        let (index, entry) = entry.unwrap();
        assert_eq!(index, place as u64);
        leaves.push(Hash::leaf(&entry));
    }
    assert_eq!(leaves.len() as u64, size);
    let tiles = TilesOf(log);
    let nodes = TileNodes::new(&tiles, sealed.size);
    assert_eq!(tree::root(sealed.size, &nodes).unwrap(), sealed.root);
    let step = (sealed.size / 50).max(1);
    for index in (0..sealed.size).step_by(usize::try_from(step).unwrap()) {
        let leaf = leaves[usize::try_from(index).unwrap()];
        let proof = tree::inclusion_proof(index, sealed.size, &nodes).unwrap();
        tree::verify_inclusion(&leaf, index, sealed.size, &proof, &sealed.root).unwrap();
    }
    size
}
