//! An output that takes little, or nothing: the program waits without work and without more memory, and can be ended; and
//! one that takes less than could come.
//!
//! Two seconds each in an ordinary test; `cargo xtask long slow` asks for minutes.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test stops at the first surprise, and is followed"
)]
#![expect(clippy::disallowed_methods, reason = "a reader is slow by the clock, and so is who watches it")]

mod program;

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use program::{part, program, run};

/// How long each output is slow unless more is asked for.
const SECONDS: u64 = 2;
/// What the program is told it may hold, and what it may take for itself.
const RESIDENT_MAX: u64 = (64 + 32) << 20;
/// How much more may be resident late than early.
const GROWTH_BYTES_MAX: u64 = 1 << 20;

fn seconds() -> u64 {
    std::env::var("PRIMESTREAM_SECONDS").map_or(SECONDS, |text| text.parse().unwrap())
}

/// Begins to encode without end, towards whoever reads.
fn begin() -> Child {
    program()
        .args(["encode", "-q", "--memory-limit", "64MiB", "/dev/zero"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Bytes that are resident, and the processor time of all threads, to the nanosecond.
fn state(child: &Child) -> (u64, Duration) {
    let process = PathBuf::from(format!("/proc/{}", child.id()));
    let pages: u64 = first_but(1, &fs::read_to_string(process.join("statm")).unwrap());
    let threads = fs::read_dir(process.join("task")).unwrap();
    let busy = threads.map(|thread| {
        let schedule = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
        Duration::from_nanos(first_but(0, &schedule))
    });
    (pages * 4096, busy.sum())
}

/// Returns the number behind so many others.
fn first_but(count: usize, numbers: &str) -> u64 {
    numbers.split_whitespace().nth(count).unwrap().parse().unwrap()
}

/// Ends the program by a signal; returns how long it took.
fn ended(child: &mut Child) -> Duration {
    let started = Instant::now();
    Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    started.elapsed()
}

/// Watches the program while `wait` lets a second pass, once for each second.
fn watch(what: &str, child: &mut Child, mut wait: impl FnMut()) {
    wait(); // until the budget is full
    let (early, busy_before) = state(child);
    let started = Instant::now();
    (0..seconds()).for_each(|_| wait());
    let (late, busy) = state(child);
    let elapsed = started.elapsed();
    let busy = busy - busy_before;
    let end = ended(child);
    eprintln!(
        "{what}: {} KiB resident and {} KiB after {elapsed:.1?}, {:.2} % of a core, ended in {end:.2?}",
        early >> 10,
        late >> 10,
        100.0 * busy.as_secs_f64() / elapsed.as_secs_f64()
    );
    assert!(late <= RESIDENT_MAX && late <= early + GROWTH_BYTES_MAX, "{late} bytes after {early}");
    assert!(busy <= elapsed / 50, "{busy:?} of {elapsed:?}");
    // How long is asked where nothing else is to run beside it.
    assert!(seconds() == SECONDS || end <= Duration::from_secs(5), "{end:?}");
}

#[test]
fn an_output_of_a_megabyte_a_second_takes_no_work_and_no_more_memory() {
    let mut child = begin();
    let mut output = child.stdout.take().unwrap();
    let mut part = vec![0; 100_000];
    watch("1 MB/s", &mut child, || {
        for _ in 0..10 {
            output.read_exact(&mut part).unwrap();
            thread::sleep(Duration::from_millis(100));
        }
    });
}

#[test]
fn an_output_that_takes_nothing_takes_no_work_and_can_be_left() {
    let mut child = begin();
    watch("nothing", &mut child, || thread::sleep(Duration::from_secs(1)));
}

/// Frames are made by some threads and freed by another, and what that leaves behind must not add up.
#[test]
fn what_waits_for_a_steady_reader_stays_within_the_memory() {
    let content: Vec<u8> = (0..64).flat_map(part).collect();
    let container = run(&["encode", "-q", "--profile", "dense"], &content).succeeds().stdout;
    let mut child = program()
        .args(["decode", "-q", "--memory-limit", "64MiB"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    // Until nobody reads any more.
    let feeder = thread::spawn(move || while input.write_all(&container).is_ok() {});
    let mut output = child.stdout.take().unwrap();
    let mut taken = vec![0; 1_000_000];
    let started = Instant::now();
    let mut resident = 0;
    // 100 MB/s, if so much comes.
    for turn in 0..100 * seconds() {
        output.read_exact(&mut taken).unwrap();
        let due = Duration::from_millis(10 * (turn + 1));
        thread::sleep(due.saturating_sub(started.elapsed()));
        resident = state(&child).0.max(resident);
    }
    child.kill().unwrap();
    child.wait().unwrap();
    feeder.join().unwrap();
    eprintln!("100 MB/s: {} KiB resident at most after {:.1?}", resident >> 10, started.elapsed());
    assert!(resident <= RESIDENT_MAX, "{resident} bytes");
}
