//! Sealed documents against what records say of them.

use super::report::{Code, DocumentCounts, Report};
use crate::Hash;
use crate::keys::WRAPPED_KEY;
use crate::record::{BulkRef, Record};
use crate::store::Log;

pub(super) struct Documents<'a, L: ?Sized> {
    log: &'a L,
}

impl<'a, L: Log + ?Sized> Documents<'a, L> {
    pub(super) fn new(log: &'a L) -> Self {
        Self { log }
    }

    pub(super) fn look_at(&mut self, record: &Record, report: &mut Report) {
        for reference in &record.bulk {
            self.check(record.index, reference, report);
        }
    }

    fn check(&self, index: u64, reference: &BulkRef, report: &mut Report) {
        let mut counts = report.documents.unwrap_or_default();
        counts.named += 1;
        let Some(hash) = Hash::from_hex(&reference.sha256) else {
            let text = "a document is named by something that is no hash".to_owned();
            report.problem(Some(index), Code::Document, text);
            return;
        };
        match self.log.document(&hash) {
            Ok(Some(sealed)) => {
                let size = u64::try_from(sealed.bytes.len()).unwrap_or(u64::MAX);
                if sealed.hash() == hash && size == reference.size {
                    counts.sound += 1;
                    counts.erased += u64::from(sealed.wrapped_key == [0; WRAPPED_KEY]);
                } else {
                    let text = "a document is not the one that the record names".to_owned();
                    report.problem(Some(index), Code::Document, text);
                }
            }
            Ok(None) => {
                counts.missing += 1;
                let text = "a document is not there".to_owned();
                report.finding(Some(index), Code::DocumentMissing, text);
            }
            Err(error) => report.failed(&error),
        }
        report.documents = Some(counts);
    }
}

impl DocumentCounts {
    /// Whether every document that records name is there and right.
    pub fn is_complete(&self) -> bool {
        self.sound == self.named
    }
}
