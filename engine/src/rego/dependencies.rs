//! Which modules a package needs. regorus looks through every module it was given for each reference that it
//! does not know yet, so an evaluator is given no more than it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::paths::PathMap;
use super::{Module, Parsed, check};

/// In how many parts modules are looked at apart: enough for several threads that do not wait for one another, and few
/// enough that what the parts share is not looked at too often.
const PARTS: usize = 6;

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
        let paths: BTreeSet<Vec<String>> = parsed
            .packages
            .values()
            .map(|path| from_root(path))
            .collect();
        let packages: PathMap<&Vec<String>> =
            paths.iter().map(|path| (path.as_slice(), path)).collect();
        let mut uses = BTreeMap::new();
        for (package, paths) in references {
            // A path leads into a package, or stops above it: then all below it may be meant.
            let used = paths.iter().flat_map(|path| packages.around(path));
            let used = used.copied().cloned().collect();
            uses.insert(package, used);
        }
        Self { uses }
    }

    /// The modules of some packages and of all that they need, directly or not.
    pub(crate) fn modules(&self, parsed: &Parsed, packages: &[&str]) -> Vec<Module> {
        let packages: BTreeSet<&str> = packages.iter().copied().collect();
        let is_wanted = |package: &[String]| packages.contains(package.join(".").as_str());
        let wanted = parsed.packages.values();
        let wanted = wanted.filter(|package| is_wanted(package));
        let needed = self.needed(wanted.map(|package| from_root(package)).collect());
        let modules = parsed.modules.iter();
        modules
            .filter(|module| {
                let package = parsed.packages.get(&*module.file);
                package.is_none_or(|package| needed.contains(&from_root(package)))
            })
            .cloned()
            .collect()
    }

    /// The modules of some files in parts that can be looked at apart, each with all that it needs.
    pub(crate) fn parts(&self, parsed: &Parsed, files: &BTreeSet<Arc<str>>) -> Vec<Vec<Module>> {
        let mut lengths: BTreeMap<&[String], usize> = BTreeMap::new();
        for module in &parsed.modules {
            if let (true, Some(package)) = (
                files.contains(&module.file),
                parsed.packages.get(&*module.file),
            ) {
                *lengths.entry(package).or_default() += module.text.len();
            }
        }
        let most = lengths.values().sum::<usize>() / PARTS + 1;
        let mut parts: Vec<(usize, Vec<Vec<String>>)> = Vec::new();
        for (package, length) in lengths {
            match parts.last_mut() {
                Some((sum, packages)) if *sum < most => {
                    *sum += length;
                    packages.push(from_root(package));
                }
                _ => parts.push((length, vec![from_root(package)])),
            }
        }
        let mut by_package: BTreeMap<Vec<String>, Vec<&Module>> = BTreeMap::new();
        for module in &parsed.modules {
            if let Some(package) = parsed.packages.get(&*module.file) {
                let modules = by_package.entry(from_root(package)).or_default();
                modules.push(module);
            }
        }
        let modules = |packages: Vec<Vec<String>>| {
            let needed = self.needed(packages).into_iter();
            let modules = needed.filter_map(|package| by_package.get(&package));
            modules.flatten().copied().cloned().collect()
        };
        parts
            .into_iter()
            .map(|(_, packages)| modules(packages))
            .collect()
    }

    /// Packages with all that they need, directly or not.
    fn needed(&self, mut open: Vec<Vec<String>>) -> BTreeSet<Vec<String>> {
        let mut needed: BTreeSet<Vec<String>> = BTreeSet::new();
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
        needed
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
