//! Container to content.

use std::error::Error;
use std::io::Read;

use primestream_codec::container::{
    ContainerError, Damage, DecodeError, EndFrame, FrameDamage, FrameDecoder, FramePlace, FrameReader,
    Header, Piece,
};
use primestream_codec::{Limits, Symbols};
use primestream_engine::{
    Bytes, Emit, Intake, Interrupt, Operator, Order, Outcome, Source, SourceError, Stream, Supply, Weigh,
};

use super::follow::Follow;
use crate::contents::Contents;

pub use super::follow::Found;

/// How to decode.
#[derive(Clone, Copy, Debug)]
pub struct Decode {
    /// How many lanes decode frames.
    pub lanes: usize,
    /// What may be spent on foreign bytes.
    pub limits: Limits,
}

impl Default for Decode {
    fn default() -> Self {
        Self { lanes: 1, limits: Limits::default() }
    }
}

/// Streams the content of a container, in order, or of several one after the other; damage fails as an item and stops
/// the pipeline, and so does a further container of other symbols than the first. The header is that of the first.
///
/// # Errors
///
/// If this is no container, its header is damaged, or it was written by a newer version.
pub fn decode<R>(container: R, how: Decode) -> Result<(Header, Stream<Vec<u8>>), ContainerError>
where
    R: Read + Send + 'static,
{
    let (header, found) = verify(container, how)?;
    let symbols = found.try_map(move |found| symbols_of(found, &header));
    Ok((header, symbols.through(Contents::default()).boxed()))
}

/// Returns the symbols of what was found, if it is good and of the kind that the first header says.
pub(crate) fn symbols_of(
    found: Found,
    first: &Header,
) -> Result<Option<Symbols>, Box<dyn Error + Send + Sync>> {
    match found {
        Found::Frame(damage) => Err(damage.summary().into()),
        Found::Damage(damage) => Err(damage.into()),
        Found::Symbols { symbols, .. } => Ok(Some(symbols)),
        Found::Member { header: member, offset } => {
            let (units, expected) = (member.settings().units(), first.settings().units());
            if units == expected {
                Ok(Some(Symbols::new(units))) // no gap: a character may go on in the next container
            } else {
                Err(DecodeError::MemberUnits { offset, units, expected }.into())
            }
        }
    }
}

/// Streams what a container holds, in order: symbols where they are good, damage where it is. Damage
/// stops nothing, and every frame that is good is delivered.
///
/// # Errors
///
/// If this is no container, its header is damaged, or it was written by a newer version.
pub fn verify<R>(container: R, how: Decode) -> Result<(Header, Stream<Found>), ContainerError>
where
    R: Read + Send + 'static,
{
    let reader = FrameReader::open(container, how.limits)?;
    let header = *reader.header();
    let found = Stream::from_source(Frames { reader, bytes_taken: 0 })
        .chunked(Bytes(FRAMES_BYTES))
        .parallel(how.lanes, Order::Input)
        .through(DecodeFrames { limits: how.limits, decoder: FrameDecoder::new(&header, how.limits) })
        .boxed()
        .through(Follow::new(&header))
        .boxed();
    Ok((header, found))
}

/// A piece of a container on its way to a lane, and the header of its container.
struct Raw(Piece, Header);

impl Weigh for Raw {
    fn heap_bytes(&self) -> usize {
        match &self.0 {
            Piece::Frame(frame) => frame.heap_bytes(),
            _ => 0,
        }
    }
}

/// The pieces of a container.
struct Frames<R> {
    reader: FrameReader<R>,
    bytes_taken: u64,
}

impl<R: Read + Send + 'static> Source for Frames<R> {
    type Item = Raw;

    fn pull(&mut self, out: &mut impl Intake<Raw>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            match self.reader.next_piece().map_err(SourceError::new)? {
                None => return Ok(Supply::End),
                Some(piece) => {
                    match &piece {
                        Piece::Frame(frame) => self.bytes_taken = frame.offset() + frame.stored_bytes(),
                        Piece::End(end) => self.bytes_taken = end.offset,
                        Piece::Damage(damage) => self.bytes_taken = damage.offset + damage.bytes,
                        _ => {}
                    }
                    out.emit(Raw(piece, *self.reader.header()))?;
                }
            }
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "frames"
    }

    fn bytes_taken(&self) -> u64 {
        self.bytes_taken
    }
}

/// A piece of a container that has been worked on.
#[derive(Debug)]
pub(crate) enum Decoded {
    Frame { place: FramePlace, symbols: Symbols },
    Damaged(FrameDamage),
    Broken(Damage),
    End(EndFrame),
    Member { header: Header, offset: u64 },
}

impl Weigh for Decoded {
    fn heap_bytes(&self) -> usize {
        match self {
            Decoded::Frame { symbols, .. } => symbols.heap_bytes(),
            Decoded::Damaged(damage) => size_of_val(damage.codewords.as_slice()),
            Decoded::Broken(_) | Decoded::End(_) | Decoded::Member { .. } => 0,
        }
    }
}

/// Decodes frames, each on its own. Preserves order; holds nothing.
struct DecodeFrames {
    limits: Limits,
    decoder: FrameDecoder,
}

impl Operator for DecodeFrames {
    type In = Raw;
    type Out = Decoded;

    fn on_item(&mut self, Raw(piece, header): Raw, out: &mut impl Emit<Decoded>) -> Outcome {
        if header != *self.decoder.header() {
            self.decoder = FrameDecoder::new(&header, self.limits);
        }
        out.emit(match piece {
            Piece::Frame(frame) => {
                let mut symbols = Symbols::new(self.decoder.header().settings().units());
                match self.decoder.decode(&frame, &mut symbols) {
                    Ok(()) => Decoded::Frame { place: frame.place(), symbols },
                    Err(damage) => Decoded::Damaged(damage),
                }
            }
            Piece::End(end) => Decoded::End(end),
            Piece::Member { header, offset } => Decoded::Member { header, offset },
            Piece::Damage(damage) => Decoded::Broken(damage),
            other => return Err(Interrupt::failed("decode", format!("a piece of a new kind: {other:?}"))),
        })
    }

    fn fork(&self) -> Self {
        Self { limits: self.limits, decoder: FrameDecoder::new(self.decoder.header(), self.limits) }
    }

    fn name(&self) -> &'static str {
        "decode"
    }
}

/// Container bytes a lane takes at once: one frame of the usual size.
const FRAMES_BYTES: usize = 1 << 18;
