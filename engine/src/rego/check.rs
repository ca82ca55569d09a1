//! What is refused when a policy is loaded, so that it cannot surprise anyone when it decides.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Literal, Module as Ast, NodeRef, Query, Rule, RuleHead, Span};

use super::chains::{self, Edges, Written};
use super::reference::{Scope, head, import_alias, package_path, resolve, start_of, static_path};
use super::safety::unsafe_variables;
use super::{Parsed, RegoProblem, builtins, column, package_of};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CheckKind {
    /// A call of something that is no function.
    UnknownFunction,
    /// A call of a function that cannot be replayed or that reaches out.
    ForbiddenFunction,
    /// A call with too few or too many arguments.
    WrongArity,
    /// A variable that nothing binds.
    UnsafeVariable,
    /// A reference into `data` where nothing is.
    UnknownReference,
    /// A rule of a control that must be a set and is not.
    NotASet,
    /// A rule that depends on itself.
    Recursion,
    /// A parameter that METADATA does not declare.
    UndeclaredParameter,
}

/// Built-ins of OPA that no decision may depend on: they reach out, or give another answer elsewhere.
pub(super) const FORBIDDEN: &[&str] = &[
    "http.send",
    "opa.runtime",
    "net.lookup_ip_addr",
    "rego.parse_module",
];

/// What else there is below `data`, beside parameters and rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outside {
    /// Nothing: what leads nowhere is a mistake.
    Nothing,
    /// One document, such as `inventory`.
    Root(&'static str),
    /// Anything but what belongs to soc2gate.
    Anything,
}

/// Looks through every module of policies that were not written for soc2gate.
pub(crate) fn check_with(parsed: &Parsed, outside: Outside) -> Vec<(CheckKind, RegoProblem)> {
    let parameters = BTreeMap::new();
    let modules = parsed.ast();
    let mut checker = Checker::new(&parameters, &modules);
    checker.outside = outside;
    for module in &modules {
        checker.module(module);
    }
    checker.recursion(&modules, false);
    checker
        .found
        .into_iter()
        .map(|(kind, problem)| (kind, problem.original(&parsed.modules)))
        .collect()
}

/// Looks through every module. `parameters` says for each control id which parameters it declares, `controls`
/// which packages are controls.
pub(crate) fn check(
    parsed: &Parsed,
    parameters: &BTreeMap<String, BTreeSet<String>>,
    controls: &BTreeSet<String>,
) -> Vec<(CheckKind, RegoProblem)> {
    let modules = parsed.ast();
    let mut checker = Checker::new(parameters, &modules);
    for module in &modules {
        checker.module(module);
        if controls.contains(&package_of(module)) {
            checker.sets(module);
        }
    }
    checker.recursion(&modules, false);
    checker
        .found
        .into_iter()
        .map(|(kind, problem)| (kind, problem.original(&parsed.modules)))
        .collect()
}

/// Functions that call themselves, which would take all of the stack: what is evaluated without the other checks is
/// held to this one.
pub(super) fn recursive_functions(parsed: &Parsed) -> Vec<RegoProblem> {
    let parameters = BTreeMap::new();
    let modules = parsed.ast();
    let mut checker = Checker::new(&parameters, &modules);
    for module in &modules {
        checker.module(module);
    }
    checker.found.clear();
    checker.recursion(&modules, true);
    checker
        .found
        .into_iter()
        .map(|(_, problem)| problem.original(&parsed.modules))
        .collect()
}

/// The packages that each package refers to: every path that a module names, as far as it is written out.
pub(crate) fn references(parsed: &Parsed) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let parameters = BTreeMap::new();
    let modules = parsed.ast();
    let mut checker = Checker::new(&parameters, &modules);
    for module in &modules {
        checker.module(module);
    }
    checker.uses
}

/// One rule of the set, by its full path.
struct Declared {
    span: Span,
    arities: BTreeSet<usize>,
}

struct Checker<'a> {
    parameters: &'a BTreeMap<String, BTreeSet<String>>,
    rules: BTreeMap<Vec<String>, Declared>,
    found: Vec<(CheckKind, RegoProblem)>,
    graph: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    uses: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    /// Rules that stand for the parameters of a control.
    aliases: BTreeMap<Vec<String>, String>,
    outside: Outside,
}

impl<'a> Checker<'a> {
    fn new(parameters: &'a BTreeMap<String, BTreeSet<String>>, modules: &[NodeRef<Ast>]) -> Self {
        let mut checker = Self {
            parameters,
            rules: BTreeMap::new(),
            found: Vec::new(),
            graph: BTreeMap::new(),
            uses: BTreeMap::new(),
            aliases: BTreeMap::new(),
            outside: Outside::Nothing,
        };
        for module in modules {
            checker.declare(module);
        }
        checker
    }

    fn declare(&mut self, module: &Ast) {
        let package = package_path(module);
        for rule in &module.policy {
            let (reference, arity) = head(rule);
            let Some(name) = static_path(reference) else {
                continue;
            };
            let path = [package.clone(), name].concat();
            let declared = self.rules.entry(path).or_insert_with(|| Declared {
                span: reference.span().clone(),
                arities: BTreeSet::new(),
            });
            declared.arities.extend(arity);
            self.alias(module, rule, &package);
        }
    }

    /// Remembers a rule that is nothing but the parameters of a control: `_parameters := data.parameters["X"]`.
    fn alias(&mut self, module: &Ast, rule: &Rule, package: &[String]) {
        let Rule::Spec {
            head:
                RuleHead::Compr {
                    refr,
                    assign: Some(assign),
                    ..
                },
            ..
        } = rule
        else {
            return;
        };
        let (Some(name), Some(value)) = (static_path(refr), static_path(&assign.value)) else {
            return;
        };
        let scope = Scope {
            package: package.to_vec(),
            imports: &module.imports,
            rule: Vec::new(),
        };
        if let [data, parameters, control] = resolve(&value, &scope).as_slice()
            && data == "data"
            && parameters == "parameters"
        {
            self.aliases
                .insert([package, &name].concat(), control.clone());
        }
    }

    fn module(&mut self, module: &Ast) {
        let known = self.known_names(module);
        for import in &module.imports {
            if let Some(target) = static_path(&import.refr) {
                self.exists(&target, start_of(&import.refr));
            }
        }
        for rule in &module.policy {
            for found in unsafe_variables(rule, &known) {
                let message = format!("nothing binds the variable {}", found.name);
                self.report(CheckKind::UnsafeVariable, &found.span, message);
            }
            let (reference, _) = head(rule);
            let package = package_path(module);
            let name = static_path(reference).unwrap_or_default();
            let scope = Scope {
                rule: [package.clone(), name].concat(),
                package,
                imports: &module.imports,
            };
            self.rule(rule, &scope);
        }
    }

    /// `deny` and `unknown` of a control are sets: a rule that is true says nothing, and one that is undefined
    /// looks like an empty set.
    fn sets(&mut self, module: &Ast) {
        for rule in &module.policy {
            let (reference, _) = head(rule);
            let name = static_path(reference).unwrap_or_default().join(".");
            let is_set = matches!(
                rule.as_ref(),
                Rule::Spec {
                    head: RuleHead::Set { .. },
                    ..
                }
            );
            if matches!(name.as_str(), "deny" | "unknown") && !is_set {
                let message = format!("rule {name} is not a set: write `{name} contains … if …`");
                self.report(CheckKind::NotASet, start_of(reference), message);
            }
        }
    }

    /// The names of a module that are no variables: the rules of its package, and its imports.
    fn known_names(&self, module: &Ast) -> BTreeSet<String> {
        let package = package_path(module);
        let rules = self
            .rules
            .keys()
            .filter_map(|path| path.strip_prefix(package.as_slice())?.first().cloned());
        rules
            .chain(module.imports.iter().filter_map(import_alias))
            .collect()
    }

    fn rule(&mut self, rule: &Rule, scope: &Scope<'_>) {
        match rule {
            Rule::Default { value, .. } => self.expr(value, scope),
            Rule::Spec { head, bodies, .. } => {
                match head {
                    RuleHead::Compr { refr, assign, .. } => {
                        self.indexes(refr, scope);
                        assign
                            .iter()
                            .for_each(|assign| self.expr(&assign.value, scope));
                    }
                    RuleHead::Set { refr, key, .. } => {
                        self.indexes(refr, scope);
                        key.iter().for_each(|key| self.expr(key, scope));
                    }
                    RuleHead::Func { args, assign, .. } => {
                        args.iter().for_each(|argument| self.expr(argument, scope));
                        assign
                            .iter()
                            .for_each(|assign| self.expr(&assign.value, scope));
                    }
                }
                for body in bodies {
                    body.assign
                        .iter()
                        .for_each(|assign| self.expr(&assign.value, scope));
                    self.query(&body.query, scope);
                }
            }
        }
    }

    fn query(&mut self, query: &Query, scope: &Scope<'_>) {
        for statement in &query.stmts {
            match &statement.literal {
                Literal::SomeVars { .. } => {}
                Literal::SomeIn {
                    key,
                    value,
                    collection,
                    ..
                } => {
                    key.iter().for_each(|key| self.expr(key, scope));
                    self.expr(value, scope);
                    self.expr(collection, scope);
                }
                Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. } => {
                    self.expr(expr, scope);
                }
                Literal::Every { domain, query, .. } => {
                    self.expr(domain, scope);
                    self.query(query, scope);
                }
            }
            for modifier in &statement.with_mods {
                self.expr(&modifier.r#as, scope);
            }
        }
    }

    fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) {
        match expr {
            Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } => {
                self.reference(expr, scope);
                self.indexes(expr, scope);
            }
            Expr::Call { fcn, params, .. } => {
                self.call(start_of(fcn), fcn, params.len(), scope);
                params.iter().for_each(|param| self.expr(param, scope));
            }
            Expr::Array { items, .. } | Expr::Set { items, .. } => {
                items.iter().for_each(|item| self.expr(item, scope));
            }
            Expr::Object { fields, .. } => {
                for (_, key, value) in fields {
                    self.expr(key, scope);
                    self.expr(value, scope);
                }
            }
            Expr::ArrayCompr { term, query, .. } | Expr::SetCompr { term, query, .. } => {
                self.expr(term, scope);
                self.query(query, scope);
            }
            Expr::ObjectCompr {
                key, value, query, ..
            } => {
                self.expr(key, scope);
                self.expr(value, scope);
                self.query(query, scope);
            }
            Expr::UnaryExpr { expr, .. } => self.expr(expr, scope),
            Expr::BinExpr { lhs, rhs, .. }
            | Expr::BoolExpr { lhs, rhs, .. }
            | Expr::ArithExpr { lhs, rhs, .. }
            | Expr::AssignExpr { lhs, rhs, .. } => {
                self.expr(lhs, scope);
                self.expr(rhs, scope);
            }
            Expr::Membership {
                key,
                value,
                collection,
                ..
            } => {
                key.iter().for_each(|key| self.expr(key, scope));
                self.expr(value, scope);
                self.expr(collection, scope);
            }
            Expr::String { .. }
            | Expr::RawString { .. }
            | Expr::Number { .. }
            | Expr::Bool { .. }
            | Expr::Null { .. } => {}
        }
    }

    /// The computed parts of a reference: `input.a[f(x)]`.
    fn indexes(&mut self, expr: &Expr, scope: &Scope<'_>) {
        match expr {
            Expr::RefDot { refr, .. } => self.indexes(refr, scope),
            Expr::RefBrack { refr, index, .. } => {
                self.indexes(refr, scope);
                self.expr(index, scope);
            }
            Expr::Call { .. } => self.expr(expr, scope),
            _ => {}
        }
    }

    fn reference(&mut self, expr: &Expr, scope: &Scope<'_>) {
        let Some(path) = static_path(expr) else {
            return;
        };
        let full = resolve(&path, scope);
        self.parameter(&full, start_of(expr));
        // Any other name may be a variable; those that nothing binds are found elsewhere.
        let is_import = |name: &String| {
            scope
                .imports
                .iter()
                .any(|import| import_alias(import).as_ref() == Some(name))
        };
        if path
            .first()
            .is_some_and(|first| first == "data" || is_import(first))
        {
            self.exists(&full, start_of(expr));
        }
        self.depend(scope, full);
    }

    fn call(&mut self, span: &Span, function: &Expr, arguments: usize, scope: &Scope<'_>) {
        let Some(path) = static_path(function) else {
            return;
        };
        let full = resolve(&path, scope);
        if let Some(declared) = self.rules.get(&full) {
            if !declared.arities.is_empty() && !declared.arities.contains(&arguments) {
                let message = format!(
                    "{} takes {} arguments, not {arguments}",
                    path.join("."),
                    one_of(&declared.arities)
                );
                self.report(CheckKind::WrongArity, span, message);
            }
            self.depend(scope, full);
            return;
        }
        let name = path.join(".");
        if FORBIDDEN.contains(&name.as_str()) {
            let message =
                format!("{name} is not allowed: a decision that depends on it cannot be replayed");
            self.report(CheckKind::ForbiddenFunction, span, message);
            return;
        }
        if name == "walk" && arguments == 1 {
            // What was not rewritten (`source/relations.rs`) would be a list of all pairs.
            let message = "write walk(x, [path, value]) for [path, value] := walk(x)".to_owned();
            self.report(CheckKind::WrongArity, span, message);
            return;
        }
        let arity = builtins::arity(&name);
        match arity {
            None => self.report(
                CheckKind::UnknownFunction,
                span,
                format!("there is no function {name}"),
            ),
            // One more argument is OPA's out-parameter form, `f(x, y)` for `y = f(x)`.
            Some(arity) if arity != usize::MAX && arguments != arity && arguments != arity + 1 => {
                let message = format!("{name} takes {arity} arguments, not {arguments}");
                self.report(CheckKind::WrongArity, span, message);
            }
            Some(_) => {}
        }
    }

    /// `data` holds the parameters and the rules of the loaded packages; everything else is undefined, and a rule
    /// that asks for it would quietly never hold.
    fn exists(&mut self, path: &[String], span: &Span) {
        let [data, root, ..] = path else { return };
        let is_outside = match self.outside {
            Outside::Nothing => false,
            Outside::Root(name) => root == name,
            Outside::Anything => root != "soc2",
        };
        if data != "data" || root == "parameters" || is_outside {
            return;
        }
        let is_known = self
            .rules
            .keys()
            .any(|rule| rule.starts_with(path) || path.starts_with(rule));
        if !is_known {
            let message = format!("there is nothing at {}", path.join("."));
            self.report(CheckKind::UnknownReference, span, message);
        }
    }

    fn parameter(&mut self, path: &[String], span: &Span) {
        let (control, name) = match path {
            [data, parameters, control, name, ..]
                if data == "data" && parameters == "parameters" =>
            {
                (control.clone(), name)
            }
            [rule @ .., name] => match self.aliases.get(rule) {
                Some(control) => (control.clone(), name),
                None => return,
            },
            [] => return,
        };
        if let Some(declared) = self.parameters.get(&control)
            && declared.contains(name)
        {
            return;
        }
        let message = format!("{control} declares no parameter {name}");
        self.report(CheckKind::UndeclaredParameter, span, message);
    }

    /// Records that a rule depends on whatever a path leads to: a rule at, above or below it.
    fn depend(&mut self, scope: &Scope<'_>, path: Vec<String>) {
        self.uses
            .entry(scope.package.clone())
            .or_default()
            .insert(path.clone());
        self.graph
            .entry(scope.rule.clone())
            .or_default()
            .insert(path);
    }

    fn report(&mut self, kind: CheckKind, span: &Span, message: String) {
        self.found.push((
            kind,
            RegoProblem {
                file: span.source.get_path().clone(),
                line: span.line,
                column: column(span.source.contents(), span.line, span.col),
                message,
            },
        ));
    }

    fn is_function(&self, path: &Vec<String>) -> bool {
        let declared = self.rules.get(path);
        declared.is_some_and(|declared| !declared.arities.is_empty())
    }

    /// Reports rules that depend on themselves, or only functions that do, and rules that ask for too much of the stack.
    fn recursion(&mut self, modules: &[NodeRef<Ast>], only_functions: bool) {
        let mut edges = Edges::new();
        let mut calls = Edges::new();
        for (rule, paths) in &self.graph {
            let targets = paths.iter().flat_map(|path| chains::at(&self.rules, path));
            edges.insert(rule, targets.map(|(target, _)| target).collect());
            // A reference to all of a package does not call its functions, and a rule that comes by itself is found when
            // it is evaluated.
            let functions = paths.iter().filter(|path| self.is_function(path));
            calls.insert(rule, functions.collect());
        }
        let followed = if only_functions { &calls } else { &edges };
        let cyclic: BTreeSet<&Vec<String>> = chains::components(followed)
            .into_iter()
            .filter(|component| match component.as_slice() {
                [only] => followed
                    .get(only)
                    .is_some_and(|targets| targets.contains(only)),
                _ => true,
            })
            .flatten()
            .collect();
        let mut problems: Vec<(&Vec<String>, &str)> = Vec::new();
        for rule in cyclic {
            let is_wanted = !only_functions || self.is_function(rule);
            if is_wanted && self.rules.contains_key(rule) {
                problems.push((rule, "depends on itself"));
            }
        }
        if problems.is_empty() {
            problems = chains::too_long(&edges, &written(modules));
        }
        let problems: Vec<(Span, String)> = problems
            .into_iter()
            .filter_map(|(rule, what)| {
                let message = format!("rule {} {what}", rule.join("."));
                Some((self.rules.get(rule)?.span.clone(), message))
            })
            .collect();
        for (span, message) in problems {
            self.report(CheckKind::Recursion, &span, message);
        }
    }
}

/// The rules of modules by their paths, each with where it stands.
fn written(modules: &[NodeRef<Ast>]) -> BTreeMap<Vec<String>, Vec<Written<'_>>> {
    let mut written: BTreeMap<Vec<String>, Vec<Written<'_>>> = BTreeMap::new();
    for module in modules {
        let package = package_path(module);
        for rule in &module.policy {
            let name = static_path(head(rule).0).unwrap_or_default();
            let path = [package.clone(), name].concat();
            let scope = Scope {
                rule: path.clone(),
                package: package.clone(),
                imports: &module.imports,
            };
            written
                .entry(path)
                .or_default()
                .push(Written { rule, scope });
        }
    }
    written
}

fn one_of(arities: &BTreeSet<usize>) -> String {
    arities
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" or ")
}
