//! Stored tiles against the tree of the entries.

use super::report::{Code, Report};
use crate::Hash;
use crate::store::Log;
use crate::tree::{Node, TILE_HEIGHT, TILE_WIDTH, Tile, TileBuilder};

pub(super) struct TileCheck<'a, L: ?Sized> {
    log: &'a L,
    tiles: TileBuilder,
}

impl<'a, L: Log + ?Sized> TileCheck<'a, L> {
    pub(super) fn new(log: &'a L) -> Self {
        Self {
            log,
            tiles: TileBuilder::new(),
        }
    }

    /// A subtree is complete. A full tile is compared at once, unless it is not needed below the newest checkpoint.
    pub(super) fn completed(&mut self, node: Node, sealed: u64, report: &mut Report) {
        if let Some((tile, hashes)) = self.tiles.add(node) {
            self.compare(tile, &hashes, sealed, report);
        }
    }

    /// Compares the last tiles, as far as the newest checkpoint covers them.
    pub(super) fn finish(mut self, sealed: u64, report: &mut Report) {
        for (tile, hashes) in std::mem::take(&mut self.tiles).rest() {
            self.compare(tile, &hashes, sealed, report);
        }
    }

    fn compare(&self, tile: Tile, hashes: &[Hash], sealed: u64, report: &mut Report) {
        let complete = sealed
            .checked_shr(u32::from(tile.level) * u32::from(TILE_HEIGHT))
            .unwrap_or(0);
        let covered = complete.saturating_sub(tile.index * TILE_WIDTH);
        let covered = usize::try_from(covered).unwrap_or(usize::MAX);
        let hashes = hashes.get(..covered.min(hashes.len())).unwrap_or_default();
        if hashes.is_empty() {
            return;
        }
        let name = Tile {
            // At most 256.
            width: u16::try_from(hashes.len()).unwrap_or(0),
            ..tile
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
