//! How a ledger in PostgreSQL is used.

use std::fmt;
use std::time::Duration;

use zeroize::Zeroizing;

/// What may be chosen. The address says where the server is and how it is reached.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The schema that holds the ledger: lowercase letters, digits and underscores.
    pub schema: String,
    /// The password, where it does not stand in the address.
    pub password: Option<Zeroizing<String>>,
    /// Connections that are open at most. As many appends run at the same time.
    pub connections: usize,
    /// How long something is tried again before it is an error.
    pub deadline: Duration,
    /// How often a thread of this ledger seals what is pending; nothing where another process does.
    pub sequencer: Option<Duration>,
    /// Whether a server is accepted that does not wait for its disk (`fsync = off`): then nothing is durable.
    pub allow_fsync_off: bool,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            schema: "soc2gate".to_owned(),
            password: None,
            connections: 8,
            deadline: Duration::from_secs(30),
            sequencer: None,
            allow_fsync_off: false,
        }
    }
}

/// Never shows the password.
impl fmt::Debug for PostgresOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PostgresOptions")
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .field("deadline", &self.deadline)
            .field("sequencer", &self.sequencer)
            .field("allow_fsync_off", &self.allow_fsync_off)
            .finish_non_exhaustive()
    }
}
