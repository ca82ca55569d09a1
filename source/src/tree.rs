//! Values with positions as parsers of other formats build them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::document::MAX_DEPTH;
use crate::{Document, ParseError, ParseErrorKind, Segment, SourceMap, Span};

/// A value with positions, on its way to a [`Document`].
#[derive(Debug, Clone)]
pub struct Tree {
    /// The value.
    pub value: TreeValue,
    /// What the value is called, where the text says so.
    pub key: Option<Span>,
    /// Where the value stands.
    pub span: Span,
}

/// The value of a [`Tree`].
#[derive(Debug, Clone)]
pub enum TreeValue {
    /// Anything without parts.
    Scalar(Value),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping.
    Object(TreeObject),
}

/// A mapping in the order of its text.
#[derive(Debug, Clone, Default)]
pub struct TreeObject {
    entries: Vec<(String, Tree)>,
    index: HashMap<String, usize>,
}

impl TreeObject {
    /// Sets a key. A key that stands twice has its last value.
    pub fn insert(&mut self, key: impl Into<String>, tree: Tree) {
        let key = key.into();
        if let Some(known) = self.get_mut(&key) {
            *known = tree;
        } else {
            self.index.insert(key.clone(), self.entries.len());
            self.entries.push((key, tree));
        }
    }

    /// What stands under a key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        let at = *self.index.get(key)?;
        self.entries.get_mut(at).map(|(_, tree)| tree)
    }
}

impl Tree {
    /// A value without parts.
    pub fn scalar(value: impl Into<Value>, span: Span) -> Self {
        Self::new(TreeValue::Scalar(value.into()), span)
    }

    /// A sequence.
    pub fn list(items: Vec<Self>, span: Span) -> Self {
        Self::new(TreeValue::List(items), span)
    }

    /// A mapping.
    pub fn object(object: TreeObject, span: Span) -> Self {
        Self::new(TreeValue::Object(object), span)
    }

    fn new(value: TreeValue, span: Span) -> Self {
        Self {
            value,
            key: None,
            span,
        }
    }

    /// The same, called what stands at `key`.
    #[must_use]
    pub fn named(mut self, key: Span) -> Self {
        self.key = Some(key);
        self
    }

    /// The value, and where each part of it stands. What is nested too deeply is refused; a parser must refuse it
    /// itself before its own recursion ends the stack.
    pub fn into_document(self) -> Result<Document, ParseError> {
        let mut map = SourceMap::default();
        let value = self.build(Segment::Index(0), &mut map, 0)?;
        Ok(Document { value, map })
    }

    fn build(
        self,
        segment: Segment,
        map: &mut SourceMap,
        depth: usize,
    ) -> Result<Value, ParseError> {
        if depth > MAX_DEPTH {
            return Err(ParseError {
                kind: ParseErrorKind::TooDeep,
                span: self.span,
            });
        }
        let index = map.open(segment, self.key, self.span);
        let value = match self.value {
            TreeValue::Scalar(value) => value,
            TreeValue::List(items) => {
                let items = items.into_iter().enumerate();
                let values: Result<_, _> = items
                    .map(|(at, item)| item.build(at.into(), map, depth + 1))
                    .collect();
                Value::Array(values?)
            }
            TreeValue::Object(object) => {
                let mut values = Map::new();
                for (key, tree) in object.entries {
                    let value = tree.build(key.as_str().into(), map, depth + 1)?;
                    values.insert(key, value);
                }
                Value::Object(values)
            }
        };
        map.close(index, None);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Position;

    fn at(line: u32) -> Span {
        Span::at(Position::new(line, 1))
    }

    #[test]
    fn a_tree_becomes_a_value_with_positions() {
        let mut object = TreeObject::default();
        object.insert("a", Tree::scalar(1, at(1)));
        object.insert("b", Tree::list(vec![Tree::scalar("x", at(3))], at(2)));
        object.insert("a", Tree::scalar(2, at(4)).named(at(5)));
        let document = Tree::object(object, at(1)).into_document().unwrap();
        assert_eq!(document.value, json!({"a": 2, "b": ["x"]}));
        assert_eq!(document.map.locate_key(&["a".into()]), Some(at(5)));
        assert_eq!(document.map.locate_value(&["a".into()]), Some(at(4)));
        assert_eq!(
            document.map.locate_value(&["b".into(), 0.into()]),
            Some(at(3))
        );
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested = |levels: usize| {
            let mut tree = Tree::scalar(Value::Null, at(1));
            for _ in 0..levels {
                tree = Tree::list(vec![tree], at(1));
            }
            tree.into_document()
        };
        assert!(nested(MAX_DEPTH).is_ok());
        let error = nested(MAX_DEPTH + 1).unwrap_err();
        assert_eq!(error.kind, ParseErrorKind::TooDeep);
    }
}
