//! The tree against the definitions of RFC 6962, written as they stand there.

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::Hash;

/// `MTH` of RFC 6962, section 2.1.
fn definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::empty(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::node(&definition(left), &definition(right))
        }
    }
}

/// `PATH` of section 2.1.1.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    if index < left.len() {
        let mut proof = path(index, left);
        proof.push(definition(right));
        proof
    } else {
        let mut proof = path(index - left.len(), right);
        proof.push(definition(left));
        proof
    }
}

/// `SUBPROOF` of section 2.1.2.
fn subproof(old: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if known {
            Vec::new()
        } else {
            vec![definition(leaves)]
        };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    if old <= left.len() {
        let mut proof = subproof(old, left, known);
        proof.push(definition(right));
        proof
    } else {
        let mut proof = subproof(old - left.len(), right, false);
        proof.push(definition(left));
        proof
    }
}

struct Memory(BTreeMap<(u8, u64), Hash>);

impl Tiles for Memory {
    type Error = Infallible;

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, Infallible> {
        let first = tile.index * TILE_WIDTH;
        Ok((first..first + u64::from(tile.width))
            .filter_map(|index| self.0.get(&(tile.level * TILE_HEIGHT, index)).copied())
            .collect())
    }
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count)
        .map(|number| Hash::leaf(&number.to_be_bytes()))
        .collect()
}

fn memory(leaves: &[Hash]) -> (Memory, Frontier) {
    let mut nodes = BTreeMap::new();
    let mut frontier = Frontier::new();
    for leaf in leaves {
        frontier.append(*leaf, |node| {
            nodes.insert((node.level, node.index), node.hash);
        });
    }
    (Memory(nodes), frontier)
}

#[test]
fn roots_and_proofs_are_as_defined() {
    let all = leaves(70);
    let (memory, _) = memory(&all);
    for size in 1..=all.len() {
        let tree = &all[..size];
        let nodes = TileNodes::new(&memory, size as u64);
        let (_, frontier) = self::memory(tree);
        let top = definition(tree);
        assert_eq!(frontier.root(), top);
        assert_eq!(root(size as u64, &nodes).unwrap(), top);
        for (index, leaf) in tree.iter().enumerate() {
            let proof = inclusion_proof(index as u64, size as u64, &nodes).unwrap();
            assert_eq!(proof, path(index, tree), "{index} of {size}");
            verify_inclusion(leaf, index as u64, size as u64, &proof, &top).unwrap();
        }
        for old in 1..=size {
            let proof = consistency_proof(old as u64, size as u64, &nodes).unwrap();
            assert_eq!(proof, subproof(old, tree, true), "{old} to {size}");
            let old_root = definition(&all[..old]);
            verify_consistency(old as u64, size as u64, &proof, &old_root, &top).unwrap();
        }
    }
}

#[test]
fn larger_trees_cross_tiles() {
    let all = leaves(70_000);
    let (memory, frontier) = memory(&all);
    let size = all.len() as u64;
    let nodes = TileNodes::new(&memory, size);
    let top = frontier.root();
    assert_eq!(root(size, &nodes).unwrap(), top);
    for index in [0, 1, 255, 256, 257, 65_535, 65_536, 69_999] {
        let proof = inclusion_proof(index, size, &nodes).unwrap();
        let leaf = &all[usize::try_from(index).unwrap()];
        verify_inclusion(leaf, index, size, &proof, &top).unwrap();
    }
    for old in [1, 255, 256, 65_535, 65_536, 65_537, 69_999] {
        let proof = consistency_proof(old, size, &nodes).unwrap();
        let older = root(old, &TileNodes::new(&memory, old)).unwrap();
        verify_consistency(old, size, &proof, &older, &top).unwrap();
    }
}

#[test]
fn no_changed_proof_verifies() {
    let all = leaves(23);
    let (memory, frontier) = memory(&all);
    let nodes = TileNodes::new(&memory, 23);
    let top = frontier.root();
    for index in 0..23 {
        let leaf = all[usize::try_from(index).unwrap()];
        let proof = inclusion_proof(index, 23, &nodes).unwrap();
        for other in (0..23).filter(|other| *other != index) {
            assert!(verify_inclusion(&leaf, other, 23, &proof, &top).is_err());
        }
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            changed[place].0[0] ^= 1;
            assert_eq!(
                verify_inclusion(&leaf, index, 23, &changed, &top),
                Err(ProofError::Mismatch)
            );
            let mut shorter = proof.clone();
            shorter.remove(place);
            assert!(verify_inclusion(&leaf, index, 23, &shorter, &top).is_err());
        }
        let mut longer = proof.clone();
        longer.push(leaf);
        assert_eq!(
            verify_inclusion(&leaf, index, 23, &longer, &top),
            Err(ProofError::Length)
        );
    }
    for old in 1..23 {
        let proof = consistency_proof(old, 23, &nodes).unwrap();
        let older = root(old, &nodes).unwrap();
        for place in 0..proof.len() {
            let mut changed = proof.clone();
            changed[place].0[31] ^= 0x80;
            assert!(verify_consistency(old, 23, &changed, &older, &top).is_err());
            changed.remove(place);
            assert!(verify_consistency(old, 23, &changed, &older, &top).is_err());
        }
        assert!(verify_consistency(old, 23, &proof, &top, &top).is_err());
    }
    let nothing = Hash::empty();
    assert_eq!(verify_consistency(0, 23, &[], &nothing, &top), Ok(()));
    assert_eq!(
        verify_consistency(0, 23, &[], &top, &top),
        Err(ProofError::Mismatch)
    );
    assert_eq!(
        verify_consistency(23, 22, &[], &top, &top),
        Err(ProofError::OutOfRange)
    );
}

#[test]
fn tiles_are_named_as_c2sp_says() {
    let tile = |level, index, width| Tile {
        level,
        index,
        width,
    };
    assert_eq!(tile(0, 1_234_067, 256).path(), "tile/0/x001/x234/067");
    assert_eq!(tile(2, 0, 5).path(), "tile/2/000.p/5");
    assert_eq!(tile(0, 1_000, 256).entries_path(), "tile/entries/x001/000");
    // Size 70,000 has 273 full tiles and a partial one of 112 at level 0, and 273 hashes at level 1.
    let last = new_tiles(0, 70_000);
    assert_eq!(last.len(), 274 + 2 + 1);
    assert!(last.contains(&tile(0, 273, 112)));
    assert!(last.contains(&tile(1, 1, 17)));
    assert!(last.contains(&tile(2, 0, 1)));
    assert_eq!(new_tiles(70_000, 70_001), vec![tile(0, 273, 113)]);
    assert_eq!(new_tiles(7, 7), vec![]);
}
