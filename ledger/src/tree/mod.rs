//! The Merkle tree over the entries of a log: RFC 6962, section 2, in the layout of C2SP tlog-tiles.
//!
//! A complete subtree of `2^level` entries is named by its level and its position among the subtrees of that
//! level. A [`Frontier`] holds the few that a tree of any size consists of, [`Nodes`] gives the others.

mod frontier;
mod proof;
mod tile;

pub use frontier::{Frontier, Node};
pub use proof::{
    Nodes, ProofError, consistency_proof, inclusion_proof, root, verify_consistency,
    verify_inclusion,
};
pub use tile::{TILE_HEIGHT, TILE_WIDTH, Tile, TileNodes, Tiles, new_tiles};

#[cfg(test)]
mod tests;
