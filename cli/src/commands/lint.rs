//! `soc2gate lint`.

use super::{complain, print};
use crate::args::{LintArgs, LintFormat};
use crate::exit::Exit;
use crate::lint::{Findings, sarif};
use crate::output::colour;

/// Runs the command.
pub(super) fn run(args: &LintArgs) -> Exit {
    let findings = Findings::of(&args.paths, args.strict);
    let text = match args.format {
        LintFormat::Human => findings.human(colour(args.color)),
        LintFormat::Json => findings.json(),
        LintFormat::Sarif => sarif(&findings),
    };
    if let Err(error) = text.and_then(|text| print(&text)) {
        complain(&format!("error: {error:#}"));
        return Exit::Error;
    }
    findings.exit()
}
