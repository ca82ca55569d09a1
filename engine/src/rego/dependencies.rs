//! Which modules a package needs. regorus looks through every module it was given for each reference that it
//! does not know yet, so an evaluator is given no more than it needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Module, Parsed, check};

/// The packages that each package refers to, whatever way it does.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dependencies {
    uses: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

impl Dependencies {
    /// Reads the references of every module.
    pub(crate) fn new(parsed: &Parsed) -> Self {
        let packages: BTreeSet<Vec<String>> = parsed
            .packages
            .values()
            .map(|path| [vec!["data".to_owned()], path.clone()].concat())
            .collect();
        let mut uses = BTreeMap::new();
        for (package, paths) in check::references(parsed) {
            // A path leads into a package, or stops above it: then all below it may be meant.
            let used = packages
                .iter()
                .filter(|other| {
                    paths
                        .iter()
                        .any(|path| path.starts_with(other) || other.starts_with(path))
                })
                .cloned()
                .collect();
            uses.insert(package, used);
        }
        Self { uses }
    }

    /// The modules of some packages and of all that they need, directly or not.
    pub(crate) fn modules(&self, parsed: &Parsed, packages: &[&str]) -> Vec<Module> {
        let is_wanted = |package: &[String]| packages.contains(&package.join(".").as_str());
        let mut needed: BTreeSet<Vec<String>> = BTreeSet::new();
        let mut open: Vec<Vec<String>> = parsed
            .packages
            .values()
            .filter(|package| is_wanted(package))
            .map(|package| [vec!["data".to_owned()], package.clone()].concat())
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
                parsed.packages.get(&*module.file).is_none_or(|package| {
                    needed.contains(&[vec!["data".to_owned()], package.clone()].concat())
                })
            })
            .cloned()
            .collect()
    }
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
