//! `soc2gate ledger verify`.

use std::fs;
use std::path::Path;

use soc2gate_ledger::export::{ExportError, check};
use soc2gate_ledger::note::SignedCheckpoint;
use soc2gate_ledger::verify::{Checks, Report, Trust, verify};

use super::{place, verifiers};
use crate::args::LedgerVerifyArgs;
use crate::commands::print;
use crate::exit::Exit;
use crate::ledger::Place;

/// Verifies a ledger.
pub(super) fn run(args: &LedgerVerifyArgs) -> anyhow::Result<Exit> {
    let place = match &args.path {
        Some(path) => Place::new(path, args.place.keys.as_deref(), Path::new("")),
        None => place(&args.place)?,
    };
    let trust = trust(args, &place)?;
    let own = args.trusted.is_empty();
    if let Some(folder) = place.export() {
        return export(args, folder, &trust, own);
    }
    let log = place.read()?;
    let checks = Checks {
        documents: !args.skip_documents,
        tiles: true,
    };
    let report = verify(log.as_ref(), &trust, checks, |_| {});
    tell(args, &report, own)
}

fn tell(args: &LedgerVerifyArgs, report: &Report, own: bool) -> anyhow::Result<Exit> {
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(report)?))?;
    } else {
        print(&human(report, own))?;
    }
    Ok(if report.is_verified() {
        Exit::Allow
    } else if report.could_not_verify() {
        Exit::Error
    } else {
        Exit::Deny
    })
}

/// Verifies an export: its files, the signature of its manifest and every record.
fn export(
    args: &LedgerVerifyArgs,
    folder: &Path,
    trust: &Trust,
    own: bool,
) -> anyhow::Result<Exit> {
    if trust.keys.is_empty() {
        anyhow::bail!("no key to verify with: name the ledger's public key with --key");
    }
    match check(folder, trust, |_| {}) {
        Ok(checked) => {
            if let Some(report) = &checked.report {
                return tell(args, report, own);
            }
            let manifest = checked.export.manifest();
            print(&format!(
                "{}: {} records, each proved to the checkpoint of {} records\nverified; that no record is left out is the claim of whoever signed the export\n",
                manifest.origin, manifest.count, manifest.size
            ))?;
            Ok(Exit::Allow)
        }
        Err(ExportError::NotVerified(report)) => tell(args, &report, own),
        Err(error) if error.is_unreadable() => Err(error.into()),
        Err(error) => {
            print(&format!("{error}\nNOT VERIFIED\n"))?;
            Ok(Exit::Deny)
        }
    }
}

fn trust(args: &LedgerVerifyArgs, place: &Place) -> anyhow::Result<Trust> {
    let keys = if args.trusted.is_empty() {
        // The keys at hand are the operator's own; whoever verifies for others names theirs.
        place
            .keys()
            .map_or_else(|_| Vec::new(), |ring| ring.verifiers())
    } else {
        verifiers(&args.trusted)?
    };
    let mut checkpoints = Vec::new();
    for path in &args.checkpoints {
        let text = fs::read_to_string(path)
            .map_err(|error| anyhow::anyhow!("{} cannot be read: {error}", path.display()))?;
        let checkpoint = SignedCheckpoint::parse(&text)
            .map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
        checkpoints.push(checkpoint);
    }
    let witnesses = verifiers(&args.witnesses)?;
    Ok(Trust {
        keys,
        witnesses_needed: witnesses.len(),
        witnesses,
        checkpoints,
    })
}

fn human(report: &Report, own_keys: bool) -> String {
    let mut text = format!("{}: {} records", report.origin, report.entries);
    if let Some(sealed) = &report.sealed {
        text.push_str(&format!(
            ", {} under a checkpoint signed by {}",
            sealed.size, sealed.key
        ));
    }
    text.push('\n');
    for size in &report.continued {
        text.push_str(&format!(
            "continues the checkpoint you gave, of {size} records\n"
        ));
    }
    for cosigned in &report.cosigned {
        text.push_str(&format!(
            "{} records were there when {} cosigned at {}\n",
            cosigned.size, cosigned.witness, cosigned.time
        ));
    }
    if let Some(documents) = &report.documents {
        text.push_str(&format!(
            "{} documents: {} sound, {} erased, {} missing\n",
            documents.named, documents.sound, documents.erased, documents.missing
        ));
    }
    for gap in &report.gaps.items {
        text.push_str(&format!(
            "gap: {} to {} (record {}): {}\n",
            gap.from, gap.to, gap.index, gap.reason
        ));
    }
    for (kind, listed) in [("problem", &report.problems), ("note", &report.findings)] {
        for problem in &listed.items {
            let place = problem
                .index
                .map_or(String::new(), |index| format!(" at record {index}"));
            text.push_str(&format!("{kind}{place}: {}\n", problem.text));
        }
        let left = listed.total - listed.items.len() as u64;
        if left > 0 {
            text.push_str(&format!("{kind}: {left} more\n"));
        }
    }
    if report.is_verified() {
        text.push_str("verified");
        if report.unsealed > 0 {
            text.push_str(&format!(
                "; {} records are not under a checkpoint yet",
                report.unsealed
            ));
        }
        text.push('\n');
        if own_keys {
            text.push_str("(with the ledger's own keys: whoever verifies for others brings --key and a --checkpoint of theirs)\n");
        }
    } else {
        text.push_str("NOT VERIFIED\n");
    }
    text
}
