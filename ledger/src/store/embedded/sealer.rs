//! The thread that keeps the tree and signs checkpoints, beside the way of records to their acknowledgement.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Instant;

use super::commit::FailOnPanic;
use super::folder::Folder;
use super::history::Keeper;
use super::options::Options;
use super::segment::Frame;
use super::state::{Failure, State};
use super::tiles::{self, Edge};
use crate::Hash;
use crate::keys::KeyRing;
use crate::note::{Checkpoint, NoteError, SignedCheckpoint, Signer, Verifier};
use crate::store::StoreError;

/// What the sealer is told.
pub(super) enum Message {
    /// Frames that are durable, in order.
    Batch(Vec<u8>),
    /// A checkpoint is wanted over all that came before.
    Seal(Sender<Result<SignedCheckpoint, StoreError>>),
    /// A checkpoint came back from witnesses.
    Cosigned(Box<SignedCheckpoint>, Sender<Result<(), StoreError>>),
    /// Another key signs from now on.
    Keys {
        ring: Arc<KeyRing>,
        signing: Box<Verifier>,
        reply: Sender<Result<SignedCheckpoint, StoreError>>,
    },
}

/// Keeps the tree and signs checkpoints.
pub(super) struct Sealer {
    pub(super) folder: Folder,
    pub(super) options: Options,
    pub(super) state: Arc<State>,
    pub(super) edge: Edge,
    pub(super) keeper: Keeper,
    pub(super) ring: Arc<KeyRing>,
    /// The public half of the key that signs.
    pub(super) signing: Verifier,
    /// When the first record came that is under no checkpoint.
    pub(super) waiting_since: Option<Instant>,
}

impl Sealer {
    /// Runs until all who send are gone, then signs a last checkpoint.
    pub(super) fn run(mut self, messages: &Receiver<Message>) -> Result<(), StoreError> {
        let state = Arc::clone(&self.state);
        let _guard = FailOnPanic(&state);
        loop {
            let outcome = match self.receive(messages) {
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => self.seal().map(|_| ()),
                Err(RecvTimeoutError::Disconnected) => return self.seal().map(|_| ()),
            };
            if let Err(error) = outcome {
                state.fail(Failure::of(&error));
                // There is nothing to wait for any more.
                self.waiting_since = None;
            }
        }
    }

    fn receive(&self, messages: &Receiver<Message>) -> Result<Message, RecvTimeoutError> {
        let Some(since) = self.waiting_since else {
            return messages.recv().map_err(|_| RecvTimeoutError::Disconnected);
        };
        let left = self
            .options
            .checkpoint_interval
            .saturating_sub(since.elapsed());
        messages.recv_timeout(left)
    }

    fn handle(&mut self, message: Message) -> Result<(), StoreError> {
        match message {
            Message::Batch(frames) => self.append(&frames),
            Message::Seal(reply) => {
                let outcome = self.seal();
                self.answer(&reply, outcome)
            }
            Message::Cosigned(checkpoint, reply) => {
                let outcome = self.cosigned(&checkpoint);
                self.answer(&reply, outcome)
            }
            Message::Keys {
                ring,
                signing,
                reply,
            } => {
                self.ring = ring;
                self.signing = *signing;
                let outcome = self.seal();
                self.answer(&reply, outcome)
            }
        }
    }

    /// Hands an outcome to whoever asked; the failure of the disk, where it is one, is everybody's.
    fn answer<T>(
        &self,
        reply: &Sender<Result<T, StoreError>>,
        outcome: Result<T, StoreError>,
    ) -> Result<(), StoreError> {
        let failed = match &outcome {
            Err(error @ StoreError::Io { .. }) => Some(Failure::of(error)),
            _ => None,
        };
        if let Some(failure) = failed {
            // Before whoever asked goes on.
            self.state.fail(failure);
        }
        let _ = reply.send(outcome);
        failed.map_or(Ok(()), |failure| Err(failure.error()))
    }

    fn append(&mut self, frames: &[u8]) -> Result<(), StoreError> {
        if self.state.failure().is_some() {
            return Ok(());
        }
        let folder = &self.folder;
        let mut rest = frames;
        while let Some(frame) = Frame::parse(rest) {
            self.edge
                .append(Hash::leaf(frame.entry), &mut |tile, hashes| {
                    tiles::write(folder, tile, hashes)
                })?;
            rest = rest.get(frame.length()..).unwrap_or_default();
        }
        self.waiting_since.get_or_insert_with(Instant::now);
        let unsealed = self.edge.size() - self.keeper.newest().checkpoint().size;
        if unsealed >= self.options.checkpoint_records {
            self.seal()?;
        }
        Ok(())
    }

    /// Signs a checkpoint over all records, where there is none yet.
    fn seal(&mut self) -> Result<SignedCheckpoint, StoreError> {
        if self.state.failure().is_some() {
            return Err(StoreError::Poisoned);
        }
        self.waiting_since = None;
        let newest = self.keeper.newest();
        let by_this_key = newest.note().verify(&self.signing).is_ok();
        if newest.checkpoint().size == self.edge.size() && by_this_key {
            return Ok(newest.clone());
        }
        let checkpoint = Checkpoint {
            origin: self.ring.origin().to_owned(),
            size: self.edge.size(),
            root: self.edge.root(),
        };
        let signer = self.signer(&self.signing).ok_or(StoreError::MissingKey)?;
        let mut signed = checkpoint.sign(signer);
        if !by_this_key {
            // Who trusts the key before must be able to follow.
            let before = self
                .ring
                .signers()
                .iter()
                .rev()
                .find(|signer| newest.note().verify(signer.verifier()).is_ok());
            signed.cosign(before.ok_or(StoreError::MissingKey)?, 0);
        }
        self.keeper.keep(signed.clone())?;
        Ok(signed)
    }

    fn signer(&self, verifier: &Verifier) -> Option<&Signer> {
        self.ring
            .signers()
            .iter()
            .find(|signer| signer.verifier() == verifier)
    }

    /// Keeps the cosignatures of a checkpoint that is this log's.
    fn cosigned(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), StoreError> {
        if self.state.failure().is_some() {
            return Err(StoreError::Poisoned);
        }
        let newest = self.keeper.newest();
        if checkpoint.checkpoint().size > newest.checkpoint().size {
            return Err(NoteError::Checkpoint.into());
        }
        let mut known = if checkpoint.note().text() == newest.note().text() {
            newest.clone()
        } else {
            checkpoint.clone()
        };
        known.add_cosignatures(checkpoint);
        if known == *newest {
            return Ok(());
        }
        self.keeper.keep(known)
    }
}
