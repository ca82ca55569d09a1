//! `soc2gate-webhook audit`: from the command line to scans, and to their end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use axum_server::Handle;
use jiff::Timestamp;
use soc2gate_evidence::FrontEnd;
use soc2gate_host::Place;
use soc2gate_ledger::record::{Actor, ActorKind};
use soc2gate_source::{Code, Diagnostic};
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::args::AuditArgs;
use super::metrics::AuditMetrics;
use super::policy_files::PolicyFiles;
use super::scan::{ScanSettings, Scanner};
use super::summary::ScanSummary;
use crate::cluster::{Connection, lease};
use crate::exit::Exit;
use crate::metrics::Metrics;
use crate::policies::{PolicySnapshot, Reading};
use crate::recording::Ledger;
use crate::reload::{policy_paths, say};
use crate::run::{failed, listen, place, signer, told, unrecorded};
use crate::server::serve_probes;
use crate::watch::content_of;

/// How long a scan that is cut off may take to end.
const END: Duration = Duration::from_secs(20);

/// Everything that scans.
struct Audit {
    connection: Connection,
    scanner: Scanner,
    files: PolicyFiles,
    ledger: Option<Arc<Ledger>>,
    metrics: Arc<AuditMetrics>,
}

/// Scans until it is told to end; with `--once`, once.
pub fn run(args: &AuditArgs) -> Exit {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let prepared = runtime
        .map_err(|error| failed(&error))
        .and_then(|runtime| prepare(args, &runtime).map(|audit| (runtime, audit)));
    match prepared {
        Ok((runtime, audit)) => {
            // A ledger in a database must not be let go of where others wait for I/O.
            let ledger = audit.ledger.clone();
            let exit = runtime.block_on(scans(audit, args));
            runtime.shutdown_timeout(Duration::from_millis(100));
            if let Some(ledger) = ledger {
                ledger.close();
            }
            exit
        }
        Err(problems) => {
            problems.iter().for_each(say);
            Exit::Error
        }
    }
}

/// Connects, and reads everything. Nothing is scanned while anything is wrong.
fn prepare(args: &AuditArgs, runtime: &Runtime) -> Result<Audit, Vec<Diagnostic>> {
    let unreachable = |what: String| vec![Diagnostic::new(Code::ClusterUnreachable, what)];
    let connection = runtime
        .block_on(Connection::open(&args.cluster, None))
        .map_err(|error| unreachable(error.to_string()))?
        .ok_or_else(|| {
            unreachable("no cluster is named: use --in-cluster or --kubeconfig".to_owned())
        })?;
    // Before files are read: what changes meanwhile is seen at the first look.
    let first = PolicySnapshot::read(&args.policies, Timestamp::now());
    let paths = policy_paths(&args.policies, &first.config, first.config_path.as_deref());
    let content = content_of(&paths);
    let Reading {
        set,
        config,
        config_path,
        diagnostics,
    } = PolicySnapshot::read(&args.policies, Timestamp::now());
    let Some(set) = set else {
        return Err(diagnostics);
    };
    diagnostics.iter().for_each(say);
    let named = (args.ledger.as_deref(), args.ledger_keys.as_deref());
    let place = (!args.no_ledger)
        .then(|| place(named, &config, config_path.as_deref()))
        .flatten();
    let signer = place
        .as_ref()
        .map(|place| signer(place, &args.actor))
        .transpose()?;
    let snapshot = set
        .sign_for(FrontEnd::Audit, signer.as_ref())
        .map_err(|error| unrecorded(&error))?;
    let of_webhook = args.admission_ledger.as_deref();
    let of_webhook = of_webhook.map(|ledger| Place::new(ledger, None, std::path::Path::new("")));
    let admission_ledger = of_webhook.or_else(|| place.clone());
    let ledger = if let (Some(place), Some(signer)) = (place, &signer) {
        let counted = Arc::new(Metrics::default());
        Some(Arc::new(Ledger::new(place, signer.clone(), counted)))
    } else {
        let what = "no ledger is named: no decision of the audit is recorded";
        say(&Diagnostic::new(Code::LedgerGap, what));
        None
    };
    let settings = ScanSettings {
        page_size: args.page_size,
        threads: args.threads,
        excluded_namespaces: args.exclude_namespace.clone(),
        excluded_kinds: args.exclude_kind.clone(),
        reports: (!args.no_reports).then_some(args.max_reports),
    };
    let actor = Actor {
        id: args.actor.clone(),
        kind: ActorKind::Service,
    };
    Ok(Audit {
        scanner: Scanner::new(
            connection.clone(),
            settings,
            ledger.clone(),
            admission_ledger,
            actor,
        ),
        connection,
        files: PolicyFiles::new(args.policies.clone(), signer, paths, content, snapshot),
        ledger,
        metrics: Arc::new(AuditMetrics::default()),
    })
}

async fn scans(audit: Audit, args: &AuditArgs) -> Exit {
    let (ending, mut ended) = watch::channel(false);
    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        say(&Diagnostic::new(
            Code::InternalError,
            "signals cannot be received",
        ));
        return Exit::Error;
    };
    tokio::spawn(async move {
        told(&mut terminate, &mut interrupt).await;
        tracing::info!("told to end");
        let _ = ending.send(true);
        // Nobody scans after this, and the receivers need their sender for as long as they wait.
        std::future::pending::<()>().await;
    });
    if args.once {
        once(audit, &ended).await
    } else {
        let schedule = scheduled(audit, args, ended.clone());
        tokio::pin!(schedule);
        tokio::select! {
            exit = &mut schedule => return exit,
            _ = ended.wait_for(|is_ended| *is_ended) => {}
        }
        // A scan that is cut off still says so.
        tokio::time::timeout(END, schedule)
            .await
            .unwrap_or(Exit::Error)
    }
}

async fn once(mut audit: Audit, ended: &watch::Receiver<bool>) -> Exit {
    let ended = ended.clone();
    let policies = Arc::clone(audit.files.snapshot());
    let goes_on = move || !*ended.borrow();
    let summary = audit.scanner.scan(&policies, &goes_on).await;
    tell(&summary);
    summary.exit()
}

/// Scans whenever it is time to, for as long as this replica leads.
async fn scheduled(audit: Audit, args: &AuditArgs, mut ended: watch::Receiver<bool>) -> Exit {
    let Audit {
        connection,
        mut scanner,
        files,
        metrics,
        ..
    } = audit;
    let listener = match listen(args.probes) {
        Ok(listener) => listener,
        Err(problems) => {
            problems.iter().for_each(say);
            return Exit::Error;
        }
    };
    let routes = routes(Arc::clone(&metrics));
    let probes: Handle<SocketAddr> = Handle::new();
    tokio::spawn(serve_probes(listener, routes, probes));
    let mut policies = match files.watch(args.reload_interval, Arc::clone(&metrics)) {
        Ok(policies) => policies,
        Err(error) => {
            failed(&error).iter().for_each(say);
            return Exit::Error;
        }
    };
    let leader = lease::follow(&connection, &args.lease, lease::DURATION);
    let exit = while_leading(
        &mut scanner,
        args,
        &metrics,
        (&mut policies, leader.watch(), &mut ended),
    )
    .await;
    leader.end().await;
    exit
}

/// Scans while this replica leads, until it is told to end.
async fn while_leading(
    scanner: &mut Scanner,
    args: &AuditArgs,
    metrics: &AuditMetrics,
    (policies, mut leads, ended): (
        &mut watch::Receiver<Arc<PolicySnapshot>>,
        watch::Receiver<bool>,
        &mut watch::Receiver<bool>,
    ),
) -> Exit {
    loop {
        let leading = *leads.borrow_and_update();
        metrics.leader.set(i64::from(leading));
        if *ended.borrow() {
            return Exit::Ended;
        }
        if leading {
            let snapshot = Arc::clone(&policies.borrow_and_update());
            let (still, until) = (leads.clone(), ended.clone());
            let goes_on = move || *still.borrow() && !*until.borrow();
            let summary = scanner.scan(&snapshot, &goes_on).await;
            tell(&summary);
            metrics.ended(&summary);
        }
        let pause = async {
            if leading {
                tokio::time::sleep(args.interval).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = pause => {}
            changed = policies.changed() => if changed.is_err() { return Exit::Error },
            changed = leads.changed() => if changed.is_err() { return Exit::Error },
            _ = ended.wait_for(|is_ended| *is_ended) => return Exit::Ended,
        }
    }
}

fn routes(metrics: Arc<AuditMetrics>) -> Router {
    let shown = move || async move {
        let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([(CONTENT_TYPE, media_type)], metrics.to_text())
    };
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(|| async { "ok" }))
        .route("/metrics", get(shown))
}

/// Says what came of a scan.
fn tell(summary: &ScanSummary) {
    let seconds = summary.took.as_secs_f64();
    for problem in &summary.problems {
        say(&Diagnostic::new(Code::AuditIncomplete, problem.as_str()));
    }
    if summary.reports_altered > 0 {
        let what = format!("{} reports", summary.reports_altered);
        say(&Diagnostic::new(Code::ReportsAltered, what));
    }
    if summary.reports_left_out > 0 {
        tracing::warn!(
            count = summary.reports_left_out,
            "reports are left out: raise --max-reports, or mend what they are about"
        );
    }
    for (drift, count) in &summary.drift {
        tracing::warn!(reason = drift.as_str(), count, "denied objects exist");
    }
    tracing::info!(
        seconds,
        recorded = summary.recorded,
        reports_written = summary.reports_written,
        reports_removed = summary.reports_removed,
        excluded_namespaces = summary.excluded_namespaces.join(","),
        excluded_kinds = summary.excluded_kinds.join(","),
        "scan {}",
        summary.sentence()
    );
}
