//! The command line of soc2gate, as a library, so that references and completions can be generated from it.

mod args;
mod bench;
mod check;
mod collect;
mod commands;
mod exit;
mod ledger;
mod lint;
mod output;
mod panic;
mod publish;
mod scaffold;
mod suite;
mod summary;

pub use args::{Cli, command};
pub use commands::{run, schema_text};
pub use exit::Exit;
pub use output::JsonReport;
pub use panic::install as install_panic_hook;
pub use scaffold::NewControl;
