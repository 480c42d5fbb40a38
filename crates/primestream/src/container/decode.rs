//! Container to content.

use std::any::Any;
use std::error::Error;
use std::io::{Read, Seek, SeekFrom};

use primestream_codec::container::{
    ContainerError, Damage, DecodeError, EndFrame, Entry, FrameDamage, FrameDecoder, FramePlace, FrameReader,
    Header, Piece, RawFrame, Repair, find_symbol,
};
use primestream_codec::{Limits, Symbols};
use primestream_engine::checkpoint::Memory;
use primestream_engine::files::ReplayFile;
use primestream_engine::{
    Bytes, CheckpointError, Emit, Intake, Interrupt, Operator, Order, Outcome, Replay, Source, SourceError,
    Stream, Supply, Weigh,
};

use super::follow::Follow;
use super::span::{Cut, Pick, Picker, Span};
use crate::contents::Contents;

pub use super::follow::Found;

/// How to decode.
#[derive(Clone, Copy, Debug)]
pub struct Decode {
    /// How many lanes decode frames.
    pub lanes: usize,
    /// What may be spent on foreign bytes.
    pub limits: Limits,
    /// The symbols wanted: all, unless a part is asked for. Then only the frames that hold it are decoded and checked, and
    /// totals and digest of the content are not.
    pub span: Span,
    /// Whether damaged frames of profile `uor` are corrected where one codeword of a block is wrong.
    pub repair: bool,
}

impl Default for Decode {
    fn default() -> Self {
        Self { lanes: 1, limits: Limits::default(), span: Span::default(), repair: false }
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
    Ok((header, contents(found, header)))
}

/// As [`decode`], of a file: it goes straight to the span asked for, where the file says where that is.
///
/// # Errors
///
/// As [`decode`], and if the file fails.
///
/// # Examples
///
/// ```
/// use primestream::prelude::*;
/// use primestream_codec::container::encode_all;
///
/// let file = std::io::Cursor::new(encode_all(&[b'.'; 100_000], &Settings::default(), ContainerId([7; 16]))?);
/// let how = Decode { span: (70_000..70_010).into(), ..Decode::default() };
/// let (_, content) = container::decode_file(file, how)?;
/// assert_eq!(content.collect::<Vec<_>>()?.concat(), b"..........");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode_file<F>(file: F, how: Decode) -> Result<(Header, Stream<Vec<u8>>), ContainerError>
where
    F: Read + Seek + Send + 'static,
{
    let (header, found) = verify_file(file, how)?;
    Ok((header, contents(found, header)))
}

/// Streams the content of what was found; damage fails as an item and stops the pipeline, and so does a container of other
/// symbols than those of `header`, the first.
pub fn contents(found: Stream<Found>, header: Header) -> Stream<Vec<u8>> {
    let symbols = found.try_map(move |found| symbols_of(found, &header));
    symbols.through(Contents::default()).boxed()
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
/// stops nothing, and every frame that is good is delivered. A span that begins behind the end fails.
///
/// # Errors
///
/// If this is no container, its header is damaged, or it was written by a newer version.
///
/// # Examples
///
/// What is damaged is left out, and the rest changed and encoded again:
///
/// ```
/// use primestream::Contents;
/// use primestream::container::Found;
/// use primestream::prelude::*;
/// use primestream_codec::container::{decode_all, encode_all};
///
/// let settings = Settings::default().with_frame_blocks(1).expect("at least one block");
/// let mut bytes = encode_all(&[b'a'; 200], &settings, ContainerId([7; 16]))?;
/// bytes[200] ^= 1; // in the first of four frames
///
/// let (_, found) = container::verify(std::io::Cursor::new(bytes), Decode::default())?;
/// let good = found.map(|found| match found {
///     Found::Symbols { symbols, .. } => Some(symbols),
///     _ => None, // a gap, over which no character goes on
/// });
/// let upper = good.through(Contents::default()).map(|piece| piece.to_ascii_uppercase());
/// let header = Header::new(Settings::dense(), ContainerId([8; 16]));
/// let again = container::encode_stream(upper, header, Encode::default()).collect::<Vec<_>>()?.concat();
/// assert_eq!(decode_all(&again, &Limits::default())?, [b'A'; 200 - 64]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify<R>(container: R, how: Decode) -> Result<(Header, Stream<Found>), ContainerError>
where
    R: Read + Send + 'static,
{
    let reader = FrameReader::open(container, how.limits)?;
    let header = *reader.header();
    Ok((header, stream(reader, 0, how)))
}

/// As [`verify`], of a file: it goes straight to the span asked for, where the file says where that is. The header is
/// that of the container in which it begins. A file that does not stand at its beginning is read on from there.
///
/// # Errors
///
/// As [`verify`], and if the file fails.
pub fn verify_file<F>(mut file: F, how: Decode) -> Result<(Header, Stream<Found>), ContainerError>
where
    F: Read + Seek + Send + 'static,
{
    let failed = |offset| move |source| ContainerError::Io { offset, source };
    let is_at_start = file.stream_position().map_err(failed(0))? == 0;
    if how.span.start == 0 || !is_at_start {
        return verify(file, how);
    }
    if let Some(entry) = find_symbol(&mut file, how.span.start, &how.limits).map_err(failed(0))? {
        file.seek(SeekFrom::Start(entry.offset)).map_err(failed(entry.offset))?;
        let reader = FrameReader::enter(file, &entry, how.limits);
        return Ok((entry.header, stream(reader, entry.symbols_before, how)));
    }
    file.rewind().map_err(failed(0))?;
    verify(file, how)
}

fn stream<R: Read + Send + 'static>(
    reader: FrameReader<R>,
    symbols_before: u64,
    how: Decode,
) -> Stream<Found> {
    let header = *reader.header();
    let picker = Picker::new(how.span, symbols_before);
    let found = Stream::from_source(Frames { reader, picker, bytes_taken: 0 })
        .chunked(Bytes(FRAMES_BYTES))
        .parallel(how.lanes, Order::Input)
        .through(DecodeFrames::new(&header, how.limits, how.repair))
        .boxed()
        .through(Follow::new(&header))
        .boxed();
    if how.span == Span::default() { found } else { found.through(Cut::new(how.span)).boxed() }
}

/// A piece of a container on its way to a lane.
enum Raw {
    /// The piece, the header of its container, and the number of its first symbol.
    Piece(Piece, Header, Option<u64>),
    /// What follows begins in the middle.
    Enter(Entry),
}

impl Weigh for Raw {
    fn heap_bytes(&self) -> usize {
        match self {
            Raw::Piece(Piece::Frame(frame), ..) => frame.heap_bytes(),
            Raw::Piece(..) | Raw::Enter(_) => 0,
        }
    }
}

/// The pieces of a container.
struct Frames<R> {
    reader: FrameReader<R>,
    picker: Picker,
    bytes_taken: u64,
}

impl<R: Read + Send + 'static> Source for Frames<R> {
    type Item = Raw;

    fn pull(&mut self, out: &mut impl Intake<Raw>) -> Result<Supply, Interrupt> {
        while !out.is_satisfied() {
            if self.picker.is_done() {
                return Ok(Supply::End);
            }
            let Some(piece) = self.reader.next_piece().map_err(SourceError::new)? else {
                self.picker.finish().map_err(SourceError::new)?;
                return Ok(Supply::End);
            };
            let first = match &piece {
                Piece::Frame(frame) => {
                    self.bytes_taken = frame.offset() + frame.stored_bytes();
                    self.picker.first(frame.number(), &self.reader)
                }
                Piece::End(end) => {
                    self.bytes_taken = end.offset;
                    None
                }
                Piece::Damage(damage) => {
                    self.bytes_taken = damage.offset + damage.bytes;
                    None
                }
                _ => None,
            };
            match self.picker.pick(&piece, &self.reader).map_err(SourceError::new)? {
                Pick::Leave => continue,
                Pick::Enter(entry) => out.emit(Raw::Enter(entry))?,
                Pick::Take => {}
            }
            out.emit(Raw::Piece(piece, *self.reader.header(), first))?;
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "frames"
    }

    fn bytes_taken(&self) -> u64 {
        self.bytes_taken
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        let is_file = (self.reader.get_ref() as &dyn Any).is::<ReplayFile>();
        (is_file && self.picker.is_for_all()).then_some(self as &mut dyn Replay)
    }
}

impl<R: Read + 'static> Replay for Frames<R> {
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
        self.reader.save(state);
        self.picker.save(state);
        let file = (self.reader.get_ref() as &dyn Any).downcast_ref::<ReplayFile>().ok_or_else(no_file)?;
        file.save(self.reader.offset(), state);
        Ok(())
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError> {
        let mut rest = state;
        let no_state = || CheckpointError::new("this is no state of a container that is being read");
        let offset = self.reader.resume(&mut rest).ok_or_else(no_state)?;
        self.picker.resume(&mut rest).ok_or_else(no_state)?;
        let file =
            (self.reader.get_mut() as &mut dyn Any).downcast_mut::<ReplayFile>().ok_or_else(no_file)?;
        let at = file.restore(rest).map_err(CheckpointError::new)?;
        if at == offset { Ok(()) } else { Err(no_state()) }
    }
}

fn no_file() -> CheckpointError {
    CheckpointError::new("the reader is no file that can be come back to")
}

/// A piece of a container that has been worked on.
#[derive(Debug)]
pub(crate) enum Decoded {
    Enter(Entry),
    Frame { place: FramePlace, first: Option<u64>, symbols: Symbols, repairs: Option<Vec<Repair>> },
    Damaged(FrameDamage),
    Broken(Damage),
    End(EndFrame),
    Member { header: Header, offset: u64 },
}

impl Weigh for Decoded {
    fn heap_bytes(&self) -> usize {
        match self {
            Decoded::Frame { symbols, repairs, .. } => symbols.heap_bytes() + weight(repairs.as_deref()),
            Decoded::Damaged(damage) => size_of_val(damage.codewords.as_slice()),
            Decoded::Enter(_) | Decoded::Broken(_) | Decoded::End(_) | Decoded::Member { .. } => 0,
        }
    }
}

/// Bytes that a list of corrections takes.
pub(crate) fn weight(repairs: Option<&[Repair]>) -> usize {
    repairs.map_or(0, size_of_val)
}

/// Decodes frames, each on its own. Preserves order; holds nothing.
struct DecodeFrames {
    limits: Limits,
    decoder: FrameDecoder,
    repair: bool,
}

impl DecodeFrames {
    fn new(header: &Header, limits: Limits, repair: bool) -> Self {
        Self { limits, decoder: FrameDecoder::new(header, limits), repair }
    }

    fn decoded(&mut self, frame: &RawFrame, first: Option<u64>) -> Decoded {
        let mut symbols = Symbols::new(self.decoder.header().settings().units());
        let place = frame.place();
        match self.decoder.decode(frame, &mut symbols) {
            Ok(()) => Decoded::Frame { place, first, symbols, repairs: None },
            Err(damage) => {
                let repairs = if self.repair { self.decoder.repair(frame, &mut symbols) } else { None };
                match repairs {
                    None => Decoded::Damaged(damage),
                    repairs => Decoded::Frame { place, first, symbols, repairs },
                }
            }
        }
    }
}

impl Operator for DecodeFrames {
    type In = Raw;
    type Out = Decoded;

    fn on_item(&mut self, raw: Raw, out: &mut impl Emit<Decoded>) -> Outcome {
        let (piece, header, first) = match raw {
            Raw::Piece(piece, header, first) => (piece, header, first),
            Raw::Enter(entry) => return out.emit(Decoded::Enter(entry)),
        };
        if header != *self.decoder.header() {
            self.decoder = FrameDecoder::new(&header, self.limits);
        }
        out.emit(match piece {
            Piece::Frame(frame) => self.decoded(&frame, first),
            Piece::End(end) => Decoded::End(end),
            Piece::Member { header, offset } => Decoded::Member { header, offset },
            Piece::Damage(damage) => Decoded::Broken(damage),
            other => return Err(Interrupt::failed("decode", format!("a piece of a new kind: {other:?}"))),
        })
    }

    fn memory(&self) -> Memory {
        Memory::None
    }

    fn fork(&self) -> Self {
        Self::new(self.decoder.header(), self.limits, self.repair)
    }

    fn name(&self) -> &'static str {
        "decode"
    }
}

/// Container bytes a lane takes at once: one frame of the usual size.
const FRAMES_BYTES: usize = 1 << 18;
