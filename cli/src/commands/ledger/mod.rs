//! `soc2gate ledger`, a file each.

mod checkpoint;
mod erase;
mod export;
mod init;
mod keys;
mod prove;
mod query;
mod replay;
mod show;
mod stats;
mod verify;
mod witness;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use soc2gate_engine::Config;
use soc2gate_ledger::note::Verifier;
use soc2gate_ledger::record::Record;
use soc2gate_ledger::store::Log;

use crate::args::{LedgerCommand, LedgerKeysCommand, LedgerPlace};
use crate::collect::{nearest_config, read_document};
use crate::exit::Exit;
use crate::ledger::{Place, PlaceError};

/// Runs the command.
pub(super) fn run(command: &LedgerCommand) -> anyhow::Result<Exit> {
    let done = match command {
        LedgerCommand::Verify(args) => return verify::run(args),
        LedgerCommand::Replay(args) => return replay::run(args),
        LedgerCommand::Init(args) => init::run(args),
        LedgerCommand::Show(args) => show::run(args),
        LedgerCommand::Query(args) => query::run(args),
        LedgerCommand::Stats(args) => stats::run(args),
        LedgerCommand::Prove(args) => prove::run(args),
        LedgerCommand::Checkpoint(args) => checkpoint::run(args),
        LedgerCommand::Witness(args) => witness::run(args),
        LedgerCommand::Export(args) => export::export(args),
        LedgerCommand::Import(args) => export::import(args),
        LedgerCommand::Erase(args) => erase::run(args),
        LedgerCommand::Keys(LedgerKeysCommand::Show(place)) => keys::show(place),
        LedgerCommand::Keys(LedgerKeysCommand::Rotate(place)) => keys::rotate(place),
        LedgerCommand::Keys(LedgerKeysCommand::Witness(args)) => keys::witness(args),
    };
    done.map(|()| Exit::Allow)
}

/// The ledger that is meant: by the command line, else by the configuration.
pub(super) fn place(args: &LedgerPlace) -> anyhow::Result<Place> {
    let keys = args.keys.as_deref();
    if let Some(ledger) = &args.ledger {
        return Ok(Place::new(ledger, keys, Path::new("")));
    }
    let (path, config) = config(args)?.ok_or(PlaceError::NoLedger)?;
    let ledger = config.raw().ledger.as_ref().ok_or(PlaceError::NoLedger)?;
    let base = path.parent().unwrap_or(Path::new(""));
    Ok(Place::new(&ledger.location, keys, base))
}

/// The configuration that is named, or the nearest; nothing where there is none.
fn config(args: &LedgerPlace) -> anyhow::Result<Option<(PathBuf, Config)>> {
    let Some(path) = args.config.clone().or_else(nearest_config) else {
        return Ok(None);
    };
    let file = read_document(&path).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    let (config, problems) = Config::parse(&file.name, &file.text);
    if let Some(problem) = problems.iter().find(|problem| problem.is_error()) {
        anyhow::bail!("{problem}");
    }
    Ok(Some((path, config)))
}

/// The index of a record that is named by its index or its id.
fn index_of(name: &str, place: &Place, log: &dyn Log) -> anyhow::Result<u64> {
    if name.len() < 20
        && let Ok(index) = name.parse()
    {
        return Ok(index);
    }
    place
        .index(log)?
        .record(name)?
        .ok_or_else(|| anyhow::anyhow!("the ledger has no record {name}"))
}

/// The entry at an index.
fn entry(log: &dyn Log, index: u64) -> anyhow::Result<Vec<u8>> {
    let size = log.size()?;
    if index >= size {
        anyhow::bail!("there is no record {index}: the ledger has {size}");
    }
    match log.entries(index..index + 1)?.next().transpose()? {
        Some((at, entry)) if at == index => Ok(entry),
        _ => anyhow::bail!("record {index} cannot be read"),
    }
}

fn record(log: &dyn Log, index: u64) -> anyhow::Result<Record> {
    Ok(Record::parse(&entry(log, index)?)?)
}

/// Public keys: each as it is, or a file with some, a line each. Lines that start with `#` are comments.
pub(super) fn verifiers(named: &[String]) -> anyhow::Result<Vec<Verifier>> {
    let mut keys = Vec::new();
    for text in named {
        if let Ok(key) = Verifier::parse(text) {
            keys.push(key);
            continue;
        }
        let file = fs::read_to_string(text).map_err(|error| {
            anyhow::anyhow!("{text} is neither a public key nor a file: {error}")
        })?;
        for line in file.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = Verifier::parse(line).map_err(|error| anyhow::anyhow!("{text}: {error}"))?;
            keys.push(key);
        }
    }
    Ok(keys)
}

/// Writes to a file, whole or not at all, or to standard output.
pub(super) fn write(output: Option<&Path>, text: &str) -> anyhow::Result<()> {
    let Some(path) = output else {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    };
    let mut next = path.as_os_str().to_owned();
    next.push(".new");
    fs::write(&next, text)
        .and_then(|()| fs::rename(&next, path))
        .map_err(|error| anyhow::anyhow!("{} cannot be written: {error}", path.display()))
}
