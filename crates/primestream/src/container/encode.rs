//! Content to container.

use std::fmt;
use std::io::Read;

use primestream_codec::container::{
    ContainerError, Digest, FrameDecoder, FrameEncoder, FrameReader, Header, Piece, Register,
};
use primestream_codec::{Limits, Symbols, SymbolsRef};
use primestream_engine::checkpoint::{Memory, Restorer, Saver};
use primestream_engine::stream::Head;
use primestream_engine::{
    Bytes, CheckpointError, Emit, Interrupt, Operator, Order, Outcome, Stream, Tally, Weigh,
};

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
    /// Whether an index is written, which lets readers seek; a container of one frame has none.
    pub index: bool,
}

impl Default for Encode {
    fn default() -> Self {
        Self { lanes: 1, verify: false, index: true }
    }
}

/// Streams the bytes of the container of a content, in order: header, frames, end frame.
///
/// Holds a few frames for each lane. A content that is not UTF-8 in a container of UTF-16 units fails
/// with the offset.
pub fn encode<R: Read + Send + 'static>(content: R, header: Header, how: Encode) -> Stream<Vec<u8>> {
    let parts = Stream::from_source(ContentReader::new(content, header.settings()));
    bytes_of(parts.chunked(Bytes(FRAMES_BYTES)), header, how)
}

/// Streams the bytes of a container of its parts.
pub(super) fn bytes_of<H, C>(parts: Stream<Content, H, C>, header: Header, how: Encode) -> Stream<Vec<u8>>
where
    H: Head,
    C: Operator<In = H::Item, Out = Content>,
{
    parts
        .parallel(how.lanes, Order::Input)
        .through(EncodeFrames::new(header, how.verify))
        .boxed()
        .through(Close::new(header, how.index))
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
    let parts = content.boxed().through(CutContent::new(*header.settings()));
    bytes_of(parts.chunked(Bytes(FRAMES_BYTES)).boxed(), header, how)
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

/// A part of a container in bytes, but for the end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Encoded {
    /// The header.
    Start(Vec<u8>),
    /// A content frame.
    Frame(Vec<u8>),
    /// The end, and what it all amounts to.
    End {
        /// The number of symbols.
        symbols: u64,
        /// The digest of the content.
        digest: Digest,
    },
}

impl Weigh for Encoded {
    fn heap_bytes(&self) -> usize {
        match self {
            Encoded::Start(bytes) | Encoded::Frame(bytes) => bytes.capacity(),
            Encoded::End { .. } => 0,
        }
    }
}

/// Puts index and end frames to the others. Preserves order; holds what one index frame names.
#[derive(Debug)]
pub struct Close {
    header: Header,
    register: Register,
    is_indexed: bool,
    tally: Tally,
}

impl Close {
    /// Makes the step for one container.
    pub fn new(header: Header, is_indexed: bool) -> Self {
        let register = Register::new(&header);
        let register = if is_indexed { register } else { register.without_index() };
        Self { header, register, is_indexed, tally: Tally::default() }
    }
}

impl Operator for Close {
    type In = Encoded;
    type Out = Vec<u8>;

    fn on_item(&mut self, part: Encoded, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        let mut index = Vec::new();
        match part {
            Encoded::Start(bytes) => out.emit(bytes),
            Encoded::Frame(bytes) => {
                self.register.before_frame(&mut index);
                if !index.is_empty() {
                    self.tally.created += 1;
                    out.emit(index)?;
                }
                self.register.frame(bytes.len() as u64);
                out.emit(bytes)
            }
            Encoded::End { symbols, digest } => {
                self.register.end(symbols, &digest, &mut index);
                out.emit(index)
            }
        }
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let mut state = Vec::new();
        self.register.save(&mut state);
        to.put_bytes("close", state);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some(mut state) = from.take_bytes("close")? else { return Ok(()) };
        let register = self.register.clone().resume(&mut state).filter(|_| state.is_empty());
        self.register = register.ok_or_else(|| CheckpointError::new("this is no state of an index"))?;
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(self.header, self.is_indexed)
    }

    fn name(&self) -> &'static str {
        "close"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}

/// Makes the bytes of a container's header and frames. Preserves order; holds nothing.
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

    fn encoded(&mut self, part: &Content) -> Result<Encoded, Interrupt> {
        match part {
            Content::Start => Ok(Encoded::Start(self.header.to_bytes().to_vec())),
            Content::Frame { number, symbols } => {
                let mut bytes = Vec::new();
                self.encoder
                    .encode(*number, symbols.as_ref(), &mut bytes)
                    .map_err(|error| Interrupt::failed("encode", error))?;
                if let Some(check) = &mut self.check {
                    check.frame(&self.header, *number, &bytes, symbols.as_ref())?;
                }
                Ok(Encoded::Frame(bytes))
            }
            Content::End { symbols, digest, .. } => Ok(Encoded::End { symbols: *symbols, digest: *digest }),
        }
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
    type Out = Encoded;

    fn on_item(&mut self, part: Content, out: &mut impl Emit<Encoded>) -> Outcome {
        let encoded = self.encoded(&part)?;
        out.emit(encoded)
    }

    fn memory(&self) -> Memory {
        Memory::None
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
pub(super) const FRAMES_BYTES: usize = 1 << 16;
