//! Ledgers in PostgreSQL.

use std::env;
use std::sync::Arc;

use jiff::Timestamp;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::note::SignedCheckpoint;
use soc2gate_ledger::record::Actor;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions, PostgresReader};
use soc2gate_ledger::store::{Log, Store, StoreError};
use zeroize::Zeroizing;

/// The variable that holds the password, as PostgreSQL's own programs read it.
const PASSWORD_VARIABLE: &str = "PGPASSWORD";

fn options() -> PostgresOptions {
    PostgresOptions {
        password: env::var(PASSWORD_VARIABLE).ok().map(Zeroizing::new),
        ..PostgresOptions::default()
    }
}

pub(crate) fn init(address: &str, ring: &KeyRing, now: Timestamp) -> Result<(), StoreError> {
    PostgresLedger::init(address, ring, now, &options())
}

pub(crate) fn open(address: &str, ring: Arc<KeyRing>) -> Result<Box<dyn Store>, StoreError> {
    Ok(Box::new(PostgresLedger::open(address, ring, &options())?))
}

pub(crate) fn read(address: &str) -> Result<Box<dyn Log>, StoreError> {
    Ok(Box::new(PostgresReader::open(address, &options())?))
}

pub(crate) fn rotate(
    address: &str,
    ring: Arc<KeyRing>,
    now: Timestamp,
    actor: Actor,
) -> Result<SignedCheckpoint, StoreError> {
    PostgresLedger::open(address, ring, &options())?.rotate(now, actor)
}
