//! Where a ledger is, and where its keys are.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use soc2gate_ledger::export::{Export, ExportError, check, import};
use soc2gate_ledger::keys::{KeyRing, KeyRingError};
use soc2gate_ledger::note::SignedCheckpoint;
use soc2gate_ledger::query::{Index, QueryError};
use soc2gate_ledger::record::Actor;
use soc2gate_ledger::store::embedded::{EmbeddedImport, EmbeddedLedger, EmbeddedReader, Options};
use soc2gate_ledger::store::{Log, Store, StoreError};
use soc2gate_ledger::verify::{Report, Trust};
use thiserror::Error;
use zeroize::Zeroizing;

use super::postgres;

/// The variable that says where the keys are, or holds them.
const KEYS_VARIABLE: &str = "SOC2GATE_LEDGER_KEYS";

/// What the notes of gaps are called behind the name of the folder.
pub(super) const GAPS: &str = ".gaps";
/// The file by which an export is known.
const EXPORT: &str = "manifest.json";

/// Why a ledger cannot be used. No message holds a key or a password.
#[derive(Debug, Error)]
pub enum PlaceError {
    /// Nobody says where the ledger is.
    #[error("no ledger is named: use --ledger, or ledger.location in soc2gate.yaml")]
    NoLedger,
    /// Nobody says where the keys are.
    #[error("the keys of a ledger in a database are named by --ledger-keys or {KEYS_VARIABLE}")]
    NoKeys,
    /// The keys cannot be read.
    #[error("the keys of the ledger cannot be read from {place}: {error}")]
    KeysUnreadable {
        /// The file or the variable.
        place: String,
        /// What the system said.
        error: io::Error,
    },
    /// The keys cannot be written.
    #[error("the keys of the ledger cannot be written to {place}: {error}")]
    KeysUnwritable {
        /// The file.
        place: String,
        /// What the system said.
        error: io::Error,
    },
    /// What was read are no keys.
    #[error("{place}: {error}")]
    Keys {
        /// The file or the variable.
        place: String,
        /// What is wrong.
        error: KeyRingError,
    },
    /// A database does not take an export.
    #[error("an export is imported into a folder; a database takes none")]
    NoImport,
    /// The keys are in a variable, which cannot be changed from here.
    #[error("the keys are in a variable; keep them in a file to change them")]
    KeysFixed,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The index.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The export.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// Where the records are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Location {
    Folder(PathBuf),
    Postgres(String),
}

/// Where the keys are.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyPlace {
    File(PathBuf),
    Variable(String),
}

impl KeyPlace {
    fn parse(text: &str) -> Self {
        match text.split_once(':') {
            Some(("env", name)) => Self::Variable(name.to_owned()),
            Some(("file", path)) => Self::File(path.into()),
            _ => Self::File(text.into()),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Variable(name) => format!("the variable {name}"),
        }
    }
}

/// A ledger that can be opened.
#[derive(Clone)]
pub struct Place {
    location: Location,
    keys: Option<KeyPlace>,
}

impl Place {
    /// A ledger at a location, relative to `base` where it is a folder.
    pub fn new(location: &str, keys: Option<&str>, base: &Path) -> Self {
        let location =
            if location.starts_with("postgres://") || location.starts_with("postgresql://") {
                Location::Postgres(location.to_owned())
            } else {
                Location::Folder(base.join(location))
            };
        let beside = match &location {
            Location::Folder(folder) => Some(KeyPlace::File(beside(folder, ".keys"))),
            Location::Postgres(_) => None,
        };
        let keys = keys
            .map(KeyPlace::parse)
            .or_else(|| {
                let value = env::var(KEYS_VARIABLE).ok()?;
                // The keys themselves, or where they are.
                Some(if value.trim_start().starts_with('{') {
                    KeyPlace::Variable(KEYS_VARIABLE.to_owned())
                } else {
                    KeyPlace::parse(&value)
                })
            })
            .or(beside);
        Self { location, keys }
    }

    /// The ledger for messages, without a password.
    pub fn name(&self) -> String {
        match &self.location {
            Location::Folder(folder) => folder.display().to_string(),
            Location::Postgres(_) => "the ledger in the database".to_owned(),
        }
    }

    /// A file beside a ledger in a folder.
    pub fn beside(&self, ending: &str) -> Option<PathBuf> {
        match &self.location {
            Location::Folder(folder) => Some(beside(folder, ending)),
            Location::Postgres(_) => None,
        }
    }

    /// What belongs to the ledger and is no input: its folder, its keys, the notes of gaps.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = match &self.location {
            Location::Folder(folder) => Some(folder.clone()),
            Location::Postgres(_) => None,
        };
        let keys = match &self.keys {
            Some(KeyPlace::File(path)) => Some(path.clone()),
            _ => None,
        };
        folder
            .into_iter()
            .chain(keys)
            .chain(self.beside(GAPS))
            .chain(self.beside(".gaps.taken"))
            .collect()
    }

    /// The keys.
    pub fn keys(&self) -> Result<KeyRing, PlaceError> {
        let place = self.keys.as_ref().ok_or(PlaceError::NoKeys)?;
        let text = match place {
            KeyPlace::File(path) => fs::read_to_string(path),
            KeyPlace::Variable(name) => {
                env::var(name).map_err(|_| io::Error::from(io::ErrorKind::NotFound))
            }
        };
        let text = Zeroizing::new(text.map_err(|error| PlaceError::KeysUnreadable {
            place: place.name(),
            error,
        })?);
        KeyRing::parse(&text).map_err(|error| PlaceError::Keys {
            place: place.name(),
            error,
        })
    }

    /// Makes the ledger, and its keys where there are none yet. Says where the keys are.
    pub fn init(&self, origin: &str, now: Timestamp) -> Result<(KeyRing, String), PlaceError> {
        let place = self.keys.as_ref().ok_or(PlaceError::NoKeys)?;
        let ring = match place {
            KeyPlace::File(path) if !path.exists() => {
                let ring = KeyRing::generate(origin).map_err(|error| PlaceError::Keys {
                    place: place.name(),
                    error,
                })?;
                write_new_secret(path, &secret(&ring, place)?)
                    .map_err(|error| unwritable(place, error))?;
                ring
            }
            _ => self.keys()?,
        };
        match &self.location {
            Location::Folder(folder) => EmbeddedLedger::init(folder, &ring, now)?,
            Location::Postgres(address) => postgres::init(address, &ring, now)?,
        }
        Ok((ring, place.name()))
    }

    /// Opens the ledger for a process that goes on: it seals as records come, and writes no record twice.
    pub fn open_for_service(&self, ring: Arc<KeyRing>) -> Result<Box<dyn Store>, PlaceError> {
        Ok(match &self.location {
            Location::Folder(folder) => {
                Box::new(EmbeddedLedger::open(folder, ring, Options::default())?)
            }
            Location::Postgres(address) => postgres::open(address, ring)?,
        })
    }

    /// Opens the ledger for writing.
    pub fn open(&self, ring: Arc<KeyRing>) -> Result<Box<dyn Store>, PlaceError> {
        Ok(match &self.location {
            Location::Folder(folder) => {
                // A run of the command line seals once, at its end, waits for each batch and writes no record twice. It
                // opens the ledger anew each time, which reads the last segment and the names in the last pack.
                let options = Options {
                    batches_in_flight: 1,
                    checkpoint_records: u64::MAX,
                    segment_bytes: 2 * 1024 * 1024,
                    pack_bytes: 8 * 1024 * 1024,
                    remembered_ids: 0,
                    ..Options::default()
                };
                Box::new(EmbeddedLedger::open(folder, ring, options)?)
            }
            Location::Postgres(address) => postgres::open(address, ring)?,
        })
    }

    /// Opens the ledger for reading. It needs no keys.
    pub fn read(&self) -> Result<Box<dyn Log>, PlaceError> {
        Ok(match &self.location {
            Location::Folder(folder) => Box::new(EmbeddedReader::open(folder)?),
            Location::Postgres(address) => postgres::read(address)?,
        })
    }

    /// Opens a ledger, or an export of one, for reading.
    pub fn read_any(&self) -> Result<Box<dyn Log>, PlaceError> {
        match &self.location {
            Location::Folder(folder) if folder.join(EXPORT).is_file() => {
                Ok(Box::new(Export::open(folder)?))
            }
            _ => self.read(),
        }
    }

    /// The folder, where it holds an export.
    pub fn export(&self) -> Option<&Path> {
        match &self.location {
            Location::Folder(folder) if folder.join(EXPORT).is_file() => Some(folder),
            _ => None,
        }
    }

    /// The index of the ledger: kept in the ledger's folder where that can be written.
    pub fn index(&self, log: &dyn Log) -> Result<Index, PlaceError> {
        if let Location::Folder(folder) = &self.location
            && let Ok(mut index) = Index::open(&folder.join("index.sqlite"), log)
            && index.catch_up(log, |_| {}).is_ok()
        {
            return Ok(index);
        }
        let mut index = Index::in_memory(log)?;
        index.catch_up(log, |_| {})?;
        Ok(index)
    }

    /// Makes the ledger of a whole export.
    pub fn import(
        &self,
        folder: &Path,
        trust: &Trust,
        ring: Arc<KeyRing>,
        now: Timestamp,
    ) -> Result<Report, PlaceError> {
        let Location::Folder(target) = &self.location else {
            return Err(PlaceError::NoImport);
        };
        // Before anything is made: an export that does not verify leaves nothing behind.
        check(folder, trust, |_| {})?;
        EmbeddedLedger::init(target, &ring, now)?;
        let ledger = EmbeddedLedger::open(target, ring, Options::default())?;
        let report = import(folder, trust, &mut EmbeddedImport::new(&ledger), |_| {})?;
        ledger.close()?;
        Ok(report)
    }

    /// Lets new keys sign and seal from now on. They are kept before the ledger names them.
    pub fn rotate(
        &self,
        now: Timestamp,
        actor: Actor,
    ) -> Result<(KeyRing, SignedCheckpoint), PlaceError> {
        let place = self.keys.as_ref().ok_or(PlaceError::NoKeys)?;
        let KeyPlace::File(path) = place else {
            return Err(PlaceError::KeysFixed);
        };
        let mut ring = self.keys()?;
        let named = self.read()?.verifiers()?.len();
        // A rotation that was interrupted is completed first.
        if ring.verifiers().len() <= named {
            ring.rotate().map_err(|error| PlaceError::Keys {
                place: place.name(),
                error,
            })?;
            let next = beside(path, ".new");
            // What a rotation left that was interrupted before the keys were used.
            let _ = fs::remove_file(&next);
            write_new_secret(&next, &secret(&ring, place)?)
                .and_then(|()| fs::rename(&next, path))
                .and_then(|()| sync_folder(path))
                .map_err(|error| unwritable(place, error))?;
        }
        let renewed = self.keys()?;
        let ring = Arc::new(ring);
        let checkpoint = match &self.location {
            Location::Folder(folder) => {
                let ledger = EmbeddedLedger::open(folder, Arc::clone(&ring), Options::default())?;
                let checkpoint = ledger.rotate_keys(ring, now, &actor)?;
                ledger.close()?;
                checkpoint
            }
            Location::Postgres(address) => postgres::rotate(address, ring, now, actor)?,
        };
        Ok((renewed, checkpoint))
    }
}

/// A path with an ending behind its last name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    // `ledger/` and `ledger` are one folder.
    let path: PathBuf = path.components().collect();
    let mut name = path.into_os_string();
    name.push(ending);
    name.into()
}

fn secret(ring: &KeyRing, place: &KeyPlace) -> Result<Zeroizing<String>, PlaceError> {
    ring.to_secret().map_err(|error| PlaceError::Keys {
        place: place.name(),
        error,
    })
}

fn unwritable(place: &KeyPlace, error: io::Error) -> PlaceError {
    PlaceError::KeysUnwritable {
        place: place.name(),
        error,
    }
}

/// Writes a file that only its owner can read, and that was not there before.
pub fn write_new_secret(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_folder(path)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::File::open(folder)?.sync_all()
}
