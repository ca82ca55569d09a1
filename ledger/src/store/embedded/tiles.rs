//! The tree beside the log: full tiles as files, what is left of each level in memory. Everything here is derived
//! from the log, and checked against a root before it is used.

use std::collections::HashMap;

use super::folder::Folder;
use crate::Hash;
use crate::store::StoreError;
use crate::tree::{Frontier, TILE_HEIGHT, TILE_WIDTH, Tile};

/// Checked tiles that are kept in memory: 2 MB.
const KEPT: usize = 256;

/// The hashes of each level that fill no tile yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends the hash of an entry, and hands over the tiles that it completes.
    pub(super) fn append(
        &mut self,
        leaf: Hash,
        full: &mut dyn FnMut(Tile, &[Hash]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.size += 1;
        let mut hash = leaf;
        for level in 0..TILE_HEIGHT {
            let place = usize::from(level);
            if self.levels.len() == place {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(place) else {
                break;
            };
            hashes.push(hash);
            if (hashes.len() as u64) < TILE_WIDTH {
                break;
            }
            full(
                full_tile(level, hashes_at(self.size, level) / TILE_WIDTH - 1),
                hashes,
            )?;
            hash = subtree(hashes);
            hashes.clear();
        }
        Ok(())
    }

    /// The root of the tree.
    pub(super) fn root(&self) -> Hash {
        let mut subtrees = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while !rest.is_empty() {
                let largest = 1 << rest.len().ilog2();
                let (left, right) = rest.split_at(largest);
                subtrees.push(subtree(left));
                rest = right;
            }
        }
        // The levels hold as many hashes as the size has digits of base 256.
        Frontier::from_subtrees(self.size, subtrees).map_or_else(Hash::empty, |tree| tree.root())
    }

    /// The hashes of a level that fill no tile.
    pub(super) fn level(&self, level: u8) -> &[Hash] {
        self.levels
            .get(usize::from(level))
            .map_or(&[], Vec::as_slice)
    }
}

/// The hash over the hashes of a full tile, or of a part that is a complete subtree.
fn subtree(hashes: &[Hash]) -> Hash {
    let mut tree = Frontier::new();
    for hash in hashes {
        tree.append(*hash, |_| ());
    }
    tree.root()
}

/// Hashes at a level of tiles in a tree of this size.
fn hashes_at(size: u64, level: u8) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
        .unwrap_or(0)
}

fn full_tile(level: u8, index: u64) -> Tile {
    Tile {
        level,
        index,
        width: 256,
    }
}

/// Where the hashes of entries come from: the log.
pub(super) trait Leaves {
    /// Calls `each` for every entry of a range, in order; fewer than asked for is an error.
    fn leaves(
        &self,
        from: u64,
        to: u64,
        each: &mut dyn FnMut(Hash) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
}

/// Writes a full tile.
pub(super) fn write(folder: &Folder, tile: Tile, hashes: &[Hash]) -> Result<(), StoreError> {
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    folder
        .write_derived(&folder.tile(tile), &bytes)
        .map_err(StoreError::io("write the tree"))
}

/// A full tile as it is stored, unchecked; nothing where it is missing or cannot be one.
fn stored(folder: &Folder, tile: Tile) -> Option<Vec<Hash>> {
    let wanted = usize::from(tile.width) * Hash::SIZE;
    let bytes = folder.read(&folder.tile(tile), wanted).ok()??;
    let (hashes, rest) = bytes.as_chunks::<{ Hash::SIZE }>();
    (bytes.len() == wanted && rest.is_empty())
        .then(|| hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// The edge of the tree of the first `size` entries, whose root must be `root`. Takes what is stored where it leads
/// to the root, and otherwise the whole log, whose tiles it hands over.
pub(super) fn edge(
    folder: &Folder,
    log: &dyn Leaves,
    size: u64,
    root: &Hash,
    rebuilt: &mut dyn FnMut(Tile, &[Hash]) -> Result<(), StoreError>,
) -> Result<Edge, StoreError> {
    if let Some(edge) = stored_edge(folder, log, size)?
        && edge.root() == *root
    {
        return Ok(edge);
    }
    let mut edge = Edge::default();
    log.leaves(0, size, &mut |leaf| edge.append(leaf, rebuilt))?;
    if edge.root() == *root {
        Ok(edge)
    } else {
        Err(StoreError::Damaged {
            index: 0,
            what: "the records are not those under the checkpoint",
        })
    }
}

/// The edge as the stored tiles tell it; nothing where one is missing.
fn stored_edge(folder: &Folder, log: &dyn Leaves, size: u64) -> Result<Option<Edge>, StoreError> {
    let mut entries = Vec::new();
    log.leaves(size - size % TILE_WIDTH, size, &mut |leaf| {
        entries.push(leaf);
        Ok(())
    })?;
    let mut levels = vec![entries];
    for level in 1..TILE_HEIGHT {
        let count = hashes_at(size, level);
        if count == 0 {
            break;
        }
        let mut hashes = Vec::new();
        for index in count - count % TILE_WIDTH..count {
            let Some(below) = stored(folder, full_tile(level - 1, index)) else {
                return Ok(None);
            };
            hashes.push(subtree(&below));
        }
        levels.push(hashes);
    }
    Ok(Some(Edge { size, levels }))
}

/// Tiles of the tree under one checkpoint, each checked against its root.
#[derive(Debug)]
pub(super) struct CheckedTiles {
    edge: Edge,
    root: Hash,
    full: HashMap<(u8, u64), Vec<Hash>>,
}

impl CheckedTiles {
    /// Tiles of the tree of this size and root.
    pub(super) fn new(
        folder: &Folder,
        log: &dyn Leaves,
        size: u64,
        root: &Hash,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            edge: edge(folder, log, size, root, &mut |_, _| Ok(()))?,
            root: *root,
            full: HashMap::new(),
        })
    }

    /// Whether these are the tiles of the tree of this size and root.
    pub(super) fn is_of(&self, size: u64, root: &Hash) -> bool {
        self.edge.size() == size && self.root == *root
    }

    /// The first hashes of a tile, at least as many as it is wide; fewer where the tree has not as many.
    pub(super) fn tile(
        &mut self,
        folder: &Folder,
        log: &dyn Leaves,
        tile: Tile,
    ) -> Result<Vec<Hash>, StoreError> {
        let full_tiles = hashes_at(self.edge.size(), tile.level) / TILE_WIDTH;
        if tile.level >= TILE_HEIGHT || tile.index > full_tiles {
            return Ok(Vec::new());
        }
        if tile.index == full_tiles {
            return Ok(self.edge.level(tile.level).to_vec());
        }
        self.full(folder, log, tile.level, tile.index)
    }

    /// A full tile whose hash is the one that the tile above it names.
    fn full(
        &mut self,
        folder: &Folder,
        log: &dyn Leaves,
        level: u8,
        index: u64,
    ) -> Result<Vec<Hash>, StoreError> {
        if let Some(hashes) = self.full.get(&(level, index)) {
            return Ok(hashes.clone());
        }
        let tile = full_tile(level, index);
        let above = Tile {
            level: level + 1,
            index: index / TILE_WIDTH,
            width: 256,
        };
        let place = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
        let expected = self.tile(folder, log, above)?.get(place).copied();
        let sound = |hashes: &Vec<Hash>| Some(subtree(hashes)) == expected;
        let hashes = match stored(folder, tile).filter(sound) {
            Some(hashes) => hashes,
            None => computed(log, tile)
                .map(|hashes| sound(&hashes).then_some(hashes))?
                .ok_or(StoreError::Damaged {
                    index: index << (u32::from(level + 1) * u32::from(TILE_HEIGHT)),
                    what: "the records are not those under the checkpoint",
                })?,
        };
        if self.full.len() >= KEPT {
            self.full.clear();
        }
        self.full.insert((level, index), hashes.clone());
        Ok(hashes)
    }
}

/// A full tile, computed from the entries below it.
fn computed(log: &dyn Leaves, tile: Tile) -> Result<Vec<Hash>, StoreError> {
    let width = u32::from(tile.level) * u32::from(TILE_HEIGHT);
    let first = (tile.index * TILE_WIDTH) << width;
    let mut hashes = Vec::new();
    let mut below = Edge::default();
    log.leaves(first, first + (TILE_WIDTH << width), &mut |leaf| {
        below.append(leaf, &mut |full, complete| {
            if full.level + 1 == tile.level {
                hashes.push(subtree(complete));
            } else if full.level == 0 && tile.level == 0 {
                hashes.extend(complete);
            }
            Ok(())
        })
    })?;
    Ok(hashes)
}
