//! `cargo xtask test`.

use std::path::PathBuf;
use std::process::Command;

use crate::{chart, shell, tools};

/// Installs what the tests need and runs all of them.
pub(crate) fn run(no_corpora: bool) -> anyhow::Result<()> {
    let tools = tools::install()?;
    let mut command = Command::new(shell::cargo());
    command
        .current_dir(shell::root())
        .env("SOC2GATE_TEST_TOOLS", &tools);
    let corpora = if no_corpora { None } else { corpora() };
    if let Some(corpora) = &corpora {
        command.env("SOC2GATE_CORPORA", corpora);
    } else if no_corpora {
        command.env("SOC2GATE_CORPORA", "");
    } else {
        println!("notice: no corpora: set SOC2GATE_CORPORA to the folder that holds them");
    }
    if shell::has("cargo-nextest") {
        command.args([
            "nextest",
            "run",
            "--workspace",
            "--features",
            "soc2gate-ledger/postgres",
            "--all-targets",
            "--no-fail-fast",
        ]);
    } else {
        command.args([
            "test",
            "--workspace",
            "--features",
            "soc2gate-ledger/postgres",
            "--all-targets",
            "--no-fail-fast",
        ]);
    }
    shell::run_command(&mut command)?;
    tools::check_stand_in_servers(&tools, corpora.as_deref())?;
    tools::check_dependencies(&tools)?;
    chart::run(true)?;
    tools::check_workflows(&tools)
}

/// Real inputs that are kept outside the repository: beside it, or where the environment says.
pub(crate) fn corpora() -> Option<PathBuf> {
    let named = std::env::var_os("SOC2GATE_CORPORA").map(PathBuf::from);
    let beside = shell::root().join("../shared/corpora");
    named.or(Some(beside)).filter(|folder| folder.is_dir())
}
