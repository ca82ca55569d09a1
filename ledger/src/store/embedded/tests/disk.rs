//! A disk in memory that fails when it is told to, and that loses what was not synced when the power goes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::disk::{Disk, DiskFile, Mode};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// One call fails.
    Broken,
    /// A write does only a part.
    ShortWrite,
    /// No write that makes a file longer succeeds any more; what fits is written.
    NoSpace,
    /// What was written does not reach the disk, which a sync tells once; in memory it looks as if it did.
    LostWrites,
    /// The power goes: nothing works any more.
    PowerLoss,
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

#[derive(Debug, Default)]
struct Content {
    /// What reads see.
    current: Vec<u8>,
    /// What is on the disk.
    durable: Vec<u8>,
    /// What was changed since the last sync.
    pending: Vec<Change>,
}

#[derive(Debug, Default)]
struct State {
    files: Vec<Content>,
    folders: BTreeSet<PathBuf>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    locks: BTreeSet<PathBuf>,
    /// Calls until the fault.
    fault: Option<(u64, Fault)>,
    happened: bool,
    full: bool,
    down: bool,
    /// Losses of power.
    losses: u64,
    random: u64,
}

impl State {
    fn random(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random % below.max(1) as u64).unwrap()
    }

    /// Counts a call, and fails it where it is the one.
    fn call(&mut self, losses: u64, kind: Call) -> io::Result<Option<Fault>> {
        if self.down || losses != self.losses {
            return Err(io::Error::other("no power"));
        }
        let Some((left, fault)) = self.fault else {
            return Ok(None);
        };
        if left > 0 {
            self.fault = Some((left - 1, fault));
            return Ok(None);
        }
        match (fault, kind) {
            (Fault::ShortWrite | Fault::NoSpace, Call::Write)
            | (Fault::LostWrites, Call::Sync)
            | (Fault::Broken | Fault::PowerLoss, _) => {}
            // The next call that can fail so.
            _ => return Ok(None),
        }
        self.fault = None;
        self.happened = true;
        match fault {
            Fault::Broken => Err(io::Error::from_raw_os_error(5)),
            Fault::PowerLoss => {
                self.down = true;
                Err(io::Error::other("no power"))
            }
            Fault::NoSpace => {
                self.full = true;
                Ok(None)
            }
            Fault::ShortWrite | Fault::LostWrites => Ok(Some(fault)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Write,
    Sync,
    Other,
}

/// See the module.
#[derive(Debug, Default, Clone)]
pub(super) struct MemoryDisk(Arc<Mutex<State>>, u64);

impl MemoryDisk {
    /// A disk with files.
    pub(super) fn with(files: &BTreeMap<PathBuf, Vec<u8>>) -> Self {
        let mut state = State::default();
        for (number, (path, content)) in files.iter().enumerate() {
            state.files.push(Content {
                current: content.clone(),
                durable: content.clone(),
                pending: Vec::new(),
            });
            state.names.insert(path.clone(), number);
            state.durable_names.insert(path.clone(), number);
            let folders = path.ancestors().skip(1).map(Path::to_path_buf);
            state.folders.extend(folders);
        }
        Self(Arc::new(Mutex::new(state)), 0)
    }

    /// What reads see.
    pub(super) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.0.lock().unwrap();
        let content = |number: &usize| state.files[*number].current.clone();
        state
            .names
            .iter()
            .map(|(path, number)| (path.clone(), content(number)))
            .collect()
    }

    /// The call after as many others goes wrong.
    pub(super) fn fail_after(&self, calls: u64, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        state.fault = Some((calls, fault));
        state.happened = false;
    }

    /// Whether it did.
    pub(super) fn has_failed(&self) -> bool {
        self.0.lock().unwrap().happened
    }

    /// Mends what went wrong; memory is as it was.
    pub(super) fn mend(&self) {
        let mut state = self.0.lock().unwrap();
        state.fault = None;
        state.full = false;
    }

    /// The disk for whoever is started after the last loss of power; those from before cannot use theirs any more.
    pub(super) fn again(&self) -> Self {
        Self(Arc::clone(&self.0), self.0.lock().unwrap().losses)
    }

    /// The power goes and comes back: what was not synced is there, or not, or in part.
    pub(super) fn reboot(&self, seed: u64) {
        let mut state = self.0.lock().unwrap();
        state.random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        state.losses += 1;
        state.down = false;
        state.full = false;
        state.fault = None;
        state.locks.clear();
        for number in 0..state.files.len() {
            let pending = std::mem::take(&mut state.files[number].pending);
            for change in pending {
                let part = match &change {
                    Change::Write(_, bytes) => state.random(bytes.len() + 1),
                    Change::Truncate(_) => 0,
                };
                let choice = state.random(4);
                let durable = &mut state.files[number].durable;
                match (choice, change) {
                    (0, _) => {}
                    (1, Change::Write(offset, bytes)) => write(durable, offset, &bytes[..part]),
                    (2, Change::Write(offset, bytes)) => {
                        write(durable, offset + part as u64, &bytes[part..]);
                    }
                    (_, change) => apply(durable, &change),
                }
            }
            state.files[number].current = state.files[number].durable.clone();
        }
        let paths: BTreeSet<PathBuf> = state
            .names
            .keys()
            .chain(state.durable_names.keys())
            .cloned()
            .collect();
        for path in paths {
            if state.random(2) == 0 {
                copy_name(&mut state, &path, false);
            } else {
                copy_name(&mut state, &path, true);
            }
        }
    }
}

/// Makes what is in memory durable for a name, or the other way round.
fn copy_name(state: &mut State, path: &Path, to_disk: bool) {
    let (from, to) = if to_disk {
        (&state.names, &mut state.durable_names)
    } else {
        (&state.durable_names, &mut state.names)
    };
    match from.get(path) {
        Some(file) => to.insert(path.to_path_buf(), *file),
        None => to.remove(path),
    };
}

fn write(content: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    let offset = usize::try_from(offset).unwrap();
    if content.len() < offset + bytes.len() {
        content.resize(offset + bytes.len(), 0);
    }
    content[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn apply(content: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, bytes) => write(content, *offset, bytes),
        Change::Truncate(length) => content.truncate(usize::try_from(*length).unwrap()),
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        if !state.folders.contains(path.parent().unwrap()) {
            return Err(ErrorKind::NotFound.into());
        }
        let number = match (state.names.get(path).copied(), mode) {
            (Some(number), Mode::Create) => {
                let content = &mut state.files[number];
                content.current.clear();
                content.pending.push(Change::Truncate(0));
                number
            }
            (Some(number), _) => number,
            (None, Mode::Create) => {
                state.files.push(Content::default());
                let number = state.files.len() - 1;
                state.names.insert(path.to_path_buf(), number);
                number
            }
            (None, _) => return Err(ErrorKind::NotFound.into()),
        };
        drop(state);
        Ok(Box::new(MemoryFile {
            disk: self.clone(),
            number,
        }))
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        if !state.folders.contains(folder) {
            return Err(ErrorKind::NotFound.into());
        }
        Ok(state
            .names
            .keys()
            .filter(|path| path.parent() == Some(folder))
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect())
    }

    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        let folders = folder.ancestors().map(Path::to_path_buf);
        state.folders.extend(folders);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        let number = state.names.remove(from).ok_or(ErrorKind::NotFound)?;
        state.names.insert(to.to_path_buf(), number);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        state.names.remove(path).ok_or(ErrorKind::NotFound)?;
        Ok(())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        let paths: Vec<PathBuf> = state
            .names
            .keys()
            .chain(state.durable_names.keys())
            .filter(|path| path.parent() == Some(folder))
            .cloned()
            .collect();
        for path in paths {
            copy_name(&mut state, &path, true);
        }
        Ok(())
    }

    fn lock(&self, path: &Path) -> io::Result<Option<Box<dyn Send + Sync>>> {
        let mut state = self.0.lock().unwrap();
        state.call(self.1, Call::Other)?;
        if !state.locks.insert(path.to_path_buf()) {
            return Ok(None);
        }
        drop(state);
        Ok(Some(Box::new(Held(self.clone(), path.to_path_buf()))))
    }
}

struct Held(MemoryDisk, PathBuf);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().locks.remove(&self.1);
    }
}

#[derive(Debug)]
struct MemoryFile {
    disk: MemoryDisk,
    number: usize,
}

impl MemoryFile {
    fn with<T>(
        &self,
        call: Call,
        act: impl FnOnce(&mut Content, Option<Fault>, bool) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.disk.0.lock().unwrap();
        let fault = state.call(self.disk.1, call)?;
        let full = state.full;
        act(&mut state.files[self.number], fault, full)
    }
}

impl DiskFile for MemoryFile {
    fn len(&mut self) -> io::Result<u64> {
        self.with(
            Call::Other,
            |content, _, _| Ok(content.current.len() as u64),
        )
    }

    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.with(Call::Other, |content, _, _| {
            let start = usize::try_from(offset).unwrap().min(content.current.len());
            let rest = &content.current[start..];
            let read = rest.len().min(buffer.len());
            buffer[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        })
    }

    fn write_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        self.with(Call::Write, |content, fault, full| {
            let room = usize::try_from((content.current.len() as u64).saturating_sub(offset));
            let wanted = if full {
                room.unwrap().min(bytes.len())
            } else if fault.is_some() {
                bytes.len().div_ceil(2)
            } else {
                bytes.len()
            };
            if wanted == 0 {
                return Err(io::Error::from_raw_os_error(28));
            }
            let change = Change::Write(offset, bytes[..wanted].to_vec());
            apply(&mut content.current, &change);
            content.pending.push(change);
            Ok(wanted)
        })
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.with(Call::Other, |content, _, _| {
            let change = Change::Truncate(length);
            apply(&mut content.current, &change);
            content.pending.push(change);
            Ok(())
        })
    }

    /// Takes its time, so that others write meanwhile.
    fn sync(&mut self) -> io::Result<()> {
        std::thread::sleep(Duration::from_micros(50));
        self.with(Call::Sync, |content, fault, _| {
            let pending = std::mem::take(&mut content.pending);
            if fault.is_some() {
                return Err(io::Error::from_raw_os_error(5));
            }
            for change in &pending {
                apply(&mut content.durable, change);
            }
            Ok(())
        })
    }
}
