//! What `soc2gate test` runs: the Rego tests and the cases of some folders.

mod coverage;
mod difference;
mod human;
mod json;
mod junit;
mod outcome;
mod run;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ignore::{DirEntry, WalkBuilder};
use soc2gate_engine::{Library, LoadOptions, PolicySource, RegoTests, RegoVersion};
use soc2gate_policies::{Case, cases_of};
use soc2gate_source::{Code, Diagnostic, Position, Span};

use crate::collect::{base_documents, rego_files};

pub(crate) use coverage::Coverage;
pub(crate) use human::{expression, human, severity};
pub(crate) use json::json;
pub(crate) use junit::junit;
pub(crate) use outcome::{Ending, Kind, Outcome, Report};
pub(crate) use run::{Choice, run};
pub(crate) use watch::watch;

/// The tests and the cases of some folders, and what they need.
#[derive(Debug)]
pub(crate) struct Suite {
    /// The Rego tests; None where the files do not load.
    pub(crate) tests: Option<RegoTests>,
    /// The cases of controls.
    pub(crate) cases: Vec<ControlCase>,
    /// The controls that the cases are judged by.
    pub(crate) library: Library,
    /// The Rego files that were named, with their paths.
    pub(crate) files: Vec<(PathBuf, PolicySource)>,
    /// What is wrong with any of it.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A case and the control that it is a case of.
#[derive(Debug)]
pub(crate) struct ControlCase {
    pub(crate) control: String,
    pub(crate) file: String,
    pub(crate) case: Case,
}

impl Suite {
    /// Reads everything below some paths.
    pub(crate) fn load(paths: &[PathBuf]) -> Self {
        Self::load_with(paths, &[], None)
    }

    /// The same with documents below `data`, and with the version of files that belong to no control.
    pub(crate) fn load_with(
        paths: &[PathBuf],
        data: &[PathBuf],
        rego_version: Option<RegoVersion>,
    ) -> Self {
        let (files, mut diagnostics) = rego_files(paths);
        let (data, problems) = base_documents(data);
        diagnostics.extend(problems);
        let sources: Vec<PolicySource> = files.iter().map(|(_, source)| source.clone()).collect();
        let embedded = embedded(&sources);
        let (library, problems) = library(&sources, &embedded, rego_version);
        diagnostics.extend(problems);
        let (cases, problems) = cases(paths, &files, &library);
        diagnostics.extend(problems);
        let uses_library = sources
            .iter()
            .any(|source| source.text.contains("data.soc2"));
        let mut tested = sources;
        if uses_library {
            tested.extend(embedded);
        }
        let tests = match RegoTests::load_with(&tested, &data, rego_version) {
            Ok(tests) => {
                let is_known = diagnostics.iter().any(|known| known.code == Code::OldRego);
                diagnostics.extend(tests.note().filter(|_| !is_known).cloned());
                Some(tests)
            }
            Err(problems) => {
                // What is wrong with a control was said when it was loaded.
                let is_new = |problem: &Diagnostic| {
                    !diagnostics.iter().any(|known| {
                        let line = |diagnostic: &Diagnostic| {
                            let at = diagnostic.location.as_ref();
                            at.map(|at| (at.file.clone(), at.line))
                        };
                        known.code == problem.code && line(known) == line(problem)
                    })
                };
                let fresh: Vec<Diagnostic> = problems.into_iter().filter(is_new).collect();
                diagnostics.extend(fresh);
                None
            }
        };
        Self {
            tests,
            cases,
            library,
            files,
            diagnostics,
        }
    }
}

/// The controls of soc2gate, but for what stands in the files themselves.
pub(crate) fn embedded(sources: &[PolicySource]) -> Vec<PolicySource> {
    let packages: BTreeSet<&str> = sources.iter().filter_map(PolicySource::package).collect();
    let all = soc2gate_policies::sources();
    let (there, missing): (Vec<PolicySource>, Vec<PolicySource>) = all
        .into_iter()
        .partition(|source| source.package().is_some_and(|name| packages.contains(name)));
    // Whoever has a package of the library in their files is at work on the library: then nothing of it is reserved.
    missing
        .into_iter()
        .map(|source| PolicySource {
            prechecked: there.is_empty(),
            ..source
        })
        .collect()
}

/// The controls among the files; none are looked for where no file says that it is one.
fn library(
    sources: &[PolicySource],
    embedded: &[PolicySource],
    rego_version: Option<RegoVersion>,
) -> (Library, Vec<Diagnostic>) {
    if !sources.iter().any(PolicySource::claims_control) {
        return (Library::default(), Vec::new());
    }
    let policies = sources.iter().filter(|source| !source.is_test());
    let all: Vec<PolicySource> = embedded.iter().chain(policies).cloned().collect();
    let (library, mut problems) = Library::load_with(
        &all,
        &LoadOptions {
            rego_version,
            ..LoadOptions::default()
        },
    );
    // A package with a `deny` that is no control is other people's Rego.
    problems.retain(|problem| problem.code != Code::MetadataMissing);
    (library, problems)
}

/// The cases beside the files.
fn cases(
    paths: &[PathBuf],
    files: &[(PathBuf, PolicySource)],
    library: &Library,
) -> (Vec<ControlCase>, Vec<Diagnostic>) {
    let mut folders: BTreeMap<PathBuf, Vec<&PolicySource>> = BTreeMap::new();
    for (path, source) in files {
        let folder = path.parent().unwrap_or(Path::new("")).join("cases");
        let controls = folders.entry(folder).or_default();
        if source.claims_control() {
            controls.push(source);
        }
    }
    // Cases whose control is gone would pass by never being judged.
    for folder in paths.iter().flat_map(|path| case_folders(path)) {
        folders.entry(folder).or_default();
    }
    let mut found = Vec::new();
    let mut diagnostics = Vec::new();
    for (folder, controls) in folders {
        if !folder.is_dir() {
            continue;
        }
        let name = shown(&folder);
        let wrong = |message: String| {
            Diagnostic::new(Code::CaseInvalid, message).at(&*name, Span::at(Position::START))
        };
        match (controls.as_slice(), cases_of(&folder)) {
            // Not the cases of a control: another folder of that name.
            ([], Err(_)) => {}
            ([], Ok(cases)) if cases.is_empty() => {}
            ([], Ok(_)) => {
                diagnostics.push(wrong("there is no control beside these cases".to_owned()));
            }
            ([_], Err(error)) => diagnostics.push(wrong(error.to_string())),
            ([source], Ok(cases)) => {
                let control = library
                    .controls()
                    .iter()
                    .find(|control| *control.file == source.file);
                // A control that did not load was reported.
                let Some(control) = control else { continue };
                found.extend(cases.into_iter().map(|case| ControlCase {
                    control: control.id.0.clone(),
                    file: shown(&case.file),
                    case,
                }));
            }
            (several, _) => diagnostics.push(wrong(format!(
                "{} controls stand beside these cases; give each a folder of its own",
                several.len()
            ))),
        }
    }
    (found, diagnostics)
}

/// Every folder `cases` below a path; what cannot be listed was reported with the policies.
fn case_folders(path: &Path) -> Vec<PathBuf> {
    WalkBuilder::new(path)
        .standard_filters(false)
        .build()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name() == "cases")
        .map(DirEntry::into_path)
        .filter(|path| path.is_dir())
        .collect()
}

/// A path as outputs name it, with `/` on every system.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

/// Folders to watch: those that exist of the paths.
fn watched(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths
        .iter()
        .filter_map(|path| fs::canonicalize(path).ok())
        .collect()
}
