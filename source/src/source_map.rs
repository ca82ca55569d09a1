//! Where each part of a document stands in its text.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Position, Span};

/// One step into a document: a key of a mapping or an index of a sequence.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(untagged)]
pub enum Segment {
    /// An index of a sequence, counted from 0.
    Index(usize),
    /// A key of a mapping.
    Key(String),
}

impl From<&str> for Segment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A way from the root of a document to one of its parts.
pub type Path = Vec<Segment>;

/// A path as people write it: `spec.containers[0].image`; keys that are not plain words are quoted.
pub fn display_path(path: &[Segment]) -> String {
    let mut shown = String::new();
    for segment in path {
        match segment {
            Segment::Index(index) => {
                let _ = write!(shown, "[{index}]");
            }
            Segment::Key(key) if is_plain(key) => {
                if !shown.is_empty() {
                    shown.push('.');
                }
                shown.push_str(key);
            }
            Segment::Key(key) => {
                let _ = write!(shown, "[{key:?}]");
            }
        }
    }
    shown
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// The positions of a document's parts.
///
/// Nodes stand in document order; `end` is the index just after a node's last descendant, so the
/// children of a node are found by leaping from one to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceMap {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    segment: Segment,
    key: Option<Span>,
    value: Span,
    end: usize,
    /// Whether the text of the value holds more than the value: a YAML anchor or tag.
    opaque: bool,
}

/// One part of a document, as [`SourceMap::walk`] hands it out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    pub(crate) path: &'a [Segment],
    pub(crate) key: Option<Span>,
    pub(crate) value: Span,
    pub(crate) is_leaf: bool,
    pub(crate) is_opaque: bool,
}

impl SourceMap {
    /// Opens a node; its children follow until [`SourceMap::close`] with the index this returns.
    pub(crate) fn open(&mut self, segment: Segment, key: Option<Span>, value: Span) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node {
            segment,
            key,
            value,
            end: index.saturating_add(1),
            opaque: false,
        });
        index
    }

    /// Marks a node whose text holds more than its value, so that it is never shown.
    pub(crate) fn set_opaque(&mut self, index: usize) {
        if let Some(node) = self.nodes.get_mut(index) {
            node.opaque = true;
        }
    }

    /// Closes a node: all nodes since `open` are its descendants, and its text reaches to `end`.
    pub(crate) fn close(&mut self, index: usize, end: Option<Span>) {
        let count = self.nodes.len();
        if let Some(node) = self.nodes.get_mut(index) {
            node.end = count;
            if let Some(end) = end {
                node.value.end = end.end;
            }
        }
    }

    /// Appends a copy of a closed node and its descendants under another segment (a YAML alias).
    pub(crate) fn repeat(&mut self, index: usize, segment: Segment, key: Option<Span>) {
        let Some(end) = self.nodes.get(index).map(|node| node.end) else {
            return;
        };
        let start = self.nodes.len();
        let copies: Vec<Node> = self
            .nodes
            .get(index..end)
            .unwrap_or_default()
            .iter()
            .map(|node| Node {
                end: node.end - index + start,
                ..node.clone()
            })
            .collect();
        self.nodes.extend(copies);
        if let Some(node) = self.nodes.get_mut(start) {
            node.segment = segment;
            node.key = key;
        }
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// How many nodes a node has, itself included.
    pub(crate) fn size_of(&self, index: usize) -> usize {
        self.nodes
            .get(index)
            .map_or(0, |node| node.end.saturating_sub(index))
    }

    /// Where a part stands: from its key (or, in a sequence, its first token) to its end. Where the
    /// path names something that is not there, its nearest ancestor that is.
    pub fn locate(&self, path: &[Segment]) -> Option<Span> {
        let node = self.nodes.get(self.nearest(path))?;
        match node.key {
            Some(key) => Some(Span::new(key.start, node.value.end.max(key.end))),
            None => Some(node.value),
        }
    }

    /// Where the key of a part stands, or the part's first token where it has no key.
    pub fn locate_key(&self, path: &[Segment]) -> Option<Span> {
        let node = self.nodes.get(self.nearest(path))?;
        Some(node.key.unwrap_or(node.value))
    }

    /// Where the value of a part stands.
    pub fn locate_value(&self, path: &[Segment]) -> Option<Span> {
        self.nodes.get(self.nearest(path)).map(|node| node.value)
    }

    /// The positions below one part, as a map of their own.
    #[must_use]
    pub fn subtree(&self, path: &[Segment]) -> Self {
        let start = self.nearest(path);
        let end = self.nodes.get(start).map_or(start, |node| node.end);
        let nodes = self
            .nodes
            .get(start..end)
            .unwrap_or_default()
            .iter()
            .map(|node| Node {
                end: node.end - start,
                ..node.clone()
            })
            .collect();
        Self { nodes }
    }

    fn nearest(&self, path: &[Segment]) -> usize {
        let mut at = 0;
        for segment in path {
            match self.child(at, segment) {
                Some(child) => at = child,
                None => break,
            }
        }
        at
    }

    /// Where the value of a node stands; the start of the text where there is no such node.
    pub(crate) fn span_of(&self, index: usize) -> Span {
        self.nodes
            .get(index)
            .map_or(Span::at(Position::START), |node| node.value)
    }

    /// Where the key of a node stands.
    pub(crate) fn key_of(&self, index: usize) -> Option<Span> {
        self.nodes.get(index).and_then(|node| node.key)
    }

    /// The child of a node that a segment leads to.
    pub(crate) fn child(&self, parent: usize, segment: &Segment) -> Option<usize> {
        let end = self.nodes.get(parent)?.end;
        let mut at = parent.saturating_add(1);
        while at < end {
            let node = self.nodes.get(at)?;
            if node.segment == *segment {
                return Some(at);
            }
            at = node.end;
        }
        None
    }

    /// Calls `visit` with every part, in document order.
    pub(crate) fn walk(&self, mut visit: impl FnMut(Part<'_>)) {
        let mut path: Vec<Segment> = Vec::new();
        let mut open_ends: Vec<usize> = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            while open_ends.last().is_some_and(|end| *end <= index) {
                open_ends.pop();
                path.pop();
            }
            if index > 0 {
                path.push(node.segment.clone());
                open_ends.push(node.end);
            }
            visit(Part {
                path: &path,
                key: node.key,
                value: node.value,
                is_leaf: node.end == index.saturating_add(1),
                is_opaque: node.opaque,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(line: u32, column: u32) -> Span {
        Span::at(Position::new(line, column))
    }

    fn sample() -> SourceMap {
        let mut map = SourceMap::default();
        let root = map.open(Segment::Index(0), None, span(1, 1));
        let a = map.open("a".into(), Some(span(1, 1)), span(1, 4));
        map.close(a, None);
        let b = map.open("b".into(), Some(span(2, 1)), span(3, 3));
        let first = map.open(0.into(), None, span(3, 5));
        map.close(first, None);
        map.close(b, Some(span(4, 1)));
        map.close(root, Some(span(4, 1)));
        map
    }

    #[test]
    fn missing_parts_are_located_at_their_nearest_ancestor() {
        let map = sample();
        assert_eq!(
            map.locate_key(&["b".into(), 7.into(), "x".into()]),
            Some(span(2, 1))
        );
        assert_eq!(map.locate_value(&["b".into(), 0.into()]), Some(span(3, 5)));
        assert_eq!(
            map.locate(&["nope".into()]).map(|s| s.start),
            Some(Position::START)
        );
        assert_eq!(SourceMap::default().locate(&[]), None);
    }

    #[test]
    fn a_subtree_answers_like_the_whole() {
        let map = sample();
        let b = map.subtree(&["b".into()]);
        assert_eq!(
            b.locate_value(&[0.into()]),
            map.locate_value(&["b".into(), 0.into()])
        );
    }

    #[test]
    fn walk_names_every_path() {
        let mut paths = Vec::new();
        sample().walk(|part| paths.push(display_path(part.path)));
        assert_eq!(paths, ["", "a", "b", "b[0]"]);
    }

    #[test]
    fn paths_are_shown_as_people_write_them() {
        let path: Path = vec![
            "metadata".into(),
            "labels".into(),
            "app.kubernetes.io/name".into(),
        ];
        assert_eq!(
            display_path(&path),
            r#"metadata.labels["app.kubernetes.io/name"]"#
        );
        assert_eq!(display_path(&["a".into(), 3.into(), "b".into()]), "a[3].b");
    }
}
