//! `soc2gate man`.

use std::fs;

use anyhow::Context as _;
use clap_mangen::Man;

use super::print;
use crate::args::{ManArgs, command};

/// Writes manual pages.
pub(super) fn run(args: &ManArgs) -> anyhow::Result<()> {
    if let Some(folder) = &args.output {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        clap_mangen::generate_to(command(), folder)
            .with_context(|| format!("{} cannot be written", folder.display()))
    } else {
        let mut page = Vec::new();
        Man::new(command()).render(&mut page)?;
        print(&String::from_utf8(page)?)
    }
}
