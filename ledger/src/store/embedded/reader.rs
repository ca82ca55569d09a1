//! Reading a ledger, beside a writer or without one.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::disk::{Disk, SystemDisk};
use super::folder::Folder;
use super::history::{self, History};
use super::lock;
use super::manifest::Manifest;
use super::pack::{self, Places};
use super::segment::{Frame, Next, SegmentReader};
use super::tiles::{CheckedTiles, Leaves};
use crate::Hash;
use crate::keys::SealedDocument;
use crate::note::{SignedCheckpoint, Verifier};
use crate::store::{Entries, Log, StoreError};
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

    /// Every checkpoint that was ever signed, the oldest first. Those that witnesses cosigned later stand there
    /// again. Their signatures are not checked.
    pub fn checkpoints(
        &self,
    ) -> Result<impl Iterator<Item = Result<SignedCheckpoint, StoreError>> + use<>, StoreError>
    {
        let mut history = History::open(&self.folder)?;
        let mut ended = false;
        Ok(std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let next = history.next().transpose();
            ended = !matches!(next, Some(Ok(_)));
            next
        }))
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

/// A place in the log.
#[derive(Debug)]
pub(super) struct Cursor {
    folder: Folder,
    origin: String,
    segment: SegmentReader,
}

impl Cursor {
    /// The place of an entry, or the end of the log where it has not as many.
    pub(super) fn at(folder: &Folder, origin: &str, index: u64) -> Result<Self, StoreError> {
        let segments = folder.segments()?;
        let first = segments
            .iter()
            .rev()
            .find(|first| **first <= index)
            .ok_or(missing(0))?;
        let mut cursor = Self {
            folder: folder.clone(),
            origin: origin.to_owned(),
            segment: SegmentReader::open(folder, origin, *first)?,
        };
        while cursor.segment.next_index() < index && cursor.next()?.is_some() {}
        Ok(cursor)
    }

    /// The first place of the last segment.
    pub(super) fn at_last_segment(folder: &Folder, origin: &str) -> Result<Self, StoreError> {
        let last = *folder.segments()?.last().ok_or(missing(0))?;
        Self::at(folder, origin, last)
    }

    /// The index of the entry that comes next.
    pub(super) fn index(&self) -> u64 {
        self.segment.next_index()
    }

    /// The segment of this place.
    pub(super) fn segment(&self) -> &SegmentReader {
        &self.segment
    }

    /// The next entry; nothing at the end of the log, which a write that was torn may follow.
    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, StoreError> {
        while self.segment.peek()? != Next::Frame {
            if !self.pass_end()? {
                return Ok(None);
            }
        }
        Ok(self.segment.take())
    }

    /// Goes on where this segment has no whole frame any more. Whether there may be one now.
    fn pass_end(&mut self) -> Result<bool, StoreError> {
        let due = self.segment.next_index();
        let follows = self
            .folder
            .segments()?
            .into_iter()
            .find(|first| *first > self.segment.first());
        // A segment is made when all of the one before is durable, and a frame tells how many records were
        // durable when it was written. What was due by then is there now, or it is damaged.
        match follows {
            None if !self.segment.was_durable()? => Ok(false),
            None => match self.segment.peek()? {
                Next::Frame => Ok(true),
                Next::End | Next::Broken => Err(broken(due)),
            },
            Some(first) => match self.segment.peek()? {
                Next::Frame => Ok(true),
                Next::Broken => Err(broken(due)),
                Next::End if first == due => {
                    self.segment = SegmentReader::open(&self.folder, &self.origin, first)?;
                    Ok(true)
                }
                Next::End => Err(missing(due)),
            },
        }
    }
}

/// The hashes of the entries of a log.
pub(super) struct LogLeaves<'a> {
    pub(super) folder: &'a Folder,
    pub(super) origin: &'a str,
}

impl Leaves for LogLeaves<'_> {
    fn leaves(
        &self,
        from: u64,
        to: u64,
        each: &mut dyn FnMut(Hash) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if from == to {
            return Ok(());
        }
        let mut cursor = Cursor::at(self.folder, self.origin, from)?;
        while cursor.index() < to {
            let due = cursor.index();
            let frame = cursor.next()?.ok_or(missing(due))?;
            each(Hash::leaf(frame.entry))?;
        }
        Ok(())
    }
}

impl Log for EmbeddedReader {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn verifiers(&self) -> Result<Vec<Verifier>, StoreError> {
        Ok(Manifest::read(&self.folder)?.verifiers)
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
        let place = lock(&self.places).find(&self.folder, hash)?;
        place
            .map(|place| pack::read(&self.folder, hash, place))
            .transpose()
    }
}

pub(super) fn missing(index: u64) -> StoreError {
    StoreError::Damaged {
        index,
        what: "records are missing",
    }
}

fn broken(index: u64) -> StoreError {
    StoreError::Damaged {
        index,
        what: "the record is not as it was written",
    }
}
