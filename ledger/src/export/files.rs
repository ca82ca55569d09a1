//! The files of an export, with their hashes.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ExportError;
use super::manifest::{ENVELOPE, FileEntry, MANIFEST};
use crate::Hash;

/// What could not be done with a file.
pub(super) fn io_error(action: &'static str, path: &str) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_owned();
    move |source| ExportError::Io {
        action,
        path,
        source,
    }
}

/// A file that is being written, and its hash.
pub(super) struct HashedFile {
    path: String,
    file: BufWriter<File>,
    hash: Sha256,
    size: u64,
}

impl HashedFile {
    /// A new file below a folder.
    pub(super) fn create(folder: &Path, path: &str) -> Result<Self, ExportError> {
        let place = place(folder, path);
        if let Some(parent) = place.parent() {
            fs::create_dir_all(parent).map_err(io_error("make the folder of", path))?;
        }
        let file = File::create_new(place).map_err(io_error("create", path))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            hash: Sha256::new(),
            size: 0,
        })
    }

    /// Writes bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.write_all(bytes).map_err(io_error("write", &self.path))
    }

    /// The file is on the disk.
    pub(super) fn finish(self) -> Result<FileEntry, ExportError> {
        let synced = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)
            .and_then(|file| file.sync_all());
        synced.map_err(io_error("write", &self.path))?;
        Ok(FileEntry {
            path: self.path,
            sha256: Hash(self.hash.finalize().into()).to_string(),
            size: self.size,
        })
    }
}

impl Write for HashedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.size += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writes a file at once.
pub(super) fn write_file(
    folder: &Path,
    path: &str,
    bytes: &[u8],
) -> Result<FileEntry, ExportError> {
    let mut file = HashedFile::create(folder, path)?;
    file.put(bytes)?;
    file.finish()
}

/// Reads a file that must not be longer than so many bytes.
pub(super) fn read_file(folder: &Path, path: &str, most: u64) -> Result<Vec<u8>, ExportError> {
    let file = open(folder, path)?;
    let mut bytes = Vec::new();
    file.take(most + 1)
        .read_to_end(&mut bytes)
        .map_err(io_error("read", path))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= most) {
        Ok(bytes)
    } else {
        Err(wrong(path, "is longer than it can be"))
    }
}

/// Opens a file of an export. A name that leads out of the folder is refused.
pub(super) fn open(folder: &Path, path: &str) -> Result<BufReader<File>, ExportError> {
    let is_plain = path
        .split('/')
        .all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']));
    if !is_plain {
        return Err(wrong(path, "is no name of a file of an export"));
    }
    let place = place(folder, path);
    let kind = fs::symlink_metadata(&place).map_err(io_error("read", path))?;
    if !kind.is_file() {
        return Err(wrong(path, "is not a file"));
    }
    let file = File::open(place).map_err(io_error("read", path))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

/// Checks that a file is as it was written.
pub(super) fn check_file(folder: &Path, entry: &FileEntry) -> Result<(), ExportError> {
    let mut file = open(folder, &entry.path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0_u64;
    loop {
        let count = file
            .read(&mut buffer)
            .map_err(io_error("read", &entry.path))?;
        if count == 0 {
            break;
        }
        size += u64::try_from(count).unwrap_or(0);
        hash.update(buffer.get(..count).unwrap_or_default());
    }
    if size == entry.size && Hash(hash.finalize().into()).to_string() == entry.sha256 {
        Ok(())
    } else {
        Err(wrong(&entry.path, "is not as it was written"))
    }
}

/// The number of files below a folder without the manifest and its envelope.
pub(super) fn count_files(folder: &Path) -> Result<u64, ExportError> {
    let mut count = 0;
    let mut folders = vec![folder.to_path_buf()];
    while let Some(current) = folders.pop() {
        let shown = current.strip_prefix(folder).unwrap_or(&current);
        let shown = shown.to_string_lossy().into_owned();
        for item in fs::read_dir(&current).map_err(io_error("read", &shown))? {
            let item = item.map_err(io_error("read", &shown))?;
            let kind = item.file_type().map_err(io_error("read", &shown))?;
            let is_manifest =
                current == folder && (item.file_name() == MANIFEST || item.file_name() == ENVELOPE);
            if kind.is_dir() {
                folders.push(item.path());
            } else if !is_manifest {
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Makes the folder of a new export; one that is there must be empty.
pub(super) fn make_folder(folder: &Path) -> Result<(), ExportError> {
    fs::create_dir_all(folder).map_err(io_error("make", "the folder"))?;
    let mut items = fs::read_dir(folder).map_err(io_error("read", "the folder"))?;
    if items.next().is_some() {
        return Err(ExportError::NotEmpty);
    }
    Ok(())
}

pub(super) fn wrong(path: &str, what: &'static str) -> ExportError {
    ExportError::File {
        path: path.to_owned(),
        what,
    }
}

fn place(folder: &Path, path: &str) -> PathBuf {
    folder.join(path)
}
