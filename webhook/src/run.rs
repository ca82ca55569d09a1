//! `soc2gate-webhook run`: from the command line to a server, and to its end.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use soc2gate_engine::Config;
use soc2gate_host::Place;
use soc2gate_ledger::record::{Actor, ActorKind};
use soc2gate_source::{Code, Diagnostic};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::admission::{Admission, Limits};
use crate::args::RunArgs;
use crate::certificate::{Certificate, CertificateFiles};
use crate::cluster::Connection;
use crate::exit::Exit;
use crate::health::Health;
use crate::judging::JudgingPool;
use crate::metrics::Metrics;
use crate::policies::{Policies, PolicySnapshot, Reading, Signer};
use crate::recording::{Ledger, Writer};
use crate::reload::{Reloader, Seen, expires, policy_paths, say};
use crate::server::{admission_routes, probe_routes, serve_admission, serve_probes};
use crate::watch::content_of;

/// Everything that serves.
struct Service {
    admission: Arc<Admission>,
    health: Arc<Health>,
    metrics: Arc<Metrics>,
    writer: Option<Writer>,
    tls: RustlsConfig,
    listener: TcpListener,
    probes: TcpListener,
    reloader: Reloader,
    seen: Seen,
    cluster: Option<Connection>,
}

/// Serves until it is told to end.
pub fn run(args: &RunArgs) -> Exit {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let prepared = runtime
        .map_err(|error| failed(&error))
        .and_then(|runtime| prepare(args, &runtime).map(|service| (runtime, service)));
    match prepared {
        Ok((runtime, service)) => serve(runtime, service, args),
        Err(problems) => {
            problems.iter().for_each(say);
            Exit::Error
        }
    }
}

/// Reads everything, opens the ledger, and listens. Nothing is served while anything is wrong.
fn prepare(args: &RunArgs, runtime: &Runtime) -> Result<Service, Vec<Diagnostic>> {
    let cluster = runtime
        .block_on(Connection::open(&args.cluster))
        .map_err(|error| vec![Diagnostic::new(Code::ClusterUnreachable, error.to_string())])?;
    let metrics = Arc::new(Metrics::default());
    // Before files are read: what changes meanwhile is seen at the first look.
    let first = PolicySnapshot::read(&args.policies, Timestamp::now());
    let policy_paths = policy_paths(&args.policies, &first.config, first.config_path.as_deref());
    let content = content_of(&policy_paths);
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
        .sign(signer.as_ref())
        .map_err(|error| unrecorded(&error))?;
    let writer = if let (Some(place), Some(signer)) = (place, &signer) {
        let ledger = Ledger::new(place, signer.clone(), Arc::clone(&metrics));
        let opened = ledger.open().and_then(|()| ledger.introduce(&snapshot));
        if let Err(error) = opened {
            let problem = unrecorded(&format!("{}: {error}", ledger.name()));
            if args.on_ledger_failure.denies() {
                return Err(problem);
            }
            problem.iter().for_each(say);
        }
        Some(Writer::start(Arc::new(ledger)).map_err(|error| failed(&error))?)
    } else {
        let what = "no ledger is named: no decision is recorded";
        say(&Diagnostic::new(Code::LedgerGap, what));
        None
    };

    let files = CertificateFiles {
        certificate: args.certificate.clone(),
        key: args.key.clone(),
    };
    let Certificate {
        config: tls,
        expiry,
        content: certificate,
    } = files.read().map_err(|problem| vec![problem])?;
    expires(&metrics, expiry);
    metrics.judges_by(&snapshot.digest);
    let policies = Arc::new(Policies::new(Arc::new(snapshot)));
    let limits = Limits {
        in_flight: usize::from(args.max_in_flight),
        on_failure: args.on_failure,
        on_ledger_failure: args.on_ledger_failure,
    };
    let pool =
        JudgingPool::start(args.threads, limits.in_flight).map_err(|error| failed(&error))?;
    let admission = Admission::new(
        Arc::clone(&policies),
        pool,
        writer.clone(),
        Arc::clone(&metrics),
        limits,
    );
    let needs_ledger = args.on_ledger_failure.denies();
    let health = Arc::new(Health::new(
        Arc::clone(&policies),
        writer.clone(),
        needs_ledger,
    ));
    let tls = RustlsConfig::from_config(tls);
    Ok(Service {
        admission: Arc::new(admission),
        listener: listen(args.listen)?,
        probes: listen(args.probes)?,
        reloader: Reloader {
            args: args.policies.clone(),
            signer,
            policies,
            writer: writer.clone(),
            files,
            tls: tls.clone(),
            health: Arc::clone(&health),
            metrics: Arc::clone(&metrics),
        },
        seen: Seen {
            policy_paths,
            policies: content,
            certificate,
        },
        health,
        metrics,
        writer,
        tls,
        cluster,
    })
}

/// Where decisions are recorded: by the command line (a ledger, its keys), else by the configuration.
pub(crate) fn place(
    (ledger, keys): (Option<&str>, Option<&str>),
    config: &Config,
    config_path: Option<&Path>,
) -> Option<Place> {
    if let Some(ledger) = ledger {
        return Some(Place::new(ledger, keys, Path::new("")));
    }
    let ledger = config.raw().ledger.as_ref()?;
    let base = config_path.and_then(Path::parent).unwrap_or(Path::new(""));
    Some(Place::new(&ledger.location, keys, base))
}

pub(crate) fn signer(place: &Place, actor: &str) -> Result<Signer, Vec<Diagnostic>> {
    let ring = place.keys().map_err(|error| unrecorded(&error))?;
    Ok(Signer {
        ring: Arc::new(ring),
        actor: Actor {
            id: actor.to_owned(),
            kind: ActorKind::Service,
        },
    })
}

pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, Vec<Diagnostic>> {
    TcpListener::bind(address).map_err(|error| {
        vec![Diagnostic::new(
            Code::AddressUnusable,
            format!("{address}: {error}"),
        )]
    })
}

pub(crate) fn unrecorded(error: &dyn std::fmt::Display) -> Vec<Diagnostic> {
    vec![Diagnostic::new(Code::LedgerFailed, error.to_string())]
}

pub(crate) fn failed(error: &std::io::Error) -> Vec<Diagnostic> {
    vec![Diagnostic::new(
        Code::InternalError,
        format!("no thread could be started: {error}"),
    )]
}

/// Serves until the end.
fn serve(runtime: Runtime, service: Service, args: &RunArgs) -> Exit {
    // A ledger in a database must not be let go of where others wait for I/O.
    let writer = service.writer.clone();
    let exit = runtime.block_on(until_the_end(service, args));
    runtime.shutdown_timeout(Duration::from_millis(100));
    drop(writer);
    exit
}

async fn until_the_end(service: Service, args: &RunArgs) -> Exit {
    let signals = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    );
    let (Ok(mut terminate), Ok(mut interrupt)) = signals else {
        say(&Diagnostic::new(
            Code::InternalError,
            "signals cannot be received",
        ));
        return Exit::Error;
    };
    let addresses = (service.listener.local_addr(), service.probes.local_addr());
    if let (Ok(listen), Ok(probes)) = addresses {
        tracing::info!(%listen, %probes, "serving");
    }
    let handle = Handle::new();
    let probe_handle = Handle::new();
    let routes = admission_routes(service.admission);
    let mut server = tokio::spawn(serve_admission(
        service.listener,
        routes,
        service.tls,
        handle.clone(),
    ));
    let probe_routes = probe_routes(Arc::clone(&service.health), service.metrics);
    tokio::spawn(serve_probes(
        service.probes,
        probe_routes,
        probe_handle.clone(),
    ));
    let watching = match service.reloader.start(service.seen, args.reload_interval) {
        Ok(watching) => watching,
        Err(error) => {
            failed(&error).iter().for_each(say);
            return Exit::Error;
        }
    };
    tokio::select! {
        () = told(&mut terminate, &mut interrupt) => {}
        // It ends by itself only where it cannot go on.
        _ = &mut server => {
            say(&Diagnostic::new(Code::AddressUnusable, "the server ended"));
            return Exit::Error;
        }
    }
    service.health.drain();
    tracing::info!("told to end: requests are still taken for a while");
    tokio::select! {
        () = tokio::time::sleep(args.drain_delay) => {}
        () = told(&mut terminate, &mut interrupt) => return at_once(),
    }
    handle.graceful_shutdown(Some(args.drain_timeout));
    tokio::select! {
        _ = &mut server => {}
        () = told(&mut terminate, &mut interrupt) => return at_once(),
    }
    probe_handle.shutdown();
    let closing = tokio::task::spawn_blocking(move || {
        watching.stop();
        if let Some(writer) = service.writer {
            writer.ledger().close();
        }
    });
    tokio::select! {
        _ = closing => {}
        () = told(&mut terminate, &mut interrupt) => return at_once(),
    }
    tracing::info!("ended");
    Exit::Ended
}

/// A second signal: whoever sent it wants no more waiting.
fn at_once() -> Exit {
    tracing::warn!("told to end at once: requests in work are not answered");
    Exit::Error
}

pub(crate) async fn told(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
