//! What went wrong with the database, and whether it is worth another try.

use std::error::Error as _;
use std::io;

use postgres::Error;
use postgres::error::SqlState;

use crate::keys::SealError;
use crate::note::NoteError;
use crate::record::RecordError;
use crate::store::StoreError;

/// Why a try failed.
pub(super) enum Failure {
    /// The client or the server said so.
    Database(Error),
    /// The server stopped waiting for its standbys before they had what was committed.
    Unconfirmed,
    /// Every connection is in use.
    Busy,
    /// Something that no other try changes.
    Final(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<NoteError> for Failure {
    fn from(error: NoteError) -> Self {
        Self::Final(error.into())
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        Self::Final(error.into())
    }
}

impl From<SealError> for Failure {
    fn from(error: SealError) -> Self {
        Self::Final(error.into())
    }
}

impl Failure {
    /// Whether the same may succeed a little later.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unconfirmed | Self::Busy => true,
            Self::Final(_) => false,
            Self::Database(error) => match error.code() {
                Some(code) => is_transient_state(code),
                None => error.is_closed() || is_lost(error),
            },
        }
    }

    /// The error of a store, once nothing is tried any more.
    pub(super) fn into_store_error(self, action: &'static str, tried: bool) -> StoreError {
        let message = match self {
            Self::Final(error) => return error,
            Self::Database(error) => describe(&error),
            Self::Unconfirmed => {
                "the server stopped waiting for its synchronous standbys".to_owned()
            }
            Self::Busy => "every connection is in use".to_owned(),
        };
        let message = if tried {
            format!("{message} (tried again until the deadline)")
        } else {
            message
        };
        StoreError::Database { action, message }
    }
}

/// States in which the server refuses or undoes what it would do a little later, or after another one took over.
fn is_transient_state(code: &SqlState) -> bool {
    // Class 40: rolled back (serialization, deadlock, unknown completion). Class 08: connection.
    code.code().starts_with("40")
        || code.code().starts_with("08")
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::QUERY_CANCELED,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code)
}

/// Whether the connection broke or could not be made. A certificate that is not trusted is no broken connection.
fn is_lost(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.is::<rustls::Error>() {
            return false;
        }
        if let Some(system) = inner.downcast_ref::<io::Error>() {
            let by_tls = system
                .get_ref()
                .and_then(|inside| inside.downcast_ref::<rustls::Error>())
                .is_some();
            return !by_tls && system.kind() != io::ErrorKind::InvalidInput;
        }
        cause = inner.source();
    }
    // A timeout has no cause; no other error without one is transient.
    error.to_string() == "timeout waiting for server"
}

/// What is told of an error: the server's message without its details, which may quote rows.
pub(super) fn describe(error: &Error) -> String {
    if let Some(database) = error.as_db_error() {
        return format!("{} ({})", database.message(), database.code().code());
    }
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
