//! A server, and what only its owner can do to a ledger in it.

use std::ops::Deref;

use postgres::{Client, NoTls};

pub(crate) use crate::server::PASSWORD;
use crate::server::Server;

/// A running server.
pub(crate) struct Cluster(Server);

impl Cluster {
    /// Starts a server that waits for its disk, as a server does that is not told otherwise.
    pub(crate) fn start() -> Self {
        Self(Server::start())
    }

    /// Starts a server with more settings.
    pub(crate) fn start_with(settings: &str) -> Self {
        Self(Server::start_with(settings))
    }

    /// A connection of a superuser, who may do everything.
    pub(crate) fn superuser(&self) -> Client {
        let mut client = Client::connect(&self.address(), NoTls).unwrap();
        client
            .batch_execute("SET search_path TO soc2gate, public")
            .unwrap();
        client
    }

    /// Does something that triggers would refuse.
    pub(crate) fn tamper(&self, schema: &str, statements: &str) {
        self.superuser()
            .batch_execute(&format!(
                "SET search_path TO {schema}; SET session_replication_role = replica; {statements}"
            ))
            .unwrap();
    }
}

impl Deref for Cluster {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}
