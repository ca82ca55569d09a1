//! The command line of the ledger.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Make a ledger and its keys
    Init(LedgerInitArgs),
    /// Print a record, and the documents that belong to it
    Show(LedgerShowArgs),
    /// List records
    Query(LedgerQueryArgs),
    /// Count records: by kind, outcome, control and day
    Stats(LedgerStatsArgs),
    /// Verify every record, checkpoint and document
    ///
    /// Works on a ledger, on a copy of one and on an export, without a network. What is verified is verified with the
    /// keys and against the checkpoints that you bring: without one of your own only the ledger's word stands.
    ///
    /// Exit codes: 0 verified, 1 damaged or forged, 2 could not verify, 64 wrong usage.
    Verify(LedgerVerifyArgs),
    /// Prove that a record is in the ledger
    Prove(LedgerProveArgs),
    /// Print the newest checkpoint, or keep it elsewhere
    Checkpoint(LedgerCheckpointArgs),
    /// Cosign the checkpoint of another ledger
    ///
    /// The checkpoint is cosigned only when it is signed by the key that is given and continues the last one that was
    /// cosigned.
    Witness(LedgerWitnessArgs),
    /// Write records for an auditor
    Export(LedgerExportArgs),
    /// Make a ledger of a whole export
    Import(LedgerImportArgs),
    /// Evaluate a recorded decision again
    ///
    /// Exit codes: 0 the same, 1 something else, 2 could not evaluate, 64 wrong usage.
    Replay(LedgerReplayArgs),
    /// Make the documents of records unreadable; the records stay
    Erase(LedgerEraseArgs),
    /// Look at the keys, and change them
    #[command(subcommand)]
    Keys(LedgerKeysCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerKeysCommand {
    /// Print the public keys, which verify
    Show(LedgerPlace),
    /// Sign and seal with new keys from now on
    Rotate(LedgerPlace),
    /// Make a key to cosign with
    Witness(WitnessKeyArgs),
}

/// Which ledger.
#[derive(Debug, Clone, Args)]
pub(crate) struct LedgerPlace {
    /// The ledger: a folder, or a postgres:// address; else what soc2gate.yaml says
    #[arg(long, value_name = "LEDGER")]
    pub(crate) ledger: Option<String>,

    /// Where its keys are: a file, or env:NAME for a variable that holds them; else the variable SOC2GATE_LEDGER_KEYS, or
    /// the file beside the folder with `.keys` behind its name
    #[arg(long = "ledger-keys", value_name = "KEYS")]
    pub(crate) keys: Option<String>,

    /// Configuration; else the nearest soc2gate.yaml, up to the root of the repository
    #[arg(long, short, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerInitArgs {
    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// The name of the ledger, unlike that of any other: your domain and a path. A random one where it is not given
    #[arg(long, value_name = "NAME")]
    pub(crate) origin: Option<String>,

    /// Leave a ledger as it is that is there already, and end with exit code 0
    #[arg(long)]
    pub(crate) if_missing: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerShowArgs {
    /// The record: its index, or its id
    #[arg(value_name = "RECORD")]
    pub(crate) record: String,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Open its documents too; needs the keys
    #[arg(long)]
    pub(crate) documents: bool,
}

/// Formats of lists of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LedgerFormat {
    /// A table for people
    Human,
    /// The records, one a line
    Jsonl,
    /// A table for other programs
    Csv,
}

/// Which records.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct LedgerFilter {
    /// Of this kind, such as decision
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,

    /// Made at this time or later, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<Timestamp>,

    /// Made before this time, RFC 3339
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,

    /// At this index or behind it
    #[arg(long, value_name = "INDEX")]
    pub(crate) first: Option<u64>,

    /// At this index or before it
    #[arg(long, value_name = "INDEX")]
    pub(crate) last: Option<u64>,

    /// With a verdict of this control
    #[arg(long, value_name = "ID")]
    pub(crate) control: Option<String>,

    /// With a verdict pass, fail, unknown or `not_applicable`: of the control, where one is named
    #[arg(long, value_name = "STATUS")]
    pub(crate) status: Option<String>,

    /// With a verdict under deny, warn or record
    #[arg(long, value_name = "ENFORCEMENT")]
    pub(crate) enforcement: Option<String>,

    /// With the use of this exception
    #[arg(long, value_name = "ID")]
    pub(crate) exception: Option<String>,

    /// Decisions with the outcome allow, deny or error
    #[arg(long, value_name = "OUTCOME")]
    pub(crate) outcome: Option<String>,

    /// About a subject of this kind
    #[arg(long, value_name = "KIND")]
    pub(crate) subject_kind: Option<String>,

    /// About a subject with such an id: `*` stands for any text, `?` for one letter
    #[arg(long, value_name = "GLOB")]
    pub(crate) subject: Option<String>,

    /// Caused by this actor
    #[arg(long, value_name = "ID")]
    pub(crate) actor: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerQueryArgs {
    #[command(flatten)]
    pub(crate) filter: LedgerFilter,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Format of the output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LedgerFormat::Human)]
    pub(crate) format: LedgerFormat,

    /// Show no more than this many
    #[arg(long, value_name = "COUNT")]
    pub(crate) limit: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerStatsArgs {
    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerVerifyArgs {
    /// A ledger, a copy of one, or an export; else the ledger of --ledger or of soc2gate.yaml
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Public key of the ledger, or a file with some, a line each; may be given several times. Without one the keys are
    /// taken from the ledger's own keys where they are at hand
    #[arg(long = "key", value_name = "KEY")]
    pub(crate) trusted: Vec<String>,

    /// A checkpoint that you kept: the ledger must continue it; may be given several times
    #[arg(long = "checkpoint", value_name = "FILE")]
    pub(crate) checkpoints: Vec<PathBuf>,

    /// Public key of a witness that must have cosigned; may be given several times
    #[arg(long = "witness", value_name = "KEY")]
    pub(crate) witnesses: Vec<String>,

    /// Leave out the documents
    #[arg(long)]
    pub(crate) skip_documents: bool,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerProveArgs {
    /// The record: its index, or its id
    #[arg(value_name = "RECORD")]
    pub(crate) record: String,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// File to write to; standard output where it is not given
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerCheckpointArgs {
    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// File to write to; standard output where it is not given
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Commit it as the file `checkpoint` of this git repository
    #[arg(long, value_name = "FOLDER", conflicts_with = "output")]
    pub(crate) git: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerWitnessArgs {
    /// The ledger whose checkpoint is cosigned, or a copy of it
    #[arg(value_name = "LEDGER")]
    pub(crate) target: String,

    /// The ledger's public key, or a file with it
    #[arg(long = "key", value_name = "KEY", required = true)]
    pub(crate) trusted: Vec<String>,

    /// File with the witness's private key, or env:NAME; `soc2gate ledger keys witness` makes one
    #[arg(long, value_name = "KEY")]
    pub(crate) witness_key: String,

    /// File in which the last cosigned checkpoint is remembered
    #[arg(long, value_name = "FILE")]
    pub(crate) state: PathBuf,

    /// File to write the cosigned checkpoint to; standard output where it is not given
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerExportArgs {
    /// Folder to write; it must not exist or be empty
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,

    #[command(flatten)]
    pub(crate) filter: LedgerFilter,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Every record from the first, so that the export can be verified and imported as a ledger
    #[arg(long)]
    pub(crate) whole: bool,

    /// The sealed documents too; whoever has the ledger's keys can open them
    #[arg(long)]
    pub(crate) documents: bool,

    /// Signed in-toto statements of the decisions too
    #[arg(long)]
    pub(crate) attestations: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerImportArgs {
    /// A whole export
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerReplayArgs {
    /// The record: its index, or its id
    #[arg(value_name = "RECORD")]
    pub(crate) record: String,

    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LedgerEraseArgs {
    #[command(flatten)]
    pub(crate) place: LedgerPlace,

    /// The documents of records made before this time, RFC 3339
    #[arg(long, value_name = "TIME", required_unless_present = "expired")]
    pub(crate) before: Option<Timestamp>,

    /// The documents of records that are older than retention.days of soc2gate.yaml
    #[arg(long, conflicts_with = "before")]
    pub(crate) expired: bool,

    /// Why; it is recorded
    #[arg(long, value_name = "TEXT", default_value = "retention")]
    pub(crate) reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct WitnessKeyArgs {
    /// The name of the witness, such as witness.example.com
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// File to write the private key to; the public one is printed
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Recording of decisions.
#[derive(Debug, Default, Clone, Args)]
pub(crate) struct RecordArgs {
    /// Record every decision: in a folder, or at a postgres:// address; else what soc2gate.yaml says
    #[arg(long, value_name = "LEDGER")]
    pub(crate) ledger: Option<String>,

    /// Where the ledger's keys are: a file, or env:NAME for a variable that holds them; else the variable
    /// SOC2GATE_LEDGER_KEYS, or the file beside the folder with `.keys` behind its name
    #[arg(long, value_name = "KEYS")]
    pub(crate) ledger_keys: Option<String>,

    /// Record nothing, whatever soc2gate.yaml says
    #[arg(long, conflicts_with = "ledger")]
    pub(crate) no_ledger: bool,

    /// Who is recorded as having caused the decisions; else the workflow or the user that runs
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,

    /// What follows when a decision cannot be recorded: `deny` ends in exit code 2
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = OnLedgerFailure::Deny)]
    pub(crate) on_ledger_failure: OnLedgerFailure,
}

/// What follows when a decision cannot be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum OnLedgerFailure {
    /// The run could not decide
    #[default]
    Deny,
    /// The run goes on with a warning; what is not recorded is a gap
    Allow,
}
