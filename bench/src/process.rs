//! What work costs, and processes of their own for what is to be known of memory.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::rounds::{Scale, Size};

/// Time and processor time of all threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) elapsed: Duration,
    pub(crate) cpu: Duration,
    pub(crate) told: Option<Told>,
}

/// What a process of its own tells besides.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) peak_kib: u64,
    pub(crate) answer: u64,
}

/// Returns what work in this process costs.
pub(crate) fn cost_of(work: impl FnOnce()) -> Cost {
    let (cpu, started) = (cpu(), Instant::now());
    work();
    let elapsed = started.elapsed();
    Cost { elapsed, cpu: self::cpu().saturating_sub(cpu), told: None }
}

/// Runs a role in a process of its own and returns what that process told of its cost.
pub(crate) fn run(role: &str, scale: &Scale) -> Cost {
    let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
    command.args(["--child", role, "--folder"]).arg(&scale.folder);
    if scale.size == Size::Small {
        command.arg("--small");
    }
    let output = command.output().expect("it can be run");
    assert!(output.status.success(), "{role}: {}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = told.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let [elapsed, cpu, peak_kib, answer] = numbers[..] else { panic!("{role} said {told}") };
    Cost {
        elapsed: Duration::from_micros(elapsed),
        cpu: Duration::from_micros(cpu),
        told: Some(Told { peak_kib, answer }),
    }
}

/// Tells the cost of this process and its answer, as `run` reads them.
pub(crate) fn tell(cost: Cost, answer: u64) {
    println!("{} {} {} {answer}", cost.elapsed.as_micros(), cost.cpu.as_micros(), peak_kib());
}

/// Returns the most memory this process ever held.
fn peak_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the kernel counts it");
    peak.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB")
}

/// Returns the processor time of this process, in user and system mode.
fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let behind_name = stat.rsplit_once(')').expect("the name stands in parentheses").1;
    let ticks: u64 = behind_name
        .split_whitespace()
        .skip(FIELDS_BEFORE_TIMES)
        .take(2)
        .map(|field| field.parse::<u64>().expect("ticks"))
        .sum();
    Duration::from_millis(ticks * TICK_MILLISECONDS)
}

/// Fields of `/proc/self/stat` between the name and the times (proc(5): `utime` is the 14th of all).
const FIELDS_BEFORE_TIMES: usize = 11;
/// Linux tells ticks of a hundredth of a second on every architecture.
const TICK_MILLISECONDS: u64 = 10;
