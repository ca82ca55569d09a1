//! Repository chores. `cargo xtask help` lists them.
#![allow(clippy::print_stdout, reason = "this program talks to the developer")]

mod audit;
mod bench;
mod chart;
mod conformance;
mod differential;
mod docs;
mod fuzz;
mod ledger;
mod new_control;
mod postgres;
mod shell;
mod test;
mod tidy;
mod tools;
mod webhook;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The allocator of the program that is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Repository chores of soc2gate")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the tests need, then run all of them
    Test {
        /// Skip the corpora even where they are present
        #[arg(long)]
        no_corpora: bool,
    },
    /// Check what no compiler checks: ids, METADATA, cases, layers, generated files, paths in docs
    Tidy,
    /// Write generated references; with --check, fail where they differ
    Docs {
        #[arg(long)]
        check: bool,
    },
    /// Write the plain manifest of the webhook from its chart; with --check, fail where it differs
    Chart {
        #[arg(long)]
        check: bool,
    },
    /// Make the folder of a new control
    NewControl {
        /// The id, such as LOG-01
        id: String,
        /// Where below policies/controls, such as logging/audit_trail
        path: String,
    },
    /// Run OPA's compliance cases through the evaluator
    Conformance {
        /// The folder with the cases; ../shared/corpora/rego-conformance where it is not given
        folder: Option<PathBuf>,
        /// Run only cases whose note contains this
        #[arg(long)]
        only: Option<String>,
        /// List also the cases that are known not to pass
        #[arg(long)]
        verbose: bool,
    },
    /// Compare the verdicts of our controls on their cases, and on mutations of these, with OPA itself
    Differential {
        /// How many mutations of each case; OPA is the slow one
        #[arg(long, default_value_t = 48)]
        mutations: usize,
    },
    /// Look for texts that make loading or evaluating panic, hang, or take too much memory
    Fuzz {
        /// parse, evaluate, documents or ledger; all of them where none is named
        target: Option<String>,
        /// How long, in all
        #[arg(long, default_value_t = 600)]
        seconds: u64,
    },
    /// Kill a writer of a ledger at random moments, fail every call of its disk, and look whether anything is lost
    Torture {
        /// How many times
        #[arg(long, default_value_t = 1_000)]
        rounds: u32,
    },
    /// Measure speed and memory on generated manifests, and of the ledger
    Bench {
        /// Only this part
        part: Option<BenchPart>,
        /// Leave out the comparison with checkov
        #[arg(long)]
        no_checkov: bool,
        /// Leave out the runs on 100,000 objects and on a million records
        #[arg(long)]
        short: bool,
    },
    /// Measure one thing in this process, for the bench
    #[command(hide = true)]
    Measure {
        #[command(subcommand)]
        task: bench::Task,
    },
}

/// What can be measured alone.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum BenchPart {
    /// `soc2gate check`
    Check,
    /// The ledger in a folder
    Ledger,
    /// The ledger in PostgreSQL
    Postgres,
    /// The admission webhook
    Webhook,
    /// The audit of what exists, with 50,000 objects
    Audit,
}

fn run_bench(part: Option<BenchPart>, with_checkov: bool, with_large: bool) -> anyhow::Result<()> {
    let is_asked = |of| part.is_none_or(|part| part == of);
    if is_asked(BenchPart::Check) {
        bench::run(with_checkov, with_large)?;
    }
    if is_asked(BenchPart::Ledger) {
        ledger::bench(with_large)?;
    }
    if is_asked(BenchPart::Postgres) {
        postgres::bench()?;
    }
    if is_asked(BenchPart::Webhook) {
        webhook::bench(with_large)?;
    }
    if is_asked(BenchPart::Audit) {
        audit::bench()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test { no_corpora } => test::run(no_corpora),
        Command::Tidy => tidy::run(),
        Command::Docs { check } => docs::run(check),
        Command::Chart { check } => chart::run(check),
        Command::NewControl { id, path } => new_control::run(&id, &path),
        Command::Conformance {
            folder,
            only,
            verbose,
        } => conformance::run(folder, only.as_deref(), verbose),
        Command::Differential { mutations } => differential::run(mutations),
        Command::Fuzz { target, seconds } => fuzz::run(target.as_deref(), seconds),
        Command::Torture { rounds } => ledger::torture(rounds),
        Command::Bench {
            part,
            no_checkov,
            short,
        } => run_bench(part, !no_checkov, !short),
        Command::Measure { task } => bench::measure(&task),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
