//! Calls of built-ins that this crate adds, where regorus does for its own built-ins only what OPA does for all:
//! a result as one more argument, `f(x, y)` for `y = f(x)`, and `with` that puts one function in the place of another.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use regorus::unstable::{BUILTINS, Expr, Literal, Module as Ast};

use super::extent::insertion;
use super::names::Names;
use super::results::from_root;
use super::tokens::{Kind, tokens};
use crate::rego::builtins;
use crate::rego::edits::Edit;
use crate::rego::link::parts;
use crate::rego::reference::{import_alias, package_path, path_text, start_of, static_path};
use crate::rego::walk::{Node, walk_rule};

/// The package of functions that stand for built-ins.
const PACKAGE: &str = "soc2gate_builtins";

/// The changes to each module, in their order, and the module of functions that they call.
pub(in crate::rego) struct Calls {
    pub(in crate::rego) edits: Vec<Vec<Edit>>,
    pub(in crate::rego) functions: Option<String>,
}

/// Looks for calls that regorus would not make.
pub(in crate::rego) fn calls(modules: &[impl AsRef<Ast>], known: &Names) -> Calls {
    let names: Vec<Own<'_>> = modules
        .iter()
        .map(AsRef::as_ref)
        .map(|module| Own {
            rules: known.rules(module),
            imports: module.imports.iter().filter_map(import_alias).collect(),
        })
        .collect();
    let own = &known.functions;
    let mut own_replaced = BTreeSet::new();
    let mut replaced = BTreeSet::new();
    let mut replacing = BTreeSet::new();
    for (module, names) in modules.iter().zip(&names) {
        let module = module.as_ref();
        each_with(module, |target, value| {
            let path = static_path(target).map(|path| from_root(module, &path));
            own_replaced.extend(path.filter(|path| own.contains(path)));
            let target = names.builtin(target);
            replaced.extend(target.filter(|name| !BUILTINS.contains_key(name.as_str())));
            replacing.extend(names.builtin(value));
        });
    }
    let functions: BTreeSet<&String> = replaced.union(&replacing).collect();
    let edits = modules
        .iter()
        .zip(&names)
        .map(|(module, names)| {
            let mut edits = module_edits(module.as_ref(), names, &replaced);
            edits.extend(rooted(module.as_ref(), names, &own_replaced));
            edits
        })
        .collect();
    Calls {
        edits,
        functions: (!functions.is_empty()).then(|| functions_module(&functions)),
    }
}

/// The names of a module that are no built-ins: its package's rules, and its imports.
struct Own<'a> {
    rules: Option<&'a BTreeSet<String>>,
    imports: BTreeSet<String>,
}

impl Own<'_> {
    /// The built-in that a reference names.
    fn builtin(&self, reference: &Expr) -> Option<String> {
        let path = static_path(reference)?;
        let first = path.first()?;
        let is_own =
            self.imports.contains(first) || self.rules.is_some_and(|rules| rules.contains(first));
        let name = path.join(".");
        (!is_own && name != "print" && builtins::arity(&name).is_some()).then_some(name)
    }
}

fn each_with(module: &Ast, mut visit: impl FnMut(&Expr, &Expr)) {
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            if let Node::With(modifier) = node {
                visit(&modifier.refr, &modifier.r#as);
            }
        });
    }
}

/// A module with a function for each built-in.
fn functions_module(names: &BTreeSet<&String>) -> String {
    let mut text = format!("package {PACKAGE}\n\nimport rego.v1\n");
    for name in names {
        let arguments: Vec<String> = (0..builtins::arity(name).unwrap_or(0))
            .map(|at| format!("a{at}"))
            .collect();
        let arguments = arguments.join(", ");
        let _ = writeln!(
            text,
            "\n{}({arguments}) := {name}({arguments})",
            mangled(name)
        );
    }
    text
}

/// A name of its own in the package: within it the built-in's would call the function again.
fn mangled(name: &str) -> String {
    format!("builtin_{}", name.replace('.', "__"))
}

fn module_edits(module: &Ast, names: &Own<'_>, replaced: &BTreeSet<String>) -> Vec<Edit> {
    let mut edits = Vec::new();
    for rule in &module.policy {
        walk_rule(rule, &mut |node| match node {
            Node::With(modifier) => {
                let target = names
                    .builtin(&modifier.refr)
                    .filter(|name| replaced.contains(name));
                edits.extend(target.and_then(|name| rename(&modifier.refr, &name)));
                let value = names.builtin(&modifier.r#as);
                edits.extend(value.and_then(|name| rename(&modifier.r#as, &name)));
            }
            Node::Expr(Expr::Call { fcn, .. }) => {
                let called = names.builtin(fcn).filter(|name| replaced.contains(name));
                edits.extend(called.and_then(|name| rename(fcn, &name)));
            }
            Node::Statement(statement) => {
                if let Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } =
                    &statement.literal
                {
                    edits.extend(result(expr, names).into_iter().flatten());
                }
            }
            _ => {}
        });
    }
    edits
}

/// Functions that `with` replaces, with their whole paths: regorus replaces a function only where it is called by the
/// name that `with` has for it.
fn rooted(module: &Ast, names: &Own<'_>, replaced: &BTreeSet<Vec<String>>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let package = path_text(&package_path(module));
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            let (reference, is_target) = match node {
                Node::With(modifier) => (&modifier.refr, true),
                Node::Expr(Expr::Call { fcn, .. }) if !replaced.is_empty() => (fcn, false),
                _ => return,
            };
            let Some(path) = static_path(reference) else {
                return;
            };
            let is_own = path
                .first()
                .is_some_and(|first| names.rules.is_some_and(|rules| rules.contains(first)));
            if !is_own || !(is_target || replaced.contains(&from_root(module, &path))) {
                return;
            }
            let start = usize::try_from(start_of(reference).start).ok();
            edits.extend(start.map(|start| insertion(start, format!("{package}."))));
        });
    }
    edits
}

/// The function that stands for a built-in, in the place of its name.
fn rename(reference: &Expr, name: &str) -> Option<Edit> {
    let end = parts(reference).last()?.1?;
    Some(Edit {
        start: usize::try_from(start_of(reference).start).ok()?,
        end: usize::try_from(end).ok()?,
        text: format!("data.{PACKAGE}.{}", mangled(name)),
    })
}

/// `f(x, y)` as `y = f(x)`, where `f` is a built-in of this crate that takes one argument.
fn result(call: &Expr, names: &Own<'_>) -> Option<[Edit; 2]> {
    let Expr::Call {
        span, fcn, params, ..
    } = call
    else {
        return None;
    };
    let name = names
        .builtin(fcn)
        .filter(|name| !BUILTINS.contains_key(name.as_str()))?;
    if params.len() != builtins::arity(&name)? + 1 {
        return None;
    }
    let text = span.source.contents();
    let start = usize::try_from(start_of(fcn).start).ok()?;
    let (comma, first, last) = last_argument(text, start)?;
    let argument = text.get(first..last)?.trim();
    // On one line, so that what follows stays on its own; a comment would swallow the rest of it.
    if argument.contains('#') {
        return None;
    }
    let lines = text.get(comma..last)?.matches('\n').count();
    Some([
        Edit {
            start,
            end: start,
            text: format!("{} = ", argument.replace('\n', " ")),
        },
        Edit {
            start: comma,
            end: last,
            text: "\n".repeat(lines),
        },
    ])
}

/// Where the comma before the last argument of a call stands (or the argument, if it is the only one), where that
/// argument starts, and where it ends.
fn last_argument(text: &str, start: usize) -> Option<(usize, usize, usize)> {
    let mut depth = 0_usize;
    // Where each argument's comma stands, and where the argument starts.
    let mut arguments = Vec::new();
    for token in tokens(text.get(start..)?) {
        if token.kind != Kind::Sign {
            continue;
        }
        let (at, end) = (start + token.start, start + token.end);
        match text.get(at..end)? {
            "(" | "[" | "{" => {
                depth += 1;
                if depth == 1 {
                    arguments.push((end, end));
                }
            }
            ")" | "]" | "}" => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    let (mut comma, mut first) = arguments.pop()?;
                    let mut last = at;
                    if text.get(first..at)?.trim().is_empty() {
                        // A comma behind the last argument.
                        last = comma;
                        (comma, first) = arguments.pop()?;
                    }
                    return Some((comma, first, last));
                }
            }
            "," if depth == 1 => arguments.push((at, end)),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    fn rewritten(text: &str) -> (String, usize) {
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", text)]);
        assert_eq!(problems, []);
        (parsed.modules[0].text.to_string(), parsed.modules.len())
    }

    #[test]
    fn a_result_as_an_argument_is_a_unification() {
        let (text, count) = rewritten(
            "package a\n\np if {\n\tinternal.template_string([1, f(2)],\n\t\t[x,\n\t\ty]) # z\n\tcount([1], x)\n}\n\nf(x) := x",
        );
        assert_eq!(
            text,
            "package a\n\np if {\n\t[x, \t\ty] = internal.template_string([1, f(2)]\n\n) # z\n\tcount([1], x)\n}\n\nf(x) := x"
        );
        assert_eq!(count, 1);
        let (text, _) =
            rewritten("package a\n\np if {\n\tinternal.template_string([1],\n\t\tx,\n\t)\n}");
        assert_eq!(
            text,
            "package a\n\np if {\n\tx = internal.template_string([1]\n,\n\t)\n}"
        );
    }

    #[test]
    fn a_function_that_is_replaced_has_its_path() {
        let (text, count) = rewritten(
            "package a[\"b-c\"].d\n\np if f(f(1)) == 2 with f as g\n\nq if f(1) with r as 2\n\nf(x) := x\n\ng(x) := x\n\nr := 1",
        );
        assert_eq!(
            text,
            "package a[\"b-c\"].d\n\np if data.a[\"b-c\"].d.f(data.a[\"b-c\"].d.f(1)) == 2 with data.a[\"b-c\"].d.f as g\n\nq if data.a[\"b-c\"].d.f(1) with data.a[\"b-c\"].d.r as 2\n\nf(x) := x\n\ng(x) := x\n\nr := 1"
        );
        assert_eq!(count, 1);
    }

    #[test]
    fn a_function_stands_for_a_builtin_that_is_replaced() {
        let (text, count) = rewritten(
            "package a\n\np if internal.template_string([1]) == 2 with internal.template_string as f with count as g with f as sum\n\nf(x) := x\n\ng := 1",
        );
        assert_eq!(
            text,
            "package a\n\np if { soc2gate_with_1 = g; data.soc2gate_builtins.builtin_internal__template_string([1]) == 2 with data.soc2gate_builtins.builtin_internal__template_string as f with count as soc2gate_with_1 with data.a.f as data.soc2gate_builtins.builtin_sum }\n\nf(x) := x\n\ng := 1"
        );
        assert_eq!(count, 2);
    }
}
