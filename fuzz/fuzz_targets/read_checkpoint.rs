//! Any bytes are decoded as a checkpoint or refused; nothing else is asked, so that a hundred million can be.
#![no_main]

use primestream_engine::checkpoint::{decode, encode};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&mode, rest)) = bytes.split_first() else { return };
    let mut bytes = rest.to_vec();
    // The first byte says whether the checksum is made to fit.
    if mode % 2 == 1
        && let Some((covered, crc)) = bytes.split_last_chunk_mut::<4>()
    {
        *crc = crc32fast::hash(covered).to_le_bytes();
    }
    if let Ok(checkpoint) = decode(&bytes) {
        assert_eq!(encode(&checkpoint).expect("it was decoded"), bytes, "there is another way to write this");
    }
});
