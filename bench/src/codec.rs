//! Encoding, verifying and decoding as streams: profile `uor` in codeword bytes, profile `dense` in bytes of content.

use std::io::Cursor;
use std::sync::Arc;

use primestream::container::{self, Found};
use primestream::prelude::{ContainerId, Decode, Encode, Header, Settings};

use crate::rounds::{Scale, contestant, rounds};

const CONTENT_BYTES: usize = 32 << 20;

/// A reader of shared bytes.
struct Shared(Cursor<Arc<Vec<u8>>>);

impl std::io::Read for Shared {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let rest = &self.0.get_ref()[usize::try_from(self.0.position()).expect("a position in memory")..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.0.set_position(self.0.position() + count as u64);
        Ok(count)
    }
}

fn shared(bytes: &Arc<Vec<u8>>) -> Shared {
    Shared(Cursor::new(Arc::clone(bytes)))
}

/// Text of words of letters, from a fixed seed.
fn text() -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1Du64;
    (0..CONTENT_BYTES)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            b"etaoinshrdlucmfwypvbgk    "[usize::try_from(state % 26).expect("below 26")]
        })
        .collect()
}

/// Runs encode, verify and decode.
pub(crate) fn run(scale: &Scale) {
    let content = Arc::new(text());
    profile("uor: 32 MiB of text, in codeword bytes", Settings::default(), &content, scale);
    profile("dense: 32 MiB of text, in bytes of content", Settings::dense(), &content, scale);
}

fn profile(title: &str, settings: Settings, content: &Arc<Vec<u8>>, scale: &Scale) {
    let header = Header::new(settings, ContainerId([7; 16]));
    let encode = |lanes, verify| {
        let stream = container::encode(shared(content), header, Encode { lanes, verify, index: true });
        stream.fold(0, |sum, bytes| sum + bytes.len()).expect("nothing fails")
    };
    let parts: Vec<Vec<u8>> =
        container::encode(shared(content), header, Encode::default()).collect().expect("nothing fails");
    let encoded = Arc::new(parts.concat());
    let verify = |lanes| {
        let how = Decode { lanes, ..Decode::default() };
        let (_, found) = container::verify(shared(&encoded), how).expect("a container");
        let symbols = found.fold(0, |sum, found| match found {
            Found::Symbols { symbols, .. } => sum + symbols.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(symbols.expect("nothing fails"), CONTENT_BYTES);
    };
    let decode = |lanes| {
        let how = Decode { lanes, ..Decode::default() };
        let (_, bytes) = container::decode(shared(&encoded), how).expect("a container");
        let expected = Arc::clone(content);
        let length = bytes.fold(0, move |at, bytes| {
            assert!(expected[at..at + bytes.len()] == bytes);
            at + bytes.len()
        });
        assert_eq!(length.expect("nothing fails"), CONTENT_BYTES);
    };
    let counted = if settings == Settings::default() { &encoded } else { content };
    let copied = Arc::clone(counted);
    rounds(
        &format!("profile {title}"),
        scale,
        (counted.len() as f64 / 1e6, "MB"),
        vec![
            contestant("copying them through 1 MiB", move || {
                let mut buffer = vec![0; 1 << 20];
                for part in copied.chunks(1 << 20) {
                    std::hint::black_box(&mut buffer)[..part.len()].copy_from_slice(part);
                }
                assert_eq!(buffer.len(), 1 << 20);
            }),
            contestant("encode, one lane", || assert_eq!(encode(1, false), encoded.len())),
            contestant("encode, two lanes", || assert_eq!(encode(2, false), encoded.len())),
            contestant("encode --verify, one lane", || assert_eq!(encode(1, true), encoded.len())),
            contestant("verify, one lane", || verify(1)),
            contestant("verify, two lanes", || verify(2)),
            contestant("decode, one lane", || decode(1)),
            contestant("decode, two lanes", || decode(2)),
        ],
    );
}
