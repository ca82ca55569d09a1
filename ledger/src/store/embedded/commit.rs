//! Threads that write batches of records and acknowledge them.
//!
//! One at a time takes what waits, gives it its indexes and writes it; then it lets the next one do so while it
//! waits for the disk. Outcomes are told in the order of the batches: a record is acknowledged when it and all
//! before it are durable.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard};

use super::disk::{DiskFile, Mode, write_all_at};
use super::folder::Folder;
use super::ids::RecentIds;
use super::lock;
use super::options::Options;
use super::pack;
use super::sealer::Message;
use super::segment::{self, put_frame};
use super::state::{Failure, Reply, State, Waiting};
use crate::store::{Receipt, StoreError};

/// Bytes that a batch has about, where as many wait.
const BATCH: usize = 512 * 1024;

/// The end of the log, where the next batch goes.
#[derive(Debug)]
pub(super) struct Tail {
    /// The first index of the last segment.
    pub(super) segment: u64,
    /// Where the next frame goes in it.
    pub(super) offset: u64,
    /// The index that comes next.
    pub(super) next: u64,
    /// The number of the next batch.
    pub(super) batch: u64,
    /// The last pack, where there is one.
    pub(super) pack: Option<PackTail>,
    pub(super) ids: RecentIds,
}

/// The end of the last pack.
#[derive(Debug)]
pub(super) struct PackTail {
    pub(super) number: u32,
    pub(super) offset: u64,
    pub(super) file: Box<dyn DiskFile>,
}

/// What a committing thread works with.
pub(super) struct Committer {
    pub(super) folder: Folder,
    pub(super) origin: String,
    pub(super) options: Arc<Options>,
    pub(super) state: Arc<State>,
    pub(super) tail: Arc<Mutex<Tail>>,
    pub(super) sealer: SyncSender<Message>,
    /// The last segment, opened by this thread: a failed write-back is told once to each opening.
    pub(super) log: Option<(u64, Box<dyn DiskFile>)>,
}

/// What came of records that were to be written at once.
pub(super) enum Alone {
    /// They are durable, or they failed.
    Done(Result<Vec<Receipt>, StoreError>),
    /// Others were on their way; nothing was done.
    Busy(Vec<Waiting>),
}

/// A batch that was written and is on its way to the disk.
struct Written {
    number: u64,
    /// The frames; empty where all records were there already.
    frames: Vec<u8>,
    /// The size of the log with it.
    size: u64,
    /// For each reply its receipts.
    receipts: Vec<Vec<Receipt>>,
}

impl Committer {
    /// Runs until the writer closes.
    pub(super) fn run(mut self) {
        let state = Arc::clone(&self.state);
        let _guard = FailOnPanic(&state);
        let shared = Arc::clone(&self.tail);
        while state.wait_for_records() {
            let tail = lock(&shared);
            let (groups, replies): (Vec<_>, Vec<_>) = state
                .take(BATCH)
                .into_iter()
                .map(|group| (group.records, group.reply))
                .unzip();
            if groups.is_empty() {
                continue;
            }
            match self.commit(tail, &groups) {
                Ok(receipts) => {
                    for (reply, receipts) in replies.iter().zip(receipts) {
                        // Who does not wait any more need not be told.
                        let _ = reply.send(Ok(receipts));
                    }
                }
                Err(error) => self.refuse(&replies, &error),
            }
        }
    }

    /// Writes records on the thread of whoever hands them over, where nothing else is on its way: handing them to another
    /// thread and back takes as long as a fast disk. Gives them back where something is, to be written together with that.
    pub(super) fn commit_alone(&mut self, records: Vec<Waiting>) -> Alone {
        let state = Arc::clone(&self.state);
        let _guard = FailOnPanic(&state);
        let shared = Arc::clone(&self.tail);
        let tail = match shared.try_lock() {
            Ok(tail) if state.is_idle(tail.batch) => tail,
            _ => return Alone::Busy(records),
        };
        let outcome = self.commit(tail, &[records]);
        if let Err(error) = &outcome {
            state.fail(Failure::of(error));
        }
        Alone::Done(outcome.map(|receipts| receipts.into_iter().flatten().collect()))
    }

    /// Writes groups of records and makes them durable. Their receipts.
    fn commit(
        &mut self,
        mut tail: MutexGuard<'_, Tail>,
        groups: &[Vec<Waiting>],
    ) -> Result<Vec<Vec<Receipt>>, StoreError> {
        let written = if self.state.failure().is_some() {
            Err(StoreError::Poisoned)
        } else {
            self.write(&mut tail, groups)
        };
        if let Err(error) = &written {
            // Before the next one writes.
            self.state.fail(Failure::of(error));
        }
        drop(tail);
        written.and_then(|written| self.sync(written))
    }

    /// Gives records their indexes and writes them: first their documents, durably, then one write of all frames.
    fn write(&mut self, tail: &mut Tail, groups: &[Vec<Waiting>]) -> Result<Written, StoreError> {
        self.follow(tail)?;
        let durable = self.state.durable();
        let (mut frames, mut documents) = buffers(groups);
        let mut receipts = Vec::with_capacity(groups.len());
        for records in groups {
            let mut group = Vec::with_capacity(records.len());
            for record in records {
                let known = tail.ids.index(&record.id);
                let index = known.unwrap_or(tail.next);
                if known.is_none() {
                    for document in &record.documents {
                        pack::put_document(&mut documents, document)?;
                    }
                    put_frame(&mut frames, index, durable, &record.entry.at(index));
                    tail.ids.insert(record.id, index);
                    tail.next += 1;
                }
                group.push(Receipt {
                    id: record.entry.id.clone(),
                    index: Some(index),
                });
            }
            receipts.push(group);
        }
        if !documents.is_empty() {
            self.write_documents(tail, &documents)?;
        }
        if !frames.is_empty() {
            let (_, file) = self.log.as_mut().ok_or(StoreError::Poisoned)?;
            write_all_at(file.as_mut(), &frames, tail.offset)
                .map_err(StoreError::io("write the log"))?;
            tail.offset += frames.len() as u64;
        }
        let number = tail.batch;
        tail.batch += 1;
        Ok(Written {
            number,
            frames,
            size: tail.next,
            receipts,
        })
    }

    /// Opens the last segment, a new one where that is long enough.
    fn follow(&mut self, tail: &mut Tail) -> Result<(), StoreError> {
        if tail.offset >= self.options.segment_bytes {
            // Readers rely on it: behind a segment that another one follows, nothing is torn.
            self.state.wait_for(tail.batch)?;
            let begin = segment::header(&self.origin, tail.next);
            let file = self
                .folder
                .begin(&self.folder.segment(tail.next), &begin)
                .map_err(StoreError::io("begin a segment of the log"))?;
            self.log = Some((tail.next, file));
            tail.segment = tail.next;
            tail.offset = begin.len() as u64;
        } else if self
            .log
            .as_ref()
            .is_none_or(|(first, _)| *first != tail.segment)
        {
            let file = self
                .folder
                .disk()
                .open(&self.folder.segment(tail.segment), Mode::Change)
                .map_err(StoreError::io("open the log"))?;
            self.log = Some((tail.segment, file));
        }
        Ok(())
    }

    /// Writes documents to the last pack, a new one where that is long enough, and makes them durable.
    fn write_documents(&self, tail: &mut Tail, documents: &[u8]) -> Result<(), StoreError> {
        if tail
            .pack
            .as_ref()
            .is_none_or(|pack| pack.offset >= self.options.pack_bytes)
        {
            let number = tail.pack.as_ref().map_or(0, |pack| pack.number + 1);
            let file = self
                .folder
                .begin(&self.folder.pack(number), pack::header())
                .map_err(StoreError::io("begin a pack of documents"))?;
            tail.pack = Some(PackTail {
                number,
                offset: pack::HEADER,
                file,
            });
        }
        let pack = tail.pack.as_mut().ok_or(StoreError::Poisoned)?;
        write_all_at(pack.file.as_mut(), documents, pack.offset)
            .and_then(|()| pack.file.sync())
            .map_err(StoreError::io("write documents"))?;
        pack.offset += documents.len() as u64;
        Ok(())
    }

    /// Makes a batch durable and waits for those before it. Its receipts.
    fn sync(&mut self, written: Written) -> Result<Vec<Vec<Receipt>>, StoreError> {
        if !written.frames.is_empty() {
            let (_, file) = self.log.as_mut().ok_or(StoreError::Poisoned)?;
            file.sync().map_err(StoreError::io("write the log"))?;
        }
        self.state.wait_for(written.number)?;
        if !written.frames.is_empty() {
            // In the order of the batches, and before any of it is acknowledged: who seals after that seals it too.
            self.sealer
                .send(Message::Batch(written.frames))
                .map_err(|_| StoreError::Poisoned)?;
        }
        self.state.done(written.number, written.size);
        Ok(written.receipts)
    }

    /// Tells that records are not acknowledged, and why.
    fn refuse(&self, replies: &[Reply], error: &StoreError) {
        self.state.fail(Failure::of(error));
        for reply in replies {
            let error = self
                .state
                .failure()
                .map_or(StoreError::Poisoned, Failure::error);
            let _ = reply.send(Err(error));
        }
    }
}

/// Room for the frames and for the documents of some records, so that neither is moved while it grows.
fn buffers(groups: &[Vec<Waiting>]) -> (Vec<u8>, Vec<u8>) {
    let (mut frames, mut documents) = (0, 0);
    for record in groups.iter().flatten() {
        frames += segment::FRAME + record.entry.longest();
        documents += record
            .documents
            .iter()
            .map(pack::document_length)
            .sum::<usize>();
    }
    (Vec::with_capacity(frames), Vec::with_capacity(documents))
}

/// Sees to it that nobody waits for a thread that is gone.
pub(super) struct FailOnPanic<'a>(pub(super) &'a State);

impl Drop for FailOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(Failure::of(&StoreError::Poisoned));
        }
    }
}
