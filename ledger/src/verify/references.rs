//! Ids, and what records say of each other.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;

use super::report::{Code, Report};
use crate::Hash;
use crate::record::{Event, Kind, Record};

/// An id or the beginning of a hash of one.
type Id = [u8; 16];

/// Ids and places of all records, and the references among them.
#[derive(Default)]
pub(super) struct References {
    /// Each id with its place: the index and, in the lowest bit, whether it is a decision.
    ids: Vec<(Id, u64)>,
    /// Ids that other records name, and by which record; whether it must be a decision's.
    named: Vec<(Id, u64, bool)>,
    digests: BTreeSet<String>,
    unknown_digests: BTreeSet<String>,
    opened: BTreeSet<Id>,
}

impl References {
    pub(super) fn look_at(&mut self, record: &Record, report: &mut Report) {
        let index = record.index;
        match parse(&record.id) {
            Some(id) => {
                let is_decision = u64::from(record.event.kind() == Kind::Decision);
                self.ids.push((id, index << 1 | is_decision));
            }
            None => report.problem(
                Some(index),
                Code::IdForm,
                "the id is not 32 hexadecimal digits".to_owned(),
            ),
        }
        match &record.event {
            Event::Decision(decision) => {
                self.digest(index, &decision.policies, report);
                self.digest(index, &decision.settings, report);
            }
            Event::PolicyChange(change) => {
                self.digests.insert(change.policies.clone());
            }
            Event::ConfigurationChange(change) => {
                self.digests.insert(change.settings.clone());
            }
            Event::ExceptionUsed(used) => self.name(index, &used.decision, true, report),
            Event::ObligationOpened(opened) => {
                self.opened.insert(short(&opened.obligation));
                self.name(index, &opened.cause, false, report);
            }
            Event::ObligationClosed(closed)
                if !self.opened.contains(&short(&closed.obligation)) =>
            {
                report.finding(
                    Some(index),
                    Code::Obligation,
                    "an obligation is closed that no earlier record opened".to_owned(),
                );
            }
            _ => {}
        }
    }

    /// A decision names a digest; one finding for each digest that is not known.
    fn digest(&mut self, index: u64, digest: &str, report: &mut Report) {
        if !self.digests.contains(digest) && self.unknown_digests.insert(digest.to_owned()) {
            report.finding(
                Some(index),
                Code::Digest,
                "no earlier record holds the policies or the settings of this decision".to_owned(),
            );
        }
    }

    fn name(&mut self, index: u64, id: &str, is_decision: bool, report: &mut Report) {
        match parse(id) {
            Some(id) => self.named.push((id, index, is_decision)),
            None => reference(index, report),
        }
    }

    /// Looks for ids that are there twice and for those that are not there.
    pub(super) fn finish(mut self, report: &mut Report) {
        self.ids.sort_unstable();
        for pair in self.ids.windows(2) {
            if let [(first, place), (second, again)] = pair
                && first == second
            {
                report.problem(
                    Some(again >> 1),
                    Code::IdTwice,
                    format!("the id is that of record {}", place >> 1),
                );
            }
        }
        for (id, index, must_be_decision) in &self.named {
            let from = self.ids.partition_point(|(other, _)| other < id);
            let found = self.ids.get(from).filter(|(other, _)| other == id);
            let is_right = found.is_some_and(|(_, place)| !*must_be_decision || place & 1 == 1);
            if !is_right {
                reference(*index, report);
            }
        }
    }
}

fn reference(index: u64, report: &mut Report) {
    report.finding(
        Some(index),
        Code::Reference,
        "the record names a record that is not there, or one of another kind".to_owned(),
    );
}

/// The bytes of 32 lowercase hexadecimal digits.
fn parse(id: &str) -> Option<Id> {
    let mut bytes = [0; 16];
    if id.len() != 32 {
        return None;
    }
    HEXLOWER.decode_mut(id.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

/// Ids that are any text, in few bytes.
fn short(text: &str) -> Id {
    let hash = Hash::of(text.as_bytes());
    hash.0.first_chunk::<16>().copied().unwrap_or_default()
}
