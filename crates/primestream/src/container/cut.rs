//! Content and codewords that come as streams, cut into what frames hold.

use primestream_codec::container::Settings;
use primestream_codec::text::TextToUnits;
use primestream_codec::{Codeword, Symbols, Units};
use primestream_engine::{Emit, Interrupt, Operator, Outcome, Tally};

use super::content::{Content, ContentError, Counted};
use crate::factor::Number;

/// Cuts bytes, handed over in pieces of any size, into the parts of a container. Preserves order; holds the symbols of
/// a frame.
pub(super) struct CutContent {
    cutter: Cutter,
    to_units: TextToUnits,
}

impl CutContent {
    pub(super) fn new(settings: Settings) -> Self {
        Self { cutter: Cutter::new(settings), to_units: TextToUnits::default() }
    }
}

impl Operator for CutContent {
    type In = Vec<u8>;
    type Out = Content;

    fn on_item(&mut self, bytes: Vec<u8>, out: &mut impl Emit<Content>) -> Outcome {
        match &mut self.cutter.waiting {
            Symbols::Bytes(waiting) => waiting.extend_from_slice(&bytes),
            Symbols::Utf16(waiting) => self.to_units.push(&bytes, waiting).map_err(failed)?,
            Symbols::Codewords(_) => {
                return Err(Interrupt::failed("encode", "bytes are no codewords".to_owned()));
            }
        }
        self.cutter.taken(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<Content>) -> Outcome {
        if self.cutter.settings.units() == Units::Utf16 {
            self.to_units.finish().map_err(failed)?;
        }
        self.cutter.end(out)
    }

    fn fork(&self) -> Self {
        Self::new(self.cutter.settings)
    }

    fn name(&self) -> &'static str {
        "cut content"
    }

    fn tally(&self) -> Tally {
        self.cutter.tally
    }

    fn held_bytes(&self) -> usize {
        self.cutter.waiting.heap_bytes()
    }
}

fn failed(error: primestream_codec::text::TextError) -> Interrupt {
    Interrupt::failed("encode", ContentError::from(error))
}

/// Cuts codewords into the parts of a container. Preserves order; holds those of a frame.
pub(super) struct CutCodewords(Cutter);

impl CutCodewords {
    pub(super) fn new(settings: Settings) -> Self {
        Self(Cutter::new(settings))
    }
}

impl Operator for CutCodewords {
    type In = Number;
    type Out = Content;

    fn on_item(&mut self, Number(number): Number, out: &mut impl Emit<Content>) -> Outcome {
        match &mut self.0.waiting {
            Symbols::Codewords(waiting) => waiting.push(&Codeword::new(number)),
            _ => return Err(Interrupt::failed("encode", "the container is none of codewords".to_owned())),
        }
        self.0.taken(out)
    }

    fn on_end(&mut self, out: &mut impl Emit<Content>) -> Outcome {
        self.0.end(out)
    }

    fn fork(&self) -> Self {
        Self::new(self.0.settings)
    }

    fn name(&self) -> &'static str {
        "cut codewords"
    }

    fn tally(&self) -> Tally {
        self.0.tally
    }

    fn held_bytes(&self) -> usize {
        self.0.waiting.heap_bytes()
    }
}

/// Gathers symbols and hands on what fills frames.
struct Cutter {
    settings: Settings,
    waiting: Symbols,
    counted: Counted,
    has_begun: bool,
    tally: Tally,
}

impl Cutter {
    fn new(settings: Settings) -> Self {
        let waiting = Symbols::new(settings.units());
        Self { settings, waiting, counted: Counted::default(), has_begun: false, tally: Tally::default() }
    }

    /// An item was put to those that wait.
    fn taken(&mut self, out: &mut impl Emit<Content>) -> Outcome {
        self.tally.absorbed += 1;
        self.begin(out)?;
        if self.waiting.len() < self.settings.frame_symbols() {
            return Ok(());
        }
        self.hand_on_frames(false, out)
    }

    fn end(&mut self, out: &mut impl Emit<Content>) -> Outcome {
        self.begin(out)?;
        self.hand_on_frames(true, out)?;
        let end = self.counted.end();
        self.hand_on(end, out)
    }

    fn hand_on(&mut self, part: Content, out: &mut impl Emit<Content>) -> Outcome {
        self.tally.created += 1;
        out.emit(part)
    }

    fn begin(&mut self, out: &mut impl Emit<Content>) -> Outcome {
        if std::mem::replace(&mut self.has_begun, true) { Ok(()) } else { self.hand_on(Content::Start, out) }
    }

    /// Hands on what fills frames, and at the end what is left as well.
    fn hand_on_frames(&mut self, is_last: bool, out: &mut impl Emit<Content>) -> Outcome {
        let frame_symbols = self.settings.frame_symbols();
        let whole = std::mem::replace(&mut self.waiting, Symbols::new(self.settings.units()));
        let mut rest = whole.as_ref();
        while rest.len() >= frame_symbols || (is_last && !rest.is_empty()) {
            let (frame, behind) = rest.split_at(frame_symbols);
            rest = behind;
            let frame = self.counted.frame(frame.to_symbols());
            self.hand_on(frame, out)?;
        }
        self.waiting.extend(rest);
        Ok(())
    }
}
