//! Controls, settings and exceptions made ready to judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use soc2gate_source::{Code, Diagnostic, Location, Path};

use crate::config::EnforcementTable;
use crate::library::hex_digest;
use crate::rego::{Compiled, EvalFailure, Instance, Moment, RegoValue};
use crate::rules::{self, RuleResult};
use crate::{
    Config, Control, DECISION_SCHEMA, Decision, EngineRef, Exceptions, Finding, Library, Outcome,
    Status, Subject, SubjectKind, SubjectRef, Unknown, UnknownReason, Verdict,
};

/// How long the evaluation of one rule of a control may take unless it is said otherwise.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(2);

/// Most findings, and most unknowns, that one verdict lists.
const MAX_LISTED: usize = 100;

/// Controls, settings and exceptions made ready to judge. Shared between threads; each thread judges with a
/// [`Judge`] of its own.
#[derive(Debug, Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    controls: Vec<PreparedControl>,
    compiled: Compiled,
    enforcement: EnforcementTable,
    exceptions: Exceptions,
    policy_digest: String,
    settings_digest: String,
    budget: Duration,
}

#[derive(Debug)]
struct PreparedControl {
    control: Control,
    deny: String,
    unknown: Option<String>,
    applicable: Option<String>,
}

/// Other documents that a subject is judged with: those of the same set of manifests.
#[derive(Debug, Clone)]
pub struct Context {
    value: RegoValue,
}

/// Documents by type (`networking.k8s.io/NetworkPolicy`), then by namespace.
pub type Siblings = BTreeMap<String, BTreeMap<String, Vec<Value>>>;

impl Context {
    /// A context from the documents that controls may read beside a subject. A type that is not a key could
    /// not be read; a type without documents has none.
    pub fn new(siblings: &Siblings) -> Self {
        let by_type: Map<String, Value> = siblings
            .iter()
            .map(|(resource, namespaces)| {
                let namespaces = namespaces
                    .iter()
                    .map(|(namespace, documents)| {
                        (namespace.clone(), Value::Array(documents.clone()))
                    })
                    .collect();
                (resource.clone(), Value::Object(namespaces))
            })
            .collect();
        let siblings = RegoValue::from_json(&Value::Object(by_type));
        Self {
            value: RegoValue::object([("siblings", siblings)]),
        }
    }
}

impl Gate {
    /// Makes controls, settings and exceptions ready to judge. What the configuration and the exceptions say
    /// that the controls do not know is reported.
    pub fn new(
        library: &Library,
        config: &Config,
        exceptions: Exceptions,
    ) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = config.check_against(library.controls());
        diagnostics.extend(unknown_controls(library, &exceptions));
        let parameters: Map<String, Value> = library
            .controls()
            .iter()
            .map(|control| {
                let values = config.parameters(control).into_iter().collect();
                (control.id.0.clone(), Value::Object(values))
            })
            .collect();
        let data = serde_json::json!({ "parameters": parameters });
        let enforcement = config.enforcement(library.controls());
        let settings_digest = settings_digest(&data, &enforcement, &exceptions);
        let compiled = match crate::rego::compile(library.modules(), &data) {
            Ok(compiled) => compiled,
            Err(problem) => {
                diagnostics.push(Diagnostic::new(Code::RegoInvalid, problem.message));
                Compiled::empty()
            }
        };
        let controls = library
            .controls()
            .iter()
            .map(|control| prepare(control, &compiled))
            .collect();
        let inner = Inner {
            controls,
            compiled,
            enforcement,
            exceptions,
            policy_digest: library.digest().to_owned(),
            settings_digest,
            budget: DEFAULT_BUDGET,
        };
        (
            Self {
                inner: Arc::new(inner),
            },
            diagnostics,
        )
    }

    /// The same with another time budget for each rule.
    #[must_use]
    pub fn with_budget(self, budget: Duration) -> Self {
        let Self { mut inner } = self;
        if let Some(inner) = Arc::get_mut(&mut inner) {
            inner.budget = budget;
        }
        Self { inner }
    }

    /// The types of sibling that controls read beside subjects of a kind.
    pub fn context_resources(&self, kind: SubjectKind) -> BTreeSet<&str> {
        self.inner
            .controls
            .iter()
            .flat_map(|prepared| &prepared.control.inputs)
            .filter(|input| input.kind == kind)
            .flat_map(|input| &input.context)
            .map(String::as_str)
            .collect()
    }

    /// The exceptions.
    pub fn exceptions(&self) -> &Exceptions {
        &self.inner.exceptions
    }

    /// The controls, ordered by id.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.inner.controls.iter().map(|prepared| &prepared.control)
    }

    /// An evaluator for one thread.
    pub fn judge(&self, context: &Context) -> Judge {
        Judge {
            inner: Arc::clone(&self.inner),
            instance: self.inner.compiled.instance(),
            context: context.clone(),
        }
    }
}

fn prepare(control: &Control, compiled: &Compiled) -> PreparedControl {
    let rule = |name: &str| format!("data.{}.{name}", control.package);
    let has = |name: &str| {
        compiled
            .rules(&control.package)
            .is_some_and(|rules| rules.contains(name))
    };
    PreparedControl {
        deny: rule("deny"),
        unknown: has("unknown").then(|| rule("unknown")),
        applicable: has("applicable").then(|| rule("applicable")),
        control: control.clone(),
    }
}

fn unknown_controls(library: &Library, exceptions: &Exceptions) -> Vec<Diagnostic> {
    exceptions
        .list()
        .iter()
        .filter(|exception| library.control(&exception.raw.control.0).is_none())
        .map(|exception| {
            let message = format!(
                "exception {}: there is no control {}",
                exception.raw.id, exception.raw.control
            );
            Diagnostic::new(Code::ExceptionUnknownControl, message)
                .at(exception.location.file.clone(), exception.location.span())
        })
        .collect()
}

fn settings_digest(
    data: &Value,
    enforcement: &EnforcementTable,
    exceptions: &Exceptions,
) -> String {
    let exceptions: Vec<_> = exceptions
        .list()
        .iter()
        .map(|exception| &exception.raw)
        .collect();
    let settings = serde_json::json!({
        "parameters": data,
        "enforcement": enforcement.describe(),
        "exceptions": exceptions,
    });
    let mut hasher = Sha256::new();
    hasher.update(settings.to_string());
    hex_digest(hasher)
}

/// Judges subjects on one thread.
#[derive(Debug)]
pub struct Judge {
    inner: Arc<Inner>,
    instance: Instance,
    context: Context,
}

impl Judge {
    /// Judges a subject by every control that speaks of it. `now` is the decision's clock.
    pub fn judge(&mut self, subject: &Subject, now: Timestamp) -> Decision {
        let inner = Arc::clone(&self.inner);
        let moment = Moment::new(now, &subject.id);
        let input = self.envelope(subject, now);
        self.instance.set_input(input);
        let verdicts: Vec<Verdict> = inner
            .controls
            .iter()
            .filter(|prepared| prepared.control.matches(subject))
            .map(|prepared| self.verdict(prepared, subject, now, &moment))
            .collect();
        Decision {
            schema: DECISION_SCHEMA.to_owned(),
            subject: SubjectRef {
                kind: subject.kind,
                id: subject.id.clone(),
                resource: subject.resource.clone(),
                location: subject.source.locate(&[]).map(start_only),
            },
            time: now,
            engine: EngineRef::this(),
            policy_digest: inner.policy_digest.clone(),
            settings_digest: inner.settings_digest.clone(),
            outcome: Outcome::of(&verdicts),
            verdicts,
        }
    }

    fn envelope(&self, subject: &Subject, now: Timestamp) -> RegoValue {
        let text = |text: &str| RegoValue::from_json(&Value::from(text));
        let mut fields = vec![
            ("kind", text(subject.kind.as_str())),
            ("id", text(&subject.id)),
            ("object", RegoValue::from_json(&subject.document)),
            ("context", self.context.value.clone()),
            ("now", text(&now.to_string())),
        ];
        fields.extend(
            subject
                .resource
                .as_ref()
                .map(|resource| ("resource", text(resource))),
        );
        fields.extend(
            subject
                .old_document
                .as_ref()
                .map(|old| ("old_object", RegoValue::from_json(old))),
        );
        fields.extend(
            subject
                .request
                .as_ref()
                .map(|request| ("request", RegoValue::from_json(request))),
        );
        RegoValue::object(fields)
    }

    fn verdict(
        &mut self,
        prepared: &PreparedControl,
        subject: &Subject,
        now: Timestamp,
        moment: &Moment,
    ) -> Verdict {
        let control = &prepared.control;
        let RuleResult {
            mut entries,
            mut problems,
        } = self.entries(&prepared.deny, subject, control, moment);
        let findings_omitted = truncate(&mut entries);
        let findings: Vec<Finding> = entries
            .into_iter()
            .map(|entry| Finding {
                location: locate(subject, &entry.path),
                message: entry.message,
                path: entry.path,
            })
            .collect();
        if let Some(rule) = &prepared.unknown {
            let missing = self.entries(rule, subject, control, moment);
            problems.extend(missing.entries.into_iter().map(|entry| Unknown {
                reason: UnknownReason::MissingFact,
                location: locate(subject, &entry.path),
                message: entry.message,
                path: entry.path,
            }));
            problems.extend(missing.problems);
        }
        let omitted = findings_omitted + truncate(&mut problems);
        let status = if !findings.is_empty() {
            Status::Fail
        } else if !problems.is_empty() {
            Status::Unknown
        } else {
            self.applicable(prepared, moment, &mut problems)
        };
        let exception = matches!(status, Status::Fail | Status::Unknown)
            .then(|| {
                self.inner
                    .exceptions
                    .permitting(&control.id, &subject.id, now)
            })
            .flatten()
            .map(crate::Exception::as_use);
        Verdict {
            control: control.id.clone(),
            title: control.title.clone(),
            criteria: control.frameworks.soc2.clone(),
            severity: control.severity,
            enforcement: self.inner.enforcement.of(&control.id, &subject.id),
            status,
            findings,
            unknowns: problems,
            omitted,
            exception,
        }
    }

    /// The elements of a rule that is a set of `{"message", "path"}`.
    fn entries(
        &mut self,
        rule: &str,
        subject: &Subject,
        control: &Control,
        moment: &Moment,
    ) -> RuleResult {
        match self.instance.eval(rule, moment, self.inner.budget) {
            Ok(value) => rules::read(value.as_ref(), subject),
            Err(failure) => RuleResult {
                entries: Vec::new(),
                problems: vec![failed(failure, control)],
            },
        }
    }

    fn applicable(
        &mut self,
        prepared: &PreparedControl,
        moment: &Moment,
        problems: &mut Vec<Unknown>,
    ) -> Status {
        let Some(rule) = &prepared.applicable else {
            return Status::Pass;
        };
        match self.instance.eval(rule, moment, self.inner.budget) {
            Ok(Some(Value::Bool(true))) => Status::Pass,
            Ok(None | Some(Value::Bool(false))) => Status::NotApplicable,
            Ok(Some(_)) => {
                problems.push(rules::invalid(
                    "rule `applicable` is neither true nor false",
                ));
                Status::Unknown
            }
            Err(failure) => {
                problems.push(failed(failure, &prepared.control));
                Status::Unknown
            }
        }
    }
}

fn truncate<T>(list: &mut Vec<T>) -> usize {
    let omitted = list.len().saturating_sub(MAX_LISTED);
    list.truncate(MAX_LISTED);
    omitted
}

fn locate(subject: &Subject, path: &Path) -> Option<Location> {
    if path.is_empty() {
        subject.source.locate(&[]).map(start_only)
    } else {
        subject.source.locate(path)
    }
}

/// A whole document is shown by its first character.
fn start_only(location: Location) -> Location {
    Location {
        end_line: location.line,
        end_column: location.column,
        ..location
    }
}

/// An evaluation without a value. The text of its error is withheld: it may quote input.
fn failed(failure: EvalFailure, control: &Control) -> Unknown {
    let (reason, message) = match failure {
        EvalFailure::Timeout => (
            UnknownReason::Timeout,
            "the evaluation took longer than its budget".to_owned(),
        ),
        EvalFailure::Error { line: 0, .. } => (
            UnknownReason::EvaluationError,
            "the evaluation failed".to_owned(),
        ),
        EvalFailure::Error { line, column } => {
            let message = format!("the evaluation failed at {}:{line}:{column}", control.file);
            (UnknownReason::EvaluationError, message)
        }
        EvalFailure::Panic => (
            UnknownReason::EvaluationError,
            "the evaluator failed".to_owned(),
        ),
    };
    Unknown {
        reason,
        message,
        path: Path::new(),
        location: None,
    }
}
