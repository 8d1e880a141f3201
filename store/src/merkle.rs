//! The Merkle tree of RFC 6962 over the hashes of events, in the order of the log.
//!
//! A leaf is SHA-256 of the byte 0 and an event's hash, an inner node SHA-256 of the byte 1 and its two children; the
//! left subtree holds the largest power of two of leaves that is smaller than their number. Whoever holds the root for a
//! size can be shown, by a number of hashes that grows with the logarithm of the size, that an event is in the log
//! ([`inclusion`]), and that a larger log begins with the smaller one ([`consistency`]).
//!
//! Nothing here keeps the leaves: a tree is its full subtrees' roots, and a proof is made while all hashes pass by once.

use std::ops::Range;

use sha2::{Digest, Sha256};

/// A hash in the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf.
pub fn leaf(content: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0]);
    sha.update(content);
    sha.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut sha = Sha256::new();
    sha.update([1]);
    sha.update(left);
    sha.update(right);
    sha.finalize().into()
}

/// A tree that only grows. It takes the memory of one hash for each bit of its size.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    size: u64,
    /// Roots of full subtrees, the largest first: one for each bit of the size.
    peaks: Vec<Hash>,
}

impl Tree {
    /// The tree with these peaks, as [`Tree::peaks`] gave them; `None` when so many do not belong to that size.
    pub fn with_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of full subtrees, the largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf.
    pub fn push(&mut self, content: &[u8]) {
        let mut new = leaf(content);
        for _ in 0..self.size.trailing_ones() {
            let left = self
                .peaks
                .pop()
                .expect("there is a peak for each bit of the size");
            new = node(&left, &new);
        }
        self.peaks.push(new);
        self.size += 1;
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let joined = self.peaks.iter().rev().copied();
        joined
            .reduce(|right, left| node(&left, &right))
            .unwrap_or_else(|| Sha256::digest([]).into())
    }
}

/// The largest power of two below a number of at least 2.
const fn split(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Which ranges of leaves the proof is made of that leaf `index` (counted from 0) is in a tree of `size` leaves.
fn inclusion_ranges(index: u64, size: u64) -> Vec<Range<u64>> {
    let (mut from, mut until, mut ranges) = (0, size, Vec::new());
    while until - from > 1 {
        let middle = from + split(until - from);
        if index < middle {
            ranges.push(middle..until);
            until = middle;
        } else {
            ranges.push(from..middle);
            from = middle;
        }
    }
    ranges.reverse();
    ranges
}

/// Which ranges of leaves the proof is made of that a tree of `size` leaves begins with one of `old`.
fn consistency_ranges(old: u64, size: u64) -> Vec<Range<u64>> {
    let (mut from, mut until, mut ranges) = (0, size, Vec::new());
    while until != old {
        let middle = from + split(until - from);
        if old <= middle {
            ranges.push(middle..until);
            until = middle;
        } else {
            ranges.push(from..middle);
            from = middle;
        }
    }
    // The checker knows the old root already when it is a node of the new tree's left edge.
    if from > 0 {
        ranges.push(from..until);
    }
    ranges.reverse();
    ranges
}

/// A proof in the making: all leaves have to pass by, from the first to the last, once.
#[derive(Clone, Debug)]
pub struct Proof {
    parts: Vec<(Range<u64>, Tree)>,
    seen: u64,
}

/// Begins the proof that leaf `index`, counted from 0, is in a tree of `size` leaves; `None` when it is not.
pub fn inclusion(index: u64, size: u64) -> Option<Proof> {
    (index < size).then(|| Proof::of(inclusion_ranges(index, size)))
}

/// Begins the proof that a tree of `size` leaves begins with one of `old`; `None` when `old` is 0 or larger.
pub fn consistency(old: u64, size: u64) -> Option<Proof> {
    (0 < old && old <= size).then(|| Proof::of(consistency_ranges(old, size)))
}

impl Proof {
    fn of(ranges: Vec<Range<u64>>) -> Self {
        let parts = ranges.into_iter().map(|range| (range, Tree::default()));
        Self {
            parts: parts.collect(),
            seen: 0,
        }
    }

    /// The next leaf.
    pub fn push(&mut self, content: &[u8]) {
        let part = self
            .parts
            .iter_mut()
            .find(|(range, _)| range.contains(&self.seen));
        if let Some((_, tree)) = part {
            tree.push(content);
        }
        self.seen += 1;
    }

    /// The proof, once all leaves have passed by.
    pub fn path(&self) -> Vec<Hash> {
        self.parts.iter().map(|(_, tree)| tree.root()).collect()
    }
}

/// True when the path shows that `content` is leaf `index`, counted from 0, of the tree with this size and root.
pub fn includes(content: &[u8], index: u64, size: u64, root: &Hash, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, leaf(content));
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            let skipped = at.trailing_zeros().min(u64::BITS - 1);
            if at != 0 {
                (at, last) = (at >> skipped, last >> skipped);
            }
        } else {
            hash = node(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// True when the path shows that the tree with `size` and `root` begins with the one of `old_size` and `old_root`.
pub fn extends(old_size: u64, old_root: &Hash, size: u64, root: &Hash, path: &[Hash]) -> bool {
    if old_size == 0 || old_size > size {
        return false;
    }
    if old_size == size {
        return path.is_empty() && old_root == root;
    }
    let mut path = path.iter().copied();
    let first = if old_size.is_power_of_two() {
        Some(*old_root)
    } else {
        path.next()
    };
    let Some(first) = first else {
        return false;
    };
    let shared = (old_size - 1).trailing_ones();
    let (mut at, mut last) = ((old_size - 1) >> shared, (size - 1) >> shared);
    let (mut old, mut new) = (first, first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            (old, new) = (node(&sibling, &old), node(&sibling, &new));
            while at & 1 == 0 && at != 0 {
                (at, last) = (at >> 1, last >> 1);
            }
        } else {
            new = node(&new, &sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && old == *old_root && new == *root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hex;

    /// The tree as RFC 6962 defines it.
    fn by_definition(leaves: &[Vec<u8>]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [only] => leaf(only),
            _ => {
                let (left, right) = leaves.split_at(usize::try_from(split(leaves.len() as u64)).unwrap());
                node(&by_definition(left), &by_definition(right))
            }
        }
    }

    fn leaves(count: u64) -> Vec<Vec<u8>> {
        (0..count).map(|index| index.to_be_bytes().to_vec()).collect()
    }

    fn tree(leaves: &[Vec<u8>]) -> Tree {
        let mut tree = Tree::default();
        leaves.iter().for_each(|leaf| tree.push(leaf));
        tree
    }

    fn path(mut proof: Proof, leaves: &[Vec<u8>]) -> Vec<Hash> {
        leaves.iter().for_each(|leaf| proof.push(leaf));
        proof.path()
    }

    #[test]
    fn roots_are_those_of_the_certificate_transparency_samples() {
        let samples: [(&[u8], &str); 8] = [
            (
                b"",
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                b"\x00",
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                b"\x10",
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                b"\x20\x21",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ),
            (
                b"\x30\x31",
                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            ),
            (
                b"\x40\x41\x42\x43",
                "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            ),
            (
                b"\x50\x51\x52\x53\x54\x55\x56\x57",
                "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            ),
            (
                b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ];
        let mut tree = Tree::default();
        for (content, root) in samples {
            tree.push(content);
            assert_eq!(hex::encode(&tree.root()), root, "size {}", tree.size());
        }
    }

    proptest! {
        #[test]
        fn a_growing_tree_has_the_root_of_the_definition(size in 0_u64..200) {
            let leaves = leaves(size);
            let grown = tree(&leaves);

            prop_assert_eq!(grown.root(), by_definition(&leaves));
            let resumed = Tree::with_peaks(size, grown.peaks().to_vec());
            prop_assert_eq!(resumed, Some(grown));
        }

        #[test]
        fn every_leaf_is_shown_to_be_in_and_nothing_else_is(size in 1_u64..130, at in any::<prop::sample::Index>()) {
            let leaves = leaves(size);
            let (root, index) = (tree(&leaves).root(), at.index(leaves.len()) as u64);
            let path = path(inclusion(index, size).unwrap(), &leaves);

            prop_assert!(includes(&index.to_be_bytes(), index, size, &root, &path));
            prop_assert!(!includes(b"another", index, size, &root, &path));
            prop_assert!(!includes(&index.to_be_bytes(), index, size, &leaf(b"another"), &path));
            for other in (0..size).filter(|other| *other != index) {
                prop_assert!(!includes(&index.to_be_bytes(), other, size, &root, &path));
            }
        }

        #[test]
        fn a_tree_is_shown_to_begin_with_each_smaller_one_and_with_no_other(
            size in 1_u64..130, at in any::<prop::sample::Index>(),
        ) {
            let all = leaves(size);
            let old = at.index(all.len()) as u64 + 1;
            let (old_root, root) = (tree(&leaves(old)).root(), tree(&all).root());
            let path = path(consistency(old, size).unwrap(), &all);

            prop_assert!(extends(old, &old_root, size, &root, &path));
            prop_assert!(!extends(old, &leaf(b"another"), size, &root, &path));
            prop_assert!(!extends(old, &old_root, size, &leaf(b"another"), &path));
            prop_assert!(old == size || !extends(old, &old_root, size, &root, &[]));
        }
    }
}
