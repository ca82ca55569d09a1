//! Whether the policies and the settings of a run are in the ledger already.

use soc2gate_ledger::query::DocumentRecord;
use soc2gate_ledger::record::{Event, Record};
use soc2gate_ledger::store::{Log, StoreError};

use super::{Place, PlaceError};

/// How many of the last records are looked through before the index is asked.
const LAST: u64 = 128;

/// What the ledger knows of the basis of decisions.
#[derive(Debug, Default)]
pub(crate) struct Basis {
    /// Whether a record holds the policy set.
    pub(crate) has_policies: bool,
    /// Whether a record holds the settings.
    pub(crate) has_settings: bool,
    /// The policy set of the last decision.
    pub(crate) last_policies: Option<String>,
    /// The settings of the last decision.
    pub(crate) last_settings: Option<String>,
}

impl Basis {
    /// Looks for a policy set and settings by their digests.
    pub(crate) fn find(
        place: &Place,
        log: &dyn Log,
        policies: &str,
        settings: &str,
    ) -> Result<Self, PlaceError> {
        let mut basis = Self::default();
        basis.look_at_last(log, policies, settings)?;
        if basis.has_policies && basis.has_settings {
            return Ok(basis);
        }
        let index = place.index(log)?;
        basis.has_policies |= index.holder(DocumentRecord::Policies, policies)?.is_some();
        basis.has_settings |= index.holder(DocumentRecord::Settings, settings)?.is_some();
        Ok(basis)
    }

    /// A decision that names a basis comes behind the records that hold it.
    fn look_at_last(
        &mut self,
        log: &dyn Log,
        policies: &str,
        settings: &str,
    ) -> Result<(), StoreError> {
        let size = log.size()?;
        for entry in log.entries(size.saturating_sub(LAST)..size)? {
            self.note(&entry?.1, policies, settings);
        }
        Ok(())
    }

    fn note(&mut self, entry: &[u8], policies: &str, settings: &str) {
        let Ok(record) = Record::parse(entry) else {
            return;
        };
        match record.event {
            Event::Decision(decision) => {
                self.has_policies |= decision.policies == policies;
                self.has_settings |= decision.settings == settings;
                self.last_policies = Some(decision.policies);
                self.last_settings = Some(decision.settings);
            }
            Event::PolicyChange(change) => self.has_policies |= change.policies == policies,
            Event::ConfigurationChange(change) => self.has_settings |= change.settings == settings,
            _ => {}
        }
    }
}
