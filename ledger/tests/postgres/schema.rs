//! The tables are made once, whoever asks, and used only in the version that is known.

use std::env;
use std::process::Command;
use std::thread;

use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions, PostgresReader};
use soc2gate_ledger::store::{Log, Store, StoreError};

use crate::cluster::Cluster;
use crate::{ledger, ledger_in, now, options, ring, submissions};

const ADDRESS: &str = "SOC2GATE_TEST_INIT_ADDRESS";
const KEYS: &str = "SOC2GATE_TEST_INIT_KEYS";

#[test]
#[ignore = "a process of its own, started by the test that follows"]
fn init_in_another_process() {
    let ring = KeyRing::parse(&env::var(KEYS).unwrap()).unwrap();
    PostgresLedger::init(&env::var(ADDRESS).unwrap(), &ring, now(), &options()).unwrap();
}

#[test]
fn several_processes_may_make_the_tables_at_once() {
    let cluster = Cluster::start();
    let ring = ring();
    let mut children: Vec<_> = (0..3)
        .map(|_| {
            Command::new(env::current_exe().unwrap())
                .args(["--ignored", "--exact", "schema::init_in_another_process"])
                .env(ADDRESS, cluster.address())
                .env(KEYS, ring.to_secret().unwrap().as_str())
                .spawn()
                .unwrap()
        })
        .collect();
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                PostgresLedger::init(&cluster.address(), &ring, now(), &options()).unwrap();
            });
        }
    });
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    let ledger = PostgresLedger::open(&cluster.address(), ring, &options()).unwrap();
    ledger.append(submissions(1)).unwrap();
    assert_eq!(ledger.seal().unwrap().checkpoint().size, 1);
}

#[test]
fn to_make_the_tables_again_changes_nothing() {
    let (cluster, ring, ledger) = ledger();
    ledger.append(submissions(2)).unwrap();
    let sealed = ledger.seal().unwrap();
    PostgresLedger::init(&cluster.address(), &ring, now(), &options()).unwrap();
    assert_eq!(ledger.checkpoint().unwrap(), Some(sealed));
    let rows = cluster
        .superuser()
        .query("SELECT version FROM schema_history", &[])
        .unwrap();
    assert_eq!(rows.len(), 1);
}

#[test]
fn ledgers_in_two_schemas_are_two_ledgers() {
    let (cluster, _, first) = ledger();
    let other = PostgresOptions {
        schema: "other_1".to_owned(),
        ..options()
    };
    let missing = PostgresReader::open(&cluster.address(), &other);
    assert!(matches!(missing, Err(StoreError::NotALedger(_))));
    let (_, second, _) = ledger_in(&cluster, "other_1");
    first.append(submissions(1)).unwrap();
    assert_eq!(first.seal().unwrap().checkpoint().size, 1);
    assert_eq!(second.seal().unwrap().checkpoint().size, 0);
}

#[test]
fn tables_of_another_version_are_refused() {
    let (cluster, ring, _) = ledger();
    cluster.tamper(
        "soc2gate",
        "INSERT INTO soc2gate.schema_history (version, name, applied_on, checksum)
         VALUES (2, 'later', '2026-11-23T10:00:00Z', '1')",
    );
    let open = || PostgresLedger::open(&cluster.address(), ring.clone(), &options()).err();
    let newer = "the ledger has format 2, which this version does not know";
    assert_eq!(open().unwrap().to_string(), newer);
    let init = PostgresLedger::init(&cluster.address(), &ring, now(), &options());
    assert_eq!(init.unwrap_err().to_string(), newer);
    cluster.tamper(
        "soc2gate",
        "UPDATE soc2gate.schema_history SET version = version - 2",
    );
    cluster.tamper(
        "soc2gate",
        "DELETE FROM soc2gate.schema_history WHERE version < 0",
    );
    assert!(matches!(open(), Some(StoreError::NotALedger(_))));
}
