//! Constraints: a template's rules with parameters, and the objects that they speak of.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, Schema, Segment};

use super::manifest::Manifest;
use super::matching::{Match, Source};
use super::openapi::{fill_defaults, json_schema};
use super::template::Template;
use crate::Enforcement;
use crate::schema::compiled;

/// A constraint that was loaded.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    /// `Kind/name`.
    pub(super) id: String,
    pub(super) enforcement: Enforcement,
    pub(super) matching: Match,
    pub(super) parameters: Value,
}

/// `spec` of a constraint as it is written.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawSpec {
    #[serde(default)]
    enforcement_action: Option<Action>,
    #[serde(default)]
    scoped_enforcement_actions: Vec<RawScopedAction>,
    #[serde(default, rename = "match")]
    matching: Match,
    #[serde(default)]
    parameters: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Action {
    Deny,
    Warn,
    Dryrun,
    Scoped,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RawScopedAction {
    action: Action,
    enforcement_points: Vec<RawPoint>,
}

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RawPoint {
    name: Point,
}

/// Where Gatekeeper enforces: this gate stands where its webhook and its command line do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
enum Point {
    #[serde(rename = "*")]
    Any,
    #[serde(rename = "validation.gatekeeper.sh")]
    Webhook,
    #[serde(rename = "gator.gatekeeper.sh")]
    CommandLine,
    #[serde(rename = "audit.gatekeeper.sh")]
    Audit,
    #[serde(rename = "vap.k8s.io")]
    AdmissionPolicy,
}

impl Action {
    fn enforcement(self) -> Enforcement {
        match self {
            Self::Deny | Self::Scoped => Enforcement::Deny,
            Self::Warn => Enforcement::Warn,
            Self::Dryrun => Enforcement::Record,
        }
    }
}

impl RawSpec {
    /// The strictest of the actions that hold here; none of them: it is recorded.
    fn enforcement(&self) -> Enforcement {
        let action = self.enforcement_action.unwrap_or(Action::Deny);
        if action != Action::Scoped {
            return action.enforcement();
        }
        let is_here = |point: &RawPoint| {
            matches!(point.name, Point::Any | Point::Webhook | Point::CommandLine)
        };
        self.scoped_enforcement_actions
            .iter()
            .filter(|scoped| scoped.enforcement_points.iter().any(is_here))
            .map(|scoped| scoped.action.enforcement())
            .max()
            .unwrap_or(Enforcement::Record)
    }
}

/// Reads a constraint of a template. What is wrong is reported; a constraint with an error is none.
pub(super) fn read(
    manifest: &Manifest<'_>,
    template: &Template,
) -> Result<Constraint, Vec<Diagnostic>> {
    let fail = |path: &[Segment], message: String| {
        vec![manifest.problem(Code::ConstraintInvalid, path, message)]
    };
    let Some(name) = manifest.text("/metadata/name") else {
        return Err(fail(
            &["metadata".into()],
            "a constraint has a name".to_owned(),
        ));
    };
    let empty = Value::Object(serde_json::Map::new());
    let spec = match manifest.document.value.get("spec") {
        None | Some(Value::Null) => &empty,
        Some(spec) => spec,
    };
    let Some(schema) = compiled::<RawSpec>() else {
        let message = "the schema of constraints does not compile".to_owned();
        return Err(vec![manifest.problem(Code::InternalError, &[], message)]);
    };
    let map = &manifest.document.map;
    let at: [Segment; 1] = ["spec".into()];
    let problems = schema.validate_at(spec, &at, map, manifest.file, Code::ConstraintInvalid);
    if !problems.is_empty() {
        return Err(problems);
    }
    let raw: RawSpec = serde_json::from_value(spec.clone())
        .map_err(|_| fail(&at, "the constraint cannot be read".to_owned()))?;
    let path = |keys: &[&str]| -> Vec<Segment> {
        let keys = keys.iter().map(|key| (*key).into());
        at.iter().cloned().chain(keys).collect()
    };
    if raw.matching.source == Some(Source::Generated) {
        let message = "objects that Gatekeeper generates are not there to be judged".to_owned();
        return Err(fail(&path(&["match", "source"]), message));
    }
    let selectors = [
        ("labelSelector", &raw.matching.label_selector),
        ("namespaceSelector", &raw.matching.namespace_selector),
    ];
    for (key, selector) in selectors {
        if let Some(problem) = selector
            .as_ref()
            .and_then(super::label_selector::LabelSelector::problem)
        {
            return Err(fail(&path(&["match", key]), problem));
        }
    }
    let parameters = parameters(manifest, template, &raw, &path(&["parameters"]))?;
    Ok(Constraint {
        id: format!("{}/{name}", template.kind),
        enforcement: raw.enforcement(),
        matching: raw.matching,
        parameters,
    })
}

/// The parameters with their defaults, where they follow the template's schema.
fn parameters(
    manifest: &Manifest<'_>,
    template: &Template,
    raw: &RawSpec,
    path: &[Segment],
) -> Result<Value, Vec<Diagnostic>> {
    let mut parameters = match &raw.parameters {
        Value::Null => Value::Object(serde_json::Map::new()),
        parameters => parameters.clone(),
    };
    let Some(definition) = &template.schema else {
        return Ok(parameters);
    };
    fill_defaults(&mut parameters, definition);
    let schema = Schema::compile(&json_schema(definition, !template.is_legacy));
    let schema = schema.map_err(|error| {
        let message = format!("the schema of {} is none: {error}", template.kind);
        vec![manifest.problem(Code::ConstraintInvalid, path, message)]
    })?;
    let map = &manifest.document.map;
    let problems = schema.validate_at(
        &parameters,
        path,
        map,
        manifest.file,
        Code::ConstraintInvalid,
    );
    if problems.is_empty() {
        Ok(parameters)
    } else {
        Err(problems)
    }
}
