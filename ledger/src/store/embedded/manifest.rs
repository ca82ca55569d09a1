//! `ledger.json`: what a folder is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::folder::Folder;
use crate::keys::KeyRing;
use crate::note::{KeyKind, Verifier};
use crate::store::StoreError;

const SCHEMA: &str = "soc2gate.dev/ledger/v1";
/// The family of schemas, whatever the version.
const FAMILY: &str = "soc2gate.dev/ledger/";
/// The longest manifest that is read: some thousand rotations.
const MAX_BYTES: usize = 1024 * 1024;

/// What a folder says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Manifest {
    pub(super) origin: String,
    pub(super) created: Timestamp,
    /// At least one, the oldest first.
    pub(super) verifiers: Vec<Verifier>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    origin: String,
    created: Timestamp,
    verifiers: Vec<String>,
}

/// The version alone, to tell a newer manifest from a broken one.
#[derive(Deserialize)]
struct Version {
    schema: String,
}

impl Manifest {
    /// Reads the text of a manifest.
    pub(super) fn parse(text: &[u8]) -> Result<Self, StoreError> {
        let broken = || StoreError::NotALedger("ledger.json is not as it should be".to_owned());
        let version: Version = serde_json::from_slice(text).map_err(|_| broken())?;
        if version.schema != SCHEMA && version.schema.starts_with(FAMILY) {
            return Err(StoreError::Version(version.schema));
        }
        let file: File = serde_json::from_slice(text).map_err(|_| broken())?;
        let verifiers = file
            .verifiers
            .iter()
            .map(|key| Verifier::parse(key).map_err(|_| broken()))
            .collect::<Result<Vec<_>, _>>()?;
        let named = verifiers
            .iter()
            .all(|key| key.name() == file.origin && key.kind() == KeyKind::Log);
        let distinct = verifiers
            .iter()
            .enumerate()
            .all(|(place, key)| !verifiers.iter().take(place).any(|other| other == key));
        if file.schema != SCHEMA || verifiers.is_empty() || !named || !distinct {
            return Err(broken());
        }
        Ok(Self {
            origin: file.origin,
            created: file.created,
            verifiers,
        })
    }

    /// Reads the manifest of a folder.
    pub(super) fn read(folder: &Folder) -> Result<Self, StoreError> {
        let text = folder
            .read(&folder.manifest(), MAX_BYTES)
            .map_err(StoreError::io("read ledger.json"))?
            .ok_or_else(|| {
                StoreError::NotALedger(format!("{} holds no ledger", folder.root().display()))
            })?;
        Self::parse(&text)
    }

    /// Writes the manifest of a folder, in place of the one before.
    pub(super) fn write(&self, folder: &Folder) -> Result<(), StoreError> {
        let file = File {
            schema: SCHEMA.to_owned(),
            origin: self.origin.clone(),
            created: self.created,
            verifiers: self.verifiers.iter().map(ToString::to_string).collect(),
        };
        let mut text = serde_json::to_vec_pretty(&file)
            .map_err(|error| StoreError::NotALedger(error.to_string()))?;
        text.push(b'\n');
        folder
            .replace(&folder.manifest(), &text)
            .map_err(StoreError::io("write ledger.json"))
    }

    /// Whether a key ring is this ledger's and holds the key that signs. It may hold newer ones: a rotation that
    /// was begun.
    pub(super) fn check(&self, ring: &KeyRing) -> Result<(), StoreError> {
        if ring.origin() != self.origin {
            return Err(StoreError::OtherKeys {
                keys: ring.origin().to_owned(),
                ledger: self.origin.clone(),
            });
        }
        if ring.verifiers().starts_with(&self.verifiers) {
            Ok(())
        } else {
            Err(StoreError::MissingKey)
        }
    }
}
