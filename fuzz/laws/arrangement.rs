//! Files of containers to be damaged, and where their parts lie.

use primestream_codec::container::{
    Compression, ContainerId, ContainerWriter, HEADER_BYTES, Header, Positions, Settings,
};
use primestream_codec::{BlockLen, CodewordRun, Symbols, Units, operation};

use crate::draw::Draw;

/// One container of a file or several, one behind the other.
pub(crate) struct Arrangement {
    pub(crate) bytes: Vec<u8>,
    pub(crate) parts: Vec<Part>,
    /// The containers' ids, and the contents of their frames.
    pub(crate) members: Vec<(ContainerId, Vec<Symbols>)>,
}

/// A header of a container, or a frame.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) member: usize,
    pub(crate) kind: PartKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    Header,
    /// A content frame, with its number.
    Content(usize),
    Index,
    End,
}

impl Arrangement {
    /// Encodes what the draw says: settings, contents, and how many containers. Their ids count from `first_id`.
    pub(crate) fn drawn(draw: &mut Draw<'_>, first_id: u8) -> Self {
        let mut file = Self { bytes: Vec::new(), parts: Vec::new(), members: Vec::new() };
        for id in (first_id..).take(1 + draw.below(3)) {
            let settings = settings(draw);
            let symbols = symbols(draw, &settings);
            file.add(settings, &symbols, ContainerId([id; 16]), draw.below(4) > 0);
        }
        file
    }

    /// Adds a container.
    fn add(&mut self, settings: Settings, symbols: &Symbols, id: ContainerId, is_indexed: bool) {
        let member = self.members.len();
        let start = self.bytes.len();
        let writer = ContainerWriter::new(Vec::new(), Header::new(settings, id)).expect("in memory");
        let mut writer = if is_indexed { writer } else { writer.without_index() };
        writer.write(symbols.as_ref()).expect("symbols of these settings");
        self.bytes.extend(writer.finish().expect("in memory"));
        self.parts.push(Part { start, end: start + HEADER_BYTES, member, kind: PartKind::Header });
        let (mut at, mut number) = (start + HEADER_BYTES, 0);
        while let Some(head) = self.bytes.get(at..at + 32) {
            let payload = u32::from_le_bytes(head[16..20].try_into().expect("four bytes"));
            let kind = match head[4] {
                1 => PartKind::Content(number),
                2 => PartKind::End,
                _ => PartKind::Index,
            };
            number += usize::from(kind == PartKind::Content(number));
            let end = at + 36 + payload as usize;
            self.parts.push(Part { start: at, end, member, kind });
            at = end;
        }
        let contents = symbols.as_ref().pieces(settings.frame_symbols()).map(|piece| piece.to_symbols());
        self.members.push((id, contents.collect()));
        assert_eq!(self.members[member].1.len(), number, "a frame for each piece of the content");
    }
}

/// Settings of any profile, with frames of few symbols.
fn settings(draw: &mut Draw<'_>) -> Settings {
    let compression = [Compression::None, Compression::Zstd][draw.below(2)];
    let blocks = 1 + u32::try_from(draw.below(3)).expect("at most two");
    let settings = match draw.below(6) {
        0 => Settings::dense(),
        kind => {
            let len = BlockLen::try_new(8 + draw.below(24)).expect("8 to 31");
            let base = Settings::default().with_block_len(len);
            match kind {
                1 => base.with_positions(Positions::Global),
                2 => base.with_units(Units::Utf16),
                3 => base.with_units(Units::Utf16).with_positions(Positions::Global),
                4 => base.with_units(Units::Codewords),
                _ => base,
            }
        }
    };
    settings.with_compression(compression).with_frame_blocks(blocks).expect("few blocks")
}

/// Some hundreds of symbols: a few bytes over and over, so that little is drawn, with the place mixed in.
fn symbols(draw: &mut Draw<'_>, settings: &Settings) -> Symbols {
    let count = draw.below(settings.frame_symbols() * 3).min(SYMBOLS_MAX);
    let seed = draw.bytes(4);
    let values = (0..count).map(|place| {
        let own = seed.get(place % 4).copied().unwrap_or(0);
        own.wrapping_add(u8::try_from(place / 7 % 64).expect("below 64"))
    });
    match settings.units() {
        Units::Bytes => Symbols::Bytes(values.collect()),
        Units::Utf16 => Symbols::Utf16(values.map(|value| u16::from(value) * 251).collect()),
        _ => {
            let mut run = CodewordRun::new();
            values
                .take(OPERATIONS_MAX)
                .for_each(|value| run.push(&operation(2, Some(value.into())).expect("small")));
            Symbols::Codewords(run)
        }
    }
}

/// Symbols of a container: a frame of profile `dense` has up to 768.
const SYMBOLS_MAX: usize = 1200;

/// Operations of a container; reading one takes some microseconds.
const OPERATIONS_MAX: usize = 20;
