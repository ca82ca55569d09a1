//! `soc2gate ledger export` and `import`.

use std::sync::Arc;

use jiff::Timestamp;
use soc2gate_ledger::attest::PredicateKind;
use soc2gate_ledger::export::{ExportOptions, Tool};
use soc2gate_ledger::query::Query;
use soc2gate_ledger::verify::Trust;

use super::place;
use super::query::query;
use crate::args::{LedgerExportArgs, LedgerImportArgs};
use crate::commands::print;

/// Writes records for an auditor.
pub(super) fn export(args: &LedgerExportArgs) -> anyhow::Result<()> {
    let query = query(&args.filter)?;
    if args.whole && query != Query::default() {
        anyhow::bail!("--whole has every record: leave the filters out, or --whole");
    }
    let place = place(&args.place)?;
    let ring = place.keys()?;
    let log = place.read()?;
    let options = ExportOptions {
        query: (!args.whole).then_some(query),
        documents: args.documents,
        attestations: if args.attestations {
            PredicateKind::ALL.to_vec()
        } else {
            Vec::new()
        },
        tiles: args.whole,
        created: Timestamp::now(),
        tool: Tool {
            name: "soc2gate".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
    };
    let manifest = soc2gate_ledger::export::export(
        log.as_ref(),
        &args.folder,
        &options,
        ring.signer(),
        |_| {},
    )?;
    print(&format!(
        "{} records of {} in {}\n",
        manifest.count,
        manifest.size,
        args.folder.display()
    ))
}

/// Makes a ledger of a whole export.
pub(super) fn import(args: &LedgerImportArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let ring = Arc::new(place.keys()?);
    let trust = Trust {
        keys: ring.verifiers(),
        ..Trust::default()
    };
    let report = place.import(&args.folder, &trust, ring, Timestamp::now())?;
    print(&format!(
        "{} records of {}\n",
        report.entries, report.origin
    ))
}
