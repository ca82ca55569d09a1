//! Links modules into one, in which every rule has a name of its own.
//!
//! regorus finds a rule of another package by comparing paths, text by text, for every reference and every call;
//! within one module it looks a name up. Linked controls give the same values in four fifths of the time. Lines and
//! files stay known, so that errors still name the author's own place.
//!
//! Modules are linked only where it is plain what every name means; what is not plain is evaluated as it is.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Module as Ast};

use super::edits::{Edit, Origin, apply};
use super::reference::{Scope, head, import_alias, package_path, resolve, start_of, static_path};
use super::walk::{Node, walk_rule};
use super::{Module, Parsed, RegoProblem};

/// The package of linked modules, and its file's name in errors.
pub(super) const PACKAGE: &str = "soc2gate_linked";
/// What every new name starts with.
const PREFIX: &str = "linked__";

/// Modules as one.
#[derive(Debug, Clone)]
pub(super) struct Linked {
    pub(super) module: Module,
    /// The new full name of each rule, by its old one.
    names: BTreeMap<String, String>,
    /// Each module's file, its first line in the linked text, and where its places were.
    parts: Vec<(std::sync::Arc<str>, u32, Origin)>,
}

impl Linked {
    /// The new full name of a rule.
    pub(super) fn name(&self, rule: &str) -> Option<&str> {
        self.names.get(rule).map(String::as_str)
    }

    /// A problem with the place that its place in the linked text comes from.
    pub(super) fn placed(&self, problem: RegoProblem) -> RegoProblem {
        let part = self
            .parts
            .iter()
            .rev()
            .find(|(_, first, _)| *first <= problem.line);
        let Some((file, first, origin)) = part else {
            return problem;
        };
        let line = problem.line - first + 1;
        RegoProblem {
            file: file.to_string(),
            column: origin.column(line, problem.column),
            line,
            ..problem
        }
    }
}

/// Links modules; None where some name is not plain.
pub(super) fn link(parsed: &Parsed) -> Option<Linked> {
    if parsed
        .modules
        .iter()
        .any(|module| module.text.contains(PREFIX))
    {
        return None;
    }
    let modules = parsed.ast();
    let rules = Rules::new(modules)?;
    let mut text = format!("package {PACKAGE}\n");
    let mut line = 2;
    let mut parts = Vec::new();
    for (module, ast) in parsed.modules.iter().zip(modules) {
        let edits = Linker::new(ast, &rules)?.edits(ast)?;
        let (linked, change) = apply(&module.text, edits)?;
        let origin = module.origin.clone().unwrap_or_default().then(change);
        parts.push((module.file.clone(), line, origin));
        line += u32::try_from(linked.matches('\n').count() + 1).ok()?;
        text.push_str(&linked);
        text.push('\n');
    }
    let names = rules
        .names
        .iter()
        .map(|(path, name)| (path.join("."), format!("data.{PACKAGE}.{name}")))
        .collect();
    Some(Linked {
        module: Module::made(PACKAGE, &text),
        names,
        parts,
    })
}

/// Every rule of a set of modules: its path from the root, and its new name.
struct Rules {
    names: BTreeMap<Vec<String>, String>,
    packages: BTreeSet<Vec<String>>,
}

impl Rules {
    fn new<'a>(modules: impl IntoIterator<Item = &'a (impl AsRef<Ast> + 'a)>) -> Option<Self> {
        let mut rules = Self {
            names: BTreeMap::new(),
            packages: BTreeSet::new(),
        };
        for module in modules {
            let module = module.as_ref();
            let package = package_path(module);
            for rule in &module.policy {
                let name = static_path(head(rule).0)?.into_iter().next()?;
                let number = rules.names.len();
                rules
                    .names
                    .entry([package.clone(), vec![name.clone()]].concat())
                    .or_insert_with(|| format!("{PREFIX}{number}_{name}"));
            }
            rules.packages.insert(package);
        }
        // A path that is a rule in one package and leads to another package says two things.
        let is_plain = rules
            .packages
            .iter()
            .all(|package| rules.of(package).is_none());
        is_plain.then_some(rules)
    }

    /// The new name of what a path leads to, and how many of its parts that name stands for.
    fn of(&self, path: &[String]) -> Option<(&str, usize)> {
        (1..=path.len()).find_map(|count| {
            let name = self.names.get(path.get(..count)?)?;
            Some((name.as_str(), count))
        })
    }
}

/// Links one module.
struct Linker<'a> {
    rules: &'a Rules,
    scope: Scope<'a>,
    aliases: BTreeMap<String, Vec<String>>,
    locals: BTreeSet<String>,
}

impl<'a> Linker<'a> {
    fn new(module: &'a Ast, rules: &'a Rules) -> Option<Self> {
        let mut aliases = BTreeMap::new();
        for import in &module.imports {
            aliases.insert(import_alias(import)?, static_path(&import.refr)?);
        }
        let linker = Self {
            rules,
            scope: Scope {
                package: package_path(module),
                imports: &module.imports,
                rule: Vec::new(),
            },
            aliases,
            locals: locals(module),
        };
        // A variable with the name of a rule or an import would be taken for it.
        let is_plain = linker
            .locals
            .iter()
            .all(|name| !linker.aliases.contains_key(name) && linker.own(name).is_none());
        is_plain.then_some(linker)
    }

    /// The new name of a rule of this package.
    fn own(&self, name: &str) -> Option<&'a str> {
        let path = [self.scope.package.as_slice(), &[name.to_owned()]].concat();
        self.rules.names.get(&path).map(String::as_str)
    }

    fn edits(&self, module: &Ast) -> Option<Vec<Edit>> {
        let mut edits = vec![blank(&module.package.span, &module.package.refr, None)?];
        for import in &module.imports {
            let alias = import.r#as.as_ref().map(|alias| alias.end);
            edits.push(blank(&import.span, &import.refr, alias)?);
        }
        let mut is_plain = true;
        for rule in &module.policy {
            walk_rule(rule, &mut |node| {
                let reference = match node {
                    Node::Expr(
                        expr @ (Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. }),
                    ) => expr,
                    Node::With(modifier) => modifier.refr.as_ref(),
                    _ => return,
                };
                match self.reference(reference) {
                    Some(edit) => edits.extend(edit),
                    None => is_plain = false,
                }
            });
        }
        is_plain.then_some(edits)
    }

    /// The change to a reference; the inner None where there is none to make, the outer where it is not plain what it
    /// means.
    #[expect(
        clippy::option_option,
        reason = "what it means and whether that is known are two things"
    )]
    fn reference(&self, reference: &Expr) -> Option<Option<Edit>> {
        let parts = parts(reference);
        let Some((first, _)) = parts.first() else {
            // It starts with something else than a name.
            return Some(None);
        };
        let start = usize::try_from(start_of(reference).start).ok()?;
        let path: Vec<String> = parts.iter().map(|(name, _)| name.clone()).collect();
        let alias = self.aliases.get(first);
        if first != "data" && alias.is_none() && self.own(first).is_none() {
            return Some(None);
        }
        let full = resolve(&path, &self.scope);
        if matches!(full.as_slice(), [_, root, ..] if root == "parameters") && full.len() > 1 {
            return if alias.is_some() { None } else { Some(None) };
        }
        if full.first().is_none_or(|root| root != "data") {
            // An import of a part of the input.
            return None;
        }
        let (name, count) = self.rules.of(&full)?;
        // How many parts of the reference as it is written the name stands for.
        let written = path.len().checked_sub(full.len().checked_sub(count)?)?;
        let (_, end) = parts.get(written.checked_sub(1)?)?;
        Some(Some(Edit {
            start,
            end: usize::try_from((*end)?).ok()?,
            text: name.to_owned(),
        }))
    }
}

/// The parts of a reference that are written out, and where each ends; None for one in brackets.
pub(super) fn parts(expr: &Expr) -> Vec<(String, Option<u32>)> {
    fn collect(expr: &Expr, parts: &mut Vec<(String, Option<u32>)>) -> bool {
        match expr {
            Expr::Var { span, .. } => {
                parts.push((span.text().to_owned(), Some(span.end)));
                true
            }
            Expr::RefDot { refr, field, .. } => {
                let is_whole = collect(refr, parts);
                if is_whole {
                    parts.push((field.0.text().to_owned(), Some(field.0.end)));
                }
                is_whole
            }
            Expr::RefBrack { refr, index, .. } => {
                let is_whole = collect(refr, parts);
                match index.as_ref() {
                    Expr::String { value, .. } | Expr::RawString { value, .. } if is_whole => {
                        let name = value.as_string().map(ToString::to_string);
                        parts.push((name.unwrap_or_default(), None));
                        true
                    }
                    _ => false,
                }
            }
            _ => false,
        }
    }
    let mut found = Vec::new();
    collect(expr, &mut found);
    found
}

/// Takes a package clause or an import away, up to its alias where it has one.
fn blank(clause: &regorus::unstable::Span, reference: &Expr, alias: Option<u32>) -> Option<Edit> {
    let end = match alias {
        Some(end) => end,
        None => parts(reference).last()?.1?,
    };
    Some(Edit {
        start: usize::try_from(clause.start).ok()?,
        end: usize::try_from(end).ok()?,
        text: String::new(),
    })
}

/// Every name that a module declares: arguments, `some`, `every`, `:=`. Only what is declared can hide a rule.
fn locals(module: &Ast) -> BTreeSet<String> {
    use regorus::unstable::{AssignOp, Rule, RuleHead};
    let mut names = BTreeSet::new();
    for rule in &module.policy {
        let arguments = match rule.as_ref() {
            Rule::Default { args, .. }
            | Rule::Spec {
                head: RuleHead::Func { args, .. },
                ..
            } => args.as_slice(),
            Rule::Spec { .. } => &[],
        };
        arguments
            .iter()
            .for_each(|argument| variables(argument, &mut names));
        walk_rule(rule, &mut |node| match node {
            Node::Declared(span) => {
                names.insert(span.text().to_owned());
            }
            Node::Expr(Expr::AssignExpr {
                op: AssignOp::ColEq,
                lhs,
                ..
            }) => variables(lhs, &mut names),
            Node::Pattern(pattern) => variables(pattern, &mut names),
            _ => {}
        });
    }
    names
}

/// The variables of a pattern.
fn variables(pattern: &Expr, names: &mut BTreeSet<String>) {
    super::walk::walk(pattern, &mut |node| {
        if let Node::Expr(Expr::Var { span, .. }) = node {
            names.insert(span.text().to_owned());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn linked(texts: &[&str]) -> Option<Linked> {
        let modules: Vec<Module> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| Module::new(&format!("{at}.rego"), text))
            .collect();
        let (parsed, problems) = Parsed::new(&modules);
        assert_eq!(problems, []);
        link(&parsed)
    }

    #[test]
    fn every_rule_gets_a_name_of_its_own() {
        let texts = [
            "package a.b\n\nimport rego.v1\n\nimport data.lib.one as l\n\ndeny contains m if {\n\tsome m in l.list\n\tl.f(m)\n\tdata.lib.one.map[m].deny == data.parameters[\"X\"].y\n}",
            "package lib.one\n\nlist := [x | some x in input.list]\n\nf(v) if v in list\n\nmap[k] := {\"deny\": v} if some k, v in list",
        ];
        let linked = linked(&texts).unwrap();
        let text: String = linked.module.text.replace('\t', "  ");
        insta::assert_snapshot!(text, @r#"
        package soc2gate_linked






        linked__0_deny contains m if {
          some m in linked__1_list
          linked__2_f(m)
          linked__3_map[m].deny == data.parameters["X"].y
        }


        linked__1_list := [x | some x in internal.collection(input.list)]

        linked__2_f(v) if v in linked__1_list

        linked__3_map[k] := {"deny": v} if some k, v in linked__1_list
        "#);
        assert_eq!(
            linked.name("data.a.b.deny"),
            Some("data.soc2gate_linked.linked__0_deny")
        );
        let problem = RegoProblem {
            file: PACKAGE.to_owned(),
            line: 11,
            column: 15,
            message: String::new(),
        };
        let placed = linked.placed(problem);
        assert_eq!(
            (placed.file.as_str(), placed.line, placed.column),
            ("0.rego", 10, 18)
        );
    }

    #[test]
    fn what_is_not_plain_stays_as_it_is() {
        let library = "package lib\n\nx := 1\n\nf(y) := y";
        for text in [
            "package a\n\np := data.lib[input.name]",
            "package a\n\np := data.lib",
            "package a\n\np := data.lib[\"x\"]",
            "package a\n\nimport data.lib\n\np := lib",
            "package a\n\nq := 1\n\np(q) := q",
            "package a\n\nq := 1\n\np if {\n\tsome q in [1]\n\tq == 1\n}",
            "package a\n\nimport data.lib\n\np if {\n\tlib := 1\n\tlib == 1\n}",
            "package a\n\nimport input.x\n\np := x",
            "package a\n\np := linked__0_x\n\nlinked__0_x := 1",
            "package lib.x\n\np := 1",
        ] {
            assert!(linked(&[text, library]).is_none(), "{text}");
        }
    }

    /// The files below a folder that are policies and no tests.
    fn policies(folder: &std::path::Path, found: &mut Vec<Module>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                policies(&path, found);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "rego")
                && !name.ends_with("_test.rego")
            {
                found.push(Module::new(&name, &std::fs::read_to_string(path).unwrap()));
            }
        }
    }

    #[test]
    fn the_whole_library_can_be_linked() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
        let mut modules = Vec::new();
        policies(&root.join("lib"), &mut modules);
        policies(&root.join("controls"), &mut modules);
        let (parsed, problems) = Parsed::new(&modules);
        assert_eq!(problems, []);
        let rules = Rules::new(parsed.ast()).unwrap();
        let obstacles: Vec<&str> = parsed
            .modules
            .iter()
            .zip(parsed.ast())
            .filter(|(_, tree)| {
                let linker = Linker::new(tree, &rules);
                linker.and_then(|linker| linker.edits(tree)).is_none()
            })
            .map(|(module, _)| &*module.file)
            .collect();
        assert_eq!(obstacles, Vec::<&str>::new());
        let linked = link(&parsed).unwrap();
        super::super::source::nesting::check(&linked.module).unwrap();
        let alone = Parsed {
            modules: vec![linked.module],
            ..Parsed::default()
        };
        alone.compile(&serde_json::json!({})).unwrap();
    }
}
