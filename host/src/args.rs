//! Options that say by what is judged, the same for every front end.

use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use soc2gate_engine::{RegoVersion, SigningAlgorithm};

/// Where settings and controls come from.
#[derive(Debug, Clone, Args)]
pub struct PolicyArgs {
    /// Configuration; else the nearest soc2gate.yaml, up to the root of the repository
    #[arg(long, short, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Folder with controls or policies of your own, or a bundle of OPA (.tar.gz), beside those the configuration names;
    /// may be given several times
    #[arg(long, short, value_name = "PATH", alias = "policy")]
    pub policies: Vec<PathBuf>,

    /// The signature that bundles must have.
    #[command(flatten)]
    pub bundles: BundleArgs,
}

/// The signature that bundles must have, in the words of OPA.
#[derive(Debug, Clone, Default, Args)]
pub struct BundleArgs {
    /// File of the key that bundles must be signed by: a public key or a certificate in PEM, or the secret for HS256,
    /// HS384 and HS512. Without it signatures are not checked
    #[arg(long, value_name = "FILE")]
    pub verification_key: Option<PathBuf>,

    /// Name that the signature of a bundle must give to its key, where it gives one
    #[arg(long, value_name = "ID")]
    pub verification_key_id: Option<String>,

    /// Algorithm that bundles must be signed with; RS256 where none is given
    #[arg(long, value_name = "ALGORITHM")]
    pub signing_alg: Option<AlgorithmName>,

    /// Scope that the signature of a bundle must be for
    #[arg(long, value_name = "SCOPE")]
    pub scope: Option<String>,

    /// Glob of files in a bundle that need not be signed; may be given several times
    #[arg(long, value_name = "GLOB")]
    pub exclude_files_verify: Vec<String>,
}

/// An algorithm of signatures, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlgorithmName(pub SigningAlgorithm);

impl ValueEnum for AlgorithmName {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<AlgorithmName>> = LazyLock::new(|| {
            SigningAlgorithm::ALL
                .into_iter()
                .map(AlgorithmName)
                .collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

/// What is to be said of policies that people have already: Conftest's and Gatekeeper's.
#[derive(Debug, Default, Args)]
pub struct ExistingArgs {
    /// Judge by plain policies of this package only; may be given several times. Without it by all that are found
    #[arg(long = "namespace", short, value_name = "PACKAGE")]
    pub namespaces: Vec<String>,

    /// File or folder of YAML and JSON documents that plain policies find below `data`; may be given several times
    #[arg(long, short, value_name = "PATH")]
    pub data: Vec<PathBuf>,

    /// Judge all documents as one list by plain policies: `input` is a list of `{"path", "contents"}`
    #[arg(long)]
    pub combine: bool,

    /// Version of Rego that plain policies are written in; else v1, or v0 where a file parses in no other
    #[arg(long, value_name = "VERSION", value_enum)]
    pub rego_version: Option<RegoVersionName>,
}

/// A version of Rego, as it is named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RegoVersionName {
    /// Before OPA 1.0
    V0,
    /// Since OPA 1.0
    V1,
}

impl From<RegoVersionName> for RegoVersion {
    fn from(name: RegoVersionName) -> Self {
        match name {
            RegoVersionName::V0 => Self::V0,
            RegoVersionName::V1 => Self::V1,
        }
    }
}
