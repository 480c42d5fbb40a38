//! No integer is a codeword of two kinds, and every codeword has one reading.
//!
//! Strict reading collects every reading of every kind and answers *ambiguous* if there are
//! two; so writing codewords of all kinds and reading them back shows both at once.

use primestream_codec::{
    BlockLen, Codeword, Limits, Reading, bare_header, data, header, ntt_header, operation, read, trailer,
};
use primestream_primes::{Natural, table};

/// A sequence of numbers that covers 64 bits evenly.
fn scattered(count: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(|i| i.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23))
}

fn limits() -> Limits {
    Limits { codeword_bits_max: 1 << 20, ..Limits::default() }
}

#[test]
fn data_has_one_reading() {
    for position in 0..BlockLen::MAX.get() as u64 {
        for value in 0..1024 {
            let codeword = data(position, value).expect("small");
            assert_eq!(read(codeword.as_natural(), &limits()), Ok(Reading::Data { position, value }));
        }
    }
    for number in scattered(20_000) {
        let (position, value) = (number % 3000, u32::try_from(number >> 48).expect("16 bits"));
        let codeword = data(position, value).expect("small");
        assert_eq!(read(codeword.as_natural(), &limits()), Ok(Reading::Data { position, value }));
    }
}

#[test]
fn operations_have_one_reading() {
    for opcode in (0..200).map_while(table::prime) {
        for operand in std::iter::once(None).chain((0..300).map(Some)) {
            let codeword = operation(opcode, operand).expect("small");
            assert_eq!(read(codeword.as_natural(), &limits()), Ok(Reading::Operation { opcode, operand }));
        }
    }
    for number in scattered(3000) {
        let opcode = table::prime((number >> 47) as usize).expect("17 bits");
        let operand = number.is_multiple_of(5).then_some(number % 5000);
        let codeword = operation(opcode, operand).expect("within the table");
        assert_eq!(read(codeword.as_natural(), &limits()), Ok(Reading::Operation { opcode, operand }));
    }
}

#[test]
fn headers_have_one_reading() {
    for length in 0..=BlockLen::MAX.get() as u64 {
        for sequence in (0..300).chain(scattered(20)) {
            let codeword = header(length, sequence).expect("short");
            let reading = Reading::Header { length, sequence: Some(sequence) };
            assert_eq!(read(codeword.as_natural(), &limits()), Ok(reading));
        }
    }
    for length in 0..2000 {
        let bare = bare_header(length).expect("short");
        assert_eq!(read(bare.as_natural(), &limits()), Ok(Reading::Header { length, sequence: None }));
        let ntt = ntt_header(length).expect("short");
        assert_eq!(read(ntt.as_natural(), &limits()), Ok(Reading::NttHeader { length }));
    }
}

#[test]
fn trailers_have_one_reading() {
    for check in (0..5000).chain((0..64).map(|bit| 1 << bit)).chain(scattered(20_000)) {
        assert_eq!(read(trailer(check).as_natural(), &limits()), Ok(Reading::Trailer { check }));
    }
}

/// Writes a reading again.
fn written(reading: Reading) -> Codeword {
    match reading {
        Reading::Data { position, value } => data(position, value),
        Reading::Operation { opcode, operand } => operation(opcode, operand),
        Reading::Header { length, sequence: Some(sequence) } => header(length, sequence),
        Reading::Header { length, sequence: None } => bare_header(length),
        Reading::NttHeader { length } => ntt_header(length),
        Reading::Trailer { check } => Ok(trailer(check)),
        other => panic!("{other:?} is not known here"),
    }
    .expect("what is read can be written")
}

#[test]
fn what_is_read_is_what_is_written() {
    // Products of the primes that codewords are made of, and codewords with a few factors more or less.
    let marks = [2, 3, 5, 7, 11, 13, 17, 19, 23, 89, 349, 3673];
    let mut readable = 0;
    for number in scattered(60_000) {
        let digit = |place: u64| (number >> (4 * place)) % 16;
        let start = match digit(0) {
            0..4 => {
                data(digit(1) * 16 + digit(2), u32::try_from(digit(3) * 40).expect("small")).expect("small")
            }
            4..6 => operation(marks[usize::try_from(digit(1) % 12).expect("small")], Some(digit(2)))
                .expect("small"),
            6..8 => header(digit(1), digit(2) * 16 + digit(3)).expect("small"),
            8..10 => trailer(number >> 40),
            _ => Codeword::new(Natural::ONE),
        };
        let mut product = start.into_natural();
        for place in 4..4 + digit(15) % 4 {
            let prime = marks[usize::try_from(digit(place) % 12).expect("small")];
            product *= Natural::from(prime).pow(u32::try_from(digit(place + 4)).expect("small"));
        }
        if let Ok(reading) = read(&product, &limits()) {
            readable += 1;
            assert_eq!(written(reading).as_natural(), &product, "{reading:?}");
        }
    }
    assert!(readable > 5000, "{readable} readable integers are too few to show anything");
}

#[test]
fn every_exponent_of_seven_keeps_its_meaning() {
    // The reference takes any exponent 7 for a header and loses the codeword.
    for (position, unit) in (0..).zip("Hello, world!".encode_utf16()) {
        let codeword = data(position, unit.into()).expect("short");
        assert_eq!(
            read(codeword.as_natural(), &limits()),
            Ok(Reading::Data { position, value: unit.into() })
        );
    }
    let push = operation(2, Some(2)).expect("small");
    assert_eq!(read(push.as_natural(), &limits()), Ok(Reading::Operation { opcode: 2, operand: Some(2) }));
}
