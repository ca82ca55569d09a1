//! What is refused when a policy is loaded, so that it cannot surprise anyone when it decides.

mod kind;
mod recursion;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use regorus::unstable::{Expr, Literal, Module as Ast, NodeRef, Query, Rule, RuleHead, Span};

use super::paths::PathMap;
use super::reference::{
    Scope, has_alias, head, import_alias, package_path, resolve, start_of, static_path,
};
use super::safety::unsafe_variables;
use super::{Dependencies, Parsed, RegoProblem, builtins, column, package_of};
use crate::threads;

pub(crate) use kind::CheckKind;

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
    let mut known = Known::new(&parameters, modules);
    known.outside = outside;
    let findings = known.look(modules, Checker::module);
    let recursive = known.recursion(&findings.graph, modules, false);
    let found = findings.found.into_iter();
    found
        .chain(recursive)
        .map(|(kind, problem)| (kind, problem.original(&parsed.modules)))
        .collect()
}

/// Modules that were looked at one by one.
pub(crate) struct Checked<'a> {
    files: &'a BTreeSet<Arc<str>>,
    known: Known<'a>,
    findings: Findings,
}

/// Looks through the modules of some files. `parameters` says for each control id which parameters it declares,
/// `controls` which packages are controls. Says also what each package needs, which is found on the way.
pub(crate) fn check<'a>(
    parsed: &'a Parsed,
    files: &'a BTreeSet<Arc<str>>,
    parameters: &'a BTreeMap<String, BTreeSet<String>>,
    controls: &BTreeSet<String>,
) -> (Checked<'a>, Dependencies) {
    let modules = parsed.ast();
    let known = Known::new(parameters, modules);
    let mut findings = known.look(modules, |checker, module| {
        if !files.contains(module.package.span.source.get_path().as_str()) {
            checker.references(module);
            return;
        }
        checker.module(module);
        if controls.contains(&package_of(module)) {
            checker.sets(module);
        }
    });
    let dependencies = Dependencies::of(parsed, std::mem::take(&mut findings.uses));
    let checked = Checked {
        files,
        known,
        findings,
    };
    (checked, dependencies)
}

impl Checked<'_> {
    /// What was found, and what is found where the modules are looked at together.
    pub(crate) fn problems(&self, parsed: &Parsed) -> Vec<(CheckKind, RegoProblem)> {
        let modules = parsed.ast();
        let recursive = self
            .known
            .recursion(&self.findings.graph, modules, false)
            .into_iter();
        let found = self.findings.found.iter().cloned().chain(recursive);
        found
            .filter(|(_, problem)| self.files.contains(problem.file.as_str()))
            .map(|(kind, problem)| (kind, problem.original(&parsed.modules)))
            .collect()
    }
}

/// Functions that call themselves, which would take all of the stack: what is evaluated without the other checks is
/// held to this one.
pub(super) fn recursive_functions(parsed: &Parsed) -> Vec<RegoProblem> {
    let parameters = BTreeMap::new();
    let modules = parsed.ast();
    let known = Known::new(&parameters, modules);
    let findings = known.look(modules, Checker::module);
    known
        .recursion(&findings.graph, modules, true)
        .into_iter()
        .map(|(_, problem)| problem.original(&parsed.modules))
        .collect()
}

/// The packages that each package refers to: every path that a module names, as far as it is written out.
pub(crate) fn references(parsed: &Parsed) -> BTreeMap<Vec<String>, BTreeSet<Vec<String>>> {
    let parameters = BTreeMap::new();
    let modules = parsed.ast();
    let known = Known::new(&parameters, modules);
    known.look(modules, Checker::references).uses
}

/// One rule of the set, by its full path.
struct Declared {
    span: Span,
    arities: BTreeSet<usize>,
}

/// What all modules say together.
struct Known<'a> {
    parameters: &'a BTreeMap<String, BTreeSet<String>>,
    rules: PathMap<Declared>,
    /// Rules that stand for the parameters of a control.
    aliases: BTreeMap<Vec<String>, String>,
    outside: Outside,
}

/// What was found in modules.
#[derive(Default)]
struct Findings {
    found: Vec<(CheckKind, RegoProblem)>,
    /// What each rule depends on: a rule at, above or below each path.
    graph: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
    /// The same of each package.
    uses: BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
}

impl Findings {
    fn add(&mut self, other: Self) {
        self.found.extend(other.found);
        for (rule, named) in other.graph {
            self.graph.entry(rule).or_default().extend(named);
        }
        for (package, named) in other.uses {
            self.uses.entry(package).or_default().extend(named);
        }
    }
}

/// A problem at a place.
fn found_at(kind: CheckKind, span: &Span, message: String) -> (CheckKind, RegoProblem) {
    let problem = RegoProblem {
        file: span.source.get_path().clone(),
        line: span.line,
        column: column(span.source.contents(), span.line, span.col),
        message,
    };
    (kind, problem)
}

/// Looks at one module.
struct Checker<'a> {
    known: &'a Known<'a>,
    findings: Findings,
    /// What the rule that is looked at depends on.
    named: BTreeSet<Vec<String>>,
}

impl<'a> Known<'a> {
    fn new(parameters: &'a BTreeMap<String, BTreeSet<String>>, modules: &[NodeRef<Ast>]) -> Self {
        let mut known = Self {
            parameters,
            rules: PathMap::default(),
            aliases: BTreeMap::new(),
            outside: Outside::Nothing,
        };
        for module in modules {
            known.declare(module);
        }
        known
    }

    /// Looks at every module.
    fn look<'k>(
        &'k self,
        modules: &[NodeRef<Ast>],
        work: impl Fn(&mut Checker<'k>, &Ast) + Sync,
    ) -> Findings {
        let found = threads::map(modules, |module| {
            let mut checker = Checker {
                known: self,
                findings: Findings::default(),
                named: BTreeSet::new(),
            };
            work(&mut checker, module);
            checker.findings
        });
        let mut all = Findings::default();
        found.into_iter().for_each(|found| all.add(found));
        all
    }

    fn declare(&mut self, module: &Ast) {
        let package = package_path(module);
        for rule in &module.policy {
            let (reference, arity) = head(rule);
            let Some(name) = static_path(reference) else {
                continue;
            };
            let path = [package.clone(), name].concat();
            let declared = self.rules.or_insert_with(&path, || Declared {
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

    /// The names of a module that are no variables: the rules of its package, and its imports.
    fn names(&self, module: &Ast) -> BTreeSet<String> {
        let rules = self.rules.parts_below(&package_path(module));
        rules
            .cloned()
            .chain(module.imports.iter().filter_map(import_alias))
            .collect()
    }
}

impl Checker<'_> {
    fn module(&mut self, module: &Ast) {
        let known = self.known.names(module);
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
        }
        self.references(module);
    }

    /// Looks at every reference and call of a module.
    fn references(&mut self, module: &Ast) {
        for rule in &module.policy {
            let (reference, _) = head(rule);
            let package = package_path(module);
            let name = static_path(reference).unwrap_or_default();
            let scope = Scope {
                rule: [package.clone(), name].concat(),
                package,
                imports: &module.imports,
            };
            self.rule(rule, &scope);
            let named = std::mem::take(&mut self.named);
            let Findings { uses, graph, .. } = &mut self.findings;
            let uses = uses.entry(scope.package).or_default();
            uses.extend(named.iter().cloned());
            graph.entry(scope.rule).or_default().extend(named);
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
        let is_import = |name: &str| scope.imports.iter().any(|import| has_alias(import, name));
        if path
            .first()
            .is_some_and(|first| first == "data" || is_import(first))
        {
            self.exists(&full, start_of(expr));
        }
        self.named.insert(full);
    }

    fn call(&mut self, span: &Span, function: &Expr, arguments: usize, scope: &Scope<'_>) {
        let Some(path) = static_path(function) else {
            return;
        };
        let full = resolve(&path, scope);
        if let Some(declared) = self.known.rules.get(&full) {
            if !declared.arities.is_empty() && !declared.arities.contains(&arguments) {
                let message = format!(
                    "{} takes {} arguments, not {arguments}",
                    path.join("."),
                    one_of(&declared.arities)
                );
                self.report(CheckKind::WrongArity, span, message);
            }
            self.named.insert(full);
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
        let is_outside = match self.known.outside {
            Outside::Nothing => false,
            Outside::Root(name) => root == name,
            Outside::Anything => root != "soc2",
        };
        if data != "data" || root == "parameters" || is_outside {
            return;
        }
        if !self.known.rules.is_around(path) {
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
            [rule @ .., name] => match self.known.aliases.get(rule) {
                Some(control) => (control.clone(), name),
                None => return,
            },
            [] => return,
        };
        if let Some(declared) = self.known.parameters.get(&control)
            && declared.contains(name)
        {
            return;
        }
        let message = format!("{control} declares no parameter {name}");
        self.report(CheckKind::UndeclaredParameter, span, message);
    }

    fn report(&mut self, kind: CheckKind, span: &Span, message: String) {
        self.findings.found.push(found_at(kind, span, message));
    }
}

fn one_of(arities: &BTreeSet<usize>) -> String {
    arities
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(" or ")
}
