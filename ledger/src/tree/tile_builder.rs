//! Tiles from the subtrees of a tree as it grows.

use std::collections::BTreeMap;

use super::frontier::Node;
use super::tile::{TILE_HEIGHT, TILE_WIDTH, Tile};
use crate::Hash;

/// The tiles that are being filled, one a level: at most 8 of 256 hashes.
#[derive(Debug, Clone, Default)]
pub struct TileBuilder {
    levels: BTreeMap<u8, (u64, Vec<Hash>)>,
}

impl TileBuilder {
    /// No tiles yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a subtree that is complete, and gives the tile that it fills. Subtrees come in the order in which
    /// [`super::Frontier::append`] tells of them.
    pub fn add(&mut self, node: Node) -> Option<(Tile, Vec<Hash>)> {
        if !node.level.is_multiple_of(TILE_HEIGHT) {
            return None;
        }
        let level = node.level / TILE_HEIGHT;
        let index = node.index / TILE_WIDTH;
        let (current, hashes) = self.levels.entry(level).or_default();
        *current = index;
        hashes.push(node.hash);
        let tile = named(level, index, hashes);
        tile.is_full().then(|| (tile, std::mem::take(hashes)))
    }

    /// The tiles that are not full.
    pub fn rest(self) -> impl Iterator<Item = (Tile, Vec<Hash>)> {
        self.levels
            .into_iter()
            .filter(|(_, (_, hashes))| !hashes.is_empty())
            .map(|(level, (index, hashes))| (named(level, index, &hashes), hashes))
    }
}

fn named(level: u8, index: u64, hashes: &[Hash]) -> Tile {
    Tile {
        level,
        index,
        // At most 256.
        width: u16::try_from(hashes.len()).unwrap_or(0),
    }
}
