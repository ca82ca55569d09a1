//! Findings as SARIF 2.1.0: a rule for each code, a result for each finding.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use soc2gate_source::{Code, Diagnostic};

use super::Findings;
use crate::output::escape::{neutral, write_json};
use crate::suite::severity;

/// GitHub keeps 5,000 results of a run.
const MOST_RESULTS: usize = 5_000;

/// The text.
pub(crate) fn sarif(findings: &Findings) -> anyhow::Result<String> {
    let codes: BTreeSet<Code> = findings
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code)
        .collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = findings
        .diagnostics
        .iter()
        .take(MOST_RESULTS)
        .map(|diagnostic| result(diagnostic, &codes))
        .collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "soc2gate lint",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": "https://github.com/soc2gate/soc2gate",
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = Vec::new();
    write_json(&mut text, &log)?;
    text.push(b'\n');
    Ok(String::from_utf8(text)?)
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "name": format!("{code:?}"),
        "shortDescription": {"text": code.title()},
        "fullDescription": {"text": code.title()},
        "help": {"text": code.help()},
        "defaultConfiguration": {"level": severity(code.severity()).1},
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code]) -> Value {
    let locations: Vec<Value> = diagnostic
        .location
        .iter()
        .map(|at| {
            json!({"physicalLocation": {
                "artifactLocation": {"uri": uri(&at.file)},
                "region": {
                    "startLine": at.line.max(1),
                    "startColumn": at.column.max(1),
                    "endLine": at.end_line.max(1),
                    "endColumn": at.end_column.max(1),
                },
            }})
        })
        .collect();
    json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": codes.binary_search(&diagnostic.code).ok(),
        "level": severity(diagnostic.severity).1,
        "message": {"text": neutral(&diagnostic.message)},
        "locations": locations,
        "partialFingerprints": {"soc2gate/v1": fingerprint(diagnostic)},
    })
}

/// The same for the same message in the same file, wherever in it that stands.
fn fingerprint(diagnostic: &Diagnostic) -> String {
    let mut hasher = Sha256::new();
    let file = diagnostic
        .location
        .as_ref()
        .map_or("", |at| at.file.as_str());
    for part in [diagnostic.code.id(), file, &diagnostic.message] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A path as the reference of a URI: what is not plain in it is escaped (RFC 3986 section 2.1).
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}
