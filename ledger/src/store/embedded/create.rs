//! How a ledger begins.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::folder::Folder;
use super::history::Keeper;
use super::manifest::Manifest;
use super::segment;
use crate::Hash;
use crate::keys::KeyRing;
use crate::note::Checkpoint;
use crate::store::StoreError;

/// Makes a ledger in a folder that holds none.
pub(super) fn create(
    folder: &Folder,
    ring: &KeyRing,
    created: Timestamp,
) -> Result<(), StoreError> {
    let disk = folder.disk();
    let make = StoreError::io("make the folder of the ledger");
    let folders = [folder.root().to_path_buf(), folder.log(), folder.bulk()];
    folders
        .iter()
        .try_for_each(|folder| disk.create_folder(folder))
        .map_err(make)?;
    let _lock = take_lock(folder)?;
    refuse_what_is_there(folder)?;
    let first = Checkpoint {
        origin: ring.origin().to_owned(),
        size: 0,
        root: Hash::empty(),
    };
    folder
        .replace(&folder.segment(0), &segment::header(ring.origin(), 0))
        .map_err(StoreError::io("begin a segment of the log"))?;
    Keeper::begin(folder, &first.sign(ring.signer()))?;
    let above = match folder.root().parent() {
        Some(above) if above.as_os_str().is_empty() => Some(Path::new(".")),
        above => above,
    };
    folders
        .iter()
        .map(PathBuf::as_path)
        .chain(above)
        .try_for_each(|folder| disk.sync_folder(folder))
        .map_err(StoreError::io("make the folder of the ledger"))?;
    // Last: what has no manifest is no ledger.
    let manifest = Manifest {
        origin: ring.origin().to_owned(),
        created,
        verifiers: ring.verifiers(),
    };
    manifest.write(folder)
}

/// Locks a ledger for the one writer.
pub(super) fn take_lock(folder: &Folder) -> Result<Box<dyn Send + Sync>, StoreError> {
    folder
        .disk()
        .lock(&folder.lock())
        .map_err(StoreError::io("lock the ledger"))?
        .ok_or(StoreError::Locked)
}

/// A folder that holds a ledger, or the records of one, gets no new one.
fn refuse_what_is_there(folder: &Folder) -> Result<(), StoreError> {
    let make = "make a ledger";
    let is_there = || StoreError::Io {
        action: make,
        source: std::io::ErrorKind::AlreadyExists.into(),
    };
    let manifest = folder.read(&folder.manifest(), usize::MAX);
    if manifest.map_err(StoreError::io(make))?.is_some() {
        return Err(is_there());
    }
    for first in folder.segments()? {
        let segment = folder.read(&folder.segment(first), segment::HEADER);
        if first != 0 || !matches!(segment, Ok(Some(_))) {
            return Err(is_there());
        }
    }
    Ok(())
}
