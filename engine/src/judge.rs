//! From a subject to a decision.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use soc2gate_source::{Location, Path};

use crate::gate::Inner;
use crate::gatekeeper::Surroundings;
use crate::rego::{EvalFailure, Instance, Moment, RegoValue};
use crate::route::{ControlRules, Route};
use crate::rules::{self, RuleResult};
use crate::{
    Context, Control, DECISION_SCHEMA, Decision, EngineRef, Finding, Outcome, Status, Subject,
    SubjectRef, Unknown, UnknownReason, Verdict,
};

/// Most findings, and most unknowns, that one verdict lists.
const MAX_LISTED: usize = 100;

/// Judges subjects on one thread.
#[derive(Debug)]
pub struct Judge {
    inner: Arc<Inner>,
    /// An evaluator for each route that a subject came for.
    instances: BTreeMap<usize, Instance>,
    /// The evaluator of plain policies.
    plain: Option<Instance>,
    /// The evaluator of each template of Gatekeeper.
    templates: BTreeMap<usize, Instance>,
    context: Context,
}

impl Judge {
    pub(crate) fn new(inner: Arc<Inner>, context: Context) -> Self {
        Self {
            inner,
            instances: BTreeMap::new(),
            plain: None,
            templates: BTreeMap::new(),
            context,
        }
    }

    /// Judges a subject by every control that speaks of it. `now` is the decision's clock.
    pub fn judge(&mut self, subject: &Subject, now: Timestamp) -> Decision {
        let inner = Arc::clone(&self.inner);
        let mut verdicts = match inner.routes.of(subject) {
            Some(at) => self.verdicts(&inner, at, subject, now),
            None => Vec::new(),
        };
        if inner.plain.judges(subject.kind) && subject.is_written() {
            verdicts.extend(self.plain_verdicts(&inner, subject, now));
        }
        if inner.constraints.judges(subject.kind) && subject.is_written() {
            verdicts.extend(self.constraint_verdicts(&inner, subject, now));
        }
        verdicts.sort_by(|a, b| a.control.cmp(&b.control));
        decision(&inner, subject, now, verdicts)
    }

    /// Judges the list of all documents, by the plain policies only; None where these judge documents one by one.
    pub fn judge_combined(&mut self, subject: &Subject, now: Timestamp) -> Option<Decision> {
        let inner = Arc::clone(&self.inner);
        inner.plain.combines().then(|| {
            let verdicts = self.plain_verdicts(&inner, subject, now);
            decision(&inner, subject, now, verdicts)
        })
    }

    /// What plain policies say of the raw document.
    fn plain_verdicts(&mut self, inner: &Inner, subject: &Subject, now: Timestamp) -> Vec<Verdict> {
        let instance = self.plain.get_or_insert_with(|| inner.plain.instance());
        instance.set_input(RegoValue::from_json(&subject.document));
        let moment = Moment::new(now, &subject.id);
        inner
            .plain
            .values(instance, &moment, inner.budget)
            .into_iter()
            .filter_map(|(at, values)| {
                let control = inner.controls.get(at)?;
                Some(verdict(inner, control, values, subject, now))
            })
            .collect()
    }

    /// What constraints say that speak of the object.
    fn constraint_verdicts(
        &mut self,
        inner: &Inner,
        subject: &Subject,
        now: Timestamp,
    ) -> Vec<Verdict> {
        let around = Surroundings {
            namespaces: &self.context.namespaces,
            inventory: &self.context.inventory,
        };
        let moment = Moment::new(now, &subject.id);
        let templates = &mut self.templates;
        inner
            .constraints
            .values(subject, templates, &around, &moment, inner.budget)
            .into_iter()
            .filter_map(|(at, values)| {
                let control = inner.controls.get(at)?;
                Some(verdict(inner, control, values, subject, now))
            })
            .collect()
    }

    /// What controls see as `input` when they judge a subject: enough, with [`Gate::data`](crate::Gate::data), to
    /// evaluate them with any other Rego tool.
    pub fn input(&self, subject: &Subject, now: Timestamp) -> Value {
        self.envelope(subject, now).to_json().unwrap_or_default()
    }

    fn envelope(&self, subject: &Subject, now: Timestamp) -> RegoValue {
        let text = |text: &str| RegoValue::from_json(&Value::from(text));
        let mut fields = vec![
            ("kind", text(subject.kind.as_str())),
            ("id", text(&subject.id)),
            ("object", RegoValue::from_json(&subject.document)),
            ("context", self.context.value.with(&subject.context)),
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

    fn verdicts(
        &mut self,
        inner: &Inner,
        at: usize,
        subject: &Subject,
        now: Timestamp,
    ) -> Vec<Verdict> {
        let Some(route) = inner.routes.get(at) else {
            return Vec::new();
        };
        let moment = Moment::new(now, &subject.id);
        let input = self.envelope(subject, now);
        let instance = self
            .instances
            .entry(at)
            .or_insert_with(|| inner.instance(at));
        instance.set_input(input);
        let together = together(instance, inner, route, &moment);
        let mut verdicts = Vec::with_capacity(route.controls.len());
        for (place, at) in route.controls.iter().enumerate() {
            let (Some(control), Some(rules)) = (inner.controls.get(*at), inner.rules.get(*at))
            else {
                continue;
            };
            let values = match together.as_ref().and_then(|rows| rows.get(place)) {
                Some(row) => RuleValues::read(row, rules),
                None => apart(instance, rules, &moment, inner.budget),
            };
            verdicts.push(verdict(inner, control, values, subject, now));
        }
        verdicts
    }
}

fn decision(inner: &Inner, subject: &Subject, now: Timestamp, verdicts: Vec<Verdict>) -> Decision {
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

/// The values of all controls of a route from one evaluation; None where it fails.
fn together(
    instance: &mut Instance,
    inner: &Inner,
    route: &Route,
    moment: &Moment,
) -> Option<Vec<Value>> {
    match instance.eval(&Route::rule(), moment, inner.budget) {
        Ok(Some(Value::Array(rows))) if rows.len() == route.controls.len() => Some(rows),
        _ => None,
    }
}

/// The values of one control, each rule by itself.
fn apart(
    instance: &mut Instance,
    rules: &ControlRules,
    moment: &Moment,
    budget: Duration,
) -> RuleValues {
    let mut eval = |rule: &str| instance.eval(rule, moment, budget);
    RuleValues {
        deny: eval(&rules.deny),
        unknown: rules.unknown.as_ref().map_or(Ok(None), |rule| eval(rule)),
        applicable: rules
            .applicable
            .as_ref()
            .map_or(Ok(Some(Value::Bool(true))), |rule| eval(rule)),
    }
}

/// What the rules of a control gave.
pub(crate) struct RuleValues {
    pub(crate) deny: RuleValue,
    pub(crate) unknown: RuleValue,
    pub(crate) applicable: RuleValue,
}

/// The value of a rule, None where it is undefined, or why there is none.
pub(crate) type RuleValue = Result<Option<Value>, EvalFailure>;

impl RuleValues {
    /// Reads a control's row of a route's rule: three lists of at most one value.
    fn read(row: &Value, rules: &ControlRules) -> Self {
        let value = |at: usize| row.get(at).and_then(|list| list.get(0)).cloned();
        let applicable = if rules.applicable.is_some() {
            value(2)
        } else {
            Some(Value::Bool(true))
        };
        Self {
            deny: Ok(value(0)),
            unknown: Ok(value(1)),
            applicable: Ok(applicable),
        }
    }
}

fn verdict(
    inner: &Inner,
    control: &Control,
    values: RuleValues,
    subject: &Subject,
    now: Timestamp,
) -> Verdict {
    let RuleResult {
        mut entries,
        mut problems,
    } = entries(values.deny, subject);
    let findings_omitted = truncate(&mut entries);
    let findings: Vec<Finding> = entries
        .into_iter()
        .map(|entry| Finding {
            location: locate(subject, &entry.path),
            message: entry.message,
            path: entry.path,
        })
        .collect();
    problems.extend(missing_facts(values.unknown, subject));
    let omitted = findings_omitted + truncate(&mut problems);
    let status = if !findings.is_empty() {
        Status::Fail
    } else if !problems.is_empty() {
        Status::Unknown
    } else {
        applicability(&values.applicable, &mut problems)
    };
    let exception = matches!(status, Status::Fail | Status::Unknown)
        .then(|| inner.exceptions.permitting(&control.id, &subject.id, now))
        .flatten()
        .map(crate::Exception::as_use);
    let mut verdict = Verdict {
        control: control.id.clone(),
        title: control.title.clone(),
        criteria: control.frameworks.soc2.clone(),
        severity: control.severity,
        enforcement: inner.enforcement.of(&control.id, &subject.id),
        status,
        findings,
        unknowns: problems,
        omitted,
        exception,
        known: false,
    };
    verdict.known = verdict.is_open() && inner.baseline.covers(&subject.id, &verdict);
    verdict
}

/// The elements of a rule that is a set of `{"message", "path"}`.
fn entries(value: RuleValue, subject: &Subject) -> RuleResult {
    match value {
        Ok(value) => rules::read(value.as_ref(), subject),
        Err(failure) => RuleResult {
            entries: Vec::new(),
            problems: vec![failed(&failure)],
        },
    }
}

/// What `unknown` says, and what is wrong with it.
fn missing_facts(value: RuleValue, subject: &Subject) -> Vec<Unknown> {
    let RuleResult { entries, problems } = entries(value, subject);
    let missing = entries.into_iter().map(|entry| Unknown {
        reason: UnknownReason::MissingFact,
        location: locate(subject, &entry.path),
        message: entry.message,
        path: entry.path,
    });
    missing.chain(problems).collect()
}

/// Pass or not applicable, unless the rule is neither true nor false.
fn applicability(value: &RuleValue, problems: &mut Vec<Unknown>) -> Status {
    match value {
        Ok(Some(Value::Bool(true))) => Status::Pass,
        Ok(None | Some(Value::Bool(false))) => Status::NotApplicable,
        Ok(Some(_)) => {
            problems.push(rules::invalid(
                "rule `applicable` is neither true nor false",
            ));
            Status::Unknown
        }
        Err(failure) => {
            problems.push(failed(failure));
            Status::Unknown
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
fn failed(failure: &EvalFailure) -> Unknown {
    let (reason, message) = match failure {
        EvalFailure::Timeout => (
            UnknownReason::Timeout,
            "the evaluation took longer than its budget".to_owned(),
        ),
        EvalFailure::Error { file, .. } if file.is_empty() => (
            UnknownReason::EvaluationError,
            "the evaluation failed".to_owned(),
        ),
        EvalFailure::Error { file, line, column } => {
            let message = format!("the evaluation failed at {file}:{line}:{column}");
            (UnknownReason::EvaluationError, message)
        }
        EvalFailure::Panic => (
            UnknownReason::EvaluationError,
            "the evaluator failed".to_owned(),
        ),
        EvalFailure::Undecided => (
            UnknownReason::InvalidResult,
            "a rule gives what is no verdict".to_owned(),
        ),
    };
    Unknown {
        reason,
        message,
        path: Path::new(),
        location: None,
    }
}
