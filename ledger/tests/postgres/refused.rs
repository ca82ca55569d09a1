//! Servers and addresses that will not do.

use std::sync::Arc;

use rstest::rstest;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions, PostgresReader};
use soc2gate_ledger::store::{Log, Store, StoreError};

use crate::cluster::{Cluster, PASSWORD};
use crate::{ledger, now, options, ring};

fn message<T>(result: Result<T, StoreError>) -> String {
    let error = result.err().expect("it is refused");
    let text = format!("{error} {error:?}");
    assert!(!text.contains("pa55"), "{text}");
    error.to_string()
}

#[test]
fn a_server_that_does_not_wait_for_its_disk_is_refused() {
    let cluster = Cluster::start_with("fsync = off\nsynchronous_commit = off\n");
    let ring = ring();
    let init =
        |options: &PostgresOptions| PostgresLedger::init(&cluster.address(), &ring, now(), options);
    let error = message(init(&options()));
    assert!(error.contains("fsync is off"), "{error}");
    let allowed = PostgresOptions {
        allow_fsync_off: true,
        ..options()
    };
    init(&allowed).unwrap();
    let opened = PostgresLedger::open(&cluster.address(), Arc::clone(&ring), &options());
    assert!(message(opened).contains("fsync is off"));
    // What the server says of synchronous_commit does not count: the session has its own.
    PostgresLedger::open(&cluster.address(), ring, &allowed).unwrap();
}

#[test]
fn no_error_holds_the_password() {
    let (cluster, ring, _) = ledger();
    let address = cluster.address();
    let quick = PostgresOptions {
        deadline: std::time::Duration::from_millis(200),
        ..options()
    };
    let cases = [
        address.replace("postgres:canary-", "postgres:canary-pa55-"),
        address.replace("//postgres:", "//nobody:"),
        address
            .replace("/postgres", "/nothing")
            .replace("//nothing", "//postgres"),
        address.replace("127.0.0.1", "no-such-host.invalid"),
        format!("postgres://postgres:{PASSWORD}@127.0.0.1:1/postgres"),
        format!("postgres://postgres:{PASSWORD}@x@127.0.0.1:1/postgres"),
        format!("{address}?sslmode=require"),
        format!("{address}?sslmode={PASSWORD}"),
        format!("{address}?sslmode=verify-full&sslrootcert=/none/such"),
        format!("{address}?{PASSWORD}"),
        format!("{address}?no_such_option={PASSWORD}"),
        PASSWORD.to_owned(),
    ];
    for case in cases {
        message(PostgresLedger::open(&case, Arc::clone(&ring), &quick));
        message(PostgresLedger::init(&case, &ring, now(), &quick));
        message(PostgresReader::open(&case, &quick));
    }
}

#[test]
fn a_password_may_come_apart_from_the_address() {
    let (cluster, _, _) = ledger();
    let without = cluster.address().replace(&format!(":{PASSWORD}"), "");
    assert!(!without.contains("canary"));
    let options = PostgresOptions {
        password: Some(PASSWORD.to_owned().into()),
        ..options()
    };
    assert!(!format!("{options:?}").contains(PASSWORD));
    let reader = PostgresReader::open(&without, &options).unwrap();
    assert_eq!(reader.origin(), crate::ORIGIN);
}

#[test]
fn a_socket_of_the_system_will_do() {
    let cluster = Cluster::start_with("unix_socket_directories = '..'\n");
    let address = format!(
        "postgres://postgres:{PASSWORD}@/postgres?host={}&port={}",
        cluster.path().display(),
        cluster.port()
    );
    let ring = ring();
    PostgresLedger::init(&address, &ring, now(), &options()).unwrap();
    let ledger = PostgresLedger::open(&address, ring, &options()).unwrap();
    ledger.append(crate::submissions(1)).unwrap();
    assert_eq!(ledger.seal().unwrap().checkpoint().size, 1);
}

#[rstest]
#[case("")]
#[case("Upper")]
#[case("1st")]
#[case("a\"; DROP SCHEMA soc2gate CASCADE; --")]
#[case("pg_mine")]
fn names_of_schemas_are_plain(#[case] schema: &str) {
    let options = PostgresOptions {
        schema: schema.to_owned(),
        ..options()
    };
    let error = message(PostgresReader::open(
        "postgres://gate@127.0.0.1:1/ledger",
        &options,
    ));
    assert!(error.contains("name of the schema"), "{error}");
}
