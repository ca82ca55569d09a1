//! Which controls speak of a subject, and the one rule that evaluates them together.
//!
//! Controls that look at the same subject share rules: the containers of a workload, the approvals of a pull
//! request. Within one evaluation Rego computes a rule once, so a route asks for all its controls at once. When
//! that fails, each control is evaluated by itself and only the one that failed is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::{Control, Operation, Origin, Subject, SubjectKind};

/// The package of the generated rule.
const PACKAGE: &str = "soc2gate_route";
/// The rule in it.
const RULE: &str = "rows";

/// The rules of a control that are evaluated, by their full names.
#[derive(Debug, Clone)]
pub(crate) struct ControlRules {
    pub(crate) deny: String,
    pub(crate) unknown: Option<String>,
    pub(crate) applicable: Option<String>,
}

/// The controls of one kind and type of subject.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    /// Positions in the list of controls.
    pub(crate) controls: Vec<usize>,
}

/// All routes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routes {
    routes: Vec<Route>,
    by_type: BTreeMap<(SubjectKind, Option<Operation>, Option<String>), usize>,
}

impl Routes {
    /// The routes of a list of controls: one for each set of controls that speaks of some type.
    pub(crate) fn new(controls: &[Control]) -> Self {
        let mut types: BTreeSet<(SubjectKind, Option<String>)> = BTreeSet::new();
        let routed = controls
            .iter()
            .filter(|control| control.origin == Origin::Control);
        for input in routed.flat_map(|control| &control.inputs) {
            types.insert((input.kind, None));
            for resource in input.resources.iter().flatten() {
                types.insert((input.kind, Some(resource.clone())));
            }
        }
        let mut routes = Self::default();
        let mut known: BTreeMap<Vec<usize>, usize> = BTreeMap::new();
        let operations: Vec<Option<Operation>> = std::iter::once(None)
            .chain(Operation::ALL.iter().copied().map(Some))
            .collect();
        for (kind, resource) in types {
            for operation in &operations {
                let matching: Vec<usize> = controls
                    .iter()
                    .enumerate()
                    .filter(|(_, control)| control.speaks_of(kind, resource.as_deref(), *operation))
                    .map(|(at, _)| at)
                    .collect();
                if matching.is_empty() {
                    continue;
                }
                let next = routes.routes.len();
                let at = *known.entry(matching.clone()).or_insert(next);
                if at == next {
                    routes.routes.push(Route { controls: matching });
                }
                let subjects = (kind, *operation, resource.clone());
                routes.by_type.insert(subjects, at);
            }
        }
        routes
    }

    /// The position of a subject's route; None where no control speaks of its kind.
    pub(crate) fn of(&self, subject: &Subject) -> Option<usize> {
        let route = |resource| {
            let subjects = (subject.kind, subject.operation(), resource);
            self.by_type.get(&subjects).copied()
        };
        let named = subject.resource.clone().and_then(|name| route(Some(name)));
        named.or_else(|| route(None))
    }

    /// A route by its position.
    pub(crate) fn get(&self, at: usize) -> Option<&Route> {
        self.routes.get(at)
    }

    /// How many routes there are.
    pub(crate) fn len(&self) -> usize {
        self.routes.len()
    }
}

impl Route {
    /// The module with the route's rule: a row for each control, an undefined rule as an empty list, a defined
    /// one as a list of its value.
    pub(crate) fn module(&self, rules: &[ControlRules]) -> String {
        let mut text = format!("package {PACKAGE}\n\nimport rego.v1\n\n{RULE} := [\n");
        for rules in self.controls.iter().filter_map(|at| rules.get(*at)) {
            let value = |rule: Option<&String>| {
                rule.map_or_else(
                    || "[]".to_owned(),
                    |rule| format!("[value | value := {rule}]"),
                )
            };
            let _ = writeln!(
                text,
                "\t[{}, {}, {}],",
                value(Some(&rules.deny)),
                value(rules.unknown.as_ref()),
                value(rules.applicable.as_ref())
            );
        }
        text.push_str("]\n");
        text
    }

    /// The name of the rule that evaluates all controls of the route.
    pub(crate) fn rule() -> String {
        format!("data.{PACKAGE}.{RULE}")
    }
}
