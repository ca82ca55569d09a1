//! The command line.

mod attest;
mod check;
mod ledger;
mod publish;

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, CommandFactory, Subcommand, ValueEnum};
use jiff::Timestamp;
use soc2gate_engine::SubjectKind;

pub(crate) use attest::*;
pub(crate) use check::*;
pub(crate) use ledger::*;
pub(crate) use publish::PublishArgs;
pub(crate) use soc2gate_host::{BundleArgs, ExistingArgs, PolicyArgs, RegoVersionName};

/// Judges changes against SOC 2 controls, and says why.
#[derive(Debug, clap::Parser)]
#[command(
    name = "soc2gate",
    version,
    propagate_version = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The command line as clap sees it, for references and completions.
pub fn command() -> clap::Command {
    Cli::command()
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Judge manifests and pull request documents
    ///
    /// Exit codes: 0 allowed, 1 denied, 2 could not decide (bad input, an unreadable file, an unknown under
    /// `deny`), 64 wrong usage.
    Check(Box<CheckArgs>),
    /// Run the tests and the cases of controls
    ///
    /// Rego tests are the rules `test_…`; `todo_test_…` are left out. Cases are the files
    /// `cases/<verdict>-….yaml` and `.json` beside a control; the verdict is pass, fail, unknown or
    /// not-applicable.
    ///
    /// Exit codes: 0 all pass, 1 one fails or the coverage is below the threshold, 2 could not run (nothing
    /// found, a file that does not load, two tests of one name), 64 wrong usage.
    Test(TestArgs),
    /// Look for what may be wrong with controls
    ///
    /// Shapes in which a missing fact lets a change pass, missing tests and cases, names, what is not used. What is
    /// found is a warning; everything that keeps a control from loading is an error.
    ///
    /// Exit codes: 0 no error, 1 a warning under --strict, 2 an error, or nothing found, 64 wrong usage.
    Lint(LintArgs),
    /// Evaluate a Rego query, and say why rules do not hold
    ///
    /// Prints values of the policies, the data and the input. Exit codes: 0 evaluated, also where the query is
    /// undefined, 2 a query, a policy or a document that cannot be used, 64 wrong usage.
    Eval(EvalArgs),
    /// Measure how long controls take
    ///
    /// Each control judges its cases, or a file, again and again on one thread. Exit codes: 0 measured, 2 could not
    /// run, 64 wrong usage.
    Bench(BenchArgs),
    /// Keep and show evidence: every decision, so that nobody can change it unseen
    #[command(subcommand)]
    Ledger(LedgerCommand),
    /// Sign that a change was approved, and verify it
    #[command(subcommand)]
    Attest(AttestCommand),
    /// Look at the controls, and make new ones
    #[command(subcommand)]
    Control(ControlCommand),
    /// Write a commented soc2gate.yaml
    Init(InitArgs),
    /// Print a JSON Schema, for editors and other tools
    Schema(SchemaArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Write manual pages
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Folders with controls or other Rego, and single files
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// File or folder of YAML and JSON documents that tests find below `data`; may be given several times
    #[arg(long, short, value_name = "PATH")]
    pub(crate) data: Vec<PathBuf>,

    /// Version of Rego that files beside controls are written in; else v1, or v0 where a file parses in no other
    #[arg(long, value_name = "VERSION", value_enum)]
    pub(crate) rego_version: Option<RegoVersionName>,

    /// Run only tests and cases whose name this regular expression finds
    #[arg(long, value_name = "REGEX")]
    pub(crate) run: Option<String>,

    /// Say which lines and rules the Rego tests reach
    #[arg(long)]
    pub(crate) coverage: bool,

    /// Fail where the Rego tests reach less than so many percent of the lines
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) threshold: Option<u8>,

    /// List what passes too, and show what `print` writes in it
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// Format of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = TestFormat::Human)]
    pub(crate) format: TestFormat,

    /// Run again whenever a file changes
    #[arg(long)]
    pub(crate) watch: bool,

    /// Threads to test with; every core where it is not given
    #[arg(long, short, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,

    /// Colour of human output: `auto` colours terminals only
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
}

#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Folders with controls or other Rego, and single files
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Format of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LintFormat::Human)]
    pub(crate) format: LintFormat,

    /// Make warnings failures (exit code 1)
    #[arg(long)]
    pub(crate) strict: bool,

    /// Colour of human output: `auto` colours terminals only
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
}

/// The formats of `soc2gate lint`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LintFormat {
    /// Text for people
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The query, such as `data.controls.owner.deny`
    #[arg(value_name = "QUERY")]
    pub(crate) query: String,

    /// Folder or file with policies, or a bundle of OPA (.tar.gz), beside the library; may be given several times
    #[arg(long, short, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) bundles: BundleArgs,

    /// JSON or YAML document of what stands below `data`; may be given several times
    #[arg(long, short, value_name = "FILE")]
    pub(crate) data: Vec<PathBuf>,

    /// JSON or YAML document that is `input`; a control reads a manifest at `input.object`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// Version of Rego that policies beside controls are written in; else v1, or v0 where a file parses in no other
    #[arg(long, value_name = "VERSION", value_enum)]
    pub(crate) rego_version: Option<RegoVersionName>,

    /// Say for each body of the rules that the query names where it stops, and with what values
    #[arg(long)]
    pub(crate) trace: bool,

    /// Format of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = EvalFormat::Json)]
    pub(crate) format: EvalFormat,

    /// What `time.now_ns()` says, RFC 3339; the system's time where it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,

    /// Colour of pretty output: `auto` colours terminals only
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
}

/// The formats of `soc2gate eval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalFormat {
    /// One JSON document; sets are arrays
    Json,
    /// Values as Rego writes them
    Pretty,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Folders with controls and their cases
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Judge this file in the place of the cases; by the library where the paths hold no control
    #[arg(long, short, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,

    /// How often each control judges each subject
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) count: u32,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The formats of `soc2gate test`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// Text for people, with the difference of both sides of an assertion
    Human,
    /// `JUnit` XML: a suite for each file
    Junit,
    /// One JSON document
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ControlCommand {
    /// List the controls
    List(ControlListArgs),
    /// Show one control: what it tests, its parameters, what to do
    Show(ControlShowArgs),
    /// Make a control of your own, with tests and cases that pass
    New(NewControlArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ControlListArgs {
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ControlShowArgs {
    /// The control's id
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NewControlArgs {
    /// The control's id: letters, a dash, digits, such as OWN-01
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// The folder to make
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,

    /// What the control judges
    #[arg(long, value_name = "KIND", value_enum, default_value_t = InputKind(SubjectKind::Kubernetes))]
    pub(crate) kind: InputKind,

    /// The Kubernetes type that it judges, with its group; apps/Deployment where it is not given
    #[arg(long, value_name = "TYPE")]
    pub(crate) resource: Option<String>,

    /// Its Rego package; `controls.` and the name of the folder where it is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) package: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The file to write
    #[arg(value_name = "FILE", default_value = "soc2gate.yaml")]
    pub(crate) path: PathBuf,

    /// Replace a file that exists
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// The schema
    #[arg(value_enum)]
    pub(crate) name: SchemaName,
}

/// The schemas of what is read and written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaName {
    /// soc2gate.yaml
    Config,
    /// Files of exceptions
    Exceptions,
    /// Files of what was wrong before
    Baseline,
    /// One decision
    Decision,
    /// The json output of `check`
    Report,
    /// Pull request documents
    PullRequest,
    /// Documents about a repository on GitHub
    GithubRepository,
    /// Documents about an organisation on GitHub
    GithubOrganization,
    /// Documents about a push on GitHub
    GithubPush,
    /// METADATA of a control
    Metadata,
    /// A record of the ledger
    Record,
    /// What the attestation of a change says
    ChangeAttestation,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Folder for one page a command; without it the main page goes to standard output
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
}

/// When something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A kind of subject, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InputKind(pub(crate) SubjectKind);

impl ValueEnum for InputKind {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<InputKind>> =
            LazyLock::new(|| SubjectKind::ALL.iter().copied().map(InputKind).collect());
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let name = match self.0 {
            SubjectKind::Kubernetes => "kubernetes",
            SubjectKind::PullRequest => "pull-request",
            SubjectKind::Document => "document",
            SubjectKind::GithubRepository => "github-repository",
            SubjectKind::GithubOrganization => "github-organization",
            SubjectKind::GithubPush => "github-push",
            SubjectKind::GithubWorkflow => "github-workflow",
        };
        // As METADATA writes it.
        let value = PossibleValue::new(name);
        Some(if name == self.0.as_str() {
            value
        } else {
            value.alias(self.0.as_str())
        })
    }
}

/// A format of documents, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InputFormat(pub(crate) soc2gate_inputs::Format);

impl ValueEnum for InputFormat {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<InputFormat>> = LazyLock::new(|| {
            soc2gate_inputs::Format::ALL
                .iter()
                .copied()
                .map(InputFormat)
                .collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.as_str()))
    }
}
