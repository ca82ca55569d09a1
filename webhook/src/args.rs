//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;
use soc2gate_host::PolicyArgs;

use crate::audit::AuditArgs;
use crate::cluster::certificates::Lifetimes;

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

    /// Remove the registration: the API server no longer asks
    ///
    /// Exit codes: 0 it is not there any more, 2 could not be removed, 64 wrong usage.
    Unregister(UnregisterArgs),

    /// Judge what exists in a cluster, on a schedule and when policies change
    ///
    /// Exit codes with --once: 0 nothing is denied, 1 something is, 2 the scan is incomplete or could not decide. Without it: 0
    /// ended as it was told, 2 could not start. 64 wrong usage.
    Audit(Box<AuditArgs>),
}

/// What is removed.
#[derive(Debug, Args)]
pub struct UnregisterArgs {
    /// The cluster.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// Name of the ValidatingWebhookConfiguration
    #[arg(long, value_name = "NAME", default_value = "soc2gate")]
    pub webhook_configuration: String,
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

    /// Certificate of the server, with those that lead to its CA, in PEM; else one of its own making, in a Secret of the
    /// cluster
    #[arg(long, value_name = "FILE", requires = "key", required_unless_present_any = ["url", "service"])]
    pub certificate: Option<PathBuf>,

    /// Private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,

    /// What is judged by.
    #[command(flatten)]
    pub policies: PolicyArgs,

    /// The cluster that is asked.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// How the cluster calls.
    #[command(flatten)]
    pub registration: RegistrationArgs,

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

    /// Namespace of the webhook's own objects, which is not judged; else that of the service account or the context, with
    /// --url soc2gate-system, which is made where it is not there
    #[arg(long, value_name = "NAMESPACE", env = "POD_NAMESPACE")]
    pub namespace: Option<String>,

    /// Name of this replica among others; else the variable HOSTNAME, which is the pod's name
    #[arg(long, value_name = "NAME")]
    pub replica: Option<String>,
}

/// How the API server calls the webhook.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Cluster")]
pub struct RegistrationArgs {
    /// Register the webhook under this address, from which the API server must reach --listen: for one that runs outside of
    /// the cluster
    #[arg(long, value_name = "URL", value_parser = https, conflicts_with = "service")]
    pub url: Option<String>,

    /// Make a certificate for this Service of the own namespace, and keep its CA in the registration
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,

    /// Name of the ValidatingWebhookConfiguration
    #[arg(long, value_name = "NAME", default_value = "soc2gate")]
    pub webhook_configuration: String,

    /// Certificates that the API server is to trust with --url and --certificate, in PEM; else those of its machine
    #[arg(long, value_name = "FILE", requires = "certificate", requires = "url")]
    pub ca_bundle: Option<PathBuf>,

    /// Secret in which a certificate of its own making is kept
    #[arg(
        long,
        value_name = "NAME",
        default_value = "soc2gate-webhook-certificate"
    )]
    pub stored_certificate: String,

    /// How long such a certificate is good for; it is renewed when two thirds of that are over
    #[arg(long, value_name = "DURATION", default_value = "2160h", value_parser = duration)]
    pub certificate_lifetime: Duration,

    /// How long the CA that signs it is good for
    #[arg(long, value_name = "DURATION", default_value = "17520h", value_parser = duration)]
    pub ca_lifetime: Duration,

    /// How long a new CA is trusted before it signs, and the one before after that
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub ca_overlap: Duration,
}

impl RegistrationArgs {
    /// How long certificates are good for.
    pub fn lifetimes(&self) -> Lifetimes {
        Lifetimes {
            ca: self.ca_lifetime,
            server: self.certificate_lifetime,
            overlap: self.ca_overlap,
        }
    }
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

/// An address that an API server calls: https, a host, no path.
fn https(text: &str) -> Result<String, String> {
    let url: http::Uri = text
        .parse()
        .map_err(|_| "an address looks like https://127.0.0.1:8443")?;
    let is_plain = url.path() == "/" && url.query().is_none() && !text.contains('@');
    if url.scheme_str() != Some("https") || url.host().is_none_or(str::is_empty) || !is_plain {
        return Err("an address looks like https://127.0.0.1:8443, without a path".to_owned());
    }
    Ok(text.to_owned())
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
    fn addresses_are_of_https_and_have_no_path() {
        assert!(https("https://127.0.0.1:8443").is_ok() && https("https://[::1]:8443/").is_ok());
        for wrong in [
            "http://127.0.0.1",
            "127.0.0.1:8443",
            "https://",
            "https://a/b",
            "https://a/?b",
        ] {
            assert!(https(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_are_read() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert!(duration("-1s").is_err() && duration("soon").is_err());
    }
}
