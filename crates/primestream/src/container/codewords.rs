//! Integers to a container of codewords.

use primestream_codec::container::Header;
use primestream_engine::stream::Head;
use primestream_engine::{Bytes, Operator, Stream};

use super::cut::CutCodewords;
use super::encode::{Encode, FRAMES_BYTES, bytes_of};
use crate::factor::Number;

/// Streams the bytes of a container of codewords of any kind, in the order in which they come.
///
/// An integer that has not exactly one reading fails with its place in its frame, and a header of other units than
/// [`Units::Codewords`](primestream_codec::Units::Codewords) at the first integer.
///
/// # Examples
///
/// See [`numbers_of_container`](crate::codewords::numbers_of_container).
pub fn encode_codewords<H, C>(numbers: Stream<Number, H, C>, header: Header, how: Encode) -> Stream<Vec<u8>>
where
    H: Head,
    C: Operator<In = H::Item, Out = Number>,
{
    let parts = numbers.boxed().through(CutCodewords::new(*header.settings()));
    bytes_of(parts.chunked(Bytes(FRAMES_BYTES)).boxed(), header, how)
}
