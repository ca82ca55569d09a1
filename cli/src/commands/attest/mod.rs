//! `soc2gate attest`, a file each.

mod change;
mod decision;
mod merged;
mod record;
mod verify;

use soc2gate_source::{Code, Diagnostic};

use super::complain;
use crate::args::AttestCommand;
use crate::exit::Exit;

/// Runs the command.
pub(super) fn run(command: &AttestCommand) -> Exit {
    let done = match command {
        AttestCommand::Change(args) => change::run(args),
        AttestCommand::Verify(args) => verify::run(args),
    };
    match done {
        Ok(exit) => exit,
        Err(problem) => {
            complain(&problem.to_string());
            exit(problem.code)
        }
    }
}

/// What is known not to hold is refused; everything else could not be decided.
fn exit(code: Code) -> Exit {
    match code {
        Code::ChangeNotMerged
        | Code::ChangeNotAllowed
        | Code::ChangeNotDecidedOn
        | Code::ChangeWithoutPullRequest
        | Code::AttestationRefused => Exit::Deny,
        _ => Exit::Error,
    }
}

/// A ledger that cannot be read or written.
fn ledger_failed(error: &impl std::fmt::Display) -> Diagnostic {
    Diagnostic::new(Code::LedgerFailed, error.to_string())
}
