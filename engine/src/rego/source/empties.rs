//! A partial object of several keys, `p[x][y] := 1`, is an empty object in OPA where it has no entry, and so is
//! `p[x] contains y`; in regorus both are undefined. One more rule of the name, `p[key] := 1`, that never has an entry
//! makes them empty.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use regorus::unstable::{Expr, Module as Ast, Rule, RuleHead};

use crate::rego::Module;
use crate::rego::reference::{package_path, path_text, static_path};

/// What the files of modules with such rules start with.
const FILE: &str = "empty objects of ";

/// The modules with such rules that a set of modules needs, one for each package. A set has them once.
pub(in crate::rego) fn empties(modules: &[(Module, impl AsRef<Ast>)]) -> Vec<Module> {
    let mut packages: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = BTreeMap::new();
    for (_, tree) in modules {
        let module = tree.as_ref();
        let names: Vec<Vec<String>> = module.policy.iter().filter_map(|rule| name(rule)).collect();
        if !names.is_empty() {
            packages
                .entry(package_path(module))
                .or_default()
                .extend(names);
        }
    }
    let made = packages.iter().map(|(package, names)| {
        let path = package.get(1..).unwrap_or_default();
        let mut text = format!("package {}\n\nimport rego.v1\n", path_text(path));
        for name in names {
            let _ = writeln!(text, "\n{}[key] := 1 if some key in []", path_text(name));
        }
        Module::made(&format!("{FILE}{}", package.join(".")), &text)
    });
    made.filter(|made| !modules.iter().any(|(module, _)| module.file == made.file))
        .collect()
}

/// The written part of a rule's name that has more than one key behind it.
fn name(rule: &Rule) -> Option<Vec<String>> {
    let Rule::Spec { head, .. } = rule else {
        return None;
    };
    let (refr, own) = match head {
        RuleHead::Set { refr, .. } => (refr, 1),
        RuleHead::Compr { refr, .. } => (refr, 0),
        RuleHead::Func { .. } => return None,
    };
    let keys = keys_behind(refr)?;
    (keys + own > 1).then(|| static_path(refr)).flatten()
}

/// How many parts of a name there are from the first that is computed on; None where there is none.
fn keys_behind(name: &Expr) -> Option<usize> {
    match name {
        Expr::RefDot { refr, .. } => keys_behind(refr).map(|keys| keys + 1),
        Expr::RefBrack { refr, index, .. } => match (keys_behind(refr), index.as_ref()) {
            (Some(keys), _) => Some(keys + 1),
            (
                None,
                Expr::String { .. }
                | Expr::RawString { .. }
                | Expr::Number { .. }
                | Expr::Bool { .. }
                | Expr::Null { .. },
            ) => None,
            (None, _) => Some(1),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    /// The modules that are made for one.
    fn made(text: &str) -> Vec<String> {
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", text)]);
        assert_eq!(problems, []);
        let (again, problems) = Parsed::new(&parsed.modules);
        assert_eq!(problems, []);
        assert_eq!(again.modules.len(), parsed.modules.len());
        let made = parsed.modules.iter().skip(1);
        made.map(|module| module.text.to_string()).collect()
    }

    #[test]
    fn what_may_be_empty_gets_a_rule() {
        assert_eq!(
            made(
                "package a.b\n\np[x] contains 1 if some x in input\n\nq.r[x].s := 1 if some x in input\n\nq.r[x].t := 2 if some x in input"
            ),
            [
                "package a.b\n\nimport rego.v1\n\np[key] := 1 if some key in []\n\nq.r[key] := 1 if some key in []\n"
            ]
        );
    }

    #[test]
    fn what_is_empty_anyway_gets_none() {
        assert_eq!(
            made(
                "package a\n\np[x] := 1 if some x in input\n\nq.r contains 1 if input\n\ns.t := 1\n\nf(x) := x"
            ),
            [""; 0]
        );
    }
}
