//! Symbols to frames, each on its own.
//!
//! A [`FrameEncoder`] needs the container's header and a frame's number and symbols,
//! nothing of its neighbours, so each lane has one and takes whichever frame comes.
//! Bytes with positions within the block are copied from a table, at the speed of
//! memory; everything else is multiplied up, limb by limb.

use crate::block::block_check;
use crate::coder::Coder;
use crate::limits::Limits;
use crate::product::Product;
use crate::reading::read;
use crate::run::{CodewordSlice, append_length};
use crate::units::{SymbolsRef, Units};

use super::dense::Place;
use super::error::EncodeError;
use super::frame::{FLAG_COMPRESSED, FrameHead, KIND_CONTENT};
use super::header::{Compression, Header, Positions, Profile};

/// Encodes frames of one container, in any order.
///
/// Cloning is cheap: the table of codewords is shared. Holds the codewords of one frame if it compresses.
///
/// # Examples
///
/// ```
/// use primestream_codec::container::{ContainerId, FrameEncoder, Header, Settings};
///
/// let header = Header::new(Settings::default(), ContainerId([7; 16]));
/// let mut lane = FrameEncoder::new(&header);
/// let mut other_lane = lane.clone();
///
/// let (mut first, mut second) = (Vec::new(), Vec::new());
/// other_lane.encode(1, b"the rest".as_slice().into(), &mut second)?;
/// lane.encode(0, [b'.'; 16_384].as_slice().into(), &mut first)?;
/// assert!(lane.encode(0, b"".as_slice().into(), &mut first).is_err()); // no frame is empty
/// # Ok::<(), primestream_codec::container::EncodeError>(())
/// ```
#[derive(Debug)]
pub struct FrameEncoder {
    header: Header,
    coder: Coder,
    whole: Vec<u8>,
    /// Room for the codewords of a block.
    block: Vec<u8>,
    compressor: Option<Compressor>,
}

impl Clone for FrameEncoder {
    fn clone(&self) -> Self {
        Self::with_coder(self.header, self.coder.clone())
    }
}

impl FrameEncoder {
    /// Makes an encoder for the container with this header.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        Self::with_coder(*header, Coder::new(header.settings().block_len()))
    }

    const fn with_coder(header: Header, coder: Coder) -> Self {
        Self { header, coder, whole: Vec::new(), block: Vec::new(), compressor: None }
    }

    /// Returns the container's header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Appends the frame with this number to `out`.
    ///
    /// Every frame of a container but the last has [`Settings::frame_symbols`](super::Settings::frame_symbols) symbols.
    ///
    /// # Errors
    ///
    /// If the symbols are of the wrong kind, none, or too many; if a global position is above
    /// [`POSITION_MAX`](crate::POSITION_MAX); if the frame would be above the default
    /// [`Limits::frame_bytes_max`]; if the compressor fails. `out` is then as it was.
    pub fn encode(
        &mut self,
        number: u64,
        symbols: SymbolsRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let encoded = self.encode_at(start, number, symbols, out);
        if encoded.is_err() {
            out.truncate(start);
        }
        encoded
    }

    fn encode_at(
        &mut self,
        start: usize,
        number: u64,
        symbols: SymbolsRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let settings = self.header.settings();
        let (count, count_max) = (symbols.len(), settings.frame_symbols());
        if symbols.units() != settings.units() {
            return Err(EncodeError::WrongUnits);
        }
        if count == 0 {
            return Err(EncodeError::NoSymbols);
        }
        if count > count_max {
            return Err(EncodeError::TooManySymbols { count, count_max });
        }
        // The header is written last, over these bytes, when the lengths are known.
        let mut head = FrameHead::new(KIND_CONTENT, number);
        out.extend_from_slice(&head.to_bytes(self.header.id()));
        let payload_start = out.len();
        let whole_bytes = match settings.compression() {
            Compression::None => {
                self.append_blocks(number, symbols, out)?;
                out.len() - payload_start
            }
            Compression::Zstd => {
                let mut whole = std::mem::take(&mut self.whole);
                whole.clear();
                let appended = self.append_blocks(number, symbols, &mut whole);
                let stored = appended.and_then(|()| self.append_compressed(&whole, out));
                let whole_bytes = whole.len();
                self.whole = whole;
                head.flags |= if stored? { FLAG_COMPRESSED } else { 0 };
                whole_bytes
            }
        };
        head.whole_bytes = frame_length(whole_bytes)?;
        head.payload_bytes = frame_length(out.len() - payload_start)?;
        head.symbols = frame_length(count)?;
        let payload = out.get(payload_start..).unwrap_or_default();
        let crc = head.payload_crc(self.header.id(), payload);
        out.extend_from_slice(&crc.to_le_bytes());
        if let Some(room) = out.get_mut(start..payload_start) {
            room.copy_from_slice(&head.to_bytes(self.header.id()));
        }
        Ok(())
    }

    fn append_blocks(
        &mut self,
        number: u64,
        symbols: SymbolsRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        match (self.header.settings().profile(), symbols) {
            (Profile::Dense, SymbolsRef::Bytes(bytes)) => {
                Place::of(&self.header, number).append(bytes, &mut self.coder, out);
                return Ok(());
            }
            (_, SymbolsRef::Codewords(run)) => return self.append_run(run, out),
            _ => {}
        }
        let id = self.header.id().0;
        let block_len = self.header.settings().block_len();
        let start = out.len();
        for (block, symbols) in (0..).zip(symbols.pieces(block_len.get())) {
            let sequence = self
                .header
                .block_number(number, block)
                .ok_or(EncodeError::NumberTooLarge { frame: number })?;
            let length =
                u16::try_from(symbols.len()).map_err(|_| EncodeError::NumberTooLarge { frame: number })?;
            append_codeword(self.coder.header(length, sequence), out);
            self.append_symbols(sequence, symbols, out)?;
            append_codeword(self.coder.trailer(block_check(id, sequence, symbols)), out);
            let (bytes, bytes_max) = (out.len() - start, Limits::default().frame_bytes_max);
            if bytes > bytes_max {
                return Err(EncodeError::FrameTooLarge { bytes, bytes_max });
            }
        }
        Ok(())
    }

    /// Appends codewords as they are, each of which must have a reading.
    fn append_run(&mut self, run: CodewordSlice<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (bytes, bytes_max) = (run.as_bytes().len(), Limits::default().frame_bytes_max);
        if bytes > bytes_max {
            return Err(EncodeError::FrameTooLarge { bytes, bytes_max });
        }
        for (index, codeword) in run.iter().enumerate() {
            read(codeword.as_natural(), &Limits::default())
                .map_err(|unreadable| EncodeError::Unreadable { index, unreadable })?;
        }
        out.extend_from_slice(run.as_bytes());
        Ok(())
    }

    fn append_symbols(
        &mut self,
        block: u64,
        symbols: SymbolsRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), EncodeError> {
        let settings = self.header.settings();
        let table = self.coder.table();
        match (settings.positions(), symbols) {
            (Positions::Block, SymbolsRef::Bytes(bytes)) => table.append_all(bytes, &mut self.block, out),
            (Positions::Block, SymbolsRef::Utf16(units)) => {
                for (position, &value) in units.iter().enumerate() {
                    match u8::try_from(value) {
                        Ok(value) => table.append_framed(position, value, out),
                        Err(_) => append_codeword(self.coder.data(position as u64, value.into())?, out),
                    }
                }
            }
            // Codewords are appended as they are.
            (Positions::Block, SymbolsRef::Codewords(_)) => return Err(EncodeError::WrongUnits),
            (Positions::Global, _) => {
                // The product cannot overflow and be accepted: positions end long before.
                let first = block.saturating_mul(settings.block_len().get() as u64);
                for index in 0..symbols.len() {
                    let value = symbols.get(index).unwrap_or_default();
                    append_codeword(self.coder.data(first.saturating_add(index as u64), value)?, out);
                }
            }
        }
        Ok(())
    }

    /// Appends `whole`, compressed if that is shorter; tells whether it was.
    fn append_compressed(&mut self, whole: &[u8], out: &mut Vec<u8>) -> Result<bool, EncodeError> {
        if self.compressor.is_none() {
            let level = match self.header.settings().profile() {
                Profile::Uor => ZSTD_LEVEL,
                Profile::Dense => ZSTD_LEVEL_DENSE,
            };
            let compressor = zstd::bulk::Compressor::new(level).map_err(EncodeError::Compression)?;
            self.compressor = Some(Compressor(compressor));
        }
        let Some(Compressor(compressor)) = &mut self.compressor else { return Ok(false) };
        let compressed = compressor.compress(whole).map_err(EncodeError::Compression)?;
        let shorter = compressed.len() < whole.len();
        out.extend_from_slice(if shorter { &compressed } else { whole });
        Ok(shorter)
    }
}

fn append_codeword(product: &Product, out: &mut Vec<u8>) {
    append_length(product.byte_len(), out);
    product.append_to(out);
}

fn frame_length(bytes: usize) -> Result<u32, EncodeError> {
    u32::try_from(bytes)
        .map_err(|_| EncodeError::FrameTooLarge { bytes, bytes_max: Limits::default().frame_bytes_max })
}

/// zstd's compressor, which has no `Debug` of its own.
struct Compressor(zstd::bulk::Compressor<'static>);

impl std::fmt::Debug for Compressor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Compressor")
    }
}

/// Level of compression. Codewords repeat themselves so much that higher levels gain little for their time.
const ZSTD_LEVEL: i32 = 1;

/// The same for profile `dense`, whose frames are as hard to compress as their content: zstd's own default.
const ZSTD_LEVEL_DENSE: i32 = 3;

impl Header {
    /// Returns the number of a frame's block in the container.
    pub(super) fn block_number(&self, frame: u64, block: u64) -> Option<u64> {
        frame.checked_mul(self.settings().frame_blocks().into())?.checked_add(block)
    }

    /// Returns how long a payload of that many symbols can be at most, in bytes.
    pub(super) fn payload_bytes_max(&self, frame: u64, symbols: u64) -> u64 {
        let settings = self.settings();
        let last = match settings.positions() {
            Positions::Block => settings.block_len().get() as u64,
            Positions::Global => {
                let frame_symbols = settings.frame_symbols() as u64;
                frame.saturating_add(1).saturating_mul(frame_symbols).min(crate::symbol::POSITION_MAX)
            }
        };
        match (settings.profile(), settings.units()) {
            (Profile::Dense, _) => return super::dense::payload_bytes_max(symbols),
            // As long as the caller's limits allow.
            (_, Units::Codewords) => return u32::MAX.into(),
            _ => {}
        }
        // Bits of 5^(last/8+1) · 2^9 · 3^130, of 7^(value/128+1), and of the check; in whole bytes, with
        // the length in front.
        let fives = (last / 8 + 1).saturating_mul(7) / 3;
        let sevens = match settings.units() {
            Units::Utf16 => 1438,
            _ => 6,
        };
        let data = (fives + 9 + 207 + sevens + 6 * 23) / 8 + 1 + 4;
        let blocks = symbols.div_ceil(settings.block_len().get() as u64);
        symbols.saturating_mul(data).saturating_add(blocks.saturating_mul(ENDS_BYTES_MAX))
    }
}

/// Most bytes of a block's header and trailer: at most 1 730 and 600 bits, with their lengths in front.
const ENDS_BYTES_MAX: u64 = 220 + 80;
