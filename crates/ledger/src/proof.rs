//! Checking proofs without the tree: the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, step by step.

use crate::error::{Error, Result};
use crate::tree::{Hash, node_hash};
use sha2::{Digest as _, Sha256};

/// Checks that a leaf (its [`leaf_hash`](crate::leaf_hash)) is entry `index` of the tree with `size` entries and this root.
///
/// # Errors
/// [`Error::Proof`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<()> {
    let failed = Error::Proof { kind: "inclusion" };
    if index >= size {
        return Err(failed);
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for neighbour in proof {
        if last == 0 {
            // Longer than the path to the root.
            return Err(failed);
        }
        if node % 2 == 1 || node == last {
            hash = node_hash(neighbour, &hash);
            // A last node without a right neighbour rises unchanged.
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, neighbour);
        }
        node /= 2;
        last /= 2;
    }
    if last == 0 && hash == *root {
        Ok(())
    } else {
        Err(failed)
    }
}

/// Checks that the tree with `old_size` entries and `old_root` is the beginning of the tree with `size` entries and `root`.
///
/// # Errors
/// [`Error::Proof`].
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    size: u64,
    root: &Hash,
    proof: &[Hash],
) -> Result<()> {
    if is_consistent(old_size, old_root, size, root, proof) {
        Ok(())
    } else {
        Err(Error::Proof {
            kind: "consistency",
        })
    }
}

fn is_consistent(old_size: u64, old_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if old_size > size {
        return false;
    }
    if old_size == size {
        return proof.is_empty() && old_root == root;
    }
    if old_size == 0 {
        // Every tree continues the empty one, whose root is the hash of nothing.
        let empty: Hash = Sha256::digest([]).into();
        return proof.is_empty() && *old_root == empty;
    }
    // When the old tree is one complete subtree, the verifier has its hash already and the proof leaves it out.
    let (first, rest) = if old_size.is_power_of_two() {
        (old_root, proof)
    } else {
        let Some((first, rest)) = proof.split_first() else {
            return false;
        };
        (first, rest)
    };
    let (mut node, mut last) = (old_size - 1, size - 1);
    while node % 2 == 1 {
        node /= 2;
        last /= 2;
    }
    let (mut old_hash, mut hash) = (*first, *first);
    for neighbour in rest {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            old_hash = node_hash(neighbour, &old_hash);
            hash = node_hash(neighbour, &hash);
            while node % 2 == 0 && node != 0 {
                node /= 2;
                last /= 2;
            }
        } else {
            hash = node_hash(&hash, neighbour);
        }
        node /= 2;
        last /= 2;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::decode_32;
    use crate::{Tree, leaf_hash};

    /// The leaves and values that implementations of RFC 6962 have shared since Certificate Transparency's first test suite.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    const LEAF_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const NODE_2_3: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const NODE_4_7: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    const LEAF_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const NODE_6_7: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const NODE_4_5: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";

    fn known_tree() -> Tree {
        let mut tree = Tree::new();
        for leaf in LEAVES {
            tree.append(leaf);
        }
        tree
    }

    fn numbered_tree(size: u64) -> Tree {
        let mut tree = Tree::new();
        for entry in 0..size {
            tree.append(&entry.to_le_bytes());
        }
        tree
    }

    fn hashes(texts: &[&str]) -> Vec<Hash> {
        texts.iter().map(|text| decode_32(text)).collect()
    }

    #[test]
    fn known_roots() {
        let tree = known_tree();
        for (size, root) in ROOTS.iter().enumerate() {
            assert_eq!(
                tree.root_at(size as u64).unwrap(),
                decode_32(root),
                "{size}"
            );
        }
        assert_eq!(Tree::new().root(), decode_32(ROOTS[0]));
    }

    #[test]
    fn known_inclusion_proofs() {
        let tree = known_tree();
        let cases: [(u64, u64, &[&str]); 5] = [
            (0, 1, &[]),
            (0, 8, &[LEAF_1, NODE_2_3, NODE_4_7]),
            (5, 8, &[LEAF_4, NODE_6_7, ROOTS[4]]),
            (2, 3, &[ROOTS[2]]),
            (1, 5, &[ROOTS[1], NODE_2_3, LEAF_4]),
        ];
        for (index, size, proof) in cases {
            assert_eq!(
                tree.inclusion_proof(index, size).unwrap(),
                hashes(proof),
                "{index} in {size}"
            );
        }
    }

    #[test]
    fn known_consistency_proofs() {
        let tree = known_tree();
        let cases: [(u64, u64, &[&str]); 4] = [
            (1, 1, &[]),
            (1, 8, &[LEAF_1, NODE_2_3, NODE_4_7]),
            (6, 8, &[NODE_4_5, NODE_6_7, ROOTS[4]]),
            (2, 5, &[NODE_2_3, LEAF_4]),
        ];
        for (old_size, size, proof) in cases {
            assert_eq!(
                tree.consistency_proof(old_size, size).unwrap(),
                hashes(proof),
                "{old_size} in {size}"
            );
        }
    }

    /// The definition of RFC 6962, section 2.1, word for word: slow, and independent of the stored levels.
    fn root_by_definition(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [leaf] => *leaf,
            _ => {
                let mut split = 1;
                while split * 2 < leaves.len() {
                    split *= 2;
                }
                node_hash(
                    &root_by_definition(&leaves[..split]),
                    &root_by_definition(&leaves[split..]),
                )
            }
        }
    }

    #[test]
    fn roots_follow_the_definition() {
        let tree = numbered_tree(130);
        let leaves: Vec<Hash> = (0..130u64)
            .map(|entry| leaf_hash(&entry.to_le_bytes()))
            .collect();
        for size in 0..=130 {
            assert_eq!(
                tree.root_at(size).unwrap(),
                root_by_definition(&leaves[..size as usize]),
                "{size}"
            );
        }
    }

    /// Every proof with one hash left out, one added, or two exchanged.
    fn reshaped(proof: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all = vec![[proof, &[[7; 32]]].concat(), [&[[7; 32]], proof].concat()];
        for index in 0..proof.len() {
            all.push([&proof[..index], &proof[index + 1..]].concat());
            if index > 0 {
                let mut swapped = proof.to_vec();
                swapped.swap(index - 1, index);
                all.push(swapped);
            }
        }
        all
    }

    #[test]
    fn inclusion_holds_for_every_entry_of_every_size_and_for_nothing_else() {
        let tree = numbered_tree(64);
        let other_leaf = leaf_hash(b"other");
        for size in 1..=64 {
            let root = tree.root_at(size).unwrap();
            for index in 0..size {
                let leaf = leaf_hash(&index.to_le_bytes());
                let proof = tree.inclusion_proof(index, size).unwrap();
                let verify = |leaf, index, size, proof: &[Hash]| {
                    verify_inclusion(leaf, index, size, &root, proof).is_ok()
                };
                assert!(verify(&leaf, index, size, &proof), "{index} of {size}");
                assert!(!verify(&other_leaf, index, size, &proof));
                for other in (0..=size + 1).filter(|other| *other != index) {
                    assert!(
                        !verify(&leaf, other, size, &proof),
                        "{index} as {other} of {size}"
                    );
                }
                for other in reshaped(&proof) {
                    assert!(!verify(&leaf, index, size, &other), "{index} of {size}");
                }
            }
        }
    }

    #[test]
    fn consistency_holds_for_every_two_sizes_and_for_nothing_else() {
        let tree = numbered_tree(64);
        for size in 0..=64 {
            let root = tree.root_at(size).unwrap();
            for old_size in 0..=size {
                let old_root = tree.root_at(old_size).unwrap();
                let proof = tree.consistency_proof(old_size, size).unwrap();
                let verify = |old_root, root, proof: &[Hash]| {
                    verify_consistency(old_size, old_root, size, root, proof).is_ok()
                };
                assert!(verify(&old_root, &root, &proof), "{old_size} in {size}");
                assert!(!verify(&[1; 32], &root, &proof), "{old_size} in {size}");
                // Every root continues the empty tree; otherwise another root must fail.
                assert!(
                    old_size == 0 || !verify(&old_root, &[1; 32], &proof),
                    "{old_size} in {size}"
                );
                for other in reshaped(&proof) {
                    assert!(!verify(&old_root, &root, &other), "{old_size} in {size}");
                }
            }
            assert!(verify_consistency(size + 1, &root, size, &root, &[]).is_err());
        }
    }

    #[test]
    fn every_changed_bit_of_a_proof_is_noticed() {
        let tree = numbered_tree(64);
        for size in [1, 2, 3, 7, 8, 13, 32, 33, 63, 64] {
            let root = tree.root_at(size).unwrap();
            for part in 0..size {
                let leaf = leaf_hash(&part.to_le_bytes());
                each_changed_bit(&tree.inclusion_proof(part, size).unwrap(), |proof| {
                    assert!(
                        verify_inclusion(&leaf, part, size, &root, proof).is_err(),
                        "{part} of {size}"
                    );
                });
                let old_root = tree.root_at(part).unwrap();
                each_changed_bit(&tree.consistency_proof(part, size).unwrap(), |proof| {
                    assert!(
                        verify_consistency(part, &old_root, size, &root, proof).is_err(),
                        "{part} in {size}"
                    );
                });
            }
        }
    }

    fn each_changed_bit(proof: &[Hash], check: impl Fn(&[Hash])) {
        let mut changed = proof.to_vec();
        for index in 0..proof.len() {
            for bit in 0..256 {
                changed[index][bit / 8] ^= 1 << (bit % 8);
                check(&changed);
                changed[index][bit / 8] ^= 1 << (bit % 8);
            }
        }
    }

    #[test]
    fn sizes_that_are_not_there_are_refused() {
        let tree = numbered_tree(5);
        assert_eq!(tree.root_at(6).unwrap_err().code(), "E-LOG-SIZE");
        assert_eq!(tree.inclusion_proof(5, 5).unwrap_err().code(), "E-LOG-SIZE");
        assert_eq!(
            tree.consistency_proof(4, 3).unwrap_err().code(),
            "E-LOG-SIZE"
        );
        assert!(verify_inclusion(&[0; 32], 0, 0, &[0; 32], &[]).is_err());
    }
}
