//! The YAML files that lie beside policies: which of them are templates, constraints, or neither.

use serde_json::Value;
use soc2gate_source::{
    Code, Diagnostic, Document, Position, Segment, Span, parse_yaml, split_yaml,
};

use crate::PolicySource;

/// A document, and what it is.
#[derive(Debug)]
pub(super) struct Manifest<'a> {
    pub(super) sort: Sort,
    pub(super) file: &'a str,
    pub(super) document: Document,
}

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Template,
    Constraint,
}

/// How deep lists may be nested in lists.
const MAX_LIST_DEPTH: usize = 4;

/// The templates and constraints of a file. A file that holds neither is noted.
pub(super) fn manifests<'a>(
    source: &'a PolicySource,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Manifest<'a>> {
    let mut found = Vec::new();
    for text in split_yaml(&source.text) {
        let is_meant = text.text.contains("gatekeeper.sh/");
        match parse_yaml(text) {
            Ok(Some(document)) => collect(document, &source.file, &mut found, 0),
            Err(error) if is_meant => {
                diagnostics.push(Diagnostic::from_parse_error(&source.file, &error));
                return found;
            }
            Ok(None) | Err(_) => {}
        }
    }
    if found.is_empty() {
        let message = "skipped: no constraint template and no constraint";
        diagnostics.push(
            Diagnostic::new(Code::NotAPolicy, message).at(&source.file, Span::at(Position::START)),
        );
    }
    found
}

fn collect<'a>(document: Document, file: &'a str, found: &mut Vec<Manifest<'a>>, depth: usize) {
    let text = |key: &str| document.value.get(key).and_then(Value::as_str);
    let (version, kind) = (
        text("apiVersion").unwrap_or_default(),
        text("kind").unwrap_or_default(),
    );
    let group = version.split('/').next().unwrap_or_default();
    let sort = match group {
        "templates.gatekeeper.sh" if kind == "ConstraintTemplate" => Sort::Template,
        "constraints.gatekeeper.sh" if !kind.ends_with("List") => Sort::Constraint,
        _ => {
            let items = document.value.get("items").and_then(Value::as_array);
            if kind.ends_with("List") && depth < MAX_LIST_DEPTH {
                for (at, value) in items.into_iter().flatten().enumerate() {
                    let path = [Segment::from("items"), at.into()];
                    let item = Document {
                        value: value.clone(),
                        map: document.map.subtree(&path),
                    };
                    collect(item, file, found, depth + 1);
                }
            }
            return;
        }
    };
    found.push(Manifest {
        sort,
        file,
        document,
    });
}

impl Manifest<'_> {
    /// A problem of the document, placed at one of its parts.
    pub(super) fn problem(&self, code: Code, path: &[Segment], message: String) -> Diagnostic {
        let span = self.document.map.locate_key(path);
        Diagnostic::new(code, message).at(self.file, span.unwrap_or(Span::at(Position::START)))
    }

    /// A text in the document.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        let text = self.document.value.pointer(pointer)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }
}
