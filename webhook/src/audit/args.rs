//! The command line of the audit.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use soc2gate_host::PolicyArgs;

use crate::args::{ClusterArgs, LogLevel, duration};

/// What is judged, how often, and who is told.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// Scan once and end, without electing a leader
    #[arg(long)]
    pub once: bool,

    /// How often everything is scanned; other policies, settings or exceptions are a reason to scan at once
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    pub interval: Duration,

    /// What is judged by.
    #[command(flatten)]
    pub policies: PolicyArgs,

    /// The cluster that is scanned.
    #[command(flatten)]
    pub cluster: ClusterArgs,

    /// Leave out the objects of a namespace, and say so in every result; may be repeated
    #[arg(long, value_name = "NAMESPACE")]
    pub exclude_namespace: Vec<String>,

    /// Leave out a kind of object such as Secret or apps/ReplicaSet, and say so in every result; may be repeated
    #[arg(long, value_name = "KIND")]
    pub exclude_kind: Vec<String>,

    /// Objects that are asked for at once
    #[arg(long, value_name = "COUNT", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub page_size: u32,

    /// Threads that judge; else one for each processor
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub threads: Option<u16>,

    /// Write no reports, whichever kinds of report the cluster has
    #[arg(long)]
    pub no_reports: bool,

    /// The most reports of each kind: what is left out is said
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub max_reports: u32,

    /// The ledger for the decisions of the audit: a folder, or a postgres:// address; else what soc2gate.yaml says
    #[arg(long, value_name = "LEDGER")]
    pub ledger: Option<String>,

    /// Where its keys are: a file, or env:NAME for a variable that holds them; else the variable SOC2GATE_LEDGER_KEYS, or
    /// the file beside the folder with `.keys` behind its name
    #[arg(long, value_name = "KEYS")]
    pub ledger_keys: Option<String>,

    /// Record nothing, whatever soc2gate.yaml says
    #[arg(long, conflicts_with_all = ["ledger", "ledger_keys"])]
    pub no_ledger: bool,

    /// The ledger of the webhook, which is only read: it says what was admitted. Else the ledger of the audit
    #[arg(long, value_name = "LEDGER")]
    pub admission_ledger: Option<String>,

    /// Name of the lease by which one replica scans
    #[arg(long, value_name = "NAME", default_value = "soc2gate-audit")]
    pub lease: String,

    /// Address of /livez, /readyz and /metrics, without TLS; not served with --once
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub probes: SocketAddr,

    /// How often files are looked at for a change: configuration, policies, exceptions
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub reload_interval: Duration,

    /// Who is recorded as having caused records
    #[arg(long, value_name = "NAME", default_value = "soc2gate-audit")]
    pub actor: String,

    /// The least that is logged
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = LogLevel::Info)]
    pub log_level: LogLevel,
}
