//! `soc2gate init`.

use std::fs::OpenOptions;
use std::io::{self, Write as _};

use anyhow::{Context as _, bail};

use super::complain;
use crate::args::InitArgs;

/// A configuration with every key explained.
pub(crate) const TEMPLATE: &str = include_str!("init.yaml");

/// Writes the commented configuration.
pub(super) fn run(args: &InitArgs) -> anyhow::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    if args.force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let path = args.path.display();
    let mut file = match options.open(&args.path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            bail!("{path} exists already; --force replaces it")
        }
        Err(error) => return Err(error).with_context(|| format!("{path} cannot be written")),
    };
    file.write_all(TEMPLATE.as_bytes())
        .with_context(|| format!("{path} cannot be written"))?;
    complain(&format!("wrote {path}; now run: soc2gate check"));
    Ok(())
}
