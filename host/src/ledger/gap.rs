//! Gaps: runs that could not record and went on all the same. They are noted beside the ledger, and recorded by the
//! next run that can.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use soc2gate_ledger::record::{Actor, Draft, Event, Gap, RecordError};
use soc2gate_ledger::store::Submission;

use super::Place;
use super::place::GAPS;

/// A run that was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// When it began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// Why.
    pub reason: String,
    /// Decisions that allowed.
    pub allowed: u64,
    /// Decisions that did not.
    pub denied: u64,
}

/// The notes beside a ledger.
#[derive(Debug)]
pub struct Gaps {
    path: PathBuf,
}

impl Gaps {
    /// The notes beside a ledger in a folder; a ledger in a database has no place for them.
    pub fn of(place: &Place) -> Option<Self> {
        Some(Self {
            path: place.beside(GAPS)?,
        })
    }

    /// Notes a run.
    pub fn note(&self, missed: &Missed) -> io::Result<()> {
        let mut line = serde_json::to_string(missed)?;
        line.push('\n');
        let mut file = fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    }

    /// Takes what was noted aside, so that what others note meanwhile is left for the next run. Only the writer of the
    /// ledger may. What a run left aside that was interrupted comes first.
    pub fn take(&self) -> io::Result<String> {
        let taken = self.taken();
        if !taken.exists() {
            match fs::rename(&self.path, &taken) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
                other => other?,
            }
        }
        // What is not text is a line that cannot be read.
        fs::read(&taken).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The records of what was taken. A line that cannot be read is a gap whose begin and end nobody knows: now.
    pub fn records(
        taken: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<Submission>, RecordError> {
        taken
            .lines()
            .map(|line| {
                let missed: Option<Missed> = serde_json::from_str(line).ok();
                let event = Event::Gap(match missed {
                    Some(missed) => Gap {
                        from: missed.from,
                        to: missed.to,
                        reason: missed.reason,
                        allowed: Some(missed.allowed),
                        denied: Some(missed.denied),
                    },
                    None => Gap {
                        from: now,
                        to: now,
                        reason: "a run was not recorded, and the note of it cannot be read"
                            .to_owned(),
                        allowed: None,
                        denied: None,
                    },
                });
                Ok(Submission {
                    draft: Draft::new(now, actor.clone(), event)?,
                    documents: Vec::new(),
                })
            })
            .collect()
    }

    /// Removes what was taken, once it is recorded.
    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_file(self.taken()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn taken(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".taken");
        name.into()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
