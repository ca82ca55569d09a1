//! Where logs are kept, and what can be asked of them wherever that is.

mod error;
#[cfg(feature = "postgres")]
pub mod postgres;

use std::ops::Range;

pub use error::StoreError;

use crate::Hash;
use crate::keys::SealedDocument;
use crate::note::{SignedCheckpoint, Verifier};
use crate::record::{BulkRef, Draft};
use crate::tree::Tile;

/// A log that can be read: a folder, a database, an export.
pub trait Log {
    /// The name of the log.
    fn origin(&self) -> &str;

    /// The public keys that the log says it was signed with, the oldest first. Whoever verifies brings their own.
    fn verifiers(&self) -> Result<Vec<Verifier>, StoreError>;

    /// Entries that are durable and have their index.
    fn size(&self) -> Result<u64, StoreError>;

    /// The newest checkpoint.
    fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError>;

    /// Entries in order, each with its index, without holding more than a few of them.
    fn entries(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError>;

    /// At least the first `tile.width` hashes of a tile of the tree under the newest checkpoint.
    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError>;

    /// A sealed document by the hash of its bytes; nothing where the log does not have it.
    fn document(&self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError>;
}

/// Entries with their indexes.
pub type Entries<'a> = Box<dyn Iterator<Item = Result<(u64, Vec<u8>), StoreError>> + 'a>;

/// A log that takes records, from any number of threads.
pub trait Store: Log + Send + Sync {
    /// Appends records and returns when all of them are durable, in the order given. On an error none of them is
    /// acknowledged; some may be there, and a second try with the same ids does not double them.
    fn append(&self, submissions: Vec<Submission>) -> Result<Vec<Receipt>, StoreError>;

    /// Signs a checkpoint over all that is durable.
    fn seal(&self) -> Result<SignedCheckpoint, StoreError>;

    /// Keeps a checkpoint of this log with more cosignatures than it had.
    fn add_cosignatures(&self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError>;

    /// Destroys the keys of documents, and says how many there were that were not erased yet.
    fn erase(&self, documents: &[Hash]) -> Result<u64, StoreError>;
}

/// A record and the documents that belong to it.
#[derive(Debug, Clone)]
pub struct Submission {
    /// The record. The store adds the documents to its `bulk`.
    pub draft: Draft,
    /// The documents, in the clear; the store seals them.
    pub documents: Vec<Document>,
}

/// A document that belongs to a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// See [`BulkRef::name`].
    pub name: String,
    /// See [`BulkRef::media_type`].
    pub media_type: String,
    /// The document.
    pub bytes: Vec<u8>,
}

impl Document {
    /// What a record says of the document once it is sealed.
    pub(crate) fn reference(&self, sealed: &SealedDocument) -> BulkRef {
        BulkRef {
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            sha256: sealed.hash().to_string(),
            // A length always fits.
            size: u64::try_from(sealed.bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// The acknowledgement of a record: it is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The record's id.
    pub id: String,
    /// Its place, where the store gives it at once; a store with many writers gives it when it seals.
    pub index: Option<u64>,
}
