//! The files that are judged by, looked at for a change. What is wrong changes nothing but what is said of it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use soc2gate_evidence::FrontEnd;
use soc2gate_host::PolicyArgs;
use soc2gate_source::{Code, Diagnostic};
use tokio::sync::watch;

use super::metrics::AuditMetrics;
use crate::policies::{PolicySnapshot, Signer};
use crate::reload::{policy_paths, say};
use crate::watch::content_of;

/// Stack of the thread that loads policies.
const STACK_BYTES: usize = 64 * 1024 * 1024;

/// Files of policies, and the last good set in them.
pub struct PolicyFiles {
    args: PolicyArgs,
    signer: Option<Signer>,
    paths: Vec<PathBuf>,
    content: [u8; 32],
    snapshot: Arc<PolicySnapshot>,
}

impl PolicyFiles {
    /// Files of which a set was read.
    pub fn new(
        args: PolicyArgs,
        signer: Option<Signer>,
        paths: Vec<PathBuf>,
        content: [u8; 32],
        snapshot: PolicySnapshot,
    ) -> Self {
        Self {
            args,
            signer,
            paths,
            content,
            snapshot: Arc::new(snapshot),
        }
    }

    /// The last good set.
    pub fn snapshot(&self) -> &Arc<PolicySnapshot> {
        &self.snapshot
    }

    /// Looks from now on, and tells of other sets.
    pub fn watch(
        mut self,
        interval: Duration,
        metrics: Arc<AuditMetrics>,
    ) -> io::Result<watch::Receiver<Arc<PolicySnapshot>>> {
        let (sender, receiver) = watch::channel(Arc::clone(&self.snapshot));
        thread::Builder::new()
            .name("reload".to_owned())
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // It ends when nobody asks any more.
                while !sender.is_closed() {
                    thread::sleep(interval);
                    if self.look(&metrics) {
                        sender.send_replace(Arc::clone(&self.snapshot));
                    }
                }
            })?;
        Ok(receiver)
    }

    /// Whether another set judges from now on.
    fn look(&mut self, metrics: &AuditMetrics) -> bool {
        let content = content_of(&self.paths);
        if content == self.content {
            return false;
        }
        let reading = PolicySnapshot::read(&self.args, Timestamp::now());
        let paths = policy_paths(&self.args, &reading.config, reading.config_path.as_deref());
        if content_of(&self.paths) != content {
            // Files changed while they were read: what was read may be half of each.
            return false;
        }
        // Paths of a configuration that cannot be read are still looked at: it may come back.
        for path in paths {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
        self.content = content_of(&self.paths);
        let read = reading
            .set
            .map(|set| set.sign_for(FrontEnd::Audit, self.signer.as_ref()));
        let problem = match read {
            Some(Ok(snapshot)) => {
                metrics.policy_broken.set(0);
                let is_other = snapshot.digest != self.snapshot.digest
                    || snapshot.gate.settings_digest() != self.snapshot.gate.settings_digest();
                if is_other {
                    tracing::info!(digest = snapshot.digest, "other policies judge");
                    self.snapshot = Arc::new(snapshot);
                }
                return is_other;
            }
            Some(Err(error)) => error.to_string(),
            None => "the files hold no set that can be used".to_owned(),
        };
        metrics.policy_broken.set(1);
        reading
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .for_each(say);
        say(&Diagnostic::new(Code::PoliciesKept, problem));
        false
    }
}
