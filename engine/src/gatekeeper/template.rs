//! Constraint templates: a kind of constraint, the schema of its parameters, and its rules.

use std::sync::Arc;

use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, Segment};

use super::manifest::Manifest;
use crate::library::code_of;
use crate::plain::reference;
use crate::rego::{self, CheckKind, Module, Outside, Parsed, RegoProblem, RegoVersion};

/// The target that templates for admission name.
const TARGET: &str = "admission.k8s.gatekeeper.sh";

/// The package of the generated rule.
pub(super) const PACKAGE: &str = "soc2gate_constraint";

/// A template that was loaded.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    /// The kind of its constraints.
    pub(super) kind: String,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    /// The schema of parameters as it is written, None where there is none.
    pub(super) schema: Option<Value>,
    /// Whether parameters that the schema does not name are kept.
    pub(super) is_legacy: bool,
    pub(super) file: Arc<str>,
    /// Its modules, with the generated rule.
    pub(super) parsed: Parsed,
    /// Whether its rules look at other objects.
    pub(super) reads_inventory: bool,
}

/// The Rego of a template.
struct RegoCode {
    rego: String,
    libs: Vec<String>,
    version: RegoVersion,
    path: Vec<Segment>,
}

/// Reads a template. What is wrong is reported; a template with an error is none.
pub(super) fn read(manifest: &Manifest<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Template> {
    let fail =
        |path: &[Segment], message: String| manifest.problem(Code::TemplateInvalid, path, message);
    let version = manifest
        .text("/apiVersion")
        .and_then(|version| version.split_once('/'))
        .map(|(_, version)| version);
    let version = version.filter(|version| ["v1", "v1beta1", "v1alpha1"].contains(version));
    let Some(version) = version else {
        let message = "apiVersion is none of v1, v1beta1, v1alpha1".to_owned();
        diagnostics.push(fail(&["apiVersion".into()], message));
        return None;
    };
    let Some(kind) = manifest.text("/spec/crd/spec/names/kind") else {
        let message = "a template names the kind of its constraints at spec.crd.spec.names.kind";
        diagnostics.push(fail(&["spec".into()], message.to_owned()));
        return None;
    };
    let code = match code(manifest, diagnostics) {
        Ok(code) => code,
        Err(problem) => {
            diagnostics.push(problem);
            return None;
        }
    };
    let (parsed, reads_inventory) = match compile(manifest, kind, &code) {
        Ok(compiled) => compiled,
        Err(problems) => {
            diagnostics.extend(problems);
            return None;
        }
    };
    let validation = manifest
        .document
        .value
        .pointer("/spec/crd/spec/validation")
        .unwrap_or(&Value::Null);
    let is_legacy = match validation.get("legacySchema").and_then(Value::as_bool) {
        Some(is_legacy) => is_legacy,
        None => version != "v1",
    };
    let annotation = |name: &str| {
        let annotations = manifest.document.value.pointer("/metadata/annotations")?;
        let text = annotations.get(name)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    Some(Template {
        kind: kind.to_owned(),
        title: annotation("metadata.gatekeeper.sh/title"),
        description: annotation("description"),
        schema: validation.get("openAPIV3Schema").cloned(),
        is_legacy,
        file: manifest.file.into(),
        parsed,
        reads_inventory,
    })
}

/// The Rego of the template's one target.
fn code(
    manifest: &Manifest<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<RegoCode, Diagnostic> {
    let fail = |path: &[Segment], message: &str| {
        manifest.problem(Code::TemplateInvalid, path, message.to_owned())
    };
    let mut path: Vec<Segment> = vec!["spec".into(), "targets".into()];
    let targets = manifest.document.value.pointer("/spec/targets");
    let targets = targets.and_then(Value::as_array).map(Vec::as_slice);
    let Some([target]) = targets else {
        return Err(fail(&path, "a template has one target"));
    };
    path.push(0.into());
    if target.get("target").and_then(Value::as_str) != Some(TARGET) {
        return Err(fail(&path, "the target is not admission.k8s.gatekeeper.sh"));
    }
    let known = ["target", "rego", "libs", "code", "operations"];
    let fields = target.as_object();
    if let Some(key) =
        fields.and_then(|fields| fields.keys().find(|key| !known.contains(&key.as_str())))
    {
        path.push(key.as_str().into());
        return Err(fail(&path, &format!("unknown key {key:?}")));
    }
    if let Some(operations) = target.get("operations").and_then(Value::as_array)
        && !operations
            .iter()
            .any(|name| name == "CREATE" || name == "*")
    {
        path.push("operations".into());
        return Err(fail(
            &path,
            "manifests are judged as what is created, which this leaves out",
        ));
    }
    let engines = target.get("code").and_then(Value::as_array);
    let engines = engines.map(Vec::as_slice).unwrap_or_default();
    if engines.is_empty() {
        return source(target, RegoVersion::V0, &path)
            .ok_or_else(|| fail(&path, "the target has no Rego"));
    }
    path.push("code".into());
    let is_rego = |engine: &Value| engine.get("engine").and_then(Value::as_str) == Some("Rego");
    let Some(at) = engines.iter().position(is_rego) else {
        let message = "only engine Rego is supported, and the template has no code for it";
        return Err(manifest.problem(Code::EngineNotSupported, &path, message.to_owned()));
    };
    if engines.len() > 1 {
        let message = "judged by its Rego; the code for other engines is left out".to_owned();
        diagnostics.push(manifest.problem(Code::EngineLeftOut, &path, message));
    }
    path.extend([at.into(), "source".into()]);
    let written = engines.get(at).and_then(|engine| engine.get("source"));
    let version = match written.and_then(|source| source.get("version")) {
        None => RegoVersion::V0,
        Some(version) if version == "v0" => RegoVersion::V0,
        Some(version) if version == "v1" => RegoVersion::V1,
        Some(_) => return Err(fail(&path, "the version of Rego is none of v0, v1")),
    };
    written
        .and_then(|written| source(written, version, &path))
        .ok_or_else(|| fail(&path, "the engine has no Rego"))
}

fn source(value: &Value, version: RegoVersion, path: &[Segment]) -> Option<RegoCode> {
    let libs = value.get("libs").and_then(Value::as_array);
    Some(RegoCode {
        rego: value.get("rego")?.as_str()?.to_owned(),
        libs: libs
            .into_iter()
            .flatten()
            .filter_map(|lib| lib.as_str().map(str::to_owned))
            .collect(),
        version,
        path: path.to_vec(),
    })
}

/// The modules of a template with the rule that asks for its violations.
fn compile(
    manifest: &Manifest<'_>,
    kind: &str,
    code: &RegoCode,
) -> Result<(Parsed, bool), Vec<Diagnostic>> {
    let main = Module::new(&format!("{}#{kind}", manifest.file), &code.rego);
    let libs = code
        .libs
        .iter()
        .enumerate()
        .map(|(at, text)| Module::new(&format!("{}#{kind}.libs[{at}]", manifest.file), text));
    let mut modules: Vec<Module> = std::iter::once(main.clone()).chain(libs).collect();
    let versions: &'static [RegoVersion] = match code.version {
        RegoVersion::V0 => &[RegoVersion::V0],
        RegoVersion::V1 => &[RegoVersion::V1],
    };
    let report = |code_of_problem: Code, problem: &RegoProblem| {
        let lib = problem.file.rsplit_once(".libs[");
        let lib = lib.and_then(|(_, at)| at.strip_suffix(']')?.parse::<usize>().ok());
        let mut path = code.path.clone();
        match lib {
            Some(at) => path.extend(["libs".into(), at.into()]),
            None => path.push("rego".into()),
        }
        let message = format!("line {} of the Rego: {}", problem.line, problem.message);
        manifest.problem(code_of_problem, &path, message)
    };
    let invalid = |problems: &[RegoProblem]| -> Vec<Diagnostic> {
        let problems = problems.iter();
        problems
            .map(|problem| report(Code::RegoInvalid, problem))
            .collect()
    };
    let (parsed, problems) = Parsed::new_in(versions, &modules);
    if !problems.is_empty() {
        return Err(invalid(&problems));
    }
    let checked = |found: Vec<(CheckKind, RegoProblem)>| {
        let found = found.iter();
        let problems: Vec<Diagnostic> = found
            .map(|(kind, problem)| report(code_of(*kind), problem))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    };
    checked(rego::conflicts(&parsed))?;
    parsed
        .compile(&serde_json::json!({}))
        .map_err(|problem| invalid(&[problem]))?;
    checked(rego::check_with(&parsed, Outside::Root("inventory")))?;
    let package = parsed
        .package_of_file(&main.file)
        .unwrap_or_default()
        .to_vec();
    let mut path = code.path.clone();
    path.push("rego".into());
    let fail = |message: &str| {
        Err(vec![manifest.problem(
            Code::TemplateInvalid,
            &path,
            message.to_owned(),
        )])
    };
    if !parsed.values(&package).contains("violation") {
        return fail("the Rego has no rule `violation`");
    }
    let is_reserved = |module: &Module| {
        let package = parsed.package_of_file(&module.file).unwrap_or_default();
        package
            .first()
            .is_some_and(|root| root.starts_with("soc2gate_") || root == "inventory")
    };
    if modules.iter().any(is_reserved) {
        return fail("packages `inventory` and below `soc2gate_` cannot be used");
    }
    let reads_inventory = rego::references(&parsed).values().flatten().any(|path| {
        matches!(path.as_slice(), [data] if data == "data")
            || matches!(path.as_slice(), [data, inventory, ..] if data == "data" && inventory == "inventory")
    });
    modules.push(Module::made("generated", &rule(&package, reads_inventory)));
    let (parsed, problems) = Parsed::new_in(versions, &modules);
    if problems.is_empty() {
        Ok((parsed.lenient(), reads_inventory))
    } else {
        Err(invalid(&problems))
    }
}

/// The rule that asks for violations: an undefined one as an empty list.
fn rule(package: &[String], reads_inventory: bool) -> String {
    let violation = format!("{}.violation", reference(package));
    let with = if reads_inventory {
        " with input as input.seen with data.inventory as input.inventory"
    } else {
        ""
    };
    format!("package {PACKAGE}\n\nfound := [value | value := {violation}{with}]\n")
}
