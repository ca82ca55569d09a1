//! `soc2gate ledger show`.

use std::sync::Arc;

use serde_json::Value;

use super::{entry, index_of, place};
use crate::args::LedgerShowArgs;
use crate::commands::print;
use crate::ledger::Documents;

/// Prints a record.
pub(super) fn run(args: &LedgerShowArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let log = place.read()?;
    let index = index_of(&args.record, &place, log.as_ref())?;
    let bytes = entry(log.as_ref(), index)?;
    let mut value: Value = serde_json::from_slice(&bytes)?;
    if args.documents {
        let record = soc2gate_ledger::record::Record::parse(&bytes)?;
        let documents = Documents {
            log: log.as_ref(),
            ring: Arc::new(place.keys()?),
        };
        let mut opened = serde_json::Map::new();
        for reference in &record.bulk {
            let shown = match documents.open(reference) {
                Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_else(|_| {
                    Value::String(String::from_utf8_lossy(&bytes).into_owned())
                }),
                Err(error) => Value::String(format!("({error})")),
            };
            opened.insert(reference.name.clone(), shown);
        }
        if let Some(object) = value.as_object_mut() {
            object.insert("documents".to_owned(), Value::Object(opened));
        }
    }
    print(&format!("{value:#}\n"))
}
