//! Tiles: the tree cut into files of 256 hashes (C2SP tlog-tiles, "Merkle Tree").

use std::fmt::Write as _;

use super::proof::Nodes;
use crate::Hash;

/// Levels of the tree that one tile spans.
pub const TILE_HEIGHT: u8 = 8;
/// Hashes of a full tile.
pub const TILE_WIDTH: u64 = 256;

/// The name of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// Its hashes are those of the complete subtrees of `256^level` entries.
    pub level: u8,
    /// Its position among the tiles of its level.
    pub index: u64,
    /// Hashes in it: 256, or fewer in the last of a level.
    pub width: u16,
}

impl Tile {
    /// Where the tile stands, below the prefix of the log: `tile/0/x001/x234/067` and, partial, `….p/5`.
    pub fn path(self) -> String {
        format!(
            "tile/{}/{}{}",
            self.level,
            split_index(self.index),
            self.partial()
        )
    }

    /// Where the bundle of entries stands that a tile of level 0 hashes.
    pub fn entries_path(self) -> String {
        format!("tile/entries/{}{}", split_index(self.index), self.partial())
    }

    /// Whether it has all of its hashes.
    pub fn is_full(self) -> bool {
        u64::from(self.width) == TILE_WIDTH
    }

    fn partial(self) -> String {
        if self.is_full() {
            String::new()
        } else {
            format!(".p/{}", self.width)
        }
    }
}

/// Three digits an element, all but the last after an `x`.
fn split_index(index: u64) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        let mut longer = String::new();
        // Writing to a string cannot fail.
        let _ = write!(longer, "x{:03}/{path}", rest % 1000);
        path = longer;
        rest /= 1000;
    }
    path
}

/// The tiles, full and partial, of a tree of `new` entries that a tree of `old` entries has not, level by level.
pub fn new_tiles(old: u64, new: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for level in 0..TILE_HEIGHT {
        let (from, to) = (hashes_at(old, level), hashes_at(new, level));
        if to == 0 {
            break;
        }
        if from == to {
            continue;
        }
        let first = from / TILE_WIDTH;
        for index in first..=(to - 1) / TILE_WIDTH {
            // At most 256.
            let width = u16::try_from((to - index * TILE_WIDTH).min(TILE_WIDTH)).unwrap_or(0);
            tiles.push(Tile {
                level,
                index,
                width,
            });
        }
    }
    tiles
}

/// Hashes that the tiles of a level hold in a tree of this size.
fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
        .unwrap_or(0)
}

/// Where tiles come from.
pub trait Tiles {
    /// Why a tile could not be had.
    type Error;

    /// At least the first `tile.width` hashes of a tile, one after the other.
    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, Self::Error>;
}

/// The nodes of a tree of a given size from its tiles.
#[derive(Debug)]
pub struct TileNodes<'a, T> {
    tiles: &'a T,
    size: u64,
}

impl<'a, T: Tiles> TileNodes<'a, T> {
    /// Nodes of the tree of the first `size` entries.
    pub fn new(tiles: &'a T, size: u64) -> Self {
        Self { tiles, size }
    }
}

impl<T: Tiles> Nodes for TileNodes<'_, T> {
    type Error = T::Error;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let (tile_level, above) = (level / TILE_HEIGHT, level % TILE_HEIGHT);
        let first = index << above;
        let tile_index = first / TILE_WIDTH;
        let available = hashes_at(self.size, tile_level).saturating_sub(tile_index * TILE_WIDTH);
        let hashes = self.tiles.tile(Tile {
            level: tile_level,
            index: tile_index,
            width: u16::try_from(available.min(TILE_WIDTH)).unwrap_or(0),
        })?;
        let start = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let wanted = hashes
            .get(start..)
            .unwrap_or_default()
            .get(..1_usize << above)
            .unwrap_or_default();
        Ok(fold(wanted))
    }
}

/// The hash of a complete subtree from the hashes of its parts, whose number is a power of two. What is missing
/// gives a hash that no proof verifies with.
fn fold(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => Hash::empty(),
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            Hash::node(&fold(left), &fold(right))
        }
    }
}
