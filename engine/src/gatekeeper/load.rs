//! Loads templates and constraints: what is wrong is reported and left out, the rest judges.

use std::collections::{BTreeMap, BTreeSet};

use soc2gate_source::{Code, Diagnostic};

use super::constraint::{self, Constraint};
use super::manifest::{Manifest, Sort, manifests};
use super::template::{self, Template};
use crate::{
    Control, ControlId, ControlInput, Enforcement, Frameworks, Origin, PolicySource, Severity,
    SubjectKind,
};

/// The templates and constraints that were loaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConstraintSet {
    pub(super) templates: Vec<Template>,
    /// Constraints, each with the position of its template.
    pub(super) constraints: BTreeMap<ControlId, (usize, Constraint)>,
    pub(crate) controls: Vec<Control>,
    /// The ids of all that were read, also of those that were left out.
    pub(crate) known: BTreeSet<ControlId>,
    /// The files that hold templates or constraints.
    pub(crate) used: BTreeSet<String>,
    /// Their texts.
    pub(crate) texts: Vec<String>,
}

/// Loads templates and constraints.
pub(crate) fn load(sources: &[PolicySource]) -> (ConstraintSet, Vec<Diagnostic>) {
    let mut set = ConstraintSet::default();
    let mut diagnostics = Vec::new();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for source in sources {
        if seen.insert((&source.file, &source.text)) {
            let manifests = manifests(source, &mut diagnostics);
            if !manifests.is_empty() {
                set.used.insert(source.file.clone());
                set.texts.push(source.text.clone());
            }
            found.extend(manifests);
        }
    }
    // Kinds whose template was left out: that was said, and nothing else is wrong with their constraints.
    let mut broken: BTreeSet<&str> = BTreeSet::new();
    let (templates, constraints): (Vec<&Manifest<'_>>, Vec<&Manifest<'_>>) = found
        .iter()
        .partition(|manifest| manifest.sort == Sort::Template);
    for manifest in &templates {
        let kind = manifest
            .text("/spec/crd/spec/names/kind")
            .unwrap_or_default();
        match template::read(manifest, &mut diagnostics) {
            Some(template) => set.add_template(template, manifest, &mut diagnostics),
            None => {
                broken.insert(kind);
            }
        }
    }
    for manifest in &constraints {
        set.add_constraint(manifest, &broken, &mut diagnostics);
    }
    for manifest in &templates {
        let kind = manifest
            .text("/spec/crd/spec/names/kind")
            .unwrap_or_default();
        let is_used = constraints
            .iter()
            .any(|constraint| constraint.text("/kind") == Some(kind));
        if !is_used && !broken.contains(kind) {
            let message = format!("no constraint of kind {kind} makes use of the template");
            diagnostics.push(manifest.problem(Code::TemplateUnused, &[], message));
        }
    }
    (set, diagnostics)
}

impl ConstraintSet {
    fn add_template(
        &mut self,
        template: Template,
        manifest: &Manifest<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let twin = self
            .templates
            .iter()
            .find(|other| other.kind == template.kind);
        if let Some(twin) = twin {
            let message = format!("a template of {} is in {} already", twin.kind, twin.file);
            diagnostics.push(manifest.problem(Code::DuplicateControl, &[], message));
            return;
        }
        self.templates.push(template);
    }

    fn add_constraint(
        &mut self,
        manifest: &Manifest<'_>,
        broken: &BTreeSet<&str>,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let kind = manifest.text("/kind").unwrap_or_default();
        let name = manifest.text("/metadata/name").unwrap_or_default();
        let id = ControlId(format!("{kind}/{name}"));
        if broken.contains(kind) {
            self.known.insert(id);
            return;
        }
        let Some(at) = self
            .templates
            .iter()
            .position(|template| template.kind == kind)
        else {
            let message = format!("there is no template of {kind}");
            diagnostics.push(manifest.problem(
                Code::ConstraintWithoutTemplate,
                &["kind".into()],
                message,
            ));
            return;
        };
        let is_new = self.known.insert(id.clone());
        if !is_new {
            let message = format!("{id} exists already");
            diagnostics.push(manifest.problem(Code::DuplicateControl, &[], message));
            return;
        }
        let Some(template) = self.templates.get(at) else {
            return;
        };
        match constraint::read(manifest, template) {
            Ok(constraint) => {
                self.controls
                    .push(control(&constraint, template, manifest.file));
                self.constraints.insert(id, (at, constraint));
            }
            Err(problems) => diagnostics.extend(problems),
        }
    }
}

/// A constraint as a control.
fn control(constraint: &Constraint, template: &Template, file: &str) -> Control {
    let severity = match constraint.enforcement {
        Enforcement::Deny => Severity::High,
        Enforcement::Warn => Severity::Medium,
        Enforcement::Record => Severity::Low,
    };
    let reads_namespaces = constraint.matching.namespace_selector.is_some();
    let description = template.description.clone();
    Control {
        id: ControlId(constraint.id.clone()),
        title: template
            .title
            .clone()
            .unwrap_or_else(|| format!("Constraint {}", constraint.id)),
        description: description
            .unwrap_or_else(|| format!("Judges objects by the template of {}.", template.kind)),
        severity,
        inputs: vec![ControlInput {
            kind: SubjectKind::Kubernetes,
            resources: None,
            operations: None,
            context: reads_namespaces
                .then(|| "Namespace".to_owned())
                .into_iter()
                .collect(),
        }],
        frameworks: Frameworks::default(),
        remediation: "Mend what the message names, or ask for an exception that names the object and expires."
            .to_owned(),
        sensitive: false,
        parameters: BTreeMap::new(),
        related_resources: Vec::new(),
        package: template.kind.clone(),
        file: file.into(),
        origin: Origin::Constraint,
        enforcement: Some(constraint.enforcement),
    }
}
