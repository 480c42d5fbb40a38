//! Strict reading: what an integer stands for, if it stands for exactly one thing.
//!
//! Nothing is ever factored. The primes of each kind are known, are divided out, and
//! what is left must be 1: that the product is complete is the proof. An opcode is
//! found by size alone ([`crate::opcode`]). The work is bounded for every integer, and
//! integers above the caller's limit are not looked at. Why no two kinds share an
//! integer, and why data has one reading, is shown in `docs/encoding.md`.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::panic, clippy::expect_used))]

use std::error::Error;
use std::fmt;

use primestream_primes::{Natural, table};

use crate::block::BlockLen;
use crate::checksum::{checksum_index, checksum_prime};
use crate::coder::Coder;
use crate::limits::Limits;
use crate::lookup::ByteCodewords;
use crate::opcode::find_operations;
use crate::product::{POWERS_OF_3, POWERS_OF_7};
use crate::role::{
    CHECK_BITS, CHECK_INDEX, HEADER_RADIX, LENGTH_DIGITS, LENGTH_INDEX, POSITION_RADIX, Role, SEAL_INDEX,
    SEQUENCE_DIGITS, VALUE_RADIX,
};
use crate::symbol::{Kind, LENGTH_MAX, POSITION_MAX, VALUE_MAX, data_index};

/// What a codeword stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reading {
    /// A symbol.
    Data {
        /// Where it stands.
        position: u64,
        /// Which one it is.
        value: u32,
    },
    /// An operation.
    Operation {
        /// The prime that names it.
        opcode: u64,
        /// What it is to be done with.
        operand: Option<u64>,
    },
    /// The beginning of a block.
    Header {
        /// How many symbols follow.
        length: u64,
        /// Number of the block; `None` in the bare header of the reference.
        sequence: Option<u64>,
    },
    /// The beginning of a transformed block.
    NttHeader {
        /// How many symbols follow.
        length: u64,
    },
    /// The end of a block.
    Trailer {
        /// The check of the block.
        check: u64,
    },
}

impl Reading {
    /// Returns the kind of codeword.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Data { .. } => Kind::Data,
            Self::Operation { .. } => Kind::Operation,
            Self::Header { .. } => Kind::Header,
            Self::NttHeader { .. } => Kind::NttHeader,
            Self::Trailer { .. } => Kind::Trailer,
        }
    }
}

/// An integer that has not exactly one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreadable {
    /// It has none.
    Corrupt,
    /// It has the form of a data codeword, and the checksum prime of another.
    Checksum {
        /// Where it would stand.
        position: u64,
        /// What it would be.
        value: u32,
    },
    /// It has several. No integer is known that has; a reader that finds one does not guess.
    Ambiguous {
        /// How many.
        readings: usize,
    },
    /// It is above the caller's limit and was not looked at.
    TooLarge {
        /// Its length.
        bits: u64,
        /// The limit, [`Limits::codeword_bits_max`].
        bits_max: u64,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Corrupt => f.write_str("corrupt: no reading"),
            Self::Checksum { position, value } => {
                write!(f, "checksum: value {value} at position {position} has another")
            }
            Self::Ambiguous { readings } => write!(f, "ambiguous: {readings} readings"),
            Self::TooLarge { bits, bits_max } => {
                write!(f, "codeword of {bits} bits, the limit codeword_bits_max is {bits_max}")
            }
        }
    }
}

impl Error for Unreadable {}

/// Reads an integer, or says why it cannot be read. Never guesses.
///
/// # Errors
///
/// If the integer has no reading or more than one, or is above the limit.
///
/// # Examples
///
/// ```
/// use primestream_codec::{Limits, Reading, Unreadable, data, operation, read};
/// use primestream_primes::Natural;
///
/// let limits = Limits::default();
/// let codeword = operation(97, Some(7))?; // JMP 7
/// assert_eq!(read(codeword.as_natural(), &limits)?, Reading::Operation { opcode: 97, operand: Some(7) });
///
/// // A flipped bit rarely leaves a reading.
/// assert_eq!(read(&Natural::from(1024_u64 ^ 2), &limits), Err(Unreadable::Corrupt));
///
/// // But the check counts no exponent of 2: this is the next position, and nobody can tell.
/// let moved = Natural::from(59_062_500_u64 * 2);
/// assert_eq!(read(&moved, &limits)?, Reading::Data { position: 1, value: 0 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(number: &Natural, limits: &Limits) -> Result<Reading, Unreadable> {
    let (bits, bits_max) = (number.bits(), limits.codeword_bits_max);
    if bits > bits_max {
        return Err(Unreadable::TooLarge { bits, bits_max });
    }
    if bits <= 1 {
        return Err(Unreadable::Corrupt);
    }
    // Data has one reading, so what is in the table has this one.
    match ByteCodewords::for_blocks_of(BlockLen::DEFAULT).find(&number.to_le_bytes()) {
        Some((position, value)) => Ok(Reading::Data { position: position as u64, value: value.into() }),
        None => read_by_division(number),
    }
}

/// Reads an integer above 1, without the table.
fn read_by_division(number: &Natural) -> Result<Reading, Unreadable> {
    let mut found = Readings::default();
    let mut rest = number.clone();
    let exponents = [2, 3, 5, 7].map(|prime| remove(&mut rest, prime));
    if exponents.iter().all(|&exponent| exponent > 0) {
        read_data(exponents, &rest, &mut found);
    } else {
        let [twos, threes, fives, sevens] = exponents;
        if sevens >= Role::Header.base_exponent() && fives == 0 {
            read_header([twos, threes, sevens], &rest, &mut found);
        }
        if twos + threes + fives + sevens == 0 {
            read_ntt_header(&rest, &mut found);
        }
        read_trailer(exponents, &rest, &mut found);
        find_operations(number, fives, |opcode, operand| found.add(Reading::Operation { opcode, operand }));
    }
    match found.only() {
        Err(Unreadable::Corrupt) => Err(form_alone(exponents, &rest)),
        only => only,
    }
}

/// Data: the primes 2, 3, 5, 7 and the check, which may be one of them.
fn read_data(exponents: [u64; 4], rest: &Natural, found: &mut Readings) {
    let check = Role::Checksum.base_exponent();
    let foreign = !rest.is_one();
    let [twos, threes, fives, sevens] = exponents;
    if foreign {
        // The check must be the whole of the rest, and the exponents say which one it is.
        if let Some((reading, index)) = data_of(exponents)
            && index > 3
            && is_power(rest, checksum_prime(index), check)
        {
            found.add(reading);
        }
        return;
    }
    for own in 0..4 {
        let taken = |index: u64, exponent: u64| {
            if index == own { exponent.checked_sub(check) } else { Some(exponent) }
        };
        let (Some(a), Some(b), Some(c), Some(d)) =
            (taken(0, twos), taken(1, threes), taken(2, fives), taken(3, sevens))
        else {
            continue;
        };
        if let Some((reading, index)) = data_of([a, b, c, d])
            && index == own
        {
            found.add(reading);
        }
    }
}

/// Says of a number without a reading whether all but its check is that of a data codeword.
fn form_alone(exponents: [u64; 4], rest: &Natural) -> Unreadable {
    let check = Role::Checksum.base_exponent();
    let mut forms = (0..4).filter_map(|own| {
        let mut exponents = exponents;
        if rest.is_one() {
            let taken: &mut u64 = exponents.get_mut(own)?;
            *taken = taken.checked_sub(check)?;
        } else if own > 0 || !is_power_of_a_prime(rest) {
            return None; // the check is no prime of the form, so there is one form at most
        }
        data_of(exponents)
    });
    match (forms.next(), forms.next()) {
        (Some((Reading::Data { position, value }, _)), None) => Unreadable::Checksum { position, value },
        _ => Unreadable::Corrupt,
    }
}

/// Tells whether a number is the sixth power of a prime of the table.
fn is_power_of_a_prime(number: &Natural) -> bool {
    if number.bits() > CHECK_POWER_BITS_MAX {
        return false;
    }
    let root = u64::try_from(&number.nth_root(6)).ok().filter(|&root| table::index_of(root).is_some());
    root.is_some_and(|root| is_power(number, Some(root), Role::Checksum.base_exponent()))
}

/// What exponents without the check stand for, and the index of the check they need.
fn data_of([twos, threes, fives, sevens]: [u64; 4]) -> Option<(Reading, u64)> {
    let low = twos.checked_sub(Role::Position.base_exponent()).filter(|&low| low < POSITION_RADIX)?;
    let value_low = threes.checked_sub(Role::Value.base_exponent())?;
    let value_low = u32::try_from(value_low).ok().filter(|&low| low < VALUE_RADIX)?;
    let position = fives.checked_sub(1)?.checked_mul(POSITION_RADIX)?.checked_add(low)?;
    let value_high = u32::try_from(sevens.checked_sub(1)?).ok()?;
    let value = value_high.checked_mul(VALUE_RADIX)?.checked_add(value_low)?;
    let reading = Reading::Data { position, value };
    (position <= POSITION_MAX && value <= VALUE_MAX).then(|| (reading, data_index(threes, fives, sevens)))
}

/// A block header, bare or sealed: 7^7 and digits, and in a sealed one the check.
fn read_header([twos, threes, sevens]: [u64; 3], rest: &Natural, found: &mut Readings) {
    let base = Role::Header.base_exponent();
    let mut rest = rest.clone();
    let mut exponents = [0; LENGTH_DIGITS + SEQUENCE_DIGITS];
    for (exponent, place) in exponents.iter_mut().zip(LENGTH_INDEX..) {
        *exponent = table::prime(place).map_or(0, |prime| remove(&mut rest, prime));
    }
    let [elevens, others @ ..] = &exponents;
    let bare =
        rest.is_one() && twos + threes == 0 && sevens == base && others.iter().all(|&exponent| exponent == 0);
    if bare && *elevens <= LENGTH_MAX {
        found.add(Reading::Header { length: *elevens, sequence: None });
    }
    // The check of a sealed header lies beyond all digits, so 2 and 3 cannot occur and 7 only as the marker.
    if twos + threes > 0 || sevens != base || exponents.iter().any(|&digit| digit >= HEADER_RADIX) {
        return;
    }
    let places = (LENGTH_INDEX as u64..).zip(exponents);
    let index = checksum_index([(3, base), (SEAL_INDEX as u64, 1)]) ^ checksum_index(places);
    let seals = table::prime(SEAL_INDEX).map_or(0, |prime| remove(&mut rest, prime));
    let check = Role::Checksum.base_exponent();
    let fits = match seals {
        1 => index != SEAL_INDEX as u64 && is_power(&rest, checksum_prime(index), check),
        7 => index == SEAL_INDEX as u64 && rest.is_one(),
        _ => false,
    };
    if fits {
        let (length, sequence) = exponents.split_at(LENGTH_DIGITS);
        let number =
            |digits: &[u64]| digits.iter().rev().fold(0, |number, digit| number * HEADER_RADIX + digit);
        found.add(Reading::Header { length: number(length), sequence: Some(number(sequence)) });
    }
}

/// The header of a transformed block as the reference writes it: 11^7 · 13^length.
fn read_ntt_header(rest: &Natural, found: &mut Readings) {
    let mut rest = rest.clone();
    if remove(&mut rest, 11) != Role::Header.base_exponent() {
        return;
    }
    let length = remove(&mut rest, 13);
    if rest.is_one() && length <= LENGTH_MAX {
        found.add(Reading::NttHeader { length });
    }
}

/// A trailer: 13^7, each bit's prime at most once, the check.
fn read_trailer([twos, threes, fives, sevens]: [u64; 4], rest: &Natural, found: &mut Readings) {
    let (base, check) = (Role::Header.base_exponent(), Role::Checksum.base_exponent());
    let mut rest = rest.clone();
    let thirteens = remove(&mut rest, 13);
    if thirteens != base && thirteens != base + check {
        return;
    }
    let elevens = remove(&mut rest, 11);
    // Index and exponent of every prime that may be the check beside the bits.
    let others = [(0, twos), (1, threes), (2, fives), (3, sevens), (4, elevens), (5, thirteens - base)];
    let mut checks = others.iter().filter(|(_, exponent)| *exponent > 0).copied().collect::<Vec<_>>();
    let (mut bits, mut index) = (0_u64, 5 * base);
    for bit in 0..CHECK_BITS {
        let place = CHECK_INDEX + bit;
        let exponent = table::prime(place).map_or(0, |prime| remove(&mut rest, prime));
        let is_set = match exponent {
            0 => false,
            1 => true,
            _ => {
                checks.push((place as u64, exponent & !1));
                exponent & 1 == 1
            }
        };
        if is_set {
            bits |= 1 << bit;
            index ^= place as u64;
        }
    }
    let fits = match checks.as_slice() {
        [] => index >= (CHECK_INDEX + CHECK_BITS) as u64 && is_power(&rest, checksum_prime(index), check),
        &[(own, exponent)] => own == index && exponent == check && rest.is_one(),
        _ => false,
    };
    if fits {
        found.add(Reading::Trailer { check: bits });
    }
}

/// Returns the value of the data codeword `bytes` if it stands for some value at `position`.
///
/// The exponents of 3 and 7 suggest at most three values; each is written again and compared,
/// so that what is accepted is exact.
pub(crate) fn value_at(coder: &mut Coder, position: u64, bytes: &[u8]) -> Option<u32> {
    let mut rest = coder.without_fives(position, bytes)?;
    let threes = rest.remove(&POWERS_OF_3);
    let sevens = rest.remove(&POWERS_OF_7);
    let check = Role::Checksum.base_exponent();
    let candidates = [
        (Some(threes), Some(sevens)),
        (threes.checked_sub(check), Some(sevens)),
        (Some(threes), sevens.checked_sub(check)),
    ];
    let mut written = Vec::new();
    candidates.into_iter().find_map(|(threes, sevens)| {
        let low = threes?.checked_sub(Role::Value.base_exponent())?;
        let low = u32::try_from(low).ok().filter(|&low| low < VALUE_RADIX)?;
        let high = u32::try_from(sevens?.checked_sub(1)?).ok()?;
        let value = high.checked_mul(VALUE_RADIX)?.checked_add(low)?;
        written.clear();
        coder.data(position, value).ok()?.append_to(&mut written);
        (written == bytes).then_some(value)
    })
}

/// Most bits of the sixth power of a prime of the table.
const CHECK_POWER_BITS_MAX: u64 = 6 * 24;

/// The readings found for one integer.
#[derive(Default)]
struct Readings {
    first: Option<Reading>,
    count: usize,
}

impl Readings {
    const fn add(&mut self, reading: Reading) {
        if self.first.is_none() {
            self.first = Some(reading);
        }
        self.count += 1;
    }

    const fn only(self) -> Result<Reading, Unreadable> {
        match (self.first, self.count) {
            (Some(reading), 1) => Ok(reading),
            (None, _) => Err(Unreadable::Corrupt),
            (_, readings) => Err(Unreadable::Ambiguous { readings }),
        }
    }
}

/// Divides `prime` out of `number` and returns how often it was in.
fn remove(number: &mut Natural, prime: u64) -> u64 {
    number.remove(prime).into()
}

/// Tells whether `number` is that power of `prime`, which is at most some 140 bits.
pub(crate) fn is_power(number: &Natural, prime: Option<u64>, exponent: u64) -> bool {
    let Some(prime) = prime else { return false };
    let mut power = crate::product::Product::one();
    power.multiply_power(prime, exponent);
    number.to_le_bytes() == power.to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::{bare_header, data, header, ntt_header, trailer};

    #[test]
    fn data_is_read_without_the_table() {
        for position in (0..1100).step_by(7) {
            for value in (0..=0xFFFF).step_by(977) {
                let codeword = data(position, value).expect("small");
                assert_eq!(read_by_division(codeword.as_natural()), Ok(Reading::Data { position, value }));
            }
        }
    }

    #[test]
    fn a_check_may_be_one_of_the_primes_of_data() {
        let mut seen = [0; 4];
        for position in 0..256 {
            for value in 0..1024 {
                let exponents = crate::symbol::DataExponents::of(position, value).expect("small");
                let Some(index) = [2, 3, 5, 7].iter().position(|&prime| prime == exponents.check) else {
                    continue;
                };
                seen[index] += 1;
                let codeword = data(position, value).expect("small");
                assert_eq!(read_by_division(codeword.as_natural()), Ok(Reading::Data { position, value }));
            }
        }
        assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
    }

    #[test]
    fn a_wrong_check_is_told_from_a_wrong_form() {
        let power = |index: usize| Natural::from(table::prime(index).expect("in the table")).pow(6);
        let (position, value) = (9, 65);
        let exponents = crate::symbol::DataExponents::of(position, value).expect("small");
        let own = table::index_of(exponents.check).expect("in the table");
        let (core, nothing) = data(position, value).expect("small").into_natural().div_rem(&power(own));
        assert!(nothing.is_zero());
        for index in (4..300).chain([60_000]).filter(|&index| index != own) {
            let changed = &core * &power(index);
            assert_eq!(read(&changed, &Limits::default()), Err(Unreadable::Checksum { position, value }));
        }
        // Neither the power of a product of two primes nor a higher power.
        for form in [&core * &Natural::from(11_u64 * 13).pow(6), &core * &Natural::from(11_u64).pow(7)] {
            assert_eq!(read(&form, &Limits::default()), Err(Unreadable::Corrupt));
        }
    }

    #[test]
    fn headers_and_trailers_are_read() {
        let limits = Limits::default();
        for length in [0, 1, 6, 7, 15, 16, 64, 255, 256, 65_535] {
            for sequence in [0, 1, 6, 15, 16, 0xFFFF, 0xABCD_EF01_2345, u64::MAX] {
                let codeword = header(length, sequence).expect("short");
                let reading = Reading::Header { length, sequence: Some(sequence) };
                assert_eq!(read(codeword.as_natural(), &limits), Ok(reading));
            }
        }
        for length in [0, 6, 7, 64, 1000] {
            let bare = bare_header(length).expect("short");
            assert_eq!(read(bare.as_natural(), &limits), Ok(Reading::Header { length, sequence: None }));
            let ntt = ntt_header(length).expect("short");
            assert_eq!(read(ntt.as_natural(), &limits), Ok(Reading::NttHeader { length }));
        }
        for check in [0, 1, 2, 3, u64::MAX, 1 << 63]
            .into_iter()
            .chain((0..2000_u64).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
        {
            assert_eq!(read(trailer(check).as_natural(), &limits), Ok(Reading::Trailer { check }));
        }
    }

    #[test]
    fn what_means_nothing_is_corrupt() {
        for number in [0_u64, 1, 2, 3, 6, 64, 210, 11_u64.pow(7) * 2, 13_u64.pow(7), u64::MAX] {
            assert_eq!(
                read(&Natural::from(number), &Limits::default()),
                Err(Unreadable::Corrupt),
                "{number}"
            );
        }
    }

    #[test]
    fn two_readings_are_none() {
        let mut found = Readings::default();
        found.add(Reading::NttHeader { length: 1 });
        found.add(Reading::Trailer { check: 1 });
        assert_eq!(found.only(), Err(Unreadable::Ambiguous { readings: 2 }));
    }

    #[test]
    fn what_is_too_large_is_not_looked_at() {
        let limits = Limits { codeword_bits_max: 25, ..Limits::default() };
        let number = Natural::from(59_062_500_u64);
        assert_eq!(read(&number, &limits), Err(Unreadable::TooLarge { bits: 26, bits_max: 25 }));
    }
}
