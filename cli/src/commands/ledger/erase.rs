//! `soc2gate ledger erase`.

use std::ops::ControlFlow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use soc2gate_ledger::Hash;
use soc2gate_ledger::query::Query;
use soc2gate_ledger::record::{Draft, Erasure, Event, Kind, Record};
use soc2gate_ledger::store::Submission;

use super::{config, place};
use crate::args::LedgerEraseArgs;
use crate::commands::print;
use crate::ledger::actor;

/// Documents that are erased at a time.
const GROUP: usize = 1_024;

/// Erases the documents of decisions. What decisions are based on, policies and settings, is kept: newer decisions name
/// it too.
pub(super) fn run(args: &LedgerEraseArgs) -> anyhow::Result<()> {
    let before = before(args)?;
    let place = place(&args.place)?;
    let store = place.open(Arc::new(place.keys()?))?;
    let index = place.index(store.as_ref())?;
    let query = Query {
        kind: Some(Kind::Decision),
        until: Some(before),
        ..Query::default()
    };
    let mut found = Vec::new();
    index.search(&query, |hit| {
        found.push(hit.index);
        ControlFlow::Continue(())
    })?;
    let (Some(first), Some(last)) = (found.first().copied(), found.last().copied()) else {
        return print("nothing to erase\n");
    };
    // The record first: an erasure that was begun is never unsaid.
    let mut hashes = Vec::new();
    for at in &found {
        for entry in store.entries(*at..*at + 1)? {
            let record = Record::parse(&entry?.1)?;
            hashes.extend(
                record
                    .bulk
                    .iter()
                    .filter_map(|bulk| Hash::from_hex(&bulk.sha256)),
            );
        }
    }
    hashes.sort_unstable();
    hashes.dedup();
    let event = Event::Erasure(Erasure {
        reason: args.reason.clone(),
        first,
        last,
        documents: hashes.len() as u64,
    });
    store.append(vec![Submission {
        draft: Draft::new(Timestamp::now(), actor(None), event)?,
        documents: Vec::new(),
    }])?;
    let mut erased = 0;
    for group in hashes.chunks(GROUP) {
        erased += store.erase(group)?;
    }
    store.seal()?;
    print(&format!(
        "erased {erased} documents of records {first} to {last}; copies and backups of the ledger still have them\n"
    ))
}

/// The time before which documents are erased: the one that is given, or the one that the configuration's retention gives.
fn before(args: &LedgerEraseArgs) -> anyhow::Result<Timestamp> {
    if let Some(before) = args.before {
        return Ok(before);
    }
    let retention = config(&args.place)?.and_then(|(_, config)| config.raw().retention.clone());
    let Some(retention) = retention else {
        anyhow::bail!(
            "how long documents are kept is not said: set retention.days in soc2gate.yaml, or use --before"
        );
    };
    let kept = SignedDuration::from_hours(24 * i64::from(retention.days));
    // No record is older than the first time there is.
    Ok(Timestamp::now().checked_sub(kept).unwrap_or(Timestamp::MIN))
}
