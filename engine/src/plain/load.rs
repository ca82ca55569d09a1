//! Loads plain policies: what is wrong is reported and left out, the rest judges.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::split::module;
use super::{BaseDocuments, Effect, LoadOptions, Split, judges};
use crate::library::code_of;
use crate::metadata::{package_clause, read_annotation};
use crate::rego::{self, Dependencies, Module, Outside, Parsed, RegoProblem, RegoVersion};
use crate::{
    Control, ControlId, ControlInput, Enforcement, Frameworks, Origin, Severity, SubjectKind,
};

/// The plain policies that were loaded.
#[derive(Debug, Clone, Default)]
pub(crate) struct PlainSet {
    pub(crate) parsed: Parsed,
    pub(crate) controls: Vec<Control>,
    /// The ids of all that were read, also of those that are not judged by.
    pub(crate) known: BTreeSet<ControlId>,
    pub(crate) data: BaseDocuments,
    pub(crate) combine: bool,
    /// The files that have a part in judging.
    pub(crate) used: BTreeSet<String>,
    /// Their texts, and the version of Rego that a bundle names for one.
    texts: Vec<(Arc<str>, Option<RegoVersion>)>,
}

impl PlainSet {
    /// The texts that are evaluated, and the version of Rego that a bundle names for one.
    pub(crate) fn texts(&self) -> Vec<(&str, Option<RegoVersion>)> {
        let texts = self.texts.iter();
        texts.map(|(text, version)| (&**text, *version)).collect()
    }
}

/// The name of a package as it is written in a reference.
pub(crate) fn reference(package: &[String]) -> String {
    let mut text = String::from("data");
    for segment in package {
        text.push_str(&format!("[{}]", Value::from(segment.as_str())));
    }
    text
}

/// Loads plain policies.
pub(crate) fn load(split: &Split, options: &LoadOptions) -> (PlainSet, Vec<Diagnostic>) {
    let mut loader = Loader {
        modules: Vec::new(),
        packages: split.packages.clone(),
        options,
        diagnostics: Vec::new(),
    };
    let mut seen = BTreeSet::new();
    for source in &split.plain {
        if seen.insert((&source.file, &source.text)) {
            loader.modules.push(module(source, options));
        }
    }
    let parsed = loader.compile();
    loader.diagnostics.extend(parsed.version_note());
    let set = loader.finish(parsed);
    (set, loader.diagnostics)
}

struct Loader<'a> {
    modules: Vec<Module>,
    /// The packages that judge.
    packages: BTreeSet<Vec<String>>,
    options: &'a LoadOptions,
    diagnostics: Vec<Diagnostic>,
}

impl Loader<'_> {
    /// Parses and checks the modules, leaving out what is broken until the rest is sound.
    fn compile(&mut self) -> Parsed {
        loop {
            let order = RegoVersion::order(self.options.rego_version);
            let (parsed, problems) = Parsed::new_in(order, &self.modules);
            let mut found: Vec<(Code, RegoProblem)> = problems
                .into_iter()
                .map(|problem| (Code::RegoInvalid, problem))
                .collect();
            found.extend(self.intruders(&parsed));
            if found.is_empty() {
                let conflicts = rego::conflicts(&parsed).into_iter();
                found.extend(conflicts.map(|(kind, problem)| (code_of(kind), problem)));
            }
            if found.is_empty() && !self.modules.is_empty() {
                let compiled = parsed.compile(&self.options.data.to_value());
                found.extend(compiled.err().map(|problem| (Code::RegoInvalid, problem)));
            }
            if found.is_empty() {
                found = self.check(&parsed);
            }
            if found.is_empty() {
                return parsed.lenient();
            }
            let mut broken = BTreeSet::new();
            for (code, problem) in found {
                let span = Span::at(Position::new(problem.line, problem.column));
                broken.insert(problem.file.clone());
                self.diagnostics
                    .push(Diagnostic::new(code, problem.message).at(problem.file, span));
            }
            self.leave_out(&broken, &parsed);
        }
    }

    /// Leaves out files with the rest of their packages. Where nothing is to blame, nothing can be judged by.
    fn leave_out(&mut self, files: &BTreeSet<String>, parsed: &Parsed) {
        let package = |module: &Module| {
            let path = parsed.package_of_file(&module.file).map(<[String]>::to_vec);
            path.ok_or_else(|| {
                package_clause(&module.text)
                    .unwrap_or_default()
                    .1
                    .to_owned()
            })
        };
        let broken: Vec<_> = self
            .modules
            .iter()
            .filter(|module| files.contains(&*module.file))
            .map(package)
            .collect();
        let before = self.modules.len();
        self.modules
            .retain(|module| !files.contains(&*module.file) && !broken.contains(&package(module)));
        if self.modules.len() == before {
            self.modules.clear();
        }
    }

    /// Files that add to packages which belong to soc2gate.
    fn intruders(&self, parsed: &Parsed) -> Vec<(Code, RegoProblem)> {
        let is_reserved = |package: &[String]| {
            package.first().is_some_and(|root| {
                root == "parameters" || root == "soc2" || root.starts_with("soc2gate_")
            })
        };
        self.modules
            .iter()
            .filter_map(|module| {
                let package = parsed.package_of_file(&module.file)?;
                let message = format!("package {} belongs to soc2gate", package.join("."));
                is_reserved(package).then(|| (Code::ReservedPackage, at_package(module, message)))
            })
            .collect()
    }

    fn check(&self, parsed: &Parsed) -> Vec<(Code, RegoProblem)> {
        let mut found: Vec<(Code, RegoProblem)> = rego::check_with(parsed, Outside::Anything)
            .into_iter()
            .map(|(kind, problem)| (code_of(kind), problem))
            .collect();
        found.extend(
            shadowed(parsed, &self.options.data)
                .into_iter()
                .map(|problem| (Code::DataInvalid, problem)),
        );
        let references = rego::references(parsed);
        for module in &self.modules {
            let Some(package) = parsed.package_of_file(&module.file) else {
                continue;
            };
            if self.is_forgotten_control(package, &references) {
                let message = format!(
                    "package {} reads input.object, which controls see, and has no METADATA",
                    package.join(".")
                );
                found.push((Code::MetadataMissing, at_package(module, message)));
            }
        }
        found
    }

    /// Whether a package was written for the envelope that controls see: judged by the raw document it would
    /// never find anything. Whoever names it as a namespace says that it is plain.
    fn is_forgotten_control(
        &self,
        package: &[String],
        references: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    ) -> bool {
        let is_named = self.options.namespaces.contains(&package.join("."));
        let path = [&["data".to_owned()], package].concat();
        let reads_object = references.get(&path).is_some_and(|paths| {
            paths.iter().any(|path| {
                matches!(path.as_slice(), [input, object, ..] if input == "input" && object == "object")
            })
        });
        self.packages.contains(package) && !is_named && reads_object
    }

    fn finish(&mut self, parsed: Parsed) -> PlainSet {
        let mut known = BTreeSet::new();
        let mut controls: BTreeMap<ControlId, Control> = BTreeMap::new();
        let mut judging: Vec<String> = Vec::new();
        for package in &self.packages {
            let name = package.join(".");
            let namespaces = &self.options.namespaces;
            let is_named = namespaces.is_empty() || namespaces.contains(&name);
            for control in self.controls_of(package, &parsed) {
                known.insert(control.id.clone());
                if !is_named {
                    continue;
                }
                if let Some(twin) = controls.get(&control.id) {
                    let message = format!("{} is the id of package {} too", twin.id, twin.package);
                    let file = control.file.to_string();
                    self.diagnostics.push(
                        Diagnostic::new(Code::DuplicateControl, message)
                            .at(file, Span::at(Position::START)),
                    );
                    continue;
                }
                judging.push(name.clone());
                controls.insert(control.id.clone(), control);
            }
        }
        for namespace in &self.options.namespaces {
            if !self
                .packages
                .iter()
                .any(|package| package.join(".") == *namespace)
            {
                let message = format!("there is no plain policy of package {namespace}");
                self.diagnostics
                    .push(Diagnostic::new(Code::UnknownNamespace, message));
            }
        }
        let judging: Vec<&str> = judging.iter().map(String::as_str).collect();
        let used = Dependencies::new(&parsed)
            .modules(&parsed, &judging)
            .iter()
            .map(|module| module.file.to_string())
            .collect();
        PlainSet {
            parsed,
            controls: controls.into_values().collect(),
            known,
            data: self.options.data.clone(),
            combine: self.options.combine,
            used,
            texts: self
                .modules
                .iter()
                .map(|module| {
                    let version = self.options.version_of(&module.file);
                    (module.text.clone(), version)
                })
                .collect(),
        }
    }

    /// The controls of a package: one for what denies, one for what warns. None where it was left out.
    fn controls_of(&self, package: &[String], parsed: &Parsed) -> Vec<Control> {
        let rules = parsed.values(package);
        let texts: Vec<&Module> = self
            .modules
            .iter()
            .filter(|module| parsed.package_of_file(&module.file) == Some(package))
            .collect();
        let Some(first) = texts.first() else {
            return Vec::new();
        };
        let annotation = texts
            .iter()
            .find_map(|module| read_annotation(&module.text));
        let (title, description, severity) = annotation.unwrap_or_default();
        [Effect::Deny, Effect::Warn]
            .into_iter()
            .filter(|effect| rules.iter().any(|rule| Effect::of(rule) == Some(*effect)))
            .map(|effect| {
                let (suffix, enforcement, usual) = match effect {
                    Effect::Deny => ("", Enforcement::Deny, Severity::High),
                    Effect::Warn => (":warn", Enforcement::Warn, Severity::Medium),
                };
                let name = package.join(".");
                Control {
                    id: ControlId(format!("{}{suffix}", id_of(&name))),
                    title: title.clone().unwrap_or_else(|| match effect {
                        Effect::Deny => format!("Policy {name}"),
                        Effect::Warn => format!("Policy {name}, warnings"),
                    }),
                    description: if description.is_empty() {
                        format!("Judges documents as they are written, by package {name}.")
                    } else {
                        description.clone()
                    },
                    severity: severity.unwrap_or(usual),
                    inputs: inputs(),
                    frameworks: Frameworks::default(),
                    remediation:
                        "Mend what the message names, or ask for an exception that names the \
                                  document and expires."
                            .to_owned(),
                    sensitive: false,
                    parameters: BTreeMap::new(),
                    related_resources: Vec::new(),
                    package: name,
                    file: first.file.clone(),
                    origin: Origin::Plain,
                    enforcement: Some(enforcement),
                }
            })
            .collect()
    }
}

/// The subjects that plain policies judge.
fn inputs() -> Vec<ControlInput> {
    let kinds = SubjectKind::ALL.iter().filter(|kind| judges(**kind));
    kinds
        .map(|kind| ControlInput {
            kind: *kind,
            resources: None,
            operations: None,
            context: Vec::new(),
        })
        .collect()
}

/// A package as an id: its name, with a dash for what no id may have.
fn id_of(package: &str) -> String {
    let clean = |c: char| {
        if c.is_ascii_alphanumeric() || "_.-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let id: String = package.chars().map(clean).collect();
    if id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        id
    } else {
        format!("_{id}")
    }
}

/// Rules with the path of a document below `data`.
pub(crate) fn shadowed(parsed: &Parsed, data: &BaseDocuments) -> Vec<RegoProblem> {
    let mut found = Vec::new();
    let modules = parsed.modules().iter();
    for module in modules.filter(|module| !module.is_made()) {
        let Some(package) = parsed.package_of_file(&module.file) else {
            continue;
        };
        if let Some(above) = document_above(package, data) {
            let message =
                format!("data.{above} is a document that is no mapping, and a package below it");
            found.push(at_package(module, message));
        }
        for rule in parsed.values(package) {
            let path = [package, std::slice::from_ref(&rule)].concat();
            if data.get(&path).is_some() {
                let message = format!("rule {rule} is a document below data too");
                found.push(at_package(module, message));
            }
        }
    }
    found
}

/// Where a document stands in the place of a package, or of one above it.
fn document_above(package: &[String], data: &BaseDocuments) -> Option<String> {
    (1..=package.len())
        .filter_map(|length| package.get(..length))
        .find(|path| data.get(path).is_some_and(|document| !document.is_object()))
        .map(|path| path.join("."))
}

fn at_package(module: &Module, message: String) -> RegoProblem {
    RegoProblem {
        file: module.file.to_string(),
        line: package_clause(&module.text).map_or(1, |(line, _)| line),
        column: 1,
        message,
    }
}
