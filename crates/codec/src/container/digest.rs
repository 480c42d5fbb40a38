//! The digest of a content, taken as it goes by, that can be laid down and gone on with.
//!
//! A BLAKE3 [BLAKE3] digest is the root of a binary tree over the content. What is hashed of it so far is the roots
//! of its full subtrees, at most one of each size, and what is not yet a leaf: 16 KiB and some hundred bytes.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use blake3::Hasher;
use blake3::hazmat::{ChainingValue, HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

use super::frame::Digest;
use crate::state::{Taker, put};
use crate::units::SymbolsRef;

/// Takes the digest of a content as it goes by, in order.
///
/// # Examples
///
/// ```
/// use primestream_codec::container::ContentDigest;
///
/// let mut digest = ContentDigest::default();
/// digest.update(b"Hello, ".as_slice().into());
/// digest.update(b"world!".as_slice().into());
/// let mut whole = ContentDigest::default();
/// whole.update(b"Hello, world!".as_slice().into());
/// assert_eq!(digest.finish(), whole.finish());
/// ```
#[derive(Debug, Clone, Default)]
pub struct ContentDigest {
    /// Leaves whose values are in `roots`.
    leaves: u64,
    /// The roots of full subtrees, the largest first: one for each bit that is set in `leaves`.
    roots: Vec<ChainingValue>,
    /// A full leaf that may be the last, so that nobody knows yet what it is joined with.
    last: Option<ChainingValue>,
    /// What is not a leaf yet. The first leaf stays here until something follows it: it may be the root.
    rest: Vec<u8>,
}

impl ContentDigest {
    /// Takes the next symbols in.
    pub fn update(&mut self, symbols: SymbolsRef<'_>) {
        symbols.content(|bytes| self.take(bytes));
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.rest.is_empty() && !self.is_first() {
                let Some((leaf, behind)) = bytes.split_at_checked(LEAF_BYTES) else { break };
                self.leaf(leaf);
                bytes = behind;
                continue;
            }
            let (more, behind) = bytes.split_at(bytes.len().min(LEAF_BYTES - self.rest.len()));
            self.rest.extend_from_slice(more);
            bytes = behind;
            if self.rest.len() == LEAF_BYTES && !(self.is_first() && bytes.is_empty()) {
                let leaf = std::mem::take(&mut self.rest);
                self.leaf(&leaf);
                self.rest = leaf;
                self.rest.clear();
            }
        }
        self.rest.extend_from_slice(bytes);
    }

    /// Tells whether no leaf was hashed yet.
    const fn is_first(&self) -> bool {
        self.leaves == 0 && self.last.is_none()
    }

    /// Hashes a full leaf behind which, or before which, there is something.
    fn leaf(&mut self, bytes: &[u8]) {
        let number = self.leaves + u64::from(self.last.is_some());
        let value = leaf_value(number, bytes);
        if let Some(before) = self.last.replace(value) {
            join(&mut self.leaves, &mut self.roots, before);
        }
    }

    /// Returns the digest of what was taken in so far.
    #[must_use]
    pub fn finish(&self) -> Digest {
        let (mut leaves, mut roots) = (self.leaves, self.roots.clone());
        let mut right = match (self.last, self.rest.as_slice()) {
            (None, first) => return Digest(*blake3::hash(first).as_bytes()),
            (Some(last), []) => last,
            (Some(last), rest) => {
                join(&mut leaves, &mut roots, last);
                leaf_value(leaves, rest)
            }
        };
        while let Some(left) = roots.pop() {
            if roots.is_empty() {
                return Digest(*merge_subtrees_root(&left, &right, Mode::Hash).as_bytes());
            }
            right = merge_subtrees_non_root(&left, &right, Mode::Hash);
        }
        // The first leaf is hashed only when something follows it.
        Digest(right)
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub fn save(&self, out: &mut Vec<u8>) {
        put(self.leaves, out);
        self.roots.iter().for_each(|root| out.extend_from_slice(root));
        out.push(self.last.is_some().into());
        out.extend(self.last.iter().flatten());
        put(self.rest.len() as u64, out);
        out.extend_from_slice(&self.rest);
    }

    /// Takes from the front of bytes what was saved; `None` if they are something else.
    pub fn resume(bytes: &mut &[u8]) -> Option<Self> {
        let mut taker = Taker(bytes);
        let leaves = taker.number()?;
        let roots = (0..leaves.count_ones()).map(|_| taker.array()).collect::<Option<Vec<_>>>()?;
        let last = if taker.flag()? { Some(taker.array()?) } else { None };
        let rest = taker.bytes()?.to_vec();
        let is_possible = rest.len() <= LEAF_BYTES && (leaves == 0 || last.is_some());
        // A number of leaves that no content has would overflow later.
        (is_possible && leaves < 1 << 48).then_some(Self { leaves, roots, last, rest })
    }
}

/// Adds the value of a leaf, and joins subtrees of one size.
fn join(leaves: &mut u64, roots: &mut Vec<ChainingValue>, mut value: ChainingValue) {
    *leaves += 1;
    for _ in 0..leaves.trailing_zeros() {
        if let Some(left) = roots.pop() {
            value = merge_subtrees_non_root(&left, &value, Mode::Hash);
        }
    }
    roots.push(value);
}

fn leaf_value(number: u64, bytes: &[u8]) -> ChainingValue {
    let mut hasher = Hasher::new();
    hasher.set_input_offset(number * LEAF_BYTES as u64);
    hasher.update(bytes).finalize_non_root()
}

/// Bytes of a leaf, a power of two and of chunks of BLAKE3: enough that the widest vectors are full, and little to save.
const LEAF_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_digest_of_the_whole_wherever_it_was_cut_and_laid_down() {
        let content: Vec<u8> =
            (0..9 * LEAF_BYTES as u64 + 5).map(|n| ((n * n) >> 7).to_le_bytes()[0]).collect();
        let edges = [0, 1, 2, 1024, 1025, 1026];
        let lengths = (0..=9).flat_map(|leaves| edges.map(|edge| leaves * LEAF_BYTES + edge));
        for len in lengths.filter_map(|len| len.checked_sub(1)).filter(|&len| len <= content.len()) {
            let whole = &content[..len];
            let expected = Digest(*blake3::hash(whole).as_bytes());
            for piece in [len.max(1), 16 << 10, 7_000, 40_000] {
                let mut digest = ContentDigest::default();
                for bytes in whole.chunks(piece) {
                    digest.update(bytes.into());
                    let mut saved = Vec::new();
                    digest.save(&mut saved);
                    let mut left = saved.as_slice();
                    digest = ContentDigest::resume(&mut left).expect("what was saved");
                    assert!(left.is_empty());
                    assert!((0..saved.len()).all(|cut| ContentDigest::resume(&mut &saved[..cut]).is_none()));
                    if piece < 16 << 10 {
                        assert!(saved.len() < 17 << 10);
                    }
                }
                assert_eq!(digest.finish(), expected, "{len} bytes in pieces of {piece}");
            }
        }
    }
}
