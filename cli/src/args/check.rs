//! The command line of `soc2gate check`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};
use jiff::Timestamp;

use super::{ExistingArgs, InputFormat, InputKind, PolicyArgs, PublishArgs, RecordArgs, When};
use crate::output::Format;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CheckArgs {
    #[command(subcommand)]
    pub(crate) command: Option<CheckCommand>,

    #[command(flatten)]
    pub(crate) files: CheckFilesArgs,
}

/// What is fetched instead of read from files.
#[derive(Debug, Subcommand)]
pub(crate) enum CheckCommand {
    /// Read a pull request from GitHub and judge it
    ///
    /// The token comes from --token-file, else from GITHUB_TOKEN or GH_TOKEN; GITHUB_API_URL and GITHUB_GRAPHQL_URL name an
    /// Enterprise Server; HTTPS_PROXY and NO_PROXY count. What the token may not read is unknown to the controls that need
    /// it.
    ///
    /// Exit codes: 0 allowed, 1 denied, 2 could not decide, which is also where GitHub cannot be read, 64 wrong usage.
    PullRequest(CheckPullRequestArgs),
    /// Read the settings of an organisation and of repositories from GitHub and judge them
    ///
    /// --org reads the organisation and every repository of it that the token sees, or those that --repo names; --repo
    /// alone reads repositories. What the token may not read is unknown to the controls that need it. A repository that
    /// cannot be read hides no other. The token, the addresses and proxies are those of `check pull-request`.
    ///
    /// Exit codes: 0 allowed, 1 denied, 2 could not decide, which is also where GitHub cannot be read, 64 wrong usage.
    #[command(name = "github")]
    GitHub(CheckGitHubArgs),
    /// Judge what the event of a workflow is about; the Action calls this
    ///
    /// GITHUB_EVENT_NAME and GITHUB_EVENT_PATH say what it is: a pull request and the files that it changes, the pull
    /// requests of a merge group, the commits that a push brings to the default branch or a protected branch, or on
    /// schedule and workflow_dispatch the settings of the repository. What belongs to the gate in the judged repository
    /// (configuration, exceptions, baseline, policies) is read from the base branch, of a push from the commit before it,
    /// for settings from the default branch.
    ///
    /// Exit codes: 0 allowed or nothing to judge, 1 denied, 2 could not decide, 64 wrong usage.
    Event(CheckEventArgs),
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("settings").args(["org", "repo"]).multiple(true).required(true))]
pub(crate) struct CheckGitHubArgs {
    /// Organisation to judge
    #[arg(long, value_name = "ORGANIZATION")]
    pub(crate) org: Option<String>,

    /// Repository to judge; may be given several times
    #[arg(long, value_name = "OWNER/REPO")]
    pub(crate) repo: Vec<String>,

    /// Write the documents that were read from GitHub to this folder, for `soc2gate check DIR`
    #[arg(long, value_name = "DIR")]
    pub(crate) save: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) github: GitHubArgs,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckEventArgs {
    /// File or folder of the working folder to judge besides what a change touches; may be given several times
    #[arg(long = "path", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Let failures pass that the changed files have on the base branch too
    #[arg(long)]
    pub(crate) new_only: bool,

    /// Organisation that is judged on schedule and workflow_dispatch, with all its repositories
    #[arg(long, value_name = "ORGANIZATION")]
    pub(crate) org: Option<String>,

    #[command(flatten)]
    pub(crate) github: GitHubArgs,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CheckFilesArgs {
    /// Files and folders to judge; `-` is standard input. Folders are searched for .yaml, .yml and .json, and for the
    /// other formats of documents where a control asks for documents
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) existing: ExistingArgs,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,

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

    /// Read files that .gitignore names too
    #[arg(long)]
    pub(crate) no_ignore: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckPullRequestArgs {
    /// The pull request: OWNER/REPO#NUMBER, or its address; else that of the workflow's event
    #[arg(value_name = "PULL_REQUEST")]
    pub(crate) pull_request: Option<String>,

    /// Write the document that was read from GitHub to this file
    #[arg(long, value_name = "FILE", conflicts_with = "from_file")]
    pub(crate) save: Option<PathBuf>,

    /// Judge a document that --save wrote, without asking GitHub
    #[arg(long, value_name = "FILE", conflicts_with = "pull_request")]
    pub(crate) from_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) github: GitHubArgs,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,
}

/// How GitHub is asked.
#[derive(Debug, Args)]
pub(crate) struct GitHubArgs {
    /// File that holds the token for GitHub; else the variable GITHUB_TOKEN or GH_TOKEN
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// Seconds after which GitHub is given up, with all waits and further attempts; of settings, for each repository and
    /// the organisation
    #[arg(long, value_name = "SECONDS", default_value_t = Self::default().github_timeout, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) github_timeout: u64,
}

impl Default for GitHubArgs {
    fn default() -> Self {
        Self {
            token_file: None,
            github_timeout: 60,
        }
    }
}

/// How what was read is judged, recorded and shown.
#[derive(Debug, Args)]
pub(crate) struct JudgingArgs {
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    #[command(flatten)]
    pub(crate) record: RecordArgs,

    #[command(flatten)]
    pub(crate) publish: PublishArgs,

    /// Judge by this control only; may be given several times
    #[arg(long = "control", value_name = "ID")]
    pub(crate) controls: Vec<String>,

    /// Format of an output; may be given several times. An --output behind it names its file
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Vec<Format>,

    /// File that the --format before it is written to; without it the format goes to standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Vec<PathBuf>,

    /// File of what was wrong when the gate was introduced, written by --write-baseline: it is shown and stands in
    /// nobody's way
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write what is wrong now to a file for --baseline; this run decides as it would without
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    pub(crate) write_baseline: Option<PathBuf>,

    /// The decision's clock, RFC 3339; the system's where it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<Timestamp>,

    /// Threads to judge with; every core where it is not given
    #[arg(long, short, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,

    /// Largest file that is read, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = 33_554_432, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_file_size: u64,

    /// List subjects that comply too
    #[arg(long)]
    pub(crate) show_passing: bool,

    /// Colour of human output: `auto` colours terminals only
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto)]
    pub(crate) color: When,
}
