//! Symbols to bytes.

use primestream_codec::Symbols;
use primestream_codec::text::UnitsToText;
use primestream_engine::checkpoint::{Memory, Restorer, Saver};
use primestream_engine::{CheckpointError, Emit, Interrupt, Operator, Outcome, Tally};

/// Makes the bytes of a content of its symbols. Preserves order; holds at most one character.
///
/// UTF-16 units become UTF-8; a lone surrogate fails with its index. Codewords become decimal lines. `None` is a gap, over which no
/// character continues; it is counted as filtered.
#[derive(Debug, Default)]
pub struct Contents {
    text: UnitsToText,
    gaps: u64,
}

impl Operator for Contents {
    type In = Option<Symbols>;
    type Out = Vec<u8>;

    fn on_item(&mut self, symbols: Option<Symbols>, out: &mut impl Emit<Vec<u8>>) -> Outcome {
        match symbols {
            Some(Symbols::Bytes(bytes)) => out.emit(bytes),
            Some(Symbols::Utf16(units)) => {
                let mut text = String::with_capacity(units.len());
                self.text.push(&units, &mut text).map_err(|error| Interrupt::failed("decode", error))?;
                out.emit(text.into_bytes())
            }
            Some(Symbols::Codewords(run)) => {
                let lines: Vec<String> = run.iter().map(|codeword| codeword.to_decimal() + "\n").collect();
                out.emit(lines.concat().into_bytes())
            }
            None => {
                self.text = UnitsToText::default();
                self.gaps += 1;
                Ok(())
            }
        }
    }

    fn on_end(&mut self, _: &mut impl Emit<Vec<u8>>) -> Outcome {
        self.text.finish().map_err(|error| Interrupt::failed("decode", error))
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let mut state = Vec::new();
        self.text.save(&mut state);
        to.put_bytes("contents", state);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some(mut state) = from.take_bytes("contents")? else { return Ok(()) };
        let text = UnitsToText::resume(&mut state).filter(|_| state.is_empty());
        self.text = text.ok_or_else(|| CheckpointError::new("this is no state of a text"))?;
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::default()
    }

    fn name(&self) -> &'static str {
        "contents"
    }

    fn tally(&self) -> Tally {
        Tally { filtered: self.gaps, ..Tally::default() }
    }
}
