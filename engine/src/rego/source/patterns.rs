//! An object that is matched with a pattern, `{"a": x} = y`, has exactly the keys of the pattern, in OPA; in regorus it
//! may have more. So a name takes the place of the pattern, and statements say what it is.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use regorus::unstable::{AssignOp, Expr, Literal, LiteralStmt, Module as Ast, Rule, RuleHead};

use super::extent::{Extent, Layout, index, insertion};
use super::names::Names;
use super::results::Functions;
use super::{Rewriting, next_number};
use crate::rego::edits::Edit;
use crate::rego::walk::{Node, walk_rule};

/// What the name of an object that is matched starts with.
pub(super) const PREFIX: &str = "soc2gate_object_";

/// What is said of a pattern that cannot be rewritten.
const REFUSED: &str = "match this object with a name, and write `object.keys(name) == {…}` and what its values are as statements of their own";

/// The changes to each module, in their order.
pub(super) fn patterns(module: &Ast, names: &Names, is_old: bool) -> Rewriting {
    let mut rules = names.references(module);
    rules.extend(["input".to_owned(), "data".to_owned()]);
    let text = module.package.span.source.contents();
    let mut search = Search {
        module,
        functions: &names.functions,
        layout: OnceCell::new(),
        rules,
        is_old,
        number: next_number(text, PREFIX),
        replaced: Vec::new(),
        found: Rewriting::default(),
    };
    for rule in &module.policy {
        if search.head(rule) {
            // What is put into a body of one statement gives it braces, once at a time.
            search.found.is_unfinished = true;
            continue;
        }
        walk_rule(rule, &mut |node| {
            if let Node::Statement(statement) = node {
                search.statement(statement);
            }
        });
    }
    search.found
}

struct Search<'a> {
    module: &'a Ast,
    functions: &'a Functions,
    layout: OnceCell<Layout<'a>>,
    /// Names that are references though they look like variables.
    rules: BTreeSet<String>,
    is_old: bool,
    /// That of the next name.
    number: usize,
    /// The objects that names take the place of.
    replaced: Vec<Extent>,
    found: Rewriting,
}

/// What is said of an object.
#[derive(Clone, Copy)]
enum Said {
    /// It is matched with `=`.
    Equal,
    /// It is matched with `:=`.
    Assigned,
    /// It is made: it binds nothing, but regorus would take it for a pattern.
    Made,
}

impl Said {
    fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Assigned | Self::Made => ":=",
        }
    }
}

/// What takes the place of patterns.
#[derive(Default)]
struct Matched {
    edits: Vec<Edit>,
    /// Names of objects that are made.
    made: Vec<String>,
    /// What the names in the place of the patterns are.
    statements: Vec<String>,
}

impl<'a> Search<'a> {
    fn layout(&self) -> &Layout<'a> {
        self.layout
            .get_or_init(|| Layout::new(self.module.package.span.source.contents()))
    }

    /// The arguments of a function; whether there is something to change.
    fn head(&mut self, rule: &Rule) -> bool {
        let Rule::Spec {
            span,
            head: RuleHead::Func { args, .. },
            bodies,
        } = rule
        else {
            return false;
        };
        let found = in_place(args.iter().map(AsRef::as_ref));
        if found.is_empty() {
            return false;
        }
        let edits = self.matched(&found).and_then(|matched| {
            let statements = matched.statements.join("; ");
            let mut edits = matched.edits;
            // The end of what has no statements of its own.
            let mut ends = Vec::new();
            if bodies.is_empty() {
                ends.push(span.end);
            }
            for body in bodies {
                if body.query.stmts.is_empty() {
                    ends.push(body.span.end);
                } else {
                    edits.extend(self.layout().at_start(body, &statements)?);
                }
            }
            let word = if self.is_old { "" } else { "if " };
            for end in ends {
                let end = self.layout().end(end)?;
                edits.push(insertion(end, format!(" {word}{{ {statements} }}")));
            }
            Some(edits)
        });
        self.apply(span.start, edits);
        true
    }

    fn statement(&mut self, statement: &LiteralStmt) {
        let found = match &statement.literal {
            Literal::SomeIn { key, value, .. } => {
                in_place(key.iter().chain([value]).map(AsRef::as_ref))
            }
            Literal::Expr { expr, .. } => self.matched_in(expr),
            _ => Vec::new(),
        };
        if found.is_empty() {
            return;
        }
        let start = index(statement.span.start).unwrap_or_default();
        if (self.replaced.iter()).any(|(from, to)| (*from..*to).contains(&start)) {
            // It has moved with the object that it is part of.
            self.found.is_unfinished = true;
            return;
        }
        let edits = self.matched(&found).and_then(|matched| {
            let modifiers = self.layout().flat_modifiers(statement)?;
            let mut made = String::new();
            for one in &matched.made {
                made.push_str(&format!("{one}{modifiers}; "));
            }
            let mut statements = declaration(&statement.literal, &found);
            for one in &matched.statements {
                statements.push_str(&format!("; {one}{modifiers}"));
            }
            let around = self.layout().beside(statement, &made, &statements)?;
            Some(matched.edits.into_iter().chain(around).collect())
        });
        self.apply(statement.span.start, edits);
    }

    fn apply(&mut self, at: u32, edits: Option<Vec<Edit>>) {
        match edits {
            Some(edits) => self.found.edits.extend(edits),
            None => self.found.refuse(at, REFUSED),
        }
    }

    /// The objects in an expression that are matched with something, and the sign that says so.
    fn matched_in<'e>(&self, expr: &'e Expr) -> Vec<(&'e Expr, Said)> {
        let mut patterns = Vec::new();
        indexes(expr, &mut patterns);
        let mut found: Vec<(&Expr, Said)> = Vec::new();
        match expr {
            Expr::AssignExpr {
                op: AssignOp::ColEq,
                lhs,
                rhs,
                ..
            } if !is_name(rhs) => {
                let objects = objects(lhs).into_iter();
                found.extend(
                    objects
                        .filter(|object| has_variable(object, &BTreeSet::new()))
                        .map(|object| (object, Said::Assigned)),
                );
            }
            Expr::AssignExpr {
                op: AssignOp::Eq,
                lhs,
                rhs,
                ..
            } => {
                let sides = [lhs.as_ref(), rhs.as_ref()];
                let is_made = |side: &Expr| matches!(side, Expr::Object { .. }) || is_name(side);
                // One written out with another, or one that is said of a name already.
                if !sides.into_iter().all(is_made) {
                    patterns.extend(sides);
                }
            }
            other => patterns.extend(self.functions.result(self.module, &self.rules, other)),
        }
        let objects = patterns.into_iter().flat_map(objects);
        found.extend(
            objects
                .filter(|object| has_variable(object, &self.rules))
                .map(|object| {
                    let binds = binds(object, &self.rules);
                    (object, if binds { Said::Equal } else { Said::Made })
                }),
        );
        found
    }

    /// Names in the place of objects, and what these are.
    fn matched(&mut self, objects: &[(&Expr, Said)]) -> Option<Matched> {
        let mut matched = Matched::default();
        for (object, said) in objects {
            let name = self.name();
            let extent = self.layout().extent(object)?;
            self.replaced.push(extent);
            matched.edits.push(self.layout().replaced(extent, &name)?);
            if let Said::Made = said {
                let object = self.layout().flat(object)?;
                matched.made.push(format!("{name} := {object}"));
            } else {
                self.describe(object, &name, said.sign(), &mut matched)?;
            }
        }
        Some(matched)
    }

    fn name(&mut self) -> String {
        let name = format!("{PREFIX}{}", self.number);
        self.number += 1;
        name
    }

    /// What is said of an object by a pattern: its keys and its values, and so on for the objects in it.
    fn describe(
        &mut self,
        object: &Expr,
        name: &str,
        sign: &str,
        matched: &mut Matched,
    ) -> Option<()> {
        let Expr::Object { fields, .. } = object else {
            // A variable that stands in another place too.
            let variable = self.layout().flat(object)?;
            matched.statements.push(format!("{variable} = {name}"));
            return Some(());
        };
        if fields.is_empty() {
            matched.statements.push(format!("{name} = {{}}"));
            return Some(());
        }
        let mut keys = Vec::new();
        let mut written = Vec::new();
        let mut inner = Vec::new();
        for (_, key, value) in fields {
            let key = self.layout().flat(key)?;
            let value = self.part(value, &mut inner)?;
            written.push((key.clone(), value));
            keys.push(key);
        }
        let mut named = BTreeSet::new();
        variables(object, true, &mut named);
        let keys = keys.join(", ");
        if named.is_empty() {
            // Nothing is bound: regorus compares the values only one by one.
            let values = written.iter().filter(|(_, value)| value != "_");
            let equal = values.map(|(key, value)| format!("{value} = {name}[{key}]"));
            matched.statements.extend(equal);
        } else {
            let fields: Vec<String> = written
                .iter()
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            let fields = fields.join(", ");
            matched
                .statements
                .push(format!("{{{fields}}} {sign} {name}"));
        }
        matched
            .statements
            .push(format!("internal.has_keys({name}, {{{keys}}})"));
        for (name, object) in inner {
            self.describe(object, &name, sign, matched)?;
        }
        Some(())
    }

    /// A part of a pattern with names in the place of its objects.
    fn part<'e>(&mut self, expr: &'e Expr, inner: &mut Vec<(String, &'e Expr)>) -> Option<String> {
        match expr {
            Expr::Object { .. } if has_variable(expr, &BTreeSet::new()) => {
                let name = self.name();
                inner.push((name.clone(), expr));
                Some(name)
            }
            Expr::Array { items, .. } => {
                let items: Option<Vec<String>> =
                    items.iter().map(|item| self.part(item, inner)).collect();
                Some(format!("[{}]", items?.join(", ")))
            }
            other => self.layout().flat(other),
        }
    }
}

/// What regorus would not match in patterns that stand beside each other: objects, and variables of one pattern that
/// another one has too.
fn in_place<'e>(patterns: impl Iterator<Item = &'e Expr>) -> Vec<(&'e Expr, Said)> {
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for pattern in patterns {
        let loose = objects(pattern).into_iter();
        let loose = loose.filter(|object| has_variable(object, &BTreeSet::new()));
        found.extend(
            loose
                .chain(repeated(pattern, &known))
                .map(|part| (part, Said::Equal)),
        );
        variables(pattern, false, &mut known);
    }
    found
}

/// The variables of a pattern that are known, but for those in its objects.
fn repeated<'e>(pattern: &'e Expr, known: &BTreeSet<&str>) -> Vec<&'e Expr> {
    match pattern {
        Expr::Var { span, .. } if known.contains(span.text()) => vec![pattern],
        Expr::Array { items, .. } => {
            let items = items.iter();
            items.flat_map(|item| repeated(item, known)).collect()
        }
        _ => Vec::new(),
    }
}

/// `some x` for the variables of objects that `some … in` declares with them.
fn declaration(literal: &Literal, objects: &[(&Expr, Said)]) -> String {
    let Literal::SomeIn { key, value, .. } = literal else {
        return String::new();
    };
    let mut declared = BTreeSet::new();
    for (object, _) in objects {
        variables(object, true, &mut declared);
    }
    let mut others = BTreeSet::new();
    for pattern in key.iter().chain([value]) {
        variables(pattern, false, &mut others);
    }
    let declared: Vec<&str> = declared.difference(&others).copied().collect();
    if declared.is_empty() {
        String::new()
    } else {
        format!("; some {}", declared.join(", "))
    }
}

/// The variables of a pattern, but for `_`; those of its objects only if asked for.
fn variables<'e>(pattern: &'e Expr, with_objects: bool, found: &mut BTreeSet<&'e str>) {
    match pattern {
        Expr::Var { span, .. } if span.text() != "_" => {
            found.insert(span.text());
        }
        Expr::Array { items, .. } => {
            for item in items {
                variables(item, with_objects, found);
            }
        }
        Expr::Object { fields, .. } if with_objects => {
            for (_, _, value) in fields {
                variables(value, with_objects, found);
            }
        }
        _ => {}
    }
}

/// The objects of a pattern that stand in no other.
fn objects(pattern: &Expr) -> Vec<&Expr> {
    match pattern {
        Expr::Object { .. } => vec![pattern],
        Expr::Array { items, .. } => items.iter().flat_map(|item| objects(item)).collect(),
        _ => Vec::new(),
    }
}

/// Whether a pattern binds variables that are not among some names; an empty object is taken for one that does, as
/// regorus finds it in every other.
fn has_variable(pattern: &Expr, names: &BTreeSet<String>) -> bool {
    match pattern {
        Expr::Var { span, .. } => !names.contains(span.text()),
        Expr::Array { items, .. } => items.iter().any(|item| has_variable(item, names)),
        Expr::Object { fields, .. } => {
            fields.is_empty()
                || fields
                    .iter()
                    .any(|(_, _, value)| has_variable(value, names))
        }
        _ => false,
    }
}

/// Whether a pattern binds variables that are not among some names.
fn binds(pattern: &Expr, names: &BTreeSet<String>) -> bool {
    match pattern {
        Expr::Var { span, .. } => !names.contains(span.text()),
        Expr::Array { items, .. } => items.iter().any(|item| binds(item, names)),
        Expr::Object { fields, .. } => fields.iter().any(|(_, _, value)| binds(value, names)),
        _ => false,
    }
}

/// Whether an expression is a name that took the place of an object.
fn is_name(expr: &Expr) -> bool {
    matches!(expr, Expr::Var { span, .. } if span.text().starts_with(PREFIX))
}

/// What is in the brackets of the references of an expression, but for those in its comprehensions.
fn indexes<'e>(expr: &'e Expr, found: &mut Vec<&'e Expr>) {
    match expr {
        Expr::RefDot { refr, .. } => indexes(refr, found),
        Expr::RefBrack { refr, index, .. } => {
            indexes(refr, found);
            indexes(index, found);
            found.push(index);
        }
        Expr::Call { params, .. } => params.iter().for_each(|param| indexes(param, found)),
        Expr::Array { items, .. } | Expr::Set { items, .. } => {
            items.iter().for_each(|item| indexes(item, found));
        }
        Expr::Object { fields, .. } => {
            for (_, key, value) in fields {
                indexes(key, found);
                indexes(value, found);
            }
        }
        Expr::BinExpr { lhs, rhs, .. }
        | Expr::BoolExpr { lhs, rhs, .. }
        | Expr::ArithExpr { lhs, rhs, .. }
        | Expr::AssignExpr { lhs, rhs, .. } => {
            indexes(lhs, found);
            indexes(rhs, found);
        }
        Expr::UnaryExpr { expr, .. } => indexes(expr, found),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    fn rewritten(rule: &str) -> String {
        let text = format!("package a\n\n{rule}\n\nf(x) := x\n\nr := 1");
        let (parsed, problems) = Parsed::new(&[Module::new("a.rego", &text)]);
        assert_eq!(problems, []);
        let text = parsed.modules[0].text.to_string();
        let rule = text.strip_prefix("package a\n\n").unwrap();
        rule.split("\n\nf(x)").next().unwrap().to_owned()
    }

    #[test]
    fn objects_that_match_have_the_keys_of_the_pattern() {
        for (rule, expected) in [
            (
                "p := x if {\"a\": x} = input.m",
                "p := x if { soc2gate_object_1 = input.m; {\"a\": x} = soc2gate_object_1; internal.has_keys(soc2gate_object_1, {\"a\"}) }",
            ),
            (
                "p := x if {\n\t[{\n\t\t\"a\": [{\"b\": x}], # why\n\t\tr: 1,\n\t}, y] := input.m with input as 1 # c\n}",
                "p := x if {\n\t[soc2gate_object_1\n\n\n, y] := input.m with input as 1; {\"a\": [soc2gate_object_2], r: 1} := soc2gate_object_1 with input as 1; internal.has_keys(soc2gate_object_1, {\"a\", r}) with input as 1; {\"b\": x} := soc2gate_object_2 with input as 1; internal.has_keys(soc2gate_object_2, {\"b\"}) with input as 1 # c\n}",
            ),
            (
                "p := [x | some {}, [x, {\"a\": y}] in [input.m]]",
                "p := [x | some soc2gate_object_1, [x, soc2gate_object_2] in [input.m]; some y; soc2gate_object_1 = {}; {\"a\": y} = soc2gate_object_2; internal.has_keys(soc2gate_object_2, {\"a\"})]",
            ),
            (
                "p := [x | walk(input, [_, {\"a\": x}])]",
                "p := [x | walk(input, [_, soc2gate_object_1]); {\"a\": x} = soc2gate_object_1; internal.has_keys(soc2gate_object_1, {\"a\"})]",
            ),
            (
                "p := [x | data.a.s[{\"a\": x}]]",
                "p := [x | data.a.s[soc2gate_object_1]; {\"a\": x} = soc2gate_object_1; internal.has_keys(soc2gate_object_1, {\"a\"})]",
            ),
            (
                "q({\"a\": x}) := x if some {\"b\": x} in input.l else := 2",
                "q(soc2gate_object_1) := x if { {\"a\": x} = soc2gate_object_1; internal.has_keys(soc2gate_object_1, {\"a\"}); some soc2gate_object_2 in internal.collection(input.l); some x; {\"b\": x} = soc2gate_object_2; internal.has_keys(soc2gate_object_2, {\"b\"}) } else := 2 if { {\"a\": x} = soc2gate_object_1; internal.has_keys(soc2gate_object_1, {\"a\"}) }",
            ),
            (
                "p := y if y = {\"a\": {}}",
                "p := y if { soc2gate_object_1 := {\"a\": {}}; y = soc2gate_object_1 }",
            ),
            (
                "p if { y = {\"a\": [z | z = {\"a\": {}}]}; y.a }",
                "p if { y = {\"a\": [z | soc2gate_object_1 := {\"a\": {}}; z = soc2gate_object_1]}; y.a }",
            ),
            (
                "q(x, [x, y]) := y",
                "q(x, [soc2gate_object_1, y]) := y if { x = soc2gate_object_1 }",
            ),
            (
                "q({\"a\": _}) := 1",
                "q(soc2gate_object_1) := 1 if { internal.has_keys(soc2gate_object_1, {\"a\"}) }",
            ),
        ] {
            assert_eq!(rewritten(rule), expected);
        }
    }

    #[test]
    fn objects_that_are_made_stay() {
        for rule in [
            "p := {\"a\": x} if x := 1",
            "p := x if { y := 1; x := {\"a\": y} }",
            "p if {\"a\": 1} = input.m",
            "p if {\"a\": r} = input.m",
            "p if { x := 1; {\"a\": x} == input.m }",
            "p if { x := 1; f({\"a\": x}) }",
            "p := x if {\"a\": x} = {\"a\": 1}",
            "q({\"a\": 1}) := 1",
        ] {
            assert_eq!(rewritten(rule), rule);
        }
    }
}
