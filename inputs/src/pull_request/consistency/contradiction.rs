//! Where a document contradicts itself, and how.

use std::collections::HashSet;
use std::hash::Hash;

use super::super::presence::List;

/// A step of a path into the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PathSegment {
    /// A member of an object.
    Key(String),
    /// An element of an array, counted from 0.
    Index(usize),
}

impl From<&str> for PathSegment {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for PathSegment {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A contradiction in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inconsistency {
    /// Where; it may name a field that is missing.
    pub path: Vec<PathSegment>,
    /// What is wrong, in one sentence without any value of the document.
    pub message: String,
}

/// Makes a path out of keys and indexes.
macro_rules! place {
    ($($segment:expr),* $(,)?) => { vec![$($crate::pull_request::PathSegment::from($segment)),*] };
}
pub(super) use place;

/// The contradictions found so far.
#[derive(Default)]
pub(super) struct Findings(pub(super) Vec<Inconsistency>);

impl Findings {
    /// Reports one: what is wrong with the member that the path leads to, told without its name.
    pub(super) fn add(&mut self, path: Vec<PathSegment>, problem: &str) {
        let message = match path.last() {
            Some(PathSegment::Key(name)) => format!("{name} {problem}"),
            _ => problem.to_owned(),
        };
        self.0.push(Inconsistency { path, message });
    }

    /// Reports every item whose key an earlier item has.
    pub(super) fn duplicates<'a, T, K: Hash + Eq>(
        &mut self,
        (section, field): (&str, &str),
        items: &'a [T],
        key: impl Fn(&'a T) -> Option<K>,
    ) {
        let mut seen = HashSet::new();
        for (index, item) in items.iter().enumerate() {
            if key(item).is_some_and(|key| !seen.insert(key)) {
                self.add(
                    place![section, "items", index, field],
                    "is the same as that of an earlier item",
                );
            }
        }
    }

    /// Reports a list that claims to be complete with fewer or more items than there are.
    pub(super) fn total<T>(&mut self, section: &str, list: Option<&List<T>>) {
        let Some(List {
            complete: true,
            total: Some(total),
            items,
        }) = list
        else {
            return;
        };
        if u64::try_from(items.len()).ok() != Some(*total) {
            self.add(
                place![section, "complete"],
                "is true, but total is not the number of items",
            );
        }
    }
}
