//! The command line of attestations.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use soc2gate_ledger::attest::ImageReference;

use super::{GitHubArgs, LedgerPlace};

#[derive(Debug, Subcommand)]
pub(crate) enum AttestCommand {
    /// Attest that a change was approved, when it is merged
    ///
    /// Reads the pull request, finds the decision that the ledger holds on what was merged, judges the approvals again as
    /// they are now, and signs a statement on the commit, its tree and the images that were built from it. The statement
    /// is recorded in the ledger before it is written. The same change and images make the same statement, which is
    /// recorded once: run it again with --image when an image is built.
    ///
    /// Exit codes: 0 attested, 1 refused: not merged, not allowed, about another commit, pushed directly, 2 could not
    /// decide, 64 wrong usage.
    Change(Box<AttestChangeArgs>),
    /// Verify the attestation of a change
    ///
    /// Needs no network, and no ledger unless one is named.
    ///
    /// Exit codes: 0 verified, 1 refused, 2 could not verify, 64 wrong usage.
    Verify(AttestVerifyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AttestChangeArgs {
    /// The pull request: OWNER/REPO#NUMBER, or its address; else that of the workflow's event, which may be the push that
    /// merged it
    #[arg(value_name = "PULL_REQUEST")]
    pub(crate) pull_request: Option<String>,

    /// Take the pull request from a document that `check pull-request --save` wrote when it was merged, without asking
    /// GitHub
    #[arg(long, value_name = "FILE", conflicts_with = "pull_request")]
    pub(crate) from_file: Option<PathBuf>,

    /// Image that was built from the commit: NAME@sha256:DIGEST; may be given several times
    #[arg(long = "image", value_name = "IMAGE", value_parser = ImageReference::parse)]
    pub(crate) images: Vec<ImageReference>,

    /// File to write to; standard output where it is not given, and for `-`
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Who is recorded as having attested; else the workflow or the user that runs
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,

    #[command(flatten)]
    pub(crate) github: GitHubArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AttestVerifyArgs {
    /// The attestation; `-` is standard input
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    /// Public key that must have signed it, or a file with some, a line each; may be given several times: one of them
    /// suffices
    #[arg(long = "key", value_name = "KEY", required = true)]
    pub(crate) trusted: Vec<String>,

    /// Image that it must be about: NAME@sha256:DIGEST; may be given several times
    #[arg(long = "image", value_name = "IMAGE", value_parser = ImageReference::parse)]
    pub(crate) images: Vec<ImageReference>,

    /// Commit that it must be about, by its full name
    #[arg(long, value_name = "COMMIT")]
    pub(crate) commit: Option<String>,

    /// Ledger, or a copy of one, that must hold its record and the decision under a checkpoint of one of the keys
    #[arg(long, value_name = "LEDGER")]
    pub(crate) ledger: Option<String>,
}
