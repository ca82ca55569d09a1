//! `soc2gate ledger witness`.

use std::env;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use soc2gate_ledger::note::{KeyKind, Signer};
use soc2gate_ledger::witness::Witness;
use zeroize::Zeroizing;

use super::{verifiers, write};
use crate::args::LedgerWitnessArgs;
use crate::ledger::Place;

/// Cosigns a checkpoint.
pub(super) fn run(args: &LedgerWitnessArgs) -> anyhow::Result<()> {
    let signer = signer(&args.witness_key)?;
    let keys = verifiers(&args.trusted)?;
    let log = Place::new(&args.target, None, Path::new("")).read_any()?;
    let mut witness = Witness::open(&args.state, signer)?;
    let cosigned = witness.cosign_log(log.as_ref(), &keys, Timestamp::now())?;
    write(args.output.as_deref(), &cosigned.to_string())
}

fn signer(place: &str) -> anyhow::Result<Signer> {
    let text = Zeroizing::new(match place.strip_prefix("env:") {
        Some(name) => {
            env::var(name).map_err(|_| anyhow::anyhow!("the variable {name} is not set"))?
        }
        None => fs::read_to_string(place)
            .map_err(|error| anyhow::anyhow!("{place} cannot be read: {error}"))?,
    });
    let signer =
        Signer::parse(&text).map_err(|error| anyhow::anyhow!("the witness's key: {error}"))?;
    if signer.verifier().kind() != KeyKind::Witness {
        anyhow::bail!(
            "the witness's key is a key of a ledger; `soc2gate ledger keys witness` makes one"
        );
    }
    Ok(signer)
}
