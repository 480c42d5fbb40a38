//! The law of blocks: codewords in any order amount to symbols only where a header, its symbols and a trailer that fits
//! them stand together; and blocks nest as they were put into each other.

use primestream_codec::block::{block_check, end_check};
use primestream_codec::program::Nesting;
use primestream_codec::{Assembler, Event, Flow, Limits, Reading, Symbols, Units, Unreadable};

use crate::draw::Draw;

/// Panics if the law does not hold for the codewords that some bytes choose.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    match draw.below(3) {
        0 => nest(&mut draw),
        kind => assemble(&mut draw, [Units::Bytes, Units::Utf16][kind - 1]),
    }
}

/// A codeword, or one that cannot be read.
type Read = Result<Reading, Unreadable>;

fn assemble(draw: &mut Draw<'_>, units: Units) {
    let codewords = drawn(draw, units);
    let limits = Limits { frame_symbols_max: 64, ..Limits::default() };
    let (mut assembler, mut events) = (Assembler::new(units, ID, &limits), Vec::new());
    for (place, codeword) in (0..).zip(&codewords) {
        assembler.push(place, codeword, &mut events);
    }
    let summary = assembler.finish(&mut events);
    let (mut symbols, mut blocks, mut damages) = (Symbols::new(units), Vec::new(), 0);
    for event in events {
        match event {
            Event::Symbols(own) => {
                assert!(symbols.extend(own.as_ref()), "of the units asked for");
                blocks.push(own);
            }
            Event::Damage(damage) => {
                damages += 1;
                assert!(damage.place <= codewords.len() as u64);
            }
            _ => unreachable!("no other event exists"),
        }
    }
    assert_eq!((summary.symbols, summary.damages), (symbols.len() as u64, damages));
    if let Some(content) = naive(&codewords, units) {
        assert!(summary.is_verified() && summary.flow == Some(Flow::Blocks), "{summary:?}");
        assert_eq!(symbols, content);
    } else {
        assert!(!summary.is_verified(), "taken for good: {codewords:?}");
    }
    if summary.flow == Some(Flow::Blocks) {
        // Every block that is delivered is there, whole, under a check that fits it.
        for block in blocks {
            assert!(codewords.iter().enumerate().any(|(at, _)| {
                naive_block(&codewords[at..], None, units).is_some_and(|(own, _, _)| own == block)
            }));
        }
    }
}

/// Reads a flow in which nothing is wrong.
fn naive(codewords: &[Read], units: Units) -> Option<Symbols> {
    let (mut rest, mut content, mut blocks) = (codewords, Symbols::new(units), 0);
    loop {
        if let [Ok(Reading::Header { length: 0, sequence: Some(sequence) }), Ok(Reading::Trailer { check })] =
            rest
        {
            let fits = *sequence == blocks && *check == end_check(ID, blocks, content.len() as u64);
            return fits.then_some(content);
        }
        let (symbols, sequence, taken) = naive_block(rest, Some(content.len() as u64), units)?;
        if sequence != blocks {
            return None;
        }
        content.extend(symbols.as_ref());
        (rest, blocks) = (&rest[taken..], blocks + 1);
    }
}

/// Reads one block from the front: its symbols, its number, and how many codewords it takes. Positions count from 0, or
/// from `first`; from anywhere if that is not told.
fn naive_block(codewords: &[Read], first: Option<u64>, units: Units) -> Option<(Symbols, u64, usize)> {
    let Some(Ok(Reading::Header { length: length @ 1..=64, sequence: Some(sequence) })) = codewords.first()
    else {
        return None;
    };
    let len = usize::try_from(*length).ok()?;
    let (mut symbols, mut start) = (Symbols::new(units), 0);
    for (index, codeword) in (0..).zip(codewords.get(1..=len)?) {
        let Ok(Reading::Data { position, value }) = *codeword else { return None };
        if index == 0 && first.is_none_or(|first| position == first) {
            start = position;
        }
        if position != start + index || !symbols.push(value) {
            return None;
        }
    }
    let fits = codewords.get(len + 1)
        == Some(&Ok(Reading::Trailer { check: block_check(ID, *sequence, symbols.as_ref()) }));
    fits.then_some((symbols, *sequence, len + 2))
}

/// Chooses codewords, most of which belong where they stand.
fn drawn(draw: &mut Draw<'_>, units: Units) -> Vec<Read> {
    let mut codewords = Vec::new();
    let (mut symbols, mut sequence, mut total) = (Symbols::new(units), 0, 0_u64);
    for _ in 0..draw.below(256) {
        let small = draw.below(16) as u64;
        let value = u32::try_from(draw.below(1 << 16)).expect("sixteen bits");
        let codeword = match draw.below(12) {
            // A whole block, as it is written.
            0..4 => {
                symbols.clear();
                let first = [0, total][draw.below(2)];
                codewords.push(Ok(Reading::Header { length: 1 + small, sequence: Some(sequence) }));
                for index in 0..=small {
                    let value = (value + u32::try_from(index).expect("small")) % 251;
                    symbols.push(value);
                    codewords.push(Ok(Reading::Data { position: first + index, value }));
                }
                let check = block_check(ID, sequence, symbols.as_ref());
                (sequence, total) = (sequence + 1, total + symbols.len() as u64);
                Ok(Reading::Trailer { check })
            }
            4 => {
                codewords.push(Ok(Reading::Header { length: 0, sequence: Some(sequence) }));
                Ok(Reading::Trailer { check: end_check(ID, sequence, total) })
            }
            5 => Ok(Reading::Data { position: small, value }),
            6 => Ok(Reading::Header { length: small, sequence: Some(u64::from(value) % 8) }),
            7 => Ok(Reading::Header {
                length: u64::from(value),
                sequence: [None, Some(u64::MAX)][draw.below(2)],
            }),
            8 => Ok(Reading::Trailer { check: value.into() }),
            9 => Err(Unreadable::Corrupt),
            10 => Ok([Reading::NttHeader { length: small }, Reading::Operation { opcode: 2, operand: None }]
                [draw.below(2)]),
            _ => {
                let copied = draw.below(codewords.len() + 1);
                codewords.get(copied).copied().unwrap_or(Err(Unreadable::Corrupt))
            }
        };
        codewords.push(codeword);
    }
    codewords
}

/// Puts blocks into each other, and follows how deep the codewords stand.
fn nest(draw: &mut Draw<'_>) {
    let depth_max = draw.below(12);
    let mut tree = Tree { codewords: Vec::new(), deepest: 0 };
    for _ in 0..1 + draw.below(4) {
        tree.grow(draw, 0);
    }
    let mut nesting = Nesting::new(depth_max);
    let found: Vec<_> = tree.codewords.iter().map(|(codeword, _)| nesting.push(codeword)).collect();
    if tree.deepest <= depth_max {
        assert!(
            found.iter().zip(&tree.codewords).all(|(found, (_, depth))| *found == Ok(*depth)),
            "{found:?}"
        );
        assert_eq!(nesting.finish(), Ok(()));
    } else {
        assert!(found.iter().any(Result::is_err), "deeper than {depth_max}");
    }
    // And codewords that nobody put in order.
    let mut nesting = Nesting::new(depth_max);
    for codeword in drawn(draw, Units::Bytes).into_iter().flatten() {
        assert!(nesting.push(&codeword).unwrap_or(0) <= depth_max);
    }
}

/// Codewords of blocks within blocks, and how deep each stands.
struct Tree {
    codewords: Vec<(Reading, usize)>,
    deepest: usize,
}

impl Tree {
    /// Adds an item: a codeword, or a block of some, with a trailer of its own or without. Tells whether the next trailer
    /// would be of a block that ends here.
    fn grow(&mut self, draw: &mut Draw<'_>, depth: usize) -> bool {
        let length = draw.below(4);
        if depth == DEPTH_MAX || draw.below(3) == 0 {
            self.codewords.push((Reading::Data { position: 0, value: 65 }, depth));
            return false;
        }
        self.deepest = self.deepest.max(depth + usize::from(length > 0));
        let stated = length as u64;
        let header = match draw.below(3) {
            0 => Reading::NttHeader { length: stated },
            1 => Reading::Header { length: stated, sequence: None },
            _ => Reading::Header { length: stated, sequence: Some(7) },
        };
        self.codewords.push((header, depth));
        let is_open_within = (0..length).fold(false, |_, _| self.grow(draw, depth + 1));
        let has_trailer = !is_open_within && draw.below(2) == 0;
        if has_trailer {
            self.codewords.push((Reading::Trailer { check: 9 }, depth));
        }
        !has_trailer
    }
}

const ID: [u8; 16] = [3; 16];

/// Blocks in each other that are built: some are deeper than is allowed.
const DEPTH_MAX: usize = 16;
