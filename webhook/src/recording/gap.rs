//! What could not be recorded, until it is recorded as a gap.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use soc2gate_host::{Gaps, Missed, RecordingError};
use soc2gate_ledger::record::Actor;
use soc2gate_ledger::store::{StoreError, Submission};

/// How often a gap that goes on is noted beside the ledger.
const NOTED_EVERY: Duration = Duration::from_secs(30);

/// The gap that is open, and the notes of those before.
#[derive(Debug)]
pub struct GapTally {
    state: Mutex<State>,
    notes: Option<Gaps>,
}

#[derive(Debug, Default)]
struct State {
    open: Option<Missed>,
    noted: Option<Instant>,
}

impl GapTally {
    /// A tally, and where it is noted: a ledger in a database has no such place.
    pub fn new(notes: Option<Gaps>) -> Self {
        Self {
            state: Mutex::default(),
            notes,
        }
    }

    /// Counts an answer that stands in no record.
    pub fn add(&self, reason: &str, is_allowed: bool, now: Timestamp) {
        let mut state = self.state();
        let missed = state.open.get_or_insert_with(|| Missed {
            from: now,
            to: now,
            reason: reason.to_owned(),
            allowed: 0,
            denied: 0,
        });
        missed.to = missed.to.max(now);
        if is_allowed {
            missed.allowed += 1;
        } else {
            missed.denied += 1;
        }
    }

    /// Keeps the open gap beside the ledger, so that it outlives this process.
    pub(super) fn note(&self) {
        let Some(notes) = &self.notes else { return };
        let Some(missed) = self.due() else { return };
        // Answers count meanwhile: the disk may hang.
        if let Err(error) = notes.note(&missed) {
            tracing::error!(error = %error, "a gap could not be noted beside the ledger; it is kept in memory");
            self.put_back(missed);
        }
    }

    /// The open gap, where it is time to note it.
    fn due(&self) -> Option<Missed> {
        let mut state = self.state();
        let is_due = state
            .noted
            .is_none_or(|noted| noted.elapsed() >= NOTED_EVERY);
        let missed = state.open.take_if(|_| is_due)?;
        state.noted = Some(Instant::now());
        Some(missed)
    }

    /// Records what is noted and what is open, in this order.
    pub(super) fn record(
        &self,
        actor: &Actor,
        now: Timestamp,
        append: impl FnOnce(Vec<Submission>) -> Result<(), StoreError>,
    ) -> Result<(), RecordingError> {
        let mut lines = match &self.notes {
            Some(notes) => notes.take().map_err(io("read the notes of gaps"))?,
            None => String::new(),
        };
        let open = self.state().open.take();
        if let Some(missed) = &open
            && let Ok(line) = serde_json::to_string(missed)
        {
            lines.push_str(&line);
            lines.push('\n');
        }
        if lines.is_empty() {
            return Ok(());
        }
        let records = Gaps::records(&lines, actor, now)?;
        if let Err(error) = append(records) {
            if let Some(missed) = open {
                self.put_back(missed);
            }
            return Err(error.into());
        }
        self.state().noted = None;
        self.recorded()
    }

    /// What was noted is recorded.
    pub(super) fn recorded(&self) -> Result<(), RecordingError> {
        match &self.notes {
            Some(notes) => Ok(notes.clear().map_err(io("remove the notes of gaps"))?),
            None => Ok(()),
        }
    }

    /// What could not be recorded is open again, with what came meanwhile.
    fn put_back(&self, missed: Missed) {
        let mut state = self.state();
        state.open = Some(match state.open.take() {
            None => missed,
            Some(since) => Missed {
                to: since.to.max(missed.to),
                allowed: missed.allowed + since.allowed,
                denied: missed.denied + since.denied,
                ..missed
            },
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn io(action: &'static str) -> impl FnOnce(std::io::Error) -> StoreError {
    move |source| StoreError::Io { action, source }
}

#[cfg(test)]
mod tests {
    use soc2gate_host::Place;
    use soc2gate_ledger::record::{ActorKind, Event};

    use super::*;

    fn actor() -> Actor {
        Actor {
            id: "webhook".to_owned(),
            kind: ActorKind::Service,
        }
    }

    fn tally(folder: &std::path::Path) -> GapTally {
        GapTally::new(Gaps::of(&Place::new("ledger", None, folder)))
    }

    fn recorded(tally: &GapTally) -> Vec<(Option<u64>, Option<u64>)> {
        let mut gaps = Vec::new();
        let append = |records: Vec<Submission>| {
            for record in records {
                if let Event::Gap(gap) = record.draft.event {
                    gaps.push((gap.allowed, gap.denied));
                }
            }
            Ok(())
        };
        tally.record(&actor(), Timestamp::now(), append).unwrap();
        gaps
    }

    #[test]
    fn a_gap_is_recorded_once() {
        let folder = tempfile::tempdir().unwrap();
        let tally = tally(folder.path());
        tally.add("disk full", true, Timestamp::now());
        tally.add("disk full", false, Timestamp::now());
        assert_eq!(recorded(&tally), [(Some(1), Some(1))]);
        assert_eq!(recorded(&tally), []);
    }

    #[test]
    fn a_gap_that_was_noted_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let before = tally(folder.path());
        before.add("disk full", true, Timestamp::now());
        before.note();
        assert_eq!(recorded(&tally(folder.path())), [(Some(1), Some(0))]);
    }

    #[test]
    fn a_gap_that_cannot_be_recorded_stays_open() {
        let folder = tempfile::tempdir().unwrap();
        let tally = tally(folder.path());
        tally.add("disk full", true, Timestamp::now());
        let fails = |_| Err(StoreError::Poisoned);
        assert!(tally.record(&actor(), Timestamp::now(), fails).is_err());
        tally.add("disk full", true, Timestamp::now());
        assert_eq!(recorded(&tally), [(Some(2), Some(0))]);
    }
}
