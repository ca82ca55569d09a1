//! METADATA of a control: the annotation block above its package (OPA documentation, "Annotations"),
//! against a closed schema.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema as JsonSchemaOf, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use soc2gate_source::{
    Code, Diagnostic, Document, Position, Schema, Segment, Span, YamlDocument, parse_yaml,
};

use crate::schema::compiled;
use crate::{
    Control, ControlId, ControlInput, Frameworks, Origin, RelatedResource, Severity, SubjectKind,
};

/// The annotation block of a control.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// The requirement, in one line.
    #[schemars(length(min = 1))]
    pub title: String,
    /// What is tested and why, in Markdown.
    #[schemars(length(min = 1))]
    pub description: String,
    /// Always `package`.
    pub scope: Scope,
    /// Where to read more.
    #[serde(default)]
    pub related_resources: Vec<RelatedResource>,
    /// What makes the package a control.
    pub custom: Custom,
}

/// What an annotation speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The package.
    Package,
}

/// What makes a package a control.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Custom {
    /// The control's stable id, such as `CHG-01`. Never reused once released.
    #[schemars(schema_with = "own_id")]
    pub id: ControlId,
    /// How much a failure matters; sets the default enforcement.
    pub severity: Severity,
    /// The subjects that the control speaks of.
    #[schemars(length(min = 1))]
    pub inputs: Vec<ControlInput>,
    /// The criteria that the control gives evidence for.
    pub frameworks: Frameworks,
    /// What the author of a failing change does, in one or two sentences.
    #[schemars(length(min = 1))]
    pub remediation: String,
    /// Whether findings point at secrets.
    #[serde(default)]
    pub sensitive: bool,
    /// The control's parameters, each a JSON Schema with at least a `type`; `default` gives its value where
    /// the configuration does not.
    #[serde(default)]
    pub parameters: BTreeMap<String, ParameterSchema>,
}

/// The JSON Schema of a parameter.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ParameterSchema {
    /// The JSON type.
    #[serde(rename = "type")]
    pub json_type: ParameterType,
    /// What the parameter sets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Every other keyword of JSON Schema, `default` among them.
    #[serde(flatten)]
    pub keywords: BTreeMap<String, Value>,
}

/// The JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "JSON's own names")]
pub enum ParameterType {
    Array,
    Boolean,
    Integer,
    Number,
    Object,
    String,
}

/// The ids of soc2gate's own controls are narrower than those of policies that people have already.
fn own_id(_: &mut SchemaGenerator) -> JsonSchemaOf {
    json_schema!({
        "type": "string",
        "pattern": r"^[A-Z][A-Z0-9]{1,15}-[0-9]{2,4}$",
        "x-expects": "an id like CHG-01: letters, a dash, digits"
    })
}

static SCHEMA: LazyLock<Option<Schema>> = LazyLock::new(compiled::<Metadata>);

/// Reads the annotation block above a module's package. `None`: there is none, or it is not a control's. A block
/// that was `prechecked` is read without validating it again, which is most of the time that reading takes.
pub(crate) fn read_control(
    file: &str,
    text: &str,
    prechecked: bool,
) -> Result<Option<Control>, Vec<Diagnostic>> {
    let Some(block) = package_block(text) else {
        return Ok(None);
    };
    let source = YamlDocument {
        text: &block.yaml,
        first_line: block.first_line,
    };
    let document = match parse_yaml(source) {
        Ok(Some(document)) => document,
        Ok(None) => Document::default(),
        Err(error) => {
            let diagnostic = Diagnostic::new(Code::MetadataInvalid, error.kind.to_string());
            return Err(vec![diagnostic.at(file, error.span)]);
        }
    };
    if !is_control(&document.value) {
        // The annotation of a shared library or a plain policy: OPA's own fields, no control.
        return Ok(None);
    }
    if !prechecked {
        validate(file, &document, block.package.at)?;
    }
    control(file, &document, block.package).map(Some)
}

/// Whether a block is meant for a control: it says one of what only controls say.
fn is_control(block: &Value) -> bool {
    let keys = ["id", "inputs", "frameworks", "remediation"];
    block
        .get("custom")
        .is_some_and(|custom| keys.iter().any(|key| custom.get(key).is_some()))
}

/// What the annotation block of a package that is no control says of it, where it can be read: its title, its
/// description and its severity.
pub(crate) fn read_annotation(text: &str) -> Option<(Option<String>, String, Option<Severity>)> {
    let block = package_block(text)?;
    let document = parse_yaml(YamlDocument {
        text: &block.yaml,
        first_line: block.first_line,
    })
    .ok()??;
    let text = |pointer: &str| {
        let text = document.value.pointer(pointer).and_then(Value::as_str);
        text.map(str::trim).filter(|text| !text.is_empty())
    };
    let severity = text("/custom/severity").map(|name| Value::from(name.to_lowercase()));
    Some((
        text("/title").map(str::to_owned),
        text("/description").unwrap_or_default().to_owned(),
        severity.and_then(|name| serde_json::from_value(name).ok()),
    ))
}

/// Checks a block against the schema, and the schemas of its parameters.
fn validate(file: &str, document: &Document, package: Position) -> Result<(), Vec<Diagnostic>> {
    let Some(schema) = SCHEMA.as_ref() else {
        return Err(vec![Diagnostic::new(
            Code::InternalError,
            "the METADATA schema does not compile",
        )]);
    };
    let mut problems = schema.validate(document, file, Code::MetadataInvalid);
    for problem in &mut problems {
        if problem.location.is_none() {
            *problem = problem.clone().at(file, Span::at(package));
        }
    }
    if problems.is_empty() {
        problems = parameter_problems(file, document);
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

fn control(file: &str, document: &Document, package: Package) -> Result<Control, Vec<Diagnostic>> {
    let metadata: Metadata = serde_json::from_value(document.value.clone()).map_err(|_| {
        vec![
            Diagnostic::new(Code::MetadataInvalid, "METADATA cannot be read")
                .at(file, Span::at(package.at)),
        ]
    })?;
    let custom = metadata.custom;
    let problems = resource_problems(file, document, &custom.inputs);
    if !problems.is_empty() {
        return Err(problems);
    }
    let parameters = document
        .value
        .pointer("/custom/parameters")
        .and_then(Value::as_object)
        .map(|map| {
            map.iter()
                .map(|(name, schema)| (name.clone(), schema.clone()))
                .collect()
        })
        .unwrap_or_default();
    Ok(Control {
        id: custom.id,
        title: metadata.title,
        description: metadata.description.trim().to_owned(),
        severity: custom.severity,
        inputs: custom.inputs,
        frameworks: custom.frameworks,
        remediation: custom.remediation.trim().to_owned(),
        sensitive: custom.sensitive,
        parameters,
        related_resources: metadata.related_resources,
        package: package.name,
        file: file.into(),
        origin: Origin::Control,
        enforcement: None,
    })
}

/// Kinds that people know without their group; a route by the bare name would never be taken.
const GROUPED: &[(&str, &str)] = &[
    ("ClusterRole", "rbac.authorization.k8s.io"),
    ("ClusterRoleBinding", "rbac.authorization.k8s.io"),
    ("CronJob", "batch"),
    ("DaemonSet", "apps"),
    ("Deployment", "apps"),
    ("HorizontalPodAutoscaler", "autoscaling"),
    ("Ingress", "networking.k8s.io"),
    ("Job", "batch"),
    ("NetworkPolicy", "networking.k8s.io"),
    ("PodDisruptionBudget", "policy"),
    ("ReplicaSet", "apps"),
    ("Role", "rbac.authorization.k8s.io"),
    ("RoleBinding", "rbac.authorization.k8s.io"),
    ("StatefulSet", "apps"),
    ("StorageClass", "storage.k8s.io"),
];

/// Types that no subject has: a control that names one would never be asked.
fn resource_problems(file: &str, document: &Document, inputs: &[ControlInput]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        let lists = [
            ("resources", input.resources.as_deref().unwrap_or_default()),
            ("context", &input.context),
        ];
        for (key, resources) in lists {
            for (number, resource) in resources.iter().enumerate() {
                let Some(message) = resource_problem(input.kind, resource) else {
                    continue;
                };
                let path: [Segment; 5] = [
                    "custom".into(),
                    "inputs".into(),
                    at.into(),
                    key.into(),
                    number.into(),
                ];
                let span = document
                    .map
                    .locate_key(&path)
                    .unwrap_or(Span::at(Position::START));
                problems.push(Diagnostic::new(Code::MetadataInvalid, message).at(file, span));
            }
        }
    }
    problems
}

fn resource_problem(kind: SubjectKind, resource: &str) -> Option<String> {
    if kind != SubjectKind::Kubernetes {
        return Some(format!("subjects of kind {kind} have no types"));
    }
    let (group, name) = resource.rsplit_once('/').unwrap_or(("", resource));
    if group.contains('/') || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Some(format!(
            "{resource:?} is no type: write the group and the kind, as in apps/Deployment"
        ));
    }
    let (_, known) = GROUPED
        .iter()
        .find(|(grouped, _)| group.is_empty() && *grouped == name)?;
    Some(format!(
        "{name} is of the group {known}: write {known}/{name}"
    ))
}

/// A parameter must be a JSON Schema, and its default must follow it.
fn parameter_problems(file: &str, document: &Document) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let parameters = document
        .value
        .pointer("/custom/parameters")
        .and_then(Value::as_object);
    for (name, definition) in parameters.into_iter().flatten() {
        let mut path: Vec<Segment> =
            vec!["custom".into(), "parameters".into(), name.as_str().into()];
        let span = document
            .map
            .locate_key(&path)
            .unwrap_or(Span::at(Position::START));
        let schema = match Schema::compile(definition) {
            Ok(schema) => schema,
            Err(error) => {
                let message = format!("parameter {name} is not a JSON Schema: {error}");
                problems.push(Diagnostic::new(Code::MetadataInvalid, message).at(file, span));
                continue;
            }
        };
        if let Some(default) = definition.get("default") {
            path.push("default".into());
            problems.extend(schema.validate_at(
                default,
                &path,
                &document.map,
                file,
                Code::MetadataInvalid,
            ));
        }
    }
    problems
}

struct Package {
    name: String,
    at: Position,
}

/// The annotation block that stands directly above the package.
struct Block {
    yaml: String,
    first_line: u32,
    package: Package,
}

/// Where the package clause stands, and what it names.
pub(crate) fn package_clause(text: &str) -> Option<(u32, &str)> {
    text.lines().zip(1..).find_map(|(line, number)| {
        let name = line.strip_prefix("package")?;
        let name = name.strip_prefix([' ', '\t'])?;
        Some((number, name.split('#').next().unwrap_or_default().trim()))
    })
}

/// Whether the annotation block above the package has a part `custom`.
pub(crate) fn claims_control(text: &str) -> bool {
    package_block(text).is_some_and(|block| {
        block
            .yaml
            .lines()
            .any(|line| line.trim_start().starts_with("custom:"))
    })
}

fn package_block(text: &str) -> Option<Block> {
    let (package_line, name) = package_clause(text)?;
    let lines: Vec<&str> = text.lines().collect();
    let package_index = usize::try_from(package_line).ok()?.checked_sub(1)?;
    let above = lines.get(..package_index)?;
    let start = above
        .iter()
        .rposition(|line| line.strip_prefix('#').map(str::trim) == Some("METADATA"))?;
    let block = above.get(start.checked_add(1)?..)?;
    if !block.iter().all(|line| line.starts_with('#')) {
        return None;
    }
    // Each `#` becomes a space, so that every column stays what it is in the file.
    let yaml = block
        .iter()
        .map(|line| format!(" {}\n", line.strip_prefix('#').unwrap_or(line)))
        .collect();
    Some(Block {
        yaml,
        first_line: u32::try_from(start).ok()?.checked_add(2)?,
        package: Package {
            name: name.to_owned(),
            at: Position::new(package_line, 1),
        },
    })
}
