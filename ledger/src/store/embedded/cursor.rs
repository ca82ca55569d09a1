//! Reading the log from segment to segment.

use super::folder::Folder;
use super::segment::{Frame, Next, SegmentReader};
use super::tiles::Leaves;
use crate::Hash;
use crate::store::StoreError;

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
