//! The content of a container to be, cut into what its frames hold.

use std::any::Any;
use std::fmt;
use std::io::{ErrorKind, Read};

use primestream_codec::container::{ContentDigest, Digest, Settings};
use primestream_codec::text::{TextError, TextToUnits};
use primestream_codec::{Symbols, Units};
use primestream_engine::files::ReplayFile;
use primestream_engine::{CheckpointError, Intake, Interrupt, Replay, Source, SourceError, Supply, Weigh};

/// A part of a container to be.
#[derive(Debug)]
#[non_exhaustive]
pub enum Content {
    /// The beginning.
    Start,
    /// What one frame holds.
    Frame {
        /// Its number, from 0.
        number: u64,
        /// Its symbols: as many as the settings say, fewer in the last.
        symbols: Symbols,
    },
    /// The end, and what it all amounts to.
    End {
        /// The number of frames.
        frames: u64,
        /// The number of symbols in them.
        symbols: u64,
        /// The digest of the content.
        digest: Digest,
    },
}

impl Weigh for Content {
    fn heap_bytes(&self) -> usize {
        match self {
            Content::Frame { symbols, .. } => symbols.heap_bytes(),
            Content::Start | Content::End { .. } => 0,
        }
    }
}

/// The content cannot be encoded: it is not the text it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentError(TextError);

impl fmt::Display for ContentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ContentError {}

impl From<TextError> for ContentError {
    fn from(error: TextError) -> Self {
        Self(error)
    }
}

/// Numbers the frames of a content and knows what they amount to.
#[derive(Default)]
pub(super) struct Counted {
    frames: u64,
    symbols: u64,
    digest: ContentDigest,
}

impl Counted {
    pub(super) fn frame(&mut self, symbols: Symbols) -> Content {
        self.digest.update(symbols.as_ref());
        let number = self.frames;
        self.frames += 1;
        self.symbols += symbols.len() as u64;
        Content::Frame { number, symbols }
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub(super) fn save(&self, out: &mut Vec<u8>) {
        [self.frames, self.symbols].into_iter().for_each(|count| out.extend_from_slice(&count.to_le_bytes()));
        self.digest.save(out);
    }

    /// Takes from the front of bytes what was saved; `None` if they are something else.
    pub(super) fn resume(bytes: &mut &[u8]) -> Option<Self> {
        let (frames, rest) = bytes.split_first_chunk()?;
        let (symbols, rest) = rest.split_first_chunk()?;
        *bytes = rest;
        let digest = ContentDigest::resume(bytes)?;
        Some(Self { frames: u64::from_le_bytes(*frames), symbols: u64::from_le_bytes(*symbols), digest })
    }

    pub(super) fn end(&self) -> Content {
        Content::End { frames: self.frames, symbols: self.symbols, digest: self.digest.finish() }
    }
}

/// Reads content and cuts it into frames.
pub(crate) struct ContentReader<R> {
    reader: R,
    frame_symbols: usize,
    units: Units,
    to_units: TextToUnits,
    /// UTF-16 units that are read and not yet handed on.
    waiting: Vec<u16>,
    bytes_taken: u64,
    counted: Counted,
    at: At,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Start,
    Content,
    Last,
    End,
}

impl<R: Read> ContentReader<R> {
    pub(crate) fn new(reader: R, settings: &Settings) -> Self {
        Self {
            reader,
            frame_symbols: settings.frame_symbols(),
            units: settings.units(),
            to_units: TextToUnits::default(),
            waiting: Vec::new(),
            bytes_taken: 0,
            counted: Counted::default(),
            at: At::Start,
        }
    }

    /// Reads `bytes` bytes, or what there is; returns them and whether they are the last.
    fn read(&mut self, bytes: usize) -> Result<(Vec<u8>, bool), SourceError> {
        let mut read = Vec::with_capacity(bytes);
        while read.len() < bytes {
            let missing = (bytes - read.len()) as u64;
            match self.reader.by_ref().take(missing).read_to_end(&mut read) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.bytes_taken += read.len() as u64;
        let is_last = read.len() < bytes;
        Ok((read, is_last))
    }

    /// Reads the symbols of the next frame, and whether they are the last.
    fn frame(&mut self) -> Result<(Symbols, bool), SourceError> {
        if self.units == Units::Bytes {
            let (bytes, is_last) = self.read(self.frame_symbols)?;
            return Ok((Symbols::Bytes(bytes), is_last));
        }
        let mut is_last = false;
        while self.waiting.len() < self.frame_symbols && !is_last {
            let bytes;
            (bytes, is_last) = self.read(self.frame_symbols)?;
            self.to_units
                .push(&bytes, &mut self.waiting)
                .map_err(|error| SourceError::new(ContentError(error)))?;
            if is_last {
                self.to_units.finish().map_err(|error| SourceError::new(ContentError(error)))?;
            }
        }
        let rest = self.waiting.split_off(self.waiting.len().min(self.frame_symbols));
        let frame = std::mem::replace(&mut self.waiting, rest);
        Ok((Symbols::Utf16(frame), is_last && self.waiting.is_empty()))
    }

    /// Returns the next part of the container.
    fn next_part(&mut self) -> Result<Option<Content>, SourceError> {
        match self.at {
            At::Start => {
                self.at = At::Content;
                Ok(Some(Content::Start))
            }
            At::Content => {
                let (symbols, is_last) = self.frame()?;
                if symbols.is_empty() {
                    return Ok(Some(self.end()));
                }
                // A reader at a terminal would ask for a second end of input if it were read again.
                self.at = if is_last { At::Last } else { At::Content };
                Ok(Some(self.counted.frame(symbols)))
            }
            At::Last => Ok(Some(self.end())),
            At::End => Ok(None),
        }
    }

    fn end(&mut self) -> Content {
        self.at = At::End;
        self.counted.end()
    }
}

impl<R: Read + 'static> Replay for ContentReader<R> {
    fn save(&mut self, state: &mut Vec<u8>) -> Result<(), CheckpointError> {
        state.push(self.at as u8);
        self.counted.save(state);
        self.to_units.save(state);
        state.extend_from_slice(&(self.waiting.len() as u64).to_le_bytes());
        state.extend(self.waiting.iter().flat_map(|unit| unit.to_le_bytes()));
        let file = (&self.reader as &dyn Any).downcast_ref::<ReplayFile>().ok_or_else(no_file)?;
        file.save(self.bytes_taken, state);
        Ok(())
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), CheckpointError> {
        let mut rest = state;
        let (at, counted, to_units, waiting) =
            read_state(&mut rest).ok_or_else(|| CheckpointError::new("this is no state of a content"))?;
        (self.at, self.counted, self.to_units, self.waiting) = (at, counted, to_units, waiting);
        let file = (&mut self.reader as &mut dyn Any).downcast_mut::<ReplayFile>().ok_or_else(no_file)?;
        self.bytes_taken = file.restore(rest).map_err(CheckpointError::new)?;
        Ok(())
    }
}

/// Takes from the front of bytes what was saved besides the place in the file.
fn read_state(bytes: &mut &[u8]) -> Option<(At, Counted, TextToUnits, Vec<u16>)> {
    let (&at, rest) = bytes.split_first()?;
    *bytes = rest;
    let at = [At::Start, At::Content, At::Last, At::End].into_iter().find(|&it| it as u8 == at)?;
    let (counted, to_units) = (Counted::resume(bytes)?, TextToUnits::resume(bytes)?);
    let (count, rest) = bytes.split_first_chunk()?;
    let (units, rest) =
        rest.split_at_checked(usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(2)?)?;
    *bytes = rest;
    let (units, _) = units.as_chunks();
    Some((at, counted, to_units, units.iter().map(|&unit| u16::from_le_bytes(unit)).collect()))
}

fn no_file() -> CheckpointError {
    CheckpointError::new("the reader is no file that can be come back to")
}

impl<R: Read + Send + 'static> Source for ContentReader<R> {
    type Item = Content;

    fn pull(&mut self, out: &mut impl Intake<Content>) -> Result<Supply, Interrupt> {
        // One part at a time: the next may be long in coming, and a frame is work enough for a lane.
        match self.next_part()? {
            Some(part) => out.emit(part)?,
            None => return Ok(Supply::End),
        }
        Ok(Supply::More)
    }

    fn name(&self) -> &'static str {
        "content"
    }

    fn bytes_taken(&self) -> u64 {
        self.bytes_taken
    }

    fn replay(&mut self) -> Option<&mut dyn Replay> {
        (&self.reader as &dyn Any).is::<ReplayFile>().then_some(self as &mut dyn Replay)
    }
}
