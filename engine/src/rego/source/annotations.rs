//! `rego.metadata.rule()` and `rego.metadata.chain()`: the annotations of the place where the call stands (OPA
//! documentation, "Annotations"), put there as a value. regorus reads no annotations.

use std::collections::BTreeMap;

use regorus::unstable::{Expr, Module as Ast, Rule};
use serde_json::{Map, Value, json};
use soc2gate_source::{YamlDocument, parse_yaml};

use crate::rego::edits::Edit;
use crate::rego::reference::{head, package_path, start_of, static_path};
use crate::rego::walk::{Node, walk_rule};

/// The annotations of a set of modules, by the path that they speak of.
#[derive(Default)]
struct Annotations {
    /// Of the scope `rule`: by file and the line that they stand above.
    rules: BTreeMap<(String, u32), Value>,
    documents: BTreeMap<Vec<String>, Value>,
    packages: BTreeMap<Vec<String>, Value>,
    subpackages: BTreeMap<Vec<String>, Value>,
}

/// The changes to each module, in their order.
pub(in crate::rego) fn metadata_calls(modules: &[impl AsRef<Ast>]) -> Vec<Vec<Edit>> {
    let is_asked = |module: &Ast| {
        module
            .package
            .span
            .source
            .contents()
            .contains("rego.metadata.")
    };
    if !modules.iter().any(|module| is_asked(module.as_ref())) {
        return modules.iter().map(|_| Vec::new()).collect();
    }
    let mut annotations = Annotations::default();
    for module in modules {
        annotations.read(module.as_ref());
    }
    modules
        .iter()
        .map(AsRef::as_ref)
        .map(|module| module_edits(module, &annotations))
        .collect()
}

fn module_edits(module: &Ast, annotations: &Annotations) -> Vec<Edit> {
    let mut edits = Vec::new();
    for rule in &module.policy {
        walk_rule(rule, &mut |node| {
            let Node::Expr(Expr::Call {
                span, fcn, params, ..
            }) = node
            else {
                return;
            };
            let path = static_path(fcn).unwrap_or_default().join(".");
            let value = match path.as_str() {
                "rego.metadata.rule" if params.is_empty() => annotations.rule(module, rule),
                "rego.metadata.chain" if params.is_empty() => annotations.chain(module, rule),
                _ => return,
            };
            let (Ok(start), Ok(end)) = (
                usize::try_from(start_of(fcn).start),
                usize::try_from(span.end),
            ) else {
                return;
            };
            edits.push(Edit {
                start,
                end,
                text: value.to_string(),
            });
        });
    }
    edits
}

impl Annotations {
    fn read(&mut self, module: &Ast) {
        let source = &module.package.span.source;
        let package = package_path(module);
        let lines: Vec<&str> = source.contents().lines().collect();
        let mut start = 0;
        while let Some(offset) = lines
            .get(start..)
            .and_then(|rest| rest.iter().position(|line| is_marker(line)))
        {
            let first = start + offset + 1;
            let comments = lines.get(first..).unwrap_or_default();
            let length = comments
                .iter()
                .position(|line| !line.starts_with('#') || is_marker(line))
                .unwrap_or(comments.len());
            let block = comments.get(..length).unwrap_or_default();
            start = first + length;
            let Some(mut fields) = parse(block) else {
                continue;
            };
            // The line of what the block stands above, counted from 1; empty lines between them do not matter.
            let gap = lines
                .get(start..)
                .unwrap_or_default()
                .iter()
                .take_while(|line| line.trim().is_empty())
                .count();
            let line = u32::try_from(start + gap + 1).unwrap_or(u32::MAX);
            let rule = module
                .policy
                .iter()
                .find(|rule| start_of(head(rule).0).line == line || rule.span().line == line);
            let default = if rule.is_some() { "rule" } else { "package" };
            let scope = fields
                .entry("scope")
                .or_insert_with(|| default.into())
                .as_str()
                .unwrap_or(default)
                .to_owned();
            let value = Value::Object(fields);
            match (scope.as_str(), rule) {
                ("package", _) => {
                    self.packages.insert(package.clone(), value);
                }
                ("subpackages", _) => {
                    self.subpackages.insert(package.clone(), value);
                }
                ("document", Some(rule)) => {
                    self.documents.insert(rule_path(&package, rule), value);
                }
                _ => {
                    self.rules.insert((source.get_path().clone(), line), value);
                }
            }
        }
    }

    /// The annotations of a rule itself.
    fn of(&self, module: &Ast, rule: &Rule) -> Option<&Value> {
        let file = module.package.span.source.get_path();
        self.rules
            .get(&(file.clone(), start_of(head(rule).0).line))
            .or_else(|| self.rules.get(&(file.clone(), rule.span().line)))
    }

    fn rule(&self, module: &Ast, rule: &Rule) -> Value {
        self.of(module, rule).cloned().unwrap_or_else(|| json!({}))
    }

    /// From the rule outwards: its own, those of all rules of its name, of its package, of the packages above.
    fn chain(&self, module: &Ast, rule: &Rule) -> Value {
        let package = package_path(module);
        let path = rule_path(&package, rule);
        let entry = |path: &[String], annotations: Option<&Value>| {
            let path = path.get(1..).unwrap_or_default();
            match annotations {
                Some(annotations) => json!({"path": path, "annotations": annotations}),
                None => json!({ "path": path }),
            }
        };
        let mut chain = vec![entry(&path, self.of(module, rule))];
        chain.extend(self.documents.get(&path).map(|it| entry(&path, Some(it))));
        chain.extend(
            self.packages
                .get(&package)
                .map(|it| entry(&package, Some(it))),
        );
        for length in (1..=package.len()).rev() {
            let above = package.get(..length).unwrap_or_default();
            chain.extend(self.subpackages.get(above).map(|it| entry(above, Some(it))));
        }
        Value::Array(chain)
    }
}

fn is_marker(line: &str) -> bool {
    line.strip_prefix('#').map(str::trim) == Some("METADATA")
}

fn rule_path(package: &[String], rule: &Rule) -> Vec<String> {
    [package, &static_path(head(rule).0).unwrap_or_default()].concat()
}

/// The fields of a block, with people and links in their long forms.
fn parse(block: &[&str]) -> Option<Map<String, Value>> {
    let text: String = block
        .iter()
        .map(|line| format!(" {}\n", line.strip_prefix('#').unwrap_or(line)))
        .collect();
    let document = parse_yaml(YamlDocument {
        text: &text,
        first_line: 1,
    });
    let Ok(Some(document)) = document else {
        return None;
    };
    let Value::Object(mut fields) = document.value else {
        return None;
    };
    each(&mut fields, "authors", author);
    each(
        &mut fields,
        "related_resources",
        |text| json!({ "ref": text }),
    );
    Some(fields)
}

fn each(fields: &mut Map<String, Value>, name: &str, long: impl Fn(&str) -> Value) {
    let items = fields.get_mut(name).and_then(Value::as_array_mut);
    for item in items.into_iter().flatten() {
        if let Value::String(text) = item {
            *item = long(text);
        }
    }
}

/// `Name <email>`, either of which may be missing.
fn author(text: &str) -> Value {
    let email = text
        .trim_end()
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'));
    match email {
        Some((name, email)) if name.trim().is_empty() => json!({ "email": email }),
        Some((name, email)) => json!({ "name": name.trim(), "email": email }),
        None => json!({ "name": text.trim() }),
    }
}

#[cfg(test)]
mod tests {
    use crate::rego::{Module, Parsed};

    #[test]
    fn a_call_is_the_annotations_of_its_place() {
        let root = "# METADATA\n# scope: subpackages\n# title: All\npackage a\n";
        let text = "# METADATA\n# description: Own\npackage a.b\n\n# METADATA\n# scope: document\n# title: P\n# authors:\n# - A B <a@b>\n# - <c@d>\n\n# METADATA\n# title: One\n# related_resources: [https://x.y]\np := rego.metadata.rule()\n\n# METADATA\n# title: Q\nq := rego.metadata.chain() if {\n\ttrue\n}\n\nr := rego.metadata.rule()";
        let (parsed, problems) =
            Parsed::new(&[Module::new("a.rego", root), Module::new("b.rego", text)]);
        assert_eq!(problems, []);
        let lines: Vec<&str> = parsed.modules[1].text.lines().collect();
        assert_eq!(
            lines[14],
            r#"p := {"related_resources":[{"ref":"https://x.y"}],"scope":"rule","title":"One"}"#
        );
        assert_eq!(
            lines[18],
            concat!(
                r#"q := [{"annotations":{"scope":"rule","title":"Q"},"path":["a","b","q"]},"#,
                r#"{"annotations":{"description":"Own","scope":"package"},"path":["a","b"]},"#,
                r#"{"annotations":{"scope":"subpackages","title":"All"},"path":["a"]}] if {"#
            )
        );
        assert_eq!(lines[22], "r := {}");
    }
}
