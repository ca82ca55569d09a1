//! Figures of the ledger in PostgreSQL.

use crate::{shell, tools};

/// Runs the measurement that stands beside the tests, where the server of a test's own is.
pub(crate) fn bench() -> anyhow::Result<()> {
    tools::install_postgres()?;
    shell::run(
        &shell::cargo(),
        &[
            "test",
            "--quiet",
            "--profile",
            "profiling",
            "--package",
            "soc2gate-ledger",
            "--features",
            "postgres",
            "--test",
            "postgres",
            "--",
            "--ignored",
            "--exact",
            "--nocapture",
            "throughput::figures",
        ],
    )
}
