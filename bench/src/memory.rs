//! W5: peak memory with a slow sink, in processes of their own.

use std::process::Command;
use std::time::Duration;

use primestream_engine::{Order, Stream};

const BUDGET: usize = 16 << 20;

/// Runs W5.
pub(crate) fn run() {
    println!("W5: slow sink, two lanes, budget {} MiB", BUDGET >> 20);
    for (role, item_bytes) in [("1k", 1usize << 10), ("4m", 4 << 20)] {
        let program = std::env::current_exe().expect("this program has a path");
        let output = Command::new(program).arg(format!("child-{role}")).output().expect("it can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let peak: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of KiB");
        let allowed = (BUDGET + 2 * item_bytes + (16 << 20)) as f64 / 1024.0;
        println!(
            "  items of {item_bytes:>8} bytes: peak RSS {:>6.1} MiB, allowed {:>6.1}",
            peak / 1024.0,
            allowed / 1024.0
        );
    }
}

/// The process whose memory is measured; prints its peak in KiB.
pub(crate) fn child(role: &str) {
    let (item_bytes, count) = if role == "4m" { (4usize << 20, 300u64) } else { (1 << 10, 1_000_000) };
    let pause = if role == "4m" { Duration::from_millis(3) } else { Duration::from_micros(1) };
    let mut pending = 0;
    let report = Stream::iter((0..count).map(move |n| vec![n.to_le_bytes()[0]; item_bytes]))
        .memory_limit(BUDGET)
        .parallel(2, Order::Input)
        .map(|mut item| {
            item[0] ^= 1;
            item
        })
        .for_each(move |item| {
            pending += 1;
            if item.len() > 4096 || pending % 1000 == 0 {
                std::thread::sleep(pause * if item.len() > 4096 { 1 } else { 1000 });
            }
        })
        .expect("nothing fails");
    assert_eq!(report.items_out(), count);
    let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    println!("{}", peak.trim().trim_end_matches("kB").trim());
}
