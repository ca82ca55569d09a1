//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use soc2gate_host::PolicyArgs;

use crate::audit::AuditArgs;

/// Admission webhook: judges what is written to a Kubernetes cluster by controls, and records every decision.
#[derive(Debug, Parser)]
#[command(name = "soc2gate-webhook", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the webhook until it is told to end
    ///
    /// Exit codes: 0 ended as it was told, 2 could not serve (settings, certificate, ledger or address), 64 wrong usage.
    Run(Box<RunArgs>),

    /// Judge what exists in a cluster, on a schedule and when policies change
    ///
    /// Exit codes with --once: 0 nothing is denied, 1 something is, 2 the scan is incomplete or could not decide. Without it: 0
    /// ended as it was told, 2 could not start. 64 wrong usage.
    Audit(Box<AuditArgs>),
}

/// How the webhook is served.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Address that the API server calls, with TLS: /validate
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8443")]
    pub listen: SocketAddr,

    /// Address of /livez, /readyz and /metrics, without TLS
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub probes: SocketAddr,

    /// Certificate of the server, with those that lead to its CA, in PEM
    #[arg(long, value_name = "FILE")]
    pub certificate: PathBuf,

    /// Private key of the certificate, in PEM
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,

    /// What is judged by.
    #[command(flatten)]
    pub policies: PolicyArgs,

    /// The cluster that is asked.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// The ledger: a folder, or a postgres:// address; else what soc2gate.yaml says
    #[arg(long, value_name = "LEDGER")]
    pub ledger: Option<String>,

    /// Where its keys are: a file, or env:NAME for a variable that holds them; else the variable SOC2GATE_LEDGER_KEYS, or
    /// the file beside the folder with `.keys` behind its name
    #[arg(long, value_name = "KEYS")]
    pub ledger_keys: Option<String>,

    /// Record nothing, whatever soc2gate.yaml says
    #[arg(long, conflicts_with_all = ["ledger", "ledger_keys"])]
    pub no_ledger: bool,

    /// What follows where a decision cannot be recorded. `allow` lets in what controls allow, and records the gap when the
    /// ledger is back
    #[arg(long, value_name = "MODE", value_enum, default_value_t = FailureMode::Deny)]
    pub on_ledger_failure: FailureMode,

    /// What follows where a request cannot be judged: malformed, too large, too late, one too many
    #[arg(long, value_name = "MODE", value_enum, default_value_t = FailureMode::Deny)]
    pub on_failure: FailureMode,

    /// Threads that judge; else one for each processor
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Requests that may be in work at once; more are answered by --on-failure
    #[arg(long, value_name = "COUNT", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..))]
    pub max_in_flight: u16,

    /// How often files are looked at for a change: certificate, configuration, policies, exceptions
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub reload_interval: Duration,

    /// How long requests are still taken after the signal to end: until no endpoint leads here any more
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    pub drain_delay: Duration,

    /// How long requests in work may take to end after that
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    pub drain_timeout: Duration,

    /// Who is recorded as having caused records
    #[arg(long, value_name = "NAME", default_value = "soc2gate-webhook")]
    pub actor: String,

    /// The least that is logged
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = LogLevel::Info)]
    pub log_level: LogLevel,
}

/// The cluster whose API server is asked; none where nothing is named.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArgs {
    /// Ask the API server of the cluster in which this runs, by the service account of the pod
    #[arg(long, conflicts_with = "kubeconfig")]
    pub in_cluster: bool,

    /// Ask the API server that this kubeconfig file names
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,

    /// Context of the kubeconfig file; else its current one
    #[arg(long, value_name = "NAME", requires = "kubeconfig")]
    pub context: Option<String>,

    /// Namespace of the webhook's own objects; else that of the service account or the context
    #[arg(long, value_name = "NAMESPACE", env = "POD_NAMESPACE")]
    pub namespace: Option<String>,

    /// Name of this replica among others; else the variable HOSTNAME, which is the pod's name
    #[arg(long, value_name = "NAME")]
    pub replica: Option<String>,
}

impl ClusterArgs {
    /// Who this replica is among others.
    pub fn identity(&self) -> String {
        self.replica
            .clone()
            .or_else(|| std::env::var("HOSTNAME").ok())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| format!("soc2gate-webhook-{}", std::process::id()))
    }
}

/// What follows where something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailureMode {
    /// The request is not let in
    Deny,
    /// It is
    Allow,
}

impl FailureMode {
    /// Whether nothing is let in.
    pub fn denies(self) -> bool {
        self == Self::Deny
    }
}

/// The least that is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    /// What keeps the webhook from its work
    Error,
    /// What somebody should look at
    Warn,
    /// What is not let in, too
    Info,
    /// Every request
    Debug,
}

impl From<LogLevel> for tracing::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

/// A time such as `10s`, `500ms` or `1m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration = text
        .parse()
        .map_err(|_| "a time looks like 10s, 500ms or 1m".to_owned())?;
    Duration::try_from(duration).map_err(|_| "a time is not negative".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_are_read() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert!(duration("-1s").is_err() && duration("soon").is_err());
    }
}
