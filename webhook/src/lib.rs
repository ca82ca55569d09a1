//! The admission webhook: AdmissionReviews in, answers out, a durable record of each decision before its answer.
//!
//! [`review`] reads what the API server sends, [`subject`] and [`ruling`] lead from there to an [`answer`] without any I/O;
//! [`judging`] does that on threads, [`recording`] makes it durable, [`admission`] holds a request to its deadline, and
//! [`server`] speaks HTTP. [`audit`] judges what exists, as a command of its own.

pub mod admission;
pub mod answer;
pub mod args;
pub mod audit;
pub mod body;
pub mod certificate;
pub mod cluster;
pub mod exit;
pub mod health;
pub mod judging;
pub mod logging;
pub mod metrics;
pub mod policies;
pub mod recording;
pub mod reload;
pub mod review;
pub mod ruling;
pub mod run;
pub mod server;
pub mod subject;
pub mod uid;
pub mod watch;
pub mod weight;

use std::ffi::OsString;
use std::io::Write as _;

use args::{Cli, Command};
use clap::Parser as _;
use exit::Exit;

/// Runs the program.
pub fn start(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    match Cli::try_parse_from(arguments) {
        Ok(Cli {
            command: Command::Run(args),
        }) => {
            logging::start(args.log_level.into());
            run::run(&args)
        }
        Ok(Cli {
            command: Command::Unregister(args),
        }) => {
            logging::start(tracing::Level::INFO);
            run::unregister(&args)
        }
        Ok(Cli {
            command: Command::Audit(args),
        }) => {
            logging::start(args.log_level.into());
            audit::run(&args)
        }
        Err(error) => {
            // Nothing can be done when the terminal is closed.
            let _ = error.print();
            let _ = std::io::stderr().flush();
            if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ended
            }
        }
    }
}
