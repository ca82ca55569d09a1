//! Questions about a log, answered by an index in a SQLite file.
//!
//! The index is derived: it is made anew where it is missing, was written by another version, or does not fit the
//! log. It is for finding, not for proving: what is found is read from the log, where it can be proved.

mod filter;
mod records;
mod search;
mod stats;
mod write;

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior};
use thiserror::Error;

use crate::Hash;
use crate::store::{Log, StoreError};

pub use filter::Query;
pub use records::DocumentRecord;
pub use search::Hit;
pub use stats::{DayCounts, GapStats, Stats, UnmetObligation};

/// Counts up with every change of the tables.
const VERSION: i64 = 1;
/// How long one process waits for another that writes.
const BUSY: Duration = Duration::from_secs(60);

const TABLES: &str = "
    CREATE TABLE state (origin TEXT NOT NULL, next INTEGER NOT NULL, last BLOB NOT NULL);
    CREATE TABLE word (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    CREATE TABLE record (
        idx INTEGER PRIMARY KEY, id TEXT NOT NULL, time INTEGER NOT NULL, kind INTEGER NOT NULL,
        actor INTEGER NOT NULL, subject_kind INTEGER, subject TEXT, outcome INTEGER, policies INTEGER,
        documents INTEGER NOT NULL, document_bytes INTEGER NOT NULL, bytes INTEGER NOT NULL);
    CREATE INDEX record_id ON record (id);
    CREATE INDEX record_time ON record (time);
    CREATE INDEX record_kind ON record (kind, idx);
    CREATE TABLE facet (
        idx INTEGER NOT NULL, number INTEGER NOT NULL, control INTEGER NOT NULL, status INTEGER,
        enforcement INTEGER, exception INTEGER, PRIMARY KEY (idx, number)) WITHOUT ROWID;
    CREATE INDEX facet_control ON facet (control, status, idx);
    CREATE INDEX facet_exception ON facet (exception, idx) WHERE exception IS NOT NULL;
    CREATE TABLE holder (kind INTEGER NOT NULL, digest TEXT NOT NULL, idx INTEGER NOT NULL,
        PRIMARY KEY (kind, digest)) WITHOUT ROWID;
    CREATE TABLE obligation (id TEXT PRIMARY KEY, opened INTEGER NOT NULL, duty TEXT NOT NULL,
        due INTEGER NOT NULL, closed INTEGER) WITHOUT ROWID;
    CREATE TABLE gap (idx INTEGER PRIMARY KEY, start INTEGER NOT NULL, end INTEGER NOT NULL,
        reason TEXT NOT NULL);
";

/// The index cannot be written or asked.
#[derive(Debug, Error)]
pub enum QueryError {
    /// The log cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file of the index cannot be used. The operator's: it may be deleted, it is made anew.
    #[error("the index cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A file that is no index could not be replaced.
    #[error("the index cannot be made anew: {0}")]
    Io(#[from] io::Error),
    /// The log holds an entry that this version does not know as a record.
    #[error("record {index} cannot be read: {source}")]
    Record {
        /// Its index.
        index: u64,
        /// Why.
        source: crate::record::RecordError,
    },
}

/// The index of a log.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
}

impl Index {
    /// Opens the index of a log in a file, and makes it anew where it does not fit.
    pub fn open<L: Log + ?Sized>(path: &Path, log: &L) -> Result<Self, QueryError> {
        match Self::prepare(Connection::open(path)?, log) {
            Err(QueryError::Sqlite(error))
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
                ) =>
            {
                remove(path)?;
                Self::prepare(Connection::open(path)?, log)
            }
            other => other,
        }
    }

    /// An index that is not kept, for logs beside which nothing can be written.
    pub fn in_memory<L: Log + ?Sized>(log: &L) -> Result<Self, QueryError> {
        Self::prepare(Connection::open_in_memory()?, log)
    }

    fn prepare<L: Log + ?Sized>(mut connection: Connection, log: &L) -> Result<Self, QueryError> {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if !fits(&transaction, log)? {
            clear(&transaction)?;
            transaction.execute_batch(TABLES)?;
            transaction.execute(
                "INSERT INTO state (origin, next, last) VALUES (?1, 0, x'')",
                [log.origin()],
            )?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        transaction.commit()?;
        Ok(Self { connection })
    }

    /// Records in the index.
    pub fn size(&self) -> Result<u64, QueryError> {
        let next: i64 = self
            .connection
            .query_row("SELECT next FROM state", [], |row| row.get(0))?;
        Ok(next.cast_unsigned())
    }
}

/// Whether the tables are those of this version, and were made of this log.
fn fits<L: Log + ?Sized>(connection: &Connection, log: &L) -> Result<bool, QueryError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != VERSION {
        return Ok(false);
    }
    let state: Option<(String, i64, Vec<u8>)> = connection
        .query_row("SELECT origin, next, last FROM state", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((origin, next, last)) = state else {
        return Ok(false);
    };
    let next = next.cast_unsigned();
    if origin != log.origin() || next > log.size()? {
        return Ok(false);
    }
    let Some(before) = next.checked_sub(1) else {
        return Ok(true);
    };
    let entry = log.entries(before..next)?.next().transpose()?;
    Ok(entry.is_some_and(|(_, entry)| Hash::leaf(&entry).0.as_slice() == last))
}

/// Removes all tables, whoever made them.
fn clear(connection: &Connection) -> Result<(), QueryError> {
    let mut statement = connection.prepare(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )?;
    let names: Vec<String> = statement
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for name in names {
        let quoted = name.replace('"', "\"\"");
        connection.execute_batch(&format!("DROP TABLE \"{quoted}\""))?;
    }
    Ok(())
}

/// Removes a file that is no database, and what SQLite keeps beside it.
fn remove(path: &Path) -> io::Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(Path::new(&name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
