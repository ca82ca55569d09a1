//! The dependencies that a change adds and removes.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{DependencyChange, DependencyChangeType, List, Vulnerability};

use super::facts::{Section, gap_of_failure, text};
use crate::collect::github::client::{Failure, GitHub};

#[derive(Debug, Deserialize)]
struct RawChange {
    change_type: DependencyChangeType,
    manifest: String,
    ecosystem: String,
    name: String,
    version: Option<String>,
    license: Option<String>,
    #[serde(default)]
    vulnerabilities: Vec<RawVulnerability>,
}

#[derive(Debug, Deserialize)]
struct RawVulnerability {
    severity: String,
    advisory_ghsa_id: String,
}

/// Reads what lies between the base and the head.
pub(super) fn dependency_changes(
    github: &GitHub,
    repository: &str,
    base: &str,
    head: &str,
) -> Result<Section<List<DependencyChange>>, Failure> {
    let mut items = Vec::new();
    let mut complete = true;
    let mut page = Some(format!(
        "{repository}/dependency-graph/compare/{base}...{head}"
    ));
    while let Some(path) = page {
        let (raw, next): (Vec<RawChange>, _) = match github.get("the changed dependencies", &path) {
            Ok(read) => read,
            Err(failure) => return Ok(Err(gap_of_failure(failure, "contents:read")?)),
        };
        for change in raw {
            match change.change() {
                Some(change) => items.push(change),
                None => complete = false,
            }
        }
        page = next;
    }
    Ok(Ok(List {
        complete,
        total: None,
        items,
    }))
}

impl RawChange {
    fn change(self) -> Option<DependencyChange> {
        let known = self.vulnerabilities.iter().map(|known| {
            Some(Vulnerability {
                severity: text(&known.severity)?,
                advisory: text(&known.advisory_ghsa_id)?,
            })
        });
        Some(DependencyChange {
            change: self.change_type,
            manifest: text(&self.manifest)?,
            ecosystem: text(&self.ecosystem)?,
            name: text(&self.name)?,
            vulnerabilities: known.collect::<Option<_>>()?,
            version: self.version.unwrap_or_default(),
            license: self.license.as_deref().and_then(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use soc2gate_inputs::pull_request::Text;

    use super::*;

    fn change(name: &str) -> Option<DependencyChange> {
        let raw: RawChange = serde_json::from_value(json!({
            "change_type": "added", "manifest": "package-lock.json", "ecosystem": "npm", "name": name,
            "version": "4.21.2", "license": null,
            "vulnerabilities": [{"severity": "high", "advisory_ghsa_id": "GHSA-1"}]
        }))
        .unwrap();
        raw.change()
    }

    #[test]
    fn a_dependency_keeps_its_vulnerabilities_and_an_unknown_licence() {
        let found = change("express").unwrap();
        assert_eq!(found.vulnerabilities[0].advisory, Text::from("GHSA-1"));
        assert_eq!(found.license, None);
        assert_eq!(change(""), None);
    }
}
