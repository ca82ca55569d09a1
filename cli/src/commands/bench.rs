//! `soc2gate bench`.

use super::{complain, print};
use crate::args::BenchArgs;
use crate::bench::measure;
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(args: &BenchArgs) -> Exit {
    let measured = measure(&args.paths, args.input.as_deref(), args.count);
    let text = if args.json {
        measured.json()
    } else {
        Ok(measured.table())
    };
    for problem in &measured.problems {
        complain(problem);
    }
    if let Err(error) = text.and_then(|text| print(&text)) {
        complain(&format!("error: {error:#}"));
        return Exit::Error;
    }
    if measured.is_sound() {
        Exit::Allow
    } else {
        Exit::Error
    }
}
