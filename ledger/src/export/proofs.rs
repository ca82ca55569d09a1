//! Inclusion proofs of many records.

use std::cell::RefCell;
use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::Hash;
use crate::proof::parse_hashes;
use crate::store::{Log, StoreError};
use crate::tree::{Tile, Tiles};

/// Tiles that are kept in memory: 8 KB each.
const KEPT: usize = 512;

/// A line of `proofs.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProofLine {
    /// From the entry's sibling to the root's child, in base64.
    hashes: Vec<String>,
    /// The record.
    pub(super) index: u64,
}

impl ProofLine {
    pub(super) fn new(index: u64, hashes: &[Hash]) -> Self {
        Self {
            index,
            hashes: hashes.iter().map(|hash| BASE64.encode(&hash.0)).collect(),
        }
    }

    pub(super) fn hashes(&self) -> Option<Vec<Hash>> {
        parse_hashes(self.hashes.iter().map(String::as_str))
    }
}

/// The tiles of a log, of which those that were asked for last are kept: neighbouring records share most.
pub(super) struct KeptTiles<'a, L: ?Sized> {
    log: &'a L,
    kept: RefCell<BTreeMap<Tile, Vec<Hash>>>,
}

impl<'a, L: Log + ?Sized> KeptTiles<'a, L> {
    pub(super) fn new(log: &'a L) -> Self {
        Self {
            log,
            kept: RefCell::default(),
        }
    }
}

impl<L: Log + ?Sized> Tiles for KeptTiles<'_, L> {
    type Error = StoreError;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        if let Some(hashes) = self.kept.borrow().get(&tile) {
            return Ok(hashes.clone());
        }
        let hashes = self.log.tile(tile)?;
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            // The lowest tiles with the smallest indexes: records come in order, and do not ask for them again.
            kept.pop_first();
        }
        kept.insert(tile, hashes.clone());
        Ok(hashes)
    }
}
