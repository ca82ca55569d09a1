//! `soc2gate ledger checkpoint`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{place, write};
use crate::args::LedgerCheckpointArgs;

/// Prints the newest checkpoint, or keeps it elsewhere.
pub(super) fn run(args: &LedgerCheckpointArgs) -> anyhow::Result<()> {
    let log = place(&args.place)?.read()?;
    let checkpoint = log
        .checkpoint()?
        .ok_or_else(|| anyhow::anyhow!("the ledger has no checkpoint yet"))?;
    let size = checkpoint.checkpoint().size;
    match &args.git {
        Some(folder) => commit(folder, &checkpoint.to_string(), size),
        None => write(args.output.as_deref(), &checkpoint.to_string()),
    }
}

/// Commits the checkpoint as a file of its own. What else is staged is left alone.
fn commit(folder: &Path, checkpoint: &str, size: u64) -> anyhow::Result<()> {
    let file = folder.join("checkpoint");
    if fs::read_to_string(&file).is_ok_and(|known| known == checkpoint) {
        return Ok(());
    }
    write(Some(&file), checkpoint)?;
    let message = format!("Checkpoint of {size} records");
    for arguments in [
        &["add", "--", "checkpoint"][..],
        &[
            "commit",
            "--quiet",
            "--message",
            &message,
            "--",
            "checkpoint",
        ][..],
    ] {
        let done = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(arguments)
            .output()
            .map_err(|error| anyhow::anyhow!("git cannot be run: {error}"))?;
        if !done.status.success() {
            let said = String::from_utf8_lossy(&done.stderr);
            anyhow::bail!("git failed: {}", said.trim());
        }
    }
    Ok(())
}
