//! How policies that people have already are loaded.

use serde::{Deserialize, Serialize};

use super::BaseDocuments;
use crate::{Bundle, PolicySource, RegoVersion};

/// How policies that people have already are loaded.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LoadOptions {
    /// The packages of plain policies to judge by; all of them where none is named.
    pub namespaces: Vec<String>,
    /// What plain policies find below `data`.
    pub data: BaseDocuments,
    /// Whether plain policies judge all documents as one list, and none by itself.
    pub combine: bool,
    /// The version of Rego that plain policies are written in; None: version 1, or version 0 where a file parses
    /// in no other.
    pub rego_version: Option<RegoVersion>,
    /// Bundles of OPA, whose policies and documents are taken like plain ones.
    pub bundles: Vec<Bundle>,
    /// YAML files that lie beside policies: Gatekeeper's templates and constraints.
    pub manifests: Vec<PolicySource>,
}

impl LoadOptions {
    /// The version of Rego that the manifest of a bundle names for a file.
    pub(super) fn version_of(&self, file: &str) -> Option<RegoVersion> {
        self.bundles
            .iter()
            .find_map(|bundle| bundle.version_of(file))
    }
}
