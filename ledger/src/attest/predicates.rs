//! What statements say of a decision.

use serde_json::{Value, json};

use super::AttestError;
use crate::Hash;
use crate::record::{DecisionMade, Record, RecordError, VerdictRecord};

/// Our own predicate: the record itself, and where it stands.
pub const DECISION_TYPE: &str = "https://soc2gate.dev/attestation/decision/v1";
/// SLSA's verification summary.
pub const SUMMARY_TYPE: &str = "https://slsa.dev/verification_summary/v1";
/// The test result of in-toto.
pub const TEST_RESULT_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// Who verified, in a verification summary.
pub const VERIFIER_ID: &str = "https://soc2gate.dev/verifier";

/// A decision in its record.
pub(super) struct Decided<'a> {
    pub(super) origin: &'a str,
    pub(super) entry: &'a [u8],
    pub(super) record: &'a Record,
    pub(super) decision: &'a DecisionMade,
}

impl Decided<'_> {
    /// The record's name among all ledgers.
    pub(super) fn name(&self) -> String {
        format!("soc2gate-ledger:{}/{}", self.origin, self.record.index)
    }
}

/// A form of saying what was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredicateKind {
    /// [`DECISION_TYPE`].
    Decision,
    /// [`SUMMARY_TYPE`].
    Summary,
    /// [`TEST_RESULT_TYPE`].
    TestResult,
}

impl PredicateKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Decision, Self::Summary, Self::TestResult];

    /// The type URI.
    pub fn uri(self) -> &'static str {
        match self {
            Self::Decision => DECISION_TYPE,
            Self::Summary => SUMMARY_TYPE,
            Self::TestResult => TEST_RESULT_TYPE,
        }
    }

    pub(super) fn predicate(self, decided: &Decided<'_>) -> Result<Value, AttestError> {
        match self {
            Self::Decision => decision(decided),
            Self::Summary => Ok(summary(decided)),
            Self::TestResult => Ok(test_result(decided)),
        }
    }
}

fn decision(decided: &Decided<'_>) -> Result<Value, AttestError> {
    let record: Value = serde_json::from_slice(decided.entry).map_err(|_| RecordError::Form)?;
    Ok(json!({
        "ledger": {
            "origin": decided.origin,
            "index": decided.record.index,
            "leafHash": Hash::leaf(decided.entry).to_string(),
        },
        "record": record,
    }))
}

/// Whatever is not an `allow` failed: SLSA knows no third result. The levels are the controls that passed.
fn summary(decided: &Decided<'_>) -> Value {
    let decision = decided.decision;
    let has_passed = decision.outcome == "allow";
    let levels: Vec<String> = if has_passed {
        with_status(decision, "pass")
            .map(|verdict| format!("SOC2GATE_{}", verdict.control))
            .collect()
    } else {
        vec!["FAILED".to_owned()]
    };
    let resource = decided.record.subject.as_ref().map_or_else(
        || decided.name(),
        |subject| format!("soc2gate:{}", subject.id),
    );
    json!({
        "verifier": {"id": VERIFIER_ID},
        "timeVerified": decided.record.time,
        "resourceUri": resource,
        "policy": {
            "uri": format!("soc2gate:policies/{}", decision.policies),
            "digest": digest(&decision.policies),
        },
        "inputAttestations": [{
            "uri": decided.name(),
            "digest": {"sha256": Hash::of(decided.entry).to_string()},
        }],
        "verificationResult": if has_passed { "PASSED" } else { "FAILED" },
        "verifiedLevels": levels,
        "slsaVersion": "1.0",
    })
}

fn test_result(decided: &Decided<'_>) -> Value {
    let decision = decided.decision;
    // An exception permits a failure, and under `warn` and `record` one stops nothing: it is shown all the same.
    let stops =
        |verdict: &&VerdictRecord| verdict.enforcement == "deny" && verdict.exception.is_none();
    let has_failed =
        |verdict: &&VerdictRecord| verdict.status != "pass" && verdict.status != "not_applicable";
    let names = |verdicts: Vec<&VerdictRecord>| -> Vec<String> {
        verdicts
            .into_iter()
            .map(|verdict| verdict.control.clone())
            .collect()
    };
    let verdicts = || decision.verdicts.iter();
    let warned: Vec<&VerdictRecord> = verdicts()
        .filter(has_failed)
        .filter(|verdict| !stops(verdict))
        .collect();
    let failed = verdicts().filter(has_failed).filter(stops).collect();
    let result = match decision.outcome.as_str() {
        "allow" if warned.is_empty() => "PASSED",
        "allow" => "WARNED",
        _ => "FAILED",
    };
    json!({
        "result": result,
        "configuration": [
            {"name": "policies", "digest": digest(&decision.policies)},
            {"name": "settings", "digest": digest(&decision.settings)},
        ],
        "passedTests": names(with_status(decision, "pass").collect()),
        "warnedTests": names(warned),
        "failedTests": names(failed),
    })
}

fn with_status<'a>(
    decision: &'a DecisionMade,
    status: &'a str,
) -> impl Iterator<Item = &'a VerdictRecord> {
    decision
        .verdicts
        .iter()
        .filter(move |verdict| verdict.status == status)
}

/// `sha256:` and hexadecimal digits as a digest set.
fn digest(text: &str) -> Value {
    match text.split_once(':') {
        Some((algorithm, digits)) => json!({algorithm: digits}),
        None => json!({}),
    }
}
