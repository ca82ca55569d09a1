//! Controls, settings and exceptions made ready to judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use soc2gate_source::{Code, Diagnostic};

use crate::config::EnforcementTable;
use crate::gatekeeper::{ConstraintGate, NamespaceLabels, inventory};
use crate::library::hex_digest;
use crate::plain::PlainGate;
use crate::rego::{Compiled, Dependencies, Instance, Module, Parsed, RegoValue};
use crate::route::{ControlRules, Routes};
use crate::{Baseline, Config, Control, Exceptions, Judge, Library, Origin, SubjectKind};

/// How long one evaluation may take unless it is said otherwise.
pub const DEFAULT_BUDGET: Duration = Duration::from_secs(2);

/// Controls, settings and exceptions made ready to judge. Shared between threads; each thread judges with a
/// [`Judge`] of its own.
#[derive(Debug, Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) controls: Vec<Control>,
    pub(crate) rules: Vec<ControlRules>,
    pub(crate) routes: Routes,
    parsed: Parsed,
    dependencies: Dependencies,
    /// The parameters.
    data: Value,
    /// Each route, compiled when its first subject comes.
    compiled: Vec<OnceLock<Compiled>>,
    pub(crate) enforcement: EnforcementTable,
    pub(crate) exceptions: Exceptions,
    pub(crate) baseline: Baseline,
    pub(crate) plain: PlainGate,
    pub(crate) constraints: ConstraintGate,
    pub(crate) policy_digest: String,
    pub(crate) settings_digest: String,
    pub(crate) budget: Duration,
}

impl Inner {
    /// An evaluator for one route: the controls that it asks, what they need, and the rule that asks them. One
    /// that cannot be made evaluates nothing, and every verdict of the route is unknown.
    pub(crate) fn instance(&self, at: usize) -> Instance {
        let compile = || {
            let route = self.routes.get(at)?;
            let packages: Vec<&str> = route
                .controls
                .iter()
                .filter_map(|at| self.controls.get(*at))
                .map(|control| control.package.as_str())
                .collect();
            let mut modules = self.dependencies.modules(&self.parsed, &packages);
            modules.push(Module::made("generated", &route.module(&self.rules)));
            let (parsed, problems) = self.parsed.again(&modules);
            problems
                .is_empty()
                .then(|| parsed.compile_linked(&self.data).ok())
                .flatten()
        };
        match self.compiled.get(at) {
            Some(compiled) => compiled
                .get_or_init(|| compile().unwrap_or_else(Compiled::empty))
                .instance(),
            None => Compiled::empty().instance(),
        }
    }
}

/// Other documents that a subject is judged with: those of the same set of manifests.
#[derive(Debug, Clone)]
pub struct Context {
    pub(crate) value: RegoValue,
    /// The labels of namespaces.
    pub(crate) namespaces: Arc<NamespaceLabels>,
    /// Every object, as Gatekeeper's templates find them.
    pub(crate) inventory: RegoValue,
}

/// How controls speak of the objects of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// None does.
    None,
    /// Only those that speak of objects of all types.
    General,
    /// One names the type.
    Named,
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
        let value = RegoValue::from_json(&Value::Object(by_type));
        let namespaces = siblings.get("Namespace").into_iter();
        Self {
            value: RegoValue::object([("siblings", value)]),
            namespaces: Arc::new(
                namespaces
                    .flatten()
                    .flat_map(|(_, list)| list)
                    .filter_map(labels)
                    .collect(),
            ),
            inventory: RegoValue::from_json(&inventory(&[])),
        }
    }

    /// The same with every object of the run, where [`Gate::reads_inventory`] asks for them.
    #[must_use]
    pub fn with_objects(self, objects: &[Value]) -> Self {
        Self {
            inventory: RegoValue::from_json(&inventory(objects)),
            ..self
        }
    }
}

/// The name of a namespace, and its labels.
fn labels(namespace: &Value) -> Option<(String, BTreeMap<String, String>)> {
    let name = namespace.pointer("/metadata/name")?.as_str()?;
    let labels = namespace
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let label = |(key, value): (&String, &Value)| Some((key.clone(), value.as_str()?.to_owned()));
    let labels = labels.into_iter().flatten().filter_map(label).collect();
    Some((name.to_owned(), labels))
}

impl Gate {
    /// Makes controls, settings and exceptions ready to judge. What the configuration and the exceptions say
    /// that the controls do not know is reported.
    pub fn new(
        library: &Library,
        config: &Config,
        exceptions: Exceptions,
    ) -> (Self, Vec<Diagnostic>) {
        let mut diagnostics = config.check_against(library);
        diagnostics.extend(unknown_controls(library, &exceptions));
        let parameters: Map<String, Value> = library
            .controls()
            .iter()
            .filter(|control| control.origin == Origin::Control)
            .map(|control| {
                let values = config.parameters(control).into_iter().collect();
                (control.id.0.clone(), Value::Object(values))
            })
            .collect();
        let data = serde_json::json!({ "parameters": parameters });
        let enforcement = config.enforcement(library.controls());
        let settings_digest = settings_digest(&data, &enforcement, &exceptions);
        let controls = library.controls().to_vec();
        let plain = PlainGate::new(library.plain().clone(), &controls);
        let constraints = ConstraintGate::new(library.constraints().clone(), &controls);
        let routes = Routes::new(&controls);
        let rules: Vec<ControlRules> = controls
            .iter()
            .map(|control| library.rules_of(control))
            .collect();
        let inner = Inner {
            controls,
            rules,
            compiled: std::iter::repeat_with(OnceLock::new)
                .take(routes.len())
                .collect(),
            routes,
            dependencies: library.dependencies().clone(),
            parsed: library.parsed().clone(),
            data,
            enforcement,
            exceptions,
            baseline: Baseline::default(),
            plain,
            constraints,
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

    /// The same where something was wrong before.
    #[must_use]
    pub fn with_baseline(self, baseline: Baseline) -> Self {
        let Self { mut inner } = self;
        if let Some(inner) = Arc::get_mut(&mut inner) {
            inner.baseline = baseline;
        }
        Self { inner }
    }

    /// What was wrong before.
    pub fn baseline(&self) -> &Baseline {
        &self.inner.baseline
    }

    /// The types of sibling that controls read beside subjects of a kind.
    pub fn context_resources(&self, kind: SubjectKind) -> BTreeSet<&str> {
        self.inner
            .controls
            .iter()
            .flat_map(|control| &control.inputs)
            .filter(|input| input.kind == kind)
            .flat_map(|input| &input.context)
            .map(String::as_str)
            .collect()
    }

    /// Whether a control speaks of subjects of a kind.
    pub fn asks_for(&self, kind: SubjectKind) -> bool {
        let mut inputs = self.controls().flat_map(|control| &control.inputs);
        inputs.any(|input| input.kind == kind)
    }

    /// How controls speak of the Kubernetes objects of a type, such as `apps/Deployment`.
    pub fn attention(&self, resource: &str) -> Attention {
        let kind = SubjectKind::Kubernetes;
        let controls = self
            .controls()
            .filter(|control| control.origin == Origin::Control);
        let inputs = controls.flat_map(|control| &control.inputs);
        let mut general = self.inner.plain.judges(kind) || self.inner.plain.combines();
        for input in inputs.filter(|input| input.kind == kind) {
            match &input.resources {
                Some(resources) if resources.iter().any(|name| name == resource) => {
                    return Attention::Named;
                }
                Some(_) => {}
                None => general = true,
            }
        }
        match self.inner.constraints.attention(resource) {
            Attention::None if general => Attention::General,
            attention => attention,
        }
    }

    /// Whether a template of Gatekeeper looks at other objects: [`Context::with_objects`] gives them.
    pub fn reads_inventory(&self) -> bool {
        self.inner.constraints.reads_inventory()
    }

    /// Whether plain policies judge all documents as one list.
    pub fn combines(&self) -> bool {
        self.inner.plain.combines()
    }

    /// The exceptions.
    pub fn exceptions(&self) -> &Exceptions {
        &self.inner.exceptions
    }

    /// The controls, ordered by id.
    pub fn controls(&self) -> impl Iterator<Item = &Control> {
        self.inner.controls.iter()
    }

    /// What controls see as `data` beside their own rules: the parameters.
    pub fn data(&self) -> &Value {
        &self.inner.data
    }

    /// `sha256:` and the digest of parameters, enforcement and exceptions.
    pub fn settings_digest(&self) -> &str {
        &self.inner.settings_digest
    }

    /// An evaluator for one thread.
    pub fn judge(&self, context: &Context) -> Judge {
        Judge::new(Arc::clone(&self.inner), context.clone())
    }
}

fn unknown_controls(library: &Library, exceptions: &Exceptions) -> Vec<Diagnostic> {
    exceptions
        .list()
        .iter()
        .filter(|exception| !library.knows(&exception.raw.control))
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
