//! A few connections that many threads share.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::Client;

use super::address::Address;
use super::failure::Failure;
use super::options::PostgresOptions;
use super::session::{self, Access};
use crate::store::StoreError;

/// The first wait before another try; each next one is twice as long, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(10);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Connections to one server.
pub(super) struct Pool {
    address: Arc<Address>,
    options: PostgresOptions,
    access: Access,
    most: usize,
    connections: Mutex<Connections>,
    given_back: Condvar,
}

#[derive(Default)]
struct Connections {
    idle: Vec<Connection>,
    /// Idle ones and those in use.
    open: usize,
}

/// A connection whose session is set up.
struct Connection {
    client: Client,
    /// Set when the server says that it did not wait for its standbys.
    unconfirmed: Arc<AtomicBool>,
}

impl Pool {
    /// A pool that has no connection yet.
    pub(super) fn new(
        address: Arc<Address>,
        options: &PostgresOptions,
        access: Access,
        most: usize,
    ) -> Self {
        Self {
            address,
            options: options.clone(),
            access,
            most: most.max(1),
            connections: Mutex::default(),
            given_back: Condvar::new(),
        }
    }

    /// Does something on a connection, again and again while what fails may pass, until the deadline. What is done
    /// must have the same effect when it is done twice: nobody knows whether a commit whose answer was lost took place.
    pub(super) fn run<T>(
        &self,
        action: &'static str,
        mut work: impl FnMut(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.options.deadline;
        let mut wait = FIRST_WAIT;
        let mut tried = false;
        loop {
            let failure = match self.attempt(deadline, &mut work) {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if !failure.is_transient() || left < wait {
                return Err(failure.into_store_error(action, tried));
            }
            tried = true;
            std::thread::sleep(jittered(wait));
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn attempt<T>(
        &self,
        deadline: Instant,
        work: &mut impl FnMut(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut connection = self.take(deadline)?;
        connection.unconfirmed.store(false, Ordering::Relaxed);
        let done = work(&mut connection.client);
        let unconfirmed = connection.unconfirmed.load(Ordering::Relaxed);
        match done {
            Ok(_) if unconfirmed => {
                self.close(connection);
                Err(Failure::Unconfirmed)
            }
            Ok(value) => {
                self.give_back(connection);
                Ok(value)
            }
            Err(failure) => {
                // What state it is in is not worth finding out; the others may have been cut off with it.
                self.close(connection);
                if failure.is_transient() {
                    self.close_idle();
                }
                Err(failure)
            }
        }
    }

    fn take(&self, deadline: Instant) -> Result<Connection, Failure> {
        let mut connections = self.lock();
        loop {
            if let Some(connection) = connections.idle.pop() {
                if !connection.client.is_closed() {
                    return Ok(connection);
                }
                connections.open -= 1;
                continue;
            }
            if connections.open < self.most {
                connections.open += 1;
                drop(connections);
                return self.connect().inspect_err(|_| self.one_less());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Failure::Busy);
            }
            connections = self
                .given_back
                .wait_timeout(connections, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn connect(&self) -> Result<Connection, Failure> {
        let unconfirmed = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&unconfirmed);
        let mut config = self.address.config.clone();
        config.notice_callback(move |notice| {
            // The name of the function is the same in every language of messages.
            if notice.routine() == Some("SyncRepWaitForLSN") {
                flag.store(true, Ordering::Relaxed);
            }
        });
        let mut client = config.connect(self.address.tls.clone())?;
        session::prepare(&mut client, &self.options, self.access)?;
        Ok(Connection {
            client,
            unconfirmed,
        })
    }

    fn give_back(&self, connection: Connection) {
        self.lock().idle.push(connection);
        self.given_back.notify_one();
    }

    fn close(&self, connection: Connection) {
        drop(connection);
        self.one_less();
    }

    fn close_idle(&self) {
        let idle = {
            let mut connections = self.lock();
            connections.open -= connections.idle.len();
            mem::take(&mut connections.idle)
        };
        drop(idle);
        self.given_back.notify_all();
    }

    fn one_less(&self) {
        self.lock().open -= 1;
        self.given_back.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Connections> {
        // No code that holds the lock can leave it half changed.
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Between half of a wait and all of it, so that those who failed together do not come back together.
fn jittered(wait: Duration) -> Duration {
    let mut byte = [u8::MAX];
    // Without chance the whole wait is as good.
    let _ = getrandom::fill(&mut byte);
    let [byte] = byte;
    wait / 2 + wait / 2 * u32::from(byte) / 255
}
