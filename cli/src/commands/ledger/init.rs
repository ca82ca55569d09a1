//! `soc2gate ledger init`.

use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::place;
use crate::args::LedgerInitArgs;
use crate::commands::print;

/// Makes a ledger.
pub(super) fn run(args: &LedgerInitArgs) -> anyhow::Result<()> {
    let place = place(&args.place)?;
    let origin = match &args.origin {
        Some(origin) => origin.clone(),
        None => format!("soc2gate.dev/ledger/{}", random_name()?),
    };
    let (ring, keys) = place.init(&origin, Timestamp::now())?;
    let mut text = format!(
        "made the ledger {} in {}\nits keys are in {keys}: keep a copy where the ledger is not, and let nobody else read them\n",
        ring.origin(),
        place.name(),
    );
    text.push_str("its public key, for whoever verifies:\n");
    for key in ring.verifiers() {
        text.push_str(&format!("{key}\n"));
    }
    print(&text)
}

fn random_name() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the system gave no random numbers"))?;
    Ok(HEXLOWER.encode(&bytes))
}
