//! `soc2gate.yaml`: from its raw form to a checked one, every problem reported at once.

mod raw;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;
use soc2gate_source::{
    Code, Diagnostic, Document, Position, Schema, SourceMap, Span, parse_yaml, split_yaml,
};

pub use raw::{
    Criteria, RawBundleVerification, RawConfig, RawControl, RawControlScope, RawLedger,
    RawRetention, RawScope, SigningAlgorithm,
};

use crate::schema::compiled;
use crate::{Control, ControlId, Enforcement, Library, Selector};

/// The configuration of a gate.
#[derive(Debug, Default)]
pub struct Config {
    raw: RawConfig,
    file: String,
    map: SourceMap,
}

static SCHEMA: LazyLock<Option<Schema>> = LazyLock::new(compiled::<RawConfig>);

impl Config {
    /// Reads a configuration. Every problem is reported; what could not be understood is left out, so that
    /// the rest can still be used to show results. A configuration with problems never ends in exit code 0.
    pub fn parse(file: &str, text: &str) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = Vec::new();
        let mut documents = Vec::new();
        for source in split_yaml(text) {
            match parse_yaml(source) {
                Ok(document) => documents.extend(document),
                Err(error) => diagnostics.push(
                    Diagnostic::new(Code::ConfigSyntax, error.kind.to_string())
                        .at(file, error.span),
                ),
            }
        }
        if documents.len() > 1 {
            let message = "a configuration is one document";
            diagnostics.push(
                Diagnostic::new(Code::ConfigSyntax, message).at(file, Span::at(Position::START)),
            );
        }
        let document = documents.into_iter().next().unwrap_or_else(|| Document {
            value: Value::Object(serde_json::Map::new()),
            map: SourceMap::default(),
        });
        let config = Self::from_document(file, document, &mut diagnostics);
        (config, diagnostics)
    }

    fn from_document(file: &str, document: Document, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let Some(schema) = SCHEMA.as_ref() else {
            diagnostics.push(Diagnostic::new(
                Code::InternalError,
                "the configuration schema does not compile",
            ));
            return Self::default();
        };
        for problem in schema.validate(&document, file, Code::ConfigSyntax) {
            let placed = problem.location.is_some();
            diagnostics.push(if placed {
                problem
            } else {
                problem.at(file, Span::at(Position::START))
            });
        }
        let mut value = schema.prune(document.value);
        if let Some(config) = value.as_object_mut() {
            // Its absence was reported; the rest can still be used.
            config.entry("version").or_insert_with(|| Value::from(1));
        }
        let raw: RawConfig = serde_json::from_value(value).unwrap_or_default();
        let config = Self {
            raw,
            file: file.to_owned(),
            map: document.map,
        };
        config.check(diagnostics);
        config
    }

    /// What a schema cannot say.
    fn check(&self, diagnostics: &mut Vec<Diagnostic>) {
        for (id, control) in &self.raw.controls {
            for (at, scope) in control.scopes.iter().enumerate() {
                for (number, pattern) in scope.subjects.iter().enumerate() {
                    if Selector::parse(pattern).is_none() {
                        let message = format!("{id}: {pattern:?} is not a glob");
                        let path = [
                            "controls".into(),
                            id.0.as_str().into(),
                            "scopes".into(),
                            at.into(),
                            "subjects".into(),
                            number.into(),
                        ];
                        diagnostics.push(
                            self.place(Diagnostic::new(Code::InvalidSelector, message), &path),
                        );
                    }
                }
            }
        }
    }

    /// What the configuration says that the loaded controls do not know, and parameters that do not follow
    /// their schema.
    pub(crate) fn check_against(&self, library: &Library) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for (id, settings) in &self.raw.controls {
            let Some(control) = library.control(&id.0) else {
                if library.knows(id) {
                    continue; // not judged by in this run, or reported when it was loaded
                }
                let message = format!("there is no control {id}");
                let diagnostic = Diagnostic::new(Code::UnknownControl, message);
                diagnostics
                    .push(self.place(diagnostic, &["controls".into(), id.0.as_str().into()]));
                continue;
            };
            for (name, value) in &settings.parameters {
                self.check_parameter(control, name, value, &mut diagnostics);
            }
        }
        diagnostics
    }

    fn check_parameter(
        &self,
        control: &Control,
        name: &str,
        value: &Value,
        diagnostics: &mut Vec<Diagnostic>,
    ) {
        let path = [
            "controls".into(),
            control.id.0.as_str().into(),
            "parameters".into(),
            name.into(),
        ];
        let Some(definition) = control.parameters.get(name) else {
            let message = format!("{} has no parameter {name}", control.id);
            diagnostics.push(self.place(Diagnostic::new(Code::InvalidParameter, message), &path));
            return;
        };
        match Schema::compile(definition) {
            Ok(schema) => {
                let problems =
                    schema.validate_at(value, &path, &self.map, &self.file, Code::InvalidParameter);
                diagnostics.extend(problems);
            }
            Err(error) => {
                let message = format!("{}: {error}", control.id);
                diagnostics.push(Diagnostic::new(Code::MetadataInvalid, message));
            }
        }
    }

    fn place(&self, diagnostic: Diagnostic, path: &[soc2gate_source::Segment]) -> Diagnostic {
        match self.map.locate_key(path) {
            Some(span) => diagnostic.at(self.file.clone(), span),
            None => diagnostic,
        }
    }

    /// The configuration as it was written.
    pub fn raw(&self) -> &RawConfig {
        &self.raw
    }

    /// The values of a control's parameters: what the configuration says where it follows the parameter's
    /// schema, else the default. A parameter that has neither is absent.
    pub(crate) fn parameters(&self, control: &Control) -> BTreeMap<String, Value> {
        let set = self
            .raw
            .controls
            .get(&control.id)
            .map(|settings| &settings.parameters);
        let mut values = BTreeMap::new();
        for (name, definition) in &control.parameters {
            let given = set
                .and_then(|set| set.get(name))
                .filter(|value| follows(definition, value));
            if let Some(value) = given.or_else(|| definition.get("default")) {
                values.insert(name.clone(), value.clone());
            }
        }
        values
    }

    /// The enforcement of controls.
    pub(crate) fn enforcement(&self, controls: &[Control]) -> EnforcementTable {
        let mut table = BTreeMap::new();
        for control in controls {
            let settings = self.raw.controls.get(&control.id);
            let base = settings
                .and_then(|settings| settings.enforcement)
                .unwrap_or_else(|| control.default_enforcement());
            let mut scopes = Vec::new();
            for scope in settings.into_iter().flat_map(|settings| &settings.scopes) {
                let selectors: Vec<Selector> = scope
                    .subjects
                    .iter()
                    .filter_map(|pattern| Selector::parse(pattern))
                    .collect();
                scopes.push((selectors, scope.enforcement));
            }
            table.insert(control.id.clone(), (base, scopes));
        }
        EnforcementTable { table }
    }
}

fn follows(definition: &Value, value: &Value) -> bool {
    let document = Document {
        value: value.clone(),
        map: SourceMap::default(),
    };
    Schema::compile(definition).is_ok_and(|schema| {
        schema
            .validate(&document, "", Code::InvalidParameter)
            .is_empty()
    })
}

/// The enforcement on the subjects that one of some selectors selects.
type ScopedEnforcement = (Vec<Selector>, Enforcement);

/// Which enforcement a control has on a subject.
#[derive(Debug, Clone, Default)]
pub(crate) struct EnforcementTable {
    table: BTreeMap<ControlId, (Enforcement, Vec<ScopedEnforcement>)>,
}

impl EnforcementTable {
    /// The table as JSON, for the digest of the settings.
    pub(crate) fn describe(&self) -> Value {
        let rows = self.table.iter().map(|(control, (base, scopes))| {
            let scopes: Vec<Value> = scopes
                .iter()
                .map(|(selectors, enforcement)| {
                    let patterns: Vec<&str> = selectors.iter().map(Selector::pattern).collect();
                    serde_json::json!({"subjects": patterns, "enforcement": enforcement})
                })
                .collect();
            (
                control.0.clone(),
                serde_json::json!({"enforcement": base, "scopes": scopes}),
            )
        });
        Value::Object(rows.collect())
    }

    /// The enforcement of the first scope that selects the subject, else the control's own. A control that is
    /// not in the table denies.
    pub(crate) fn of(&self, control: &ControlId, subject_id: &str) -> Enforcement {
        let Some((base, scopes)) = self.table.get(control) else {
            return Enforcement::Deny;
        };
        scopes
            .iter()
            .find(|(selectors, _)| {
                selectors
                    .iter()
                    .any(|selector| selector.matches(subject_id))
            })
            .map_or(*base, |(_, enforcement)| *enforcement)
    }
}
