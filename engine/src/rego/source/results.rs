//! Which calls have their result as one more argument: `f(x, y)` for `y = f(x)`.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Module as Ast};

use crate::rego::builtins;
use crate::rego::reference::{Scope, head, package_path, resolve, static_path};

/// The functions of a set of modules, and how many arguments they take.
pub(super) struct Functions(BTreeMap<Vec<String>, usize>);

impl Functions {
    pub(super) fn new(modules: &[impl AsRef<Ast>]) -> Self {
        let mut functions = BTreeMap::new();
        for module in modules.iter().map(AsRef::as_ref) {
            for (name, arity) in module.policy.iter().map(|rule| head(rule)) {
                if let (Some(path), Some(arity)) = (static_path(name), arity) {
                    functions.insert([package_path(module), path].concat(), arity);
                }
            }
        }
        Self(functions)
    }

    /// Whether a path from the root is that of a function.
    pub(super) fn contains(&self, path: &[String]) -> bool {
        self.0.contains_key(path)
    }

    /// The last argument of a call where it is the result. `rules` are the names that are no built-ins.
    pub(super) fn result<'e>(
        &self,
        module: &Ast,
        rules: &BTreeSet<String>,
        call: &'e Expr,
    ) -> Option<&'e Expr> {
        let Expr::Call { fcn, params, .. } = call else {
            return None;
        };
        let path = static_path(fcn)?;
        let first = path.first()?;
        let arity = if first == "data" || rules.contains(first) {
            *self.0.get(&from_root(module, &path))?
        } else {
            builtins::arity(&path.join("."))?
        };
        let has_result = arity.checked_add(1) == Some(params.len());
        has_result
            .then(|| params.last())
            .flatten()
            .map(AsRef::as_ref)
    }
}

/// A path as it is from the root.
pub(super) fn from_root(module: &Ast, path: &[String]) -> Vec<String> {
    let scope = Scope {
        package: package_path(module),
        imports: &module.imports,
        rule: Vec::new(),
    };
    resolve(path, &scope)
}
