//! The tables: made, brought up to date, and checked before they are used.

use jiff::Timestamp;
use postgres::Client;
use postgres::types::Type;
use refinery::Runner;
use sha2::{Digest, Sha256};

use super::failure::Failure;
use super::options::PostgresOptions;
use super::session;
use crate::Hash;
use crate::keys::KeyRing;
use crate::note::{Checkpoint, Verifier};
use crate::store::StoreError;

mod embedded {
    refinery::embed_migrations!("src/store/postgres/migrations");
}

const ACTION: &str = "make the tables of the ledger";

/// What the tables say of the ledger.
pub(super) struct Identity {
    pub(super) origin: String,
    /// The oldest first.
    pub(super) verifiers: Vec<Verifier>,
}

/// Makes the tables and the ledger in them, or brings the tables up to date. Doing it again changes nothing.
pub(super) fn init(
    client: &mut Client,
    options: &PostgresOptions,
    ring: &KeyRing,
    created: Timestamp,
) -> Result<(), Failure> {
    // One process at a time. The lock goes with the connection.
    let lock = lock_key("migration", &options.schema);
    client.query_typed("SELECT pg_advisory_lock($1)", &[(&lock, Type::INT8)])?;
    client.batch_execute(&format!(
        "CREATE SCHEMA IF NOT EXISTS {}",
        session::quoted(&options.schema)?
    ))?;
    let version = version(client)?;
    if version > latest() {
        return Err(StoreError::Version(version.to_string()).into());
    }
    runner().run(client).map_err(|error| StoreError::Database {
        action: ACTION,
        message: error.to_string(),
    })?;
    if let Some(identity) = identity(client)? {
        return if identity.origin == ring.origin() {
            Ok(compare_keys(&identity.verifiers, ring)?)
        } else {
            Err(other_keys(&identity, ring).into())
        };
    }
    let first = Checkpoint {
        origin: ring.origin().to_owned(),
        size: 0,
        root: Hash::empty(),
    };
    let mut transaction = client.transaction()?;
    transaction.execute(
        "INSERT INTO ledger (origin, created) VALUES ($1, $2)",
        &[&ring.origin(), &created.to_string()],
    )?;
    for (position, key) in (0_i32..).zip(ring.verifiers()) {
        transaction.execute(
            "INSERT INTO verifier (position, key) VALUES ($1, $2)",
            &[&position, &key.to_string()],
        )?;
    }
    transaction.batch_execute("INSERT INTO frontier (size, subtrees) VALUES (0, '')")?;
    transaction.execute(
        "INSERT INTO checkpoint (size, note) VALUES (0, $1)",
        &[&first.sign(ring.signer()).to_string()],
    )?;
    Ok(transaction.commit()?)
}

/// What the ledger is, where its tables are of this version.
pub(super) fn open(client: &mut Client) -> Result<Identity, Failure> {
    let version = version(client)?;
    if version > latest() {
        return Err(StoreError::Version(version.to_string()).into());
    }
    if version == 0 {
        return Err(StoreError::NotALedger("the schema has no ledger".to_owned()).into());
    }
    if version < latest() {
        return Err(StoreError::Database {
            action: "open the ledger",
            message: format!(
                "its tables are of version {version}, this program needs {}: initialize it again",
                latest()
            ),
        }
        .into());
    }
    identity(client)?.ok_or_else(|| {
        StoreError::NotALedger("the schema has the tables of a ledger, and no ledger".to_owned())
            .into()
    })
}

/// Checks that a key ring belongs to a ledger with these keys. It may hold newer ones, which a rotation will name.
pub(super) fn compare_keys(verifiers: &[Verifier], ring: &KeyRing) -> Result<(), StoreError> {
    if ring.verifiers().starts_with(verifiers) {
        Ok(())
    } else {
        Err(StoreError::MissingKey)
    }
}

pub(super) fn other_keys(identity: &Identity, ring: &KeyRing) -> StoreError {
    StoreError::OtherKeys {
        keys: ring.origin().to_owned(),
        ledger: identity.origin.clone(),
    }
}

/// The public keys that the ledger names, the oldest first.
pub(super) const VERIFIERS: &str = "SELECT key FROM verifier ORDER BY position";

/// Reads what [`VERIFIERS`] gives.
pub(super) fn verifiers(rows: &[postgres::Row]) -> Result<Vec<Verifier>, Failure> {
    rows.iter()
        .map(|row| {
            let key: &str = row.try_get(0)?;
            Verifier::parse(key).map_err(|_| {
                Failure::Final(StoreError::NotALedger(
                    "a public key in its tables is none".to_owned(),
                ))
            })
        })
        .collect()
}

/// The key of an advisory lock: locks are of a database, ledgers of a schema.
pub(super) fn lock_key(purpose: &str, schema: &str) -> i64 {
    let digest = Sha256::digest(format!("soc2gate {purpose}\n{schema}"));
    let mut key = [0; 8];
    for (place, byte) in key.iter_mut().zip(digest) {
        *place = byte;
    }
    i64::from_be_bytes(key)
}

fn runner() -> Runner {
    let mut runner = embedded::migrations::runner().set_grouped(true);
    runner.set_migration_table_name("schema_history");
    runner
}

/// The version that this program makes.
fn latest() -> i64 {
    runner()
        .get_migrations()
        .iter()
        .map(|migration| i64::from(migration.version()))
        .max()
        .unwrap_or_default()
}

/// The version of the tables, 0 where there are none.
fn version(client: &mut Client) -> Result<i64, Failure> {
    let there: bool = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables
              WHERE schemaname = current_schema() AND tablename = 'schema_history')",
            &[],
        )?
        .try_get(0)?;
    if !there {
        return Ok(0);
    }
    let row = client.query_one(
        "SELECT COALESCE(max(version), 0)::bigint FROM schema_history",
        &[],
    )?;
    Ok(row.try_get(0)?)
}

fn identity(client: &mut Client) -> Result<Option<Identity>, Failure> {
    let Some(row) = client.query_opt("SELECT origin FROM ledger", &[])? else {
        return Ok(None);
    };
    Ok(Some(Identity {
        origin: row.try_get(0)?,
        verifiers: verifiers(&client.query(VERIFIERS, &[])?)?,
    }))
}
