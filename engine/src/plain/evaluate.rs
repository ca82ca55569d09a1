//! Judges a document by plain policies.

use std::fmt::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

use super::load::{PlainSet, reference};
use super::result::{exempts, findings};
use super::rule::exempted_as;
use super::{Effect, judges};
use crate::judge::RuleValues;
use crate::rego::{Compiled, EvalFailure, Instance, Module, Moment};
use crate::{Control, Origin, SubjectKind};

/// The package of the generated rules.
const PACKAGE: &str = "soc2gate_plain";

/// Plain policies made ready to judge.
#[derive(Debug, Default)]
pub(crate) struct PlainGate {
    set: PlainSet,
    policies: Vec<Policy>,
    /// The rules that are asked for, as they are referred to.
    rules: Vec<String>,
    /// The evaluator, made when the first document comes.
    compiled: OnceLock<Compiled>,
}

/// One control.
#[derive(Debug)]
struct Policy {
    /// Its position in the list of controls.
    control: usize,
    /// Its rules: where each stands in the list of rules, and what exceptions call it.
    rules: Vec<(usize, String)>,
    /// Where `exception` of its package stands.
    exception: Option<usize>,
}

/// The value of a rule, or why there is none.
type RuleValue = Result<Option<Value>, EvalFailure>;

impl PlainGate {
    /// Makes those plain policies ready that are among some controls.
    pub(crate) fn new(set: PlainSet, controls: &[Control]) -> Self {
        let mut gate = Self::default();
        for (at, control) in controls.iter().enumerate() {
            if control.origin != Origin::Plain {
                continue;
            }
            let package = set
                .parsed
                .package_of_file(&control.file)
                .unwrap_or_default();
            let names = set.parsed.values(package);
            let data = reference(package);
            let is_warning = control.id.0.ends_with(":warn");
            let effect = if is_warning {
                Effect::Warn
            } else {
                Effect::Deny
            };
            let mut rules = Vec::new();
            for name in names.iter().filter(|name| Effect::of(name) == Some(effect)) {
                rules.push((gate.rules.len(), exempted_as(name).to_owned()));
                gate.rules.push(format!("{data}.{name}"));
            }
            let exception = names.contains("exception").then_some(gate.rules.len());
            if exception.is_some() {
                gate.rules.push(format!("{data}.exception"));
            }
            gate.policies.push(Policy {
                control: at,
                rules,
                exception,
            });
        }
        gate.set = set;
        gate
    }

    /// Whether subjects of a kind are judged one by one.
    pub(crate) fn judges(&self, kind: SubjectKind) -> bool {
        !self.policies.is_empty() && !self.set.combine && judges(kind)
    }

    /// Whether all documents are judged as one list.
    pub(crate) fn combines(&self) -> bool {
        !self.policies.is_empty() && self.set.combine
    }

    /// An evaluator for one thread.
    pub(crate) fn instance(&self) -> Instance {
        let compile = || {
            let mut modules = self.set.parsed.modules().to_vec();
            modules.push(Module::made("generated", &self.module()));
            let (parsed, problems) = self.set.parsed.again(&modules);
            problems
                .is_empty()
                .then(|| parsed.lenient().compile(&self.set.data.to_value()).ok())
                .flatten()
        };
        self.compiled
            .get_or_init(|| compile().unwrap_or_else(Compiled::empty))
            .instance()
    }

    /// A rule for each rule that is asked for, undefined as an empty list and defined as a list of its value; and one
    /// for all of them.
    fn module(&self) -> String {
        let mut text = format!("package {PACKAGE}\n\n");
        let mut names = Vec::with_capacity(self.rules.len());
        for (at, rule) in self.rules.iter().enumerate() {
            let _ = writeln!(text, "row_{at} := [value | value := {rule}]\n");
            names.push(format!("row_{at}"));
        }
        let _ = writeln!(text, "rows := [{}]", names.join(", "));
        text
    }

    /// What the rules of each control say of the evaluator's input, each with the control's position.
    pub(crate) fn values(
        &self,
        instance: &mut Instance,
        moment: &Moment,
        budget: Duration,
    ) -> Vec<(usize, RuleValues)> {
        let moment = moment.clone().lenient();
        let mut ask =
            |rule: &str| instance.eval(&format!("data.{PACKAGE}.{rule}"), &moment, budget);
        let rows: Vec<RuleValue> = match ask("rows") {
            Ok(Some(Value::Array(rows))) if rows.len() == self.rules.len() => {
                rows.iter().map(|row| Ok(row.get(0).cloned())).collect()
            }
            // One of them fails: each by itself, so that only what fails is unknown.
            _ => (0..self.rules.len())
                .map(|at| {
                    let row = ask(&format!("row_{at}"))?.ok_or(EvalFailure::Undecided)?;
                    Ok(row.get(0).cloned())
                })
                .collect(),
        };
        self.policies
            .iter()
            .map(|policy| (policy.control, policy.values(&rows)))
            .collect()
    }
}

impl Policy {
    fn values(&self, rows: &[RuleValue]) -> RuleValues {
        let exception = match self.exception.and_then(|at| rows.get(at)) {
            None => Ok(None),
            Some(row) => row.clone(),
        };
        let is_exempt = |name: &str| matches!(&exception, Ok(Some(value)) if exempts(value, name));
        let mut found = Vec::new();
        let mut failure = exception.as_ref().err().cloned();
        let mut is_applicable = false;
        for (at, name) in &self.rules {
            if is_exempt(name) {
                continue;
            }
            is_applicable = true;
            match rows.get(*at).unwrap_or(&Err(EvalFailure::Undecided)) {
                Ok(value) => match findings(value.as_ref()) {
                    Some(list) => found.extend(list),
                    None => failure = Some(EvalFailure::Undecided),
                },
                Err(error) => failure = Some(error.clone()),
            }
        }
        RuleValues {
            deny: Ok(Some(Value::Array(found))),
            unknown: failure.map_or(Ok(None), Err),
            applicable: Ok(Some(Value::Bool(is_applicable))),
        }
    }
}
