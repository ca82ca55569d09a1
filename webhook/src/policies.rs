//! What is judged by: one whole set of controls, settings and exceptions, which is swapped as a whole.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use soc2gate_engine::{Config, Context, Gate, Siblings};
use soc2gate_evidence::{FrontEnd, PolicySet, Recorder, Settings};
use soc2gate_host::{ExistingArgs, Loaded, PolicyArgs, RecordingError, Run, load, nearest_config};
use soc2gate_ledger::keys::KeyRing;
use soc2gate_ledger::record::{Actor, RecordError};
use soc2gate_source::Diagnostic;

/// A set that judges.
pub struct PolicySnapshot {
    /// Controls, settings and exceptions.
    pub gate: Gate,
    /// What controls may read beside an object.
    pub context: Context,
    /// `sha256:` and the digest of the policies.
    pub digest: String,
    /// How its decisions are recorded; none where they are not.
    pub recording: Option<SnapshotRecording>,
}

/// How the decisions of a set are recorded.
pub struct SnapshotRecording {
    /// Makes the records.
    pub recorder: Recorder,
    /// What the ledger must know before the first of them.
    pub run: Run,
    /// Whether it does.
    is_introduced: Mutex<bool>,
}

impl SnapshotRecording {
    /// Lets `introduce` record what comes before the first decision, once.
    pub fn introduce(
        &self,
        introduce: impl FnOnce(&Run, &Recorder) -> Result<(), RecordingError>,
    ) -> Result<(), RecordingError> {
        let mut is_introduced = self
            .is_introduced
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !*is_introduced {
            introduce(&self.run, &self.recorder)?;
            *is_introduced = true;
        }
        Ok(())
    }
}

/// Who records, with which keys.
#[derive(Clone)]
pub struct Signer {
    /// The keys of the ledger.
    pub ring: Arc<KeyRing>,
    /// Who is named in records.
    pub actor: Actor,
}

/// What came of reading the files.
pub struct Reading {
    /// The set; none where something is wrong with it.
    pub set: Option<Unsigned>,
    /// The configuration, as far as it could be read.
    pub config: Config,
    /// The file of the configuration.
    pub config_path: Option<PathBuf>,
    /// What is wrong, and what somebody should know.
    pub diagnostics: Vec<Diagnostic>,
}

impl PolicySnapshot {
    /// A set for which nothing is recorded.
    pub fn new(gate: Gate, context: Context, digest: String) -> Self {
        Self {
            gate,
            context,
            digest,
            recording: None,
        }
    }

    /// Reads all files as `soc2gate check` does. A set with an error in it judges nothing.
    pub fn read(args: &PolicyArgs, now: Timestamp) -> Reading {
        let Loaded {
            library,
            policies,
            config,
            exceptions,
            mut diagnostics,
            files,
            ..
        } = load(args, &ExistingArgs::default());
        diagnostics.extend(exceptions.review(now));
        let settings = Settings::new(&config, &exceptions, &[]);
        let (gate, problems) = Gate::new(&library, &config, exceptions);
        diagnostics.extend(problems);
        let config_path = args.config.clone().or_else(nearest_config);
        let config_path = config_path.filter(|path| files.contains(path));
        let set = (!diagnostics.iter().any(Diagnostic::is_error)).then(|| Unsigned {
            gate,
            policies,
            settings,
            digest: library.digest().to_owned(),
            now,
        });
        Reading {
            set,
            config,
            config_path,
            diagnostics,
        }
    }
}

/// A sound set of which nobody has said yet how it is recorded: that may stand in its own configuration.
pub struct Unsigned {
    gate: Gate,
    policies: PolicySet,
    settings: Settings,
    digest: String,
    now: Timestamp,
}

impl Unsigned {
    /// The set, ready to judge what is written.
    pub fn sign(self, signer: Option<&Signer>) -> Result<PolicySnapshot, RecordError> {
        self.sign_for(FrontEnd::Admission, signer)
    }

    /// The set, ready to judge for a front end.
    pub fn sign_for(
        self,
        front_end: FrontEnd,
        signer: Option<&Signer>,
    ) -> Result<PolicySnapshot, RecordError> {
        // Nothing of the cluster is read: controls that look at other objects say that they do not know.
        let context = Context::new(&Siblings::new());
        let mut snapshot = PolicySnapshot::new(self.gate, context, self.digest);
        if let Some(signer) = signer {
            let recorder = Recorder::new(
                Arc::clone(&signer.ring),
                signer.actor.clone(),
                front_end,
                &snapshot.gate,
            )?;
            snapshot.recording = Some(SnapshotRecording {
                recorder,
                run: Run {
                    gate: snapshot.gate.clone(),
                    policies: self.policies,
                    policies_digest: snapshot.digest.clone(),
                    settings: self.settings,
                    actor: signer.actor.clone(),
                    front_end,
                    now: self.now,
                },
                is_introduced: Mutex::new(false),
            });
        }
        Ok(snapshot)
    }
}

/// The set that judges now.
pub struct Policies {
    current: RwLock<Arc<PolicySnapshot>>,
}

impl Policies {
    /// The first set.
    pub fn new(snapshot: Arc<PolicySnapshot>) -> Self {
        Self {
            current: RwLock::new(snapshot),
        }
    }

    /// The set that judges now. Who began with one ends with it.
    pub fn current(&self) -> Arc<PolicySnapshot> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }

    /// From now on another set judges.
    pub fn swap(&self, snapshot: Arc<PolicySnapshot>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
    }
}
