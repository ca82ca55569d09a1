//! `soc2gate completions`.

use super::print;
use crate::args::{CompletionsArgs, command};

/// Prints a completion script.
pub(super) fn run(args: &CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "soc2gate", &mut script);
    print(&String::from_utf8(script)?)
}
