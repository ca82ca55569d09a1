//! Files that are looked at for a change: the certificate, and what is judged by. What is wrong changes nothing but what is
//! said of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fmt, io};

use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use soc2gate_engine::Config;
use soc2gate_host::PolicyArgs;
use soc2gate_source::{Code, Diagnostic, Severity};

use crate::certificate::{Certificate, CertificateFiles};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::policies::{Policies, PolicySnapshot, Reading, Signer};
use crate::recording::Writer;
use crate::watch::content_of;

/// Stack of the thread that loads policies.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// What is reloaded, and who is told.
pub struct Reloader {
    /// Where policies come from.
    pub args: PolicyArgs,
    /// Who records their decisions.
    pub signer: Option<Signer>,
    /// The set that judges.
    pub policies: Arc<Policies>,
    /// Where a new set is recorded before it judges.
    pub writer: Option<Writer>,
    /// Where the certificate comes from; none where it is of the webhook's own making.
    pub files: Option<CertificateFiles>,
    /// The certificate that is served.
    pub tls: RustlsConfig,
    /// Who is told.
    pub health: Arc<Health>,
    /// Who counts.
    pub metrics: Arc<Metrics>,
}

/// What was read last.
pub struct Seen {
    /// The files of policies.
    pub policy_paths: Vec<PathBuf>,
    /// Their content.
    pub policies: [u8; 32],
    /// The content of the certificate.
    pub certificate: [u8; 32],
}

/// The thread that looks.
#[derive(Debug)]
pub struct Watching {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Watching {
    /// Ends it.
    pub fn stop(self) {
        drop(self.stop);
        // It ends after what it is about.
        let _ = self.thread.join();
    }
}

impl Reloader {
    /// Looks from now on.
    pub fn start(self, seen: Seen, interval: Duration) -> io::Result<Watching> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("reload".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || self.watch(seen, interval, &stopped))?;
        Ok(Watching { stop, thread })
    }

    fn watch(&self, mut seen: Seen, interval: Duration, stopped: &Receiver<()>) {
        while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
            self.look_at_certificate(&mut seen);
            self.look_at_policies(&mut seen);
        }
    }

    fn look_at_certificate(&self, seen: &mut Seen) {
        let Some(files) = &self.files else { return };
        let content = files.content().unwrap_or_default();
        if content == seen.certificate {
            return;
        }
        match files.read() {
            Ok(Certificate {
                config,
                expiry,
                content,
            }) => {
                seen.certificate = content;
                self.tls.reload_from_config(config);
                expires(&self.metrics, &self.health, expiry);
                self.metrics.certificate_reloads.inc();
                self.metrics.certificate_broken.set(0);
                self.health.certificate_trouble.set(None);
                tracing::info!("another certificate is served");
            }
            Err(problem) => {
                seen.certificate = content;
                self.metrics.certificate_broken.set(1);
                let kept = Diagnostic::new(Code::CertificateKept, problem.message);
                self.health.certificate_trouble.set(Some(summary(&kept)));
                say(&kept);
            }
        }
    }

    fn look_at_policies(&self, seen: &mut Seen) {
        let content = content_of(&seen.policy_paths);
        if content == seen.policies {
            return;
        }
        let reading = PolicySnapshot::read(&self.args, Timestamp::now());
        let paths = policy_paths(&self.args, &reading.config, reading.config_path.as_deref());
        if content_of(&seen.policy_paths) != content {
            // Files changed while they were read: what was read may be half of each.
            return;
        }
        // Paths of a configuration that cannot be read are still looked at: it may come back.
        for path in paths {
            if !seen.policy_paths.contains(&path) {
                seen.policy_paths.push(path);
            }
        }
        seen.policies = content_of(&seen.policy_paths);
        match self.take(reading) {
            Ok(digest) => {
                self.metrics.policy_reloads.inc();
                self.metrics.policy_broken.set(0);
                self.health.policy_trouble.set(None);
                tracing::info!(digest, "other policies judge");
            }
            Err(problems) => {
                self.metrics.policy_broken.set(1);
                let first = problems.first().map_or_else(String::new, summary);
                let what = format!("{first}; {} problems in all", problems.len());
                let kept = Diagnostic::new(Code::PoliciesKept, what);
                self.health.policy_trouble.set(Some(summary(&kept)));
                problems.iter().for_each(say);
                say(&kept);
            }
        }
    }

    /// Lets a set judge, where it is sound and recorded.
    fn take(&self, reading: Reading) -> Result<String, Vec<Diagnostic>> {
        let Some(set) = reading.set else {
            let mut problems = reading.diagnostics;
            problems.retain(Diagnostic::is_error);
            return Err(problems);
        };
        reading.diagnostics.iter().for_each(say);
        let unrecorded = |error: &dyn fmt::Display| {
            vec![Diagnostic::new(
                Code::LedgerFailed,
                format!("the new policies: {error}"),
            )]
        };
        let snapshot = set
            .sign(self.signer.as_ref())
            .map_err(|error| unrecorded(&error))?;
        let snapshot = Arc::new(snapshot);
        if let Some(writer) = &self.writer
            && let Err(error) = writer.ledger().introduce(&snapshot)
        {
            // It is recorded with its first decision, or that decision is not recorded.
            unrecorded(&error).iter().for_each(say);
        }
        self.metrics.judges_by(&snapshot.digest);
        let digest = snapshot.digest.clone();
        self.policies.swap(snapshot);
        Ok(digest)
    }
}

/// The files and folders that a set is read from.
pub fn policy_paths(
    args: &PolicyArgs,
    config: &Config,
    config_path: Option<&Path>,
) -> Vec<PathBuf> {
    let base = config_path.and_then(Path::parent).unwrap_or(Path::new(""));
    let raw = config.raw();
    let configured = raw
        .policies
        .iter()
        .chain(&raw.exceptions)
        .map(|path| base.join(path));
    let verification = raw
        .bundle_verification
        .iter()
        .map(|raw| base.join(&raw.key));
    args.config
        .iter()
        .cloned()
        .chain(config_path.map(Path::to_path_buf))
        .chain(args.policies.iter().cloned())
        .chain(args.bundles.verification_key.iter().cloned())
        .chain(configured)
        .chain(verification)
        .collect()
}

/// Says when the certificate ends.
pub fn expires(metrics: &Metrics, health: &Health, expiry: Option<Timestamp>) {
    health.certificate_ends(expiry);
    metrics
        .certificate_expiry
        .set(expiry.map_or(0, Timestamp::as_second));
}

/// A diagnostic in the log.
pub fn say(diagnostic: &Diagnostic) {
    let place = diagnostic
        .location
        .as_ref()
        .map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
    let place = place.unwrap_or_default();
    let (code, help) = (diagnostic.code.id(), &diagnostic.help);
    match diagnostic.code.severity() {
        Severity::Error => tracing::error!(code, place, help, "{}", diagnostic.message),
        Severity::Warning => tracing::warn!(code, place, help, "{}", diagnostic.message),
        Severity::Note => tracing::info!(code, place, help, "{}", diagnostic.message),
    }
}

fn summary(diagnostic: &Diagnostic) -> String {
    format!("{}: {}", diagnostic.code.id(), diagnostic.message)
}
