//! W3: SHA-256 of 64-KiB items, in order.

use primestream_engine::{Order, Stream};
use sha2::{Digest, Sha256};

use crate::rounds::{Scale, contestant, rounds};

const ITEMS: u64 = 20_000;
const ITEM_BYTES: usize = 1 << 16;

fn items() -> impl Iterator<Item = Vec<u8>> + Send + 'static {
    (0..ITEMS).map(|n| vec![n.to_le_bytes()[0]; ITEM_BYTES])
}

fn hash(item: &[u8]) -> u64 {
    Sha256::digest(item).iter().take(8).fold(0, |sum, &byte| (sum << 8) | u64::from(byte))
}

/// Combines hashes so that another order would give another value.
fn chain(sum: u64, hash: u64) -> u64 {
    sum.wrapping_mul(31).wrapping_add(hash)
}

fn through(lanes: usize) -> u64 {
    let stream = Stream::iter(items()).parallel(lanes, Order::Input).map(|item| hash(&item));
    stream.fold(0, chain).expect("nothing fails")
}

/// Runs W3.
pub(crate) fn run(scale: &Scale) {
    let expected = items().map(|item| hash(&item)).fold(0, chain);
    rounds(
        "W3: SHA-256 of 64-KiB items, in order",
        scale,
        (ITEMS as f64 * ITEM_BYTES as f64 / 1e6, "MB"),
        vec![
            contestant("one thread by hand", || {
                assert_eq!(items().map(|item| hash(&item)).fold(0, chain), expected);
            }),
            contestant("one lane", || assert_eq!(through(1), expected)),
            contestant("two lanes", || assert_eq!(through(2), expected)),
        ],
    );
}
