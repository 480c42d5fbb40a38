//! Decimal interchange: which flow it is, what it amounts to, and that loss, repetition and exchange are noticed.

use primestream_codec::{
    Assembler, Codeword, DecimalEncoder, Event, Flow, FlowDamage, FlowFault, FlowSummary, Kind, Limits,
    Symbols, Units, Verdict, bare_header, data, operation, read,
};

const ID: [u8; 16] = [0; 16];

/// Reads codewords as lines numbered from 0; returns symbols, damage and summary.
fn assemble(codewords: &[Codeword]) -> (Vec<u8>, Vec<FlowDamage>, FlowSummary) {
    let mut assembler = Assembler::new(Units::Bytes, ID, &Limits::default());
    let mut events = Vec::new();
    for (codeword, place) in codewords.iter().zip(0..) {
        assembler.push(place, &read(codeword.as_natural(), &Limits::default()), &mut events);
    }
    let summary = assembler.finish(&mut events);
    let (mut symbols, mut damages) = (Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Symbols(Symbols::Bytes(bytes)) => symbols.extend(bytes),
            Event::Damage(damage) => damages.push(damage),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(summary.damages, damages.len() as u64);
    assert_eq!(summary.symbols, symbols.len() as u64);
    (symbols, damages, summary)
}

fn parse(lines: &[u8]) -> Vec<Codeword> {
    let lines = lines.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| Codeword::parse_decimal(line).expect("digits")).collect()
}

/// Our blocks of eight, and the end block.
fn blocks(bytes: &[u8]) -> Vec<Codeword> {
    let (mut encoder, mut lines, mut count) = (DecimalEncoder::new(ID), Vec::new(), 0);
    for piece in bytes.chunks(8) {
        encoder.encode_block(count, piece.into(), &mut lines).expect("short");
        count += 1;
    }
    encoder.encode_end(count, bytes.len() as u64, &mut lines);
    parse(&lines)
}

fn bare(bytes: &[u8]) -> Vec<Codeword> {
    let mut lines = Vec::new();
    DecimalEncoder::new(ID).encode_bare(0, bytes.into(), &mut lines).expect("short");
    parse(&lines)
}

/// The reference's blocks: a bare header, data from position 0.
fn bare_blocks(bytes: &[u8]) -> Vec<Codeword> {
    let block = |piece: &[u8]| {
        let mut codewords = bare(piece);
        codewords.insert(0, bare_header(piece.len() as u64).expect("short"));
        codewords
    };
    bytes.chunks(8).flat_map(block).collect()
}

const TEXT: &[u8] = b"Hello, world! How are you?";

#[test]
fn each_flow_is_recognised_and_read() {
    for (codewords, flow, verified) in [
        (blocks(TEXT), Flow::Blocks, true),
        (bare(TEXT), Flow::Bare, false),
        (bare_blocks(TEXT), Flow::BareBlocks, false),
    ] {
        let (symbols, damages, summary) = assemble(&codewords);
        assert_eq!((symbols.as_slice(), damages.as_slice()), (TEXT, &[][..]));
        assert_eq!((summary.flow, summary.is_verified()), (Some(flow), verified));
        assert!(summary.is_undamaged());
    }
}

#[test]
fn nothing_is_an_empty_flow() {
    let (symbols, damages, summary) = assemble(&[]);
    assert_eq!((symbols, damages, summary.flow, summary.is_verified()), (vec![], vec![], None, false));
    let (symbols, damages, summary) = assemble(&blocks(b""));
    assert_eq!((symbols, damages, summary.is_verified()), (vec![], vec![], true));
}

#[test]
fn global_positions_in_our_blocks_are_read() {
    let (mut encoder, mut lines) = (DecimalEncoder::new(ID), Vec::new());
    let mut codewords = blocks(TEXT);
    for (block, piece) in TEXT.chunks(8).enumerate() {
        lines.clear();
        encoder.encode_bare(block as u64 * 8, piece.into(), &mut lines).expect("short");
        codewords.splice(block * 10 + 1..block * 10 + 1 + piece.len(), parse(&lines));
    }
    let (symbols, damages, summary) = assemble(&codewords);
    assert_eq!((symbols.as_slice(), damages, summary.is_verified()), (TEXT, vec![], true));
}

#[test]
fn any_lost_codeword_of_a_block_is_noticed() {
    let whole = blocks(TEXT);
    for lost in 0..whole.len() {
        let mut codewords = whole.clone();
        codewords.remove(lost);
        let (symbols, damages, summary) = assemble(&codewords);
        assert!(!summary.is_verified() && !damages.is_empty(), "codeword {lost}");
        // The block it belonged to is missing, the others are there. The last has two symbols, and the end none.
        let block_of_lost = if lost < 34 { lost / 10 } else { 4 };
        let expected: Vec<u8> = TEXT
            .chunks(8)
            .enumerate()
            .filter(|(block, _)| *block != block_of_lost)
            .flat_map(|(_, piece)| piece.to_vec())
            .collect();
        assert_eq!(symbols, expected, "codeword {lost}: {damages:?}");
    }
}

#[test]
fn any_swap_and_any_repetition_is_noticed() {
    let whole = blocks(TEXT);
    for at in 0..whole.len() {
        for other in (0..at).filter(|&other| whole[other] != whole[at]) {
            let mut codewords = whole.clone();
            codewords.swap(at, other);
            assert!(!assemble(&codewords).2.is_verified(), "{at} and {other} swapped");
        }
        let mut codewords = whole.clone();
        codewords.insert(at, whole[at].clone());
        assert!(!assemble(&codewords).2.is_verified(), "{at} repeated");
    }
}

#[test]
fn lost_and_repeated_blocks_are_noticed() {
    let whole = blocks(TEXT);
    let without = [&whole[..10], &whole[20..]].concat();
    let (symbols, damages, _) = assemble(&without);
    assert_eq!(symbols, [&TEXT[..8], &TEXT[16..]].concat());
    assert_eq!(damages[0].fault, FlowFault::BlocksMissing { count: 1 });
    assert_eq!((damages[0].place, damages[0].sequence), (10, Some(2)));

    let repeated = [&whole[..20], &whole[10..]].concat();
    let (symbols, damages, _) = assemble(&repeated);
    assert_eq!((symbols.as_slice(), damages.len()), (TEXT, 1));
    assert_eq!(damages[0].fault, FlowFault::BlockRepeated);

    let (symbols, damages, _) = assemble(&whole[..whole.len() - 2]);
    assert_eq!((symbols.as_slice(), damages[0].fault), (TEXT, FlowFault::NoEnd));
}

#[test]
fn a_corrupt_codeword_costs_its_block() {
    let mut codewords = blocks(TEXT);
    codewords[13] = Codeword::parse_decimal(b"123456789").expect("digits");
    let (symbols, damages, summary) = assemble(&codewords);
    assert_eq!(symbols, [&TEXT[..8], &TEXT[16..]].concat());
    let [damage] = damages.as_slice() else { panic!("{damages:?}") };
    assert_eq!((damage.place, damage.verdict, damage.kind), (13, Verdict::Corrupt, Some(Kind::Data)));
    assert_eq!((damage.position, damage.sequence), (Some(2), Some(1)));
    assert!(summary.ended && !summary.is_verified());
}

#[test]
fn an_exchanged_symbol_is_seen_by_the_block_check() {
    let mut codewords = blocks(TEXT);
    codewords[13] = data(2, b'#'.into()).expect("small"); // good in itself
    let (symbols, damages, _) = assemble(&codewords);
    assert_eq!(symbols, [&TEXT[..8], &TEXT[16..]].concat());
    assert_eq!((damages[0].fault, damages[0].place), (FlowFault::Check, 19));
}

#[test]
fn bare_flows_say_what_is_missing() {
    let mut codewords = bare(TEXT);
    codewords.drain(3..5);
    let (symbols, damages, _) = assemble(&codewords);
    assert_eq!(symbols, [&TEXT[..3], &TEXT[5..]].concat());
    let [damage] = damages.as_slice() else { panic!("{damages:?}") };
    assert_eq!((damage.fault, damage.position), (FlowFault::Missing { count: 2 }, Some(3)));

    let mut codewords = bare(TEXT);
    codewords.swap(3, 4);
    let (_, damages, _) = assemble(&codewords);
    let faults: Vec<_> = damages.iter().map(|damage| damage.fault).collect();
    assert_eq!(faults, [FlowFault::Missing { count: 1 }, FlowFault::Repeated]);

    let mut codewords = bare(TEXT);
    codewords[0] = Codeword::parse_decimal(b"97").expect("digits");
    let (symbols, damages, summary) = assemble(&codewords);
    assert_eq!((symbols.as_slice(), damages.len(), summary.flow), (&TEXT[1..], 1, Some(Flow::Bare)));
}

#[test]
fn bare_blocks_are_delivered_whole_or_not_at_all() {
    let mut codewords = bare_blocks(TEXT);
    codewords.remove(12);
    let (symbols, damages, summary) = assemble(&codewords);
    assert_eq!(symbols, [&TEXT[..8], &TEXT[16..]].concat());
    assert!(!damages.is_empty() && summary.flow == Some(Flow::BareBlocks));

    let (_, damages, _) = assemble(&bare_blocks(TEXT)[..20]);
    assert_eq!(damages[0].fault, FlowFault::Missing { count: 7 });
}

#[test]
fn what_does_not_belong_is_reported_once() {
    let mut codewords = blocks(TEXT);
    codewords.insert(10, operation(2, Some(2)).expect("small"));
    let (symbols, damages, _) = assemble(&codewords);
    assert_eq!((symbols.as_slice(), damages.len()), (TEXT, 1));
    assert_eq!((damages[0].fault, damages[0].kind), (FlowFault::Unexpected, Some(Kind::Operation)));

    let mut codewords = blocks(TEXT);
    codewords.push(data(0, 0).expect("small"));
    let (_, damages, summary) = assemble(&codewords);
    assert_eq!(damages[0].fault, FlowFault::AfterEnd);
    assert!(!summary.is_verified());
}

/// A symbol at position 0 in front of blocks was taken for the beginning of a bare flow, and dropped without a word when
/// a header came: the flow was verified though one codeword of it belonged nowhere. Found by the fuzz target `block`.
#[test]
fn symbols_in_front_of_the_first_block_are_damage() {
    for count in 1..4 {
        let codewords = [&bare(TEXT)[..count], &blocks(TEXT)].concat();
        let (symbols, damages, summary) = assemble(&codewords);
        assert_eq!((symbols.as_slice(), summary.is_verified()), (TEXT, false));
        let [damage] = damages.as_slice() else { panic!("{damages:?}") };
        assert_eq!((damage.fault, damage.place), (FlowFault::NoTrailer, count as u64));
    }
}

#[test]
fn a_block_beyond_the_limit_is_not_held() {
    let limits = Limits { frame_symbols_max: 4, ..Limits::default() };
    let mut assembler = Assembler::new(Units::Bytes, ID, &limits);
    let mut events = Vec::new();
    for (codeword, place) in blocks(TEXT).iter().zip(0..) {
        assembler.push(place, &read(codeword.as_natural(), &limits), &mut events);
    }
    let too_long =
        |event: &&Event| matches!(event, Event::Damage(damage) if damage.fault == FlowFault::TooLong);
    assert_eq!(events.iter().filter(too_long).count(), 3); // the last block has two symbols
}
