//! Packs of sealed documents: a header, then the documents one after the other.

use std::collections::HashMap;

use super::disk::{DiskFile, Mode, read_full_at, write_all_at};
use super::folder::Folder;
use crate::Hash;
use crate::keys::{SealedDocument, WRAPPED_KEY};
use crate::store::StoreError;

const MAGIC: &[u8; 8] = b"SOC2BLK1";
/// Bytes before the first document.
pub(super) const HEADER: u64 = MAGIC.len() as u64;
/// Bytes before the wrapped key: length, hash and CRC32C.
const NAME: usize = 4 + Hash::SIZE + 4;
/// Bytes of a document before its sealed bytes.
const FRAME: usize = NAME + WRAPPED_KEY + 4;
/// Bytes that are read at once of a document, so that a broken length reserves no memory.
const CHUNK: usize = 1024 * 1024;

/// What a pack begins with.
pub(super) fn header() -> &'static [u8] {
    MAGIC
}

/// Bytes of a document with all that stands before it.
pub(super) fn document_length(document: &SealedDocument) -> usize {
    FRAME + document.bytes.len()
}

/// Appends a document to what will be written.
pub(super) fn put_document(
    bytes: &mut Vec<u8>,
    document: &SealedDocument,
) -> Result<(), StoreError> {
    let length = u32::try_from(document.bytes.len()).map_err(|_| StoreError::Io {
        action: "write a document",
        source: std::io::ErrorKind::FileTooLarge.into(),
    })?;
    let mut name = length.to_le_bytes().to_vec();
    name.extend(document.hash().0);
    bytes.extend(&name);
    bytes.extend(crc32c::crc32c(&name).to_le_bytes());
    bytes.extend(document.wrapped_key);
    bytes.extend(crc32c::crc32c(&document.wrapped_key).to_le_bytes());
    bytes.extend(&document.bytes);
    Ok(())
}

/// A document as a pack names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) length: u32,
    pub(super) hash: Hash,
}

impl Name {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (name, checksum) = bytes.get(..NAME)?.split_at(NAME - 4);
        if crc32c::crc32c(name).to_le_bytes() != checksum {
            return None;
        }
        let (length, hash) = name.split_first_chunk()?;
        Some(Self {
            length: u32::from_le_bytes(*length),
            hash: Hash::from_slice(hash)?,
        })
    }

    /// Bytes of the document with all that stands before it.
    fn extent(self) -> u64 {
        FRAME as u64 + u64::from(self.length)
    }
}

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) pack: u32,
    pub(super) offset: u64,
}

/// What is known of where documents stand: found by reading the names in the packs, and no further than needed.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: HashMap<Hash, Place>,
    /// Where the names go on that were not read yet.
    next: Option<Place>,
}

impl Places {
    /// Where a document stands; nothing where no pack has it.
    pub(super) fn find(
        &mut self,
        folder: &Folder,
        hash: &Hash,
    ) -> Result<Option<Place>, StoreError> {
        if let Some(place) = self.known.get(hash) {
            return Ok(Some(*place));
        }
        self.read_on(folder)?;
        Ok(self.known.get(hash).copied())
    }

    /// Reads names that were not there before.
    fn read_on(&mut self, folder: &Folder) -> Result<(), StoreError> {
        for pack in folder.packs()? {
            let from = match self.next {
                Some(next) if next.pack > pack => continue,
                Some(next) if next.pack == pack => next.offset,
                _ => HEADER,
            };
            let mut reader = PackReader::open(folder, pack, from)?;
            while let Some((offset, name)) = reader.next_name()? {
                self.known
                    .entry(name.hash)
                    .or_insert(Place { pack, offset });
            }
            self.next = Some(Place {
                pack,
                offset: reader.offset,
            });
        }
        Ok(())
    }
}

/// Reads the names in a pack.
pub(super) struct PackReader {
    file: Box<dyn DiskFile>,
    length: u64,
    /// Where the next document begins.
    pub(super) offset: u64,
}

impl PackReader {
    pub(super) fn open(folder: &Folder, pack: u32, offset: u64) -> Result<Self, StoreError> {
        let mut file = open(folder, pack, Mode::Read)?;
        let length = file.len().map_err(StoreError::io("read a document"))?;
        Ok(Self {
            file,
            length,
            offset,
        })
    }

    /// The next document that is whole as far as its length tells; nothing at the end, which a write that was
    /// torn may follow.
    pub(super) fn next_name(&mut self) -> Result<Option<(u64, Name)>, StoreError> {
        let mut bytes = [0; NAME];
        read_full_at(self.file.as_mut(), &mut bytes, self.offset)
            .map_err(StoreError::io("read a document"))?;
        let Some(name) = Name::parse(&bytes) else {
            return Ok(None);
        };
        let end = self.offset.saturating_add(name.extent());
        if end > self.length {
            return Ok(None);
        }
        let offset = std::mem::replace(&mut self.offset, end);
        Ok(Some((offset, name)))
    }
}

/// Opens a pack and looks whether it is one.
pub(super) fn open(
    folder: &Folder,
    pack: u32,
    mode: Mode,
) -> Result<Box<dyn DiskFile>, StoreError> {
    let mut file = folder
        .disk()
        .open(&folder.pack(pack), mode)
        .map_err(StoreError::io("open the documents"))?;
    let mut magic = [0; MAGIC.len()];
    read_full_at(file.as_mut(), &mut magic, 0).map_err(StoreError::io("read a document"))?;
    if magic == *MAGIC {
        Ok(file)
    } else {
        Err(damaged("a pack does not begin as it should"))
    }
}

/// Reads a document and checks all that can be checked without keys.
pub(super) fn read(
    folder: &Folder,
    hash: &Hash,
    place: Place,
) -> Result<SealedDocument, StoreError> {
    let mut file = open(folder, place.pack, Mode::Read)?;
    let (name, wrapped_key) = read_frame(file.as_mut(), place.offset)?;
    let mut bytes = Vec::new();
    let mut left = name.length as usize;
    let mut offset = place.offset + FRAME as u64;
    while left > 0 {
        let filled = bytes.len();
        bytes.resize(filled + left.min(CHUNK), 0);
        let part = bytes.get_mut(filled..).unwrap_or_default();
        let wanted = part.len();
        let read =
            read_full_at(file.as_mut(), part, offset).map_err(StoreError::io("read a document"))?;
        if read < wanted {
            return Err(damaged("a document is cut off"));
        }
        left -= read;
        offset += read as u64;
    }
    let document = SealedDocument { wrapped_key, bytes };
    if document.hash() == *hash && name.hash == *hash {
        Ok(document)
    } else {
        Err(damaged("a document is not what its name says"))
    }
}

/// The name and the wrapped key of a document.
fn read_frame(
    file: &mut dyn DiskFile,
    offset: u64,
) -> Result<(Name, [u8; WRAPPED_KEY]), StoreError> {
    let mut frame = [0; FRAME];
    read_full_at(file, &mut frame, offset).map_err(StoreError::io("read a document"))?;
    let name = Name::parse(&frame).ok_or(damaged("the name of a document is broken"))?;
    let (key, checksum) = frame
        .get(NAME..)
        .and_then(|rest| rest.split_first_chunk::<WRAPPED_KEY>())
        .ok_or(damaged("the key of a document is broken"))?;
    if crc32c::crc32c(key).to_le_bytes() == checksum {
        Ok((name, *key))
    } else {
        Err(damaged("the key of a document is broken"))
    }
}

/// Destroys the key of a document; whether there was one. The caller syncs the pack.
pub(super) fn erase(file: &mut dyn DiskFile, offset: u64) -> Result<bool, StoreError> {
    let zeros = [0; WRAPPED_KEY];
    // A key that is broken is destroyed as well: a writer may have been stopped in the middle.
    if read_frame(file, offset).is_ok_and(|(_, key)| key == zeros) {
        return Ok(false);
    }
    let mut bytes = zeros.to_vec();
    bytes.extend(crc32c::crc32c(&zeros).to_le_bytes());
    write_all_at(file, &bytes, offset + NAME as u64).map_err(StoreError::io("erase a document"))?;
    Ok(true)
}

/// Documents do not have an index; where one is damaged, the record that names it says which it is.
fn damaged(what: &'static str) -> StoreError {
    StoreError::Damaged { index: 0, what }
}
