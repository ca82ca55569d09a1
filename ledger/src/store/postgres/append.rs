//! Records into the table `pending`: their COMMIT is the acknowledgement.
//!
//! The table `record_id` decides whether a record is new. An id goes into it in the transaction that takes the record
//! in and never leaves it, while the record moves from `pending` to `entry`; so there is no moment in which
//! a second try could miss the first. A second try that comes while the first one still commits waits for it.

use std::collections::{BTreeMap, BTreeSet};

use postgres::Client;
use postgres::types::Type;

use super::failure::Failure;
use crate::keys::{KeyRing, SealedDocument};
use crate::record::PreparedEntry;
use crate::store::{StoreError, Submission};

/// Records of one statement at most.
const BATCH_RECORDS: usize = 1_000;
/// Bytes of one statement, about: a record with its documents may be longer.
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A statement is a transaction of its own, so one way to the server and back appends a batch.
const APPEND: &str = "
WITH given AS (
    SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS given (id, head, tail, place)
), fresh AS (
    INSERT INTO record_id (id) SELECT id FROM given ORDER BY id ON CONFLICT DO NOTHING RETURNING id
), queued AS (
    INSERT INTO pending (id, head, tail)
    SELECT id, head, tail FROM given JOIN fresh USING (id) ORDER BY place
), documents AS (
    SELECT hash, wrapped_key, bytes
      FROM unnest($4::text[], $5::bytea[], $6::bytea[], $7::bytea[]) AS documents (id, hash, wrapped_key, bytes)
      JOIN fresh USING (id)
), stored AS (
    INSERT INTO document (hash, bytes) SELECT hash, bytes FROM documents
), keyed AS (
    INSERT INTO document_key (hash, wrapped_key) SELECT hash, wrapped_key FROM documents
)
SELECT id FROM fresh";

/// Where records are that were there already. The message makes the transaction one that writes, so that its COMMIT waits
/// for the disk and for synchronous standbys, behind the transaction that took the records in: that one may be
/// visible before it is as durable as the server was told to make it.
const KNOWN: &str = "
SELECT id, index, pg_logical_emit_message(true, 'soc2gate', '')::text
  FROM (SELECT id, index FROM entry WHERE id = ANY ($1)
        UNION ALL
        SELECT id, NULL FROM pending WHERE id = ANY ($1)) AS known";

/// A record and its documents, ready to be stored.
pub(super) struct Prepared {
    entry: PreparedEntry,
    documents: Vec<SealedDocument>,
}

impl Prepared {
    /// Seals the documents of a record and writes the record around its index.
    pub(super) fn new(submission: Submission, ring: &KeyRing) -> Result<Self, StoreError> {
        let Submission {
            mut draft,
            documents,
        } = submission;
        let mut sealed = Vec::with_capacity(documents.len());
        for document in documents {
            let one = SealedDocument::seal(&document.bytes, ring)?;
            draft.bulk.push(document.reference(&one));
            sealed.push(one);
        }
        Ok(Self {
            entry: draft.prepare()?,
            documents: sealed,
        })
    }

    pub(super) fn id(&self) -> &str {
        &self.entry.id
    }

    fn bytes(&self) -> usize {
        let documents: usize = self.documents.iter().map(|one| one.bytes.len()).sum();
        self.entry.before.len() + self.entry.after.len() + documents
    }
}

/// Records as statements take them. Of records with the same id the first one counts.
pub(super) fn batches(records: &[Prepared]) -> Vec<Vec<&Prepared>> {
    let mut ids = BTreeSet::new();
    let mut batches = Vec::new();
    let (mut batch, mut bytes) = (Vec::new(), 0);
    for record in records {
        if !ids.insert(record.id()) {
            continue;
        }
        if batch.len() == BATCH_RECORDS || (bytes > 0 && bytes + record.bytes() > BATCH_BYTES) {
            batches.push(std::mem::take(&mut batch));
            bytes = 0;
        }
        bytes += record.bytes();
        batch.push(record);
    }
    if !batch.is_empty() {
        batches.push(batch);
    }
    batches
}

/// Makes a batch durable. Gives the indexes of records that were there already and have one.
pub(super) fn append(
    client: &mut Client,
    batch: &[&Prepared],
) -> Result<BTreeMap<String, u64>, Failure> {
    let ids: Vec<&str> = batch.iter().map(|record| record.id()).collect();
    let heads: Vec<&[u8]> = batch
        .iter()
        .map(|one| one.entry.before.as_slice())
        .collect();
    let tails: Vec<&[u8]> = batch.iter().map(|one| one.entry.after.as_slice()).collect();
    let (mut owners, mut hashes) = (Vec::new(), Vec::new());
    let (mut keys, mut bytes) = (Vec::<&[u8]>::new(), Vec::<&[u8]>::new());
    for record in batch {
        for document in &record.documents {
            owners.push(record.id());
            hashes.push(document.hash().0.to_vec());
            keys.push(document.wrapped_key.as_slice());
            bytes.push(document.bytes.as_slice());
        }
    }
    let fresh = client.query_typed(
        APPEND,
        &[
            (&ids, Type::TEXT_ARRAY),
            (&heads, Type::BYTEA_ARRAY),
            (&tails, Type::BYTEA_ARRAY),
            (&owners, Type::TEXT_ARRAY),
            (&hashes, Type::BYTEA_ARRAY),
            (&keys, Type::BYTEA_ARRAY),
            (&bytes, Type::BYTEA_ARRAY),
        ],
    )?;
    if fresh.len() == batch.len() {
        return Ok(BTreeMap::new());
    }
    let mut known: BTreeSet<&str> = ids.into_iter().collect();
    for row in &fresh {
        let id: &str = row.try_get(0)?;
        known.remove(id);
    }
    indexes(client, &known)
}

fn indexes(client: &mut Client, known: &BTreeSet<&str>) -> Result<BTreeMap<String, u64>, Failure> {
    let ids: Vec<&str> = known.iter().copied().collect();
    let rows = client.query_typed(KNOWN, &[(&ids, Type::TEXT_ARRAY)])?;
    if rows.len() != known.len() {
        return Err(StoreError::Database {
            action: "append records",
            message: "a record that was taken in before is not in the database any more".to_owned(),
        }
        .into());
    }
    let mut indexes = BTreeMap::new();
    for row in &rows {
        let index: Option<i64> = row.try_get(1)?;
        if let Some(index) = index.and_then(|index| u64::try_from(index).ok()) {
            indexes.insert(row.try_get(0)?, index);
        }
    }
    Ok(indexes)
}
