//! Any bytes are read as a container or refused; nothing else is asked, so that a hundred million can be.
#![no_main]

use primestream_codec::container::{FrameDecoder, FrameReader, Piece};
use primestream_codec::{Limits, Symbols, Units};

#[path = "../laws/seal.rs"]
mod seal;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&mode, rest)) = bytes.split_first() else { return };
    // The first byte says whether checksums are made to fit.
    if mode % 2 == 0 {
        return read(rest);
    }
    let mut sealed = rest.to_vec();
    seal::seal(&mut sealed);
    read(&sealed);
});

fn read(bytes: &[u8]) {
    let Ok(mut reader) = FrameReader::open(bytes, LIMITS) else { return };
    let mut decoder = FrameDecoder::new(reader.header(), LIMITS);
    let mut symbols = Symbols::new(Units::Bytes);
    while let Ok(Some(piece)) = reader.next_piece() {
        match piece {
            Piece::Frame(frame) => match decoder.decode(&frame, &mut symbols) {
                Ok(()) => assert_eq!(symbols.len(), frame.symbols()),
                Err(damage) => assert!(damage.codewords.len() <= LIMITS.codewords_listed_max),
            },
            Piece::Member { header, .. } => decoder = FrameDecoder::new(&header, LIMITS),
            _ => {}
        }
    }
}

/// As small as many inputs a second ask for.
const LIMITS: Limits = Limits {
    frame_bytes_max: 1 << 16,
    frame_symbols_max: 1 << 14,
    codeword_bits_max: 1 << 14,
    content_symbols_max: 1 << 20,
    codewords_listed_max: 8,
};
