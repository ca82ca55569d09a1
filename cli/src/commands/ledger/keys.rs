//! `soc2gate ledger keys`.

use jiff::Timestamp;
use soc2gate_ledger::note::{KeyKind, Signer};

use super::place;
use crate::args::{LedgerPlace, WitnessKeyArgs};
use crate::commands::print;
use crate::ledger::{actor, write_new_secret};

/// Prints the public keys of a ledger.
pub(super) fn show(args: &LedgerPlace) -> anyhow::Result<()> {
    let mut text = String::new();
    for key in place(args)?.read()?.verifiers()? {
        text.push_str(&format!("{key}\n"));
    }
    print(&text)
}

/// Lets new keys sign.
pub(super) fn rotate(args: &LedgerPlace) -> anyhow::Result<()> {
    let (ring, checkpoint) = place(args)?.rotate(Timestamp::now(), actor(None))?;
    print(&format!(
        "{} signs from record {} on\n",
        ring.signer().verifier(),
        checkpoint.checkpoint().size
    ))
}

/// Makes a key to cosign with.
pub(super) fn witness(args: &WitnessKeyArgs) -> anyhow::Result<()> {
    let signer = Signer::generate(&args.name, KeyKind::Witness)?;
    write_new_secret(&args.output, &format!("{}\n", *signer.to_secret()))
        .map_err(|error| anyhow::anyhow!("{} cannot be written: {error}", args.output.display()))?;
    print(&format!("{}\n", signer.verifier()))
}
