//! A thread that seals what is pending, again and again.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Shared;
use crate::store::StoreError;

/// The thread. It ends when this is dropped, after the round that it is in.
pub(super) struct Background {
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    failure: Arc<Mutex<Option<String>>>,
}

impl Background {
    pub(super) fn start(shared: Arc<Shared>, interval: Duration) -> Result<Self, StoreError> {
        let (stop, stopped) = mpsc::channel::<()>();
        let failure = Arc::new(Mutex::new(None));
        let last = Arc::clone(&failure);
        let thread = thread::Builder::new()
            .name("soc2gate-sequencer".to_owned())
            .spawn(move || {
                while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                    let failed = shared.seal(None).err().map(|error| error.to_string());
                    *last.lock().unwrap_or_else(PoisonError::into_inner) = failed;
                }
            })
            .map_err(StoreError::io("start the sequencer"))?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
            failure,
        })
    }

    /// What the last round said, where it failed.
    pub(super) fn failure(&self) -> Option<String> {
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in it was told of already, by the panic hook.
            let _ = thread.join();
        }
    }
}
