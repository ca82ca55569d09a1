//! Proof files: that one record is in the log.

use crate::Hash;
use crate::store::{Log, StoreError};
use crate::tree::{Tile, Tiles};

/// The tiles of a log.
pub(crate) struct LogTiles<'a, L: ?Sized>(pub(crate) &'a L);

impl<L: Log + ?Sized> Tiles for LogTiles<'_, L> {
    type Error = StoreError;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        self.0.tile(tile)
    }
}
