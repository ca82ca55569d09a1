//! Which modules a package needs. regorus looks through every module it was given for each reference that it
//! does not know yet, so an evaluator is given no more than it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::around;
use super::{Module, Parsed, check};

/// The packages that each package refers to, whatever way it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dependencies {
    uses: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

impl Dependencies {
    /// Reads the references of every module.
    pub(crate) fn new(parsed: &Parsed) -> Self {
        Self::of(parsed, check::references(parsed))
    }

    /// The same from the paths that each package names.
    pub(super) fn of(
        parsed: &Parsed,
        references: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    ) -> Self {
        let packages: BTreeMap<Vec<String>, &String> = parsed
            .packages
            .iter()
            .map(|(file, path)| (from_root(path), file))
            .collect();
        let mut uses = BTreeMap::new();
        for (package, paths) in references {
            // A path leads into a package, or stops above it: then all below it may be meant.
            let used = paths.iter().flat_map(|path| around(&packages, path));
            let used = used.map(|(other, _)| other.clone()).collect();
            uses.insert(package, used);
        }
        Self { uses }
    }

    /// The modules of some packages and of all that they need, directly or not.
    pub(crate) fn modules(&self, parsed: &Parsed, packages: &[&str]) -> Vec<Module> {
        let packages: BTreeSet<&str> = packages.iter().copied().collect();
        let is_wanted = |package: &[String]| packages.contains(package.join(".").as_str());
        let mut needed: BTreeSet<Vec<String>> = BTreeSet::new();
        let mut open: Vec<Vec<String>> = parsed
            .packages
            .values()
            .filter(|package| is_wanted(package))
            .map(|package| from_root(package))
            .collect();
        while let Some(package) = open.pop() {
            if let Some(used) = self.uses.get(&package) {
                open.extend(
                    used.iter()
                        .filter(|other| !needed.contains(*other))
                        .cloned(),
                );
            }
            needed.insert(package);
        }
        parsed
            .modules
            .iter()
            .filter(|module| {
                let package = parsed.packages.get(&*module.file);
                package.is_none_or(|package| needed.contains(&from_root(package)))
            })
            .cloned()
            .collect()
    }
}

/// A package as references name it.
fn from_root(package: &[String]) -> Vec<String> {
    std::iter::once("data".to_owned())
        .chain(package.iter().cloned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needed(packages: &[&str], texts: &[&str]) -> Vec<String> {
        let modules: Vec<Module> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| Module::new(&format!("{at}.rego"), text))
            .collect();
        let (parsed, problems) = Parsed::new(&modules);
        assert_eq!(problems, []);
        let found = Dependencies::new(&parsed).modules(&parsed, packages);
        found.iter().map(|module| module.file.to_string()).collect()
    }

    #[test]
    fn whatever_is_referred_to_is_there() {
        let texts = [
            "package a\n\nimport data.lib.one\n\nx := one.y",
            "package lib.one\n\ny := f(1)\n\nf(x) := data.lib.two.g(x)",
            "package lib.two\n\ng(x) := x",
            "package lib.three\n\nz := 1",
            "package b\n\nx := data.lib[input.name].z",
            "package c\n\nx := 1 if {\n\tsome v in [data.lib.three.z | true]\n\tv == 1\n}",
            "package a\n\nmore := data[input.root]",
        ];
        assert_eq!(
            needed(&["b"], &texts),
            ["1.rego", "2.rego", "3.rego", "4.rego"]
        );
        assert_eq!(needed(&["c"], &texts), ["3.rego", "5.rego"]);
        assert_eq!(needed(&["a"], &texts[..4]), ["0.rego", "1.rego", "2.rego"]);
        assert_eq!(
            needed(&["a"], &texts).len(),
            7,
            "a computed name may be any"
        );
    }
}
