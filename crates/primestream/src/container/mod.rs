//! Containers as streams: bytes in, container out, and back.
//!
//! Each frame is encoded and decoded on any lane; what must see all of them in order (reading, the
//! content's digest, continuity) runs in one lane and costs little. Nothing of a frame is delivered
//! before its checksum, its codewords and its blocks have been checked.

mod content;
mod cut;
mod decode;
mod encode;
mod follow;
mod span;

pub(crate) use content::ContentReader;
pub use content::{Content, ContentError};
pub use decode::{Decode, Found, contents, decode, decode_file, verify, verify_file};
pub use encode::{Close, Encode, EncodeFrames, Encoded, encode, encode_stream, process_encoded_stream};
pub use span::{Span, SpanError};
