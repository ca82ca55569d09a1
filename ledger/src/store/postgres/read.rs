//! What can be asked of a log in PostgreSQL.

use std::ops::Range;

use postgres::types::Type;

use super::pool::Pool;
use super::schema;
use crate::Hash;
use crate::keys::{SealedDocument, WRAPPED_KEY};
use crate::note::{NoteError, SignedCheckpoint, Verifier};
use crate::store::{Entries, StoreError};
use crate::tree::{TILE_HEIGHT, TILE_WIDTH, Tile};

/// Entries that are read at a time: at most 8 MB.
const PAGE: u64 = 128;
/// Checkpoints that are read at a time.
const CHECKPOINT_PAGE: i64 = 256;

/// The newest checkpoint, with the cosignatures that came later.
const NEWEST: &str = "
SELECT COALESCE((SELECT note FROM cosigned WHERE cosigned.size = checkpoint.size
                  ORDER BY number DESC LIMIT 1), note)
  FROM checkpoint ORDER BY size DESC LIMIT 1";

/// Checkpoints from a size on.
const CHECKPOINTS: &str = "
SELECT COALESCE((SELECT note FROM cosigned WHERE cosigned.size = checkpoint.size
                  ORDER BY number DESC LIMIT 1), note)
  FROM checkpoint WHERE size >= $1 ORDER BY size LIMIT $2";

/// What is asked of a log, on whatever connections.
pub(super) struct Reader<'a>(pub(super) &'a Pool);

impl<'a> Reader<'a> {
    pub(super) fn verifiers(&self) -> Result<Vec<Verifier>, StoreError> {
        self.0.run("read the public keys", |client| {
            schema::verifiers(&client.query(schema::VERIFIERS, &[])?)
        })
    }

    pub(super) fn size(&self) -> Result<u64, StoreError> {
        self.0.run("read the size of the log", |client| {
            let row = client.query_one("SELECT size FROM frontier", &[])?;
            Ok(u64::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default())
        })
    }

    pub(super) fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.0.run("read the newest checkpoint", |client| {
            let Some(row) = client.query_typed(NEWEST, &[])?.pop() else {
                return Ok(None);
            };
            Ok(Some(SignedCheckpoint::parse(row.try_get(0)?)?))
        })
    }

    /// Every checkpoint of at least this size, the oldest first, a page at a time.
    pub(super) fn checkpoints(
        self,
        from: u64,
    ) -> impl Iterator<Item = Result<SignedCheckpoint, StoreError>> + use<'a> {
        let mut next = Some(from);
        let pages = std::iter::from_fn(move || {
            let page = self.checkpoint_page(next?);
            next = match &page {
                Ok(page) => page.last().map(|last| last.checkpoint().size + 1),
                Err(_) => None,
            };
            Some(page)
        });
        pages.flat_map(|page| match page {
            Ok(page) => page.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }

    fn checkpoint_page(&self, from: u64) -> Result<Vec<SignedCheckpoint>, StoreError> {
        let from = i64::try_from(from).unwrap_or(i64::MAX);
        self.0.run("read checkpoints", |client| {
            let parameters: [(&(dyn postgres::types::ToSql + Sync), Type); 2] =
                [(&from, Type::INT8), (&CHECKPOINT_PAGE, Type::INT8)];
            client
                .query_typed(CHECKPOINTS, &parameters)?
                .iter()
                .map(|row| Ok(SignedCheckpoint::parse(row.try_get(0)?)?))
                .collect()
        })
    }

    pub(super) fn entries(self, range: Range<u64>) -> Result<Entries<'a>, StoreError> {
        let end = range.end.min(self.size()?);
        let mut next = Some(range.start).filter(|start| *start < end);
        let pages = std::iter::from_fn(move || {
            let start = next?;
            let page = self.page(start, end.min(start.saturating_add(PAGE)));
            next = match &page {
                Ok(page) => page
                    .last()
                    .map(|(index, _)| index + 1)
                    .filter(|at| *at < end),
                Err(_) => None,
            };
            Some(page)
        });
        Ok(Box::new(pages.flat_map(|page| match page {
            Ok(page) => page.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })))
    }

    /// The entries from `start` up to `end`, all of them.
    fn page(&self, start: u64, end: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        // Sizes are those of the table: they fit.
        let bounds = [start, end].map(|bound| i64::try_from(bound).unwrap_or(i64::MAX));
        let [from, to] = &bounds;
        let rows = self.0.run("read entries", |client| {
            Ok(client.query_typed(
                "SELECT index, entry FROM entry WHERE index >= $1 AND index < $2 ORDER BY index",
                &[(from, Type::INT8), (to, Type::INT8)],
            )?)
        })?;
        let mut entries = Vec::with_capacity(rows.len());
        let mut rows = rows.into_iter();
        for index in start..end {
            let entry = rows.next().and_then(|row| {
                let at: i64 = row.try_get(0).ok()?;
                let entry: Vec<u8> = row.try_get(1).ok()?;
                (u64::try_from(at) == Ok(index)).then_some(entry)
            });
            let entry = entry.ok_or(StoreError::Damaged {
                index,
                what: "the entry is missing",
            })?;
            entries.push((index, entry));
        }
        Ok(entries)
    }

    pub(super) fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        let level = i16::from(tile.level);
        let index = i64::try_from(tile.index).unwrap_or(i64::MAX);
        let row = self.0.run("read a tile", |client| {
            Ok(client
                .query_typed(
                    "SELECT hashes FROM tile WHERE level = $1 AND index = $2",
                    &[(&level, Type::INT2), (&index, Type::INT8)],
                )?
                .pop()
                .map(|row| row.try_get::<_, Vec<u8>>(0))
                .transpose()?)
        })?;
        let hashes: Option<Vec<Hash>> = row
            .unwrap_or_default()
            .chunks(Hash::SIZE)
            .map(Hash::from_slice)
            .collect();
        hashes
            .filter(|hashes| hashes.len() >= usize::from(tile.width))
            .ok_or(StoreError::Damaged {
                index: first_entry(tile),
                what: "a tile of the tree is missing or too short",
            })
    }

    pub(super) fn document(&self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError> {
        let name = hash.0.as_slice();
        self.0.run("read a document", |client| {
            let Some(row) = client
                .query_typed(
                    "SELECT wrapped_key, bytes FROM document JOIN document_key USING (hash) WHERE hash = $1",
                    &[(&name, Type::BYTEA)],
                )?
                .pop()
            else {
                return Ok(None);
            };
            let key: &[u8] = row.try_get(0)?;
            Ok(Some(SealedDocument {
                // The table has no other length.
                wrapped_key: key.try_into().unwrap_or([0; WRAPPED_KEY]),
                bytes: row.try_get(1)?,
            }))
        })
    }
}

/// The first entry that a tile hashes.
fn first_entry(tile: Tile) -> u64 {
    let below = u32::from(tile.level) * u32::from(TILE_HEIGHT);
    (tile.index * TILE_WIDTH)
        .checked_shl(below)
        .unwrap_or_default()
}

/// Keeps a checkpoint with the signatures that it has and those that came since: a union, so that none is lost
/// where two witnesses sign at the same time.
pub(super) fn add_cosignatures(
    pool: &Pool,
    lock: i64,
    checkpoint: &SignedCheckpoint,
    verifiers: &[Verifier],
) -> Result<(), StoreError> {
    checkpoint.verify(verifiers)?;
    let size = i64::try_from(checkpoint.checkpoint().size).unwrap_or(i64::MAX);
    pool.run("keep cosignatures", |client| {
        let mut transaction = client.transaction()?;
        transaction.query_typed("SELECT pg_advisory_xact_lock($1)", &[(&lock, Type::INT8)])?;
        let rows =
            transaction.query_typed(CHECKPOINTS, &[(&size, Type::INT8), (&1_i64, Type::INT8)])?;
        let kept = rows
            .first()
            .map(|row| row.try_get(0))
            .transpose()?
            .map(SignedCheckpoint::parse)
            .transpose()?;
        let Some(kept) = kept.filter(|kept| kept.checkpoint() == checkpoint.checkpoint()) else {
            return Err(StoreError::Note(NoteError::Checkpoint).into());
        };
        let note = kept.to_string();
        let mut joined = note.clone();
        for signature in checkpoint.note().signatures() {
            if !kept.note().signatures().contains(signature) {
                joined.push_str(&format!("{signature}\n"));
            }
        }
        if joined == note {
            return Ok(());
        }
        // Too many signatures make no note.
        SignedCheckpoint::parse(&joined)?;
        transaction.execute_typed(
            "INSERT INTO cosigned (size, note) VALUES ($1, $2)",
            &[(&size, Type::INT8), (&joined, Type::TEXT)],
        )?;
        Ok(transaction.commit()?)
    })
}
