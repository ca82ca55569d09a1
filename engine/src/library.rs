//! The controls that were loaded, and the modules they share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use soc2gate_source::{Code, Diagnostic, Position, Span};

use crate::metadata::{package_clause, read_control};
use crate::rego::{self, CheckKind, Compiled, Module, RegoProblem};
use crate::{Control, ControlId};

/// One Rego file to load.
#[derive(Debug, Clone)]
pub struct PolicySource {
    /// Its path, as it is shown.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Whether it was checked when the gate was built (the embedded library): what is checked when a policy
    /// is loaded is not checked again.
    pub prechecked: bool,
}

/// The controls that were loaded, and the modules they share.
#[derive(Debug, Clone, Default)]
pub struct Library {
    controls: Vec<Control>,
    modules: Vec<Module>,
    digest: String,
}

impl Library {
    /// Loads Rego files. Files that are wrong are reported and left out; the others are loaded.
    pub fn load(sources: &[PolicySource]) -> (Self, Vec<Diagnostic>) {
        let mut loader = Loader::default();
        for source in sources {
            loader.read(source);
        }
        loader.compile();
        loader.finish()
    }

    /// The controls, ordered by id.
    pub fn controls(&self) -> &[Control] {
        &self.controls
    }

    /// A control by its id.
    pub fn control(&self, id: &str) -> Option<&Control> {
        self.controls.iter().find(|control| control.id.0 == id)
    }

    /// The library with only some of its controls; the digest stays that of everything loaded.
    #[must_use]
    pub fn only(mut self, ids: &BTreeSet<&str>) -> Self {
        self.controls
            .retain(|control| ids.contains(control.id.0.as_str()));
        self
    }

    /// `sha256:` and the digest of every file that was loaded, its path included.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(crate) fn modules(&self) -> &[Module] {
        &self.modules
    }
}

#[derive(Default)]
struct Loader {
    controls: BTreeMap<ControlId, Control>,
    modules: Vec<(Module, String, bool)>,
    broken_packages: BTreeSet<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Loader {
    fn read(&mut self, source: &PolicySource) {
        let module = Module {
            file: source.file.as_str().into(),
            text: source.text.as_str().into(),
        };
        let package = package_clause(&source.text)
            .map_or("", |(_, name)| name)
            .to_owned();
        if let Err(problem) = rego::parse(&module) {
            self.report(Code::RegoInvalid, &source.file, &problem);
            self.broken_packages.insert(package);
            return;
        }
        match read_control(&source.file, &source.text) {
            Ok(Some(control)) => self.add_control(control),
            Ok(None) => {}
            Err(problems) => {
                self.diagnostics.extend(problems);
                self.broken_packages.insert(package);
                return;
            }
        }
        self.modules.push((module, package, source.prechecked));
    }

    fn add_control(&mut self, control: Control) {
        let same_package = self
            .controls
            .values()
            .find(|other| other.package == control.package);
        let twin = self.controls.get(&control.id).or(same_package);
        if let Some(twin) = twin {
            let message = format!(
                "control {} (package {}) exists already as {} in {}",
                control.id, control.package, twin.id, twin.file
            );
            let diagnostic = Diagnostic::new(Code::DuplicateControl, message);
            self.diagnostics
                .push(diagnostic.at(&*control.file, Span::at(Position::START)));
            self.broken_packages.insert(control.package);
            return;
        }
        self.controls.insert(control.id.clone(), control);
    }

    fn report(&mut self, code: Code, file: &str, problem: &RegoProblem) {
        let span = Span::at(Position::new(problem.line, problem.column));
        self.diagnostics
            .push(Diagnostic::new(code, problem.message.clone()).at(file, span));
    }

    /// Compiles what was read, leaving out one broken package after another until the rest compiles.
    fn compile(&mut self) {
        loop {
            self.drop_broken();
            let modules: Vec<Module> = self
                .modules
                .iter()
                .map(|(module, ..)| module.clone())
                .collect();
            let data = serde_json::json!({});
            match rego::compile(&modules, &data) {
                Ok(compiled) => {
                    if self.check(&compiled) {
                        return;
                    }
                }
                Err(problem) => {
                    let culprit = self
                        .modules
                        .iter()
                        .find(|(module, ..)| *module.file == *problem.file);
                    let Some((_, package, _)) = culprit else {
                        // Not to be blamed on one file: nothing can be evaluated.
                        self.report(Code::RegoInvalid, &problem.file, &problem);
                        self.modules.clear();
                        self.controls.clear();
                        return;
                    };
                    self.broken_packages.insert(package.clone());
                    self.report(Code::RegoInvalid, &problem.file.clone(), &problem);
                }
            }
        }
    }

    /// Checks files that were not checked before. True: nothing is left to be dropped.
    fn check(&mut self, compiled: &Compiled) -> bool {
        let fresh: BTreeSet<Arc<str>> = self
            .modules
            .iter()
            .filter(|(_, _, prechecked)| !prechecked)
            .map(|(module, ..)| Arc::clone(&module.file))
            .collect();
        if fresh.is_empty() {
            return true;
        }
        let mut found = self.missing_rules(compiled, &fresh);
        let parameters = self
            .controls
            .values()
            .map(|control| {
                (
                    control.id.0.clone(),
                    control.parameters.keys().cloned().collect(),
                )
            })
            .collect();
        for (kind, problem) in rego::check(compiled, &parameters) {
            if fresh.contains(problem.file.as_str()) {
                found.push((code_of(kind), problem));
            }
        }
        for (code, problem) in &found {
            self.report(*code, &problem.file, problem);
            let package = self
                .modules
                .iter()
                .find(|(module, ..)| *module.file == *problem.file);
            if let Some((_, package, _)) = package {
                self.broken_packages.insert(package.clone());
            }
        }
        found.is_empty()
    }

    /// Controls without a `deny` rule, and packages with one that are no controls.
    fn missing_rules(
        &self,
        compiled: &Compiled,
        fresh: &BTreeSet<Arc<str>>,
    ) -> Vec<(Code, RegoProblem)> {
        let mut found = Vec::new();
        let controls: BTreeMap<&str, &Control> = self
            .controls
            .values()
            .map(|control| (control.package.as_str(), control))
            .collect();
        for (module, package, _) in self
            .modules
            .iter()
            .filter(|(module, ..)| fresh.contains(&module.file))
        {
            let has_deny = compiled
                .rules(package)
                .is_some_and(|rules| rules.contains("deny"));
            let line = package_clause(&module.text).map_or(1, |(line, _)| line);
            let problem = |message: String| RegoProblem {
                file: module.file.to_string(),
                line,
                column: 1,
                message,
            };
            match controls.get(package.as_str()) {
                Some(control) if !has_deny && control.file == module.file => {
                    found.push((
                        Code::NoDenyRule,
                        problem(format!("{} has no rule `deny`", control.id)),
                    ));
                }
                None if has_deny => {
                    let message = format!("package {package} has a rule `deny` but no METADATA");
                    found.push((Code::MetadataMissing, problem(message)));
                }
                _ => {}
            }
        }
        found
    }

    fn drop_broken(&mut self) {
        let broken = std::mem::take(&mut self.broken_packages);
        self.modules
            .retain(|(_, package, _)| !broken.contains(package));
        self.controls
            .retain(|_, control| !broken.contains(&control.package));
    }

    fn finish(self) -> (Library, Vec<Diagnostic>) {
        let mut hasher = Sha256::new();
        let mut modules: Vec<Module> = self
            .modules
            .into_iter()
            .map(|(module, ..)| module)
            .collect();
        modules.sort_by(|a, b| a.file.cmp(&b.file));
        for module in &modules {
            for part in [module.file.as_bytes(), module.text.as_bytes()] {
                hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
                hasher.update(part);
            }
        }
        let library = Library {
            controls: self.controls.into_values().collect(),
            modules,
            digest: hex_digest(hasher),
        };
        (library, self.diagnostics)
    }
}

fn code_of(kind: CheckKind) -> Code {
    match kind {
        CheckKind::UnknownFunction => Code::UnknownFunction,
        CheckKind::ForbiddenFunction => Code::ForbiddenFunction,
        CheckKind::WrongArity | CheckKind::UnsafeVariable => Code::RegoInvalid,
        CheckKind::Recursion => Code::RecursivePolicy,
        CheckKind::UndeclaredParameter => Code::UndeclaredParameter,
    }
}

/// `sha256:` and a digest in lower-case hexadecimal.
pub(crate) fn hex_digest(hasher: Sha256) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in hasher.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
