//! Records that a query means.

use std::ops::ControlFlow;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};
use serde::Serialize;

use super::write::{nanoseconds, number, word};
use super::{Index, Query, QueryError};

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// Its index.
    pub index: u64,
    /// Its id.
    pub id: String,
    /// Its time.
    pub time: Timestamp,
    /// Its kind.
    pub kind: String,
    /// Who caused it.
    pub actor: String,
    /// The kind of its subject.
    pub subject_kind: Option<String>,
    /// The id of its subject.
    pub subject: Option<String>,
    /// The outcome of a decision.
    pub outcome: Option<String>,
}

impl Hit {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let index: i64 = row.get(0)?;
        let time: i64 = row.get(2)?;
        Ok(Self {
            index: index.cast_unsigned(),
            id: row.get(1)?,
            time: timestamp(time),
            kind: row.get(3)?,
            actor: row.get(4)?,
            subject_kind: row.get(5)?,
            subject: row.get(6)?,
            outcome: row.get(7)?,
        })
    }
}

const SELECT: &str = "SELECT r.idx, r.id, r.time,
    (SELECT text FROM word WHERE id = r.kind), (SELECT text FROM word WHERE id = r.actor),
    (SELECT text FROM word WHERE id = r.subject_kind), r.subject,
    (SELECT text FROM word WHERE id = r.outcome)
    FROM record r WHERE TRUE";

impl Index {
    /// Gives every record that is meant, in the order of the log, until `each` breaks off.
    pub fn search(
        &self,
        query: &Query,
        mut each: impl FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<(), QueryError> {
        let Some((conditions, values)) = self.conditions(query)? else {
            return Ok(());
        };
        let mut statement = self
            .connection
            .prepare(&format!("{SELECT}{conditions} ORDER BY r.idx"))?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let hit = Hit::read(row)?;
            if query.matches_subject(hit.subject.as_deref()) && each(hit).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The index of the record with an id.
    pub fn record(&self, id: &str) -> Result<Option<u64>, QueryError> {
        let mut statement = self
            .connection
            .prepare("SELECT idx FROM record WHERE id = ?1 ORDER BY idx LIMIT 1")?;
        let mut rows = statement.query([id])?;
        let index: Option<i64> = rows.next()?.map(|row| row.get(0)).transpose()?;
        Ok(index.map(i64::cast_unsigned))
    }

    /// The conditions that SQLite checks, all but the pattern of the subject; nothing where a text stands in no
    /// record at all.
    fn conditions(&self, query: &Query) -> Result<Option<(String, Vec<Value>)>, QueryError> {
        let mut sql = String::new();
        let mut values: Vec<Value> = Vec::new();
        let mut facets = String::new();
        let kind = query.kind.map(|kind| kind.as_str().to_owned());
        for (column, text) in [
            ("r.kind", &kind),
            ("r.actor", &query.actor),
            ("r.subject_kind", &query.subject_kind),
            ("r.outcome", &query.outcome),
            ("r.policies", &query.policies),
            ("control", &query.control),
            ("status", &query.status),
            ("enforcement", &query.enforcement),
            ("exception", &query.exception),
        ] {
            let Some(text) = text else { continue };
            let Some(id) = word(&self.connection, text)? else {
                return Ok(None);
            };
            values.push(Value::Integer(id));
            let conditions = if column.starts_with("r.") {
                &mut sql
            } else {
                &mut facets
            };
            conditions.push_str(&format!(" AND {column} = ?{}", values.len()));
        }
        if query.asks_for_facets() {
            sql.push_str(&format!(
                " AND r.idx IN (SELECT idx FROM facet WHERE TRUE{facets})"
            ));
        }
        for (condition, value) in [
            ("r.time >= ", query.from.map(nanoseconds)),
            ("r.time < ", query.until.map(nanoseconds)),
            ("r.idx >= ", query.first.map(number)),
            ("r.idx <= ", query.last.map(number)),
        ] {
            let Some(value) = value else { continue };
            values.push(Value::Integer(value));
            sql.push_str(&format!(" AND {condition}?{}", values.len()));
        }
        Ok(Some((sql, values)))
    }
}

/// A time from nanoseconds since 1970, of which every number is one.
pub(super) fn timestamp(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanoseconds.into()).unwrap_or_default()
}
