//! Law 7, round trip: decoding an encoding is the identity; decoding foreign bytes never panics.

use primestream_codec::container::{
    Compression, ContainerId, ContainerWriter, FrameDecoder, FrameEncoder, FrameReader, Header, Piece,
    Positions, Settings, decode_symbols, encode_symbols,
};
use primestream_codec::{
    Assembler, BlockLen, Codeword, CodewordRun, DecimalEncoder, Event, Limits, POSITION_MAX, Reading,
    Symbols, SymbolsRef, Units, read,
};
use primestream_primes::Natural;
use proptest::prelude::*;

fn settings() -> impl Strategy<Value = Settings> {
    (8_usize..=256, 1_u32..5, any::<bool>(), any::<bool>()).prop_map(|(len, blocks, zstd, global)| {
        Settings::default()
            .with_block_len(BlockLen::try_new(len).expect("8 to 256"))
            .with_frame_blocks(blocks)
            .expect("few")
            .with_compression(if zstd { Compression::Zstd } else { Compression::None })
            .with_positions(if global { Positions::Global } else { Positions::Block })
    })
}

/// Mostly small units, as text has, and surrogates, paired or not.
fn units() -> impl Strategy<Value = Vec<u16>> {
    prop::collection::vec(prop_oneof![0_u16..256, any::<u16>(), 0xD800_u16..0xE000], 0..600)
}

fn readings() -> impl Strategy<Value = Reading> {
    prop_oneof![
        (0_u64..3000, 0_u32..70_000).prop_map(|(position, value)| Reading::Data { position, value }),
        prop::option::of(0_u64..500).prop_map(|operand| Reading::Operation { opcode: 97, operand }),
        (0_u64..100).prop_map(|length| Reading::NttHeader { length }),
        any::<u64>().prop_map(|check| Reading::Trailer { check }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..3000), settings in settings(), id: [u8; 16]) {
        let container = encode_symbols(bytes.as_slice().into(), &settings, ContainerId(id)).expect("small");
        let decoded = decode_symbols(container.as_slice(), &Limits::default()).expect("intact");
        prop_assert_eq!(decoded, Symbols::Bytes(bytes));
    }

    #[test]
    fn dense_bytes_come_back(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(7), 96_u8..128], 0..3000),
        blocks in 1_u32..5,
        zstd: bool,
    ) {
        let compression = if zstd { Compression::Zstd } else { Compression::None };
        let settings = Settings::dense().with_compression(compression).with_frame_blocks(blocks).expect("few");
        let container = encode_symbols(bytes.as_slice().into(), &settings, ContainerId([5; 16])).expect("small");
        let decoded = decode_symbols(container.as_slice(), &Limits::default()).expect("intact");
        prop_assert_eq!(decoded, Symbols::Bytes(bytes));
    }

    #[test]
    fn codewords_come_back(readings in prop::collection::vec(readings(), 0..300), zstd: bool) {
        let compression = if zstd { Compression::Zstd } else { Compression::None };
        let settings = Settings::default().with_units(Units::Codewords).with_compression(compression);
        let settings = settings.with_block_len(BlockLen::MIN).with_frame_blocks(8).expect("few");
        let mut run = CodewordRun::new();
        readings.iter().for_each(|reading| run.push(&reading.to_codeword().expect("small")));
        let container = encode_symbols((&run).into(), &settings, ContainerId([5; 16])).expect("small");
        let decoded = decode_symbols(container.as_slice(), &Limits::default()).expect("intact");
        prop_assert_eq!(decoded, Symbols::Codewords(run));
    }

    #[test]
    fn units_come_back(units in units(), settings in settings(), id: [u8; 16]) {
        let settings = settings.with_units(Units::Utf16);
        let container = encode_symbols(units.as_slice().into(), &settings, ContainerId(id)).expect("small");
        let decoded = decode_symbols(container.as_slice(), &Limits::default()).expect("intact");
        prop_assert_eq!(decoded, Symbols::Utf16(units));
    }

    #[test]
    fn how_symbols_are_handed_over_does_not_show(
        bytes in prop::collection::vec(any::<u8>(), 0..2000),
        cut in 1_usize..700,
        settings in settings(),
    ) {
        let mut writer = ContainerWriter::new(Vec::new(), Header::new(settings, ContainerId([1; 16]))).expect("memory");
        bytes.chunks(cut).for_each(|run| writer.write(run.into()).expect("small"));
        let whole = encode_symbols(bytes.as_slice().into(), &settings, ContainerId([1; 16])).expect("small");
        prop_assert_eq!(writer.finish().expect("memory"), whole);
    }

    #[test]
    fn decimal_blocks_come_back(units in units(), len in 8_usize..=256, id: [u8; 16]) {
        let (lines, blocks) = decimal(units.as_slice().into(), len, id);
        let (events, verified) = assemble(&lines, Units::Utf16, id);
        let mut symbols = Vec::new();
        for event in events {
            match event {
                Event::Symbols(Symbols::Utf16(more)) => symbols.extend(more),
                other => prop_assert!(false, "{:?}", other),
            }
        }
        prop_assert_eq!((symbols, verified, blocks), (units.clone(), true, units.len().div_ceil(len) as u64));
    }

    #[test]
    fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let limits = Limits { frame_bytes_max: 1 << 16, ..Limits::default() };
        let _ = decode_symbols(bytes.as_slice(), &limits);
        // Behind a good header, the frames are foreign.
        let header = Header::new(Settings::default(), ContainerId([1; 16]));
        let framed = [&header.to_bytes(), bytes.as_slice()].concat();
        prop_assert!(decode_symbols(framed.as_slice(), &limits).is_err());
    }

    #[test]
    fn foreign_integers_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), power in 0_u32..40) {
        let number = Natural::from_le_bytes(&bytes) * Natural::from(210_u64).pow(power);
        let _ = read(&number, &Limits::default());
    }

    #[test]
    fn foreign_order_never_panics(
        order in prop::collection::vec(0_usize..20, 0..60),
        bytes in prop::collection::vec(any::<u8>(), 40),
    ) {
        let (lines, _) = decimal(bytes.as_slice().into(), 8, [0; 16]);
        let lines: Vec<&str> = lines.lines().collect();
        let mixed: String = order.iter().filter_map(|&at| lines.get(at)).map(|line| format!("{line}\n")).collect();
        let (_, verified) = assemble(&mixed, Units::Bytes, [0; 16]);
        prop_assert!(!verified, "an end block lies beyond the first twenty lines");
    }
}

fn decimal(symbols: SymbolsRef<'_>, len: usize, id: [u8; 16]) -> (String, u64) {
    let mut encoder = DecimalEncoder::new(id);
    let (mut lines, mut blocks) = (Vec::new(), 0);
    for piece in symbols.pieces(len) {
        encoder.encode_block(blocks, piece, &mut lines).expect("short");
        blocks += 1;
    }
    encoder.encode_end(blocks, symbols.len() as u64, &mut lines);
    (String::from_utf8(lines).expect("digits"), blocks)
}

fn assemble(lines: &str, units: Units, id: [u8; 16]) -> (Vec<Event>, bool) {
    let mut assembler = Assembler::new(units, id, &Limits::default());
    let mut events = Vec::new();
    for (line, place) in lines.lines().zip(0..) {
        let codeword = Codeword::parse_decimal(line.as_bytes()).expect("digits");
        assembler.push(place, &read(codeword.as_natural(), &Limits::default()), &mut events);
    }
    let verified = assembler.finish(&mut events).is_verified();
    (events, verified)
}

#[test]
fn the_empty_content_is_a_valid_container() {
    let container =
        encode_symbols((&[] as &[u8]).into(), &Settings::default(), ContainerId([9; 16])).expect("nothing");
    assert_eq!(container.len(), 64 + 100);
    let decoded = decode_symbols(container.as_slice(), &Limits::default()).expect("intact");
    assert_eq!(decoded, Symbols::Bytes(Vec::new()));
}

#[test]
fn hello_world_stays_whole() {
    // Six or more units lose characters in the reference: an exponent 7 is taken for a header there.
    let text = "Hello, world!";
    let units: Vec<u16> = text.encode_utf16().collect();
    let settings = Settings::default().with_units(Units::Utf16).with_positions(Positions::Global);
    let container = encode_symbols(units.as_slice().into(), &settings, ContainerId([9; 16])).expect("short");
    let Symbols::Utf16(units) = decode_symbols(container.as_slice(), &Limits::default()).expect("intact")
    else {
        panic!("units were written");
    };
    assert_eq!(String::from_utf16(&units).expect("text"), text);
}

#[test]
fn a_full_frame_of_every_byte_comes_back() {
    let bytes: Vec<u8> = (0..40_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for len in [8, 64, 256] {
        for compression in [Compression::None, Compression::Zstd] {
            let len = BlockLen::try_new(len).expect("8 to 256");
            let settings = Settings::default().with_block_len(len).with_compression(compression);
            let container =
                encode_symbols(bytes.as_slice().into(), &settings, ContainerId([9; 16])).expect("few");
            let decoded = decode_symbols(container.as_slice(), &Limits::default()).expect("intact");
            assert_eq!(decoded, Symbols::Bytes(bytes.clone()));
        }
    }
}

#[test]
fn what_is_no_codeword_is_not_put_into_a_container() {
    let mut run = CodewordRun::new();
    run.push(&Codeword::new(Natural::from(1024_u64)));
    run.push(&Codeword::new(Natural::from(12_345_u64)));
    let settings = Settings::default().with_units(Units::Codewords);
    let refused = encode_symbols((&run).into(), &settings, ContainerId([9; 16])).expect_err("12345 is none");
    assert_eq!(refused.to_string(), "integer 1 is no codeword");
}

/// Containers with more than some 225 000 global positions were written and then refused: the limit on codewords lay below
/// the codewords of those positions.
#[test]
fn the_furthest_global_positions_are_read_under_the_usual_limits() {
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_positions(Positions::Global);
    let settings = settings.with_units(Units::Utf16).with_frame_blocks(1).expect("one block");
    let header = Header::new(settings, ContainerId([5; 16]));
    let symbols = Symbols::Utf16(vec![0, 0x41, 0xD83D, 0xDE00, 0xFFFF, 0x7F, 0x80, 9]);
    for number in [30_000, POSITION_MAX / 8] {
        let mut bytes = header.to_bytes().to_vec();
        FrameEncoder::new(&header).encode(number, symbols.as_ref(), &mut bytes).expect("within the table");
        let mut reader = FrameReader::open(bytes.as_slice(), Limits::default()).expect("a header");
        let Some(Piece::Frame(frame)) = reader.next_piece().expect("within the limits") else {
            panic!("a frame")
        };
        let mut decoded = Symbols::new(Units::Utf16);
        FrameDecoder::new(&header, Limits::default()).decode(&frame, &mut decoded).expect("an intact frame");
        assert_eq!(decoded, symbols, "frame {number}");
    }
}
