//! The segments with wildcards that may follow a node, found by what they begin or end with.

use std::collections::BTreeMap;

use super::glob::Glob;

/// Nodes behind segments with wildcards.
///
/// A glob is kept under the text after its last wildcard, or else the text before its first, so that thousands of
/// `*.extension` cost a few look-ups for a name. Only those with a wildcard at both ends are tried one after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Globs {
    by_tail: Buckets,
    by_head: Buckets,
}

#[derive(Debug, Clone, Default)]
struct Buckets {
    globs: BTreeMap<String, BTreeMap<Glob, usize>>,
    /// The number of bytes of the longest key.
    longest: usize,
}

impl Globs {
    /// The node behind a glob, which is `new` if there was none.
    pub(super) fn entry(&mut self, glob: Glob, new: usize) -> usize {
        let (head, tail) = (glob.head(), glob.tail());
        if tail.is_empty() {
            self.by_head.entry(head, glob, new)
        } else {
            self.by_tail.entry(tail, glob, new)
        }
    }

    /// The nodes behind the globs that match a segment.
    pub(super) fn matching<'a>(&'a self, segment: &'a str) -> impl Iterator<Item = usize> {
        let end = segment.len();
        let tails =
            (end.saturating_sub(self.by_tail.longest)..end).filter_map(|at| segment.get(at..));
        let heads = (0..=end.min(self.by_head.longest)).filter_map(|at| segment.get(..at));
        let by_tail = tails.filter_map(|tail| self.by_tail.globs.get(tail));
        let by_head = heads.filter_map(|head| self.by_head.globs.get(head));
        by_tail
            .chain(by_head)
            .flatten()
            .filter(|(glob, _)| glob.matches(segment))
            .map(|(_, node)| *node)
    }
}

impl Buckets {
    fn entry(&mut self, key: String, glob: Glob, new: usize) -> usize {
        self.longest = self.longest.max(key.len());
        *self
            .globs
            .entry(key)
            .or_default()
            .entry(glob)
            .or_insert(new)
    }
}

#[cfg(test)]
mod tests {
    use super::super::glob::Token;
    use super::*;

    #[test]
    fn each_is_found_under_its_key() {
        let mut globs = Globs::default();
        let all = ["*.js", "a*", "*", "*a*", "a*.js", "?ä", "ä?", "??"];
        for (node, text) in all.into_iter().enumerate() {
            let tokens = text.chars().map(|character| match character {
                '*' => Token::AnyCharacters,
                '?' => Token::AnyCharacter,
                _ => Token::Character(character),
            });
            let glob = Glob::new(tokens.collect());
            assert_eq!(globs.entry(glob.clone(), node), node);
            assert_eq!(globs.entry(glob, 100), node, "known already");
        }
        let matching = |segment| {
            let mut texts: Vec<&str> = globs.matching(segment).map(|node| all[node]).collect();
            texts.sort_unstable();
            texts
        };
        assert_eq!(matching("ab.js"), ["*", "*.js", "*a*", "a*", "a*.js"]);
        assert_eq!(matching("ää"), ["*", "??", "?ä", "ä?"]);
        assert_eq!(matching("b"), ["*"]);
        assert_eq!(matching(""), ["*"]);
    }
}
