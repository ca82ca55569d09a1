//! Bundles and what lies beside them, as one set of policies and documents.

use soc2gate_source::{Code, Diagnostic};

use super::placed;
use crate::{LoadOptions, PolicySource};

/// Adds what bundles hold to other policies and documents. What two of them claim is reported.
pub(crate) fn join(
    sources: &[PolicySource],
    options: &LoadOptions,
) -> (Vec<PolicySource>, LoadOptions, Vec<Diagnostic>) {
    let mut sources = sources.to_vec();
    let mut options = options.clone();
    let mut diagnostics = Vec::new();
    for (at, bundle) in options.bundles.iter().enumerate() {
        let before = options.bundles.get(..at).unwrap_or_default();
        for other in before {
            if let Some(root) = bundle.roots.overlap_with(&other.roots) {
                let message = format!("its root {root} overlaps with one of {}", other.name);
                diagnostics.push(placed(&bundle.name, Code::BundleRoots, message));
            }
        }
        sources.extend(bundle.policies.iter().cloned());
        if let Err(conflict) = options.data.merge(&bundle.data) {
            diagnostics.push(placed(
                &bundle.name,
                Code::DataInvalid,
                conflict.to_string(),
            ));
        }
    }
    (sources, options, diagnostics)
}
