//! Whether the frames are all there, as the last word on each.

use primestream_codec::Symbols;
use primestream_codec::container::{Continuity, Damage, FrameDamage, FramePlace, Header, Repair};
use primestream_engine::checkpoint::{Memory, Restorer, Saver};
use primestream_engine::{CheckpointError, Emit, Operator, Outcome, Tally, Weigh};

use super::decode::{Decoded, weight};

/// What a container turned out to hold, in order.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found {
    /// The symbols of a frame that is good and in its place.
    Symbols {
        /// The frame.
        place: FramePlace,
        /// Number of its first symbol, counted from 0 over all containers of the file; `None` where one before it is
        /// incomplete, so that nobody can tell.
        first: Option<u64>,
        /// What it holds.
        symbols: Symbols,
        /// What had to be corrected, if that was asked for; `None` if it was good as it was. The list is empty if only the
        /// checksum behind the frame was wrong.
        repairs: Option<Vec<Repair>>,
    },
    /// A further container begins.
    Member {
        /// Its header.
        header: Header,
        /// Byte at which it begins.
        offset: u64,
    },
    /// A frame whose content is damaged.
    Frame(FrameDamage),
    /// Something else is wrong: a frame is missing, repeated, cut, or the end does not fit.
    Damage(Damage),
}

impl Weigh for Found {
    fn heap_bytes(&self) -> usize {
        match self {
            Found::Symbols { symbols, repairs, .. } => symbols.heap_bytes() + weight(repairs.as_deref()),
            Found::Frame(damage) => size_of_val(damage.codewords.as_slice()),
            Found::Damage(_) | Found::Member { .. } => 0,
        }
    }
}

/// Follows the frames of a container, and of those behind it, in order. Holds no frame.
#[derive(Debug)]
pub(crate) struct Follow {
    header: Header,
    continuity: Continuity,
    tally: Tally,
}

impl Follow {
    pub(crate) fn new(header: &Header) -> Self {
        Self { header: *header, continuity: Continuity::new(header), tally: Tally::default() }
    }

    fn hand_on(&mut self, found: Found, out: &mut impl Emit<Found>) -> Outcome {
        self.tally.created += 1;
        out.emit(found)
    }
}

impl Operator for Follow {
    type In = Decoded;
    type Out = Found;

    fn on_item(&mut self, item: Decoded, out: &mut impl Emit<Found>) -> Outcome {
        self.tally.absorbed += 1;
        match item {
            Decoded::Enter(entry) => {
                (self.header, self.continuity) = (entry.header, Continuity::enter(&entry));
                Ok(())
            }
            Decoded::Frame { place, first, symbols, repairs } => {
                match self.continuity.admit(&place, symbols.as_ref()) {
                    Ok(before) => {
                        if let Some(damage) = before {
                            self.hand_on(Found::Damage(damage), out)?;
                        }
                        self.hand_on(Found::Symbols { place, first, symbols, repairs }, out)
                    }
                    Err(damage) => self.hand_on(Found::Damage(damage), out),
                }
            }
            Decoded::Damaged(damage) => {
                let place = FramePlace { number: damage.frame, offset: damage.offset, bytes: damage.bytes };
                if let Some(before) = self.continuity.damaged(&place) {
                    self.hand_on(Found::Damage(before), out)?;
                }
                self.hand_on(Found::Frame(damage), out)
            }
            Decoded::Broken(damage) => {
                self.continuity.broken();
                self.hand_on(Found::Damage(damage), out)
            }
            Decoded::Member { header, offset } => {
                (self.header, self.continuity) = (header, Continuity::new(&header));
                self.hand_on(Found::Member { header, offset }, out)
            }
            Decoded::End(end) => {
                for damage in self.continuity.end(&end) {
                    self.hand_on(Found::Damage(damage), out)?;
                }
                Ok(())
            }
        }
    }

    fn memory(&self) -> Memory {
        Memory::Saved
    }

    fn save(&mut self, to: &mut Saver) -> Outcome {
        let mut state = self.header.to_bytes().to_vec();
        self.continuity.save(&mut state);
        to.put_bytes("follow", state);
        Ok(())
    }

    fn resume(&mut self, from: &mut Restorer<'_>) -> Result<(), CheckpointError> {
        let Some(state) = from.take_bytes("follow")? else { return Ok(()) };
        let resumed = state.split_first_chunk().and_then(|(header, mut rest)| {
            let header = Header::parse(header).ok()?;
            let continuity = Continuity::resume(&header, &mut rest)?;
            rest.is_empty().then_some((header, continuity))
        });
        let no_state = || CheckpointError::new("this is no state of a container that is followed");
        (self.header, self.continuity) = resumed.ok_or_else(no_state)?;
        Ok(())
    }

    fn fork(&self) -> Self {
        Self::new(&self.header)
    }

    fn name(&self) -> &'static str {
        "follow"
    }

    fn tally(&self) -> Tally {
        self.tally
    }
}
