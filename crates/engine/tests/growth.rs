//! Tens of thousands of pipelines in one process: memory, threads and open files stay what they were.
//!
//! Alone in its process, so that the numbers are of these pipelines.

#![expect(clippy::print_stdout, reason = "a test that is skipped says so")]

use std::fs;

use primestream_engine::{Order, Stream};

const PIPELINES: u64 = 30_000;
/// After these all that is kept from one pipeline to the next is there.
const WARM: u64 = 5_000;
/// What the allocator may hold more of at one time than at another.
const SLACK_BYTES: u64 = 3 << 19;
/// Threads whose work is over, and which the system has not taken away yet.
const ENDING: u64 = 2;

/// What a process has, as the system tells it.
#[derive(Debug)]
struct Held {
    resident_bytes: u64,
    threads: u64,
    files: usize,
}

impl Held {
    fn now() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let number = |name: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let files = fs::read_dir("/proc/self/fd").ok()?.count();
        Some(Self { resident_bytes: number("VmRSS:")? << 10, threads: number("Threads:")?, files })
    }
}

#[test]
fn tens_of_thousands_of_pipelines_leave_a_process_as_it_was() {
    let mut warm = None;
    for number in 0..PIPELINES {
        if number == WARM {
            warm = Held::now();
        }
        let numbers = Stream::iter(number..number + 10);
        if number % 2 == 1 {
            let squares: Vec<_> = numbers.map(|n| n * n).collect().unwrap();
            assert_eq!(squares[9], (number + 9) * (number + 9));
            continue;
        }
        let squares = numbers.parallel(2, Order::Input).map(|n| n * n);
        let sum = match number % 10 {
            0 => squares.fold(0, |sum, n| sum + n).unwrap(),
            2 => {
                let running = squares.drain_with(|_| ()).start();
                assert_eq!(running.join().unwrap().items_out(), 10);
                continue;
            }
            _ => squares.threads(1).fold(0, |sum, n| sum + n).unwrap(),
        };
        assert_eq!(sum, (number..number + 10).map(|n| n * n).sum::<u64>());
    }
    let Some((warm, after)) = warm.zip(Held::now()) else {
        println!("skipped: this system does not say what a process holds");
        return;
    };
    assert!(after.threads <= warm.threads + ENDING, "{warm:?} became {after:?}");
    assert_eq!(warm.files, after.files);
    assert!(after.resident_bytes <= warm.resident_bytes + SLACK_BYTES, "{warm:?} became {after:?}");
}
