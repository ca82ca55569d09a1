//! Records get their places: pending ones become entries under a signed checkpoint.
//!
//! One transaction does a round. It holds an advisory lock and the row of `frontier`, so two sequencers take turns; and
//! whatever becomes of the locks, the primary keys of `entry` and `checkpoint`, the count of entries without gaps and
//! the condition on the frontier's old size let only one of two rounds that began at the same size commit. Both locks
//! end with the transaction, so a connection that lost them has lost its transaction too.

use std::collections::BTreeMap;

use jiff::Timestamp;
use postgres::types::Type;
use postgres::{Client, IsolationLevel, Transaction};

use super::failure::Failure;
use super::schema;
use crate::Hash;
use crate::keys::KeyRing;
use crate::note::{Checkpoint, SignedCheckpoint, Verifier};
use crate::record::{Actor, Draft, Event, KeyRotation, PreparedEntry, RECORD_SCHEMA, canonical};
use crate::store::StoreError;
use crate::tree::{Frontier, Node, TILE_HEIGHT, TILE_WIDTH};

/// Records that a round takes.
pub(super) const ROUND: usize = 2_000;

const TAKE: &str = "
DELETE FROM pending
 WHERE sequence = ANY (ARRAY (SELECT sequence FROM pending ORDER BY sequence LIMIT $1))
RETURNING sequence, id, head, tail";

const ENTER: &str = "
INSERT INTO entry (index, id, entry)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[])";

const EXTEND_TILES: &str = "
INSERT INTO tile (level, index, hashes)
SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
ON CONFLICT (level, index) DO UPDATE SET hashes = tile.hashes || EXCLUDED.hashes
RETURNING level, index, octet_length(hashes)";

/// Who seals.
pub(super) struct Sequencer<'a> {
    /// The keys of the ledger.
    pub(super) ring: &'a KeyRing,
    /// The advisory lock that sequencers of this ledger share.
    pub(super) lock: i64,
    /// A checkpoint that was signed or seen before, which the database must still have.
    pub(super) seen: Option<&'a Checkpoint>,
    /// Who brings in keys that the ledger does not know yet, and when.
    pub(super) rotation: Option<&'a Rotation>,
}

/// What the records of a rotation say beside the keys.
pub(super) struct Rotation {
    pub(super) time: Timestamp,
    pub(super) actor: Actor,
}

/// What a round did.
pub(super) struct Round {
    /// The newest checkpoint.
    pub(super) checkpoint: SignedCheckpoint,
    /// Whether there may be more to take.
    pub(super) more: bool,
}

/// The log as a round finds it.
struct State {
    frontier: Frontier,
    newest: SignedCheckpoint,
    /// The keys that the ledger knows.
    verifiers: Vec<Verifier>,
}

impl Sequencer<'_> {
    /// Seals a bounded number of pending records.
    pub(super) fn round(&self, client: &mut Client) -> Result<Round, Failure> {
        // Each statement must see what was committed before the lock was had.
        let mut transaction = client
            .build_transaction()
            .isolation_level(IsolationLevel::ReadCommitted)
            .read_only(false)
            .start()?;
        transaction.query_typed(
            "SELECT pg_advisory_xact_lock($1)",
            &[(&self.lock, Type::INT8)],
        )?;
        let state = self.state(&mut transaction)?;
        let mut records = take(&mut transaction)?;
        let more = records.len() == ROUND;
        records.extend(self.introduce_keys(&mut transaction, &state.verifiers)?);
        if records.is_empty() {
            return Ok(Round {
                checkpoint: state.newest,
                more,
            });
        }
        let checkpoint = self.extend(&mut transaction, state, &records)?;
        transaction.commit()?;
        Ok(Round { checkpoint, more })
    }

    /// Reads the log's end and checks it: a frontier that was changed would be signed for good.
    fn state(&self, transaction: &mut Transaction<'_>) -> Result<State, Failure> {
        let row = transaction.query_one("SELECT size, subtrees FROM frontier FOR UPDATE", &[])?;
        let (size, subtrees): (i64, &[u8]) = (row.try_get(0)?, row.try_get(1)?);
        let size = unsigned(size);
        let subtrees = subtrees.chunks(Hash::SIZE).map(Hash::from_slice).collect();
        let frontier = Option::and_then(subtrees, |hashes| Frontier::from_subtrees(size, hashes))
            .ok_or_else(|| damaged(size, "the frontier has not the form of one"))?;

        let verifiers = schema::verifiers(&transaction.query(schema::VERIFIERS, &[])?)?;
        schema::compare_keys(&verifiers, self.ring)?;
        let row = transaction.query_one(
            "SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1",
            &[],
        )?;
        let newest = SignedCheckpoint::parse(row.try_get(0)?)?;
        newest.verify(&verifiers)?;
        let last = newest.checkpoint();
        if last.size != size || last.root != frontier.root() {
            return Err(damaged(
                size,
                "the frontier is not that of the newest checkpoint",
            ));
        }
        if let Some(seen) = self.seen {
            let row = transaction.query_opt(
                "SELECT note FROM checkpoint WHERE size = $1",
                &[&signed(seen.size)?],
            )?;
            let kept = match row {
                Some(row) => SignedCheckpoint::parse(row.try_get(0)?)?.checkpoint() == seen,
                None => false,
            };
            if !kept {
                return Err(damaged(
                    seen.size,
                    "a checkpoint that was signed is not in the database any more",
                ));
            }
        }
        Ok(State {
            frontier,
            newest,
            verifiers,
        })
    }

    /// Names the keys that the ledger does not know yet, and gives the records that say so. There are none when an
    /// earlier try did it.
    fn introduce_keys(
        &self,
        transaction: &mut Transaction<'_>,
        known: &[Verifier],
    ) -> Result<Vec<PreparedEntry>, Failure> {
        let held = self.ring.verifiers();
        let mut records = Vec::new();
        let mut retired = known.last();
        for (position, key) in (0_i32..).zip(&held).skip(known.len()) {
            let (Some(Rotation { time, actor }), Some(old)) = (self.rotation, retired) else {
                return Err(StoreError::Database {
                    action: "seal",
                    message:
                        "the keys hold one that the ledger does not know: its keys must be rotated"
                            .to_owned(),
                }
                .into());
            };
            let event = Event::KeyRotation(KeyRotation {
                added: key.to_string(),
                retired: old.to_string(),
            });
            let record = Draft::new(*time, actor.clone(), event)?.prepare()?;
            transaction.execute("INSERT INTO record_id (id) VALUES ($1)", &[&record.id])?;
            transaction.execute(
                "INSERT INTO verifier (position, key) VALUES ($1, $2)",
                &[&position, &key.to_string()],
            )?;
            records.push(record);
            retired = Some(key);
        }
        Ok(records)
    }

    fn extend(
        &self,
        transaction: &mut Transaction<'_>,
        state: State,
        records: &[PreparedEntry],
    ) -> Result<SignedCheckpoint, Failure> {
        let State {
            mut frontier,
            newest,
            ..
        } = state;
        let first = frontier.size();
        let mut tiles = Tiles::default();
        let mut entries = Vec::with_capacity(records.len());
        for (index, record) in (first..).zip(records) {
            let entry = record.at(index);
            check(&entry, index, &record.id)?;
            frontier.append(Hash::leaf(&entry), |node| tiles.add(node));
            entries.push(entry);
        }
        let indexes = (first..frontier.size())
            .map(signed)
            .collect::<Result<Vec<_>, _>>()?;
        let ids: Vec<&str> = records.iter().map(|record| record.id.as_str()).collect();
        transaction.query_typed(
            ENTER,
            &[
                (&indexes, Type::INT8_ARRAY),
                (&ids, Type::TEXT_ARRAY),
                (&entries, Type::BYTEA_ARRAY),
            ],
        )?;
        tiles.write(transaction, first)?;

        let subtrees: Vec<u8> = frontier.subtrees().iter().flat_map(|hash| hash.0).collect();
        let moved = transaction.execute_typed(
            "UPDATE frontier SET size = $1, subtrees = $2 WHERE size = $3",
            &[
                (&signed(frontier.size())?, Type::INT8),
                (&subtrees, Type::BYTEA),
                (&signed(first)?, Type::INT8),
            ],
        )?;
        if moved != 1 {
            return Err(damaged(first, "the frontier moved under its lock"));
        }
        let checkpoint = Checkpoint {
            origin: self.ring.origin().to_owned(),
            size: frontier.size(),
            root: frontier.root(),
        };
        let checkpoint = self.sign(&checkpoint, &newest);
        transaction.execute_typed(
            "INSERT INTO checkpoint (size, note) VALUES ($1, $2)",
            &[
                (&signed(frontier.size())?, Type::INT8),
                (&checkpoint.to_string(), Type::TEXT),
            ],
        )?;
        Ok(checkpoint)
    }
}

impl Sequencer<'_> {
    /// Signs with the key that signs, and with those that did since the checkpoint before: whoever trusts the key of
    /// that one can follow.
    fn sign(&self, checkpoint: &Checkpoint, before: &SignedCheckpoint) -> SignedCheckpoint {
        let mut signed = checkpoint.sign(self.ring.signer());
        let mut older = self.ring.signers().iter().rev().peekable();
        while let Some(signer) = older.next()
            && before.note().verify(signer.verifier()).is_err()
            && let Some(previous) = older.peek()
        {
            signed.cosign(previous, 0);
        }
        signed
    }
}

/// Pending records in the order in which they were taken in, and off the table.
fn take(transaction: &mut Transaction<'_>) -> Result<Vec<PreparedEntry>, Failure> {
    let most = i64::try_from(ROUND).unwrap_or(i64::MAX);
    let rows = transaction.query_typed(TAKE, &[(&most, Type::INT8)])?;
    let mut records = BTreeMap::new();
    for row in &rows {
        let sequence: i64 = row.try_get(0)?;
        let record = PreparedEntry {
            id: row.try_get(1)?,
            before: row.try_get(2)?,
            after: row.try_get(3)?,
        };
        records.insert(sequence, record);
    }
    Ok(records.into_values().collect())
}

/// Whatever stands in `pending` was written by someone with the right to: only what is a record becomes an entry.
fn check(entry: &[u8], index: u64, id: &str) -> Result<(), Failure> {
    let value: serde_json::Value = serde_json::from_slice(entry)
        .map_err(|_| damaged(index, "what waits to be sequenced is not a record"))?;
    let text = |key: &str| value.get(key).and_then(serde_json::Value::as_str);
    let sound = value.get("index").and_then(serde_json::Value::as_u64) == Some(index)
        && text("id") == Some(id)
        && text("schema") == Some(RECORD_SCHEMA)
        && canonical(&value).is_ok_and(|canonical| canonical == entry);
    if sound {
        Ok(())
    } else {
        Err(damaged(
            index,
            "what waits to be sequenced is not a record in canonical JSON",
        ))
    }
}

/// Hashes that a round adds to tiles, by level and index.
#[derive(Default)]
struct Tiles(BTreeMap<(u8, u64), Vec<u8>>);

impl Tiles {
    fn add(&mut self, node: Node) {
        if node.level.is_multiple_of(TILE_HEIGHT) {
            self.0
                .entry((node.level / TILE_HEIGHT, node.index / TILE_WIDTH))
                .or_default()
                .extend(node.hash.0);
        }
    }

    fn write(&self, transaction: &mut Transaction<'_>, first: u64) -> Result<(), Failure> {
        let levels: Vec<i16> = self.0.keys().map(|(level, _)| i16::from(*level)).collect();
        let indexes = self
            .0
            .keys()
            .map(|(_, index)| signed(*index))
            .collect::<Result<Vec<_>, _>>()?;
        let hashes: Vec<&[u8]> = self.0.values().map(Vec::as_slice).collect();
        let rows = transaction.query_typed(
            EXTEND_TILES,
            &[
                (&levels, Type::INT2_ARRAY),
                (&indexes, Type::INT8_ARRAY),
                (&hashes, Type::BYTEA_ARRAY),
            ],
        )?;
        for row in &rows {
            let (level, index, length): (i16, i64, i32) =
                (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            let level = u8::try_from(level).unwrap_or_default();
            let tile = (level, unsigned(index));
            let added = self.0.get(&tile).map_or(0, Vec::len) / Hash::SIZE;
            let before = (first >> (level * TILE_HEIGHT))
                .saturating_sub(tile.1 * TILE_WIDTH)
                .min(TILE_WIDTH);
            let expected = before + u64::try_from(added).unwrap_or(u64::MAX);
            if u64::try_from(length).ok() != expected.checked_mul(32) {
                return Err(damaged(first, "a tile has not the hashes that it should"));
            }
        }
        Ok(())
    }
}

fn damaged(index: u64, what: &'static str) -> Failure {
    StoreError::Damaged { index, what }.into()
}

/// A column has no negative numbers: the tables see to that.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> Result<i64, Failure> {
    i64::try_from(number)
        .map_err(|_| damaged(number, "the index is larger than the database takes"))
}
