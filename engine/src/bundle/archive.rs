//! The files of a bundle out of its archive: a tar (POSIX.1-2017, pax) in one gzip member (RFC 1952).
//!
//! Nothing is unpacked to disk. What two readers could understand differently is refused: whoever checked or signed a
//! bundle must have seen the files that are judged by.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::bufread::GzDecoder;
use tar::{Archive, Entry, EntryType};

/// The files of a bundle by their paths below its root, such as `policy/main.rego`.
pub type BundleFiles = BTreeMap<String, Vec<u8>>;

/// How many bytes an archive has at most once it is decompressed.
const MAX_UNPACKED: u64 = 64 << 20;

/// How many files and folders an archive holds at most.
const MAX_ENTRIES: usize = 10_000;

/// How many bytes a path has at most.
const MAX_PATH: usize = 1024;

/// The bytes of a block of tar; two of zeros end an archive.
const BLOCK: u64 = 512;

/// Why an archive is refused; names the file that is wrong where there is one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// The path of the file within the bundle.
    pub(super) file: Option<String>,
    pub(super) message: String,
}

fn refused(message: impl Into<String>) -> Refused {
    Refused {
        file: None,
        message: message.into(),
    }
}

/// The files of a gzipped tar.
pub(super) fn unpack(bytes: &[u8]) -> Result<BundleFiles, Refused> {
    let unpacked = decompress(bytes)?;
    let mut archive = Archive::new(unpacked.as_slice());
    let unreadable = |_| refused("the tar archive is broken or ends early");
    let mut files = BundleFiles::new();
    let mut end = 0;
    for (count, entry) in archive.entries().map_err(unreadable)?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(refused(format!(
                "the archive holds more than {MAX_ENTRIES} files and folders"
            )));
        }
        let mut entry = entry.map_err(unreadable)?;
        check_extensions(&mut entry)?;
        let kind = entry.header().entry_type();
        let stops_at = entry.raw_file_position().saturating_add(entry.size());
        end = stops_at.next_multiple_of(BLOCK);
        match kind {
            EntryType::Regular => {
                let path = path_of(&entry)?;
                let body = body_of(&mut entry)?;
                if files.insert(path.clone(), body).is_some() {
                    return Err(Refused {
                        message: "the file stands twice in the archive".to_owned(),
                        file: Some(path),
                    });
                }
            }
            EntryType::Directory | EntryType::XGlobalHeader => {}
            _ => {
                return Err(Refused {
                    file: path_of(&entry).ok(),
                    message:
                        "it holds something that is neither a file nor a folder, such as a link"
                            .to_owned(),
                });
            }
        }
    }
    check_end(&unpacked, end)?;
    Ok(files)
}

/// The one gzip member that the bytes are.
fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let mut decoder = GzDecoder::new(bytes);
    let mut unpacked = Vec::new();
    decoder
        .by_ref()
        .take(MAX_UNPACKED + 1)
        .read_to_end(&mut unpacked)
        .map_err(|_| refused("it is no gzip, is damaged or ends early"))?;
    if u64::try_from(unpacked.len()).unwrap_or(u64::MAX) > MAX_UNPACKED {
        return Err(refused(format!(
            "it is larger than {MAX_UNPACKED} bytes when it is decompressed"
        )));
    }
    if !decoder.into_inner().is_empty() {
        return Err(refused("there is more behind the end of the gzip"));
    }
    Ok(unpacked)
}

/// Refuses extended headers by which the size of a file is not what its header says, and global ones with anything but
/// a comment, as `git archive` writes it.
fn check_extensions<R: Read>(entry: &mut Entry<'_, R>) -> Result<(), Refused> {
    let broken = || refused("an extended header of the archive cannot be read");
    let is_global = entry.header().entry_type() == EntryType::XGlobalHeader;
    let Some(extensions) = entry.pax_extensions().map_err(|_| broken())? else {
        return Ok(());
    };
    for extension in extensions {
        let extension = extension.map_err(|_| broken())?;
        let key = extension.key_bytes();
        if is_global && key != b"comment" {
            return Err(refused(
                "the archive has a global header that is no comment",
            ));
        }
        if key == b"size" || key.starts_with(b"GNU.sparse") {
            return Err(refused(
                "an extended header of the archive says how large a file is",
            ));
        }
    }
    Ok(())
}

fn body_of<R: Read>(entry: &mut Entry<'_, R>) -> Result<Vec<u8>, Refused> {
    let mut body = Vec::new();
    let read = entry.read_to_end(&mut body);
    let is_whole = u64::try_from(body.len()).is_ok_and(|length| length == entry.size());
    match read {
        Ok(_) if is_whole => Ok(body),
        _ => Err(refused("a file of the archive ends early")),
    }
}

/// The path of an entry below the root of the bundle; the slash that OPA writes before it is left out.
fn path_of<R: Read>(entry: &Entry<'_, R>) -> Result<String, Refused> {
    let bytes = entry.path_bytes();
    let path = (bytes.len() <= MAX_PATH)
        .then(|| str::from_utf8(&bytes).ok())
        .flatten();
    path.and_then(normal)
        .ok_or_else(|| refused("a path of the archive leads out of it or is no plain path"))
}

/// A path without what stands for the root before it; None where it is no plain path below it.
pub(super) fn normal(path: &str) -> Option<String> {
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = path.strip_prefix('/').unwrap_or(path);
    let is_plain = path
        .split('/')
        .all(|segment| !matches!(segment, "" | "." | ".."))
        && !path.contains(|c: char| c == '\\' || c.is_control());
    is_plain.then(|| path.to_owned())
}

/// An archive ends with two blocks of zeros at least, and nothing else.
fn check_end(unpacked: &[u8], end: u64) -> Result<(), Refused> {
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    let tail = unpacked
        .get(end..)
        .ok_or_else(|| refused("the tar archive ends early"))?;
    if tail.iter().any(|byte| *byte != 0) {
        return Err(refused("there is more behind the end of the tar archive"));
    }
    if u64::try_from(tail.len()).unwrap_or(u64::MAX) < 2 * BLOCK {
        return Err(refused("the tar archive ends early"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
