//! The right edge of a growing tree.

use crate::Hash;

/// A complete subtree and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// The subtree has `2^level` entries.
    pub level: u8,
    /// Its position among the complete subtrees of its level.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The complete subtrees that a tree consists of, largest first: all that is needed to append and to name the
/// root. At most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// One hash for each bit that is set in `size`, from the highest.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// A tree without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tree of `size` entries from the hashes of its complete subtrees, largest first; nothing where their
    /// number does not fit the size.
    pub fn from_subtrees(size: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (subtrees.len() == size.count_ones() as usize).then_some(Self { size, subtrees })
    }

    /// Entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes of the complete subtrees, largest first.
    pub fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// Appends the hash of an entry, and tells of every subtree that it completes, the leaf first.
    pub fn append(&mut self, leaf: Hash, mut completed: impl FnMut(Node)) {
        let mut node = Node {
            level: 0,
            index: self.size,
            hash: leaf,
        };
        completed(node);
        while node.index & 1 == 1
            && let Some(left) = self.subtrees.pop()
        {
            node = Node {
                level: node.level + 1,
                index: node.index >> 1,
                hash: Hash::node(&left, &node.hash),
            };
            completed(node);
        }
        self.subtrees.push(node.hash);
        self.size += 1;
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        let Some(smallest) = subtrees.next() else {
            return Hash::empty();
        };
        subtrees.fold(*smallest, |right, left| Hash::node(left, &right))
    }
}

/// The complete subtrees of a tree of this size, largest first: level and position.
pub(super) fn subtrees(size: u64) -> impl DoubleEndedIterator<Item = (u8, u64)> {
    (0..64_u8)
        .rev()
        .filter(move |level| (size >> level) & 1 == 1)
        .map(move |level| (level, (size >> level) - 1))
}
