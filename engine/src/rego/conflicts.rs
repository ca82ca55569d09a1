//! Rules that cannot stand beside each other, within a module and across modules. OPA refuses them when it compiles;
//! regorus takes one of them, or fails when it comes by.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;
use regorus::unstable::{Expr, Literal, Module as Ast, Query, Rule, RuleHead, Span};

use super::check::CheckKind;
use super::reference::{head, import_alias, package_path, start_of};
use super::{Parsed, RegoProblem, column};

/// Rules that contradict each other, as far as OPA's compiler refuses them.
pub(crate) fn conflicts(parsed: &Parsed) -> Vec<(CheckKind, RegoProblem)> {
    find(parsed, false)
}

/// The same, and rules without conditions that give different values: OPA finds those when it evaluates them.
pub(crate) fn conflicts_and_contradictions(parsed: &Parsed) -> Vec<(CheckKind, RegoProblem)> {
    find(parsed, true)
}

fn find(parsed: &Parsed, with_values: bool) -> Vec<(CheckKind, RegoProblem)> {
    let modules = authored(parsed);
    let mut tree = Tree::default();
    for module in &modules {
        let package = package_path(module);
        tree.packages.insert(package.clone());
        for rule in &module.policy {
            tree.add(&package, rule);
        }
    }
    tree.judge(with_values);
    let mut found = tree.found;
    for module in &modules {
        if module.rego_v1 {
            imports(module, &mut found);
        }
        defaults(module, &mut found);
        bare_names(module, &mut found);
    }
    found
        .into_iter()
        .map(|(kind, problem)| (kind, problem.original(&parsed.modules)))
        .collect()
}

/// The modules that have an author.
fn authored(parsed: &Parsed) -> Vec<&Ast> {
    parsed
        .modules
        .iter()
        .zip(parsed.ast())
        .filter(|(module, _)| !module.is_made())
        .map(|(_, tree)| tree.as_ref())
        .collect()
}

/// What the rules of a path are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// `x := 1`, also as a part of an object: `x.y := 1`.
    Complete,
    /// `x contains 1`.
    Set,
    /// `x[key] := 1`.
    Object,
    /// `f(a) := 1`, with the number of its arguments.
    Function(usize),
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Complete => f.write_str("a complete rule"),
            Self::Set => f.write_str("a partial set"),
            Self::Object => f.write_str("a partial object"),
            Self::Function(1) => f.write_str("a function of 1 argument"),
            Self::Function(count) => write!(f, "a function of {count} arguments"),
        }
    }
}

/// A rule at the part of its path that is written out.
struct Entry {
    shape: Shape,
    /// Whether all of its path is written out, so that no rule can stand below it.
    is_ground: bool,
    is_default: bool,
    /// Its value, where it holds whatever the input is, and the arguments that it holds for.
    constant: Option<(Vec<Option<Value>>, Value)>,
    span: Span,
}

/// Every rule by its path, those below a path after it.
#[derive(Default)]
struct Tree {
    rules: BTreeMap<Vec<String>, Vec<Entry>>,
    packages: BTreeSet<Vec<String>>,
    found: Vec<(CheckKind, RegoProblem)>,
}

impl Tree {
    fn add(&mut self, package: &[String], rule: &Rule) {
        let (reference, arity) = head(rule);
        let is_set = match rule {
            Rule::Spec {
                head: RuleHead::Set { key, .. },
                ..
            } => {
                // `p.q { … }` of version 0 is a part of `p` in some versions of OPA and a set in others.
                if key.is_none() {
                    return;
                }
                true
            }
            _ => false,
        };
        let Some((name, is_ground)) = ground_prefix(reference) else {
            return;
        };
        let shape = match arity {
            Some(count) => Shape::Function(count),
            None if is_set => Shape::Set,
            None if is_ground => Shape::Complete,
            None => Shape::Object,
        };
        let entry = Entry {
            shape,
            is_ground,
            is_default: matches!(rule, Rule::Default { .. }),
            constant: constant_rule(rule),
            span: start_of(reference).clone(),
        };
        let path = [package, name.as_slice()].concat();
        self.rules.entry(path).or_default().push(entry);
    }

    fn judge(&mut self, with_values: bool) {
        let mut found = Vec::new();
        for (path, entries) in &self.rules {
            let name = path.join(".");
            let message = self
                .within(path, entries)
                .or_else(|| mixed(entries))
                .or_else(|| twice_default(entries))
                .or_else(|| with_values.then(|| contradiction(entries)).flatten());
            if let Some((span, message)) = message {
                found.push(report_at(
                    CheckKind::Conflict,
                    span,
                    format!("{name} {message}"),
                ));
            }
        }
        self.found = found;
    }

    /// A rule that has a value of its own, with other rules or a package below it.
    fn within<'a>(&self, path: &Vec<String>, entries: &'a [Entry]) -> Option<(&'a Span, String)> {
        let ground = entries.iter().find(|entry| entry.is_ground)?;
        let below = self
            .rules
            .range(path.clone()..)
            .skip(1)
            .take_while(|(other, _)| other.starts_with(path))
            .find_map(|(other, entries)| Some((other, entries.first()?)));
        let message = match below {
            Some((other, entry)) => {
                let place = place(&entry.span);
                format!(
                    "is {} with a rule below it: {} at {place}",
                    ground.shape,
                    other.join(".")
                )
            }
            None if self.packages.contains(path) => {
                format!("is {} and a package", ground.shape)
            }
            None => return None,
        };
        Some((&ground.span, message))
    }
}

/// Rules of one path that are not of one shape.
fn mixed(entries: &[Entry]) -> Option<(&Span, String)> {
    let first = entries.first()?;
    let other = entries.iter().find(|entry| entry.shape != first.shape)?;
    let message = format!(
        "is {} here and {} at {}",
        other.shape,
        first.shape,
        place(&first.span)
    );
    Some((&other.span, message))
}

fn twice_default(entries: &[Entry]) -> Option<(&Span, String)> {
    let mut defaults = entries.iter().filter(|entry| entry.is_default);
    let (first, second) = (defaults.next()?, defaults.next()?);
    let message = format!("has a default at {} already", place(&first.span));
    Some((&second.span, message))
}

/// Two rules that always hold, and say different things of the same.
fn contradiction(entries: &[Entry]) -> Option<(&Span, String)> {
    entries.iter().enumerate().find_map(|(at, second)| {
        let (arguments, value) = second.constant.as_ref()?;
        let first = entries.iter().take(at).find(|first| {
            first.constant.as_ref().is_some_and(|(others, other)| {
                let meets =
                    |(a, b): (&Option<Value>, &Option<Value>)| a.is_none() || b.is_none() || a == b;
                other != value && arguments.iter().zip(others).all(meets)
            })
        })?;
        let message = format!("always has another value at {}", place(&first.span));
        Some((&second.span, message))
    })
}

/// The value of a rule that holds whatever the input is; each argument as a value, or None where it may be anything.
fn constant_rule(rule: &Rule) -> Option<(Vec<Option<Value>>, Value)> {
    let Rule::Spec { head, bodies, .. } = rule else {
        return None;
    };
    if !bodies.first().is_none_or(|body| is_true(&body.query)) {
        return None;
    }
    let (reference, args, assign): (_, &[_], _) = match head {
        RuleHead::Compr { refr, assign, .. } => (refr, &[], assign),
        RuleHead::Func {
            refr, args, assign, ..
        } => (refr, args, assign),
        RuleHead::Set { .. } => return None,
    };
    if !ground_prefix(reference)?.1 {
        return None;
    }
    let value = match assign {
        Some(assign) => constant(&assign.value)?,
        None => Value::Bool(true),
    };
    let mut names = BTreeSet::new();
    let arguments = args.iter().map(|argument| match argument.as_ref() {
        // A name that comes twice asks for two arguments to be equal.
        Expr::Var { span, .. } if span.text() == "_" || names.insert(span.text()) => Some(None),
        other => constant(other).map(Some),
    });
    Some((arguments.collect::<Option<_>>()?, value))
}

fn is_true(query: &Query) -> bool {
    query.stmts.iter().all(|statement| {
        matches!(&statement.literal, Literal::Expr { expr, .. }
            if matches!(expr.as_ref(), Expr::Bool { value: Value::Bool(true), .. }))
    })
}

/// The value of an expression without names, calls and comprehensions.
fn constant(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::String { value, .. }
        | Expr::RawString { value, .. }
        | Expr::Number { value, .. }
        | Expr::Bool { value, .. }
        | Expr::Null { value, .. } => Some(value.clone()),
        Expr::Array { items, .. } => {
            let items = items.iter().map(|item| constant(item));
            Some(Value::from(items.collect::<Option<Vec<_>>>()?))
        }
        Expr::Set { items, .. } => {
            let items = items.iter().map(|item| constant(item));
            Some(Value::from(items.collect::<Option<BTreeSet<_>>>()?))
        }
        Expr::Object { fields, .. } => {
            let fields = fields
                .iter()
                .map(|(_, key, value)| Some((constant(key)?, constant(value)?)));
            Some(Value::from(fields.collect::<Option<BTreeMap<_, _>>>()?))
        }
        _ => None,
    }
}

/// The part of a rule's name before the first key that is computed, and whether that is all of it.
fn ground_prefix(reference: &Expr) -> Option<(Vec<String>, bool)> {
    match reference {
        Expr::Var { span, .. } => Some((vec![span.text().to_owned()], true)),
        Expr::RefDot { refr, field, .. } => {
            let (mut path, is_ground) = ground_prefix(refr)?;
            if is_ground {
                path.push(field.0.text().to_owned());
            }
            Some((path, is_ground))
        }
        Expr::RefBrack { refr, index, .. } => {
            let (mut path, is_ground) = ground_prefix(refr)?;
            let key = match constant(index) {
                Some(Value::String(text)) => Some(text.to_string()),
                Some(value) => Some(format!("[{value}]")),
                None => None,
            };
            match key.filter(|_| is_ground) {
                Some(key) => {
                    path.push(key);
                    Some((path, true))
                }
                None => Some((path, false)),
            }
        }
        _ => None,
    }
}

/// Two imports of one name.
fn imports(module: &Ast, found: &mut Vec<(CheckKind, RegoProblem)>) {
    let mut seen: BTreeMap<String, &Span> = BTreeMap::new();
    for import in &module.imports {
        let Some(name) = import_alias(import) else {
            continue;
        };
        let span = start_of(&import.refr);
        let root = span.text();
        if !matches!(root, "data" | "input") {
            continue;
        }
        if let Some(first) = seen.insert(name.clone(), span) {
            let message = format!("{name} is the name of the import at {} too", place(first));
            found.push(report_at(CheckKind::Conflict, span, message));
        }
    }
}

/// Defaults that are not the same for every input.
fn defaults(module: &Ast, found: &mut Vec<(CheckKind, RegoProblem)>) {
    for rule in &module.policy {
        let Rule::Default { value, .. } = rule.as_ref() else {
            continue;
        };
        if let Some(computed) = computed_part(value) {
            let message = "the value of a default is written out: no names and no calls";
            let span = start_of(computed);
            found.push(report_at(
                CheckKind::IllegalDefault,
                span,
                message.to_owned(),
            ));
        }
    }
}

/// Names that stand alone, which regorus takes for rules in version 0.
fn bare_names(module: &Ast, found: &mut Vec<(CheckKind, RegoProblem)>) {
    for rule in &module.policy {
        if let Rule::Spec {
            head: RuleHead::Compr {
                refr, assign: None, ..
            },
            bodies,
            ..
        } = rule.as_ref()
            && bodies.is_empty()
        {
            let message = "a rule has a body or a value".to_owned();
            found.push(report_at(CheckKind::BareName, start_of(refr), message));
        }
    }
}

/// The first part of a value that depends on something; a comprehension may.
fn computed_part(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Var { .. } | Expr::RefDot { .. } | Expr::RefBrack { .. } | Expr::Call { .. } => {
            Some(value)
        }
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().find_map(|item| computed_part(item))
        }
        Expr::Object { fields, .. } => fields
            .iter()
            .find_map(|(_, key, value)| computed_part(key).or_else(|| computed_part(value))),
        _ => None,
    }
}

fn report_at(kind: CheckKind, span: &Span, message: String) -> (CheckKind, RegoProblem) {
    let problem = RegoProblem {
        file: span.source.get_path().clone(),
        line: span.line,
        column: column(span.source.contents(), span.line, span.col),
        message,
    };
    (kind, problem)
}

fn place(span: &Span) -> String {
    format!("{}:{}", span.source.get_path(), span.line)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::{Module, RegoVersion};
    use super::*;

    /// `file:line:column message` of everything that is found in some modules, files `0`, `1` and so on.
    fn found(version: &'static [RegoVersion], texts: &[&str], with_values: bool) -> Vec<String> {
        let modules: Vec<Module> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| Module::new(&at.to_string(), text))
            .collect();
        let (parsed, problems) = Parsed::new_in(version, &modules);
        assert_eq!(problems, []);
        let problems = find(&parsed, with_values).into_iter();
        problems.map(|(_, problem)| problem.to_string()).collect()
    }

    fn in_one(rules: &str) -> Vec<String> {
        let text = format!("package p\n\n{rules}\n");
        found(&[RegoVersion::V1], &[&text], false)
    }

    #[rstest]
    #[case::set(
        "x := 1\nx contains 2",
        "0:4:1: data.p.x is a partial set here and a complete rule at 0:3"
    )]
    #[case::function(
        "x contains 1\nx(a) := a",
        "0:4:1: data.p.x is a function of 1 argument here and a partial set at 0:3"
    )]
    #[case::object(
        "x := 1\nx[a] := 1 if a := \"k\"",
        "0:4:1: data.p.x is a partial object here and a complete rule at 0:3"
    )]
    #[case::set_and_object(
        "x contains 1\nx[a] := 1 if a := \"k\"",
        "0:4:1: data.p.x is a partial object here and a partial set at 0:3"
    )]
    #[case::arity(
        "f(a) := a\nf(a, b) := a + b",
        "0:4:1: data.p.f is a function of 2 arguments here and a function of 1 argument at 0:3"
    )]
    #[case::default_of_a_set(
        "default x := 1\nx contains 2",
        "0:4:1: data.p.x is a partial set here and a complete rule at 0:3"
    )]
    #[case::default_of_another_arity(
        "default f(_, _) := 1\nf(a) := a",
        "0:4:1: data.p.f is a function of 1 argument here and a function of 2 arguments at 0:3"
    )]
    #[case::two_defaults(
        "default x := 1\nx := 2 if input.a\ndefault x := 1",
        "0:5:9: data.p.x has a default at 0:3 already"
    )]
    #[case::below_a_value(
        "x := {\"a\": 1}\nx.b := 2",
        "0:3:1: data.p.x is a complete rule with a rule below it: data.p.x.b at 0:4"
    )]
    #[case::below_a_set(
        "x.b := 1\nx contains \"c\"",
        "0:4:1: data.p.x is a partial set with a rule below it: data.p.x.b at 0:3"
    )]
    #[case::in_brackets(
        "x[\"b\"] := 1\nx.b.c := 2",
        "0:3:1: data.p.x.b is a complete rule with a rule below it: data.p.x.b.c at 0:4"
    )]
    #[case::imports(
        "import data.a.q\nimport input.q\ny := q",
        "0:4:8: q is the name of the import at 0:3 too"
    )]
    #[case::computed_default(
        "default x := [1, input.a]",
        "0:3:18: the value of a default is written out: no names and no calls"
    )]
    fn what_opa_refuses_is_refused(#[case] rules: &str, #[case] expected: &str) {
        assert_eq!(in_one(rules), [expected]);
    }

    #[rstest]
    #[case::same_shape("x := 1 if input.a\nx := 2 if input.b\ndefault x := 3")]
    #[case::siblings("x.b := 1\nx.c := 2\nx[y] := 3 if y := input.k")]
    #[case::set_below_an_object("x[y] contains 1 if y := \"k\"\nx.k := {1}")]
    #[case::keys_of_several_types("x[1] := 1\nx[\"1\"] := 2\nx[true] := 3")]
    #[case::functions("f(1) := 1\nf(2) := 2\ndefault f(_) := 3")]
    #[case::comprehension("default x := [y | y := input.a[_]]")]
    #[case::names_that_start_alike("x := 1\nxy := 2\nx_y contains 3")]
    #[case::values_of_a_name("x := 1\nx := 2")]
    fn what_opa_takes_is_taken(#[case] rules: &str) {
        assert_eq!(in_one(rules), Vec::<String>::new());
    }

    #[test]
    fn modules_are_looked_at_together() {
        let v1: &[RegoVersion] = &[RegoVersion::V1];
        assert_eq!(
            found(v1, &["package p\nx := 1", "package p\nx contains 2"], false),
            ["1:2:1: data.p.x is a partial set here and a complete rule at 0:2"]
        );
        assert_eq!(
            found(v1, &["package p\nb := 1", "package p.b\nc := 1"], false),
            ["0:2:1: data.p.b is a complete rule with a rule below it: data.p.b.c at 1:2"]
        );
        assert_eq!(
            found(v1, &["package p\nb(x) := x", "package p.b"], false),
            ["0:2:1: data.p.b is a function of 1 argument and a package"]
        );
        let fine = [
            "package p\nb.c := 1",
            "package p.b\nd := 1",
            "package q\nb := 1",
        ];
        assert_eq!(found(v1, &fine, false), Vec::<String>::new());
    }

    #[rstest]
    #[case::values("x := 1\nx := 2", true)]
    #[case::true_bodies("x := 1 if true\nx := [2] if { true }", true)]
    #[case::part_of_an_object("x.a := {\"b\": 1}\nx[\"a\"] := {\"b\": 2}", true)]
    #[case::any_argument("f(_) := 1\nf(\"a\") := 2", true)]
    #[case::same_value("x := {1, 2}\nx := {2, 1}", false)]
    #[case::conditions("x := 1\nx := 2 if input.a", false)]
    #[case::otherwise("x := 1 if { input.a } else := 2\nx := 3", false)]
    #[case::other_arguments("f(1, _) := 1\nf(2, _) := 2", false)]
    #[case::equal_arguments("f(a, a) := 1\nf(1, 2) := 2", false)]
    #[case::computed("x := input.a\nx := 2", false)]
    fn contradictions_are_found(#[case] rules: &str, #[case] is_found: bool) {
        let text = format!("package p\n\n{rules}\n");
        let found = found(&[RegoVersion::V1], &[&text], true);
        assert_eq!(!found.is_empty(), is_found, "{found:?}");
    }

    #[rstest]
    #[case("deny[msg] { msg := \"a\" }\ndeny[\"b\"] { input.b }", false)]
    #[case("deny[msg] { msg := \"a\" }\ndeny = \"b\" { input.b }", true)]
    #[case("deny { input.a }\ndeny[\"b\"] { input.b }", true)]
    #[case("x[\"a\"] = 1 { input.a }\nx[b] = 2 { b := input.b }", false)]
    #[case("import data.a.q\nimport data.b.q\ny = q { true }", false)]
    #[case("p.q { input.a }\np[\"r\"] { input.b }", false)]
    #[case("x := a b", true)]
    fn version_0_is_read_as_it_is(#[case] rules: &str, #[case] is_found: bool) {
        let text = format!("package p\n\n{rules}\n");
        let found = found(&[RegoVersion::V0], &[&text], false);
        assert_eq!(!found.is_empty(), is_found, "{found:?}");
    }
}
