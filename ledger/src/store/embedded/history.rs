//! `checkpoint` and `checkpoints.log`: the newest checkpoint, and all of them.

use super::disk::{DiskFile, Mode, read_full_at, write_again, write_all_at};
use super::folder::Folder;
use crate::note::{NoteError, SignedCheckpoint, Verifier};
use crate::store::StoreError;

/// The longest note that is kept.
const MAX_NOTE: usize = 64 * 1024;
/// Bytes before a note: its length and CRC32C.
const FRAME: usize = 8;

/// A note as `checkpoints.log` holds it.
pub(super) fn frame(note: &str) -> Vec<u8> {
    // A note has at most 64 kB.
    let length = u32::try_from(note.len()).unwrap_or(u32::MAX);
    let mut bytes = length.to_le_bytes().to_vec();
    bytes.extend(crc32c::crc32c(note.as_bytes()).to_le_bytes());
    bytes.extend(note.as_bytes());
    bytes
}

/// The checkpoint that bytes begin with, and how many of them it takes.
pub(super) fn parse_frame(bytes: &[u8]) -> Option<(SignedCheckpoint, usize)> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    let checksum = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    if length > MAX_NOTE {
        return None;
    }
    let note = bytes.get(FRAME..FRAME + length)?;
    if crc32c::crc32c(note) != checksum {
        return None;
    }
    let note = std::str::from_utf8(note).ok()?;
    Some((SignedCheckpoint::parse(note).ok()?, FRAME + length))
}

/// Reads `checkpoints.log` from its begin.
pub(super) struct History {
    file: Box<dyn DiskFile>,
    buffer: Vec<u8>,
    offset: u64,
    /// The size of the last checkpoint that was read.
    size: u64,
}

impl History {
    pub(super) fn open(folder: &Folder) -> Result<Self, StoreError> {
        let file = folder
            .disk()
            .open(&folder.checkpoints(), Mode::Read)
            .map_err(StoreError::io("open the checkpoints"))?;
        Ok(Self {
            file,
            // Two of the largest: what follows a torn one is seen.
            buffer: vec![0; 2 * (FRAME + MAX_NOTE)],
            offset: 0,
            size: 0,
        })
    }

    /// Where the next checkpoint begins, or what is left of one.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// The next checkpoint; nothing at the end, which a write that was torn may follow.
    pub(super) fn next(&mut self) -> Result<Option<SignedCheckpoint>, StoreError> {
        let mut read = 0;
        // Most checkpoints are short.
        for wanted in [1024, self.buffer.len()] {
            let part = self.buffer.get_mut(..wanted).unwrap_or_default();
            read = read_full_at(self.file.as_mut(), part, self.offset)
                .map_err(StoreError::io("read the checkpoints"))?;
            let known = self.buffer.get(..read).unwrap_or_default();
            if let Some((checkpoint, length)) = parse_frame(known) {
                self.offset += length as u64;
                self.size = checkpoint.checkpoint().size;
                return Ok(Some(checkpoint));
            }
            if read < wanted {
                break;
            }
        }
        let rest = self.buffer.get(..read).unwrap_or_default();
        let torn = rest.len() <= FRAME + MAX_NOTE
            && (1..rest.len()).all(|start| parse_frame(rest.get(start..).unwrap_or(&[])).is_none());
        if torn {
            return Ok(None);
        }
        Err(StoreError::Damaged {
            index: self.size,
            what: "a checkpoint in checkpoints.log is broken",
        })
    }
}

/// The newest checkpoint, signed by one of the ledger's keys.
pub(super) fn newest(
    folder: &Folder,
    verifiers: &[Verifier],
) -> Result<SignedCheckpoint, StoreError> {
    let broken = StoreError::Damaged {
        index: 0,
        what: "the newest checkpoint is missing or broken",
    };
    let bytes = folder
        .read(&folder.checkpoint(), MAX_NOTE)
        .map_err(StoreError::io("read the checkpoint"))?;
    let Some(text) = bytes.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return Err(broken);
    };
    let Ok(checkpoint) = SignedCheckpoint::parse(&text) else {
        return Err(broken);
    };
    checkpoint.verify(verifiers)?;
    Ok(checkpoint)
}

/// Puts checkpoints where they belong.
pub(super) struct Keeper {
    folder: Folder,
    file: Box<dyn DiskFile>,
    /// Where the last checkpoint begins.
    last: u64,
    /// Where the next one goes.
    offset: u64,
    newest: SignedCheckpoint,
}

impl Keeper {
    /// Opens the checkpoints for writing. Nothing is changed yet.
    pub(super) fn open(folder: &Folder, verifiers: &[Verifier]) -> Result<Self, StoreError> {
        let mut history = History::open(folder)?;
        let mut last: Option<SignedCheckpoint> = None;
        let mut begin = 0;
        loop {
            let next = history.offset();
            let Some(checkpoint) = history.next()? else {
                break;
            };
            begin = next;
            // A witness may have cosigned an older one in between.
            let older = last
                .as_ref()
                .is_some_and(|last| last.checkpoint().size > checkpoint.checkpoint().size);
            if !older {
                last = Some(checkpoint);
            }
        }
        let offset = history.offset();
        let last = last.ok_or(StoreError::Damaged {
            index: 0,
            what: "checkpoints.log holds no checkpoint",
        })?;
        last.verify(verifiers)?;
        let shown = match newest(folder, verifiers) {
            // A writer that was stopped while it made the ledger.
            Err(StoreError::Damaged { .. }) if last.checkpoint().size == 0 => None,
            shown => Some(shown?),
        };
        if let Some(shown) = &shown
            && shown.checkpoint().size > last.checkpoint().size
        {
            return Err(StoreError::Damaged {
                index: last.checkpoint().size,
                what: "checkpoints.log does not hold the newest checkpoint",
            });
        }
        let file = folder
            .disk()
            .open(&folder.checkpoints(), Mode::Change)
            .map_err(StoreError::io("open the checkpoints"))?;
        Ok(Self {
            folder: folder.clone(),
            file,
            last: begin,
            offset,
            newest: last,
        })
    }

    /// Cuts off a checkpoint that was torn, and completes what a writer began. The last one is written again: a
    /// page that a failed write-back left in memory looks as if it were on the disk.
    pub(super) fn complete(&mut self) -> Result<(), StoreError> {
        write_again(self.file.as_mut(), self.last, self.offset)
            .map_err(StoreError::io("write the checkpoints"))?;
        let newest = self.newest.to_string();
        let shown = self
            .folder
            .read(&self.folder.checkpoint(), MAX_NOTE)
            .map_err(StoreError::io("read the checkpoint"))?;
        if shown.as_deref() == Some(newest.as_bytes()) {
            return Ok(());
        }
        self.show()
    }

    /// The first checkpoint of a new ledger.
    pub(super) fn begin(folder: &Folder, first: &SignedCheckpoint) -> Result<(), StoreError> {
        let note = first.to_string();
        folder
            .replace(&folder.checkpoints(), &frame(&note))
            .and_then(|()| folder.replace(&folder.checkpoint(), note.as_bytes()))
            .map_err(StoreError::io("write the checkpoint"))
    }

    pub(super) fn newest(&self) -> &SignedCheckpoint {
        &self.newest
    }

    /// Keeps a checkpoint, as the newest where none is larger.
    pub(super) fn keep(&mut self, checkpoint: SignedCheckpoint) -> Result<(), StoreError> {
        let note = checkpoint.to_string();
        if note.len() > MAX_NOTE || SignedCheckpoint::parse(&note)? != checkpoint {
            return Err(NoteError::Form.into());
        }
        let bytes = frame(&note);
        write_all_at(self.file.as_mut(), &bytes, self.offset)
            .and_then(|()| self.file.sync())
            .map_err(StoreError::io("write the checkpoints"))?;
        self.offset += bytes.len() as u64;
        if checkpoint.checkpoint().size >= self.newest.checkpoint().size {
            self.newest = checkpoint;
            self.show()?;
        }
        Ok(())
    }

    /// Writes the newest checkpoint where readers look for it.
    fn show(&self) -> Result<(), StoreError> {
        self.folder
            .replace(
                &self.folder.checkpoint(),
                self.newest.to_string().as_bytes(),
            )
            .map_err(StoreError::io("write the checkpoint"))
    }
}
