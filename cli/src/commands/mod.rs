//! The subcommands, one file each.

mod attest;
mod bench;
mod check;
mod completions;
mod control;
mod control_new;
mod eval;
mod init;
mod ledger;
mod lint;
mod man;
mod schema;
mod test;

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::{CommandFactory as _, FromArgMatches as _};

pub use schema::schema_text;
use soc2gate_source::{Code, Diagnostic};

use crate::args::{Cli, Command, ControlCommand};
use crate::exit::Exit;

/// Runs the command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let matches = match Cli::command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return clap_exit(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return clap_exit(&error),
    };
    let done = match &cli.command {
        Command::Check(args) => {
            let positions = matches.subcommand_matches("check");
            return check::run(args, positions);
        }
        Command::Control(ControlCommand::New(args)) => control_new::run(args),
        Command::Control(ControlCommand::List(args)) => return control::list(args),
        Command::Control(ControlCommand::Show(args)) => return control::show(args),
        Command::Test(args) => return test::run(args),
        Command::Lint(args) => return lint::run(args),
        Command::Eval(args) => return eval::run(args),
        Command::Bench(args) => return bench::run(args),
        Command::Attest(command) => return attest::run(command),
        Command::Ledger(command) => return exit(ledger::run(command)),
        Command::Init(args) => init::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    exit(done.map(|()| Exit::Allow))
}

fn exit(done: anyhow::Result<Exit>) -> Exit {
    match done {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Allow,
        Err(error) => {
            complain(&format!("error: {error:#}"));
            Exit::Error
        }
    }
}

/// Help and versions end well; everything else that clap says is wrong usage.
fn clap_exit(error: &clap::Error) -> Exit {
    let exit = if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Allow
    };
    // Nothing can be done when the stream is closed.
    let _ = error.print();
    exit
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// Stack of a thread that evaluates policies: they may nest deeper than people would.
const STACK_BYTES: usize = 16 * 1024 * 1024;

/// Threads to evaluate with; every core where no number is given.
fn pool(threads: Option<u16>) -> Result<rayon::ThreadPool, Diagnostic> {
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads.map_or(0, usize::from))
        .stack_size(STACK_BYTES)
        .build()
        .map_err(|error| {
            let message = format!("threads cannot be started: {error}");
            Diagnostic::new(Code::InternalError, message)
        })
}

/// One line on standard error.
fn complain(message: &str) {
    // Nothing can be done when standard error is closed.
    let _ = writeln!(io::stderr(), "{message}");
}

/// A page on standard output.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
