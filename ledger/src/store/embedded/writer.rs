//! The one writer of a ledger in a folder.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{self, Sender, SyncSender};
use std::sync::{Arc, Mutex, RwLock};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use jiff::Timestamp;

use super::commit::{Alone, Committer, Tail};
use super::create::{create, take_lock};
use super::disk::{Disk, Mode, SystemDisk};
use super::folder::Folder;
use super::lock;
use super::manifest::Manifest;
use super::options::Options;
use super::pack;
use super::reader::EmbeddedReader;
use super::recovery::recover;
use super::sealer::{Message, Sealer};
use super::state::{Failure, Group, State, Waiting};
use super::submission::{Outcome, Ticket, prepare, rotation};
use crate::Hash;
use crate::keys::{KeyRing, SealedDocument};
use crate::note::{NoteError, SignedCheckpoint, Verifier};
use crate::record::Actor;
use crate::store::{Checkpoints, Entries, Log, Receipt, Store, StoreError, Submission};
use crate::tree::{self, Tile, TileNodes, Tiles};

/// Batches that may wait for the tree: so long may a checkpoint take before anyone waits for it.
const BATCHES_FOR_SEALER: usize = 64;
/// Records that are acknowledged together at the most; longer lists are several such groups.
const GROUP_RECORDS: usize = 1_024;
/// Bytes of documents after which a group ends.
const GROUP_BYTES: usize = 4 * 1024 * 1024;

/// A ledger in a folder, to be written and read. There is one in all processes; it may be shared among threads.
///
/// A record with an id that one of the most recent records has ([`Options::remembered_ids`]) is acknowledged with
/// the index of that one, and not written again.
pub struct EmbeddedLedger {
    folder: Folder,
    reader: EmbeddedReader,
    state: Arc<State>,
    ring: RwLock<Arc<KeyRing>>,
    /// Gone once the writer is closed.
    sealer: Option<SyncSender<Message>>,
    committers: Vec<JoinHandle<()>>,
    /// Of whoever finds nothing on its way; gone with the sealer.
    committer: Option<Mutex<Committer>>,
    sealing: Option<JoinHandle<Result<(), StoreError>>>,
    /// Held while keys are destroyed or changed.
    manifest: Mutex<Manifest>,
    _lock: Box<dyn Send + Sync>,
}

impl EmbeddedLedger {
    /// Makes a ledger in a folder that holds none.
    pub fn init(folder: &Path, ring: &KeyRing, created: Timestamp) -> Result<(), StoreError> {
        create(&Folder::new(Arc::new(SystemDisk), folder), ring, created)
    }

    /// Opens the ledger in a folder for writing, and brings into order what a writer before left that was stopped.
    pub fn open(folder: &Path, ring: Arc<KeyRing>, options: Options) -> Result<Self, StoreError> {
        Self::open_on(Arc::new(SystemDisk), folder, ring, &Arc::new(options))
    }

    pub(super) fn open_on(
        disk: Arc<dyn Disk>,
        path: &Path,
        ring: Arc<KeyRing>,
        options: &Arc<Options>,
    ) -> Result<Self, StoreError> {
        let folder = Folder::new(Arc::clone(&disk), path);
        // Without a ledger there is nothing to lock, and no file is made.
        Manifest::read(&folder)?.check(&ring)?;
        let held = take_lock(&folder)?;
        let manifest = Manifest::read(&folder)?;
        manifest.check(&ring)?;
        let recovered = recover(&folder, &manifest, options)?;
        let reader = EmbeddedReader::open_on(disk, path)?;
        let state = Arc::new(State::new(recovered.tail.next, options.queue_bytes));
        let signing = manifest
            .verifiers
            .last()
            .ok_or(StoreError::MissingKey)?
            .clone();
        let unsealed = recovered.edge.size() > recovered.keeper.newest().checkpoint().size;
        let (sender, messages) = mpsc::sync_channel(BATCHES_FOR_SEALER);
        let sealer = Sealer {
            folder: folder.clone(),
            options: Arc::clone(options),
            state: Arc::clone(&state),
            edge: recovered.edge,
            keeper: recovered.keeper,
            ring: Arc::clone(&ring),
            signing,
            waiting_since: unsealed.then(Instant::now),
        };
        let mut ledger = Self {
            folder,
            reader,
            state,
            ring: RwLock::new(ring),
            sealer: Some(sender),
            committers: Vec::new(),
            committer: None,
            sealing: Some(spawn("ledger-sealer", move || sealer.run(&messages))?),
            manifest: Mutex::new(manifest),
            _lock: held,
        };
        ledger.start_committers(recovered.tail, options)?;
        Ok(ledger)
    }

    fn start_committers(&mut self, tail: Tail, options: &Arc<Options>) -> Result<(), StoreError> {
        let tail = Arc::new(Mutex::new(tail));
        let committer = || {
            Ok::<_, StoreError>(Committer {
                folder: self.folder.clone(),
                origin: self.reader.origin().to_owned(),
                options: Arc::clone(options),
                state: Arc::clone(&self.state),
                tail: Arc::clone(&tail),
                sealer: self.sealer()?,
                log: None,
            })
        };
        let alone = committer()?;
        let threads: Vec<Committer> = (0..options.batches_in_flight.max(1))
            .map(|_| committer())
            .collect::<Result<_, _>>()?;
        self.committer = Some(Mutex::new(alone));
        for committer in threads {
            self.committers
                .push(spawn("ledger-writer", move || committer.run())?);
        }
        Ok(())
    }

    /// Hands records over and does not wait for them, except while the queue is full. The ticket tells when they are
    /// durable. Records of one caller are written in the order in which they are handed over.
    pub fn submit(&self, submissions: Vec<Submission>) -> Result<Ticket, StoreError> {
        if self.state.failure().is_some() {
            return Err(StoreError::Poisoned);
        }
        self.hand_over(self.prepare(submissions)?)
    }

    /// All are prepared before the first is handed over: what cannot be written stops nothing halfway.
    fn prepare(&self, submissions: Vec<Submission>) -> Result<Vec<Waiting>, StoreError> {
        let ring = self.ring();
        submissions
            .into_iter()
            .map(|submission| prepare(submission, &ring))
            .collect()
    }

    /// Hands over what is prepared.
    pub(super) fn hand_over(&self, waiting: Vec<Waiting>) -> Result<Ticket, StoreError> {
        let mut replies = Vec::new();
        let mut group = Vec::new();
        let mut bytes = 0;
        for record in waiting {
            bytes += record.bytes();
            group.push(record);
            if group.len() == GROUP_RECORDS || bytes > GROUP_BYTES {
                replies.push(self.push(std::mem::take(&mut group))?);
                bytes = 0;
            }
        }
        if !group.is_empty() {
            replies.push(self.push(group)?);
        }
        Ok(Ticket { replies })
    }

    fn push(&self, records: Vec<Waiting>) -> Result<Outcome, StoreError> {
        let (reply, outcome) = mpsc::channel();
        self.state.push(Group { records, reply })?;
        Ok(outcome)
    }

    /// Lets the keys that a ring has more than the ledger sign from now on: records it, and signs a checkpoint with the
    /// new key and the one before. The caller has kept the new ring where it will be found again. A rotation
    /// that was interrupted is completed by calling this again.
    pub fn rotate_keys(
        &self,
        ring: Arc<KeyRing>,
        time: Timestamp,
        actor: &Actor,
    ) -> Result<SignedCheckpoint, StoreError> {
        let mut manifest = lock(&self.manifest);
        manifest.check(&ring)?;
        let verifiers = ring.verifiers();
        for pair in verifiers.windows(2).skip(manifest.verifiers.len() - 1) {
            if let [retired, added] = pair {
                let draft = rotation(retired, added, time, actor.clone());
                self.append(vec![Submission {
                    draft,
                    documents: Vec::new(),
                }])?;
            }
        }
        let signing = Box::new(ring.signer().verifier().clone());
        let renewed = Manifest {
            verifiers,
            ..manifest.clone()
        };
        renewed.write(&self.folder).inspect_err(|error| {
            self.state.fail(Failure::of(error));
        })?;
        *manifest = renewed;
        *self
            .ring
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::clone(&ring);
        self.ask(|reply| Message::Keys {
            ring,
            signing,
            reply,
        })
    }

    /// Batches that were made durable since the ledger was opened, each by one `fdatasync` of the log.
    pub fn batches(&self) -> u64 {
        self.state.batches()
    }

    /// Writes what waits, signs a checkpoint over all records, and lets the ledger go.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.shut_down()
    }

    fn shut_down(&mut self) -> Result<(), StoreError> {
        self.state.close();
        for committer in self.committers.drain(..) {
            committer.join().map_err(|_| StoreError::Poisoned)?;
        }
        self.committer = None;
        self.sealer = None;
        match self.sealing.take() {
            Some(sealing) => sealing.join().map_err(|_| StoreError::Poisoned)?,
            None => Ok(()),
        }
    }

    fn ring(&self) -> Arc<KeyRing> {
        let ring = self.ring.read();
        Arc::clone(&ring.unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn sealer(&self) -> Result<SyncSender<Message>, StoreError> {
        self.sealer.clone().ok_or(StoreError::Poisoned)
    }

    /// Asks the sealer and waits for its answer.
    fn ask<T>(
        &self,
        message: impl FnOnce(Sender<Result<T, StoreError>>) -> Message,
    ) -> Result<T, StoreError> {
        let (reply, answer) = mpsc::channel();
        self.sealer()?
            .send(message(reply))
            .map_err(|_| StoreError::Poisoned)?;
        answer.recv().map_err(|_| StoreError::Poisoned)?
    }
}

impl Drop for EmbeddedLedger {
    fn drop(&mut self) {
        // What is acknowledged is durable, whether this succeeds or not.
        let _ = self.shut_down();
    }
}

impl fmt::Debug for EmbeddedLedger {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("EmbeddedLedger")
            .field("folder", &self.folder.root())
            .field("durable", &self.state.durable())
            .finish_non_exhaustive()
    }
}

impl Store for EmbeddedLedger {
    fn append(&self, submissions: Vec<Submission>) -> Result<Vec<Receipt>, StoreError> {
        if self.state.failure().is_some() {
            return Err(StoreError::Poisoned);
        }
        let mut waiting = self.prepare(submissions)?;
        let bytes: usize = waiting.iter().map(Waiting::bytes).sum();
        if (1..=GROUP_RECORDS).contains(&waiting.len())
            && bytes <= GROUP_BYTES
            && let Some(committer) = &self.committer
            && let Ok(mut committer) = committer.try_lock()
        {
            match committer.commit_alone(waiting) {
                Alone::Done(outcome) => return outcome,
                Alone::Busy(records) => waiting = records,
            }
        }
        self.hand_over(waiting)?.wait()
    }

    fn seal(&self) -> Result<SignedCheckpoint, StoreError> {
        self.ask(Message::Seal)
    }

    fn add_cosignatures(&self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        checkpoint.verify(&self.verifiers()?)?;
        let claimed = checkpoint.checkpoint();
        let newest = self.seal()?;
        // A key that signed two histories is no reason to keep both.
        let size = newest.checkpoint().size;
        if claimed.size > size
            || tree::root(claimed.size, &TileNodes::new(&Readable(&self.reader), size))?
                != claimed.root
        {
            return Err(NoteError::Origin.into());
        }
        let checkpoint = Box::new(checkpoint.clone());
        self.ask(|reply| Message::Cosigned(checkpoint, reply))
    }

    fn erase(&self, documents: &[Hash]) -> Result<u64, StoreError> {
        if self.state.failure().is_some() {
            return Err(StoreError::Poisoned);
        }
        let _alone = lock(&self.manifest);
        let mut by_pack: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for hash in documents {
            if let Some(place) = self.reader.place(hash)? {
                by_pack.entry(place.pack).or_default().push(place.offset);
            }
        }
        let mut erased = 0;
        for (number, offsets) in by_pack {
            let mut file = pack::open(&self.folder, number, Mode::Change)?;
            let erase = || {
                for offset in offsets {
                    erased += u64::from(pack::erase(file.as_mut(), offset)?);
                }
                file.sync().map_err(StoreError::io("erase documents"))
            };
            erase().inspect_err(|error| self.state.fail(Failure::of(error)))?;
        }
        Ok(erased)
    }
}

impl Log for EmbeddedLedger {
    fn origin(&self) -> &str {
        self.reader.origin()
    }

    fn verifiers(&self) -> Result<Vec<Verifier>, StoreError> {
        self.reader.verifiers()
    }

    fn checkpoints(&self) -> Result<Checkpoints<'_>, StoreError> {
        self.reader.checkpoints()
    }

    fn size(&self) -> Result<u64, StoreError> {
        Ok(self.state.durable())
    }

    fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        self.reader.checkpoint()
    }

    fn entries(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        let end = range.end.min(self.state.durable());
        self.reader.entries(range.start..end)
    }

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        self.reader.tile(tile)
    }

    fn document(&self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError> {
        self.reader.document(hash)
    }
}

/// The tiles of a reader.
struct Readable<'a>(&'a EmbeddedReader);

impl Tiles for Readable<'_> {
    type Error = StoreError;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        self.0.tile(tile)
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, StoreError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(StoreError::io("start a thread"))
}
