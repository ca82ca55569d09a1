//! What the tables refuse, and what roles may do.

use std::sync::Arc;

use postgres::error::SqlState;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresReader, Rights};
use soc2gate_ledger::store::{Document, Log, Store};

use crate::audit::audit_in;
use crate::cluster::{Cluster, PASSWORD};
use crate::{actor, ledger, ledger_in, now, submission, submissions};

#[test]
fn the_tables_refuse_changes_even_by_a_superuser() {
    let (cluster, _, ledger) = ledger();
    let mut with_document = submission();
    with_document.documents.push(Document {
        name: "input".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: b"text".to_vec(),
    });
    ledger.append(vec![with_document, submission()]).unwrap();
    ledger.seal().unwrap();
    ledger.append(submissions(1)).unwrap();
    let mut superuser = cluster.superuser();
    let mut statements = vec![
        "UPDATE entry SET entry = 'x' WHERE index = 0".to_owned(),
        "UPDATE checkpoint SET note = 'x'".to_owned(),
        "UPDATE ledger SET origin = 'x'".to_owned(),
        "UPDATE verifier SET key = 'x'".to_owned(),
        "UPDATE pending SET head = 'x'".to_owned(),
        "UPDATE document SET bytes = 'x'".to_owned(),
        "UPDATE document_key SET wrapped_key = decode(repeat('11', 64), 'hex')".to_owned(),
        "UPDATE tile SET hashes = decode(repeat('11', 64), 'hex')".to_owned(),
        "UPDATE frontier SET size = 1".to_owned(),
        "INSERT INTO checkpoint VALUES (1, 'x')".to_owned(),
        "INSERT INTO entry VALUES (3, 'x', 'x')".to_owned(),
        "DELETE FROM entry WHERE index = 9".to_owned(),
    ];
    for table in [
        "entry",
        "checkpoint",
        "cosigned",
        "ledger",
        "verifier",
        "record_id",
        "document",
        "document_key",
        "tile",
        "frontier",
    ] {
        statements.push(format!("DELETE FROM {table}"));
        statements.push(format!("TRUNCATE {table} CASCADE"));
    }
    statements.push("TRUNCATE pending".to_owned());
    for statement in statements {
        let error = superuser.batch_execute(&statement).expect_err(&statement);
        let state = error.code().map(|code| code.code().to_owned());
        assert_eq!(state.as_deref(), Some("23001"), "{statement}: {error:?}");
    }
}

#[test]
fn a_role_may_do_what_it_is_for() {
    let cluster = Cluster::start();
    may(&cluster, "reader", Rights::Read, false, false);
    may(&cluster, "appender", Rights::Append, true, false);
    may(&cluster, "sealer", Rights::Seal, true, true);
}

/// Checks a role in a ledger of its own, whose schema has the same name.
fn may(cluster: &Cluster, role: &str, rights: Rights, appends: bool, seals: bool) {
    let (ring, first, options) = ledger_in(cluster, role);
    let mut with_document = submission();
    with_document.documents.push(Document {
        name: "input".to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: b"text".to_vec(),
    });
    let mut ids = vec![with_document.draft.id.clone()];
    first.append(vec![with_document.clone()]).unwrap();
    first.seal().unwrap();
    cluster
        .superuser()
        .batch_execute(&format!("CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'"))
        .unwrap();
    PostgresLedger::grant(&cluster.address(), role, rights, &options).unwrap();
    let address = cluster.address_of(role);
    let reader = PostgresReader::open(&address, &options).unwrap();
    assert_eq!(reader.size().unwrap(), 1);
    let mut new_ring = soc2gate_ledger::keys::KeyRing::parse(&ring.to_secret().unwrap()).unwrap();
    let gate = PostgresLedger::open(&address, Arc::clone(&ring), &options).unwrap();
    let mut record = submission();
    record.documents.clone_from(&with_document.documents);
    let id = record.draft.id.clone();
    assert_eq!(gate.append(vec![record]).is_ok(), appends);
    ids.extend(appends.then_some(id));
    assert_eq!(
        gate.append(vec![with_document]).is_ok(),
        appends,
        "a second try"
    );
    let sealed = gate.seal();
    assert_eq!(sealed.is_ok(), seals, "{sealed:?}");
    let hash = soc2gate_ledger::Hash::empty();
    assert_eq!(gate.erase(&[hash]).is_ok(), seals);
    if seals {
        gate.add_cosignatures(&sealed.unwrap()).unwrap();
        new_ring.rotate().unwrap();
        let rotated = PostgresLedger::open(&address, Arc::new(new_ring), &options).unwrap();
        rotated.rotate(now(), actor()).unwrap();
        assert_eq!(rotated.size().unwrap(), 3);
    } else {
        let error = first.seal().map(|sealed| sealed.checkpoint().size).unwrap();
        assert_eq!(error, 1 + u64::from(appends));
        let mut held = audit_in(&cluster.address(), &options, &ring.verifiers()).unwrap();
        held.sort();
        ids.sort();
        assert_eq!(held, ids);
    }
    // What no role may, whatever it is for.
    let mut client = postgres::Client::connect(&address, postgres::NoTls).unwrap();
    for statement in [
        "UPDATE {role}.entry SET entry = 'x'",
        "DELETE FROM {role}.entry",
        "TRUNCATE {role}.entry",
        "ALTER TABLE {role}.entry DISABLE TRIGGER ALL",
        "DROP TABLE {role}.entry",
        "SET session_replication_role = replica",
        "INSERT INTO {role}.ledger (origin, created) VALUES ('x', 'x')",
    ] {
        let error = client
            .batch_execute(&statement.replace("{role}", role))
            .expect_err(statement);
        assert_eq!(
            error.code().map(SqlState::code),
            Some("42501"),
            "{statement}"
        );
    }
}
