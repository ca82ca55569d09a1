//! What may be wrong with Rego that loads: style, and shapes in which a fact that is missing lets a change pass.
//!
//! Everything here is a guess about what the author meant, so it is a warning. Fail-open shapes are looked for in the
//! bodies of `deny` only: what a helper means where it is undefined depends on who asks.

mod fail_open;
mod never_true;
mod style;
pub(in crate::rego) mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regorus::unstable::{Module as Ast, NodeRef, Span};
use soc2gate_source::{Code, Diagnostic};

use super::authored::Authored;
use super::place::locate;
use super::reference::{head, static_path};
use super::{Module, RegoVersion, package_of};
use crate::metadata::read_control;
use crate::{Control, PolicySource, threads};
use never_true::{PossibleValues, possible_values};

/// What may be wrong with some files that are read together, ordered by place. Files that do not parse are left to those
/// who load them.
pub fn lint_rego(files: &[PolicySource]) -> Vec<Diagnostic> {
    // What is broken in version 1 may be something else in version 0.
    let sources: Vec<Module> = files
        .iter()
        .map(|file| Module {
            version: Some(RegoVersion::V1),
            ..Module::new(&file.file, &file.text)
        })
        .collect();
    let authored = Authored::new(&sources);
    let modules: Vec<&NodeRef<Ast>> = authored.trees().iter().collect();
    let controls: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.claims_control())
        .map(|file| file.file.as_str())
        .collect();
    let possible = files
        .iter()
        .filter_map(|file| {
            let control = read_control(&file.file, &file.text, true).ok()??;
            Some((control.package, possible_values(&control.inputs)))
        })
        .collect();
    lint(&authored, &modules, &controls, &possible)
}

/// The same of modules that are parsed, where it is known which files are controls and what their subjects can be.
fn lint(
    authored: &Authored,
    modules: &[&NodeRef<Ast>],
    controls: &BTreeSet<&str>,
    possible: &BTreeMap<String, PossibleValues>,
) -> Vec<Diagnostic> {
    let tested = tested(modules);
    let mut by_package: BTreeMap<String, Vec<&NodeRef<Ast>>> = BTreeMap::new();
    for module in modules.iter().copied() {
        by_package
            .entry(package_of(module))
            .or_default()
            .push(module);
    }
    let found = threads::map(modules, |module| {
        let context = Context {
            package: package_of(module),
            is_control: controls.contains(file_of(module)),
            possible,
            by_package: &by_package,
            tested: &tested,
        };
        let mut found = Vec::new();
        style::lint(module, &context, &mut found);
        fail_open::lint(module, &context, &mut found);
        found
    });
    let mut found: Vec<Diagnostic> = found.into_iter().flatten().collect();
    for diagnostic in &mut found {
        diagnostic.location = diagnostic
            .location
            .take()
            .map(|location| authored.original(location));
    }
    found.sort_by(|a, b| (&a.location, a.code).cmp(&(&b.location, b.code)));
    found.dedup();
    found
}

/// What of that is said whenever controls are loaded: what is not used, and a `deny` that never holds.
pub(crate) fn load_warnings(
    authored: &Authored,
    files: &BTreeSet<Arc<str>>,
    controls: &[&Control],
) -> Vec<Diagnostic> {
    let modules = authored.trees().iter();
    let modules: Vec<&NodeRef<Ast>> = modules
        .filter(|module| files.contains(file_of(module)))
        .collect();
    let possible = controls
        .iter()
        .map(|control| (control.package.clone(), possible_values(&control.inputs)))
        .collect();
    let controls = controls.iter().map(|control| &*control.file).collect();
    let mut found = lint(authored, &modules, &controls, &possible);
    found.retain(|found| {
        matches!(
            found.code,
            Code::LintUnusedImport | Code::LintUnusedVariable | Code::LintNeverTrue
        )
    });
    found
}

fn file_of(module: &Ast) -> &str {
    module.package.span.source.get_path()
}

/// What is known of a module beside what it says.
struct Context<'a> {
    package: String,
    /// Whether the file has the METADATA of a control.
    is_control: bool,
    /// What the subjects of each control can be.
    possible: &'a BTreeMap<String, PossibleValues>,
    by_package: &'a BTreeMap<String, Vec<&'a NodeRef<Ast>>>,
    /// Packages that some module has tests of.
    tested: &'a BTreeSet<String>,
}

impl Context<'_> {
    /// The modules of the same package.
    fn siblings(&self) -> impl Iterator<Item = &NodeRef<Ast>> {
        self.by_package
            .get(&self.package)
            .into_iter()
            .flatten()
            .copied()
    }

    /// Whether some module has tests of this package.
    fn has_tests(&self) -> bool {
        self.tested.contains(&self.package)
    }
}

/// The packages that modules with tests are near to: their own, the one that `_test` is behind the name of, and those that
/// they import.
fn tested(modules: &[&NodeRef<Ast>]) -> BTreeSet<String> {
    let mut tested = BTreeSet::new();
    for module in modules {
        let mut rules = module.policy.iter();
        if !rules.any(|rule| super::test_run::test_name(rule).is_some()) {
            continue;
        }
        let package = package_of(module);
        tested.extend(package.strip_suffix("_test").map(str::to_owned));
        tested.insert(package);
        tested.extend(module.imports.iter().filter_map(|import| {
            let path = static_path(&import.refr)?.join(".");
            Some(path.strip_prefix("data.")?.to_owned())
        }));
    }
    tested
}

fn report(found: &mut Vec<Diagnostic>, code: Code, span: &Span, message: String) {
    found.push(Diagnostic {
        location: Some(locate(span)),
        ..Diagnostic::new(code, message)
    });
}

/// The name of a rule: its first part.
fn name_of(rule: &regorus::unstable::Rule) -> Option<String> {
    static_path(head(rule).0)?.into_iter().next()
}
