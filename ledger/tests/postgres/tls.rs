//! TLS as libpq has it.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rstest::rstest;
use soc2gate_ledger::store::StoreError;
use soc2gate_ledger::store::postgres::{PostgresLedger, PostgresOptions, PostgresReader};

use crate::cluster::Cluster;
use crate::{now, options, ring};

/// A certificate that is its own authority, for a host.
fn certificate(folder: &Path, name: &str, host: &str) {
    let status = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=test", "-addext"])
        .arg(format!("subjectAltName={host}"))
        .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
        .arg(folder.join(format!("{name}.key")))
        .arg("-out")
        .arg(folder.join(format!("{name}.pem")))
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[rstest]
#[case::the_host("IP:127.0.0.1", &["disable", "prefer", "require", "verify-ca&CA", "verify-full&CA", "prefer&CA"], &["verify-full&OTHER", "require&OTHER", "verify-full"])]
#[case::another_host("DNS:elsewhere.example", &["require", "verify-ca&CA"], &["verify-full&CA", "verify-ca&OTHER"])]
fn certificates_are_checked_as_asked(
    #[case] host: &str,
    #[case] sound: &[&str],
    #[case] refused: &[&str],
) {
    let cluster = Cluster::start();
    for (name, host) in [("server", host), ("other", "IP:127.0.0.1")] {
        certificate(cluster.path(), name, host);
    }
    let file = |name: &str| cluster.path().join(name);
    cluster.give(&file("server.key"));
    let mut superuser = cluster.superuser();
    for (setting, value) in [
        (
            "ssl_cert_file",
            file("server.pem").to_string_lossy().into_owned(),
        ),
        (
            "ssl_key_file",
            file("server.key").to_string_lossy().into_owned(),
        ),
        ("ssl", "on".to_owned()),
    ] {
        superuser
            .batch_execute(&format!("ALTER SYSTEM SET {setting} = '{value}'"))
            .unwrap();
    }
    superuser.batch_execute("SELECT pg_reload_conf()").unwrap();
    let quick = PostgresOptions {
        deadline: Duration::from_secs(20),
        ..options()
    };
    let address = |mode: &str| {
        let mode = mode
            .replace(
                "&CA",
                &format!("&sslrootcert={}", file("server.pem").display()),
            )
            .replace(
                "&OTHER",
                &format!("&sslrootcert={}", file("other.pem").display()),
            );
        format!("{}?sslmode={mode}", cluster.address())
    };
    let begin = Instant::now();
    // The reload takes a moment.
    while let Err(error) = PostgresLedger::init(&address("require"), &ring(), now(), &quick) {
        assert!(begin.elapsed() < Duration::from_secs(30), "{error}");
    }
    for mode in sound {
        PostgresReader::open(&address(mode), &quick)
            .unwrap_or_else(|error| panic!("{mode}: {error}"));
        let encrypted = superuser
            .query("SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'soc2gate'", &[])
            .unwrap();
        assert!(
            encrypted
                .iter()
                .all(|row| row.get::<_, bool>(0) == (*mode != "disable")),
            "{mode}"
        );
    }
    for mode in refused {
        let begin = Instant::now();
        let Err(StoreError::Database { message, .. }) =
            PostgresReader::open(&address(mode), &quick)
        else {
            panic!("{mode} is accepted");
        };
        assert!(
            begin.elapsed() < Duration::from_secs(15),
            "a certificate is not tried again: {message}"
        );
        assert!(
            message.contains("certificate") || message.contains("sslrootcert"),
            "{mode}: {message}"
        );
    }
}
