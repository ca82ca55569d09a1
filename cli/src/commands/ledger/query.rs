//! `soc2gate ledger query`.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use soc2gate_ledger::export::harmless;
use soc2gate_ledger::query::{Hit, Query};
use soc2gate_ledger::record::Kind;
use soc2gate_ledger::store::Log;

use super::{entry, place};
use crate::args::{LedgerFilter, LedgerFormat, LedgerQueryArgs};
use crate::output::escape::neutral;

/// Lists records.
pub(super) fn run(args: &LedgerQueryArgs) -> anyhow::Result<()> {
    let query = query(&args.filter)?;
    let place = place(&args.place)?;
    let log = place.read()?;
    let index = place.index(log.as_ref())?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut left = args.limit.unwrap_or(u64::MAX);
    let mut ended = begin(args.format, &mut out);
    index.search(&query, |hit| {
        if left == 0 || ended.is_err() {
            return ControlFlow::Break(());
        }
        left -= 1;
        ended = line(args.format, &hit, log.as_ref(), &mut out);
        ControlFlow::Continue(())
    })?;
    ended?;
    Ok(out.flush()?)
}

/// The records that are meant.
pub(super) fn query(filter: &LedgerFilter) -> anyhow::Result<Query> {
    let kind = filter
        .kind
        .as_deref()
        .map(|name| {
            let known = Kind::ALL.into_iter().find(|kind| kind.as_str() == name);
            known.ok_or_else(|| {
                let all: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
                anyhow::anyhow!("there is no kind {name:?}; kinds are {}", all.join(", "))
            })
        })
        .transpose()?;
    Ok(Query {
        kind,
        from: filter.from,
        until: filter.until,
        first: filter.first,
        last: filter.last,
        control: filter.control.clone(),
        status: filter.status.clone(),
        enforcement: filter.enforcement.clone(),
        exception: filter.exception.clone(),
        outcome: filter.outcome.clone(),
        subject_kind: filter.subject_kind.clone(),
        subject: filter.subject.clone(),
        actor: filter.actor.clone(),
        policies: None,
    })
}

const COLUMNS: [&str; 7] = ["index", "time", "kind", "outcome", "subject", "actor", "id"];

fn begin(format: LedgerFormat, out: &mut impl Write) -> anyhow::Result<()> {
    if format == LedgerFormat::Csv {
        writeln!(out, "{}", COLUMNS.join(","))?;
    }
    Ok(())
}

fn line(
    format: LedgerFormat,
    hit: &Hit,
    log: &dyn Log,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    let empty = String::new();
    let outcome = hit.outcome.as_ref().unwrap_or(&empty);
    let subject = hit.subject.as_ref().unwrap_or(&empty);
    match format {
        LedgerFormat::Human => writeln!(
            out,
            "{:>8}  {}  {:<20} {:<6} {}",
            hit.index,
            hit.time,
            hit.kind,
            outcome,
            neutral(subject)
        )?,
        LedgerFormat::Jsonl => {
            out.write_all(&entry(log, hit.index)?)?;
            out.write_all(b"\n")?;
        }
        LedgerFormat::Csv => {
            let (index, time) = (hit.index.to_string(), hit.time.to_string());
            let fields = [
                &index, &time, &hit.kind, outcome, subject, &hit.actor, &hit.id,
            ];
            let fields: Vec<String> = fields.iter().map(|field| csv_field(field)).collect();
            writeln!(out, "{}", fields.join(","))?;
        }
    }
    Ok(())
}

/// A field of a table.
fn csv_field(text: &str) -> String {
    let text = harmless(text.to_owned());
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
