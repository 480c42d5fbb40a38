//! Content to decimal lines.

use std::io::Read;

use primestream_codec::container::{Positions, Settings};
use primestream_codec::{DecimalEncoder, Limits, Reading, SymbolsRef, read};
use primestream_engine::{Bytes, Emit, Interrupt, Operator, Order, Outcome, Stream};
use primestream_primes::Natural;

use crate::container::{Content, ContentReader};

/// Streams the lines of a content, in order.
///
/// With positions counted in blocks, there are headers, trailers and an end; with global positions there
/// are data alone, as the public reference writes them. With `verify`, every line is read again and
/// compared before it is handed on.
pub fn write<R: Read + Send + 'static>(
    content: R,
    settings: Settings,
    lanes: usize,
    verify: bool,
) -> Stream<Vec<u8>> {
    Stream::from_source(ContentReader::new(content, &settings))
        .chunked(Bytes(1 << 16))
        .parallel(lanes, Order::Input)
        .through(WriteLines { settings, encoder: DecimalEncoder::new([0; 16]), verify })
        .boxed()
}

/// Writes the lines of the parts of a content. Preserves order; holds nothing.
struct WriteLines {
    settings: Settings,
    encoder: DecimalEncoder,
    verify: bool,
}

impl WriteLines {
    fn lines(&mut self, part: &Content) -> Result<Vec<u8>, Interrupt> {
        let mut lines = Vec::new();
        let block_len = self.settings.block_len().get();
        let is_bare = self.settings.positions() == Positions::Global;
        match part {
            Content::Frame { number, symbols } if is_bare => {
                let first = number * self.settings.frame_symbols() as u64;
                self.encoder
                    .encode_bare(first, symbols.as_ref(), &mut lines)
                    .map_err(|error| Interrupt::failed("encode", error))?;
            }
            Content::Frame { number, symbols } => {
                let first = number * u64::from(self.settings.frame_blocks());
                for (block, sequence) in symbols.as_ref().pieces(block_len).zip(first..) {
                    self.encoder
                        .encode_block(sequence, block, &mut lines)
                        .map_err(|error| Interrupt::failed("encode", error))?;
                }
            }
            Content::End { symbols, .. } if !is_bare => {
                let blocks = symbols.div_ceil(block_len as u64);
                self.encoder.encode_end(blocks, *symbols, &mut lines);
            }
            Content::Start | Content::End { .. } => {}
        }
        if self.verify
            && let Content::Frame { symbols, .. } = part
        {
            check(&lines, symbols.as_ref()).map_err(|error| Interrupt::failed("verify", error))?;
        }
        Ok(lines)
    }
}

/// Reads lines strictly and compares what their data say.
fn check(lines: &[u8], symbols: SymbolsRef<'_>) -> Result<(), String> {
    let limits = Limits { codeword_bits_max: u64::MAX, ..Limits::default() };
    let mut index = 0;
    for line in lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
        let number = Natural::parse_decimal(line).map_err(|error| error.to_string())?;
        if let Reading::Data { value, .. } = read(&number, &limits).map_err(|error| error.to_string())? {
            if symbols.get(index) != Some(value) {
                return Err(format!("symbol {index} of a frame does not decode to what was encoded"));
            }
            index += 1;
        }
    }
    if index == symbols.len() { Ok(()) } else { Err("symbols are missing from a frame".to_owned()) }
}

impl Operator for WriteLines {
    type In = Content;
    type Out = Vec<u8>;

    fn on_item(&mut self, part: Content, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        let lines = self.lines(&part)?;
        out.emit(lines)
    }

    fn fork(&self) -> Self {
        Self { settings: self.settings, encoder: self.encoder.clone(), verify: self.verify }
    }

    fn name(&self) -> &'static str {
        "encode"
    }
}
