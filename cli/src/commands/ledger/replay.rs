//! `soc2gate ledger replay`.

use std::sync::Arc;

use soc2gate_evidence::{PolicySet, Replay, Settings, StoredContext, StoredInput, replay};
use soc2gate_ledger::query::DocumentRecord;
use soc2gate_ledger::record::Event;

use super::{index_of, place, record};
use crate::args::LedgerReplayArgs;
use crate::commands::print;
use crate::exit::Exit;
use crate::ledger::Documents;

/// Evaluates a decision again.
pub(super) fn run(args: &LedgerReplayArgs) -> anyhow::Result<Exit> {
    let place = place(&args.place)?;
    let log = place.read()?;
    let log = log.as_ref();
    let at = index_of(&args.record, &place, log)?;
    let index = place.index(log)?;
    let of = record(log, at)?;
    let Event::Decision(decision) = &of.event else {
        anyhow::bail!(
            "record {at} is no decision but {}",
            of.event.kind().as_str()
        );
    };
    let documents = Documents {
        log,
        ring: Arc::new(place.keys()?),
    };
    let holder = |of: DocumentRecord, digest: &str| {
        let at = index.holder(of, digest)?.ok_or_else(|| {
            anyhow::anyhow!("no record holds what the decision is based on: {digest}")
        })?;
        record(log, at)
    };
    let missing = |name: &str| anyhow::anyhow!("the record has no document {name}");
    let policies: PolicySet = documents
        .read(
            &holder(DocumentRecord::Policies, &decision.policies)?,
            "policies",
        )?
        .ok_or_else(|| missing("policies"))?;
    let settings: Settings = documents
        .read(
            &holder(DocumentRecord::Settings, &decision.settings)?,
            "settings",
        )?
        .ok_or_else(|| missing("settings"))?;
    let input: StoredInput = documents
        .read(&of, "input")?
        .ok_or_else(|| missing("input"))?;
    let context: Option<StoredContext> = documents.read(&of, "context")?;
    let replayed = replay(
        decision,
        &policies.load(),
        &settings,
        input,
        context.as_ref(),
    )?;
    if args.json {
        print(&format!("{}\n", serde_json::to_string_pretty(&replayed)?))?;
    } else {
        print(&human(at, &replayed))?;
    }
    Ok(if replayed.is_same() {
        Exit::Allow
    } else {
        Exit::Deny
    })
}

fn human(at: u64, replay: &Replay) -> String {
    let mut text = format!(
        "record {at}: {} then, {} now; {} verdicts\n",
        replay.recorded, replay.replayed, replay.verdicts
    );
    for difference in &replay.differences {
        text.push_str(&format!(
            "{}: {} then, {} now\n",
            difference.control, difference.recorded, difference.replayed
        ));
    }
    if let Some(version) = &replay.other_engine {
        text.push_str(&format!("judged then by soc2gate {version}\n"));
    }
    if replay.withheld > 0 {
        text.push_str(&format!(
            "{} values of the input were not kept; a control that reads one may say something else now\n",
            replay.withheld
        ));
    }
    text.push_str(if replay.is_same() {
        "the same\n"
    } else {
        "NOT THE SAME\n"
    });
    text
}
