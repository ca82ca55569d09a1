//! All patterns of a file in one tree of segments, so that a path is compared with the patterns that can match it.

use std::collections::BTreeMap;

use super::globs::Globs;
use super::pattern::{End, Pattern, Segment};

/// Finds the last pattern that matches a path.
///
/// Patterns that begin alike share their first nodes. A path is walked once, segment by segment, with the set of nodes
/// it can be at; a node is in the set at most once, so the time is at most the length of the path times the number of
/// nodes. For what files hold in practice it is some look-ups a segment, however many patterns there are.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    nodes: Vec<Node>,
    /// The names of segments without wildcards, numbered.
    names: BTreeMap<Box<str>, usize>,
    /// From a node and a name to a node.
    children: BTreeMap<(usize, usize), usize>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    globs: Globs,
    /// The node after `**`, at which a path may stay for any number of directories.
    any_directories: Option<usize>,
    is_any_directories: bool,
    /// The last rules whose patterns end here.
    at_or_below: Option<usize>,
    below: Option<usize>,
    at: Option<usize>,
}

const ROOT: usize = 0;

impl Index {
    /// Adds a pattern; rules are added in the order of their numbers.
    pub(super) fn insert(&mut self, pattern: Pattern, rule: usize) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let mut at = ROOT;
        for segment in pattern.segments {
            at = self.child(at, segment);
        }
        if let Some(node) = self.nodes.get_mut(at) {
            match pattern.end {
                End::AtOrBelow => node.at_or_below = Some(rule),
                End::Below => node.below = Some(rule),
                End::At => node.at = Some(rule),
            }
        }
    }

    fn child(&mut self, at: usize, segment: Segment) -> usize {
        let new = self.nodes.len();
        let is_any_directories = segment == Segment::AnyDirectories;
        let child = match (segment, self.nodes.get_mut(at)) {
            (Segment::Literal(name), _) => {
                let number = self.names.len();
                let name = *self.names.entry(name.into()).or_insert(number);
                *self.children.entry((at, name)).or_insert(new)
            }
            (Segment::Glob(glob), Some(node)) => node.globs.entry(glob, new),
            (_, Some(node)) => *node.any_directories.get_or_insert(new),
            (_, None) => at,
        };
        if child == new {
            self.nodes.push(Node {
                is_any_directories,
                ..Node::default()
            });
        }
        child
    }

    /// The number of the last rule that matches a path.
    pub(super) fn last_match(&self, path: &str) -> Option<usize> {
        let mut last = self.nodes.get(ROOT).and_then(|root| root.below);
        let mut places = Vec::new();
        self.enter(ROOT, &mut places);
        let mut segments = path.split('/').peekable();
        while let Some(segment) = segments.next() {
            let is_end = segments.peek().is_none();
            let name = self.names.get(segment);
            let mut next = Vec::new();
            for (at, node) in places {
                if node.is_any_directories {
                    next.push((at, node));
                }
                let named = name.and_then(|name| self.children.get(&(at, *name)));
                for child in named
                    .copied()
                    .into_iter()
                    .chain(node.globs.matching(segment))
                {
                    let Some(node) = self.nodes.get(child) else {
                        continue;
                    };
                    last =
                        last.max(node.at_or_below)
                            .max(if is_end { node.at } else { node.below });
                    self.enter(child, &mut next);
                }
            }
            next.sort_unstable_by_key(|(at, _)| *at);
            next.dedup_by_key(|(at, _)| *at);
            places = next;
        }
        last
    }

    /// Puts a node among the places, and the node after its `**`, which may stand for no directory.
    fn enter<'a>(&'a self, at: usize, places: &mut Vec<(usize, &'a Node)>) {
        let Some(node) = self.nodes.get(at) else {
            return;
        };
        places.push((at, node));
        if let Some((after, node)) = node
            .any_directories
            .and_then(|after| Some((after, self.nodes.get(after)?)))
        {
            places.push((after, node));
        }
    }
}
