//! The content of a container to be, cut into what its frames hold.

use std::fmt;
use std::io::{ErrorKind, Read};

use primestream_codec::container::{ContentDigest, Digest, Settings};
use primestream_codec::text::{TextError, TextToUnits};
use primestream_codec::{Symbols, Units};
use primestream_engine::{Intake, Interrupt, Source, SourceError, Supply, Weigh};

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

/// Reads content and cuts it into frames.
pub(crate) struct ContentReader<R> {
    reader: R,
    frame_symbols: usize,
    units: Units,
    to_units: TextToUnits,
    /// UTF-16 units that are read and not yet handed on.
    waiting: Vec<u16>,
    bytes_taken: u64,
    frames: u64,
    symbols: u64,
    digest: ContentDigest,
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
            frames: 0,
            symbols: 0,
            digest: ContentDigest::default(),
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
                self.digest.update(symbols.as_ref());
                let number = self.frames;
                self.frames += 1;
                self.symbols += symbols.len() as u64;
                Ok(Some(Content::Frame { number, symbols }))
            }
            At::Last => Ok(Some(self.end())),
            At::End => Ok(None),
        }
    }

    fn end(&mut self) -> Content {
        self.at = At::End;
        Content::End { frames: self.frames, symbols: self.symbols, digest: self.digest.finish() }
    }
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
}
