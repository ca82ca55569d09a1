//! The index takes in what the log has and it has not.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension as _, Statement, TransactionBehavior, params};

use super::filter::{facets, outcome, policies};
use super::{Index, QueryError};
use crate::Hash;
use crate::record::{Event, Kind, Record};
use crate::store::{Log, StoreError};

/// Records that are taken in at once: another process waits no longer than that takes.
const BATCH: u64 = 10_000;

impl Index {
    /// Takes in the records behind the last one that was. `progress` is told how many are there.
    pub fn catch_up<L: Log + ?Sized>(
        &mut self,
        log: &L,
        mut progress: impl FnMut(u64),
    ) -> Result<(), QueryError> {
        let size = log.size()?;
        while self.size()? < size {
            let next = self.take_in(log, size)?;
            progress(next);
        }
        Ok(())
    }

    /// One batch. Another process may have done it meanwhile: the place is read under the lock.
    fn take_in<L: Log + ?Sized>(&mut self, log: &L, size: u64) -> Result<u64, QueryError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let from: i64 = transaction.query_row("SELECT next FROM state", [], |row| row.get(0))?;
        let from = from.cast_unsigned();
        let until = from.saturating_add(BATCH).min(size);
        let mut last = None;
        let mut expected = from;
        {
            let mut writer = Writer::new(&transaction)?;
            for item in log.entries(from..until.max(from))? {
                let (index, entry) = item?;
                if index != expected {
                    return Err(missing(expected));
                }
                expected += 1;
                let record =
                    Record::parse(&entry).map_err(|source| QueryError::Record { index, source })?;
                writer.record(index, &record, entry.len())?;
                last = Some((index, Hash::leaf(&entry)));
            }
        }
        if expected < until {
            return Err(missing(expected));
        }
        let Some((index, hash)) = last else {
            // Another process was faster.
            return Ok(from);
        };
        transaction.execute(
            "UPDATE state SET next = ?1, last = ?2",
            params![number(index + 1), hash.0.as_slice()],
        )?;
        transaction.commit()?;
        Ok(index + 1)
    }
}

/// The log does not give a record that it says it has.
fn missing(index: u64) -> QueryError {
    QueryError::Store(StoreError::Damaged {
        index,
        what: "the record is not there",
    })
}

struct Writer<'a> {
    record: Statement<'a>,
    facet: Statement<'a>,
    holder: Statement<'a>,
    opened: Statement<'a>,
    closed: Statement<'a>,
    gap: Statement<'a>,
    words: Words<'a>,
}

impl<'a> Writer<'a> {
    fn new(connection: &'a Connection) -> Result<Self, QueryError> {
        Ok(Self {
            record: connection.prepare(
                "INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            )?,
            facet: connection.prepare("INSERT INTO facet VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?,
            holder: connection.prepare("INSERT OR REPLACE INTO holder VALUES (?1, ?2, ?3)")?,
            opened: connection
                .prepare("INSERT OR IGNORE INTO obligation VALUES (?1, ?2, ?3, ?4, NULL)")?,
            closed: connection
                .prepare("UPDATE obligation SET closed = ?2 WHERE id = ?1 AND closed IS NULL")?,
            gap: connection.prepare("INSERT INTO gap VALUES (?1, ?2, ?3, ?4)")?,
            words: Words::new(connection)?,
        })
    }

    fn record(&mut self, index: u64, record: &Record, bytes: usize) -> Result<(), QueryError> {
        let index = number(index);
        let subject = record.subject.as_ref();
        let kind = self.words.id(record.event.kind().as_str())?;
        let document_bytes = record
            .bulk
            .iter()
            .fold(0_u64, |sum, document| sum.saturating_add(document.size));
        self.record.execute(params![
            index,
            record.id,
            nanoseconds(record.time),
            kind,
            self.words.id(&record.actor.id)?,
            self.words
                .optional(subject.map(|subject| subject.kind.as_str()))?,
            subject.map(|subject| subject.id.as_str()),
            self.words.optional(outcome(&record.event))?,
            self.words.optional(policies(&record.event))?,
            length(record.bulk.len()),
            number(document_bytes),
            length(bytes),
        ])?;
        for (place, facet) in (0_i64..).zip(facets(&record.event)) {
            self.facet.execute(params![
                index,
                place,
                self.words.id(facet.control)?,
                self.words.optional(facet.status)?,
                self.words.optional(facet.enforcement)?,
                self.words.optional(facet.exception)?,
            ])?;
        }
        match &record.event {
            Event::PolicyChange(change) => {
                self.holder.execute(params![kind, change.policies, index])?;
            }
            Event::ConfigurationChange(change) => {
                self.holder.execute(params![kind, change.settings, index])?;
            }
            Event::ObligationOpened(opened) => {
                self.opened.execute(params![
                    opened.obligation,
                    index,
                    opened.duty,
                    nanoseconds(opened.due)
                ])?;
            }
            Event::ObligationClosed(closed) => {
                self.closed.execute(params![closed.obligation, index])?;
            }
            Event::Gap(gap) => {
                self.gap.execute(params![
                    index,
                    nanoseconds(gap.from),
                    nanoseconds(gap.to),
                    gap.reason
                ])?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Texts that stand in many records, by number.
struct Words<'a> {
    insert: Statement<'a>,
    select: Statement<'a>,
    known: HashMap<String, i64>,
}

impl<'a> Words<'a> {
    fn new(connection: &'a Connection) -> Result<Self, QueryError> {
        Ok(Self {
            insert: connection.prepare("INSERT OR IGNORE INTO word (text) VALUES (?1)")?,
            select: connection.prepare("SELECT id FROM word WHERE text = ?1")?,
            known: HashMap::new(),
        })
    }

    fn id(&mut self, text: &str) -> Result<i64, QueryError> {
        if let Some(id) = self.known.get(text) {
            return Ok(*id);
        }
        self.insert.execute([text])?;
        let id = self.select.query_row([text], |row| row.get(0))?;
        self.known.insert(text.to_owned(), id);
        Ok(id)
    }

    fn optional(&mut self, text: Option<&str>) -> Result<Option<i64>, QueryError> {
        text.map(|text| self.id(text)).transpose()
    }
}

/// The number of a text, where the index has it.
pub(super) fn word(connection: &Connection, text: &str) -> Result<Option<i64>, QueryError> {
    Ok(connection
        .query_row("SELECT id FROM word WHERE text = ?1", [text], |row| {
            row.get(0)
        })
        .optional()?)
}

/// The number of a kind; one that no record has matches nothing.
pub(super) fn kind_word(connection: &Connection, kind: Kind) -> Result<i64, QueryError> {
    Ok(word(connection, kind.as_str())?.unwrap_or(-1))
}

/// SQLite's integers have a sign; no index and no size comes near.
pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A length, which always fits.
fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// Nanoseconds since 1970; years beyond 2262 count as the latest.
pub(super) fn nanoseconds(time: jiff::Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond();
    i64::try_from(nanoseconds).unwrap_or(if nanoseconds < 0 { i64::MIN } else { i64::MAX })
}
