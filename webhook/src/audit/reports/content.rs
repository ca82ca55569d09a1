//! What a report says: failures, warnings and what is not known one by one, and of the rest the number.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use soc2gate_engine::{Decision, Enforcement, Severity, Status, Subject, Verdict};
use soc2gate_inputs::Withholder;

use super::super::drift::Drift;
use super::super::object::{Fingerprint, Names, fingerprint, set};
use super::api::ReportApi;
use super::{MANAGER, MANAGER_LABEL};
use crate::ruling;

/// The most results of a report.
const RESULTS: usize = 50;
/// The most characters of the message of a result.
const MESSAGE: usize = 500;
/// The most reasons of a result that its message repeats.
const REASONS: usize = 3;

/// Verdicts by how reports call them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Passed.
    pub pass: u64,
    /// Failed under `deny`.
    pub fail: u64,
    /// Failed under `warn` or `record`.
    pub warn: u64,
    /// Not known.
    pub error: u64,
    /// Failed or not known, and permitted by an exception.
    pub skip: u64,
}

impl Summary {
    /// The verdicts of a decision.
    pub fn of(decision: &Decision) -> Self {
        let mut summary = Self::default();
        for result in decision.verdicts.iter().filter_map(result) {
            let count = match result {
                "fail" => &mut summary.fail,
                "warn" => &mut summary.warn,
                "error" => &mut summary.error,
                "skip" => &mut summary.skip,
                _ => &mut summary.pass,
            };
            *count += 1;
        }
        summary
    }

    /// Adds others.
    pub fn add(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.warn += other.warn;
        self.error += other.error;
        self.skip += other.skip;
    }

    fn to_json(self) -> Value {
        json!({"pass": self.pass, "fail": self.fail, "warn": self.warn, "error": self.error, "skip": self.skip})
    }
}

/// What there is to say of an object.
#[derive(Debug, Clone)]
pub struct Findings {
    summary: Summary,
    results: Vec<Finding>,
    api_version: String,
    kind: String,
}

#[derive(Debug, Clone)]
struct Finding {
    control: String,
    category: String,
    result: &'static str,
    severity: Severity,
    enforcement: Enforcement,
    message: String,
    exception: Option<String>,
}

impl Findings {
    /// What a decision says; nothing where every control passes or does not speak of the object.
    pub fn of(subject: &Subject, decision: &Decision) -> Option<Self> {
        let mut said: Vec<(&'static str, &Verdict)> = decision
            .verdicts
            .iter()
            .filter_map(|verdict| Some((result(verdict)?, verdict)))
            .filter(|(result, _)| *result != "pass")
            .collect();
        if said.is_empty() {
            return None;
        }
        // A message may quote what it found; what may not be kept stands in no report either.
        let withheld = |_: &[u8]| String::new();
        let mut withholder = Withholder::new(&withheld);
        withholder.document(&subject.document, subject.source.stored);
        // What denies comes first, where not all fit.
        said.sort_by_key(|(_, verdict)| std::cmp::Reverse((verdict.enforcement, verdict.severity)));
        let text = |key: &str| {
            let value = subject.document.get(key).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        Some(Self {
            summary: Summary::of(decision),
            results: said
                .into_iter()
                .take(RESULTS)
                .map(|(result, verdict)| Finding::of(result, verdict, &withholder))
                .collect(),
            api_version: text("apiVersion"),
            kind: text("kind"),
        })
    }

    /// What a report of a group says, without times.
    pub fn content(&self, api: &ReportApi, names: &Names, drift: Option<Drift>) -> Value {
        let results: Vec<Value> = self
            .results
            .iter()
            .map(|finding| finding.to_json(api, drift))
            .collect();
        let mut scope = json!({"apiVersion": self.api_version, "kind": self.kind, "name": names.name, "uid": names.uid});
        if let Some(namespace) = &names.namespace {
            set(&mut scope, &["namespace"], Value::from(namespace.as_str()));
        }
        json!({
            "metadata": {
                "labels": labels(),
                "ownerReferences": [{"apiVersion": self.api_version, "kind": self.kind, "name": names.name, "uid": names.uid}],
            },
            "scope": scope,
            "summary": self.summary.to_json(),
            "results": results,
        })
    }
}

impl Finding {
    fn of(result: &'static str, verdict: &Verdict, withholder: &Withholder<'_>) -> Self {
        let causes = ruling::causes(verdict, withholder);
        let named: Vec<String> = causes
            .iter()
            .take(REASONS)
            .map(|cause| match cause.field.as_str() {
                "" => cause.message.clone(),
                field => format!("{} ({field})", cause.message),
            })
            .collect();
        let mut message = named.join("; ");
        let all = causes.len() + verdict.omitted;
        if all > REASONS {
            message.push_str(&format!("; and {} more", all - REASONS));
        }
        if message.chars().count() > MESSAGE {
            message = message.chars().take(MESSAGE).chain(['…']).collect();
        }
        Self {
            control: verdict.control.0.clone(),
            category: verdict.criteria.join(", "),
            result,
            severity: verdict.severity,
            enforcement: verdict.enforcement,
            message,
            exception: verdict.exception.as_ref().map(|used| used.id.clone()),
        }
    }

    fn to_json(&self, api: &ReportApi, drift: Option<Drift>) -> Value {
        let mut properties = Map::from_iter([(
            "enforcement".to_owned(),
            Value::from(self.enforcement.as_str()),
        )]);
        if let Some(exception) = &self.exception {
            properties.insert("exception".to_owned(), exception.as_str().into());
        }
        if let (Some(drift), "fail") = (drift, self.result) {
            properties.insert("drift".to_owned(), drift.as_str().into());
        }
        let severity = match self.severity {
            Severity::Critical if api.is_older => {
                properties.insert("severity".to_owned(), self.severity.as_str().into());
                Severity::High
            }
            severity => severity,
        };
        let mut result = json!({
            "source": MANAGER,
            "policy": self.control,
            "result": self.result,
            "severity": severity.as_str(),
            "scored": self.enforcement == Enforcement::Deny,
            "message": self.message,
            "properties": properties,
        });
        if !self.category.is_empty() {
            set(
                &mut result,
                &["category"],
                Value::from(self.category.as_str()),
            );
        }
        result
    }
}

/// What reports call a verdict; nothing where the control does not speak of the object.
fn result(verdict: &Verdict) -> Option<&'static str> {
    Some(match verdict.status {
        Status::NotApplicable => return None,
        Status::Pass => "pass",
        _ if verdict.exception.is_some() => "skip",
        Status::Unknown => "error",
        Status::Fail if verdict.enforcement == Enforcement::Deny => "fail",
        Status::Fail => "warn",
    })
}

/// What the report of a scan says: whether it is complete, and why not.
pub fn scan_content(
    summary: Summary,
    said: &str,
    problems: &[String],
    settings: &[(&str, String)],
) -> Value {
    let properties: Map<String, Value> = settings
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| ((*key).to_owned(), Value::from(value.as_str())))
        .collect();
    let result = |rule: &str, result: &str, message: &str| json!({"source": MANAGER, "policy": "soc2gate-audit", "rule": rule, "result": result, "scored": false, "message": message});
    let verdict = if problems.is_empty() { "pass" } else { "error" };
    let mut whole = result("complete", verdict, said);
    set(&mut whole, &["properties"], Value::Object(properties));
    let problems = problems.iter().take(RESULTS - 1);
    let results: Vec<Value> = std::iter::once(whole)
        .chain(problems.map(|problem| result("incomplete", "error", problem)))
        .collect();
    json!({"metadata": {"labels": labels()}, "summary": summary.to_json(), "results": results})
}

fn labels() -> Value {
    json!({ MANAGER_LABEL: MANAGER })
}

/// A report as it is sent: with its kind and name, and the time of its results.
pub(super) fn document(
    content: &Value,
    kind: (&str, &str),
    place: (Option<&str>, &str),
    now: Timestamp,
) -> Value {
    let mut document = content.clone();
    set(&mut document, &["apiVersion"], Value::from(kind.0));
    set(&mut document, &["kind"], Value::from(kind.1));
    set(&mut document, &["metadata", "name"], Value::from(place.1));
    if let Some(namespace) = place.0 {
        set(
            &mut document,
            &["metadata", "namespace"],
            Value::from(namespace),
        );
    }
    let time = json!({"seconds": now.as_second(), "nanos": 0});
    if let Some(Value::Array(results)) = document.get_mut("results") {
        for result in results {
            set(result, &["timestamp"], time.clone());
        }
    }
    document
}

/// What stands for what a report says, whenever it was said: of one that is made, and of one that was read.
pub(super) fn content_fingerprint(report: &Value) -> Fingerprint {
    let mut results = report.get("results").cloned().unwrap_or_default();
    for result in results.as_array_mut().into_iter().flatten() {
        if let Some(result) = result.as_object_mut() {
            result.remove("timestamp");
        }
    }
    let part = |path: &str| report.pointer(path).cloned().unwrap_or_default();
    let label = report
        .get("metadata")
        .and_then(|metadata| metadata.get("labels"))
        .and_then(|labels| labels.get(MANAGER_LABEL));
    let content = json!({
        "label": label,
        "owners": part("/metadata/ownerReferences"),
        "scope": part("/scope"),
        "summary": part("/summary"),
        "results": results,
    });
    // What cannot be written as canonical JSON was not made here.
    let canonical = soc2gate_ledger::record::canonical_value(&content).unwrap_or_default();
    fingerprint(&[&canonical])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_no_content_and_everything_else_is() {
        let content = scan_content(
            Summary::default(),
            "all of it",
            &[],
            &[("a", "b".to_owned())],
        );
        let sent = |second| {
            let now = Timestamp::from_second(second).unwrap();
            document(&content, ("v1", "Report"), (Some("shop"), "a"), now)
        };
        let whole = content_fingerprint(&content);
        assert_eq!(content_fingerprint(&sent(1)), whole);
        assert_eq!(content_fingerprint(&sent(2)), whole);
        for (path, value) in [
            ("/results/0/message", json!("nothing")),
            ("/results/0/result", json!("pass!")),
            ("/summary/fail", json!(7)),
            ("/metadata/labels", json!({})),
        ] {
            let mut altered = sent(1);
            *altered.pointer_mut(path).unwrap() = value;
            assert_ne!(content_fingerprint(&altered), whole, "{path}");
        }
    }

    #[test]
    fn times_are_seconds_and_nanos() {
        let content = scan_content(Summary::default(), "all of it", &["x".to_owned()], &[]);
        let now = Timestamp::from_second(5).unwrap();
        let sent = document(&content, ("v1", "Report"), (None, "a"), now);
        assert_eq!(
            sent["results"][1]["timestamp"],
            json!({"seconds": 5, "nanos": 0})
        );
        assert_eq!(sent["results"][0]["result"], "error");
    }
}
