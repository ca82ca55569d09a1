//! `cargo xtask torture` and `cargo xtask bench ledger`.

use std::process::Command;

use crate::{shell, tools};

/// Kills a writer at random moments, as many times, and fails every call of a disk in turn, a hundredth as often.
pub(crate) fn torture(rounds: u32) -> anyhow::Result<()> {
    let kills = ["--test", "torture", "--", "a_killed_writer_loses_nothing"];
    let faults = ["--lib", "--", "faults::no_fault_loses"];
    for what in [kills.as_slice(), &faults] {
        let mut command = Command::new(shell::cargo());
        command
            .args(["test", "--package", "soc2gate-ledger"])
            .args(what)
            .arg("--nocapture")
            .env("SOC2GATE_TORTURE_ROUNDS", rounds.to_string())
            .env(
                "SOC2GATE_TORTURE_REPETITIONS",
                rounds.div_ceil(100).to_string(),
            )
            .current_dir(shell::root());
        shell::run_command(&mut command)?;
    }
    Ok(())
}

/// Measures the ledger in a folder, on the disk that holds `target/`.
pub(crate) fn bench(with_million: bool) -> anyhow::Result<()> {
    let example = ["--package", "soc2gate-ledger", "--example", "ledger_bench"];
    let build = [["build", "--release", "--quiet"].as_slice(), &example].concat();
    shell::run(&shell::cargo(), &build)?;
    let target = tools::target();
    let mut command = Command::new(target.join("release/examples/ledger_bench"));
    command.arg(&target);
    if !with_million {
        command.arg("--short");
    }
    shell::run_command(&mut command)
}
