//! Documents of records.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use soc2gate_ledger::Hash;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{BulkRef, Record};
use soc2gate_ledger::store::Log;

/// Opens documents of a log.
pub(crate) struct Documents<'a> {
    pub(crate) log: &'a dyn Log,
    pub(crate) ring: Arc<KeyRing>,
}

impl Documents<'_> {
    /// The bytes of a document.
    pub(crate) fn open(&self, reference: &BulkRef) -> anyhow::Result<Vec<u8>> {
        let hash = Hash::from_hex(&reference.sha256)
            .ok_or_else(|| anyhow::anyhow!("the record names a document that cannot be"))?;
        let sealed = self.log.document(&hash)?.ok_or_else(|| {
            anyhow::anyhow!("the document {} is not in the ledger", reference.name)
        })?;
        if sealed.hash() != hash {
            anyhow::bail!("the document {} was changed", reference.name);
        }
        Ok(sealed.open(&self.ring)?)
    }

    /// A document of a record by its name, read as JSON; nothing where the record has none of this name.
    pub(crate) fn read<T: DeserializeOwned>(
        &self,
        record: &Record,
        name: &str,
    ) -> anyhow::Result<Option<T>> {
        let Some(reference) = record.bulk.iter().find(|bulk| bulk.name == name) else {
            return Ok(None);
        };
        let bytes = self.open(reference)?;
        let read = serde_json::from_slice(&bytes)
            .map_err(|_| anyhow::anyhow!("the document {name} is of another version"))?;
        Ok(Some(read))
    }
}
