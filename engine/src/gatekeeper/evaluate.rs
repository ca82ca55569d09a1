//! Judges an object by constraints.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};

use super::load::ConstraintSet;
use super::matching::Matched;
use super::object::Object;
use super::review::review;
use super::template::PACKAGE;
use crate::judge::RuleValues;
use crate::plain::findings;
use crate::rego::{Compiled, EvalFailure, Instance, Moment, RegoValue};
use crate::{Attention, Control, ControlId, Origin, Subject, SubjectKind};

/// The labels of namespaces, by the names of these.
pub(crate) type NamespaceLabels = BTreeMap<String, BTreeMap<String, String>>;

/// Constraints made ready to judge.
#[derive(Debug, Default)]
pub(crate) struct ConstraintGate {
    set: ConstraintSet,
    /// The constraints to judge by, each with its position in the list of controls.
    judging: Vec<(usize, ControlId)>,
    /// The evaluator of each template, made when the first object comes for it.
    compiled: Vec<OnceLock<Compiled>>,
}

/// What is around an object.
pub(crate) struct Surroundings<'a> {
    pub(crate) namespaces: &'a NamespaceLabels,
    pub(crate) inventory: &'a RegoValue,
}

impl ConstraintGate {
    /// Makes those constraints ready that are among some controls.
    pub(crate) fn new(set: ConstraintSet, controls: &[Control]) -> Self {
        let judging = controls
            .iter()
            .enumerate()
            .filter(|(_, control)| control.origin == Origin::Constraint)
            .map(|(at, control)| (at, control.id.clone()))
            .collect();
        Self {
            judging,
            compiled: set.templates.iter().map(|_| OnceLock::new()).collect(),
            set,
        }
    }

    /// Whether subjects of a kind are judged.
    pub(crate) fn judges(&self, kind: SubjectKind) -> bool {
        kind == SubjectKind::Kubernetes && !self.judging.is_empty()
    }

    /// How constraints speak of the objects of a type.
    pub(crate) fn attention(&self, resource: &str) -> Attention {
        let (group, kind) = resource.rsplit_once('/').unwrap_or(("", resource));
        let constraints = self.judging.iter().filter_map(|(_, id)| {
            let (_, constraint) = self.set.constraints.get(id)?;
            Some(constraint.matching.attention(group, kind))
        });
        let attention = |total, each| match (total, each) {
            (Attention::Named, _) | (_, Attention::Named) => Attention::Named,
            (Attention::None, Attention::None) => Attention::None,
            _ => Attention::General,
        };
        constraints.fold(Attention::None, attention)
    }

    /// Whether a template looks at other objects.
    pub(crate) fn reads_inventory(&self) -> bool {
        self.judging.iter().any(|(_, id)| {
            let constraint = self.set.constraints.get(id);
            let template = constraint.and_then(|(at, _)| self.set.templates.get(*at));
            template.is_some_and(|template| template.reads_inventory)
        })
    }

    /// What each constraint says that speaks of an object's kind, with its position in the list of controls.
    pub(crate) fn values(
        &self,
        subject: &Subject,
        instances: &mut BTreeMap<usize, Instance>,
        around: &Surroundings<'_>,
        moment: &Moment,
        budget: Duration,
    ) -> Vec<(usize, RuleValues)> {
        let object = Object::of(subject);
        let moment = moment.clone().lenient();
        let mut seen: Option<RegoValue> = None;
        let mut values = Vec::new();
        for (control, id) in &self.judging {
            let Some((at, constraint)) = self.set.constraints.get(id) else {
                continue;
            };
            if !constraint.matching.speaks_of(&object) {
                continue;
            }
            let value = match constraint.matching.matches(&object, around.namespaces) {
                Matched::No => not_applicable(),
                Matched::Unknown(why) => unknown(why),
                Matched::Yes => {
                    let review =
                        seen.get_or_insert_with(|| RegoValue::from_json(&review(subject, &object)));
                    let parameters = RegoValue::from_json(&constraint.parameters);
                    let input =
                        RegoValue::object([("review", review.clone()), ("parameters", parameters)]);
                    let instance = instances.entry(*at).or_insert_with(|| self.instance(*at));
                    instance.set_input(self.input(*at, input, around));
                    let rule = format!("data.{PACKAGE}.found");
                    violations(instance.eval(&rule, &moment, budget))
                }
            };
            values.push((*control, value));
        }
        values
    }

    /// The input of a template's rule: with the inventory, where it looks at that.
    fn input(&self, template: usize, seen: RegoValue, around: &Surroundings<'_>) -> RegoValue {
        match self.set.templates.get(template) {
            Some(template) if template.reads_inventory => {
                RegoValue::object([("seen", seen), ("inventory", around.inventory.clone())])
            }
            _ => seen,
        }
    }

    fn instance(&self, at: usize) -> Instance {
        let compile = || {
            let template = self.set.templates.get(at)?;
            template.parsed.compile(&json!({})).ok()
        };
        match self.compiled.get(at) {
            Some(compiled) => compiled
                .get_or_init(|| compile().unwrap_or_else(Compiled::empty))
                .instance(),
            None => Compiled::empty().instance(),
        }
    }
}

fn not_applicable() -> RuleValues {
    RuleValues {
        deny: Ok(None),
        unknown: Ok(None),
        applicable: Ok(Some(Value::Bool(false))),
    }
}

fn unknown(why: &str) -> RuleValues {
    RuleValues {
        deny: Ok(None),
        unknown: Ok(Some(json!([{"message": why}]))),
        applicable: Ok(Some(Value::Bool(true))),
    }
}

/// What `violation` gave, as a list of at most one value.
fn violations(found: Result<Option<Value>, EvalFailure>) -> RuleValues {
    let found = found.and_then(|found| {
        let found = found.ok_or(EvalFailure::Undecided)?;
        findings(found.get(0)).ok_or(EvalFailure::Undecided)
    });
    RuleValues {
        deny: found.map(|found| Some(Value::Array(found))),
        unknown: Ok(None),
        applicable: Ok(Some(Value::Bool(true))),
    }
}
