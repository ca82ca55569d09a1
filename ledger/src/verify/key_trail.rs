//! Which keys speak for the log at which size.

use super::report::{Code, Report};
use crate::note::{KeyKind, NoteError, SignedCheckpoint, Verifier};
use crate::record::KeyRotation;

/// So many rotations in a row are followed without a checkpoint that passes trust on.
pub(super) const MAX_PENDING: usize = 100;

/// The trusted keys, and those that they passed the log on to.
pub(super) struct KeyTrail {
    trusted: Vec<TrustedKey>,
    /// Rotations that no checkpoint by the retired key covers yet.
    pending: Vec<Pending>,
}

struct TrustedKey {
    key: Verifier,
    /// The record that retired it.
    retired_by: Option<u64>,
}

struct Pending {
    index: u64,
    added: Verifier,
    retired: Verifier,
}

impl KeyTrail {
    /// The keys of the log of this name among those that were given.
    pub(super) fn new(keys: &[Verifier], origin: &str, report: &mut Report) -> Self {
        let trusted: Vec<TrustedKey> = keys
            .iter()
            .filter(|key| key.name() == origin && key.kind() == KeyKind::Log)
            .map(|key| TrustedKey {
                key: key.clone(),
                retired_by: None,
            })
            .collect();
        if trusted.is_empty() {
            report.problem(
                None,
                Code::NoTrustedKey,
                "no key of this log was given, so nothing says who signed it".to_owned(),
            );
        }
        Self {
            trusted,
            pending: Vec::new(),
        }
    }

    /// A record says that another key signs from here on.
    pub(super) fn rotation(&mut self, index: u64, rotation: &KeyRotation, report: &mut Report) {
        let (Ok(added), Ok(retired)) = (
            Verifier::parse(&rotation.added),
            Verifier::parse(&rotation.retired),
        ) else {
            report.problem(
                Some(index),
                Code::Rotation,
                "a change of the key names something that is no key".to_owned(),
            );
            return;
        };
        let name = self
            .trusted
            .first()
            .map_or(added.name(), |first| first.key.name());
        if added.name() != name || added.kind() != KeyKind::Log {
            report.problem(
                Some(index),
                Code::Rotation,
                "a change of the key names a key of another log".to_owned(),
            );
            return;
        }
        let is_again = self
            .trusted
            .iter()
            .any(|trusted| trusted.key == retired && trusted.retired_by.is_some());
        if is_again
            || self
                .pending
                .iter()
                .any(|pending| pending.retired == retired)
        {
            report.problem(
                Some(index),
                Code::Rotation,
                "a change of the key retires a key that was retired before".to_owned(),
            );
            return;
        }
        let is_followed = self.trusted.iter().any(|trusted| trusted.key == retired)
            || self.pending.iter().any(|pending| pending.added == retired);
        if !is_followed {
            // By keys that nobody trusts: from before a key that is trusted, or of no weight.
            return;
        }
        if self.pending.len() >= MAX_PENDING {
            report.problem(
                Some(index),
                Code::Rotation,
                "more changes of the key than are followed stand under no checkpoint".to_owned(),
            );
            return;
        }
        for trusted in self
            .trusted
            .iter_mut()
            .filter(|trusted| trusted.key == retired)
        {
            trusted.retired_by = Some(index);
        }
        self.pending.push(Pending {
            index,
            added,
            retired,
        });
    }

    /// A checkpoint whose root is right: it may pass trust on.
    pub(super) fn passes_on(&mut self, signed: &SignedCheckpoint) {
        let size = signed.checkpoint().size;
        let mut position = 0;
        while let Some(pending) = self.pending.get(position) {
            let is_trusted = self
                .trusted
                .iter()
                .any(|trusted| trusted.key == pending.retired);
            let is_passed = pending.index < size
                && is_trusted
                && signed.note().verify(&pending.retired).is_ok();
            if !is_passed {
                position += 1;
                continue;
            }
            let pending = self.pending.remove(position);
            let retired_by = self
                .pending
                .iter()
                .find(|later| later.retired == pending.added)
                .map(|later| later.index);
            if !self
                .trusted
                .iter()
                .any(|trusted| trusted.key == pending.added)
            {
                self.trusted.push(TrustedKey {
                    key: pending.added,
                    retired_by,
                });
            }
            // A rotation before this one in the list may follow from the key that is trusted now.
            position = 0;
        }
    }

    /// The key that a checkpoint is rightly signed with.
    pub(super) fn signer(&self, signed: &SignedCheckpoint) -> Result<&Verifier, (Code, String)> {
        let size = signed.checkpoint().size;
        let mut outcome = (Code::UnknownKey, "is signed by no trusted key".to_owned());
        for trusted in &self.trusted {
            match signed.note().verify(&trusted.key) {
                Ok(_) if trusted.retired_by.is_some_and(|index| index < size) => {
                    outcome = (
                        Code::RetiredKey,
                        "is signed by a key that was retired before".to_owned(),
                    );
                }
                Ok(_) => return Ok(&trusted.key),
                Err(NoteError::UnknownKey) => {}
                Err(error) => outcome = (Code::Signature, format!("does not verify: {error}")),
            }
        }
        Err(outcome)
    }
}
