//! What lies around a path, in maps that are ordered by paths: however many there are, only those are looked at.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::Bound;

/// The entries that lead to a path: it and what is above it.
pub(super) fn above<'a, K: Borrow<[String]> + Ord, V>(
    map: &'a BTreeMap<K, V>,
    path: &'a [String],
) -> impl Iterator<Item = (&'a K, &'a V)> {
    (0..=path.len()).filter_map(|length| map.get_key_value(path.get(..length)?))
}

/// The entries that a path leads to, or leads on from: it, what is above it and what is below it.
pub(super) fn around<'a, K: Borrow<[String]> + Ord, V>(
    map: &'a BTreeMap<K, V>,
    path: &'a [String],
) -> impl Iterator<Item = (&'a K, &'a V)> {
    let from = (Bound::Excluded(path), Bound::Unbounded);
    let below = map
        .range::<[String], _>(from)
        .take_while(|(key, _)| (*key).borrow().starts_with(path));
    above(map, path).chain(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    fn map(paths: &[&str]) -> BTreeMap<Vec<String>, usize> {
        paths.iter().map(|text| path(text)).zip(0..).collect()
    }

    #[test]
    fn what_is_above_and_below_is_around_a_path() {
        let map = map(&["a", "a.b", "a.b.c", "a.b.c.d", "a.bc", "a.c", "b"]);
        for (of, expected) in [
            ("a.b", "a a.b a.b.c a.b.c.d"),
            ("a.b.c.x", "a a.b a.b.c"),
            ("a", "a a.b a.b.c a.b.c.d a.bc a.c"),
            ("b.b", "b"),
            ("c", ""),
        ] {
            let of = path(of);
            let found: Vec<String> = around(&map, &of).map(|(key, _)| key.join(".")).collect();
            assert_eq!(found.join(" "), expected);
        }
    }
}
