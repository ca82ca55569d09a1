//! The most important part of a run, in bounded memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Keeps the items that rank highest, as many as weigh no more than a limit; earlier ones where ranks are
/// equal.
#[derive(Debug)]
pub(super) struct Ranked<R, T> {
    limit: usize,
    weight: usize,
    added: usize,
    items: BTreeMap<(Reverse<R>, usize), (usize, T)>,
}

impl<R: Ord, T> Ranked<R, T> {
    /// Keeps items of up to `limit` in total weight.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            weight: 0,
            added: 0,
            items: BTreeMap::new(),
        }
    }

    /// Takes an item in, at the cost of those that rank lowest. One that is heavier than all that may be
    /// kept is not.
    pub(super) fn add(&mut self, rank: R, weight: usize, item: T) {
        let arrival = self.added;
        self.added += 1;
        if weight > self.limit {
            return;
        }
        self.items.insert((Reverse(rank), arrival), (weight, item));
        self.weight += weight;
        while self.weight > self.limit {
            let Some((_, (weight, _))) = self.items.pop_last() else {
                return;
            };
            self.weight -= weight;
        }
    }

    /// How many items were not kept.
    pub(super) fn dropped(&self) -> usize {
        self.added - self.items.len()
    }

    /// The items that are kept, the most important first.
    pub(super) fn by_rank(&self) -> impl Iterator<Item = &T> {
        self.items.values().map(|(_, item)| item)
    }

    /// The items that are kept, in the order they came.
    pub(super) fn by_arrival(&self) -> impl Iterator<Item = &T> {
        let mut items: Vec<_> = self.items.iter().collect();
        items.sort_by_key(|((_, arrival), _)| *arrival);
        items.into_iter().map(|(_, (_, item))| item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_important_are_kept_and_the_earlier_among_equals() {
        let mut ranked = Ranked::new(3);
        for (rank, item) in [(1, "a"), (2, "b"), (1, "c"), (3, "d"), (2, "e"), (0, "f")] {
            ranked.add(rank, 1, item);
        }
        assert_eq!(ranked.by_rank().collect::<Vec<_>>(), [&"d", &"b", &"e"]);
        assert_eq!(ranked.by_arrival().collect::<Vec<_>>(), [&"b", &"d", &"e"]);
        assert_eq!(ranked.dropped(), 3);
    }

    #[test]
    fn weights_bound_what_is_kept() {
        let mut ranked = Ranked::new(10);
        ranked.add(1, 6, "a");
        ranked.add(2, 6, "b");
        ranked.add(1, 4, "c");
        assert_eq!(ranked.by_rank().collect::<Vec<_>>(), [&"b", &"c"]);
        ranked.add(9, 11, "too heavy");
        assert_eq!(ranked.by_rank().collect::<Vec<_>>(), [&"b", &"c"]);
        assert_eq!(ranked.dropped(), 2);
    }
}
