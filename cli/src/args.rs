//! The command line.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, CommandFactory, Subcommand, ValueEnum};
use jiff::Timestamp;
use soc2gate_engine::SubjectKind;

use crate::output::Format;

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
    Check(CheckArgs),
    /// Look at the controls
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
pub(crate) struct CheckArgs {
    /// Files and folders to judge; `-` is standard input. Folders are searched for .yaml, .yml and .json, and for the
    /// other formats of documents where a control asks for documents
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    #[command(flatten)]
    pub(crate) existing: ExistingArgs,

    /// Judge by this control only; may be given several times
    #[arg(long = "control", value_name = "ID")]
    pub(crate) controls: Vec<String>,

    /// Format of an output; may be given several times. An --output behind it names its file
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Vec<Format>,

    /// File that the --format before it is written to; without it the format goes to standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// Take every input to be of this kind, where detection is not enough
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) input_kind: Option<InputKind>,

    /// Format of every input, where its name does not tell it; what it holds is judged as a document unless it is an
    /// object or a pull request in YAML or JSON
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) parser: Option<InputFormat>,

    /// Let a run without subjects pass
    #[arg(long)]
    pub(crate) allow_empty: bool,

    /// The decision's clock, RFC 3339; the system's where it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,

    /// Threads to judge with; every core where it is not given
    #[arg(long, short, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,

    /// Largest file that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 33_554_432, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_file_size: u64,

    /// Read files that .gitignore names too
    #[arg(long)]
    pub(crate) no_ignore: bool,

    /// List subjects that comply too
    #[arg(long)]
    pub(crate) show_passing: bool,

    /// Colour of human output: `auto` colours terminals only
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
}

/// Where settings and controls come from.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Configuration; else the nearest soc2gate.yaml, up to the root of the repository
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Folder with controls of your own, beside those the configuration names; may be given several times
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) policies: Vec<PathBuf>,
}

/// What is to be said of policies that people have already: Conftest's and Gatekeeper's.
#[derive(Debug, Default, Args)]
pub(crate) struct ExistingArgs {
    /// Judge by plain policies of this package only; may be given several times. Without it by all that are found
    #[arg(long = "namespace", short, value_name = "PACKAGE")]
    pub(crate) namespaces: Vec<String>,

    /// File or folder of YAML and JSON documents that plain policies find below `data`; may be given several times
    #[arg(long, short, value_name = "PATH")]
    pub(crate) data: Vec<PathBuf>,

    /// Judge all documents as one list by plain policies: `input` is a list of `{"path", "contents"}`
    #[arg(long)]
    pub(crate) combine: bool,

    /// Version of Rego that plain policies are written in; else v1, or v0 where a file parses in no other
    #[arg(long, value_name = "VERSION", value_enum)]
    pub(crate) rego_version: Option<RegoVersionName>,
}

/// A version of Rego, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RegoVersionName {
    /// Before OPA 1.0
    V0,
    /// Since OPA 1.0
    V1,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ControlCommand {
    /// List the controls
    List {
        #[command(flatten)]
        policies: PolicyArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one control: what it tests, its parameters, what to do
    Show {
        /// The control's id
        #[arg(value_name = "ID")]
        id: String,
        #[command(flatten)]
        policies: PolicyArgs,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
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
    /// One decision
    Decision,
    /// The json output of `check`
    Report,
    /// Pull request documents
    PullRequest,
    /// METADATA of a control
    Metadata,
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
        &[
            Self(SubjectKind::Kubernetes),
            Self(SubjectKind::PullRequest),
            Self(SubjectKind::Document),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self.0 {
            SubjectKind::Kubernetes => PossibleValue::new("kubernetes"),
            SubjectKind::PullRequest => PossibleValue::new("pull-request").alias("pull_request"),
            SubjectKind::Document => PossibleValue::new("document"),
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
