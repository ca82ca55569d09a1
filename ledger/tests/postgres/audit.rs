//! What an auditor does: everything is computed anew from the entries.

use std::collections::BTreeSet;

use soc2gate_ledger::Hash;
use soc2gate_ledger::note::{SignedCheckpoint, Verifier};
use soc2gate_ledger::record::{Record, canonical};
use soc2gate_ledger::store::postgres::{PostgresOptions, PostgresReader};
use soc2gate_ledger::store::{Log, StoreError};
use soc2gate_ledger::tree::{
    Frontier, Tile, TileNodes, Tiles, consistency_proof, verify_consistency,
};

/// Tiles of a log.
struct LogTiles<'a>(&'a dyn Log);

impl Tiles for LogTiles<'_> {
    type Error = StoreError;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        self.0.tile(tile)
    }
}

/// Checks the whole log without keys and gives the ids of its records in order.
pub(crate) fn audit(address: &str, trusted: &[Verifier]) -> Result<Vec<String>, String> {
    audit_in(address, &PostgresOptions::default(), trusted)
}

/// The same in another schema.
pub(crate) fn audit_in(
    address: &str,
    options: &PostgresOptions,
    trusted: &[Verifier],
) -> Result<Vec<String>, String> {
    let reader = PostgresReader::open(address, options).map_err(text)?;
    let checkpoints: Vec<SignedCheckpoint> = reader
        .checkpoints()
        .and_then(Iterator::collect)
        .map_err(text)?;
    let newest = reader.checkpoint().map_err(text)?.ok_or("no checkpoint")?;
    let last = checkpoints.last().ok_or("no checkpoints")?;
    if last.checkpoint() != newest.checkpoint() {
        return Err("the newest checkpoint is not the last".to_owned());
    }
    let mut roots = vec![Hash::empty()];
    let mut frontier = Frontier::new();
    let mut ids = Vec::new();
    for entry in reader.entries(0..u64::MAX).map_err(text)? {
        let (index, entry) = entry.map_err(text)?;
        let record = Record::parse(&entry).map_err(text)?;
        if index != frontier.size() || record.index != index {
            return Err(format!("entry {index} says it is {}", record.index));
        }
        if canonical(&record).map_err(text)? != entry {
            return Err(format!("entry {index} is not canonical"));
        }
        frontier.append(Hash::leaf(&entry), |_| {});
        roots.push(frontier.root());
        ids.push(record.id);
    }
    if newest.checkpoint().size != frontier.size() {
        return Err("the newest checkpoint has another size".to_owned());
    }
    if ids.iter().collect::<BTreeSet<_>>().len() != ids.len() {
        return Err("a record is there twice".to_owned());
    }
    let tiles = LogTiles(&reader);
    let nodes = TileNodes::new(&tiles, frontier.size());
    let mut before: Option<&SignedCheckpoint> = None;
    for signed in &checkpoints {
        signed.verify(trusted).map_err(text)?;
        let this = signed.checkpoint();
        let root = usize::try_from(this.size)
            .ok()
            .and_then(|size| roots.get(size));
        if root != Some(&this.root) {
            return Err(format!(
                "the checkpoint of size {} has another root",
                this.size
            ));
        }
        if let Some(before) = before.map(SignedCheckpoint::checkpoint) {
            let nodes = TileNodes::new(&tiles, this.size);
            let proof = consistency_proof(before.size, this.size, &nodes).map_err(text)?;
            verify_consistency(before.size, this.size, &proof, &before.root, &this.root)
                .map_err(text)?;
        }
        before = Some(signed);
    }
    let from_tiles = soc2gate_ledger::tree::root(frontier.size(), &nodes).map_err(text)?;
    if from_tiles != frontier.root() {
        return Err("the tiles give another root".to_owned());
    }
    Ok(ids)
}

/// That these records, and no others, are in a log that verifies.
pub(crate) fn assert_holds(address: &str, trusted: &[Verifier], expected: &[String]) {
    let mut ids = audit(address, trusted).unwrap();
    let mut expected = expected.to_vec();
    ids.sort();
    expected.sort();
    assert_eq!(ids.len(), expected.len());
    assert!(ids == expected, "other records than were acknowledged");
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
