//! What holds for each connection.

use postgres::Client;

use super::failure::Failure;
use super::options::PostgresOptions;
use crate::store::StoreError;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// To read, from a standby too.
    Read,
    /// To append and to seal.
    Write,
    /// To make the tables: the schema need not be there.
    Define,
}

/// Sets up a session and refuses a server that would acknowledge what it can lose.
pub(super) fn prepare(
    client: &mut Client,
    options: &PostgresOptions,
    access: Access,
) -> Result<(), Failure> {
    let schema = quoted(&options.schema)?;
    let limit = options.deadline.as_millis().clamp(1_000, 3_600_000);
    let read_only = if access == Access::Read { "on" } else { "off" };
    // A server that lost its client must let go of the sequencer's lock.
    client.batch_execute(&format!(
        "SET search_path TO {schema}, pg_catalog, pg_temp;
         SET client_min_messages = warning;
         SET statement_timeout = {limit};
         SET lock_timeout = {limit};
         SET idle_in_transaction_session_timeout = {limit};
         SET tcp_keepalives_idle = 10;
         SET tcp_keepalives_interval = 5;
         SET tcp_keepalives_count = 2;
         SET tcp_user_timeout = 20000;
         SET default_transaction_read_only = {read_only};
         SET bytea_output = hex;
         SELECT set_config('synchronous_commit', 'on', false)
          WHERE current_setting('synchronous_commit') <> 'remote_apply'"
    ))?;
    if access == Access::Read {
        return Ok(());
    }
    let row = client.query_one(
        "SELECT current_setting('synchronous_commit'), current_setting('fsync')",
        &[],
    )?;
    let (synchronous, fsync): (String, String) = (row.try_get(0)?, row.try_get(1)?);
    if synchronous != "on" && synchronous != "remote_apply" {
        return Err(refused("synchronous_commit is off").into());
    }
    if fsync != "on" && !options.allow_fsync_off {
        return Err(refused("fsync is off: the server would lose acknowledged records").into());
    }
    Ok(())
}

/// The name of a schema as SQL has it.
pub(super) fn quoted(schema: &str) -> Result<String, StoreError> {
    let sound = schema.len() <= 63
        && schema.starts_with(|letter: char| letter.is_ascii_lowercase())
        && !schema.starts_with("pg_")
        && schema
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if sound {
        Ok(format!("\"{schema}\""))
    } else {
        Err(refused(
            "the name of the schema must be lowercase letters, digits and underscores, at most 63",
        ))
    }
}

fn refused(message: &str) -> StoreError {
    StoreError::Database {
        action: "use the database",
        message: message.to_owned(),
    }
}
