//! `soc2gate ledger init`.

use std::io;

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
    let (ring, keys) = match place.init(&origin, Timestamp::now()) {
        Ok(made) => made,
        Err(error) => {
            let error = anyhow::Error::from(error);
            // What is there must be a ledger, and this one; whoever opens it to write compares the keys.
            if args.if_missing
                && is_there(&error)
                && place.read()?.origin() == place.keys()?.origin()
            {
                let name = place.name();
                return print(&format!("the ledger in {name} is there already\n"));
            }
            return Err(error);
        }
    };
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

fn is_there(error: &anyhow::Error) -> bool {
    let mut causes = error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.kind() == io::ErrorKind::AlreadyExists)
}

fn random_name() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the system gave no random numbers"))?;
    Ok(HEXLOWER.encode(&bytes))
}
