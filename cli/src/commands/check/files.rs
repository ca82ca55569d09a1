//! `soc2gate check PATH …`.

use clap::ArgMatches;
use soc2gate_engine::SubjectKind;
use soc2gate_evidence::FrontEnd;
use soc2gate_inputs::Reading;

use super::{Gathered, Job, complain, finish};
use crate::args::{CheckFilesArgs, GitHubArgs};
use crate::check::Beside;
use crate::collect::{FileReader, find};
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(args: &CheckFilesArgs, matches: Option<&ArgMatches>) -> Exit {
    let other_kind = args
        .input_kind
        .filter(|kind| kind.0 != SubjectKind::Document);
    if args.parser.is_some() && other_kind.is_some() {
        complain("error: --parser goes with --input-kind document only");
        return Exit::Usage;
    }
    let job = Job {
        judging: &args.judging,
        existing: &args.existing,
        allow_empty: args.allow_empty,
        front_end: FrontEnd::Check,
        base: None,
        target: None,
        github: &GitHubArgs::default(),
        inputs: &args.paths,
        gather: &|gate, _, _| {
            let reading = Reading {
                kind: args.input_kind.map(|kind| kind.0),
                format: args.parser.map(|format| format.0),
                documents: gate.asks_for(SubjectKind::Document),
            };
            let (sources, diagnostics) =
                find(&args.paths, !args.no_ignore, reading.takes_documents());
            Gathered {
                sources,
                reader: FileReader::new(args.judging.max_file_size),
                reading,
                beside: Beside::Judged,
                before: None,
                documents: None,
                is_part: false,
                diagnostics,
            }
        },
    };
    finish(&job, matches)
}
