//! What a writer does before it writes: finds the end of the log, cuts off what was torn, and makes sure that the rest
//! is on the disk.

use std::collections::HashSet;

use memchr::memmem;

use super::commit::{PackTail, Tail};
use super::cursor::{Cursor, LogLeaves, missing};
use super::disk::{Mode, write_again};
use super::folder::Folder;
use super::history::Keeper;
use super::ids::{self, RecentIds};
use super::manifest::Manifest;
use super::options::Options;
use super::pack::{self, PackReader};
use super::segment;
use super::tiles::{self, Edge, Leaves as _};
use crate::Hash;
use crate::store::StoreError;

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
    // A copy may lack what is empty, and a writer may have been stopped between a file and its name.
    [folder.root(), &folder.log(), &folder.bulk()]
        .into_iter()
        .try_for_each(|path| {
            folder.disk().create_folder(path)?;
            folder.disk().sync_folder(path)
        })
        .map_err(StoreError::io("make the folder durable"))?;
    folder
        .remove_unfinished()
        .map_err(StoreError::io("remove unfinished files"))?;
    let mut keeper = Keeper::open(folder, &manifest.verifiers)?;
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
    // Until here a ledger that is damaged is left as it is.
    keeper.complete()?;
    complete_log(folder, &end)?;
    let pack = complete_packs(folder, &end)?;
    let tail = Tail {
        segment: end.segment,
        offset: end.offset,
        next: end.size,
        batch: 0,
        pack,
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
    /// Documents that the records name whose ids are known.
    documents: HashSet<Hash>,
    /// Whether these are all records.
    is_whole_log: bool,
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
    let mut documents = HashSet::new();
    let mut cursor = Cursor::at(folder, origin, *from)?;
    let mut unsealed = segment::HEADER as u64;
    while let Some(frame) = cursor.next()? {
        let index = frame.index;
        documents.extend(documents_of(frame.entry));
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
        documents,
        is_whole_log: *from == 0,
    })
}

/// Cuts off what was torn, and writes again what no checkpoint covers: a page that a failed write-back left in memory
/// looks as if it were on the disk.
fn complete_log(folder: &Folder, end: &End) -> Result<(), StoreError> {
    folder
        .disk()
        .open(&folder.segment(end.segment), Mode::Change)
        .and_then(|mut file| write_again(file.as_mut(), end.unsealed, end.offset))
        .map_err(StoreError::io("write the end of the log again"))
}

/// The end of the last pack. What stands behind the last document that a record names is cut off: its records were
/// never written, and it may not be on the disk.
fn complete_packs(folder: &Folder, end: &End) -> Result<Option<PackTail>, StoreError> {
    let Some(number) = folder.packs()?.last().copied() else {
        return Ok(None);
    };
    let mut reader = PackReader::open(folder, number, pack::HEADER)?;
    let mut offset = pack::HEADER;
    let mut certain = end.is_whole_log;
    while let Some((_, name)) = reader.next_name()? {
        if end.documents.contains(&name.hash) {
            offset = reader.offset;
            certain = true;
        }
    }
    let mut file = pack::open(folder, number, Mode::Change)?;
    if certain {
        write_again(file.as_mut(), offset, offset).map_err(StoreError::io("write documents"))?;
    } else {
        // Whether older records name them was not looked at: they stay, and the next ones begin a pack.
        offset = u64::MAX;
    }
    Ok(Some(PackTail {
        number,
        offset,
        file,
    }))
}

/// The hashes of documents that an entry may name.
fn documents_of(entry: &[u8]) -> impl Iterator<Item = Hash> {
    const MARKER: &[u8] = b"\"sha256\":\"";
    memmem::find_iter(entry, MARKER).filter_map(|at| {
        let digits = entry.get(at + MARKER.len()..)?.get(..2 * Hash::SIZE)?;
        Hash::from_hex(std::str::from_utf8(digits).ok()?)
    })
}
