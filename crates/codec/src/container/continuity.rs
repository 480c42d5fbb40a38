//! Whether the frames are all there, once each and in order, and amount to what the end frame says.
//!
//! Serial and cheap: it sees numbers, counts and the content go by, hashes the content
//! as long as nothing is missing, and remembers gaps so that a frame that comes too
//! late is told from one that comes twice.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use crate::state::{Taker, put};
use crate::units::SymbolsRef;

use super::damage::{Damage, DamageKind};
use super::digest::ContentDigest;
use super::frame::{EndFrame, RawFrame};
use super::header::Header;
use super::seek::Entry;

/// Follows the frames of one container in the order of the bytes; each further container of a file needs its own.
///
/// Every content frame is announced: by [`admit`](Self::admit) when it decoded, by
/// [`damaged`](Self::damaged) when it did not, by [`passed`](Self::passed) when nobody tried. Holds at most 1 024 gaps.
///
/// # Examples
///
/// ```
/// use primestream_codec::Limits;
/// use primestream_codec::container::*;
///
/// let settings = Settings::default().with_frame_blocks(1).expect("at least one block");
/// let bytes = encode_all(&[b'.'; 200], &settings, ContainerId([7; 16]))?;
/// let mut reader = FrameReader::open(bytes.as_slice(), Limits::default())?;
/// let mut decoder = FrameDecoder::new(reader.header(), Limits::default());
/// let mut continuity = Continuity::new(reader.header());
/// let mut symbols = primestream_codec::Symbols::new(primestream_codec::Units::Bytes);
/// let mut place = 0;
/// while let Some(piece) = reader.next_piece()? {
///     match piece {
///         Piece::Frame(frame) if place == 1 => assert_eq!(frame.number(), 1), // lose this one
///         Piece::Frame(frame) => {
///             decoder.decode(&frame, &mut symbols)?;
///             let lost = continuity.admit(&frame.place(), symbols.as_ref())?;
///             assert_eq!(lost.map(|damage| damage.frame), (place == 2).then_some(Some(1)));
///         }
///         Piece::End(end) => assert_eq!(continuity.end(&end), []), // reported before, not twice
///         _ => unreachable!("nothing is damaged"),
///     }
///     place += 1;
/// }
/// assert!(!continuity.is_complete());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Continuity {
    frame_symbols: usize,
    /// Number expected next.
    next: u64,
    frames: u64,
    symbols: u64,
    /// Of the content so far; `None` if not all of it was seen.
    digest: Option<ContentDigest>,
    /// Reading began at the first frame.
    is_whole: bool,
    /// Ranges of numbers that were passed over.
    gaps: Vec<(u64, u64)>,
    /// The frame that was not full, which must have been the last.
    short: Option<FramePlace>,
    ended: bool,
    /// Something is missing or wrong.
    faulty: bool,
}

/// Number and place of a frame: what is left of it once its payload has been worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FramePlace {
    /// Number of the frame.
    pub number: u64,
    /// Byte of the container at which it begins.
    pub offset: u64,
    /// Bytes of the container it takes.
    pub bytes: u64,
}

impl FramePlace {
    /// Says what is wrong with the frame.
    #[must_use]
    pub const fn damage(&self, kind: DamageKind) -> Damage {
        Damage { offset: self.offset, bytes: self.bytes, frame: Some(self.number), kind }
    }
}

impl RawFrame {
    /// Returns number and place of the frame.
    #[must_use]
    pub const fn place(&self) -> FramePlace {
        FramePlace { number: self.number(), offset: self.offset(), bytes: self.stored_bytes() }
    }
}

impl Continuity {
    /// Begins before the first frame of the container with this header.
    #[must_use]
    pub fn new(header: &Header) -> Self {
        let digest = Some(ContentDigest::default());
        Self { digest, is_whole: true, ..Self::enter(&Entry::first(*header)) }
    }

    /// Begins in the middle of a container, as if all frames before were good; total and digest of the content stay
    /// unchecked.
    #[must_use]
    pub const fn enter(entry: &Entry) -> Self {
        let frame_symbols = entry.header.settings().frame_symbols();
        Self {
            frame_symbols,
            next: entry.frame,
            frames: entry.frame,
            symbols: entry.frame.saturating_mul(frame_symbols as u64),
            digest: None,
            is_whole: false,
            gaps: Vec::new(),
            short: None,
            ended: false,
            faulty: false,
        }
    }

    /// Appends what [`resume`](Self::resume) needs to go on from here.
    pub fn save(&self, out: &mut Vec<u8>) {
        [self.next, self.frames, self.symbols].into_iter().for_each(|number| put(number, out));
        out.extend([self.is_whole, self.ended, self.faulty, self.digest.is_some()].map(u8::from));
        if let Some(digest) = &self.digest {
            digest.save(out);
        }
        put(self.gaps.len() as u64, out);
        self.gaps.iter().for_each(|&(from, to)| [from, to].into_iter().for_each(|at| put(at, out)));
        out.push(self.short.is_some().into());
        if let Some(FramePlace { number, offset, bytes }) = self.short {
            [number, offset, bytes].into_iter().for_each(|number| put(number, out));
        }
    }

    /// Takes from the front of bytes what was saved of a container with this header; `None` if they are something else.
    pub fn resume(header: &Header, bytes: &mut &[u8]) -> Option<Self> {
        let mut taker = Taker(bytes);
        let (next, frames, symbols) = (taker.number()?, taker.number()?, taker.number()?);
        let (is_whole, ended, faulty) = (taker.flag()?, taker.flag()?, taker.flag()?);
        let digest = if taker.flag()? { Some(ContentDigest::resume(taker.0)?) } else { None };
        let count = taker.count(16)?;
        let gaps =
            (0..count).map(|_| Some((taker.number()?, taker.number()?))).collect::<Option<Vec<_>>>()?;
        let short = if taker.flag()? {
            let (number, offset, bytes) = (taker.number()?, taker.number()?, taker.number()?);
            Some(FramePlace { number, offset, bytes })
        } else {
            None
        };
        let frame_symbols = header.settings().frame_symbols();
        Some(Self { frame_symbols, next, frames, symbols, digest, is_whole, gaps, short, ended, faulty })
    }

    /// Takes note of a frame that decoded to `symbols`.
    ///
    /// `Ok` means the symbols are to be delivered; damage with it lies before the frame.
    ///
    /// # Errors
    ///
    /// If the frame is repeated, displaced, or behind the end: its symbols are not to be delivered.
    pub fn admit(&mut self, place: &FramePlace, symbols: SymbolsRef<'_>) -> Result<Option<Damage>, Damage> {
        let before = self.step(place)?;
        self.count(place, symbols.len());
        if let Some(digest) = self.digest.as_mut().filter(|_| !self.faulty) {
            digest.update(symbols);
        }
        Ok(before)
    }

    const fn count(&mut self, place: &FramePlace, symbols: usize) {
        // Where reading began is said by the file, if it was entered in the middle, and may be made up.
        self.frames = self.frames.saturating_add(1);
        self.symbols = self.symbols.saturating_add(symbols as u64);
        if symbols != self.frame_symbols {
            self.short = Some(*place);
        }
    }

    /// Takes note of a frame of so many symbols that nobody decoded; the digest of the content then stays unchecked.
    ///
    /// Returns damage before the frame, or that the frame is repeated, displaced, or behind the end.
    pub fn passed(&mut self, place: &FramePlace, symbols: usize) -> Option<Damage> {
        self.digest = None;
        match self.step(place) {
            Ok(before) => {
                self.count(place, symbols);
                before
            }
            Err(refused) => Some(refused),
        }
    }

    /// Takes note of a frame whose header is good and whose content is not, so that it is not reported as lost too.
    ///
    /// Returns damage before the frame, or that the frame is repeated, displaced, or behind the end.
    pub fn damaged(&mut self, place: &FramePlace) -> Option<Damage> {
        let before = self.step(place).unwrap_or_else(Some);
        self.faulty = true;
        before
    }

    /// Takes note of damage without a frame, so that the container does not count as complete.
    pub const fn broken(&mut self) {
        self.faulty = true;
    }

    /// Compares what was seen with the end frame; returns what differs.
    ///
    /// Totals and digest are compared only if nothing was found missing, for then they
    /// must differ.
    pub fn end(&mut self, end: &EndFrame) -> Vec<Damage> {
        let damage = |frame, kind| Damage { offset: end.offset, bytes: 0, frame, kind };
        let mut found = Vec::new();
        if self.ended {
            found.push(damage(None, DamageKind::AfterEnd));
        }
        if let Some(count) = end.frames.checked_sub(self.next).filter(|&count| count > 0) {
            found.push(damage(Some(self.next), DamageKind::Lost { count }));
            self.remember_gap(self.next, end.frames);
            self.next = end.frames;
        } else if end.frames < self.next {
            found.push(damage(None, DamageKind::FrameTotal { found: self.next, stated: end.frames }));
        } else if !self.faulty && self.is_whole && end.symbols != self.symbols {
            found.push(damage(None, DamageKind::SymbolTotal { found: self.symbols, stated: end.symbols }));
        } else if !self.faulty && self.digest.as_ref().is_some_and(|digest| digest.finish() != end.digest) {
            found.push(damage(None, DamageKind::Digest));
        } else if let Some(found_offset) = end.offset.checked_sub(end.member_offset)
            && !self.faulty
            && found_offset != end.stated_offset
        {
            found
                .push(damage(None, DamageKind::EndOffset { found: found_offset, stated: end.stated_offset }));
        }
        self.faulty |= !found.is_empty();
        self.ended = true;
        found
    }

    /// Tells whether the end frame was seen and everything fits it.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.ended && !self.faulty
    }

    /// Returns how many frames were admitted.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// Returns how many symbols were admitted.
    #[must_use]
    pub const fn symbols(&self) -> u64 {
        self.symbols
    }

    /// Advances to behind the frame with this number.
    fn step(&mut self, place: &FramePlace) -> Result<Option<Damage>, Damage> {
        let FramePlace { number, offset, .. } = *place;
        let refused = if self.ended {
            Some(DamageKind::AfterEnd)
        } else if number < self.next {
            let missing = self.gaps.iter().any(|&(first, end)| (first..end).contains(&number));
            Some(if missing { DamageKind::Displaced } else { DamageKind::Repeated })
        } else {
            None
        };
        if let Some(kind) = refused {
            self.faulty = true;
            return Err(place.damage(kind));
        }
        let (lost, next) = (number - self.next, self.next);
        self.next = number.saturating_add(1);
        if lost > 0 {
            self.remember_gap(next, number);
        }
        if let Some(short) = self.short.take() {
            self.faulty = true;
            return Ok(Some(short.damage(DamageKind::Short)));
        }
        if lost == 0 {
            return Ok(None);
        }
        self.faulty = true;
        Ok(Some(Damage { offset, bytes: 0, frame: Some(next), kind: DamageKind::Lost { count: lost } }))
    }

    fn remember_gap(&mut self, first: u64, end: u64) {
        if self.gaps.len() < GAPS_MAX {
            self.gaps.push((first, end));
        }
    }
}

/// Most gaps remembered. Beyond it a late frame is called repeated instead of displaced; it is refused all the same.
const GAPS_MAX: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::{ContainerId, Digest, Settings};

    fn follow(numbers: &[u64], stated: u64) -> (Vec<(Option<u64>, DamageKind)>, bool) {
        let settings = Settings::default().with_frame_blocks(1).expect("one block");
        let mut continuity = Continuity::new(&Header::new(settings, ContainerId::default()));
        let mut digest = ContentDigest::default();
        let mut found = Vec::new();
        for (&number, offset) in numbers.iter().zip(0..) {
            let symbols = [number.to_le_bytes()[0]; 64];
            let place = FramePlace { number, offset, bytes: 1 };
            digest.update(symbols.as_slice().into());
            found.extend(continuity.admit(&place, symbols.as_slice().into()).unwrap_or_else(Some));
        }
        let end = EndFrame {
            offset: 99,
            frames: stated,
            symbols: stated * 64,
            digest: digest.finish(),
            index_offset: None,
            stated_offset: 99,
            member_offset: 0,
        };
        found.extend(continuity.end(&end));
        (found.iter().map(|damage| (damage.frame, damage.kind)).collect(), continuity.is_complete())
    }

    #[test]
    fn order_is_followed() {
        use DamageKind::{Displaced, FrameTotal, Lost, Repeated};
        assert_eq!(follow(&[], 0), (vec![], true));
        assert_eq!(follow(&[0, 1, 2], 3), (vec![], true));
        assert_eq!(follow(&[0, 2], 3), (vec![(Some(1), Lost { count: 1 })], false));
        assert_eq!(follow(&[0], 3), (vec![(Some(1), Lost { count: 2 })], false));
        assert_eq!(follow(&[0, 0, 1], 2), (vec![(Some(0), Repeated)], false));
        assert_eq!(follow(&[1, 0], 2), (vec![(Some(0), Lost { count: 1 }), (Some(0), Displaced)], false));
        assert_eq!(follow(&[0, 1], 1), (vec![(None, FrameTotal { found: 2, stated: 1 })], false));
        // However many frames came in order, a gap behind them is remembered.
        let late: Vec<u64> = (0..1100).chain([1101, 1100]).collect();
        assert_eq!(
            follow(&late, 1102),
            (vec![(Some(1100), Lost { count: 1 }), (Some(1100), Displaced)], false)
        );
        let every_other = |late| (0..=1024).map(|n| 2 * n + 1).chain([late]).collect::<Vec<u64>>();
        let last = |late| follow(&every_other(late), 2050).0.last().copied();
        assert_eq!(last(2 * 1023), Some((Some(2 * 1023), Displaced)));
        assert_eq!(last(2 * 1024), Some((Some(2 * 1024), Repeated)), "one gap too many to be remembered");
    }

    #[test]
    fn a_frame_that_did_not_decode_is_not_lost_too() {
        let header = Header::new(Settings::default(), ContainerId::default());
        let place = |number| FramePlace { number, offset: number, bytes: 1 };
        let full = vec![0_u8; header.settings().frame_symbols()];
        let mut continuity = Continuity::new(&header);
        assert_eq!(continuity.damaged(&place(0)), None);
        assert_eq!(continuity.admit(&place(1), full.as_slice().into()), Ok(None));
        let before = continuity.damaged(&place(3)).expect("frame 2 is missing");
        assert_eq!((before.frame, before.kind), (Some(2), DamageKind::Lost { count: 1 }));
        assert_eq!(continuity.damaged(&place(3)).map(|damage| damage.kind), Some(DamageKind::Repeated));
        let end = EndFrame {
            offset: 99,
            frames: 4,
            symbols: 0,
            digest: Digest([0; 32]),
            index_offset: None,
            stated_offset: 99,
            member_offset: 0,
        };
        assert_eq!(continuity.end(&end), [], "what is known is not told again");
        assert!(!continuity.is_complete());
    }

    #[test]
    fn another_content_is_noticed() {
        let mut continuity = Continuity::new(&Header::new(Settings::default(), ContainerId::default()));
        let place = FramePlace { number: 0, offset: 64, bytes: 9 };
        continuity.admit(&place, b"abc".as_slice().into()).expect("the first frame");
        assert_eq!((continuity.frames(), continuity.symbols()), (1, 3));
        let mut digest = ContentDigest::default();
        digest.update(b"abc".as_slice().into());
        let good = EndFrame {
            offset: 73,
            frames: 1,
            symbols: 3,
            digest: digest.finish(),
            index_offset: None,
            stated_offset: 73,
            member_offset: 0,
        };
        let kinds = |end| continuity.clone().end(&end).iter().map(|damage| damage.kind).collect::<Vec<_>>();
        assert_eq!(kinds(good), []);
        assert_eq!(kinds(EndFrame { digest: Digest([0; 32]), ..good }), [DamageKind::Digest]);
        let elsewhere = DamageKind::EndOffset { found: 73, stated: 72 };
        assert_eq!(kinds(EndFrame { stated_offset: 72, ..good }), [elsewhere]);
    }

    #[test]
    fn a_place_that_is_made_up_overflows_nothing() {
        let header = Header::new(Settings::default(), ContainerId::default());
        for frame in [u64::MAX, u64::MAX / 16_384] {
            let mut continuity = Continuity::enter(&Entry { frame, ..Entry::first(header) });
            let place = FramePlace { number: frame, offset: 64, bytes: 9 };
            assert_eq!(continuity.admit(&place, [0_u8; 16_384].as_slice().into()), Ok(None));
            assert_eq!(
                continuity.passed(&FramePlace { number: u64::MAX, ..place }, usize::MAX).is_some(),
                frame < u64::MAX
            );
            assert_eq!((continuity.symbols(), continuity.is_complete()), (u64::MAX, false));
        }
    }

    #[test]
    fn only_the_last_frame_may_be_short() {
        let mut continuity = Continuity::new(&Header::new(Settings::default(), ContainerId::default()));
        let place = |number| FramePlace { number, offset: number, bytes: 1 };
        assert_eq!(continuity.admit(&place(0), b"abc".as_slice().into()), Ok(None));
        let damage =
            continuity.admit(&place(1), b"abc".as_slice().into()).expect("delivered").expect("but reported");
        assert_eq!((damage.frame, damage.kind), (Some(0), DamageKind::Short));
        assert_eq!((continuity.frames(), continuity.symbols()), (2, 6));
    }
}
