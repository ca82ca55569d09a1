//! The tree against an implementation by other people: ct-merkle.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests"
)]

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use soc2gate_ledger::Hash;
use soc2gate_ledger::tree::{
    Frontier, Nodes, consistency_proof, inclusion_proof, root, verify_consistency, verify_inclusion,
};

/// Nodes computed from the leaves, whenever one is asked for.
struct Leaves(Vec<Hash>);

impl Nodes for Leaves {
    type Error = std::convert::Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        let width = 1_usize << level;
        let first = usize::try_from(index).unwrap() * width;
        let mut tree = Frontier::new();
        for leaf in &self.0[first..first + width] {
            tree.append(*leaf, |_| ());
        }
        Ok(tree.root())
    }
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn roots_and_proofs_are_the_same(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..300),
        index in any::<prop::sample::Index>(),
        older in any::<prop::sample::Index>(),
    ) {
        let mut theirs = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        let mut frontier = Frontier::new();
        let old = older.index(entries.len()) + 1;
        let mut old_root = Hash::empty();
        for (place, entry) in entries.iter().enumerate() {
            theirs.push(entry.clone());
            frontier.append(Hash::leaf(entry), |_| ());
            if place + 1 == old {
                old_root = frontier.root();
            }
        }
        let ours = Leaves(entries.iter().map(|entry| Hash::leaf(entry)).collect());
        let size = entries.len() as u64;
        let top = root(size, &ours).unwrap();
        prop_assert_eq!(top, frontier.root());
        let their_root = theirs.root();
        prop_assert_eq!(&top.0[..], their_root.as_bytes().as_slice());

        let index = index.index(entries.len());
        let proof = inclusion_proof(index as u64, size, &ours).unwrap();
        let their_proof = theirs.prove_inclusion(index);
        prop_assert_eq!(bytes(&proof), their_proof.as_bytes());
        verify_inclusion(&ours.0[index], index as u64, size, &proof, &top).unwrap();
        theirs.root().verify_inclusion(&entries[index], index as u64, &their_proof).unwrap();

        let proof = consistency_proof(old as u64, size, &ours).unwrap();
        verify_consistency(old as u64, size, &proof, &old_root, &top).unwrap();
        if old < entries.len() {
            let their_proof = theirs.prove_consistency(entries.len() - old);
            prop_assert_eq!(bytes(&proof), their_proof.as_bytes());
        }
    }
}
