//! The Merkle tree of RFC 6962 (and RFC 9162): SHA-256, a leaf is `H(0x00 entry)`, a node is `H(0x01 left right)`, and the left
//! side of `n` leaves holds the largest power of two below `n`.

use crate::error::{Error, Result};
use sha2::{Digest as _, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of an entry as a leaf.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}

/// The hash of two subtrees.
pub(crate) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// A tree that only grows. Appending costs one or two hashes on average; a root or proof costs the logarithm of the size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[k][i]` is the hash of the complete subtree over leaves `i * 2^k` to `(i + 1) * 2^k`.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds an entry as the last leaf.
    pub fn append(&mut self, entry: &[u8]) {
        let mut hash = leaf_hash(entry);
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            if !hashes.len().is_multiple_of(2) {
                return;
            }
            hash = node_hash(&hashes[hashes.len() - 2], &hashes[hashes.len() - 1]);
        }
    }

    /// The root over all leaves; for no leaves the hash of nothing.
    pub fn root(&self) -> Hash {
        self.subtree(0, self.size() as usize)
    }

    /// The root over the first `size` leaves.
    ///
    /// # Errors
    /// [`Error::LedgerSize`] if there are fewer.
    pub fn root_at(&self, size: u64) -> Result<Hash> {
        self.has(size)?;
        Ok(self.subtree(0, size as usize))
    }

    /// Shows that leaf `index` is in the tree of the first `size` leaves: the hashes from the leaf's neighbour up to the root.
    ///
    /// # Errors
    /// [`Error::LedgerSize`] if the tree has fewer leaves or the first `size` do not include the index.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>> {
        self.has(size)?;
        if index >= size {
            return Err(Error::LedgerSize { size, asked: index });
        }
        let mut proof = Vec::new();
        let (mut begin, mut end) = (0, size as usize);
        let index = index as usize;
        while end - begin > 1 {
            let middle = begin + split(end - begin);
            if index < middle {
                proof.push(self.subtree(middle, end));
                end = middle;
            } else {
                proof.push(self.subtree(begin, middle));
                begin = middle;
            }
        }
        proof.reverse();
        Ok(proof)
    }

    /// Shows that the first `old_size` leaves are the beginning of the first `size` leaves.
    ///
    /// # Errors
    /// [`Error::LedgerSize`] if the tree has fewer leaves or `old_size` is greater than `size`.
    pub fn consistency_proof(&self, old_size: u64, size: u64) -> Result<Vec<Hash>> {
        self.has(size)?;
        if old_size > size {
            return Err(Error::LedgerSize {
                size,
                asked: old_size,
            });
        }
        let mut proof = Vec::new();
        if old_size > 0 {
            self.consistency(old_size as usize, 0, size as usize, true, &mut proof);
        }
        Ok(proof)
    }

    /// SUBPROOF of RFC 6962, section 2.1.2, over the leaves `begin..end`, of which the first `old` are the old tree. `known` says
    /// that the verifier has this subtree's hash as the old root.
    fn consistency(
        &self,
        old: usize,
        begin: usize,
        end: usize,
        known: bool,
        proof: &mut Vec<Hash>,
    ) {
        if old == end - begin {
            if !known {
                proof.push(self.subtree(begin, end));
            }
            return;
        }
        let left = split(end - begin);
        let middle = begin + left;
        if old <= left {
            self.consistency(old, begin, middle, known, proof);
            proof.push(self.subtree(middle, end));
        } else {
            self.consistency(old - left, middle, end, false, proof);
            proof.push(self.subtree(begin, middle));
        }
    }

    /// The hash over the leaves `begin..end`, where `begin` is a multiple of the power of two at or above their number.
    fn subtree(&self, begin: usize, end: usize) -> Hash {
        let leaves = end - begin;
        if leaves == 0 {
            return Sha256::digest([]).into();
        }
        if leaves.is_power_of_two() {
            let level = leaves.trailing_zeros() as usize;
            return self.levels[level][begin >> level];
        }
        let middle = begin + split(leaves);
        node_hash(&self.subtree(begin, middle), &self.subtree(middle, end))
    }

    fn has(&self, size: u64) -> Result<()> {
        if size > self.size() {
            Err(Error::LedgerSize {
                size: self.size(),
                asked: size,
            })
        } else {
            Ok(())
        }
    }
}

/// The largest power of two below `leaves`, which are at least two.
fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}
