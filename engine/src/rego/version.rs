//! The versions of Rego: which one a policy is written in is not said in the policy.

use std::collections::BTreeSet;

use regorus::unstable::{Expr, Rule};
use serde::{Deserialize, Serialize};
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::{Module, Parsed, RegoProblem, reference};
use crate::PolicySource;

/// A version of Rego.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegoVersion {
    /// Without the keywords `if` and `contains`, as OPA read policies before 1.0.
    V0,
    /// With them.
    V1,
}

impl RegoVersion {
    /// The versions to try, in order, where one was said or none.
    pub(crate) fn order(said: Option<Self>) -> &'static [Self] {
        match said {
            Some(Self::V0) => &[Self::V0],
            Some(Self::V1) => &[Self::V1],
            None => &[Self::V1, Self::V0],
        }
    }
}

/// Files as modules. Controls and their tests are Rego v1; other files are in the version that was said, or else in the
/// first that they parse in.
pub(super) fn modules_of(files: &[PolicySource]) -> Vec<Module> {
    let controls: BTreeSet<&str> = files
        .iter()
        .filter(|file| file.prechecked || file.claims_control())
        .filter_map(PolicySource::package)
        .collect();
    let is_of_control = |package: &str| {
        controls.contains(package)
            || package
                .strip_suffix("_test")
                .is_some_and(|tested| controls.contains(tested))
    };
    files
        .iter()
        .map(|file| {
            let mut module = Module::new(&file.file, &file.text);
            if file.package().is_some_and(is_of_control) {
                module.version = Some(RegoVersion::V1);
            }
            module
        })
        .collect()
}

/// The words that are keywords in version 1, and in version 0 only where they are imported.
const KEYWORDS: &[&str] = &["if", "contains", "in", "every"];

/// The first keyword of version 1 that a module of version 0 uses without importing it. OPA refuses such a module;
/// regorus takes `deny contains "x" if input.a` for several rules that stand beside each other.
pub(super) fn unimported_keyword(module: &Module) -> Option<RegoProblem> {
    let imports: Vec<&str> = module
        .text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("import "))
        .filter_map(|import| import.split_whitespace().next())
        .collect();
    let is_imported = |keyword: &str| {
        imports.iter().any(|import| match *import {
            "rego.v1" | "future.keywords" => true,
            // `every` brings `in` with it.
            "future.keywords.every" => matches!(keyword, "every" | "in"),
            import => import.strip_prefix("future.keywords.") == Some(keyword),
        })
    };
    let code = code_of(&module.text);
    let mut previous = ' ';
    for (line, text) in code.lines().enumerate() {
        let mut rest = text;
        let mut column = 1;
        while let Some(first) = rest.chars().next() {
            let word: &str = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default();
            let (taken, after) = rest.split_at(word.len().max(first.len_utf8()));
            // `contains(x, y)` is a function, and `input.if` a key.
            let is_word = !after.trim_start().starts_with('(') && previous != '.';
            if KEYWORDS.contains(&word) && is_word && !is_imported(word) {
                return Some(RegoProblem {
                    file: module.file.to_string(),
                    line: u32::try_from(line + 1).unwrap_or(u32::MAX),
                    column,
                    message: format!("`{word}` is a keyword of Rego v1: import rego.v1"),
                });
            }
            column += u32::try_from(taken.chars().count()).unwrap_or(u32::MAX);
            previous = taken.chars().last().unwrap_or(' ');
            rest = after;
        }
    }
    None
}

/// A module with spaces for its texts and comments; lines and columns stay what they are.
fn code_of(text: &str) -> String {
    #[derive(Clone, Copy, PartialEq)]
    enum Inside {
        Code,
        Text,
        Escape,
        RawText,
        Comment,
    }
    let mut inside = Inside::Code;
    text.chars()
        .map(|c| {
            let (next, is_code) = match (inside, c) {
                (Inside::Code, '"') | (Inside::Escape, _) => (Inside::Text, false),
                (Inside::Code, '`') => (Inside::RawText, false),
                (Inside::Code, '#') => (Inside::Comment, false),
                (Inside::Code, _) => (Inside::Code, true),
                (Inside::Text, '\\') => (Inside::Escape, false),
                (Inside::Text, '"')
                | (Inside::RawText, '`')
                | (Inside::Comment | Inside::Text, '\n') => (Inside::Code, false),
                (other, _) => (other, false),
            };
            inside = next;
            if is_code || c == '\n' { c } else { ' ' }
        })
        .collect()
}

impl Parsed {
    /// Says once that modules are read as another version than the first they may be written in.
    pub(crate) fn version_note(&self) -> Option<Diagnostic> {
        let first = self.other_version.first()?;
        let message = match self.other_version.len() {
            1 => "read as Rego v0".to_owned(),
            count => format!("read as Rego v0, as are {} more", count.saturating_sub(1)),
        };
        let at = Span::at(Position::START);
        Some(Diagnostic::new(Code::OldRego, message).at(first.clone(), at))
    }
}

/// The name of a rule that is no function: `deny`, `deny[x]`. None for `deny.x`, which is a rule within an object.
pub(super) fn value_name(rule: &Rule) -> Option<String> {
    let (expr, arity) = reference::head(rule);
    if arity.is_some() {
        return None;
    }
    let root = match expr {
        Expr::RefBrack { refr, .. } => refr.as_ref(),
        other => other,
    };
    match root {
        Expr::Var { span, .. } => Some(span.text().to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(text: &str) -> Module {
        Module::new("a.rego", text)
    }

    #[test]
    fn the_first_version_that_fits_counts() {
        let old = module("package main\n\ndeny[msg] { msg := \"x\" }");
        let new = module("package main\n\ndeny contains \"x\" if input.a");
        let parse = |said, module: &Module| {
            let (parsed, problems) =
                Parsed::new_in(RegoVersion::order(said), std::slice::from_ref(module));
            (problems.is_empty(), parsed.version_note().is_some())
        };
        assert_eq!(parse(None, &old), (true, true));
        assert_eq!(parse(None, &new), (true, false));
        assert_eq!(parse(Some(RegoVersion::V0), &old), (true, false));
        assert!(!parse(Some(RegoVersion::V0), &new).0);
        assert!(!parse(Some(RegoVersion::V1), &old).0);
    }

    #[test]
    fn keywords_of_version_1_need_an_import_in_version_0() {
        let found = |text: &str| {
            let found = unimported_keyword(&module(text));
            found.map(|problem| (problem.line, problem.column))
        };
        assert_eq!(found("package a\n\ndeny contains 1 { true }"), Some((3, 6)));
        assert_eq!(found("package a\n\nx { some y in input }"), Some((3, 12)));
        assert_eq!(found("package a\n# if\nx = `if\nif` { \"\\\" if\" }"), None);
        assert_eq!(
            found("package a\n\nx { contains(\"if\", input.if); iffy }"),
            None
        );
        assert_eq!(found("package a\nimport rego.v1\nx if { 1 in [1] }"), None);
        let one = "package a\nimport future.keywords.every\nx { every a in b { c } }";
        assert_eq!(found(one), None);
        assert_eq!(found(&format!("{one}\ny if {{ a }}")), Some((4, 3)));
    }

    #[test]
    fn values_are_rules_that_are_no_functions() {
        let text = "package a.b\n\ndeny[msg] { msg := \"x\" }\n\ndeny_two[\"text\"] { input.a }\n\nwarn = \"x\" { input.b }\n\nis_fine(x) { x }\n\nviolation[{\"msg\": \"x\"}] { input.c }\n";
        let (parsed, problems) = Parsed::new_in(&[RegoVersion::V0], &[module(text)]);
        assert_eq!(problems, []);
        let expected = ["deny", "deny_two", "violation", "warn"];
        let package = ["a".to_owned(), "b".to_owned()];
        assert_eq!(
            parsed.values(&package),
            BTreeSet::from(expected.map(str::to_owned))
        );
        assert!(parsed.values(&package[..1]).is_empty());
        let (parsed, _) = Parsed::new(&[module(
            "package a\n\ndeny.x if input.a\n\ndeny_y contains 1\n",
        )]);
        assert_eq!(
            parsed.values(&package[..1]),
            BTreeSet::from(["deny_y".to_owned()])
        );
    }
}
