//! Which files are controls, which are plain policies, and what both share.

use std::collections::BTreeSet;

use soc2gate_source::Diagnostic;

use super::{Effect, LoadOptions};
use crate::metadata::{package_clause, read_control};
use crate::rego::{Dependencies, Module, Parsed, RegoVersion};
use crate::{Bundle, PolicySource};

/// Files, by who evaluates them.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// Controls, and the packages that they need.
    pub(crate) controls: Vec<PolicySource>,
    /// Plain policies, and every package that is no control.
    pub(crate) plain: Vec<PolicySource>,
    /// The packages that judge.
    pub(crate) packages: BTreeSet<Vec<String>>,
    /// Files of bundles in packages that the bundles do not own; they are in none of the lists.
    pub(crate) problems: Vec<Diagnostic>,
}

/// Tells files apart. Where no package is a plain policy, everything belongs to the controls.
pub(crate) fn split(sources: &[PolicySource], options: &LoadOptions) -> Split {
    let (embedded, own): (Vec<PolicySource>, Vec<PolicySource>) = sources
        .iter()
        .cloned()
        .partition(|source| source.prechecked);
    if own.iter().all(is_control) {
        // Nothing is left that could be a plain policy.
        return Split {
            controls: embedded.into_iter().chain(own).collect(),
            ..Split::default()
        };
    }
    let modules: Vec<Module> = own.iter().map(|source| module(source, options)).collect();
    let (parsed, _) = Parsed::unfinished(RegoVersion::order(options.rego_version), &modules);
    let files: Vec<File> = own
        .into_iter()
        .map(|source| File::of(source, &parsed))
        .collect();
    let controls: BTreeSet<Vec<String>> = files
        .iter()
        .filter(|file| file.is_control)
        .map(|file| file.package.clone())
        .collect();
    let packages: BTreeSet<Vec<String>> = files
        .iter()
        .filter(|file| !controls.contains(&file.package))
        .filter(|file| {
            let rules = parsed.values(&file.package);
            rules.iter().any(|rule| Effect::of(rule).is_some())
        })
        .map(|file| file.package.clone())
        .collect();
    let names: Vec<String> = controls.iter().map(|package| package.join(".")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let needed: BTreeSet<String> = Dependencies::new(&parsed)
        .modules(&parsed, &names)
        .iter()
        .map(|module| module.file.to_string())
        .collect();
    let mut split = Split {
        controls: embedded,
        plain: Vec::new(),
        packages,
        problems: Vec::new(),
    };
    for file in files {
        let stray = |bundle: &Bundle| bundle.stray(&file.source.file, &file.package);
        if file.parses
            && let Some(problem) = options.bundles.iter().find_map(stray)
        {
            split.problems.push(problem);
            continue;
        }
        let is_control = controls.contains(&file.package);
        let judges = split.packages.contains(&file.package);
        let is_shared = !is_control && !judges;
        // A file that does not parse may be anything but a control; what is wrong with it is said once.
        let has_plain = !split.packages.is_empty() && file.parses || options.rego_version.is_some();
        if is_control || is_shared && (needed.contains(&file.source.file) || !has_plain) {
            split.controls.push(file.source.clone());
        }
        if judges || is_shared && has_plain {
            split.plain.push(file.source);
        }
    }
    split
}

struct File {
    source: PolicySource,
    package: Vec<String>,
    is_control: bool,
    parses: bool,
}

impl File {
    fn of(source: PolicySource, parsed: &Parsed) -> Self {
        let known = parsed.package_of_file(&source.file);
        let written = || {
            let (_, name) = package_clause(&source.text).unwrap_or_default();
            name.split('.').map(str::to_owned).collect()
        };
        Self {
            package: known.map_or_else(written, <[String]>::to_vec),
            parses: known.is_some(),
            is_control: is_control(&source),
            source,
        }
    }
}

/// Whether a file is a control. Whether it is sound is looked at when it is loaded.
fn is_control(source: &PolicySource) -> bool {
    !matches!(read_control(&source.file, &source.text, true), Ok(None))
}

/// A source as the evaluator takes it.
pub(super) fn module(source: &PolicySource, options: &LoadOptions) -> Module {
    let version = options.version_of(&source.file);
    Module::new(&source.file, &source.text).in_version(version)
}
