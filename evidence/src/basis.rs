//! What a decision is based on: the policy set and the settings.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use soc2gate_engine::{
    Config, ExceptionFile, Exceptions, Gate, Library, LoadOptions, PolicySource, RawConfig,
    RawException,
};
use soc2gate_ledger::Hash;
use soc2gate_ledger::record::{RecordError, canonical};
use soc2gate_ledger::store::Document;

/// Everything that policies are loaded from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PolicySet {
    /// Rego files.
    pub sources: Vec<PolicySource>,
    /// How they are loaded.
    pub options: LoadOptions,
}

impl PolicySet {
    /// The policies again. What is wrong with them was reported when they judged, and left out as it is now.
    pub fn load(&self) -> Library {
        Library::load_with(&self.sources, &self.options).0
    }

    /// The set as it is kept.
    pub fn document(&self) -> Result<Document, RecordError> {
        document("policies", self)
    }
}

/// Everything that is set beside policies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Settings {
    /// `soc2gate.yaml`.
    pub config: RawConfig,
    /// The exceptions.
    pub exceptions: Vec<RawException>,
    /// The ids of the controls that were chosen; none where all were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controls: Vec<String>,
}

impl Settings {
    /// The settings of a run.
    pub fn new(config: &Config, exceptions: &Exceptions, controls: &[String]) -> Self {
        Self {
            controls: controls.to_vec(),
            config: config.raw().clone(),
            exceptions: exceptions
                .list()
                .iter()
                .map(|exception| exception.raw.clone())
                .collect(),
        }
    }

    /// The controls that were chosen.
    pub fn choose(&self, library: Library) -> Library {
        if self.controls.is_empty() {
            return library;
        }
        library.only(&self.controls.iter().map(String::as_str).collect())
    }

    /// The settings again.
    pub fn load(&self) -> Option<(Config, Exceptions)> {
        // JSON is YAML: what checked it when it was written checks it again.
        let config = serde_json::to_string(&self.config).ok()?;
        let (config, _) = Config::parse("settings", &config);
        let file = ExceptionFile {
            version: 1,
            exceptions: self.exceptions.clone(),
        };
        let mut exceptions = Exceptions::default();
        exceptions.add_file("exceptions", &serde_json::to_string(&file).ok()?);
        Some((config, exceptions))
    }

    /// The settings as they are kept.
    pub fn document(&self) -> Result<Document, RecordError> {
        document("settings", self)
    }
}

/// `sha256:` and the digest of the parameters that controls see.
pub(crate) fn parameters_digest(gate: &Gate) -> Result<String, RecordError> {
    let parameters = gate.data().get("parameters").unwrap_or(&Value::Null);
    Ok(format!("sha256:{}", Hash::of(&canonical(parameters)?)))
}

/// A document in JSON.
pub(crate) fn document<T: Serialize>(name: &str, value: &T) -> Result<Document, RecordError> {
    Ok(Document {
        name: name.to_owned(),
        media_type: "application/json".to_owned(),
        bytes: serde_json::to_vec(value).map_err(|_| RecordError::Form)?,
    })
}
