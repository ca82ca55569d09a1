//! The subcommands, one file each.

mod check;
mod completions;
mod control;
mod init;
mod man;
mod schema;

use std::ffi::OsString;
use std::io::{self, Write as _};

use clap::{CommandFactory as _, FromArgMatches as _};

pub use schema::schema_text;

use crate::args::{Cli, Command};
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
        Command::Control(command) => return control::run(command),
        Command::Init(args) => init::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match done {
        Ok(()) => Exit::Allow,
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
