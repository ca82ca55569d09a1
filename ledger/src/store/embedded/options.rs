//! What may be chosen when a ledger is opened for writing.

use std::time::Duration;

/// How a ledger is written. The defaults suit both a command line and a busy webhook.
#[derive(Debug, Clone)]
pub struct Options {
    /// A checkpoint is signed at the latest this long after a record.
    pub checkpoint_interval: Duration,
    /// A checkpoint is signed at the latest after as many records.
    pub checkpoint_records: u64,
    /// A segment of the log that is longer gets no more records.
    pub segment_bytes: u64,
    /// A pack of documents that is longer gets no more of them.
    pub pack_bytes: u64,
    /// Bytes that may wait to be written before [`super::EmbeddedLedger::submit`] waits too.
    pub queue_bytes: usize,
    /// Batches that may be on their way to the disk at once.
    pub batches_in_flight: usize,
    /// Ids of recent records that are remembered, so that none is written twice.
    pub remembered_ids: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            checkpoint_interval: Duration::from_secs(1),
            checkpoint_records: 4_096,
            segment_bytes: 16 * 1024 * 1024,
            pack_bytes: 64 * 1024 * 1024,
            queue_bytes: 16 * 1024 * 1024,
            batches_in_flight: 4,
            remembered_ids: 65_536,
        }
    }
}
