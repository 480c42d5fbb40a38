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

mod allocated;

use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use std::{fmt, fs, thread};

use primestream_engine::{Budget, Order, Report, Stream};

/// What each shape streams unless more is asked for.
const BYTES: u64 = 50_000_000;
const BUDGET_BYTES: usize = 64 << 20;
/// Threads, the allocator's own, the program itself.
const SLACK_BYTES: u64 = 32 << 20;
/// How much more may be allocated late in a run than early, beside what is reserved of the budget: how full that is
/// differs from one time to another.
const GROWTH_BYTES_MAX: u64 = 1 << 20;
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// With fewer looks than this, two seconds, there is no early and late.
const LOOKS_MIN: usize = 200;
const PIECE_BYTES: usize = 64 << 10;

/// A shape of a pipeline, over so many bytes.
type Shape = (&'static str, fn(u64, &Budget) -> Report);

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

fn fused(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).budget(budget);
    stream.map(|piece| piece).filter(|piece| piece[0] % 3 != 1).for_each(drop).unwrap()
}

fn lanes_in_order(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).budget(budget);
    let mut next = 0;
    let lanes = stream.parallel(4, Order::Input).map(|piece| piece);
    lanes
        .for_each(move |piece| {
            assert_eq!(piece[..8], u64::to_le_bytes(next), "in order and none missing");
            next += 1;
        })
        .unwrap()
}

fn uneven_lanes(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).budget(budget);
    let uneven = |piece: Vec<u8>| {
        let turns = if piece[0] == 7 { 40 } else { 1 };
        let sum = (0..turns).fold(0_u64, |sum, turn| {
            piece[turn..].iter().step_by(64).fold(sum, |sum, &byte| sum.wrapping_add(u64::from(byte)))
        });
        (piece, sum)
    };
    stream.parallel(4, Order::Relaxed).map(uneven).for_each(drop).unwrap()
}

fn growing(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter(0..pieces(bytes) / 20).budget(budget);
    let lanes = stream.parallel(4, Order::Input).flat_map(|number| (0..20).map(move |_| piece(number)));
    lanes.parallel(2, Order::Input).map(|piece| piece).for_each(drop).unwrap()
}

/// From one byte to 8 MiB, most of them small.
fn skewed_sizes(bytes: u64, budget: &Budget) -> Report {
    // A period of sizes 1, 2, 4 … 8 MiB, each as often as is needed to make 8 MiB of it, up to 4096 times.
    let sizes = || (0..24_u32).flat_map(|log| std::iter::repeat_n(1_usize << log, 1 << (23 - log).min(12)));
    let period: usize = sizes().sum();
    let periods = usize::try_from(bytes).expect("64 bits") / period + 1;
    let items = (0..periods).flat_map(move |_| sizes()).map(|size| vec![1_u8; size]);
    let stream = Stream::iter(items).budget(budget);
    stream.parallel(4, Order::Input).map(|item| item).for_each(drop).unwrap()
}

/// Half of all items have one key.
fn by_key(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).budget(budget);
    let key = |piece: &Vec<u8>| if piece[0].is_multiple_of(2) { 0 } else { piece[0] };
    let counts = stream.key_by(key).lanes(4).scan(0_u64, |count, piece| {
        *count += piece.len() as u64;
        *count
    });
    counts.for_each(drop).unwrap()
}

fn batches(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter(0..bytes / 64).budget(budget);
    let batches = stream.map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).sort_batches(10_000).batch(1000);
    batches.parallel(4, Order::Input).map(|batch| batch.iter().fold(0, |a, b| a ^ b)).for_each(drop).unwrap()
}

fn two_sources(bytes: u64, budget: &Budget) -> Report {
    let source = |step: u64| {
        let numbers = (0..pieces(bytes) / 2).map(move |n| piece(n * step));
        Stream::iter(numbers).parallel(2, Order::Input).map(|piece| piece)
    };
    let number = |piece: &Vec<u8>| u64::from_le_bytes(*piece.first_chunk().expect("eight bytes"));
    let merged = source(1).merge_by(source(3), move |a, b| number(a).cmp(&number(b)));
    merged.budget(budget).for_each(drop).unwrap()
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

fn lines(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::lines(Lines { at: 1 }.take(bytes / 8)).budget(budget);
    stream.parallel(2, Order::Input).map(|line| line.len()).for_each(drop).unwrap()
}

/// The budget is full nearly all the time.
fn slow_end(bytes: u64, budget: &Budget) -> Report {
    let stream = Stream::iter((0..pieces(bytes)).map(piece)).budget(budget);
    let lanes =
        stream.parallel(4, Order::Input).map(|piece| piece).parallel(2, Order::Input).map(|piece| piece);
    let slow = |piece: Vec<u8>| assert!(piece.iter().map(|&byte| u64::from(byte)).sum::<u64>() < 1 << 30);
    lanes.for_each(slow).unwrap()
}

fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a whole number"))
}

/// Runs the shape that [`every_shape_stays_within_its_memory`] asks for in this process, and tells what it holds
/// every now and then.
#[test]
#[ignore = "runs in a process of its own, which the test of all shapes begins"]
fn one_shape() {
    let Ok(name) = std::env::var("PRIMESTREAM_SHAPE") else { return };
    let (_, run) = SHAPES.iter().find(|(own, _)| *own == name).expect("a shape of the table");
    let budget = Budget::new(BUDGET_BYTES);
    let (bytes, is_over) = (asked("PRIMESTREAM_BYTES").expect("the amount"), AtomicBool::new(false));
    let report = thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                thread::sleep(LOOK_EVERY);
                println!("{}", Look::now(&budget));
                if is_over.load(Ordering::Relaxed) {
                    return; // looked at once at least
                }
            }
        });
        let report = run(bytes, &budget);
        is_over.store(true, Ordering::Relaxed);
        report
    });
    assert!(report.items_out() > 0);
    assert_eq!(report.reserved_bytes_at_end(), 0);
}

/// What a process holds at a moment, in bytes.
#[derive(Clone, Copy)]
struct Look {
    /// As the system says.
    resident: u64,
    /// The most that ever was.
    resident_peak: u64,
    /// Asked of the allocator and not given back.
    allocated: u64,
    /// Of the budget.
    reserved: u64,
}

impl Look {
    fn now(budget: &Budget) -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let field = |name| {
            let line = status.lines().find_map(|line: &str| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<u64>().unwrap() << 10
        };
        let (allocated, reserved) = (allocated::bytes() as u64, budget.reserved() as u64);
        Self { resident: field("VmRSS:"), resident_peak: field("VmHWM:"), allocated, reserved }
    }

    /// Reads it from a line that tells it.
    fn parse(line: &str) -> Option<Self> {
        // The first stands behind what the runner of tests says, on its line.
        let (_, look) = line.split_once("look ")?;
        let mut numbers = look.split(' ').map(|number| number.parse().unwrap());
        let mut next = || numbers.next().unwrap();
        Some(Self { resident: next(), resident_peak: next(), allocated: next(), reserved: next() })
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resident, resident_peak, allocated, reserved } = self;
        write!(f, "look {resident} {resident_peak} {allocated} {reserved}")
    }
}

/// Begins a shape in a process of its own, within the control group that is asked for; returns what it told.
fn looks(name: &str, bytes: u64) -> Vec<Look> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "one_shape", "--ignored", "--nocapture", "--test-threads", "1"]);
    command.env("PRIMESTREAM_SHAPE", name).env("PRIMESTREAM_BYTES", bytes.to_string()).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    if let Some(group) = std::env::var_os("PRIMESTREAM_GROUP") {
        fs::write(PathBuf::from(group).join("cgroup.procs"), child.id().to_string()).unwrap();
    }
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{name}: {}", ended.status);
    String::from_utf8(ended.stdout).unwrap().lines().filter_map(Look::parse).collect()
}

/// Returns the middle of what some looks show: how full lanes are differs from one to the next.
fn median(looks: &[Look], percent: Range<usize>, of: impl Fn(&Look) -> u64) -> u64 {
    let (from, to) = (looks.len() * percent.start / 100, looks.len() * percent.end / 100);
    let mut part: Vec<u64> = looks[from..to.max(from + 1)].iter().map(of).collect();
    part.sort_unstable();
    part[part.len() / 2]
}

#[test]
fn every_shape_stays_within_its_memory() {
    let gigabytes = asked("PRIMESTREAM_GIGABYTES");
    let bytes = gigabytes.map_or(BYTES, |gigabytes| gigabytes * 1_000_000_000 / SHAPES.len() as u64);
    for (name, _) in SHAPES {
        let looks = looks(name, bytes);
        let last = looks.last().expect("looked at before it was over");
        let both = |of: fn(&Look) -> u64| [median(&looks, 5..20, of), median(&looks, 80..95, of)];
        let resident = both(|look| look.resident);
        let allocated = both(|look| look.allocated);
        let reserved = both(|look| look.reserved);
        let beside = both(|look| look.allocated.saturating_sub(look.reserved));
        println!(
            "{name}: {bytes} bytes in {} looks, at most {} KiB resident; KiB about a tenth and about nine tenths of them: \
             resident {:?}, allocated {:?}, reserved {:?}, allocated beside the budget {:?}",
            looks.len(),
            last.resident_peak >> 10,
            resident.map(|bytes| bytes >> 10),
            allocated.map(|bytes| bytes >> 10),
            reserved.map(|bytes| bytes >> 10),
            beside.map(|bytes| bytes >> 10),
        );
        assert!(
            last.resident_peak <= BUDGET_BYTES as u64 + SLACK_BYTES,
            "{name}: {} were resident",
            last.resident_peak
        );
        if gigabytes.is_some() && looks.len() >= LOOKS_MIN {
            let [early, late] = beside;
            assert!(late <= early + GROWTH_BYTES_MAX, "{name}: {late} bytes beside the budget after {early}");
        }
    }
}
