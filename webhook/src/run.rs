//! `soc2gate-webhook run`: from the command line to a server, and to its end.

use std::fmt;
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
use crate::args::{RunArgs, UnregisterArgs};
use crate::certificate::{Certificate, CertificateFiles};
use crate::cluster::Connection;
use crate::cluster::certificates::{Chain, host_name, service_names};
use crate::cluster::connection::reason;
use crate::cluster::keeper::{self, CertificateSecret, Keeper, ensure_namespace};
use crate::cluster::registration::{self, Caller, Registration};
use crate::exit::Exit;
use crate::health::Health;
use crate::judging::JudgingPool;
use crate::metrics::Metrics;
use crate::policies::{Policies, PolicySnapshot, Reading, Signer};
use crate::recording::{Ledger, Writer};
use crate::reload::{Reloader, Seen, expires, policy_paths, say};
use crate::server::{admission_routes, probe_routes, serve_admission, serve_probes};
use crate::watch::content_of;

/// The namespace of the webhook's own objects where it runs outside of the cluster.
const OWN_NAMESPACE: &str = "soc2gate-system";

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
    keeping: Option<Keeping>,
}

/// What is kept in the cluster while it serves.
struct Keeping {
    keeper: Keeper,
    connection: Connection,
    chain: Option<Chain>,
}

/// The certificate, and where it comes from.
struct Serving {
    certificate: Certificate,
    files: Option<CertificateFiles>,
    secret: Option<CertificateSecret>,
    chain: Option<Chain>,
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
        .block_on(cluster(args))
        .map_err(|problem| vec![problem])?;
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

    let Serving {
        certificate,
        files,
        secret,
        chain,
    } = runtime.block_on(certificate(args, cluster.as_ref()))?;
    let expiry = certificate.expiry;
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
    expires(&metrics, &health, expiry);
    let tls = RustlsConfig::from_config(certificate.config);
    let keeping = match cluster {
        Some(connection) => Some(Keeping {
            keeper: Keeper {
                secret,
                bundle: bundle(args)?,
                registration: registration(args, &connection),
                tls: tls.clone(),
                said: None,
                health: Arc::clone(&health),
                metrics: Arc::clone(&metrics),
            },
            connection,
            chain,
        }),
        None => None,
    };
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
            certificate: certificate.content,
        },
        health,
        metrics,
        writer,
        tls,
        keeping,
    })
}

/// The cluster, where one is named.
async fn cluster(args: &RunArgs) -> Result<Option<Connection>, Diagnostic> {
    let calls_by_url = args.registration.url.is_some();
    let own_namespace = calls_by_url.then_some(OWN_NAMESPACE);
    let unreachable =
        |why: &dyn fmt::Display| Diagnostic::new(Code::ClusterUnreachable, why.to_string());
    let connection = Connection::open(&args.cluster, own_namespace)
        .await
        .map_err(|error| unreachable(&error))?;
    match &connection {
        Some(connection) if calls_by_url => ensure_namespace(connection).await?,
        None if calls_by_url || args.registration.service.is_some() => {
            return Err(unreachable(
                &"none is named: --url and --service need --kubeconfig or --in-cluster",
            ));
        }
        _ => {}
    }
    Ok(connection)
}

/// The certificate of files, or that of the webhook's own making.
async fn certificate(
    args: &RunArgs,
    cluster: Option<&Connection>,
) -> Result<Serving, Vec<Diagnostic>> {
    let registration = &args.registration;
    if let (Some(certificate), Some(key)) = (&args.certificate, &args.key) {
        let files = CertificateFiles {
            certificate: certificate.clone(),
            key: key.clone(),
        };
        return Ok(Serving {
            certificate: files.read().map_err(|problem| vec![problem])?,
            files: Some(files),
            secret: None,
            chain: None,
        });
    }
    let needed = "--certificate and --key are needed, or a cluster";
    let cluster =
        cluster.ok_or_else(|| vec![Diagnostic::new(Code::CertificateUnusable, needed)])?;
    let service = registration.service.as_deref();
    let url = registration.url.as_deref().and_then(|url| url.parse().ok());
    let names = match url {
        Some(url) => host_name(&url).into_iter().collect(),
        None => service_names(service.unwrap_or_default(), &cluster.namespace),
    };
    let secret = CertificateSecret::new(
        cluster,
        &registration.stored_certificate,
        names,
        registration.lifetimes(),
    );
    let chain = secret
        .begin(Timestamp::now())
        .await
        .map_err(|problem| vec![problem])?;
    Ok(Serving {
        certificate: keeper::certificate(&chain).map_err(|problem| vec![problem])?,
        files: None,
        secret: Some(secret),
        chain: Some(chain),
    })
}

/// The certificates that the API server is to trust, of a file.
fn bundle(args: &RunArgs) -> Result<Option<String>, Vec<Diagnostic>> {
    let Some(path) = &args.registration.ca_bundle else {
        return Ok(None);
    };
    let read = std::fs::read_to_string(path);
    let bundle = read.ok().filter(|text| text.contains("BEGIN CERTIFICATE"));
    let what = || format!("{}: it cannot be read, or is no PEM", path.display());
    bundle
        .map(Some)
        .ok_or_else(|| vec![Diagnostic::new(Code::CertificateUnusable, what())])
}

/// What the API server is told: everything where it calls a URL, the CA where the certificate is of the webhook's own making.
fn registration(args: &RunArgs, connection: &Connection) -> Option<Registration> {
    let caller = match &args.registration.url {
        Some(url) => Caller::Url {
            url: url.clone(),
            own_namespace: connection.namespace.clone(),
        },
        None if args.certificate.is_none() => Caller::Service,
        None => return None,
    };
    let name = &args.registration.webhook_configuration;
    Some(Registration::new(connection.client.clone(), name, caller))
}

/// Removes the registration.
pub fn unregister(args: &UnregisterArgs) -> Exit {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return Exit::Error;
    };
    let removed = runtime.block_on(async {
        let connection = Connection::open(&args.cluster, None)
            .await
            .map_err(|error| error.to_string())?
            .ok_or("none is named: --kubeconfig or --in-cluster is needed")?;
        registration::remove(connection.client, &args.webhook_configuration)
            .await
            .map_err(|error| reason(&error))
    });
    match removed {
        Ok(was_there) => {
            tracing::info!(was_there, "the API server does not ask any more");
            Exit::Ended
        }
        Err(why) => {
            say(&Diagnostic::new(Code::ClusterUnreachable, why));
            Exit::Error
        }
    }
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

pub(crate) fn unrecorded(error: &dyn fmt::Display) -> Vec<Diagnostic> {
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
    if let Some(Keeping {
        keeper,
        connection,
        chain,
    }) = service.keeping
    {
        // Who is not there yet is not called.
        tokio::spawn(keeper.run(connection, chain, args.reload_interval));
    }
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
