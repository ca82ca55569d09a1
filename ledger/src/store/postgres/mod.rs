//! The ledger in PostgreSQL, for many writers at once. `docs/ledger.md` has its tables and what they promise.
//!
//! A writer's COMMIT into `pending` acknowledges a record. A sequencer, any process that holds the keys, gives it a place
//! and seals it. The calls block, and must not be made on a thread of an asynchronous runtime.

mod address;
mod append;
mod background;
mod failure;
mod grant;
mod options;
mod pool;
mod read;
mod schema;
mod sequence;
mod session;
mod tls;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use postgres::types::Type;

pub use grant::Rights;
pub use options::PostgresOptions;

use self::address::Address;
use self::append::Prepared;
use self::background::Background;
use self::pool::Pool;
use self::read::Reader;
use self::sequence::{Rotation, Sequencer};
use self::session::Access;
use super::{Entries, Log, Receipt, Store, StoreError, Submission};
use crate::Hash;
use crate::keys::{KeyRing, SealedDocument, WRAPPED_KEY};
use crate::note::{Checkpoint, SignedCheckpoint, Verifier};
use crate::record::Actor;
use crate::tree::Tile;

/// A ledger that takes records.
pub struct PostgresLedger {
    shared: Arc<Shared>,
    /// Ends with the ledger.
    background: Option<Background>,
}

/// What the caller's threads and the sequencer's share.
struct Shared {
    origin: String,
    ring: Arc<KeyRing>,
    pool: Pool,
    /// A connection of its own: sealing does not wait behind writers.
    sequencer: Pool,
    lock: i64,
    /// The newest checkpoint that this process signed or found. A database that has it no more was set back.
    seen: Mutex<Option<Checkpoint>>,
}

impl PostgresLedger {
    /// Makes the tables and the ledger, or brings the tables of this ledger up to date. It is safe to do it again,
    /// and from several processes.
    pub fn init(
        address: &str,
        ring: &KeyRing,
        created: Timestamp,
        options: &PostgresOptions,
    ) -> Result<(), StoreError> {
        let address = Arc::new(Address::parse(address, options)?);
        let pool = Pool::new(address, options, Access::Define, 1);
        pool.run("make the ledger", |client| {
            schema::init(client, options, ring, created)
        })
    }

    /// Opens the ledger to append and to seal.
    pub fn open(
        address: &str,
        ring: Arc<KeyRing>,
        options: &PostgresOptions,
    ) -> Result<Self, StoreError> {
        let address = Arc::new(Address::parse(address, options)?);
        let pool = Pool::new(
            Arc::clone(&address),
            options,
            Access::Write,
            options.connections,
        );
        let identity = pool.run("open the ledger", schema::open)?;
        if identity.origin != ring.origin() {
            return Err(schema::other_keys(&identity, &ring));
        }
        schema::compare_keys(&identity.verifiers, &ring)?;
        let newest = Reader(&pool).checkpoint()?;
        if let Some(newest) = &newest {
            newest.verify(&identity.verifiers)?;
        }
        let shared = Arc::new(Shared {
            origin: identity.origin,
            ring,
            sequencer: Pool::new(address, options, Access::Write, 1),
            pool,
            lock: schema::lock_key("sequencer", &options.schema),
            seen: Mutex::new(newest.map(|newest| newest.checkpoint().clone())),
        });
        let background = match options.sequencer {
            Some(interval) => Some(Background::start(Arc::clone(&shared), interval)?),
            None => None,
        };
        Ok(Self { shared, background })
    }

    /// Lets a role of the server use the ledger and no more than that. The role must be there.
    pub fn grant(
        address: &str,
        role: &str,
        rights: Rights,
        options: &PostgresOptions,
    ) -> Result<(), StoreError> {
        let address = Arc::new(Address::parse(address, options)?);
        Pool::new(address, options, Access::Define, 1).run("grant rights", |client| {
            grant::grant(client, options, role, rights)
        })
    }

    /// Names the keys in the ring that the ledger does not know yet, in a record for each, and seals with the old and
    /// the new one. Doing it again changes nothing.
    pub fn rotate(&self, time: Timestamp, actor: Actor) -> Result<SignedCheckpoint, StoreError> {
        self.shared.seal(Some(&Rotation { time, actor }))
    }

    /// Why the sequencer of this ledger failed when it last tried; nothing where it did not.
    pub fn sequencer_failure(&self) -> Option<String> {
        self.background.as_ref().and_then(Background::failure)
    }
}

/// Checkpoints, the oldest first.
pub type Checkpoints<'a> = Box<dyn Iterator<Item = Result<SignedCheckpoint, StoreError>> + 'a>;

impl Shared {
    fn seal(&self, rotation: Option<&Rotation>) -> Result<SignedCheckpoint, StoreError> {
        loop {
            let round = self.sequencer.run("seal", |client| {
                let seen = self.seen();
                let sequencer = Sequencer {
                    ring: &self.ring,
                    lock: self.lock,
                    seen: seen.as_ref(),
                    rotation,
                };
                sequencer.round(client)
            })?;
            self.saw(round.checkpoint.checkpoint());
            if !round.more {
                return Ok(round.checkpoint);
            }
        }
    }

    fn seen(&self) -> Option<Checkpoint> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn saw(&self, checkpoint: &Checkpoint) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.as_ref().is_none_or(|seen| seen.size < checkpoint.size) {
            *seen = Some(checkpoint.clone());
        }
    }
}

impl Store for PostgresLedger {
    fn append(&self, submissions: Vec<Submission>) -> Result<Vec<Receipt>, StoreError> {
        let records = submissions
            .into_iter()
            .map(|submission| Prepared::new(submission, &self.shared.ring))
            .collect::<Result<Vec<_>, _>>()?;
        let mut indexes = BTreeMap::new();
        for batch in append::batches(&records) {
            indexes.extend(
                self.shared
                    .pool
                    .run("append records", |client| append::append(client, &batch))?,
            );
        }
        Ok(records
            .iter()
            .map(|record| Receipt {
                id: record.id().to_owned(),
                index: indexes.get(record.id()).copied(),
            })
            .collect())
    }

    fn seal(&self) -> Result<SignedCheckpoint, StoreError> {
        self.shared.seal(None)
    }

    fn add_cosignatures(&self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        let verifiers = self.verifiers()?;
        read::add_cosignatures(&self.shared.pool, self.shared.lock, checkpoint, &verifiers)
    }

    fn erase(&self, documents: &[Hash]) -> Result<u64, StoreError> {
        let hashes: Vec<&[u8]> = documents.iter().map(|hash| hash.0.as_slice()).collect();
        let zeros: &[u8] = &[0; WRAPPED_KEY];
        // A try whose answer was lost may have erased them.
        let mut first = None;
        self.shared.pool.run("erase documents", |client| {
            let left = client.query_typed(
                "SELECT count(*) FROM document_key WHERE hash = ANY ($1) AND wrapped_key <> $2",
                &[(&hashes, Type::BYTEA_ARRAY), (&zeros, Type::BYTEA)],
            )?;
            let left: i64 = left.first().map_or(Ok(0), |row| row.try_get(0))?;
            let left = *first.get_or_insert(left);
            client.execute_typed(
                "UPDATE document_key SET wrapped_key = $2 WHERE hash = ANY ($1) AND wrapped_key <> $2",
                &[(&hashes, Type::BYTEA_ARRAY), (&zeros, Type::BYTEA)],
            )?;
            Ok(u64::try_from(left).unwrap_or_default())
        })
    }
}

/// A ledger that is only read. It needs no keys, and a standby will do.
pub struct PostgresReader {
    origin: String,
    pool: Pool,
}

impl PostgresReader {
    /// Opens the ledger.
    pub fn open(address: &str, options: &PostgresOptions) -> Result<Self, StoreError> {
        let address = Arc::new(Address::parse(address, options)?);
        let pool = Pool::new(address, options, Access::Read, options.connections);
        let identity = pool.run("open the ledger", schema::open)?;
        Ok(Self {
            origin: identity.origin,
            pool,
        })
    }
}

/// Both kinds of ledgers are read in the same way.
macro_rules! read_as_log {
    ($ledger:ty, $self:ident, $origin:expr, $pool:expr) => {
        impl Log for $ledger {
            fn origin(&$self) -> &str {
                $origin
            }

            fn verifiers(&$self) -> Result<Vec<Verifier>, StoreError> {
                Reader($pool).verifiers()
            }

            fn size(&$self) -> Result<u64, StoreError> {
                Reader($pool).size()
            }

            fn checkpoint(&$self) -> Result<Option<SignedCheckpoint>, StoreError> {
                Reader($pool).checkpoint()
            }

            fn checkpoints(&$self) -> Result<Checkpoints<'_>, StoreError> {
                Ok(Box::new(Reader($pool).checkpoints(0)))
            }

            fn entries(&$self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
                Reader($pool).entries(range)
            }

            fn tile(&$self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
                Reader($pool).tile(tile)
            }

            fn document(&$self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError> {
                Reader($pool).document(hash)
            }
        }
    };
}

read_as_log!(PostgresLedger, self, &self.shared.origin, &self.shared.pool);
read_as_log!(PostgresReader, self, &self.origin, &self.pool);
