//! What was wrong before: a gate that comes to an old repository blocks what is new, not what was there.
//!
//! A baseline holds fingerprints of findings and unknowns. A verdict whose every reason is in it is *known*: it is shown and
//! recorded, and stands in nobody's way. A reason that is not in it, or a reason that could not be listed, and the whole
//! verdict counts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use soc2gate_source::{
    Code, Diagnostic, Position, Schema, Segment, Span, display_path, parse_json,
};

use crate::schema::compiled;
use crate::{Decision, Status, UnknownReason, Verdict};

/// The schema that a [`BaselineFile`] names itself.
const BASELINE_SCHEMA: &str = "soc2gate.dev/baseline/v1";

/// A file of what was wrong when it was written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineFile {
    /// `soc2gate.dev/baseline/v1`.
    #[schemars(extend("const" = BASELINE_SCHEMA))]
    pub schema: String,
    /// What was wrong with each subject, by its id, then by the control's id: fingerprints of findings and unknowns.
    pub known: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// What was wrong before.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    known: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

static SCHEMA: LazyLock<Option<Schema>> = LazyLock::new(compiled::<BaselineFile>);

impl Baseline {
    /// Reads a file.
    pub fn parse(file: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let document =
            parse_json(text).map_err(|error| vec![Diagnostic::from_parse_error(file, &error)])?;
        let invalid = |what: &str| {
            vec![Diagnostic::new(Code::BaselineInvalid, what).at(file, Span::at(Position::START))]
        };
        let Some(schema) = SCHEMA.as_ref() else {
            return Err(invalid("its schema does not compile"));
        };
        let problems = schema.validate(&document, file, Code::BaselineInvalid);
        if !problems.is_empty() {
            return Err(problems);
        }
        serde_json::from_value::<BaselineFile>(document.value)
            .map(|read| Self { known: read.known })
            .map_err(|_| invalid("it does not follow its schema"))
    }

    /// Takes in what stands against a subject now.
    pub fn add(&mut self, decision: &Decision) {
        for verdict in &decision.verdicts {
            let reasons = reasons(&decision.subject.id, verdict);
            if reasons.is_empty() || verdict.exception.is_some() {
                continue;
            }
            let controls = self.known.entry(decision.subject.id.clone()).or_default();
            let known = controls.entry(verdict.control.0.clone()).or_default();
            known.extend(reasons);
        }
    }

    /// Whether everything that stands against a subject was there before. Never where nothing is named, where reasons were
    /// left out, or where a control could not be evaluated.
    pub fn covers(&self, subject: &str, verdict: &Verdict) -> bool {
        let Some(known) = self
            .known
            .get(subject)
            .and_then(|controls| controls.get(&verdict.control.0))
        else {
            return false;
        };
        let failed = |unknown: &crate::Unknown| unknown.reason != UnknownReason::MissingFact;
        if verdict.omitted > 0 || verdict.unknowns.iter().any(failed) {
            return false;
        }
        let reasons = reasons(subject, verdict);
        !reasons.is_empty() && reasons.is_subset(known)
    }

    /// How many fingerprints there are, and how many of them decisions still show.
    pub fn count(&self, shown: &Self) -> (usize, usize) {
        let mut all = 0;
        let mut still = 0;
        for (subject, controls) in &self.known {
            for (control, known) in controls {
                all += known.len();
                let shown = shown.known.get(subject).and_then(|all| all.get(control));
                still += shown.map_or(0, |shown| known.intersection(shown).count());
            }
        }
        (all, still)
    }

    /// The file, as it is written: sorted, a line for each fingerprint, so that changes of it are small.
    pub fn to_text(&self) -> String {
        let file = BaselineFile {
            schema: BASELINE_SCHEMA.to_owned(),
            known: self.known.clone(),
        };
        // Maps of text to text always serialize.
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        format!("{text}\n")
    }
}

/// The fingerprints of a verdict's findings and unknowns.
fn reasons(subject: &str, verdict: &Verdict) -> BTreeSet<String> {
    let control = &verdict.control.0;
    let findings = verdict
        .findings
        .iter()
        .map(|finding| (Status::Fail, &finding.path, &finding.message));
    let unknowns = verdict
        .unknowns
        .iter()
        .map(|unknown| (Status::Unknown, &unknown.path, &unknown.message));
    findings
        .chain(unknowns)
        .map(|(status, path, message)| fingerprint(control, subject, status, path, message))
        .collect()
}

/// What makes a reason the same reason after its lines have moved: a digest of the control, the subject, the status, the
/// part of the document and the message, in hexadecimal.
pub fn fingerprint(
    control: &str,
    subject: &str,
    status: Status,
    path: &[Segment],
    message: &str,
) -> String {
    let path = display_path(path);
    let mut hasher = Sha256::new();
    for part in [control, subject, status.as_str(), &path, message] {
        hasher.update(part);
        hasher.update([0]);
    }
    let hex = |mut hex: String, byte: &u8| {
        let _ = write!(hex, "{byte:02x}");
        hex
    };
    hasher.finalize().iter().fold(String::new(), hex)
}
