//! The law of codewords: any integer has one reading or none, told in bounded work, and what a reading writes is that
//! integer again.

use primestream_codec::{
    Codeword, LENGTH_MAX, Limits, OPCODE_MAX, OPERAND_MAX, POSITION_MAX, Reading, SequenceReader, Unreadable,
    VALUE_MAX, read,
};
use primestream_primes::{Natural, table};

use crate::counting::peak_of;
use crate::draw::Draw;

/// Panics if the law does not hold for an integer, or for a symbol and what becomes of it.
pub(crate) fn holds(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    if draw.below(2) == 0 {
        let _ = is_read_once(&Natural::from_le_bytes(draw.bytes(BYTES_MAX)));
        return;
    }
    let reading = drawn(&mut draw);
    let Ok(codeword) = reading.to_codeword() else {
        assert!(!has_codeword(&reading), "{reading:?} has a codeword");
        return;
    };
    assert!(has_codeword(&reading), "{reading:?} has no codeword");
    let number = codeword.as_natural();
    if number.bits() > limits().codeword_bits_max {
        assert!(matches!(read(number, &limits()), Err(Unreadable::TooLarge { .. })));
        return;
    }
    assert_eq!(is_read_once(number), Ok(reading));
    let other = match draw.below(5) {
        0 => number.mul_u64(prime(&mut draw)),
        1 => number.div_rem_u64(prime(&mut draw)).0,
        2 => number * number,
        3 => number + &Natural::from_le_bytes(draw.bytes(4)),
        _ => {
            let mut bytes = number.to_le_bytes();
            let at = draw.below(bytes.len());
            bytes[at] ^= 1 << draw.below(8);
            Natural::from_le_bytes(&bytes)
        }
    };
    let _ = is_read_once(&other);
}

/// No more bits than many inputs a second allow: reading a million takes a part of a second under a sanitizer.
fn limits() -> Limits {
    Limits { codeword_bits_max: 1 << 14, ..Limits::default() }
}

/// Reads an integer in every way there is, and checks that the answers are one.
fn is_read_once(number: &Natural) -> Result<Reading, Unreadable> {
    let limits = limits();
    // The tables that all share are made once.
    let _ = table::prime(table::TABLE_LEN - 1).zip(read(&Natural::from(1024_u64), &limits).ok());
    let (reading, peak) = peak_of(|| read(number, &limits));
    let allowed = ROOM + 16 * number.to_le_bytes().len();
    assert!(peak <= allowed, "{peak} bytes held for {} bits", number.bits());
    match reading {
        Ok(reading) => {
            let again = reading.to_codeword().expect("what was read can be written");
            assert_eq!(again.as_natural(), number, "{reading:?} is another integer");
        }
        Err(Unreadable::TooLarge { bits, bits_max }) => assert!(bits == number.bits() && bits > bits_max),
        Err(Unreadable::Ambiguous { readings }) => panic!("{readings} readings of {number}"),
        Err(_) => {}
    }
    let mut sequence = SequenceReader::new(limits);
    for _ in 0..2 {
        assert_eq!(sequence.read(number), reading, "read behind itself");
    }
    if let Some(bits_max) = number.bits().checked_sub(1) {
        let tight = Limits { codeword_bits_max: bits_max, ..limits };
        assert!(matches!(read(number, &tight), Err(Unreadable::TooLarge { .. })));
    }
    let codeword = Codeword::from_le_bytes(&number.to_le_bytes());
    assert_eq!(Codeword::parse_decimal(codeword.to_decimal().as_bytes()), Some(codeword));
    reading
}

/// Chooses what a codeword might stand for, often at the ends of what it can.
fn drawn(draw: &mut Draw<'_>) -> Reading {
    let mut number = |end: u64| {
        let word = draw.bytes(5).iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
        // Short codewords far more often than long ones, which take long.
        [word % 128, word % 4096, end - word % 3, word][(word >> 36) as usize % 4]
    };
    let values = [number(LENGTH_MAX), number(u64::MAX), number(VALUE_MAX.into()), number(OPERAND_MAX)];
    let [length, any, value, operand] = values;
    match draw.below(7) {
        0 => Reading::Data { position: any % 4096, value: u32::try_from(value).unwrap_or(u32::MAX) },
        1 => Reading::Data { position: POSITION_MAX + 1 + any % 2, value: 1 },
        2 => {
            let opcode = if any % 8 == 0 { any % (2 * OPCODE_MAX) } else { prime(draw) };
            let operand = [None, Some(operand % 4096), Some(operand)][draw.below(3)];
            Reading::Operation { opcode, operand }
        }
        3 => Reading::Header { length, sequence: Some(any) },
        4 => Reading::Header { length: length % 4096, sequence: None },
        5 => Reading::NttHeader { length: length % 4096 },
        _ => Reading::Trailer { check: any.wrapping_mul(0x9E37_79B9_7F4A_7C15) },
    }
}

fn prime(draw: &mut Draw<'_>) -> u64 {
    let index = [draw.below(8), draw.below(512), draw.below(table::TABLE_LEN)][draw.below(3)];
    table::prime(index).expect("an index of the table")
}

/// Says whether a codeword stands for this, by the maxima in `docs/encoding.md`.
fn has_codeword(reading: &Reading) -> bool {
    match *reading {
        Reading::Data { position, value } => position <= POSITION_MAX && value <= VALUE_MAX,
        Reading::Operation { opcode, operand } => {
            opcode <= OPCODE_MAX
                && table::index_of(opcode).is_some()
                && operand.is_none_or(|n| n <= OPERAND_MAX)
        }
        Reading::Header { length, .. } | Reading::NttHeader { length } => length <= LENGTH_MAX,
        _ => true,
    }
}

/// Bytes of the integers that are read as they come.
const BYTES_MAX: usize = 2048;

/// What reading may hold whatever the integer.
const ROOM: usize = 64 << 10;
