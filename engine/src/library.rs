//! The controls that were loaded, and the modules they share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use soc2gate_source::{Code, Diagnostic, Position, Span};

use crate::bundle;
use crate::gatekeeper::{self, ConstraintSet};
use crate::metadata::{claims_control, package_clause, read_control};
use crate::plain::{self, LoadOptions, PlainSet, split};
use crate::policy_digest::{LoadedTexts, policy_digest};
use crate::rego::{
    self, Authored, CheckKind, Checked, Dependencies, Module, Parsed, RegoProblem, RegoVersion,
};
use crate::route::ControlRules;
use crate::{Control, ControlId, threads};

/// One Rego file to load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicySource {
    /// Its path, as it is shown.
    pub file: String,
    /// Its text.
    pub text: String,
    /// Whether it was checked when the gate was built (the embedded library): what is checked when a policy
    /// is loaded is not checked again.
    pub prechecked: bool,
}

impl PolicySource {
    /// The package that the file names; None where it names none.
    pub fn package(&self) -> Option<&str> {
        package_clause(&self.text).map(|(_, name)| name)
    }

    /// Whether the file says that it is a control: its METADATA has a part `custom`. It may be wrong all the same.
    pub fn claims_control(&self) -> bool {
        claims_control(&self.text)
    }

    /// Whether the file holds tests by its name, and is no part of what is loaded.
    pub fn is_test(&self) -> bool {
        self.file.ends_with("_test.rego")
    }
}

/// The controls that were loaded, and the modules they share.
#[derive(Debug, Clone, Default)]
pub struct Library {
    controls: Vec<Control>,
    parsed: Parsed,
    known: BTreeSet<ControlId>,
    plain: PlainSet,
    constraints: ConstraintSet,
    /// The texts of the modules that controls are evaluated with.
    texts: Vec<Arc<str>>,
    digest: String,
    /// Files that have a part in judging.
    used: BTreeSet<String>,
    /// What each package of the modules needs.
    dependencies: Dependencies,
}

impl Library {
    /// Loads Rego files. Files that are wrong are reported and left out; the others are loaded.
    pub fn load(sources: &[PolicySource]) -> (Self, Vec<Diagnostic>) {
        Self::load_with(sources, &LoadOptions::default())
    }

    /// The same, with what is to be said of policies that people have already.
    pub fn load_with(sources: &[PolicySource], options: &LoadOptions) -> (Self, Vec<Diagnostic>) {
        if !options.bundles.is_empty() {
            let (sources, options, mut diagnostics) = bundle::join(sources, options);
            let (library, problems) = Self::load_joined(&sources, &options);
            diagnostics.extend(problems);
            return (library, diagnostics);
        }
        Self::load_joined(sources, options)
    }

    fn load_joined(sources: &[PolicySource], options: &LoadOptions) -> (Self, Vec<Diagnostic>) {
        let split = split(sources, options);
        let (mut library, mut diagnostics) = Self::load_controls(&split.controls);
        diagnostics.extend(split.problems.iter().cloned());
        let (plain, problems) = plain::load(&split, options);
        diagnostics.extend(problems);
        let (constraints, problems) = gatekeeper::load(&options.manifests);
        diagnostics.extend(problems);
        library.controls.extend(plain.controls.iter().cloned());
        library
            .controls
            .extend(constraints.controls.iter().cloned());
        library.controls.sort_by(|a, b| a.id.cmp(&b.id));
        library.known.extend(plain.known.iter().cloned());
        library.used.extend(plain.used.iter().cloned());
        library.known.extend(constraints.known.iter().cloned());
        library.used.extend(constraints.used.iter().cloned());
        library.plain = plain;
        library.constraints = constraints;
        library.digest = policy_digest(
            &LoadedTexts {
                controls: library.texts.iter().map(|text| &**text).collect(),
                plain: library.plain.texts(),
                constraints: library
                    .constraints
                    .texts
                    .iter()
                    .map(String::as_str)
                    .collect(),
            },
            options,
        );
        (library, diagnostics)
    }

    fn load_controls(sources: &[PolicySource]) -> (Self, Vec<Diagnostic>) {
        let has_own = sources.iter().any(|source| source.prechecked);
        let mut loader = Loader {
            has_own,
            ..Loader::default()
        };
        let controls = threads::map(sources, |source| {
            read_control(&source.file, &source.text, source.prechecked)
        });
        for (source, control) in sources.iter().zip(controls) {
            loader.read(source, control);
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

    /// Whether a control has a rule `unknown`.
    pub fn has_unknown(&self, control: &Control) -> bool {
        self.rules_of(control).unknown.is_some()
    }

    /// Whether a control was read, even if it was left out since or is not among those to judge by.
    pub(crate) fn knows(&self, id: &ControlId) -> bool {
        self.known.contains(id)
    }

    /// The library with only some of its controls; the digest stays that of everything loaded.
    #[must_use]
    pub fn only(mut self, ids: &BTreeSet<&str>) -> Self {
        self.controls
            .retain(|control| ids.contains(control.id.0.as_str()));
        self
    }

    /// `sha256:` and the digest of everything by which two loads may differ in a verdict: the text of every file that
    /// was loaded, the documents below `data`, and how plain policies are read.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The rules of a control that are evaluated.
    pub(crate) fn rules_of(&self, control: &Control) -> ControlRules {
        let rule = |name: &str| format!("data.{}.{name}", control.package);
        let has = |name: &str| {
            self.parsed
                .rules(&control.package)
                .is_some_and(|rules| rules.contains(name))
        };
        ControlRules {
            deny: rule("deny"),
            unknown: has("unknown").then(|| rule("unknown")),
            applicable: has("applicable").then(|| rule("applicable")),
        }
    }

    /// Whether a file has a part in judging: a control, a plain policy, or what one of them needs.
    pub fn uses(&self, file: &str) -> bool {
        self.used.contains(file)
    }

    /// The templates and constraints.
    pub(crate) fn constraints(&self) -> &ConstraintSet {
        &self.constraints
    }

    /// The plain policies.
    pub(crate) fn plain(&self) -> &PlainSet {
        &self.plain
    }

    /// What each package of the modules needs.
    pub(crate) fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// The modules as they were parsed.
    pub(crate) fn parsed(&self) -> &Parsed {
        &self.parsed
    }
}

#[derive(Default)]
struct Loader {
    controls: BTreeMap<ControlId, Control>,
    /// The control of each package.
    packages: BTreeMap<String, ControlId>,
    modules: Vec<(Module, String, bool)>,
    broken_packages: BTreeSet<String>,
    broken_files: BTreeSet<String>,
    /// The ids of controls that were read, also of those that were left out.
    known: BTreeSet<ControlId>,
    /// Whether the library of soc2gate is among the sources, whose packages are its own.
    has_own: bool,
    parsed: Parsed,
    dependencies: Dependencies,
    diagnostics: Vec<Diagnostic>,
}

impl Loader {
    fn read(&mut self, source: &PolicySource, control: Result<Option<Control>, Vec<Diagnostic>>) {
        let module = Module::new(&source.file, &source.text);
        let package = package_clause(&source.text)
            .map_or("", |(_, name)| name)
            .to_owned();
        match control {
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
        let same_package = self.packages.get(&control.package);
        let twin = self
            .controls
            .get(&control.id)
            .or_else(|| self.controls.get(same_package?));
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
        self.known.insert(control.id.clone());
        self.packages
            .insert(control.package.clone(), control.id.clone());
        self.controls.insert(control.id.clone(), control);
    }

    fn report(&mut self, code: Code, file: &str, problem: &RegoProblem) {
        let span = Span::at(Position::new(problem.line, problem.column));
        self.diagnostics
            .push(Diagnostic::new(code, problem.message.clone()).at(file, span));
    }

    /// Parses and checks what was read, leaving out one broken package after another until the rest is sound.
    fn compile(&mut self) {
        loop {
            self.drop_broken();
            let modules: Vec<Module> = self
                .modules
                .iter()
                .map(|(module, ..)| module.clone())
                .collect();
            let is_checked = self.modules.iter().all(|(_, _, prechecked)| *prechecked);
            let (authored, problems);
            (authored, self.parsed, problems) = if is_checked {
                let (parsed, problems) = Parsed::unfinished(&[RegoVersion::V1], &modules);
                (Authored::default(), parsed, problems)
            } else {
                Parsed::with_authored(&modules)
            };
            let mut found = self.intruders();
            if problems.is_empty() && !is_checked {
                let conflicts = rego::conflicts_and_contradictions(&self.parsed);
                let conflicts = conflicts.into_iter();
                found.extend(conflicts.map(|(kind, problem)| (code_of(kind), problem)));
                if found.is_empty() {
                    found = self.check(&authored);
                }
            }
            let problems = problems.into_iter();
            found.extend(problems.map(|problem| (Code::RegoInvalid, problem)));
            if found.is_empty() {
                if is_checked {
                    self.dependencies = Dependencies::new(&self.parsed);
                }
                return;
            }
            for (code, problem) in &found {
                self.report(*code, &problem.file, problem);
                let package = self
                    .modules
                    .iter()
                    .find(|(module, ..)| *module.file == *problem.file);
                match package {
                    Some(_) if *code == Code::ReservedPackage => {
                        self.broken_files.insert(problem.file.clone());
                    }
                    Some((_, package, _)) => {
                        self.broken_packages.insert(package.clone());
                    }
                    // Not to be blamed on one file: nothing can be evaluated.
                    None => self
                        .broken_packages
                        .extend(self.modules.iter().map(|(_, package, _)| package.clone())),
                }
            }
        }
    }

    /// Files that add to packages which are not theirs to add to.
    fn intruders(&self) -> Vec<(Code, RegoProblem)> {
        let foreign = self.modules.iter().filter(|(_, _, prechecked)| !prechecked);
        foreign
            .filter_map(|(module, ..)| {
                let package = self.parsed.package_of_file(&module.file)?;
                let is_reserved = match package.first().map(String::as_str) {
                    // Its rules would stand in for parameters.
                    Some("parameters") => true,
                    Some("soc2") => self.has_own,
                    Some(root) => root.starts_with("soc2gate_"),
                    None => false,
                };
                let problem = RegoProblem {
                    file: module.file.to_string(),
                    line: package_clause(&module.text).map_or(1, |(line, _)| line),
                    column: 1,
                    message: format!("package {} belongs to soc2gate", package.join(".")),
                };
                is_reserved.then_some((Code::ReservedPackage, problem))
            })
            .collect()
    }

    /// Analyses all files, and checks those that were not checked before. What only may be wrong is said of files that
    /// are sound.
    fn check(&mut self, authored: &Authored) -> Vec<(Code, RegoProblem)> {
        let fresh: BTreeSet<Arc<str>> = self
            .modules
            .iter()
            .filter(|(_, _, prechecked)| !prechecked)
            .map(|(module, ..)| Arc::clone(&module.file))
            .collect();
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
        let packages = self
            .controls
            .values()
            .map(|control| control.package.clone())
            .collect();
        let (checked, dependencies) = rego::check(&self.parsed, &fresh, &parameters, &packages);
        let analysed = dependencies.parts(&self.parsed, &fresh);
        let together = std::iter::once(None);
        let tasks: Vec<Option<Vec<Module>>> =
            together.chain(analysed.into_iter().map(Some)).collect();
        let results = threads::map_heavy(&tasks, |task| match task {
            Some(modules) => {
                let problem = self.parsed.problem_of(modules.clone());
                let found = problem.map(|problem| (Code::RegoInvalid, problem));
                (found.into_iter().collect(), Vec::new())
            }
            None => self.check_together(&checked, authored, &fresh),
        });
        self.dependencies = dependencies;
        let mut results = results.into_iter();
        let (found, warnings) = results.next().unwrap_or_default();
        let analysed: Vec<(Code, RegoProblem)> = results.flat_map(|(found, _)| found).collect();
        // What cannot be analysed is said once.
        if !analysed.is_empty() {
            return analysed;
        }
        self.diagnostics.extend(warnings);
        found
    }

    /// What is wrong with the modules as far as it can be seen without analysing them, and what may be wrong with them
    /// where nothing is.
    fn check_together(
        &self,
        checked: &Checked<'_>,
        authored: &Authored,
        fresh: &BTreeSet<Arc<str>>,
    ) -> (Vec<(Code, RegoProblem)>, Vec<Diagnostic>) {
        let mut found = self.missing_rules(fresh);
        let problems = checked.problems(&self.parsed).into_iter();
        found.extend(problems.map(|(kind, problem)| (code_of(kind), problem)));
        let warnings = if found.is_empty() {
            self.warnings(authored, fresh)
        } else {
            Vec::new()
        };
        (found, warnings)
    }

    /// Controls without a `deny` rule.
    fn missing_rules(&self, fresh: &BTreeSet<Arc<str>>) -> Vec<(Code, RegoProblem)> {
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
            let has_deny = self
                .parsed
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
                _ => {}
            }
        }
        found
    }

    /// What may be wrong with files that load and were not checked before.
    fn warnings(&self, authored: &Authored, fresh: &BTreeSet<Arc<str>>) -> Vec<Diagnostic> {
        let controls = self.controls.values();
        let controls: Vec<&Control> = controls
            .filter(|control| fresh.contains(&control.file))
            .collect();
        rego::load_warnings(authored, fresh, &controls)
    }

    fn drop_broken(&mut self) {
        let broken = std::mem::take(&mut self.broken_packages);
        let files = std::mem::take(&mut self.broken_files);
        self.modules.retain(|(module, package, _)| {
            !broken.contains(package) && !files.contains(&*module.file)
        });
        self.controls
            .retain(|_, control| !broken.contains(&control.package));
    }

    fn finish(self) -> (Library, Vec<Diagnostic>) {
        let packages: Vec<&str> = self
            .controls
            .values()
            .map(|control| control.package.as_str())
            .collect();
        let has_fresh = self.modules.iter().any(|(_, _, prechecked)| !prechecked);
        let used = if has_fresh {
            self.dependencies.modules(&self.parsed, &packages)
        } else {
            Vec::new()
        };
        let used = used.iter().map(|module| module.file.to_string()).collect();
        let texts = self.modules.iter();
        let library = Library {
            texts: texts.map(|(module, ..)| module.text.clone()).collect(),
            controls: self.controls.into_values().collect(),
            parsed: self.parsed,
            known: self.known,
            used,
            dependencies: self.dependencies,
            ..Library::default()
        };
        (library, self.diagnostics)
    }
}

pub(crate) fn code_of(kind: CheckKind) -> Code {
    match kind {
        CheckKind::UnknownFunction => Code::UnknownFunction,
        CheckKind::ForbiddenFunction => Code::ForbiddenFunction,
        CheckKind::WrongArity
        | CheckKind::UnsafeVariable
        | CheckKind::UnknownReference
        | CheckKind::IllegalDefault
        | CheckKind::BareName => Code::RegoInvalid,
        CheckKind::Conflict => Code::ConflictingRules,
        CheckKind::NotASet => Code::NoDenyRule,
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
