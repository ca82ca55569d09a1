//! The records that hold what other records name by its digest.

use rusqlite::OptionalExtension as _;

use super::write::kind_word;
use super::{Index, QueryError};
use crate::record::Kind;

/// Which kind of record holds the document with a digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentRecord {
    /// A `policy_change` with this digest of its policy set.
    Policies,
    /// A `configuration_change` with this digest of its settings.
    Settings,
}

impl Index {
    /// The newest record that holds the policy set or the settings with a digest, written as in records.
    pub fn holder(&self, of: DocumentRecord, digest: &str) -> Result<Option<u64>, QueryError> {
        let kind = match of {
            DocumentRecord::Policies => Kind::PolicyChange,
            DocumentRecord::Settings => Kind::ConfigurationChange,
        };
        let kind = kind_word(&self.connection, kind)?;
        let index: Option<i64> = self
            .connection
            .query_row(
                "SELECT idx FROM holder WHERE kind = ?1 AND digest = ?2",
                (kind, digest),
                |row| row.get(0),
            )
            .optional()?;
        Ok(index.map(i64::cast_unsigned))
    }
}
