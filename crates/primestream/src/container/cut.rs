//! Content that comes as a stream, cut into what frames hold.

use primestream_codec::container::{ContentDigest, Settings};
use primestream_codec::text::TextToUnits;
use primestream_codec::{Symbols, Units};
use primestream_engine::{Emit, Interrupt, Operator, Outcome, Tally};

use super::content::{Content, ContentError};

/// Cuts bytes, handed over in pieces of any size, into the parts of a container. Preserves order; holds the symbols of
/// a frame.
pub(super) struct CutContent {
    settings: Settings,
    to_units: TextToUnits,
    waiting: Symbols,
    digest: ContentDigest,
    has_begun: bool,
    frames: u64,
    symbols: u64,
    tally: Tally,
}

impl CutContent {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            to_units: TextToUnits::default(),
            waiting: Symbols::new(settings.units()),
            digest: ContentDigest::default(),
            has_begun: false,
            frames: 0,
            symbols: 0,
            tally: Tally::default(),
        }
    }

    /// Takes bytes in; they are the symbols, or the UTF-8 of the units.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Interrupt> {
        match &mut self.waiting {
            Symbols::Bytes(waiting) => waiting.extend_from_slice(bytes),
            Symbols::Utf16(waiting) => self.to_units.push(bytes, waiting).map_err(failed)?,
            Symbols::Codewords(_) => {
                return Err(Interrupt::failed("encode", "bytes are no codewords".to_owned()));
            }
        }
        Ok(())
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
            self.digest.update(frame);
            let number = self.frames;
            self.frames += 1;
            self.symbols += frame.len() as u64;
            self.hand_on(Content::Frame { number, symbols: frame.to_symbols() }, out)?;
        }
        self.waiting.extend(rest);
        Ok(())
    }
}

fn failed(error: primestream_codec::text::TextError) -> Interrupt {
    Interrupt::failed("encode", ContentError::from(error))
}

impl Operator for CutContent {
    type In = Vec<u8>;
    type Out = Content;

    fn on_item(&mut self, bytes: Vec<u8>, out: &mut impl Emit<Content>) -> Outcome {
        self.take(&bytes)?;
        self.tally.absorbed += 1;
        self.begin(out)?;
        if self.waiting.len() < self.settings.frame_symbols() {
            return Ok(());
        }
        self.hand_on_frames(false, out)
    }

    fn on_end(&mut self, out: &mut impl Emit<Content>) -> Outcome {
        if self.settings.units() == Units::Utf16 {
            self.to_units.finish().map_err(failed)?;
        }
        self.begin(out)?;
        self.hand_on_frames(true, out)?;
        let (frames, symbols, digest) = (self.frames, self.symbols, self.digest.finish());
        self.hand_on(Content::End { frames, symbols, digest }, out)
    }

    fn fork(&self) -> Self {
        Self::new(self.settings)
    }

    fn name(&self) -> &'static str {
        "cut content"
    }

    fn tally(&self) -> Tally {
        self.tally
    }

    fn held_bytes(&self) -> usize {
        self.waiting.heap_bytes()
    }
}
