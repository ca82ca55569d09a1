//! Proofs that an entry is in a tree and that a tree continues another one: RFC 6962, sections 2.1.1 and 2.1.2;
//! verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.

use thiserror::Error;

use super::frontier::subtrees;
use crate::Hash;

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Why a hash could not be had.
    type Error;

    /// The hash of the complete subtree of `2^level` entries at this position of its level.
    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// A proof does not show what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// The index is not in the tree, or the older tree is larger than the newer one.
    #[error("the proof speaks of an entry or a tree that cannot be")]
    OutOfRange,
    /// Hashes are missing, or there are too many.
    #[error("the proof has not as many hashes as it needs")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Mismatch,
}

/// The root of the tree of the first `size` entries.
pub fn root<N: Nodes>(size: u64, nodes: &N) -> Result<Hash, N::Error> {
    range(0, size, nodes)
}

/// The hashes that lead from an entry to the root of the tree of the first `size` entries: `PATH(index, D[size])`.
/// Empty where `index` is not below `size`.
pub fn inclusion_proof<N: Nodes>(index: u64, size: u64, nodes: &N) -> Result<Vec<Hash>, N::Error> {
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    if index >= size {
        return Ok(path);
    }
    while end - start > 1 {
        let split = start + split_point(end - start);
        if index < split {
            path.push(range(split, end, nodes)?);
            end = split;
        } else {
            path.push(range(start, split, nodes)?);
            start = split;
        }
    }
    path.reverse();
    Ok(path)
}

/// The hashes that show that the tree of `new` entries continues the one of `old`: `PROOF(old, D[new])`.
/// Empty where there is nothing to show.
pub fn consistency_proof<N: Nodes>(old: u64, new: u64, nodes: &N) -> Result<Vec<Hash>, N::Error> {
    let mut proof = Vec::new();
    if old == 0 || old >= new {
        return Ok(proof);
    }
    let (mut start, mut end) = (0, new);
    while end != old {
        let split = start + split_point(end - start);
        if old <= split {
            proof.push(range(split, end, nodes)?);
            end = split;
        } else {
            proof.push(range(start, split, nodes)?);
            start = split;
        }
    }
    // The older tree itself is known to whoever verifies; a subtree of it is not.
    if start > 0 {
        proof.push(range(start, end, nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Shows that an entry stands at an index of the tree with this root.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let (mut position, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if position & 1 == 1 || position == last {
            hash = Hash::node(sibling, &hash);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::node(&hash, sibling);
        }
        position >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root {
        Ok(())
    } else {
        Err(ProofError::Mismatch)
    }
}

/// Shows that the tree of `new` entries with `new_root` begins with the tree of `old` entries with `old_root`.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange);
    }
    if old == new || old == 0 {
        let known = if old == 0 {
            *old_root == Hash::empty() && (new > 0 || *new_root == Hash::empty())
        } else {
            old_root == new_root
        };
        return match (proof.is_empty(), known) {
            (false, _) => Err(ProofError::Length),
            (true, false) => Err(ProofError::Mismatch),
            (true, true) => Ok(()),
        };
    }
    let mut hashes = proof.iter();
    let first = if old.is_power_of_two() {
        *old_root
    } else {
        *hashes.next().ok_or(ProofError::Length)?
    };
    let (mut position, mut last) = (old - 1, new - 1);
    while position & 1 == 1 {
        position >>= 1;
        last >>= 1;
    }
    let (mut older, mut newer) = (first, first);
    for hash in hashes {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if position & 1 == 1 || position == last {
            older = Hash::node(hash, &older);
            newer = Hash::node(hash, &newer);
            while position & 1 == 0 && position != 0 {
                position >>= 1;
                last >>= 1;
            }
        } else {
            newer = Hash::node(&newer, hash);
        }
        position >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if older == *old_root && newer == *new_root {
        Ok(())
    } else {
        Err(ProofError::Mismatch)
    }
}

/// The hash of the tree over entries `start` to `end`, where `start` is a multiple of the largest power of two
/// below their number, as every subtree of a proof is.
fn range<N: Nodes>(start: u64, end: u64, nodes: &N) -> Result<Hash, N::Error> {
    let mut hash = None;
    for (level, index) in subtrees(end - start).rev() {
        // Positions count from the start of the range; the start is aligned to its largest subtree.
        let left = nodes.node(level, index + (start >> level))?;
        hash = Some(match hash {
            None => left,
            Some(right) => Hash::node(&left, &right),
        });
    }
    Ok(hash.unwrap_or_else(Hash::empty))
}

/// The largest power of two below `count`, which is two or more.
fn split_point(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}
