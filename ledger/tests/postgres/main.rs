//! The ledger in PostgreSQL, on servers that the tests start and stop.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "tests"
)]

mod audit;
mod cluster;
mod faults;
mod keys;
mod log;
mod proxy;
mod refused;
mod rights;
mod schema;
mod sequencers;
#[allow(dead_code, reason = "the tests of the command line use the rest")]
#[path = "../../../tests/postgres/server.rs"]
mod server;
mod tampering;
mod throughput;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Actor, ActorKind, Canary, Draft, Event};
use soc2gate_ledger::store::Submission;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions};

use crate::cluster::Cluster;

const ORIGIN: &str = "ledger.example/test";

fn options() -> PostgresOptions {
    PostgresOptions {
        deadline: Duration::from_secs(60),
        ..PostgresOptions::default()
    }
}

fn ring() -> Arc<KeyRing> {
    Arc::new(KeyRing::generate(ORIGIN).unwrap())
}

fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn actor() -> Actor {
    Actor {
        kind: ActorKind::Service,
        id: "gate".to_owned(),
    }
}

/// A record of about a kilobyte.
fn submission() -> Submission {
    let event = Event::Canary(Canary {
        control: "WRK-01".to_owned(),
        expected: "deny".to_owned(),
        observed: "x".repeat(700),
    });
    Submission {
        draft: Draft::new(now(), actor(), event).unwrap(),
        documents: Vec::new(),
    }
}

fn submissions(number: usize) -> Vec<Submission> {
    (0..number).map(|_| submission()).collect()
}

/// A new ledger in a schema of its own. The connection of a superuser finds its tables.
fn ledger_in(cluster: &Cluster, schema: &str) -> (Arc<KeyRing>, PostgresLedger, PostgresOptions) {
    let options = PostgresOptions {
        schema: schema.to_owned(),
        ..options()
    };
    let ring = ring();
    PostgresLedger::init(&cluster.address(), &ring, now(), &options).unwrap();
    let ledger = PostgresLedger::open(&cluster.address(), Arc::clone(&ring), &options).unwrap();
    (ring, ledger, options)
}

/// A cluster with a new ledger.
fn ledger() -> (Cluster, Arc<KeyRing>, PostgresLedger) {
    let cluster = Cluster::start();
    let ring = ring();
    PostgresLedger::init(&cluster.address(), &ring, now(), &options()).unwrap();
    let ledger = PostgresLedger::open(&cluster.address(), Arc::clone(&ring), &options()).unwrap();
    (cluster, ring, ledger)
}
