//! `soc2gate ledger prove`.

use soc2gate_ledger::proof::RecordProof;

use super::{index_of, place, write};
use crate::args::LedgerProveArgs;

/// Proves that a record is in the ledger.
pub(super) fn run(args: &LedgerProveArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let log = place.read()?;
    let index = index_of(&args.record, &place, log.as_ref())?;
    let proof = RecordProof::of(log.as_ref(), index)?;
    write(args.output.as_deref(), &proof.to_string())
}
