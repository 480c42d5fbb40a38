//! The golden values of `tests/vectors/uor.json`: every codeword in it is written, and read, exactly so.

use primestream_codec::checksum::{checksum_index, checksum_primes};
use primestream_codec::{
    Assembler, Codeword, DecimalEncoder, Event, Flow, Limits, Reading, Symbols, Units, bare_header, data,
    ntt_header, operation, read,
};
use primestream_primes::{Natural, table};
use serde_json::Value;

fn section(name: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("vectors/uor.json")).expect("valid JSON");
    let section = vectors[name].as_array().expect("a section").clone();
    assert!(!section.is_empty(), "{name}");
    section
}

fn number(value: &Value) -> u64 {
    let parsed = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    parsed.unwrap_or_else(|| panic!("{value} is not a number"))
}

fn codeword(value: &Value) -> Codeword {
    Codeword::parse_decimal(value.as_str().expect("a decimal string").as_bytes()).expect("digits")
}

/// Pairs of prime and exponent.
fn factors(value: &Value) -> Vec<(u64, u64)> {
    value.as_array().expect("a list").iter().map(|pair| (number(&pair[0]), number(&pair[1]))).collect()
}

fn indexed(factors: &[(u64, u64)]) -> Vec<(u64, u64)> {
    factors.iter().map(|&(prime, e)| (table::index_of(prime).expect("in the table") as u64, e)).collect()
}

fn product(factors: &[(u64, u64)]) -> Natural {
    factors.iter().fold(Natural::ONE, |product, &(prime, exponent)| {
        product * Natural::from(prime).pow(u32::try_from(exponent).expect("small"))
    })
}

#[test]
fn data_codewords() {
    for vector in section("data_chunks") {
        let (position, value) =
            (number(&vector["position"]), u32::try_from(number(&vector["value"])).expect("16 bits"));
        let written = data(position, value).expect("within the table");
        assert_eq!(written, codeword(&vector["chunk"]), "{vector}");
        assert_eq!(written.to_decimal(), vector["chunk"].as_str().expect("a string"));
        assert_eq!(written.bits(), number(&vector["bits"]));
        let index = checksum_index(indexed(&factors(&vector["core"])));
        assert_eq!(index, number(&vector["xor"]));
        assert_eq!(
            table::prime(usize::try_from(index).expect("small")),
            Some(number(&vector["checksum_prime"]))
        );
        assert_eq!(read(written.as_natural(), &Limits::default()), Ok(Reading::Data { position, value }));
    }
}

#[test]
fn texts() {
    for vector in section("texts") {
        let units: Vec<u16> = vector["utf16_units"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|unit| u16::try_from(number(unit)).expect("16 bits"))
            .collect();
        let chunks: Vec<&str> =
            vector["chunks"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let mut lines = Vec::new();
        DecimalEncoder::new([0; 16]).encode_bare(0, units.as_slice().into(), &mut lines).expect("short");
        let lines = String::from_utf8(lines).expect("digits");
        assert_eq!(lines.lines().collect::<Vec<_>>(), chunks, "{}", vector["text"]);

        let (mut events, mut symbols) = (Vec::new(), Vec::new());
        let mut assembler = Assembler::new(Units::Utf16, [0; 16], &Limits::default());
        for (line, place) in lines.lines().zip(0..) {
            let codeword = Codeword::parse_decimal(line.as_bytes()).expect("digits");
            assembler.push(place, &read(codeword.as_natural(), &Limits::default()), &mut events);
        }
        let summary = assembler.finish(&mut events);
        for event in events {
            let Event::Symbols(Symbols::Utf16(more)) = event else { panic!("{event:?}") };
            symbols.extend(more);
        }
        assert_eq!(symbols, units);
        assert_eq!(summary.flow, (!units.is_empty()).then_some(Flow::Bare));
        if let Some(text) = vector["text"].as_str() {
            assert_eq!(String::from_utf16(&symbols).expect("text"), text);
        }
    }
}

#[test]
fn operations() {
    for vector in section("operations") {
        let (opcode, operand) = (number(&vector["opcode"]), vector["operand"].as_u64());
        let written = operation(opcode, operand).expect("within the table");
        assert_eq!(written, codeword(&vector["chunk"]), "{vector}");
        let index = checksum_index(indexed(&factors(&vector["core"])));
        assert_eq!(index, number(&vector["xor"]));
        assert_eq!(
            read(written.as_natural(), &Limits::default()),
            Ok(Reading::Operation { opcode, operand })
        );
    }
}

#[test]
fn programs() {
    for vector in section("programs") {
        let chunks = vector["chunks"].as_array().expect("a list");
        let Some(operations) = vector["ops"].as_array() else {
            assert_eq!(vector["ops"], "PUSH 42; PRINT; data(0,o); data(1,k)");
            assert_eq!(chunks.iter().map(codeword).collect::<Vec<_>>(), mixed_program());
            continue;
        };
        assert_eq!(operations.len(), chunks.len());
        for (step, chunk) in operations.iter().zip(chunks) {
            let (opcode, operand) = (number(&step["opcode"]), step["operand"].as_u64());
            let written = operation(opcode, operand).expect("within the table");
            assert_eq!(written, codeword(chunk), "{step}");
            assert_eq!(
                read(written.as_natural(), &Limits::default()),
                Ok(Reading::Operation { opcode, operand })
            );
        }
    }
}

fn mixed_program() -> [Codeword; 4] {
    let letter = |position, letter: char| data(position, letter.into()).expect("small");
    let step = |opcode, operand| operation(opcode, operand).expect("small");
    [step(2, Some(42)), step(5, None), letter(0, 'o'), letter(1, 'k')]
}

#[test]
fn block_headers() {
    for vector in section("block_headers") {
        let length = number(&vector["length"]);
        let bare = bare_header(length).expect("short");
        assert_eq!(bare, codeword(&vector["block_header"]));
        assert_eq!(
            read(bare.as_natural(), &Limits::default()),
            Ok(Reading::Header { length, sequence: None })
        );
        let ntt = ntt_header(length).expect("short");
        assert_eq!(ntt, codeword(&vector["ntt_header"]));
        assert_eq!(read(ntt.as_natural(), &Limits::default()), Ok(Reading::NttHeader { length }));
    }
}

#[test]
fn checksums() {
    for vector in section("checksums") {
        let core = factors(&vector["factors"]);
        assert_eq!(Codeword::new(product(&core)), codeword(&vector["value"]));
        let index = checksum_index(indexed(&core));
        assert_eq!(index, number(&vector["xor"]));
        let check = number(&vector["checksum_prime"]);
        assert_eq!(table::prime(usize::try_from(index).expect("small")), Some(check));

        let mut attached = core;
        match attached.iter_mut().find(|(prime, _)| *prime == check) {
            Some((_, exponent)) => *exponent += 6,
            None => attached.push((check, 6)),
        }
        assert_eq!(Codeword::new(product(&attached)), codeword(&vector["attached"]));
        let expected: Vec<u64> =
            vector["strict_checksum_primes"].as_array().expect("a list").iter().map(number).collect();
        assert_eq!(checksum_primes(&attached), expected, "{vector}");
    }
}

#[test]
fn verification() {
    for vector in section("verification") {
        let mut rest = codeword(&vector["value"]).into_natural();
        let mut found = Vec::new();
        for prime in (0..).map_while(table::prime) {
            if rest.is_one() {
                break;
            }
            let exponent = rest.remove(prime);
            if exponent > 0 {
                found.push((prime, exponent.into()));
            }
        }
        assert!(rest.is_one(), "{vector}");
        let expected: Vec<u64> =
            vector["strict_checksum_primes"].as_array().expect("a list").iter().map(number).collect();
        assert_eq!(checksum_primes(&found), expected, "{vector}");
    }
}
