//! The law of reading: any bytes are a container or are not, in the memory that the limits allow, however they arrive;
//! and what is delivered is what an encoder writes.

use std::io::Read;
use std::sync::Once;

use primestream_codec::container::{
    Compression, ContainerId, FrameDecoder, FrameEncoder, FrameReader, Header, Piece, Profile, Settings,
    decode_symbols,
};
use primestream_codec::{BlockLen, Limits, Symbols, Units};
use primestream_primes::table;

use crate::counting::peak_of;
use crate::seal::seal;
use crate::survey::survey;

/// Panics if the law does not hold for some bytes, of which the first says whether checksums are made to fit.
pub(crate) fn holds(bytes: &[u8]) {
    let Some((&mode, rest)) = bytes.split_first() else { return };
    let mut bytes = rest.to_vec();
    if mode % 2 == 1 {
        seal(&mut bytes);
    }
    make_tables();
    let ((), peak) = peak_of(|| read_through(&bytes));
    let allowed = LIMITS.memory_bytes_max() + (64 << 10);
    assert!(peak <= allowed, "{peak} bytes held, {allowed} allowed");

    let found = survey(bytes.as_slice(), LIMITS);
    let in_drops = survey(Drops(&bytes), LIMITS);
    let whole = decode_symbols(bytes.as_slice(), &LIMITS);
    match (found, in_drops) {
        (Ok(found), Ok(in_drops)) => {
            assert_eq!(found, in_drops, "bytes that arrive in drops are other bytes");
            assert!(found.covered <= bytes.len() as u64, "{} of {} bytes", found.covered, bytes.len());
            assert!(found.is_complete || !found.damages.is_empty(), "what is missing is not said");
            if let Ok(content) = whole {
                assert!(found.is_complete && found.damages.is_empty(), "{:?}", found.damages);
                let mut parts = Symbols::new(content.units());
                found.delivered.iter().for_each(|(_, _, _, symbols)| assert!(parts.extend(symbols.as_ref())));
                assert_eq!(content, parts);
            }
        }
        (Err(error), Err(in_drops)) => {
            assert_eq!(error.to_string(), in_drops.to_string());
            assert!(whole.is_err(), "what cannot be read is not good");
        }
        (found, in_drops) => panic!("{found:?} at once, {in_drops:?} in drops"),
    }
}

/// Reads to the end and holds nothing of it.
fn read_through(bytes: &[u8]) {
    let Ok(mut reader) = FrameReader::open(bytes, LIMITS) else { return };
    let mut decoder = FrameDecoder::new(reader.header(), LIMITS);
    let mut symbols = Symbols::new(Units::Bytes);
    while let Ok(Some(piece)) = reader.next_piece() {
        match piece {
            Piece::Frame(frame) => match decoder.decode(&frame, &mut symbols) {
                Ok(()) => {
                    assert!(
                        symbols.len() == frame.symbols() && !frame.is_compressed() || frame.whole_bytes() > 0
                    );
                    assert_eq!(symbols.len(), frame.symbols());
                    let number = frame.number();
                    let payload = frame.into_payload();
                    is_what_is_written(decoder.header(), number, &symbols, &payload);
                }
                Err(damage) => {
                    assert!(symbols.is_empty() && damage.codewords.len() <= LIMITS.codewords_listed_max)
                }
            },
            Piece::Member { header, .. } => decoder = FrameDecoder::new(&header, LIMITS),
            _ => {}
        }
    }
}

/// Checks that there is one way to write the content of a frame. The compressor, and in profile `dense` the choice of a
/// mask, are the writer's.
fn is_what_is_written(header: &Header, number: u64, symbols: &Symbols, payload: &[u8]) {
    if header.settings().compression() != Compression::None {
        return;
    }
    let mut again = Vec::new();
    FrameEncoder::new(header).encode(number, symbols.as_ref(), &mut again).expect("it was decoded");
    let again = &again[32..again.len() - 4];
    match header.settings().profile() {
        Profile::Dense => assert!(again.len() <= payload.len(), "a mask is shorter than the shortest"),
        _ => assert_eq!(again, payload, "there is another way to write this"),
    }
}

/// Makes what all decoders share, so that it is not counted as theirs.
fn make_tables() {
    static MADE: Once = Once::new();
    MADE.call_once(|| {
        for len in [BlockLen::MIN, BlockLen::MAX] {
            let header = Header::new(Settings::default().with_block_len(len), ContainerId::default());
            drop(FrameDecoder::new(&header, LIMITS));
        }
        assert!(table::prime(table::TABLE_LEN - 1).is_some());
    });
}

/// Bytes that arrive a few at a time.
struct Drops<'a>(&'a [u8]);

impl Read for Drops<'_> {
    fn read(&mut self, room: &mut [u8]) -> std::io::Result<usize> {
        let most = room.len().min(1 + self.0.len() % 7);
        self.0.read(&mut room[..most])
    }
}

const LIMITS: Limits = Limits {
    frame_bytes_max: 1 << 16,
    frame_symbols_max: 1 << 14,
    codeword_bits_max: 1 << 16,
    content_symbols_max: 1 << 20,
    codewords_listed_max: 8,
};
