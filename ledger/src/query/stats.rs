//! A log in figures.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Row, Transaction, TransactionBehavior};
use serde::Serialize;

use super::search::timestamp;
use super::{Index, QueryError};

/// Gaps and obligations that are listed one by one.
const LISTED: i64 = 1_000;
/// Nanoseconds.
const DAY: i64 = 86_400_000_000_000;

/// A log in figures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Stats {
    /// Records.
    pub records: u64,
    /// Bytes of their entries.
    pub bytes: u64,
    /// The smallest time of a record.
    pub first_time: Option<Timestamp>,
    /// The largest.
    pub last_time: Option<Timestamp>,
    /// Records by kind.
    pub kinds: BTreeMap<String, u64>,
    /// Decisions by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Verdicts by control and status.
    pub verdicts: BTreeMap<String, BTreeMap<String, u64>>,
    /// Records by day, in UTC.
    pub days: BTreeMap<String, DayCounts>,
    /// Sealed documents that records name.
    pub documents: u64,
    /// Their bytes, sealed.
    pub document_bytes: u64,
    /// All gaps.
    pub gap_count: u64,
    /// The first of them.
    pub gaps: Vec<GapStats>,
    /// All obligations that were not closed.
    pub unmet_count: u64,
    /// Those that are due first.
    pub unmet: Vec<UnmetObligation>,
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct DayCounts {
    /// Records of any kind.
    pub records: u64,
    /// Decisions.
    pub decisions: u64,
    /// Decisions that did not allow.
    pub not_allowed: u64,
}

/// A time in which nothing was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GapStats {
    /// The record that says so.
    pub index: u64,
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Why.
    pub reason: String,
}

/// An obligation that was not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnmetObligation {
    /// Its id.
    pub obligation: String,
    /// The record that opened it.
    pub index: u64,
    /// What must be done.
    pub duty: String,
    /// By when.
    pub due: Timestamp,
}

impl Index {
    /// The log in figures, as far as the index has it.
    pub fn stats(&mut self) -> Result<Stats, QueryError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Deferred)?;
        let mut stats = Stats::default();
        transaction.query_row(
            "SELECT count(*), CAST(total(bytes) AS INTEGER), min(time), max(time),
                CAST(total(documents) AS INTEGER), CAST(total(document_bytes) AS INTEGER) FROM record",
            [],
            |row| {
                stats.records = count(row, 0)?;
                stats.bytes = count(row, 1)?;
                stats.first_time = row.get::<_, Option<i64>>(2)?.map(timestamp);
                stats.last_time = row.get::<_, Option<i64>>(3)?.map(timestamp);
                stats.documents = count(row, 4)?;
                stats.document_bytes = count(row, 5)?;
                Ok(())
            },
        )?;
        counts(&transaction, &mut stats)?;
        days(&transaction, &mut stats)?;
        gaps(&transaction, &mut stats)?;
        obligations(&transaction, &mut stats)?;
        Ok(stats)
    }
}

fn counts(transaction: &Transaction<'_>, stats: &mut Stats) -> Result<(), QueryError> {
    for (column, target) in [("kind", &mut stats.kinds), ("outcome", &mut stats.outcomes)] {
        let mut statement = transaction.prepare(&format!(
            "SELECT (SELECT text FROM word WHERE id = {column}), count(*) FROM record
             WHERE {column} IS NOT NULL GROUP BY {column}"
        ))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            target.insert(row.get(0)?, count(row, 1)?);
        }
    }
    let mut statement = transaction.prepare(
        "SELECT (SELECT text FROM word WHERE id = control), (SELECT text FROM word WHERE id = status),
         count(*) FROM facet WHERE status IS NOT NULL GROUP BY control, status",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let control = stats.verdicts.entry(row.get(0)?).or_default();
        control.insert(row.get(1)?, count(row, 2)?);
    }
    Ok(())
}

fn days(transaction: &Transaction<'_>, stats: &mut Stats) -> Result<(), QueryError> {
    let mut statement = transaction.prepare(
        "SELECT time / ?1, count(*), count(outcome),
         count(CASE WHEN outcome <> coalesce((SELECT id FROM word WHERE text = 'allow'), -1) THEN 1 END)
         FROM record GROUP BY time / ?1",
    )?;
    let mut rows = statement.query([DAY])?;
    while let Some(row) = rows.next()? {
        let day: i64 = row.get(0)?;
        let counts = DayCounts {
            records: count(row, 1)?,
            decisions: count(row, 2)?,
            not_allowed: count(row, 3)?,
        };
        let date = timestamp(day.saturating_mul(DAY))
            .strftime("%Y-%m-%d")
            .to_string();
        stats.days.insert(date, counts);
    }
    Ok(())
}

fn gaps(transaction: &Transaction<'_>, stats: &mut Stats) -> Result<(), QueryError> {
    stats.gap_count = transaction.query_row("SELECT count(*) FROM gap", [], |row| count(row, 0))?;
    let mut statement =
        transaction.prepare("SELECT idx, start, end, reason FROM gap ORDER BY idx LIMIT ?1")?;
    let mut rows = statement.query([LISTED])?;
    while let Some(row) = rows.next()? {
        stats.gaps.push(GapStats {
            index: count(row, 0)?,
            from: timestamp(row.get(1)?),
            to: timestamp(row.get(2)?),
            reason: row.get(3)?,
        });
    }
    Ok(())
}

fn obligations(transaction: &Transaction<'_>, stats: &mut Stats) -> Result<(), QueryError> {
    stats.unmet_count = transaction.query_row(
        "SELECT count(*) FROM obligation WHERE closed IS NULL",
        [],
        |row| count(row, 0),
    )?;
    let mut statement = transaction.prepare(
        "SELECT id, opened, duty, due FROM obligation WHERE closed IS NULL ORDER BY due, id LIMIT ?1",
    )?;
    let mut rows = statement.query([LISTED])?;
    while let Some(row) = rows.next()? {
        stats.unmet.push(UnmetObligation {
            obligation: row.get(0)?,
            index: count(row, 1)?,
            duty: row.get(2)?,
            due: timestamp(row.get(3)?),
        });
    }
    Ok(())
}

/// A number that is never negative.
fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
