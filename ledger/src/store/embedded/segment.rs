//! Segments of the log: a header, then a frame for each record.

use super::disk::{DiskFile, Mode, read_full_at};
use super::folder::Folder;
use crate::Hash;
use crate::record::MAX_ENTRY;
use crate::store::StoreError;

const MAGIC: &[u8; 8] = b"SOC2LOG1";
/// Bytes of a segment's header.
pub(super) const HEADER: usize = 64;
/// Bytes of a frame before its entry.
pub(super) const FRAME: usize = 24;
/// Bytes that a reader asks for at once.
const CHUNK: usize = 256 * 1024;

/// What a segment begins with.
pub(super) fn header(origin: &str, first: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER);
    bytes.extend(MAGIC);
    bytes.extend(Hash::of(origin.as_bytes()).0);
    bytes.extend(first.to_le_bytes());
    bytes.extend([0; 12]);
    bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
    bytes
}

/// Appends the frame of an entry to a batch. `durable` is how many records of the log are durable by now.
pub(super) fn put_frame(batch: &mut Vec<u8>, index: u64, durable: u64, entry: &[u8]) {
    let mut fixed = [0; 16];
    let (first, second) = fixed.split_at_mut(8);
    first.copy_from_slice(&index.to_le_bytes());
    second.copy_from_slice(&durable.to_le_bytes());
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&fixed), entry);
    // An entry has at most 65,535 bytes.
    let length = u32::try_from(entry.len()).unwrap_or(u32::MAX);
    batch.extend(length.to_le_bytes());
    batch.extend(checksum.to_le_bytes());
    batch.extend(fixed);
    batch.extend(entry);
}

/// A whole frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) index: u64,
    /// Records that were durable when it was written.
    pub(super) durable: u64,
    pub(super) entry: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The whole frame that bytes begin with.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (length, index, durable) = fields(bytes)?;
        let rest = bytes.get(8..FRAME + length)?;
        let checksum = u32_at(bytes, 4)?;
        (crc32c::crc32c(rest) == checksum).then(|| Self {
            index,
            durable,
            entry: rest.get(FRAME - 8..).unwrap_or_default(),
        })
    }

    /// Bytes of the frame.
    pub(super) fn length(&self) -> usize {
        FRAME + self.entry.len()
    }
}

/// Length, index and durable count of what may be a frame.
fn fields(bytes: &[u8]) -> Option<(usize, u64, u64)> {
    let length = u32_at(bytes, 0)? as usize;
    if length == 0 || length > MAX_ENTRY {
        return None;
    }
    Some((length, u64_at(bytes, 8)?, u64_at(bytes, 16)?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*field))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u64::from_le_bytes(*field))
}

/// What comes next in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A whole frame with the index that is due.
    Frame,
    /// The end of the file.
    End,
    /// Bytes that are no whole frame with the index that is due.
    Broken,
}

/// Reads a segment from its begin, frame by frame.
#[derive(Debug)]
pub(super) struct SegmentReader {
    file: Box<dyn DiskFile>,
    buffer: Vec<u8>,
    /// Where the next frame begins in the buffer.
    start: usize,
    /// Where the buffer begins in the file.
    base: u64,
    /// The index that is due.
    next: u64,
    first: u64,
    /// Whether nothing whole was seen at the start of the buffer: a writer may have completed it since.
    stale: bool,
}

impl SegmentReader {
    /// Opens the segment whose name says that it begins with `first`.
    pub(super) fn open(folder: &Folder, origin: &str, first: u64) -> Result<Self, StoreError> {
        let mut file = folder
            .disk()
            .open(&folder.segment(first), Mode::Read)
            .map_err(StoreError::io("open the log"))?;
        let mut bytes = [0; HEADER];
        let read =
            read_full_at(file.as_mut(), &mut bytes, 0).map_err(StoreError::io("read the log"))?;
        if bytes.get(..read) != Some(header(origin, first).as_slice()) {
            return Err(StoreError::Damaged {
                index: first,
                what: "the segment does not begin as it should",
            });
        }
        Ok(Self {
            file,
            buffer: Vec::new(),
            start: 0,
            base: HEADER as u64,
            next: first,
            first,
            stale: true,
        })
    }

    /// The first index of the segment.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// The index that is due.
    pub(super) fn next_index(&self) -> u64 {
        self.next
    }

    /// Where the next frame begins in the file.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// What comes next. After `End` or `Broken` it may be asked again: the file may have grown.
    pub(super) fn peek(&mut self) -> Result<Next, StoreError> {
        let available = self.buffer.len().saturating_sub(self.start);
        let length = self.length_at_start();
        if self.stale || length.is_none_or(|length| length > available) {
            self.fill()?;
        }
        let bytes = self.buffer.get(self.start..).unwrap_or_default();
        let next = match Frame::parse(bytes) {
            _ if bytes.is_empty() => Next::End,
            Some(frame) if frame.index == self.next => Next::Frame,
            _ => Next::Broken,
        };
        self.stale = next != Next::Frame;
        Ok(next)
    }

    /// The frame that [`SegmentReader::peek`] saw, which is passed over. Nothing where it saw none.
    pub(super) fn take(&mut self) -> Option<Frame<'_>> {
        if self.stale {
            return None;
        }
        let bytes = self.buffer.get(self.start..)?;
        let (length, index, durable) = fields(bytes)?;
        let entry = bytes.get(FRAME..FRAME + length)?;
        self.start += FRAME + length;
        self.next += 1;
        // Not again before it is looked at.
        self.stale = self.start >= self.buffer.len();
        Some(Frame {
            index,
            durable,
            entry,
        })
    }

    /// The length of the frame at the start of the buffer, where its header is there and may be one.
    fn length_at_start(&self) -> Option<usize> {
        fields(self.buffer.get(self.start..)?).map(|(length, ..)| FRAME + length)
    }

    /// Reads a chunk from the next frame on.
    fn fill(&mut self) -> Result<(), StoreError> {
        self.base += self.start as u64;
        self.start = 0;
        self.buffer.resize(CHUNK, 0);
        let read = read_full_at(self.file.as_mut(), &mut self.buffer, self.base)
            .map_err(StoreError::io("read the log"))?;
        self.buffer.truncate(read);
        Ok(())
    }

    /// Whether a frame behind the next one says that the one that is due was durable before it was written: then
    /// what is broken here is damage, and no torn write. Looks at every byte that is left, a chunk at a time.
    pub(super) fn was_durable(&mut self) -> Result<bool, StoreError> {
        let largest = FRAME + MAX_ENTRY;
        let mut base = self.offset();
        let mut bytes = vec![0; CHUNK + largest];
        loop {
            let read = read_full_at(self.file.as_mut(), &mut bytes, base)
                .map_err(StoreError::io("read the log"))?;
            let known = bytes.get(..read).unwrap_or_default();
            for start in 0..read.min(CHUNK) {
                let rest = known.get(start..).unwrap_or_default();
                let plausible = fields(rest)
                    .is_some_and(|(_, index, durable)| index >= durable && durable > self.next);
                if plausible && Frame::parse(rest).is_some() {
                    return Ok(true);
                }
            }
            if read < bytes.len() {
                return Ok(false);
            }
            base += CHUNK as u64;
        }
    }
}
