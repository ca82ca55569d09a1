//! Values by paths, where what lies around a path is asked for often: however many there are, only those are looked at,
//! and each part of a path is compared once.

use std::collections::BTreeMap;

/// Values by paths.
#[derive(Debug)]
pub(super) struct PathMap<V> {
    value: Option<V>,
    below: BTreeMap<String, PathMap<V>>,
}

impl<V> Default for PathMap<V> {
    fn default() -> Self {
        Self {
            value: None,
            below: BTreeMap::new(),
        }
    }
}

impl<V> PathMap<V> {
    /// The value of a path, made where there is none.
    pub(super) fn or_insert_with(&mut self, path: &[String], make: impl FnOnce() -> V) -> &mut V {
        let mut node = self;
        for part in path {
            node = node.below.entry(part.clone()).or_default();
        }
        node.value.get_or_insert_with(make)
    }

    /// The value of a path.
    pub(super) fn get(&self, path: &[String]) -> Option<&V> {
        self.at(path)?.value.as_ref()
    }

    /// The values of what a path leads to, or leads on from: it, what is above it and what is below it.
    pub(super) fn around(&self, path: &[String]) -> Vec<&V> {
        let mut found: Vec<&V> = self.value.iter().collect();
        let mut node = self;
        for part in path {
            let Some(next) = node.below.get(part) else {
                return found;
            };
            node = next;
            found.extend(&node.value);
        }
        node.collect_below(&mut found);
        found
    }

    /// Whether anything is around a path.
    pub(super) fn is_around(&self, path: &[String]) -> bool {
        let mut node = self;
        for part in path {
            if node.value.is_some() {
                return true;
            }
            let Some(next) = node.below.get(part) else {
                return false;
            };
            node = next;
        }
        node.value.is_some() || !node.below.is_empty()
    }

    /// The parts with which what is below a path goes on.
    pub(super) fn parts_below<'a>(
        &'a self,
        path: &[String],
    ) -> impl Iterator<Item = &'a String> + use<'a, V> {
        self.at(path).into_iter().flat_map(|node| node.below.keys())
    }

    fn at(&self, path: &[String]) -> Option<&Self> {
        path.iter()
            .try_fold(self, |node, part| node.below.get(part))
    }

    fn collect_below<'a>(&'a self, found: &mut Vec<&'a V>) {
        for node in self.below.values() {
            found.extend(&node.value);
            node.collect_below(found);
        }
    }
}

impl<'a, V> FromIterator<(&'a [String], V)> for PathMap<V> {
    fn from_iter<I: IntoIterator<Item = (&'a [String], V)>>(values: I) -> Self {
        let mut map = Self::default();
        for (path, value) in values {
            map.or_insert_with(path, || value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    fn map(paths: &[&'static str]) -> PathMap<&'static str> {
        let mut map = PathMap::default();
        for text in paths {
            map.or_insert_with(&path(text), || *text);
        }
        map
    }

    #[test]
    fn what_is_above_and_below_is_around_a_path() {
        let map = map(&["a", "a.b", "a.b.c", "a.b.c.d", "a.bc", "a.c", "b", "d.e.f"]);
        for (of, expected) in [
            ("a.b", "a a.b a.b.c a.b.c.d"),
            ("a.b.c.x", "a a.b a.b.c"),
            ("a", "a a.b a.b.c a.b.c.d a.bc a.c"),
            ("b.b", "b"),
            ("c", ""),
            ("d", "d.e.f"),
            ("d.x", ""),
        ] {
            let of = path(of);
            assert_eq!(
                map.around(&of)
                    .into_iter()
                    .copied()
                    .collect::<Vec<_>>()
                    .join(" "),
                expected
            );
            assert_eq!(map.is_around(&of), !expected.is_empty());
        }
    }

    #[test]
    fn a_path_has_one_value_and_parts_below_it() {
        let mut map = map(&["a.b.c", "a.d"]);
        assert_eq!(*map.or_insert_with(&path("a.d"), || "other"), "a.d");
        assert_eq!(map.get(&path("a.d")), Some(&"a.d"));
        assert_eq!(map.get(&path("a.b")), None);
        assert_eq!(map.parts_below(&path("a")).collect::<Vec<_>>(), ["b", "d"]);
        assert_eq!(map.parts_below(&path("x")).count(), 0);
    }
}
