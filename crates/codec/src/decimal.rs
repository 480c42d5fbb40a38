//! Decimal interchange: one codeword a line, as the reference's tools take and give them.
//!
//! [`DecimalEncoder`] writes blocks that check themselves, or the bare lines of the
//! reference's text encoder; [`Assembler`](crate::Assembler) reads both. Lines for bytes
//! in blocks are copied from a table (built at first use in some 20 ms, about 2 MiB);
//! other codewords are multiplied up and converted.

use std::sync::OnceLock;

use primestream_primes::Natural;

use crate::block::{BlockLen, block_check, end_check};
use crate::coder::Coder;
use crate::product::Product;
use crate::symbol::SymbolError;
use crate::units::SymbolsRef;

/// Writes decimal lines of one stream.
///
/// # Examples
///
/// ```
/// use primestream_codec::{Assembler, Codeword, DecimalEncoder, Event, Flow, Limits, Symbols, Units, read};
///
/// let mut lines = Vec::new();
/// let mut encoder = DecimalEncoder::new([0; 16]);
/// encoder.encode_block(0, b"UOR".as_slice().into(), &mut lines)?;
/// encoder.encode_end(1, 3, &mut lines);
///
/// let mut assembler = Assembler::new(Units::Bytes, [0; 16], &Limits::default());
/// let mut events = Vec::new();
/// for (line, place) in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).zip(0..) {
///     let codeword = Codeword::parse_decimal(line).ok_or("not a number")?;
///     assembler.push(place, &read(codeword.as_natural(), &Limits::default()), &mut events);
/// }
/// let summary = assembler.finish(&mut events);
/// assert_eq!(events, [Event::Symbols(Symbols::Bytes(b"UOR".to_vec()))]);
/// assert_eq!((summary.flow, summary.is_verified()), (Some(Flow::Blocks), true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct DecimalEncoder {
    stream_id: [u8; 16],
    coder: Coder,
}

impl DecimalEncoder {
    /// Makes an encoder. A stream without an id of its own has sixteen zeros.
    #[must_use]
    pub fn new(stream_id: [u8; 16]) -> Self {
        Self { stream_id, coder: Coder::new(BlockLen::MAX) }
    }

    /// Appends the lines of a block: header, data at positions from 0, trailer.
    ///
    /// # Errors
    ///
    /// If there are more than [`LENGTH_MAX`](crate::LENGTH_MAX) symbols.
    pub fn encode_block(
        &mut self,
        sequence: u64,
        symbols: SymbolsRef<'_>,
        lines: &mut Vec<u8>,
    ) -> Result<(), SymbolError> {
        let length = symbols.len() as u64;
        let stated = u16::try_from(length).map_err(|_| SymbolError::Length { length })?;
        append_line(self.coder.header(stated, sequence), lines);
        self.encode_bare(0, symbols, lines)?;
        append_line(self.coder.trailer(block_check(self.stream_id, sequence, symbols)), lines);
        Ok(())
    }

    /// Appends the empty block that ends a stream, with the number of blocks before it and of all their symbols.
    pub fn encode_end(&mut self, blocks: u64, symbols: u64, lines: &mut Vec<u8>) {
        append_line(self.coder.header(0, blocks), lines);
        append_line(self.coder.trailer(end_check(self.stream_id, blocks, symbols)), lines);
    }

    /// Appends data lines alone, with positions from `first` on: the whole content in this way is what the
    /// reference's text encoder emits.
    ///
    /// # Errors
    ///
    /// If a position is above [`POSITION_MAX`](crate::POSITION_MAX).
    pub fn encode_bare(
        &mut self,
        first: u64,
        symbols: SymbolsRef<'_>,
        lines: &mut Vec<u8>,
    ) -> Result<(), SymbolError> {
        let table = decimal_table();
        for (index, position) in (0..symbols.len()).zip(first..) {
            let value = symbols.get(index).unwrap_or_default();
            let known = usize::try_from(position).ok().zip(u8::try_from(value).ok());
            match known.and_then(|(position, value)| table.get(position * 256 + usize::from(value))) {
                Some(line) => lines.extend_from_slice(line.as_bytes()),
                None => append_line(self.coder.data(position, value)?, lines),
            }
        }
        Ok(())
    }
}

/// Lines of all bytes at the positions of a block of default length.
fn decimal_table() -> &'static [Box<str>] {
    static TABLE: OnceLock<Box<[Box<str>]>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut coder = Coder::new(BlockLen::DEFAULT);
        let places = (0..BlockLen::DEFAULT.get() as u64)
            .flat_map(|position| (0..256).map(move |value| (position, value)));
        let line = |(position, value)| {
            let bytes = coder.data(position, value).map(Product::to_bytes).unwrap_or_default();
            format!("{}\n", Natural::from_le_bytes(&bytes)).into_boxed_str()
        };
        places.map(line).collect()
    })
}

fn append_line(product: &Product, lines: &mut Vec<u8>) {
    let number = Natural::from_le_bytes(&product.to_bytes());
    lines.extend_from_slice(number.to_string().as_bytes());
    lines.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::data;

    #[test]
    fn lines_are_the_codewords() {
        let symbols: Vec<u16> = (0..300).map(|i| i * 211).collect();
        let mut lines = Vec::new();
        DecimalEncoder::new([0; 16]).encode_bare(0, symbols.as_slice().into(), &mut lines).expect("few");
        let naive: String = (0..)
            .zip(&symbols)
            .map(|(position, &value)| data(position, value.into()).expect("few").to_decimal() + "\n")
            .collect();
        assert_eq!(String::from_utf8(lines).expect("digits"), naive);
    }
}
