//! Reading an export. A whole one is a log.

use std::cell::RefCell;
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str;

use super::ExportError;
use super::files::{check_file, count_files, io_error, open, read_file, wrong};
use super::manifest::{
    CHECKPOINT, CHECKPOINTS, ENVELOPE, FILES, FileEntry, KEYS, MANIFEST, MANIFEST_MEDIA_TYPE,
    Manifest, RECORDS, SCHEMA, Shape,
};
use super::write::{CheckpointLine, document_path};
use crate::Hash;
use crate::attest::{AttestError, Envelope};
use crate::keys::{SealedDocument, WRAPPED_KEY};
use crate::note::{NoteError, SignedCheckpoint, Verifier};
use crate::record::{MAX_ENTRY, canonical};
use crate::store::{Checkpoints, Entries, Log, StoreError};
use crate::tree::{Frontier, TILE_HEIGHT, TILE_WIDTH, Tile};

/// The longest manifest that is read.
const MAX_MANIFEST: u64 = 1 << 20;
/// The longest line of a file of lines: an envelope with an entry in base64, and more around it.
const MAX_LINE: usize = 256 * 1024;
/// The longest note, and the most that `keys` may hold.
const MAX_NOTE: u64 = 64 * 1024;
/// The largest sealed document with its wrapped key.
const MAX_DOCUMENT: u64 = 1 << 32;
/// Between two lines whose places are remembered.
const STRIDE: u64 = 256;

/// An export in its folder. What the manifest says of the files was checked; by whom it is signed was not.
#[derive(Debug)]
pub struct Export {
    folder: PathBuf,
    manifest: Manifest,
    checkpoint: SignedCheckpoint,
    /// Where every 256th record begins.
    places: Vec<u64>,
    /// The hashes of the tiles' levels, made when one is asked for.
    levels: RefCell<Option<Vec<Vec<Hash>>>>,
}

impl Export {
    /// Opens an export and checks that its files are those that the manifest lists, and no others.
    pub fn open(folder: &Path) -> Result<Self, ExportError> {
        let text = read_file(folder, MANIFEST, MAX_MANIFEST)?;
        let manifest: Manifest = serde_json::from_slice(&text)
            .map_err(|_| wrong(MANIFEST, "is not the manifest of an export"))?;
        if manifest.schema != SCHEMA || canonical(&manifest)? != text {
            return Err(wrong(MANIFEST, "is of another version, or not canonical"));
        }
        check_files(folder, &manifest)?;
        let note = read_file(folder, CHECKPOINT, MAX_NOTE)?;
        let checkpoint = SignedCheckpoint::parse(text_of(&note, CHECKPOINT)?)?;
        let says = checkpoint.checkpoint();
        if says.origin != manifest.origin {
            return Err(NoteError::Origin.into());
        }
        if says.size != manifest.size || says.root.to_string() != manifest.root {
            return Err(wrong(CHECKPOINT, "is another one than the manifest names"));
        }
        let mut export = Self {
            folder: folder.to_path_buf(),
            manifest,
            checkpoint,
            places: Vec::new(),
            levels: RefCell::new(None),
        };
        export.find_places()?;
        Ok(export)
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Checks that the manifest is signed by one of the keys.
    pub fn check_signature(&self, keys: &[Verifier]) -> Result<(), ExportError> {
        let envelope = Envelope::parse(&read_file(&self.folder, ENVELOPE, 2 * MAX_MANIFEST)?)?;
        let keys: Vec<Verifier> = keys
            .iter()
            .filter(|key| key.name() == self.manifest.origin)
            .cloned()
            .collect();
        let payload = envelope.verify(MANIFEST_MEDIA_TYPE, &keys)?;
        if payload == canonical(&self.manifest)? {
            Ok(())
        } else {
            Err(AttestError::Signature.into())
        }
    }

    /// The lines of a file.
    pub(super) fn lines(&self, path: &'static str) -> Result<Lines, ExportError> {
        Lines::open(&self.folder, path)
    }

    fn find_places(&mut self) -> Result<(), ExportError> {
        let mut lines = self.lines(RECORDS)?;
        let mut place = 0_u64;
        let mut count = 0_u64;
        while let Some(line) = lines.next().transpose()? {
            if count.is_multiple_of(STRIDE) {
                self.places.push(place);
            }
            count += 1;
            place += u64::try_from(line.len()).unwrap_or(0) + 1;
        }
        if count == self.manifest.count {
            Ok(())
        } else {
            Err(wrong(
                RECORDS,
                "has not as many records as the manifest says",
            ))
        }
    }

    fn read_entries(&self, range: Range<u64>) -> Result<Lines, ExportError> {
        let mut lines = self.lines(RECORDS)?;
        let stride = usize::try_from(range.start / STRIDE).unwrap_or(usize::MAX);
        if let Some(place) = self.places.get(stride) {
            lines.seek(*place)?;
            for _ in 0..range.start % STRIDE {
                lines.next().transpose()?;
            }
        }
        Ok(lines)
    }

    /// The hashes of every eighth level of the tree.
    fn make_levels(&self) -> Result<Vec<Vec<Hash>>, StoreError> {
        let mut levels: Vec<Vec<Hash>> = Vec::new();
        let mut frontier = Frontier::new();
        for item in self.entries(0..self.manifest.size)? {
            let (_, entry) = item?;
            frontier.append(Hash::leaf(&entry), |node| {
                if node.level.is_multiple_of(TILE_HEIGHT) {
                    let level = usize::from(node.level / TILE_HEIGHT);
                    if levels.len() <= level {
                        levels.push(Vec::new());
                    }
                    if let Some(hashes) = levels.get_mut(level) {
                        hashes.push(node.hash);
                    }
                }
            });
        }
        Ok(levels)
    }
}

/// Checks every file that the manifest and `files.jsonl` list, and that there are no others.
fn check_files(folder: &Path, manifest: &Manifest) -> Result<(), ExportError> {
    let mut count = 0;
    let mut last = String::new();
    for entry in &manifest.files {
        if entry.path <= last {
            return Err(wrong(MANIFEST, "lists its files in another order"));
        }
        last.clone_from(&entry.path);
        check_file(folder, entry)?;
        count += 1;
    }
    let lists = |name: &str| manifest.files.iter().any(|entry| entry.path == name);
    for needed in [CHECKPOINT, CHECKPOINTS, KEYS, RECORDS] {
        if !lists(needed) {
            return Err(wrong(needed, "is not listed in the manifest"));
        }
    }
    if lists(FILES) {
        last.clear();
        for line in Lines::open(folder, FILES)? {
            let entry: FileEntry = serde_json::from_slice(&line?)
                .map_err(|_| wrong(FILES, "has a line that is no file"))?;
            let is_below = entry.path.starts_with("documents/") || entry.path.starts_with("tile/");
            if !is_below || entry.path <= last {
                return Err(wrong(FILES, "lists other files, or in another order"));
            }
            last.clone_from(&entry.path);
            check_file(folder, &entry)?;
            count += 1;
        }
    }
    if count_files(folder)? == count {
        Ok(())
    } else {
        Err(wrong(MANIFEST, "does not list all files that are there"))
    }
}

fn text_of<'a>(bytes: &'a [u8], path: &str) -> Result<&'a str, ExportError> {
    str::from_utf8(bytes).map_err(|_| wrong(path, "is not text"))
}

/// A file of lines, one after the other, each of bounded length and ended by a line feed.
pub(super) struct Lines {
    path: &'static str,
    file: std::io::BufReader<std::fs::File>,
}

impl Lines {
    fn open(folder: &Path, path: &'static str) -> Result<Self, ExportError> {
        Ok(Self {
            path,
            file: open(folder, path)?,
        })
    }

    fn seek(&mut self, place: u64) -> Result<(), ExportError> {
        self.file
            .seek(SeekFrom::Start(place))
            .map_err(io_error("read", self.path))?;
        Ok(())
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, ExportError> {
        let mut line = Vec::new();
        let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        (&mut self.file)
            .take(most)
            .read_until(b'\n', &mut line)
            .map_err(io_error("read", self.path))?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.pop() != Some(b'\n') {
            return Err(wrong(
                self.path,
                "has a line that is too long or does not end",
            ));
        }
        Ok(Some(line))
    }
}

impl Iterator for Lines {
    type Item = Result<Vec<u8>, ExportError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

/// What an export says as a log: a file that cannot be read, or lines that are none.
fn damaged(error: ExportError, index: u64) -> StoreError {
    match error {
        ExportError::Store(error) => error,
        ExportError::Io { action, source, .. } => StoreError::Io { action, source },
        _ => StoreError::Damaged {
            index,
            what: "a file of the export is not as it was written",
        },
    }
}

/// The log, of a whole export; of a population nothing can be read so.
impl Log for Export {
    fn origin(&self) -> &str {
        &self.manifest.origin
    }

    fn verifiers(&self) -> Result<Vec<Verifier>, StoreError> {
        let keys = read_file(&self.folder, KEYS, MAX_NOTE).map_err(|error| damaged(error, 0))?;
        let not_a_key = || StoreError::NotALedger("the export's keys".to_owned());
        str::from_utf8(&keys)
            .map_err(|_| not_a_key())?
            .lines()
            .map(|line| Verifier::parse(line).map_err(|_| not_a_key()))
            .collect()
    }

    fn size(&self) -> Result<u64, StoreError> {
        match self.manifest.shape {
            Shape::Whole => Ok(self.manifest.count),
            Shape::Population => Err(StoreError::NotALedger(ExportError::Shape.to_string())),
        }
    }

    fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        Ok(Some(self.checkpoint.clone()))
    }

    fn checkpoints(&self) -> Result<Checkpoints<'_>, StoreError> {
        let lines = self.lines(CHECKPOINTS).map_err(|error| damaged(error, 0))?;
        Ok(Box::new(lines.map(|line| {
            let line = line.map_err(|error| damaged(error, 0))?;
            let line: CheckpointLine =
                serde_json::from_slice(&line).map_err(|_| NoteError::Checkpoint)?;
            Ok(SignedCheckpoint::parse(&line.note)?)
        })))
    }

    fn entries(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        let end = range.end.min(self.size()?);
        let range = range.start..end;
        if range.is_empty() {
            return Ok(Box::new(std::iter::empty()));
        }
        let lines = self
            .read_entries(range.clone())
            .map_err(|error| damaged(error, range.start))?;
        Ok(Box::new(range.zip(lines).map(|(index, line)| {
            let entry = line.map_err(|error| damaged(error, index))?;
            if entry.len() > MAX_ENTRY {
                let what = "the record is longer than 65,535 bytes";
                return Err(StoreError::Damaged { index, what });
            }
            Ok((index, entry))
        })))
    }

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        let mut levels = self.levels.borrow_mut();
        let levels = match &mut *levels {
            Some(levels) => levels,
            none => none.insert(self.make_levels()?),
        };
        let from = usize::try_from(tile.index.saturating_mul(TILE_WIDTH)).unwrap_or(usize::MAX);
        let hashes = levels
            .get(usize::from(tile.level))
            .and_then(|hashes| hashes.get(from..))
            .unwrap_or_default();
        let count = usize::from(tile.width).min(hashes.len());
        Ok(hashes.get(..count).unwrap_or_default().to_vec())
    }

    fn document(&self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError> {
        let path = document_path(hash);
        let bytes = match read_file(&self.folder, &path, MAX_DOCUMENT) {
            Err(ExportError::Io { source, .. })
                if source.kind() == std::io::ErrorKind::NotFound =>
            {
                return Ok(None);
            }
            other => other.map_err(|error| damaged(error, 0))?,
        };
        let Some((wrapped_key, bytes)) = bytes.split_first_chunk::<WRAPPED_KEY>() else {
            return Err(StoreError::NotALedger(
                "a document of the export".to_owned(),
            ));
        };
        Ok(Some(SealedDocument {
            wrapped_key: *wrapped_key,
            bytes: bytes.to_vec(),
        }))
    }
}
