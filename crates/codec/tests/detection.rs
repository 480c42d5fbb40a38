//! What each layer of the encoding cannot see, over random changes to a block of 64 bytes: the shares in
//! `docs/encoding.md` are those measured here. No change passes all layers.
//!
//! `PRIMESTREAM_CHANGES` says how many changes, as `cargo xtask long detection` does.
#![expect(clippy::print_stdout, reason = "a long run tells what it measured")]
#![expect(clippy::disallowed_methods, reason = "whoever starts a long run says how long it is")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use primestream_codec::block::block_check;
use primestream_codec::container::ContentDigest;
use primestream_codec::{Limits, Reading, Unreadable, data, header, read, trailer};
use primestream_primes::Natural;

/// Changes tried unless more are asked for.
const CHANGES: u64 = 100_000;

/// What is done to a block, one of these at a time.
const KINDS: [&str; 7] = [
    "a bit flipped",
    "a byte set to another",
    "a factor 2, 3, 5 or 7 more or less",
    "exponents of another position, check kept",
    "exponents of another value, check kept",
    "a codeword replaced by another of a block",
    "two codewords exchanged",
];

/// How many changes there were, and how many each layer alone does not see.
#[derive(Debug, Default, Clone, Copy)]
struct Unseen {
    changes: u64,
    /// Every codeword has one reading as a byte at a position.
    check: u64,
    /// And it is the position that is expected there.
    position: u64,
    /// And the block has each of its positions once, in whatever order.
    complete: u64,
    /// And the bytes, in the order in which they stand, fit the block's check.
    block: u64,
    /// And they fit the digest of the content.
    digest: u64,
    /// The frame's CRC-32 fits, whatever the codewords are.
    crc: u64,
    /// No layer sees the change.
    all: u64,
    ambiguous: u64,
}

/// A block as codewords.
struct Block {
    content: [u8; 64],
    /// Data alone.
    codewords: Vec<Natural>,
    check: u64,
    digest: ContentDigest,
    payload: Vec<u8>,
    /// Where the data codewords begin in the payload, and where the last ends.
    starts: Vec<usize>,
}

impl Block {
    fn new(content: [u8; 64]) -> Self {
        let check = block_check([0; 16], 0, content.as_slice().into());
        let codewords: Vec<Natural> = (0..)
            .zip(content)
            .map(|(position, byte)| data(position, byte.into()).unwrap().into_natural())
            .collect();
        let mut digest = ContentDigest::default();
        digest.update(content.as_slice().into());
        let mut payload = framed(header(64, 0).unwrap().as_natural());
        let mut starts = vec![payload.len()];
        for codeword in &codewords {
            payload.extend(framed(codeword));
            starts.push(payload.len());
        }
        payload.extend(framed(trailer(check).as_natural()));
        Self { content, codewords, check, digest, payload, starts }
    }

    /// Asks every layer whether it sees that the codewords at these places, ascending, are others.
    fn ask(&self, changed: &[(usize, Natural)], unseen: &mut Unseen) {
        unseen.changes += 1;
        let mut payload = Vec::with_capacity(self.payload.len() + 64);
        let mut behind = 0;
        for (place, codeword) in changed {
            payload.extend_from_slice(&self.payload[behind..self.starts[*place]]);
            payload.extend(framed(codeword));
            behind = self.starts[place + 1];
        }
        payload.extend_from_slice(&self.payload[behind..]);
        let is_crc_blind = crc32fast::hash(&payload) == crc32fast::hash(&self.payload);
        unseen.crc += u64::from(is_crc_blind);
        let mut content = self.content;
        let (mut are_expected, mut positions) = (true, Vec::new());
        for (place, codeword) in changed {
            match read(codeword, &Limits::default()) {
                Ok(Reading::Data { position, value }) if value < 256 => {
                    content[*place] = u8::try_from(value).unwrap();
                    are_expected &= position == *place as u64;
                    positions.push(position);
                }
                Err(Unreadable::Ambiguous { .. }) => {
                    unseen.ambiguous += 1;
                    return;
                }
                _ => return,
            }
        }
        positions.sort_unstable();
        let is_complete = positions.into_iter().eq(changed.iter().map(|(place, _)| *place as u64));
        let is_block_good = block_check([0; 16], 0, content.as_slice().into()) == self.check;
        let mut digest = ContentDigest::default();
        digest.update(content.as_slice().into());
        let is_digest_good = digest.finish() == self.digest.finish();
        unseen.check += 1;
        unseen.position += u64::from(are_expected);
        unseen.complete += u64::from(is_complete);
        unseen.block += u64::from(is_block_good);
        unseen.digest += u64::from(is_digest_good);
        unseen.all +=
            u64::from(are_expected && is_complete && is_block_good && is_digest_good && is_crc_blind);
    }
}

fn framed(codeword: &Natural) -> Vec<u8> {
    let bytes = codeword.to_le_bytes();
    // The codewords of a block, and what becomes of them, are below 128 bytes: one byte of length.
    [&[u8::try_from(bytes.len()).unwrap()][..], &bytes].concat()
}

/// Choices from a seed. Source: [Marsaglia2003].
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % end
    }

    fn place(&mut self) -> usize {
        usize::try_from(self.below(64)).unwrap()
    }
}

/// What a position and a value are to the exponents of 2, 3, 5 and 7.
fn exponents(position: u64, value: u64) -> [u64; 4] {
    [2 + position % 8, 3 + value % 128, position / 8 + 1, value / 128 + 1]
}

/// Takes exponents out of a codeword and puts others in; what else is in it, the check above all, is kept.
fn replaced(codeword: &Natural, old: [u64; 4], new: [u64; 4]) -> Natural {
    let mut number = codeword.clone();
    for ((prime, old), new) in [2, 3, 5, 7].into_iter().zip(old).zip(new) {
        (new..old).for_each(|_| number = number.div_rem_u64(prime).0);
        (old..new).for_each(|_| number = number.mul_u64(prime));
    }
    number
}

/// Makes one change of a kind; `None` if nothing was changed by it.
fn change(kind: usize, block: &Block, chance: &mut Chance) -> Option<Vec<(usize, Natural)>> {
    let place = chance.place();
    let old = &block.codewords[place];
    let (position, value) = (place as u64, u64::from(block.content[place]));
    let new = match kind {
        0 | 1 => {
            let mut bytes = old.to_le_bytes();
            let at = usize::try_from(chance.below(bytes.len() as u64)).unwrap();
            bytes[at] ^=
                if kind == 0 { 1 << chance.below(8) } else { u8::try_from(1 + chance.below(255)).unwrap() };
            Natural::from_le_bytes(&bytes)
        }
        2 => {
            let prime = [2, 3, 5, 7][chance.place() % 4];
            if chance.below(2) == 0 { old.mul_u64(prime) } else { old.div_rem_u64(prime).0 }
        }
        3 => replaced(old, exponents(position, value), exponents(chance.below(64), value)),
        4 => replaced(old, exponents(position, value), exponents(position, chance.below(256))),
        5 => data(chance.below(64), u32::try_from(chance.below(256)).unwrap()).unwrap().into_natural(),
        _ => {
            let other = chance.place();
            let (first, second) = (place.min(other), place.max(other));
            let exchanged = [(first, &block.codewords[second]), (second, &block.codewords[first])];
            return (first != second)
                .then(|| exchanged.map(|(place, codeword)| (place, codeword.clone())).into());
        }
    };
    (new != *old).then(|| vec![(place, new)])
}

#[test]
fn what_one_layer_does_not_see_another_does() {
    let asked = std::env::var("PRIMESTREAM_CHANGES").ok();
    let changes = asked.map_or(CHANGES, |text| text.parse().expect("a whole number of changes"));
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    let mut unseen = [Unseen::default(); KINDS.len()];
    let mut block = Block::new([0; 64]);
    for round in 0..changes {
        if round % 4096 == 0 {
            block = Block::new(std::array::from_fn(|_| u8::try_from(chance.below(256)).unwrap()));
        }
        let kind = usize::try_from(round % KINDS.len() as u64).unwrap();
        // A change that changes nothing is drawn again.
        let changed = std::iter::repeat_with(|| change(kind, &block, &mut chance)).flatten().next().unwrap();
        block.ask(&changed, &mut unseen[kind]);
    }
    let percent = |count: u64, of: u64| count as f64 * 100.0 / of as f64;
    println!(
        "{changes} changes; not seen, and in %, by check, position, completeness, block, digest, CRC-32:"
    );
    for (what, own) in KINDS.iter().zip(&unseen) {
        let layers = [own.check, own.position, own.complete, own.block, own.digest, own.crc];
        let shares: Vec<String> =
            layers.iter().map(|&count| format!("{count} = {:.4}", percent(count, own.changes))).collect();
        println!("| {what} | {} | {} |", own.changes, shares.join(" | "));
        assert_eq!((own.all, own.ambiguous), (0, 0), "{what}: {own:?}");
    }
    let of = |kind: usize| unseen[kind];
    // Certain: a codeword in the place of another is at another position, and CRC-32 sees every burst of 32 bits.
    assert_eq!([of(3).position, of(6).position, of(0).crc, of(1).crc], [0; 4], "{unseen:?}");
    assert!(
        of(6).check == of(6).changes && of(6).complete == of(6).changes,
        "each codeword is good in itself"
    );
    assert!(of(4).block == 0 && of(4).digest == 0, "another value is another content");
}

/// Every single change of a block: each bit of each codeword, each exponent by one, each two codewords exchanged.
#[test]
fn every_single_change_is_seen_by_some_layer() {
    let block = Block::new(*b"It was the best of times, it was the worst of times, it was the ");
    let mut unseen = Unseen::default();
    for (place, codeword) in block.codewords.iter().enumerate() {
        let bytes = codeword.to_le_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            block.ask(&[(place, Natural::from_le_bytes(&changed))], &mut unseen);
        }
        for prime in [2, 3, 5, 7] {
            block.ask(&[(place, codeword.mul_u64(prime))], &mut unseen);
            block.ask(&[(place, codeword.div_rem_u64(prime).0)], &mut unseen);
        }
        for position in 0..64 {
            for value in
                (0..256).filter(|&value| (position, value) != (place as u64, block.content[place].into()))
            {
                let other = data(position, value).unwrap().into_natural();
                block.ask(&[(place, other)], &mut unseen);
            }
        }
        for other in 0..place {
            // The same byte at both places is another codeword all the same: its position differs.
            let exchanged = [(other, codeword.clone()), (place, block.codewords[other].clone())];
            block.ask(&exchanged, &mut unseen);
        }
    }
    assert!(unseen.changes > 1_000_000 && unseen.check > 1_000_000, "{unseen:?}");
    assert_eq!((unseen.all, unseen.ambiguous), (0, 0), "{unseen:?}");
}
