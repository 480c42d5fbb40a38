//! What the check of a single codeword sees and what it does not: the shares in `docs/encoding.md` are those measured here.
//!
//! Strict reading never answers wrongly about what it was given; but a changed codeword may be
//! another codeword. How often, by kind of change, is counted over a block of 64 bytes, every
//! position and every value.

use primestream_codec::{Limits, Reading, Unreadable, data, read};
use primestream_primes::Natural;

/// How many changes there were, and how many left a reading.
#[derive(Debug, Default, PartialEq, Eq)]
struct Share {
    changes: u64,
    pass: u64,
    ambiguous: u64,
}

impl Share {
    fn count(&mut self, changed: &Natural) {
        self.changes += 1;
        match read(changed, &Limits::default()) {
            Ok(_) => self.pass += 1,
            Err(Unreadable::Ambiguous { .. }) => self.ambiguous += 1,
            Err(_) => {}
        }
    }

    fn per_mille(&self) -> u64 {
        (self.pass * 1000 + self.changes / 2) / self.changes
    }
}

fn codeword(position: u64, value: u32) -> Natural {
    data(position, value).expect("small").into_natural()
}

fn all() -> impl Iterator<Item = (u64, u32)> {
    (0..64).flat_map(|position| (0..256).map(move |value| (position, value)))
}

#[test]
fn changed_exponents_of_two_pass_most_often() {
    // Every other exponent of 2 that a position may have: 2 … 9. Its index is 0, so the check is the same.
    let mut share = Share::default();
    for (position, value) in all() {
        let number = codeword(position, value);
        for exponent in (2..10).filter(|&exponent| exponent != 2 + position % 8) {
            let twos = position % 8 + 2;
            let changed = match u64::checked_sub(exponent, twos) {
                Some(more) => &number << more,
                None => &number >> (twos - exponent),
            };
            share.count(&changed);
        }
    }
    assert_eq!(share, Share { changes: 114_688, pass: 114_688, ambiguous: 0 });

    // One factor 2 more or less, wherever that leads.
    let mut share = Share::default();
    for (position, value) in all() {
        let number = codeword(position, value);
        share.count(&(&number << 1));
        share.count(&(&number >> 1));
    }
    assert_eq!((share.per_mille(), share.ambiguous), (875, 0), "{share:?}");
}

#[test]
fn replaced_positions_pass_now_and_then() {
    // The position's exponents replaced by those of another position of the block, the check kept.
    let mut share = Share::default();
    for (position, value) in all() {
        let check = check_of(position, value);
        for other in (0..64).filter(|&other| other != position) {
            share.changes += 1;
            share.pass += u64::from(check_of(other, value) == check);
        }
    }
    assert_eq!(share.per_mille(), 111, "{share:?}");
}

/// What the check rests on: 0·twos ^ 1·threes ^ 2·fives ^ 3·sevens.
fn check_of(position: u64, value: u32) -> u64 {
    let value = u64::from(value);
    (3 + value % 128) ^ (2 * (position / 8 + 1)) ^ (3 * (value / 128 + 1))
}

#[test]
fn replaced_values_pass_rarely() {
    let mut share = Share::default();
    for (position, value) in all() {
        for other in (0..256).filter(|&other| other != value) {
            share.changes += 1;
            share.pass += u64::from(check_of(position, other) == check_of(position, value));
        }
    }
    assert_eq!(share, Share { changes: 4_177_920, pass: 15_616, ambiguous: 0 }); // 0.4 %
}

#[test]
fn changed_exponents_of_other_primes_pass_rarely() {
    // One factor more or less of 3, 5 or 7, in every codeword.
    for (prime, passing) in [(3, 0), (5, 0), (7, 4)] {
        let mut share = Share::default();
        for (position, value) in all() {
            let number = codeword(position, value);
            share.count(&number.mul_u64(prime));
            share.count(&number.div_rem_u64(prime).0);
        }
        assert_eq!((share.pass, share.ambiguous), (passing, 0), "{prime}: {share:?}");
    }
}

#[test]
fn flipped_bits_hardly_ever_leave_a_codeword() {
    let mut share = Share::default();
    for (position, value) in all() {
        let bytes = codeword(position, value).to_le_bytes();
        for bit in (0..bytes.len() * 8).step_by(5) {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            share.count(&Natural::from_le_bytes(&changed));
        }
    }
    assert_eq!(share, Share { changes: 585_586, pass: 0, ambiguous: 0 });
}

#[test]
fn a_reading_is_never_another_than_was_written() {
    for (position, value) in all() {
        let reading = read(&codeword(position, value), &Limits::default());
        assert_eq!(reading, Ok(Reading::Data { position, value }));
    }
}
