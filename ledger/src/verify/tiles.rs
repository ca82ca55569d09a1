//! Stored tiles against the tree of the entries.

use std::collections::BTreeMap;

use super::report::{Code, Report};
use crate::Hash;
use crate::store::Log;
use crate::tree::{Node, TILE_HEIGHT, TILE_WIDTH, Tile};

/// The tiles that are being filled, one a level.
pub(super) struct TileCheck<'a, L: ?Sized> {
    log: &'a L,
    levels: BTreeMap<u8, Vec<Hash>>,
    /// The first hash of each level's tile.
    starts: BTreeMap<u8, u64>,
}

impl<'a, L: Log + ?Sized> TileCheck<'a, L> {
    pub(super) fn new(log: &'a L) -> Self {
        Self {
            log,
            levels: BTreeMap::new(),
            starts: BTreeMap::new(),
        }
    }

    /// A subtree is complete.
    pub(super) fn completed(&mut self, node: Node, report: &mut Report) {
        if !node.level.is_multiple_of(TILE_HEIGHT) {
            return;
        }
        let level = node.level / TILE_HEIGHT;
        let tile = self.levels.entry(level).or_default();
        if node.index.is_multiple_of(TILE_WIDTH) {
            // The tile before is full.
            let full = std::mem::take(tile);
            if let Some(start) = self.starts.insert(level, node.index) {
                self.compare(level, start, &full, report);
            }
        }
        if let Some(tile) = self.levels.get_mut(&level) {
            tile.push(node.hash);
        }
    }

    /// Compares the last tiles, as far as the newest checkpoint covers them.
    pub(super) fn finish(mut self, sealed: Option<u64>, report: &mut Report) {
        let sealed = sealed.unwrap_or(0);
        for (level, hashes) in std::mem::take(&mut self.levels) {
            let start = self.starts.get(&level).copied().unwrap_or(0);
            let complete = sealed
                .checked_shr(u32::from(level) * u32::from(TILE_HEIGHT))
                .unwrap_or(0);
            let covered = usize::try_from(complete.saturating_sub(start)).unwrap_or(usize::MAX);
            let hashes = hashes.get(..covered.min(hashes.len())).unwrap_or_default();
            if !hashes.is_empty() {
                self.compare(level, start, hashes, report);
            }
        }
    }

    fn compare(&self, level: u8, start: u64, hashes: &[Hash], report: &mut Report) {
        let name = Tile {
            level,
            index: start / TILE_WIDTH,
            // At most 256.
            width: u16::try_from(hashes.len()).unwrap_or(0),
        };
        match self.log.tile(name) {
            Ok(stored) if stored.starts_with(hashes) => {}
            Ok(_) => report.problem(
                None,
                Code::Tile,
                format!("{} is not that of the records", name.path()),
            ),
            Err(error) => report.failed(&error),
        }
    }
}
