//! Content to container.

use std::fmt;
use std::io::Read;

use primestream_codec::container::{
    ContainerError, FrameDecoder, FrameEncoder, FrameReader, Header, Piece, encode_end,
};
use primestream_codec::{Limits, Symbols, SymbolsRef};
use primestream_engine::stream::Head;
use primestream_engine::{Bytes, Emit, Interrupt, Operator, Order, Outcome, Stream};

use super::content::{Content, ContentReader};
use super::cut::CutContent;
use super::decode::{Decode, decode};

/// How to encode.
#[derive(Clone, Copy, Debug)]
pub struct Encode {
    /// How many lanes encode frames.
    pub lanes: usize,
    /// Whether every frame is decoded again and compared before it is handed on.
    pub verify: bool,
}

impl Default for Encode {
    fn default() -> Self {
        Self { lanes: 1, verify: false }
    }
}

/// Streams the bytes of the container of a content, in order: header, frames, end frame.
///
/// Holds a few frames for each lane. A content that is not UTF-8 in a container of UTF-16 units fails
/// with the offset.
pub fn encode<R: Read + Send + 'static>(content: R, header: Header, how: Encode) -> Stream<Vec<u8>> {
    Stream::from_source(ContentReader::new(content, header.settings()))
        .chunked(Bytes(FRAMES_BYTES))
        .parallel(how.lanes, Order::Input)
        .through(EncodeFrames::new(header, how.verify))
        .boxed()
}

/// Streams the bytes of the container of a content that comes as a stream itself, in pieces of any size.
///
/// The same bytes as [`encode`] makes of it. A content that is not UTF-8 in a container of UTF-16 units fails with the
/// offset.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
///
/// let header = Header::new(Settings::default(), ContainerId([7; 16]));
/// let pieces = Stream::iter(["Hello, ", "world!"].map(|piece| piece.as_bytes().to_vec()));
/// let bytes = container::encode_stream(pieces, header, Encode::default()).collect::<Vec<_>>()?.concat();
/// let at_once = container::encode(&b"Hello, world!"[..], header, Encode::default());
/// assert_eq!(bytes, at_once.collect::<Vec<_>>()?.concat());
/// # Ok::<(), PipelineError>(())
/// ```
pub fn encode_stream<H, C>(content: Stream<Vec<u8>, H, C>, header: Header, how: Encode) -> Stream<Vec<u8>>
where
    H: Head,
    C: Operator<In = H::Item, Out = Vec<u8>>,
{
    content
        .boxed()
        .through(CutContent::new(*header.settings()))
        .chunked(Bytes(FRAMES_BYTES))
        .boxed()
        .parallel(how.lanes, Order::Input)
        .through(EncodeFrames::new(header, how.verify))
        .boxed()
}

/// Streams a container whose content is changed on the way: decoded, given to `change` piece by piece, and encoded again
/// under a header of its own, with new checks throughout. Damage fails as an item and stops the pipeline, so that nothing
/// damaged is passed on as good.
///
/// # Errors
///
/// If this is no container, its header is damaged, or it was written by a newer version.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
/// use primestream_codec::container::{decode_all, encode_all};
///
/// let before = encode_all(b"Hello, world!", &Settings::default(), ContainerId([7; 16]))?;
/// let header = Header::new(Settings::dense(), ContainerId([8; 16]));
/// let after = container::process_encoded_stream(
///     std::io::Cursor::new(before), header, Decode::default(), Encode::default(),
///     |piece| piece.to_ascii_uppercase(),
/// )?;
/// let after = after.collect::<Vec<_>>()?.concat();
/// assert_eq!(decode_all(&after, &Limits::default())?, b"HELLO, WORLD!");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn process_encoded_stream<R, F>(
    container: R,
    header: Header,
    from: Decode,
    to: Encode,
    change: F,
) -> Result<Stream<Vec<u8>>, ContainerError>
where
    R: Read + Send + 'static,
    F: Fn(Vec<u8>) -> Vec<u8> + Send + Sync + 'static,
{
    let (_, content) = decode(container, from)?;
    Ok(encode_stream(content.map(change), header, to))
}

/// Makes the bytes of a container of its parts. Preserves order; holds nothing.
#[derive(Debug)]
pub struct EncodeFrames {
    header: Header,
    encoder: FrameEncoder,
    check: Option<Check>,
}

/// What is needed to decode a frame again.
#[derive(Debug)]
struct Check {
    decoder: FrameDecoder,
    again: Symbols,
}

impl EncodeFrames {
    /// Makes the step; `verify` decodes every frame again and compares.
    pub fn new(header: Header, verify: bool) -> Self {
        let check = verify.then(|| Check {
            decoder: FrameDecoder::new(&header, Limits::default()),
            again: Symbols::new(header.settings().units()),
        });
        Self { header, encoder: FrameEncoder::new(&header), check }
    }

    fn bytes(&mut self, part: &Content) -> Result<Vec<u8>, Interrupt> {
        let mut bytes = Vec::new();
        match part {
            Content::Start => bytes.extend(self.header.to_bytes()),
            Content::Frame { number, symbols } => {
                self.encoder
                    .encode(*number, symbols.as_ref(), &mut bytes)
                    .map_err(|error| Interrupt::failed("encode", error))?;
                if let Some(check) = &mut self.check {
                    check.frame(&self.header, *number, &bytes, symbols.as_ref())?;
                }
            }
            Content::End { frames, symbols, digest } => {
                encode_end(&self.header, *frames, *symbols, digest, &mut bytes);
            }
        }
        Ok(bytes)
    }
}

impl Check {
    /// Reads a frame as a reader of the file would, and compares.
    fn frame(
        &mut self,
        header: &Header,
        number: u64,
        bytes: &[u8],
        symbols: SymbolsRef<'_>,
    ) -> Result<(), Interrupt> {
        let start = header.to_bytes();
        let good = FrameReader::open(start.chain(bytes), Limits::default())
            .and_then(|mut reader| reader.next_piece())
            .is_ok_and(|piece| match piece {
                Some(Piece::Frame(frame)) => {
                    frame.number() == number
                        && self.decoder.decode(&frame, &mut self.again).is_ok()
                        && self.again.as_ref() == symbols
                }
                _ => false,
            });
        if good { Ok(()) } else { Err(Interrupt::failed("verify", Unfaithful { frame: number })) }
    }
}

impl Operator for EncodeFrames {
    type In = Content;
    type Out = Vec<u8>;

    fn on_item(&mut self, part: Content, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        let bytes = self.bytes(&part)?;
        out.emit(bytes)
    }

    fn fork(&self) -> Self {
        Self::new(self.header, self.check.is_some())
    }

    fn name(&self) -> &'static str {
        "encode"
    }
}

/// A frame that was just encoded does not decode to what was put in: the machine is at fault, or we are.
#[derive(Debug)]
struct Unfaithful {
    frame: u64,
}

impl fmt::Display for Unfaithful {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "frame {} does not decode to what was encoded", self.frame)
    }
}

impl std::error::Error for Unfaithful {}

/// Content a lane takes at once: a few frames, which become two megabytes or so.
const FRAMES_BYTES: usize = 1 << 16;
