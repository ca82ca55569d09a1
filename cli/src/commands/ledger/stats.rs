//! `soc2gate ledger stats`.

use std::collections::BTreeMap;

use soc2gate_ledger::query::Stats;

use super::place;
use crate::args::LedgerStatsArgs;
use crate::commands::print;

/// Counts records.
pub(super) fn run(args: &LedgerStatsArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let log = place.read()?;
    let stats = place.index(log.as_ref())?.stats()?;
    if args.json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&stats)?));
    }
    print(&human(log.origin(), &stats))
}

fn human(origin: &str, stats: &Stats) -> String {
    let mut text = format!("{origin}\n{} records, {} bytes", stats.records, stats.bytes);
    if let (Some(first), Some(last)) = (stats.first_time, stats.last_time) {
        text.push_str(&format!(", from {first} to {last}"));
    }
    text.push_str(&format!(
        "\n{} documents, {} bytes\n",
        stats.documents, stats.document_bytes
    ));
    text.push_str(&counts("kind", &stats.kinds));
    text.push_str(&counts("outcome", &stats.outcomes));
    for (control, statuses) in &stats.verdicts {
        text.push_str(&counts(control, statuses));
    }
    for gap in &stats.gaps {
        text.push_str(&format!(
            "gap      {} to {} (record {}): {}\n",
            gap.from, gap.to, gap.index, gap.reason
        ));
    }
    for unmet in &stats.unmet {
        text.push_str(&format!(
            "unmet    {} due {} (record {}): {}\n",
            unmet.obligation, unmet.due, unmet.index, unmet.duty
        ));
    }
    text
}

fn counts(name: &str, counts: &BTreeMap<String, u64>) -> String {
    if counts.is_empty() {
        return String::new();
    }
    let counts: Vec<String> = counts
        .iter()
        .map(|(key, count)| format!("{key} {count}"))
        .collect();
    format!("{name:<8} {}\n", counts.join(", "))
}
