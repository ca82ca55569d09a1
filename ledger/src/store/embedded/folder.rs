//! What stands where in the folder of a ledger.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::disk::{Disk, DiskFile, Mode, read_full_at, write_all_at};
use crate::store::StoreError;
use crate::tree::Tile;

/// Digits of the first index in the name of a segment.
const SEGMENT_DIGITS: usize = 20;
/// Digits of the number in the name of a pack.
const PACK_DIGITS: usize = 8;
/// What a file is called until it is complete.
const UNFINISHED: &str = ".tmp";

/// The folder of a ledger on some disk.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    disk: Arc<dyn Disk>,
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(disk: Arc<dyn Disk>, root: &Path) -> Self {
        Self {
            disk,
            root: root.to_path_buf(),
        }
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.root.join("ledger.json")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// The newest checkpoint.
    pub(super) fn checkpoint(&self) -> PathBuf {
        self.root.join("checkpoint")
    }

    /// All checkpoints.
    pub(super) fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints.log")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    pub(super) fn bulk(&self) -> PathBuf {
        self.root.join("bulk")
    }

    pub(super) fn segment(&self, first: u64) -> PathBuf {
        self.log().join(format!("{first:0SEGMENT_DIGITS$}.log"))
    }

    pub(super) fn pack(&self, number: u32) -> PathBuf {
        self.bulk().join(format!("{number:0PACK_DIGITS$}.pack"))
    }

    pub(super) fn tile(&self, tile: Tile) -> PathBuf {
        self.root.join(tile.path())
    }

    /// The first indexes of the segments, in order.
    pub(super) fn segments(&self) -> Result<Vec<u64>, StoreError> {
        self.numbered(&self.log(), ".log", SEGMENT_DIGITS, "list the log")
    }

    /// The numbers of the packs, in order.
    pub(super) fn packs(&self) -> Result<Vec<u32>, StoreError> {
        self.numbered(&self.bulk(), ".pack", PACK_DIGITS, "list the documents")
    }

    /// The numbers that are the names of files in a folder. Other files are none of ours.
    fn numbered<N: std::str::FromStr + Ord>(
        &self,
        folder: &Path,
        extension: &str,
        digits: usize,
        action: &'static str,
    ) -> Result<Vec<N>, StoreError> {
        let names = match self.disk.list(folder) {
            // Copies may leave out what is empty.
            Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
            listed => listed.map_err(StoreError::io(action))?,
        };
        let mut numbers: Vec<N> = names
            .iter()
            .filter_map(|name| name.strip_suffix(extension))
            .filter(|stem| stem.len() == digits && stem.bytes().all(|byte| byte.is_ascii_digit()))
            .filter_map(|stem| stem.parse().ok())
            .collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A whole file; nothing where there is none, an error where it is longer than `limit`.
    pub(super) fn read(&self, path: &Path, limit: usize) -> io::Result<Option<Vec<u8>>> {
        let mut file = match self.disk.open(path, Mode::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let length = usize::try_from(file.len()?).unwrap_or(usize::MAX);
        if length > limit {
            return Err(io::Error::new(
                ErrorKind::InvalidData,
                "the file is longer than it can be",
            ));
        }
        let mut bytes = vec![0; length];
        let read = read_full_at(file.as_mut(), &mut bytes, 0)?;
        bytes.truncate(read);
        Ok(Some(bytes))
    }

    /// Puts a file in place of another, durably: whoever looks sees the old one or the new one, whole.
    pub(super) fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let unfinished = unfinished(path);
        let mut file = self.disk.open(&unfinished, Mode::Create)?;
        write_all_at(file.as_mut(), bytes, 0)?;
        file.sync()?;
        drop(file);
        self.disk.rename(&unfinished, path)?;
        self.disk.sync_folder(path.parent().unwrap_or(&self.root))
    }

    /// Makes a file and leaves it open for changes. It has its name only when what it begins with is durable.
    pub(super) fn begin(&self, path: &Path, bytes: &[u8]) -> io::Result<Box<dyn DiskFile>> {
        self.replace(path, bytes)?;
        self.disk.open(path, Mode::Change)
    }

    /// Writes a derived file: nothing of it need be durable.
    pub(super) fn write_derived(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = match self.disk.open(path, Mode::Create) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.disk
                    .create_folder(path.parent().unwrap_or(&self.root))?;
                self.disk.open(path, Mode::Create)?
            }
            opened => opened?,
        };
        write_all_at(file.as_mut(), bytes, 0)
    }

    /// Removes files that were never completed.
    pub(super) fn remove_unfinished(&self) -> io::Result<()> {
        for folder in [self.root.clone(), self.log(), self.bulk()] {
            for name in self.disk.list(&folder)? {
                if name.ends_with(UNFINISHED) {
                    self.disk.remove(&folder.join(name))?;
                }
            }
        }
        Ok(())
    }
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(UNFINISHED);
    PathBuf::from(name)
}
