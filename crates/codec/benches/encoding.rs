//! What encoding, decoding, reading and executing cost, each asserting the answer it times.
//!
//! `cargo bench -p primestream-codec [-- filter]`; one thread, medians of processor time, each group behind the limit it is
//! to be measured by, and lines are named `area/case/variant`. Contents are files of this repository.
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock and its arguments")]
#![expect(clippy::print_stdout, reason = "a benchmark shows its figures")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use primestream_codec::container::{
    Compression, ContainerId, ContentDigest, Continuity, FrameDecoder, FrameEncoder, FrameReader, Header,
    Piece, Register, Settings,
};
use primestream_codec::machine::{Integer, Machine, MachineLimits, Pause};
use primestream_codec::program::assemble;
use primestream_codec::{Limits, Reading, SequenceReader, Symbols, Units, data, read};
use primestream_primes::Natural;

fn main() {
    // `cargo test --all-targets` runs benches too, without this flag: there, building is enough.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with("--")).unwrap_or_default();
    let bench = Bench { filter };
    let contents = contents();
    containers(&bench, &contents);
    damaged(&bench, &contents[0].1);
    executing(&bench);
    reading(&bench);
}

fn containers(bench: &Bench, contents: &[(&str, Vec<u8>)]) {
    for (name, content) in contents {
        for (profile, settings) in [
            ("uor", Settings::default()),
            ("dense", Settings::dense()),
            ("dense_zstd", Settings::dense().with_compression(Compression::Zstd)),
        ] {
            // Codewords of profile `uor` are some thirty times their content.
            let content =
                &content[..content.len().min(if profile == "uor" { 1 << 18 } else { CONTENT_BYTES })];
            let header = Header::new(settings, ContainerId([7; 16]));
            let mut container = Vec::new();
            encode(&header, content, &mut container);
            assert_eq!(decode(&container, content.len()), digest(content));
            let amount = if profile == "uor" { container.len() } else { content.len() };
            let amount = amount as u64;
            let mut room = container.clone();
            bench.run(&format!("{profile}/{name}/copying_container"), amount, "byte", &mut || {
                black_box(&mut room).copy_from_slice(black_box(&container));
            });
            let mut again = Vec::new();
            bench.run(&format!("{profile}/{name}/encode"), amount, "byte", &mut || {
                again.clear();
                encode(&header, content, &mut again);
                assert_eq!(again.len(), container.len());
            });
            bench.run(&format!("{profile}/{name}/decode"), amount, "byte", &mut || {
                assert_eq!(decode(&container, content.len()), digest(content));
            });
            if bench.is_asked(&format!("{profile}/{name}/size")) {
                let times = container.len() as f64 / content.len() as f64;
                let packed = zstd::bulk::compress(content, 3).expect("memory suffices");
                let of_packed = container.len() as f64 / packed.len() as f64;
                println!("{profile}/{name}/size: {times:.4} times the content, {of_packed:.3} times zstd -3");
            }
        }
        let sum = digest(content);
        bench.run(&format!("digest/{name}"), content.len() as u64, "byte", &mut || {
            assert_eq!(digest(content), sum);
        });
    }
}

fn encode(header: &Header, content: &[u8], out: &mut Vec<u8>) {
    let (mut encoder, mut register) = (FrameEncoder::new(header), Register::new(header));
    let mut digest = ContentDigest::default();
    out.extend_from_slice(&header.to_bytes());
    for symbols in content.chunks(header.settings().frame_symbols()) {
        digest.update(symbols.into());
        register.before_frame(out);
        let start = out.len();
        encoder.encode(register.frames(), symbols.into(), out).expect("bytes are what is encoded");
        register.frame((out.len() - start) as u64);
    }
    register.end(content.len() as u64, &digest.finish(), out);
}

/// Decodes and checks everything that a container holds; returns the digest of the content.
fn decode(container: &[u8], bytes: usize) -> [u8; 32] {
    let mut reader = FrameReader::open(container, Limits::default()).expect("a container");
    let mut decoder = FrameDecoder::new(reader.header(), Limits::default());
    let mut continuity = Continuity::new(reader.header());
    let mut symbols = Symbols::new(Units::Bytes);
    let mut count = 0;
    loop {
        match reader.next_piece().expect("memory can be read").expect("the end comes first") {
            Piece::Frame(frame) => {
                decoder.decode(&frame, &mut symbols).expect("nothing is damaged");
                count += symbols.len();
                let damage = continuity.admit(&frame.place(), symbols.as_ref()).expect("frames follow");
                assert!(damage.is_none());
            }
            Piece::End(end) => {
                assert!(continuity.end(&end).is_empty() && count == bytes);
                return end.digest.0;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// Verifies a hundred frames, one of which is damaged, in turns with the same hundred whole.
fn damaged(bench: &Bench, text: &[u8]) {
    for (profile, settings) in [("uor", Settings::default()), ("dense", Settings::dense())] {
        let header = Header::new(settings, ContainerId([7; 16]));
        let content: Vec<u8> =
            text.iter().copied().cycle().take(FRAMES_DAMAGED_OF * settings.frame_symbols()).collect();
        let mut container = Vec::new();
        encode(&header, &content, &mut container);
        let frame = container.len() / FRAMES_DAMAGED_OF;
        // Behind the head of the frame in the middle.
        let start = container.len() / 2 / frame * frame + 1000;
        for (damage, bytes) in [("a_byte", 1), ("half_of_it", frame / 2)] {
            let name = format!("{profile}/text/one_frame_of_{FRAMES_DAMAGED_OF}_damaged/{damage}");
            if !bench.is_asked(&name) {
                continue;
            }
            let mut broken = container.clone();
            broken[start..start + bytes].iter_mut().for_each(|byte| *byte ^= 0x55);
            let mut whole = || assert_eq!(verify(&container), (FRAMES_DAMAGED_OF, 0));
            let mut with_damage = || assert_eq!(verify(&broken), (FRAMES_DAMAGED_OF - 1, 1));
            let mut shares: Vec<f64> = (0..RUNS)
                .map(|_| time(&mut whole).as_secs_f64() / time(&mut with_damage).as_secs_f64())
                .collect();
            shares.sort_unstable_by(f64::total_cmp);
            println!("{name:<60} {:>6.1} % of the rate without", 1e2 * shares[RUNS / 2]);
        }
    }
}

/// Checks everything that a container holds; returns how many frames are good and how many are not.
fn verify(container: &[u8]) -> (usize, usize) {
    let mut reader = FrameReader::open(container, Limits::default()).expect("a container");
    let mut decoder = FrameDecoder::new(reader.header(), Limits::default());
    let mut continuity = Continuity::new(reader.header());
    let mut symbols = Symbols::new(Units::Bytes);
    let (mut good, mut bad) = (0, 0);
    loop {
        match reader.next_piece().expect("memory can be read").expect("the end comes first") {
            Piece::Frame(frame) if decoder.decode(&frame, &mut symbols).is_ok() => {
                assert_eq!(continuity.admit(&frame.place(), symbols.as_ref()), Ok(None));
                good += 1;
            }
            Piece::Frame(frame) => {
                assert_eq!(continuity.damaged(&frame.place()), None);
                bad += 1;
            }
            Piece::End(end) => {
                assert_eq!((continuity.end(&end), continuity.is_complete()), (vec![], bad == 0));
                return (good, bad);
            }
            other => panic!("{other:?}"),
        }
    }
}

fn digest(content: &[u8]) -> [u8; 32] {
    let mut digest = ContentDigest::default();
    digest.update(content.into());
    digest.finish().0
}

fn executing(bench: &Bench) {
    // Ten instructions a turn, six before the first and two behind the last.
    const TURNS: u64 = 4_000_000;
    let program = assemble(
        "PUSH 0\n STORE 1\n PUSH 2000\n PUSH 2000\n MUL\n STORE 0\n\
         again: LOAD 1\n PUSH 3\n ADD\n STORE 1\n LOAD 0\n PUSH 1\n SUB\n DUP\n STORE 0\n JIF again\n LOAD 1\n PRINT",
    )
    .expect("a program");
    let executed = 8 + 10 * TURNS;
    bench.run("machine/loop", executed, "instruction", &mut || {
        let limits = MachineLimits { instructions_max: u64::MAX, ..MachineLimits::default() };
        let mut machine = Machine::new(limits);
        program.iter().for_each(|&instruction| machine.load(instruction).expect("short"));
        machine.end_program();
        let mut printed = String::new();
        let pause = machine.run(u64::MAX, &mut |text: &str| printed.push_str(text));
        assert_eq!((pause, printed.as_str(), machine.executed()), (Ok(Pause::Ended), "12000000", executed));
        assert_eq!(machine.stack(), &[] as &[Integer]);
    });
}

fn reading(bench: &Bench) {
    for (first, repeat) in [(1_000_u64, 20), (10_000, 2), (100_000, 1)] {
        let positions = first..first + 1_000;
        let values = || positions.clone().zip((0..).map(|index: u32| index * 7 % 256));
        let numbers: Vec<Natural> = values()
            .map(|(position, value)| data(position, value).expect("a position").into_natural())
            .collect();
        let bits = numbers[0].bits();
        let count = repeat * numbers.len() as u64;
        let name = |what: &str| format!("read/from_{first}_of_{bits}_bits/{what}");
        bench.run(&name("times_a_word"), count, "codeword", &mut || {
            for number in (0..repeat).flat_map(|_| &numbers) {
                black_box(black_box(number) * 3_u64);
            }
        });
        bench.run(&name("one_by_one"), count, "codeword", &mut || {
            for (number, (position, value)) in (0..repeat).flat_map(|_| numbers.iter().zip(values())) {
                assert_eq!(read(number, &Limits::default()), Ok(Reading::Data { position, value }));
            }
        });
        bench.run(&name("in_sequence"), count, "codeword", &mut || {
            for _ in 0..repeat {
                let mut reader = SequenceReader::new(Limits::default());
                for (number, (position, value)) in numbers.iter().zip(values()) {
                    assert_eq!(reader.read(number), Ok(Reading::Data { position, value }));
                }
            }
        });
    }
}

struct Bench {
    filter: String,
}

impl Bench {
    fn is_asked(&self, name: &str) -> bool {
        name.contains(&self.filter)
    }

    fn run(&self, name: &str, units: u64, unit: &str, run: &mut dyn FnMut()) {
        if !self.is_asked(name) {
            return;
        }
        run();
        let mut times: Vec<Duration> = (0..RUNS).map(|_| time(run)).collect();
        times.sort_unstable();
        let each = times[RUNS / 2].as_secs_f64() * 1e9 / units as f64;
        println!("{name:<44} {each:>12.3} ns per {unit} {:>10.1} M/s", 1e3 / each);
    }
}

/// Processor time per run, of as many runs as take a fifth of a second: other work on the cores does not count.
fn time(run: &mut dyn FnMut()) -> Duration {
    let (start, wall) = (cpu_time(), Instant::now());
    let mut runs = 0;
    while wall.elapsed() < Duration::from_millis(200) {
        run();
        runs += 1;
    }
    match (start, cpu_time()) {
        (Some(start), Some(end)) => (end - start) / runs,
        _ => wall.elapsed() / runs,
    }
}

/// Processor time of this thread, where the system tells (Linux); it may lag by a tick.
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Five kinds of content, cut at [`CONTENT_BYTES`].
fn contents() -> Vec<(&'static str, Vec<u8>)> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let program = std::env::current_exe().and_then(std::fs::read).expect("this program can be read");
    let all = [
        ("text", files(&format!("{root}/docs"), "md")),
        ("source", files(&format!("{root}/crates"), "rs")),
        ("json", json()),
        ("program", program),
        ("random", random(1).flat_map(u64::to_le_bytes).take(CONTENT_BYTES).collect()),
    ];
    all.map(|(name, bytes)| {
        assert!(bytes.len() > 100_000, "{name} is there");
        (name, bytes.iter().copied().take(CONTENT_BYTES).collect())
    })
    .into()
}

fn files(folder: &str, extension: &str) -> Vec<u8> {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).collect();
    paths.sort();
    let mut bytes = Vec::new();
    for path in paths {
        if path.is_dir() {
            bytes.extend(files(&path.to_string_lossy(), extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            bytes.extend(std::fs::read(path).expect("a file"));
        }
    }
    bytes
}

/// Events as a service would log them.
fn json() -> Vec<u8> {
    let mut text = String::new();
    let mut words = random(2);
    let mut next = |below: u64| words.next().unwrap_or(0) % below;
    for id in 0..40_000 {
        let (user, millis, action) = (next(5_000), next(900), if next(3) > 0 { "read" } else { "write" });
        let (micros, is_good) = (next(1_000), next(20) > 0);
        text += &format!(
            "{{\"id\":{id},\"user\":\"u{user}\",\"action\":\"{action}\",\"millis\":{millis}.{micros:03},\"ok\":{is_good}}}\n"
        );
    }
    text.into_bytes()
}

/// Words of a fixed sequence; the seed is not 0. Source: [Marsaglia2003].
fn random(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed << 32 | 0x9e37_79b9), |word| {
        let word = word ^ word << 13;
        let word = word ^ word >> 7;
        Some(word ^ word << 17)
    })
}

const CONTENT_BYTES: usize = 4 << 20;
const FRAMES_DAMAGED_OF: usize = 100;
const RUNS: usize = 5;
