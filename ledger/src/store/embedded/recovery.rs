//! What a writer does before it writes: finds the end of the log, cuts off what was torn, and makes sure that the rest
//! is on the disk.

use super::commit::{PackTail, Tail};
use super::disk::{Mode, read_full_at, write_all_at};
use super::folder::Folder;
use super::history::Keeper;
use super::ids::{self, RecentIds};
use super::manifest::Manifest;
use super::options::Options;
use super::pack::{self, PackReader};
use super::reader::{Cursor, LogLeaves, missing};
use super::segment;
use super::tiles::{self, Edge, Leaves as _};
use crate::Hash;
use crate::store::StoreError;

/// Bytes that are written again at once.
const CHUNK: u64 = 1024 * 1024;

/// Where a writer begins.
pub(super) struct Recovered {
    pub(super) tail: Tail,
    pub(super) edge: Edge,
    pub(super) keeper: Keeper,
}

/// Brings a ledger into order. The caller holds its lock.
pub(super) fn recover(
    folder: &Folder,
    manifest: &Manifest,
    options: &Options,
) -> Result<Recovered, StoreError> {
    folder
        .remove_unfinished()
        .map_err(StoreError::io("remove unfinished files"))?;
    let keeper = Keeper::open(folder, &manifest.verifiers)?;
    let sealed = keeper.newest().checkpoint();
    let end = find_end(folder, &manifest.origin, sealed.size, options)?;
    if end.size < sealed.size {
        return Err(missing(end.size));
    }
    let leaves = LogLeaves {
        folder,
        origin: &manifest.origin,
    };
    let write = &mut |tile, hashes: &[Hash]| tiles::write(folder, tile, hashes);
    let mut edge = tiles::edge(folder, &leaves, sealed.size, &sealed.root, write)?;
    leaves.leaves(sealed.size, end.size, &mut |leaf| edge.append(leaf, write))?;
    write_again(folder, &end)?;
    let tail = Tail {
        segment: end.segment,
        offset: end.offset,
        next: end.size,
        batch: 0,
        pack: last_pack(folder)?,
        ids: end.ids,
    };
    Ok(Recovered { tail, edge, keeper })
}

/// The end of the log.
struct End {
    /// The first index of the last segment.
    segment: u64,
    /// Where the first record stands in it that is under no checkpoint.
    unsealed: u64,
    /// Where its last whole frame ends.
    offset: u64,
    size: u64,
    ids: RecentIds,
}

/// Reads the last segment, and as many before as are needed to know recent ids.
fn find_end(
    folder: &Folder,
    origin: &str,
    sealed: u64,
    options: &Options,
) -> Result<End, StoreError> {
    let segments = folder.segments()?;
    let last = *segments.last().ok_or(missing(0))?;
    let remembered = u64::try_from(options.remembered_ids).unwrap_or(u64::MAX);
    let from = segments
        .iter()
        .rev()
        .find(|first| last.saturating_sub(**first) >= remembered)
        .or(segments.first())
        .ok_or(missing(0))?;
    let mut ids = RecentIds::new(options.remembered_ids);
    let mut cursor = Cursor::at(folder, origin, *from)?;
    let mut unsealed = segment::HEADER as u64;
    while let Some(frame) = cursor.next()? {
        let index = frame.index;
        if let Some(id) = ids::of_entry(frame.entry, index) {
            ids.insert(id, index);
        }
        if index < sealed && cursor.segment().first() == last {
            unsealed = cursor.segment().offset();
        }
    }
    Ok(End {
        segment: last,
        unsealed,
        offset: cursor.segment().offset(),
        size: cursor.index(),
        ids,
    })
}

/// Cuts off what was torn, and writes again what no checkpoint covers: a page that a failed write-back left in memory
/// looks as if it were on the disk.
fn write_again(folder: &Folder, end: &End) -> Result<(), StoreError> {
    let again = || -> std::io::Result<()> {
        let mut file = folder
            .disk()
            .open(&folder.segment(end.segment), Mode::Change)?;
        if file.len()? > end.offset {
            file.truncate(end.offset)?;
        }
        let mut offset = end.unsealed;
        while offset < end.offset {
            let length = usize::try_from(CHUNK.min(end.offset - offset)).unwrap_or(0);
            let mut bytes = vec![0; length];
            let read = read_full_at(file.as_mut(), &mut bytes, offset)?;
            if read < length {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            write_all_at(file.as_mut(), &bytes, offset)?;
            offset += length as u64;
        }
        file.sync()
    };
    again().map_err(StoreError::io("write the end of the log again"))
}

/// The end of the last pack, behind which what was torn is cut off.
fn last_pack(folder: &Folder) -> Result<Option<PackTail>, StoreError> {
    let Some(number) = folder.packs()?.last().copied() else {
        return Ok(None);
    };
    let mut reader = PackReader::open(folder, number, pack::HEADER)?;
    while reader.next_name()?.is_some() {}
    let offset = reader.offset;
    let mut file = pack::open(folder, number, Mode::Change)?;
    let cut = |file: &mut dyn super::disk::DiskFile| {
        if file.len()? > offset {
            file.truncate(offset)?;
            file.sync()?;
        }
        Ok(())
    };
    cut(file.as_mut()).map_err(StoreError::io("write documents"))?;
    Ok(Some(PackTail {
        number,
        offset,
        file,
    }))
}
