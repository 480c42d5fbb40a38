//! Pipelines of many shapes, each in a process of its own with a budget of 64 MiB: how much memory it really takes.
//!
//! Little of each in an ordinary test; `cargo xtask long memory --gigabytes 100` asks for more, and `cargo xtask long
//! "memory limited"` for a control group around each process. What is looked at is what the system says is resident.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![expect(clippy::print_stdout, reason = "what was measured is told, and what is skipped")]
#![expect(
    clippy::disallowed_methods,
    reason = "whoever starts a long run says how long it is, and looks now and then"
)]

use std::fs;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use primestream_engine::{Order, Report, Stream};

/// What each shape streams unless more is asked for.
const BYTES: u64 = 50_000_000;
const BUDGET_BYTES: usize = 64 << 20;
/// Threads, the allocator's own, the program itself.
const SLACK_BYTES: u64 = 32 << 20;
/// How much more may be resident late in a run than early. Lanes hold more at one time than at another, within the
/// budget, so that a few megabytes are no growth; what leaks a thousandth of 10 GB is more.
const GROWTH_BYTES_MAX: u64 = 8 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// With fewer looks than this, two seconds, there is no early and late.
const LOOKS_MIN: usize = 200;
const PIECE_BYTES: usize = 64 << 10;

/// A shape of a pipeline, over so many bytes.
type Shape = (&'static str, fn(u64) -> Report);

const SHAPES: [Shape; 10] = [
    ("fused", fused),
    ("lanes in order", lanes_in_order),
    ("uneven lanes", uneven_lanes),
    ("growing", growing),
    ("skewed sizes", skewed_sizes),
    ("by key", by_key),
    ("batches", batches),
    ("two sources", two_sources),
    ("lines", lines),
    ("a slow end", slow_end),
];

/// A piece that says which one it is.
fn piece(number: u64) -> Vec<u8> {
    let [fill, ..] = number.to_le_bytes();
    let mut piece = vec![fill; PIECE_BYTES];
    piece[..8].copy_from_slice(&number.to_le_bytes());
    piece
}

fn pieces(bytes: u64) -> u64 {
    bytes / PIECE_BYTES as u64
}

fn fused(bytes: u64) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).memory_limit(BUDGET_BYTES);
    stream.map(|piece| piece).filter(|piece| piece[0] % 3 != 1).for_each(drop).unwrap()
}

fn lanes_in_order(bytes: u64) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).memory_limit(BUDGET_BYTES);
    let mut next = 0;
    let lanes = stream.parallel(4, Order::Input).map(|piece| piece);
    lanes
        .for_each(move |piece| {
            assert_eq!(piece[..8], u64::to_le_bytes(next), "in order and none missing");
            next += 1;
        })
        .unwrap()
}

fn uneven_lanes(bytes: u64) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).memory_limit(BUDGET_BYTES);
    let uneven = |piece: Vec<u8>| {
        let turns = if piece[0] == 7 { 40 } else { 1 };
        let sum = (0..turns).fold(0_u64, |sum, turn| {
            piece[turn..].iter().step_by(64).fold(sum, |sum, &byte| sum.wrapping_add(u64::from(byte)))
        });
        (piece, sum)
    };
    stream.parallel(4, Order::Relaxed).map(uneven).for_each(drop).unwrap()
}

fn growing(bytes: u64) -> Report {
    let stream = Stream::iter(0..pieces(bytes) / 20).memory_limit(BUDGET_BYTES);
    let lanes = stream.parallel(4, Order::Input).flat_map(|number| (0..20).map(move |_| piece(number)));
    lanes.parallel(2, Order::Input).map(|piece| piece).for_each(drop).unwrap()
}

/// From one byte to 8 MiB, most of them small.
fn skewed_sizes(bytes: u64) -> Report {
    // A period of sizes 1, 2, 4 … 8 MiB, each as often as is needed to make 8 MiB of it, up to 4096 times.
    let sizes = || (0..24_u32).flat_map(|log| std::iter::repeat_n(1_usize << log, 1 << (23 - log).min(12)));
    let period: usize = sizes().sum();
    let periods = usize::try_from(bytes).expect("64 bits") / period + 1;
    let items = (0..periods).flat_map(move |_| sizes()).map(|size| vec![1_u8; size]);
    let stream = Stream::iter(items).memory_limit(BUDGET_BYTES);
    stream.parallel(4, Order::Input).map(|item| item).for_each(drop).unwrap()
}

/// Half of all items have one key.
fn by_key(bytes: u64) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).memory_limit(BUDGET_BYTES);
    let key = |piece: &Vec<u8>| if piece[0].is_multiple_of(2) { 0 } else { piece[0] };
    let counts = stream.key_by(key).lanes(4).scan(0_u64, |count, piece| {
        *count += piece.len() as u64;
        *count
    });
    counts.for_each(drop).unwrap()
}

fn batches(bytes: u64) -> Report {
    let stream = Stream::iter(0..bytes / 64).memory_limit(BUDGET_BYTES);
    let batches = stream.map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).sort_batches(10_000).batch(1000);
    batches.parallel(4, Order::Input).map(|batch| batch.iter().fold(0, |a, b| a ^ b)).for_each(drop).unwrap()
}

fn two_sources(bytes: u64) -> Report {
    let source = |step: u64| {
        let numbers = (0..pieces(bytes) / 2).map(move |n| piece(n * step));
        Stream::iter(numbers).parallel(2, Order::Input).map(|piece| piece)
    };
    let number = |piece: &Vec<u8>| u64::from_le_bytes(*piece.first_chunk().expect("eight bytes"));
    let merged = source(1).merge_by(source(3), move |a, b| number(a).cmp(&number(b)));
    merged.memory_limit(BUDGET_BYTES).for_each(drop).unwrap()
}

/// Lines without end, long and short.
struct Lines {
    at: usize,
}

impl Read for Lines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for byte in buffer.iter_mut() {
            self.at = self.at.wrapping_mul(25_214_903_917).wrapping_add(11);
            *byte = if self.at >> 40 & 0xFF == 0 { b'\n' } else { b'a' };
        }
        Ok(buffer.len())
    }
}

fn lines(bytes: u64) -> Report {
    let stream = Stream::lines(Lines { at: 1 }.take(bytes / 8)).memory_limit(BUDGET_BYTES);
    stream.parallel(2, Order::Input).map(|line| line.len()).for_each(drop).unwrap()
}

/// The budget is full nearly all the time.
fn slow_end(bytes: u64) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).memory_limit(BUDGET_BYTES);
    let lanes =
        stream.parallel(4, Order::Input).map(|piece| piece).parallel(2, Order::Input).map(|piece| piece);
    let slow = |piece: Vec<u8>| assert!(piece.iter().map(|&byte| u64::from(byte)).sum::<u64>() < 1 << 30);
    lanes.for_each(slow).unwrap()
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a whole number"))
}

/// Runs the shape that [`every_shape_stays_within_its_memory`] asks for in this process.
#[test]
#[ignore = "runs in a process of its own, which the test of all shapes begins"]
fn one_shape() {
    let Ok(name) = std::env::var("PRIMESTREAM_SHAPE") else { return };
    let (_, run) = SHAPES.iter().find(|(own, _)| *own == name).expect("a shape of the table");
    let report = run(asked("PRIMESTREAM_BYTES").expect("the amount"));
    assert!(report.items_out() > 0);
    assert_eq!(report.reserved_bytes_at_end(), 0);
}

/// Begins a shape in a process of its own, within the control group that is asked for.
fn begin(name: &str, bytes: u64) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "one_shape", "--ignored", "--test-threads", "1"]);
    command.env("PRIMESTREAM_SHAPE", name).env("PRIMESTREAM_BYTES", bytes.to_string()).stdin(Stdio::null());
    let child = command.stdout(Stdio::null()).spawn().unwrap();
    if let Some(group) = std::env::var_os("PRIMESTREAM_GROUP") {
        fs::write(PathBuf::from(group).join("cgroup.procs"), child.id().to_string()).unwrap();
    }
    child
}

/// Returns the bytes that a process has resident, and the most it ever had; nothing once it is over.
fn resident(child: &Child) -> Option<[u64; 2]> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let field = |name| {
        let line = status.lines().find_map(|line: &str| line.strip_prefix(name))?;
        Some(line.split_whitespace().next()?.parse::<u64>().ok()? << 10)
    };
    Some([field("VmRSS:")?, field("VmHWM:")?])
}

/// Follows a process to its end; returns what it had resident at each look, and the most.
fn follow(child: &mut Child) -> (Vec<u64>, u64) {
    let (mut looks, mut peak) = (Vec::new(), 0);
    loop {
        if let Some([now, most]) = resident(child) {
            looks.push(now);
            peak = peak.max(most);
        }
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return (looks, peak);
        }
        thread::sleep(LOOK_EVERY);
    }
}

#[test]
fn every_shape_stays_within_its_memory() {
    let gigabytes = asked("PRIMESTREAM_GIGABYTES");
    let bytes = gigabytes.map_or(BYTES, |gigabytes| gigabytes * 1_000_000_000 / SHAPES.len() as u64);
    for (name, _) in SHAPES {
        let (looks, peak) = follow(&mut begin(name, bytes));
        assert!(!looks.is_empty(), "{name}: over before it was looked at");
        // The middle of many looks: how full the lanes are differs from one to the next.
        let median = |from: usize, to: usize| {
            let (from, to) = (looks.len() * from / 100, looks.len() * to / 100);
            let mut part = looks[from..to.max(from + 1)].to_vec();
            part.sort_unstable();
            part[part.len() / 2]
        };
        let (early, late) = (median(5, 20), median(80, 95));
        println!(
            "{name}: {bytes} bytes, at most {} KiB resident, {} KiB about a tenth and {} KiB about nine tenths of {} looks",
            peak >> 10,
            early >> 10,
            late >> 10,
            looks.len()
        );
        assert!(peak <= BUDGET_BYTES as u64 + SLACK_BYTES, "{name}: {peak} bytes were resident");
        if gigabytes.is_some() && looks.len() >= LOOKS_MIN {
            assert!(late <= early + GROWTH_BYTES_MAX, "{name}: {late} bytes are resident after {early}");
        }
    }
}
