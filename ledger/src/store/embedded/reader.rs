//! Reading a ledger, beside a writer or without one.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::cursor::{Cursor, LogLeaves, missing};
use super::disk::{Disk, SystemDisk};
use super::folder::Folder;
use super::history::{self, History};
use super::lock;
use super::manifest::Manifest;
use super::pack::{self, Place, Places};
use super::tiles::CheckedTiles;
use crate::Hash;
use crate::keys::SealedDocument;
use crate::note::{SignedCheckpoint, Verifier};
use crate::store::{Checkpoints, Entries, Log, StoreError};
use crate::tree::Tile;

/// A ledger in a folder, to be read. It needs no keys, writes nothing, and may be opened beside a writer.
#[derive(Debug)]
pub struct EmbeddedReader {
    folder: Folder,
    origin: String,
    places: Mutex<Places>,
    tiles: Mutex<Option<CheckedTiles>>,
    /// The end of the log as it was seen last.
    end: Mutex<Option<Cursor>>,
}

impl EmbeddedReader {
    /// Opens the ledger in a folder.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_on(Arc::new(SystemDisk), folder)
    }

    pub(super) fn open_on(disk: Arc<dyn Disk>, folder: &Path) -> Result<Self, StoreError> {
        let folder = Folder::new(disk, folder);
        let manifest = Manifest::read(&folder)?;
        Ok(Self {
            folder,
            origin: manifest.origin,
            places: Mutex::default(),
            tiles: Mutex::default(),
            end: Mutex::default(),
        })
    }

    /// Where a document stands.
    pub(super) fn place(&self, hash: &Hash) -> Result<Option<Place>, StoreError> {
        lock(&self.places).find(&self.folder, hash)
    }

    /// The newest checkpoint, which every ledger has.
    fn newest(&self) -> Result<SignedCheckpoint, StoreError> {
        history::newest(&self.folder, &self.verifiers()?)
    }

    /// Looks for the end of the log, from where it was seen last.
    fn find_end(&self) -> Result<u64, StoreError> {
        let mut end = lock(&self.end);
        let mut cursor = match end.take() {
            Some(cursor) => cursor,
            None => Cursor::at_last_segment(&self.folder, &self.origin)?,
        };
        while cursor.next()?.is_some() {}
        let size = cursor.index();
        *end = Some(cursor);
        Ok(size)
    }
}

impl Log for EmbeddedReader {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn verifiers(&self) -> Result<Vec<Verifier>, StoreError> {
        Ok(Manifest::read(&self.folder)?.verifiers)
    }

    /// Every checkpoint that was ever signed. Those that witnesses cosigned later stand there again.
    fn checkpoints(&self) -> Result<Checkpoints<'_>, StoreError> {
        let mut history = History::open(&self.folder)?;
        let mut ended = false;
        Ok(Box::new(std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = history.next().transpose();
            ended = !matches!(next, Some(Ok(_)));
            next
        })))
    }

    /// Entries that are whole in the log. Beside a writer the last of them may not be durable yet.
    fn size(&self) -> Result<u64, StoreError> {
        let sealed = self.newest()?.checkpoint().size;
        let size = self.find_end()?;
        if size < sealed {
            return Err(missing(size));
        }
        Ok(size)
    }

    fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.newest().map(Some)
    }

    fn entries(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        if range.is_empty() {
            return Ok(Box::new(std::iter::empty()));
        }
        let sealed = self.newest()?.checkpoint().size;
        let mut cursor = Some(Cursor::at(&self.folder, &self.origin, range.start)?);
        Ok(Box::new(std::iter::from_fn(move || {
            // After the end, or an error, there is nothing more.
            let mut at = cursor.take()?;
            let due = at.index();
            if due >= range.end {
                return None;
            }
            match at.next() {
                Ok(Some(frame)) => {
                    let entry = frame.entry.to_vec();
                    cursor = Some(at);
                    Some(Ok((due, entry)))
                }
                Ok(None) => (due < sealed).then(|| Err(missing(due))),
                Err(error) => Some(Err(error)),
            }
        })))
    }

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        let newest = self.newest()?;
        let checkpoint = newest.checkpoint();
        let leaves = LogLeaves {
            folder: &self.folder,
            origin: &self.origin,
        };
        let mut tiles = lock(&self.tiles);
        let known = tiles
            .take()
            .filter(|known| known.is_of(checkpoint.size, &checkpoint.root));
        let mut known = match known {
            Some(known) => known,
            None => CheckedTiles::new(&self.folder, &leaves, checkpoint.size, &checkpoint.root)?,
        };
        let hashes = known.tile(&self.folder, &leaves, tile);
        *tiles = Some(known);
        hashes
    }

    fn document(&self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError> {
        self.place(hash)?
            .map(|place| pack::read(&self.folder, hash, place))
            .transpose()
    }
}
