//! Small inputs that ask for much: what comes out, what is held and what is done stays within what the limits say.
//!
//! More than a thousand of them, each crafted, with checksums that fit. With `PRIMESTREAM_BOMB_WORK` set, as in `cargo
//! xtask long damage`, the processor time of each is measured too; that is no matter for a test on a busy machine.
#![expect(clippy::print_stdout, reason = "a long run tells what it measured")]

use std::fs;

use primestream_codec::container::{
    Compression, ContainerError, ContainerId, DecodeError, FrameDecoder, FrameReader, Header, Piece,
    Positions, Settings, decode_symbols, encode_symbols,
};
use primestream_codec::machine::{Machine, MachineFault, MachineLimits, Pause};
use primestream_codec::program::{Nesting, assemble};
use primestream_codec::{
    Assembler, BlockLen, Codeword, CodewordRun, Limits, Reading, Symbols, Units, data, header, operation,
    read,
};
use primestream_primes::{Natural, table};

#[path = "../../../fuzz/laws/counting.rs"]
mod counting;
#[path = "../../../fuzz/laws/seal.rs"]
mod seal;

use counting::peak_of;
use seal::seal;

const ID: ContainerId = ContainerId([5; 16]);

/// Values that no length, count or place can have.
const HUGE: [u64; 5] = [1 << 31, (1 << 32) - 1, 1 << 63, u64::MAX - 3, u64::MAX];

/// Limits of readers: wide, and so narrow that the frames of most settings are too large.
fn limits() -> [Limits; 3] {
    let narrow = Limits {
        frame_bytes_max: 1 << 14,
        frame_symbols_max: 1 << 10,
        codewords_listed_max: 2,
        ..Limits::default()
    };
    [
        Limits { frame_bytes_max: 1 << 20, frame_symbols_max: 1 << 20, ..Limits::default() },
        Limits { frame_bytes_max: 1 << 16, frame_symbols_max: 1 << 14, ..narrow },
        narrow,
    ]
}

/// Does it, and where that is asked for sees that it took no more than 10 ms for each KiB of input.
fn timed<T>(what: &str, bytes: usize, work: impl FnOnce() -> T) -> T {
    if std::env::var_os("PRIMESTREAM_BOMB_WORK").is_none() {
        return work();
    }
    let before = processor_time_ns();
    let made = work();
    let spent_ms = (processor_time_ns() - before) / 1_000_000;
    let allowed_ms = 10 * bytes.div_ceil(1 << 10) as u64;
    println!("work: {what}, {bytes} bytes, {spent_ms} ms of {allowed_ms} ms");
    // What the clock of the scheduler may be late by.
    assert!(spent_ms <= allowed_ms + 5, "{what}: {spent_ms} ms for {bytes} bytes");
    made
}

/// Returns how long this thread has run, where the system says so.
fn processor_time_ns() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0)
}

/// Reads a container under every limit; nothing of it may be more than they say.
fn defuse(what: &str, bytes: &[u8]) {
    for limits in limits() {
        let (pieces, peak) = peak_of(|| timed(what, bytes.len(), || read_through(bytes, limits)));
        let allowed = limits.memory_bytes_max() + (64 << 10);
        assert!(peak <= allowed, "{what}: {peak} bytes held, {allowed} allowed");
        assert!(pieces <= 2 + bytes.len() / 32, "{what}: {pieces} pieces of {} bytes", bytes.len());
        let content_symbols_max = EXPANSION_MAX * bytes.len();
        match decode_symbols(bytes, &Limits { content_symbols_max, ..limits }) {
            Ok(content) => assert!(content.len() <= content_symbols_max, "{what}: {} symbols", content.len()),
            Err(DecodeError::ContentTooLong { symbols_max }) => assert_eq!(symbols_max, content_symbols_max),
            Err(DecodeError::Container(ContainerError::LimitExceeded { limit, needed, allowed })) => {
                assert!(
                    limit.ends_with("_max") && needed > allowed,
                    "{what}: {limit}, {needed} of {allowed}"
                );
            }
            Err(_) => {}
        }
    }
}

/// Reads everything, and tells how many pieces there were.
fn read_through(bytes: &[u8], limits: Limits) -> usize {
    let Ok(mut reader) = FrameReader::open(bytes, limits) else { return 0 };
    let mut decoder = FrameDecoder::new(reader.header(), limits);
    let mut symbols = Symbols::new(Units::Bytes);
    let mut pieces = 0;
    while let Ok(Some(piece)) = reader.next_piece() {
        pieces += 1;
        match piece {
            Piece::Frame(frame) => match decoder.decode(&frame, &mut symbols) {
                Ok(()) => {
                    assert!(symbols.len() == frame.symbols() && symbols.len() <= limits.frame_symbols_max)
                }
                Err(damage) => assert!(damage.codewords.len() <= limits.codewords_listed_max),
            },
            Piece::Member { header, .. } => decoder = FrameDecoder::new(&header, limits),
            _ => {}
        }
    }
    pieces
}

/// Makes what all share, so that no bomb is charged with it.
fn make_tables() {
    for len in [BlockLen::MIN, BlockLen::MAX] {
        drop(FrameDecoder::new(&Header::new(Settings::default().with_block_len(len), ID), Limits::default()));
    }
    assert!(table::prime(table::TABLE_LEN - 1).is_some());
}

/// Small containers of every kind of settings, of three frames and an index where there is room for them.
fn containers() -> Vec<(Settings, Vec<u8>)> {
    let base = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let dense = Settings::dense().with_frame_blocks(1).expect("one block");
    let bytes = |count: usize| Symbols::Bytes((0_u8..=250).cycle().take(count).collect());
    let mut run = CodewordRun::new();
    (0..20).for_each(|operand| run.push(&operation(2, Some(operand)).expect("small")));
    [
        (base, bytes(20)),
        (base.with_compression(Compression::Zstd).with_frame_blocks(64).expect("few"), bytes(1000)),
        (base.with_positions(Positions::Global), bytes(20)),
        (base.with_units(Units::Utf16), Symbols::Utf16((0..20).collect())),
        (base.with_units(Units::Codewords), Symbols::Codewords(run)),
        (dense, bytes(600)),
        (dense.with_compression(Compression::Zstd), Symbols::Bytes(vec![7; 600])),
    ]
    .map(|(settings, symbols)| (settings, encode_symbols(symbols.as_ref(), &settings, ID).expect("small")))
    .into()
}

/// Starts of the frames of a good container.
fn frames(container: &[u8]) -> Vec<usize> {
    let mut starts = vec![64];
    while let Some(head) = container.get(starts[starts.len() - 1]..).and_then(|rest| rest.get(..32)) {
        let payload = u32::from_le_bytes(head[16..20].try_into().expect("four bytes")) as usize;
        starts.push(starts[starts.len() - 1] + 36 + payload);
    }
    starts.pop();
    starts
}

#[test]
fn huge_numbers_in_every_field_ask_for_nothing() {
    make_tables();
    let mut count = 0;
    for (settings, container) in containers() {
        // Place and length of each number: of the header, of frame headers, of what index and end frames say.
        let mut fields = vec![(8, 2), (14, 2), (16, 4)];
        for start in frames(&container) {
            fields.extend([(8, 8), (16, 4), (20, 4), (24, 4)].map(|(at, len)| (start + at, len)));
            let inner: &[usize] = match container[start + 4] {
                2 => &[32, 40, 80, 88],
                3 => &[32, 40, 48, 56],
                _ => &[32],
            };
            fields.extend(inner.iter().map(|&at| (start + at, 8)));
        }
        for (at, len) in fields {
            for value in HUGE {
                let mut bytes = container.clone();
                bytes[at..at + len].copy_from_slice(&value.to_le_bytes()[..len]);
                seal(&mut bytes);
                defuse(&format!("{settings:?}, {value} in {len} bytes at {at}"), &bytes);
                count += 1;
            }
        }
    }
    assert!(count >= 600, "{count} bombs");
}

/// A frame with this payload, and checksums that fit.
fn framed(settings: Settings, flags: u8, payload: &[u8], whole: usize, symbols: usize) -> Vec<u8> {
    let mut bytes = Header::new(settings, ID).to_bytes().to_vec();
    bytes.extend([0xF5, 0x70, 0x66, 0x9E, 1, flags, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [payload.len(), whole, symbols] {
        bytes.extend(u32::try_from(number).expect("32 bits").to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes.extend([0; 4]);
    seal(&mut bytes);
    bytes
}

#[test]
fn what_expands_is_held_to_its_limits() {
    make_tables();
    let mut count = 0;
    for settings in [Settings::default(), Settings::dense(), Settings::default().with_units(Units::Codewords)]
    {
        let settings = settings.with_compression(Compression::Zstd);
        for fill in [0_u8, 1, 6, 0x80, 0xFF] {
            for bits in 10..22 {
                let whole = (1_usize << bits) - 1;
                let payload = zstd::bulk::compress(&vec![fill; whole], 3).expect("in memory");
                for (stated, symbols) in [(whole, 1024), (1 << 14, 16_384), (whole, settings.frame_symbols())]
                {
                    if stated > payload.len() {
                        let what = format!("{whole} bytes {fill} for {symbols} symbols of {settings:?}");
                        defuse(&what, &framed(settings, 2, &payload, stated, symbols));
                        count += 1;
                    }
                }
            }
        }
    }
    // Contents that are nothing but one byte: whole containers, good ones.
    for settings in
        [Settings::default(), Settings::dense(), Settings::dense().with_frame_blocks(16).expect("few")]
    {
        for bits in [10, 14, 18, 21] {
            let settings = settings.with_compression(Compression::Zstd);
            let content = Symbols::Bytes(vec![0; 1 << bits]);
            defuse("zeros", &encode_symbols(content.as_ref(), &settings, ID).expect("small"));
            count += 1;
        }
    }
    assert!(count >= 300, "{count} bombs");
}

#[test]
fn positions_far_apart_are_not_counted_up_to() {
    make_tables();
    let settings = Settings::default().with_block_len(BlockLen::MIN).with_frame_blocks(1).expect("one block");
    let mut count = 0;
    for units in [Units::Bytes, Units::Utf16] {
        let settings = settings.with_positions(Positions::Global).with_units(units);
        for furthest in [1_000, 100_000, 262_142] {
            for codeword in [vec![1, 6], vec![3, 7, 7, 7], [vec![100], vec![0xFF; 100]].concat()] {
                let mut bytes = Header::new(settings, ID).to_bytes().to_vec();
                // Each block begins as it should and goes on with what cannot be that far away.
                for number in [furthest, 0].repeat(10) {
                    let header = header(8, number).expect("a short block").to_le_bytes();
                    let start = [&[u8::try_from(header.len()).expect("short")][..], &header].concat();
                    let payload = [start, codeword.repeat(8)].concat();
                    let mut frame = framed(settings, 0, &payload, payload.len(), 8).split_off(64);
                    frame[8..16].copy_from_slice(&number.to_le_bytes());
                    bytes.extend(frame);
                }
                seal(&mut bytes);
                defuse(&format!("block {furthest} of {units:?} with {} bytes", codeword.len()), &bytes);
                count += 1;
            }
        }
    }
    assert!(count >= 18, "{count} bombs");
}

#[test]
fn lengths_of_codewords_are_not_believed() {
    make_tables();
    let mut count = 0;
    let mut lengths: Vec<Vec<u8>> =
        vec![vec![0xFF; 10], vec![0x80; 40], vec![0x80, 0], vec![0xFF, 0xFF, 0xFF, 0x7F]];
    for bits in 7..32_u32 {
        for value in [1_u64 << bits, (1 << bits) - 1] {
            let mut length = Vec::new();
            let mut rest = value;
            while rest > 0x7F {
                length.push(u8::try_from(rest & 0x7F).expect("seven bits") | 0x80);
                rest >>= 7;
            }
            length.push(u8::try_from(rest).expect("seven bits"));
            lengths.push(length);
        }
    }
    for settings in [Settings::default(), Settings::default().with_units(Units::Codewords)] {
        for length in &lengths {
            for behind in [0, 60, 9000] {
                let payload = [length.as_slice(), &vec![3; behind]].concat();
                let bytes = framed(settings, 0, &payload, payload.len(), 900);
                defuse(&format!("length {length:x?} before {behind} bytes"), &bytes);
                count += 1;
            }
        }
    }
    assert!(count >= 300, "{count} bombs");
}

/// Integers that have many factors of the primes that count, or none, of up to 2^20 bits and more.
fn integers() -> Vec<Natural> {
    let mut numbers = Vec::new();
    for bits in [63_u32, 64, 1000, 8191, 30_000, 65_536, 100_000, 1 << 20] {
        for base in [2_u64, 3, 5, 7, 11, 13, 3673, 7919] {
            let exponent = bits / base.ilog2().max(1);
            let power = Natural::from(base).pow(exponent * 2 / 3);
            numbers.push(power.mul_u64(1_000_003));
            numbers.push(&power * &Natural::from(7_u64).pow(7));
            numbers.push(power);
        }
        let mixed = [2_u64, 3, 5, 7].map(|base| Natural::from(base).pow(bits / 8));
        numbers.push(mixed.iter().fold(Natural::from(1_u64), |product, power| &product * power));
        numbers.push((Natural::from(1_u64) << u64::from(bits)) - Natural::from(1_u64));
    }
    numbers.push(data(200_000, 9).expect("within the table").into_natural());
    numbers.push(data(5000, 22_000_000).expect("within the table").into_natural());
    numbers
}

#[test]
fn giant_codewords_are_read_in_little_room() {
    make_tables();
    let numbers = integers();
    assert!(numbers.len() >= 200);
    for number in numbers {
        let (bits, bytes) = (number.bits(), number.to_le_bytes());
        let what = format!("an integer of {bits} bits");
        let (reading, peak) = peak_of(|| timed(&what, bytes.len(), || read(&number, &Limits::default())));
        assert!(peak <= 16 * bytes.len() + (64 << 10), "{bits} bits: {peak} bytes held");
        if let Ok(reading) = reading {
            assert_eq!(reading.to_codeword().expect("it was read").as_natural(), &number);
        }
        let mut run = CodewordRun::new();
        run.push(&Codeword::new(number));
        let payload = run.as_slice().as_bytes().repeat(3);
        let settings = Settings::default().with_units(Units::Codewords);
        defuse(&what, &framed(settings, 0, &payload, payload.len(), 3));
    }
}

#[test]
fn programs_that_never_end_are_ended() {
    let mut programs = vec![
        "L: JMP L".to_owned(),
        "L: PUSH 1\nJMP L".to_owned(),
        "L: CALL L".to_owned(),
        "L: PUSH 7\nPRINT\nJMP L".to_owned(),
        "L: TEXT \"bomb\"\nJMP L".to_owned(),
        "PUSH 0\nL: DUP\nDUP\nSTORE\nPUSH 1\nADD\nJMP L".to_owned(),
        "PUSH 3\nL: DUP\nMUL\nJMP L".to_owned(),
        "PUSH 3\nL: DUP\nPOW\nJMP L".to_owned(),
        "PUSH 3\nL: DUP\nADD\nJMP L".to_owned(),
        "L: PUSH 262138\nPUSH 262138\nPOW\nJMP L".to_owned(),
    ];
    for many in [1000_u32, 20_000, 60_000, 100_000, 262_138] {
        for function in ["FACT", "FIB", "SQRT", "PRIME"] {
            programs.push(format!("L: PUSH {many}\n{function}\nPOP\nJMP L"));
            programs.push(format!("PUSH {many}\n{function}\nL: {function}\nJMP L"));
        }
        // A long number, and every operation on it again and again.
        for step in [
            "DUP\nPOP",
            "DUP",
            "DUP\nPRINT",
            "DEBUG",
            "DUP\nSTORE 1\nLOAD 1\nPOP",
            "LOAD 1\nPOP",
            "DUP\nDUP\nMUL\nPOP",
            "DUP\nDUP\nDIV\nPOP",
            "DUP\nPUSH 3\nMOD\nPOP",
            "DUP\nSQRT\nPOP",
            "DUP\nDUP\nEQ\nPOP",
            "DUP\nNOT\nPOP",
            "DUP\nPUSH 1\nADD\nPOP",
            "DUP\nDUP\nSUB\nPOP",
            "PUSH 1\nSWAP",
            "DUP\nDUP\nAND\nPOP",
        ] {
            let power = many / 20;
            programs.push(format!("PUSH 1000\nPUSH {power}\nPOW\nDUP\nSTORE 1\nL: {step}\nJMP L"));
        }
    }
    assert!(programs.len() >= 120);
    let limits = MachineLimits::default();
    for text in programs {
        let mut machine = Machine::new(limits);
        assemble(&text).expect("a program").into_iter().for_each(|step| machine.load(step).expect("short"));
        machine.end_program();
        let mut output = 0;
        let (ended, peak) = peak_of(|| {
            timed(&text.replace('\n', "; "), PROGRAM_BYTES, || {
                machine.run(u64::MAX, &mut |text: &str| output += text.len())
            })
        });
        match ended {
            Ok(pause) => assert_eq!(pause, Pause::Ended, "{text}"),
            Err(error) => assert!(
                !matches!(error.fault, MachineFault::Limit { name, .. } if !name.ends_with("_max")),
                "{text}: {error}"
            ),
        }
        assert!(
            machine.executed() <= limits.instructions_max && output as u64 <= limits.output_bytes_max,
            "{text}"
        );
        // Numbers, what is made of them, and the stack.
        let allowed = 4 * limits.number_bytes_max + 64 * (limits.stack_max + limits.memory_max) + (64 << 10);
        assert!(peak <= allowed, "{text}: {peak} bytes held, {allowed} allowed");
    }
}

#[test]
fn blocks_in_blocks_are_counted_not_held() {
    for (length, depth_max) in [(1, 16), (2, 16), (65_535, 16), (1, 1000), (u64::MAX, 1000)] {
        for header in [Reading::Header { length, sequence: None }, Reading::NttHeader { length }] {
            let (refused, peak) = peak_of(|| {
                timed("nested blocks", 200_000, || {
                    let mut nesting = Nesting::new(depth_max);
                    let refused = (0..20_000).filter(|_| nesting.push(&header).is_err()).count();
                    let _ = nesting.finish();
                    refused
                })
            });
            assert!(refused > 0, "{depth_max} deep at most");
            assert!(peak <= 64 * depth_max + (64 << 10), "{peak} bytes held");
        }
    }
    // Headers that count what never comes, and symbols that belong nowhere.
    let limits = Limits::default();
    for length in [1, 65_535, 1 << 31, u64::MAX] {
        for sequence in [None, Some(0), Some(u64::MAX)] {
            let header = Ok(Reading::Header { length, sequence });
            let lost = Ok(Reading::Data { position: u64::MAX, value: u32::MAX });
            let ((), peak) = peak_of(|| {
                let (mut assembler, mut events) =
                    (Assembler::new(Units::Utf16, [0; 16], &limits), Vec::new());
                for place in 0..2000 {
                    assembler.push(place, if place % 2 == 0 { &header } else { &lost }, &mut events);
                    events.clear();
                }
                let _ = assembler.finish(&mut events);
            });
            assert!(peak <= 64 << 10, "{peak} bytes held for a block of {length}");
        }
    }
}

/// What a program of any length is taken for: its work is bounded by the machine's limits, whose defaults are worth 200 ms.
const PROGRAM_BYTES: usize = 20 << 10;

/// Symbols that one byte of input may become, unless a limit is met first.
const EXPANSION_MAX: usize = 1000;
