//! Writing a container to any [`Write`], one frame after the other.
//!
//! For programs without a pipeline. Symbols come in runs of any length; frames are cut
//! where they must be, so how the symbols were handed over never shows in the bytes.

use std::io::Write;

use crate::units::{Symbols, SymbolsRef};

use super::digest::ContentDigest;
use super::encode::FrameEncoder;
use super::error::EncodeError;
use super::header::Header;
use super::register::Register;

/// Writes one container. Holds the symbols and the bytes of one frame.
///
/// Without [`finish`](Self::finish) the container is incomplete, and readers say so.
///
/// # Examples
///
/// ```
/// use primestream_codec::container::{ContainerId, ContainerWriter, Header, Settings, encode_all};
///
/// let (settings, id) = (Settings::default(), ContainerId([7; 16]));
/// let mut writer = ContainerWriter::new(Vec::new(), Header::new(settings, id))?;
/// writer.write(b"Hello, ".as_slice().into())?;
/// writer.write(b"world!".as_slice().into())?;
/// assert_eq!(writer.finish()?, encode_all(b"Hello, world!", &settings, id)?);
/// # Ok::<(), primestream_codec::container::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct ContainerWriter<W> {
    destination: W,
    encoder: FrameEncoder,
    digest: ContentDigest,
    waiting: Symbols,
    bytes: Vec<u8>,
    register: Register,
    symbols: u64,
}

impl<W: Write> ContainerWriter<W> {
    /// Writes the container header.
    ///
    /// # Errors
    ///
    /// If the destination fails.
    pub fn new(mut destination: W, header: Header) -> Result<Self, EncodeError> {
        destination.write_all(&header.to_bytes()).map_err(EncodeError::Io)?;
        Ok(Self {
            destination,
            encoder: FrameEncoder::new(&header),
            digest: ContentDigest::default(),
            waiting: Symbols::new(header.settings().units()),
            bytes: Vec::new(),
            register: Register::new(&header),
            symbols: 0,
        })
    }

    /// Writes no index, which costs four bytes a frame and lets readers seek without walking along the frames.
    ///
    /// To be called before the first symbol.
    #[must_use]
    pub fn without_index(self) -> Self {
        Self { register: self.register.without_index(), ..self }
    }

    /// Takes the next symbols, and writes every frame they fill.
    ///
    /// # Errors
    ///
    /// If the symbols are of the wrong kind or cannot be encoded, or the destination fails.
    pub fn write(&mut self, symbols: SymbolsRef<'_>) -> Result<(), EncodeError> {
        if symbols.units() != self.waiting.units() {
            return Err(EncodeError::WrongUnits);
        }
        self.digest.update(symbols);
        let mut rest = symbols;
        while !rest.is_empty() {
            let room = self.encoder.header().settings().frame_symbols() - self.waiting.len();
            let (now, later) = rest.split_at(room);
            self.waiting.extend(now);
            rest = later;
            if now.len() == room {
                self.write_frame()?;
            }
        }
        Ok(())
    }

    /// Writes what waits and the end frame; returns the destination.
    ///
    /// # Errors
    ///
    /// If the last symbols cannot be encoded or the destination fails.
    pub fn finish(mut self) -> Result<W, EncodeError> {
        if !self.waiting.is_empty() {
            self.write_frame()?;
        }
        self.bytes.clear();
        self.register.end(self.symbols, &self.digest.finish(), &mut self.bytes);
        self.destination.write_all(&self.bytes).map_err(EncodeError::Io)?;
        self.destination.flush().map_err(EncodeError::Io)?;
        Ok(self.destination)
    }

    fn write_frame(&mut self) -> Result<(), EncodeError> {
        self.bytes.clear();
        self.register.before_frame(&mut self.bytes);
        let start = self.bytes.len();
        self.encoder.encode(self.register.frames(), self.waiting.as_ref(), &mut self.bytes)?;
        self.destination.write_all(&self.bytes).map_err(EncodeError::Io)?;
        self.register.frame((self.bytes.len() - start) as u64);
        self.symbols += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}
