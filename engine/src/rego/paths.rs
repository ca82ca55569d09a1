//! What lies around a path, in maps that are ordered by paths: however many there are, only those are looked at.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
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

/// The rules that depend on themselves, through whatever rules, in order. `graph` says which paths each rule names: it
/// depends on the rules at, above and below these.
pub(super) fn cyclic<V>(
    rules: &BTreeMap<Vec<String>, V>,
    graph: &BTreeMap<Vec<String>, BTreeSet<Vec<String>>>,
) -> Vec<Vec<String>> {
    let numbers: BTreeMap<&[String], usize> = rules.keys().map(Vec::as_slice).zip(0..).collect();
    let mut edges: Vec<BTreeSet<usize>> = Vec::with_capacity(rules.len());
    for rule in rules.keys() {
        let paths = graph.get(rule).into_iter().flatten();
        let targets = paths.flat_map(|path| around(&numbers, path));
        edges.push(targets.map(|(_, number)| *number).collect());
    }
    let open = with_cycles_below(&edges);
    rules
        .keys()
        .zip(0..)
        .filter(|(_, number)| open.contains(number) && reaches(&edges, *number))
        .map(|(rule, _)| rule.clone())
        .collect()
}

/// The rules that are part of a circle or lead to one: those that remain when what depends on nothing is taken away,
/// again and again.
fn with_cycles_below(edges: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut users: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut open: BTreeMap<usize, usize> = BTreeMap::new();
    let mut settled = Vec::new();
    for (targets, number) in edges.iter().zip(0..) {
        for target in targets {
            users.entry(*target).or_default().push(number);
        }
        open.insert(number, targets.len());
        if targets.is_empty() {
            settled.push(number);
        }
    }
    while let Some(number) = settled.pop() {
        open.remove(&number);
        for user in users.get(&number).into_iter().flatten() {
            if let Some(left) = open.get_mut(user) {
                *left = left.saturating_sub(1);
                if *left == 0 {
                    settled.push(*user);
                }
            }
        }
    }
    open.into_keys().collect()
}

/// Whether a rule is reached from itself.
fn reaches(edges: &[BTreeSet<usize>], start: usize) -> bool {
    let targets = |number: usize| edges.get(number).into_iter().flatten().copied();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut open: Vec<usize> = targets(start).collect();
    while let Some(number) = open.pop() {
        if number == start {
            return true;
        }
        if seen.insert(number) {
            open.extend(targets(number));
        }
    }
    false
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

    #[test]
    fn only_rules_of_a_circle_depend_on_themselves() {
        let rules = map(&["p.a", "p.b", "p.c", "p.d", "p.e", "p.f", "q.g"]);
        let graph: BTreeMap<Vec<String>, BTreeSet<Vec<String>>> = [
            ("p.a", vec!["p.b.x"]),
            ("p.b", vec!["p.c", "p.d"]),
            ("p.c", vec!["p.a"]),
            ("p.d", vec!["q"]),
            ("p.e", vec!["p.a", "p.d"]),
            ("p.f", vec!["p.f"]),
            ("p.not_a_rule", vec!["p.not_a_rule"]),
        ]
        .into_iter()
        .map(|(rule, paths)| (path(rule), paths.into_iter().map(path).collect()))
        .collect();
        let found: Vec<String> = cyclic(&rules, &graph)
            .iter()
            .map(|rule| rule.join("."))
            .collect();
        assert_eq!(found, ["p.a", "p.b", "p.c", "p.f"]);
    }
}
